"""Records taken over from other systems, what those systems said later, and the batches they came in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.command import Change, Command, document_of, handles
from ledger.domain.governance import Book
from ledger.domain.sources import Record

if TYPE_CHECKING:
    from ledger.application import Ledger


def _owner(record: Record) -> str:
    """The person's key seals what is said of them; without a person the unit's, else the record's own."""
    return record.case[0] if record.case else record.uid


@handles("RecordImported")
def take_over(ledger: Ledger, command: Command) -> Change:
    record = ledger.new(Record)
    row = ledger.claim("record", command.data.source_record, record.uid, command.data.source)
    record.take_over(command.data)
    return Change(record, record.case, _owner(record), (row,))


@handles("SourceStateObserved")
def observe(ledger: Ledger, command: Command) -> Change:
    uid = ledger.uid("record", command.data.source_record, command.data.source)
    record = ledger.new(Record) if uid is None else ledger.aggregate(Record, uid)
    rows = (
        ()
        if uid is not None
        else (ledger.claim("record", command.data.source_record, record.uid, command.data.source),)
    )
    record.observe(command.data)
    return Change(record, record.case, _owner(record), rows)


@handles("SourceBatchImported")
def close_batch(ledger: Ledger, command: Command) -> Change:
    row = ledger.index_row("batch", command.data.digest, ledger.book.uid)
    rejects = document_of(command, command.data.rejects_digest, "data.rejects_digest")
    book = ledger.aggregate(Book, ledger.book.uid)
    book.import_batch(command.data)
    return Change(book, (), book.uid, (row,), rejects)
