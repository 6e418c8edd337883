"""Rulebook editions: published, activated, retired. The edition's bytes come with the command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.command import Change, Command, approvers_of, handles
from ledger.domain.adoption import Rulebook
from ledger.domain.base import require
from ledger.errors import NotFound
from ledger.rulebook.edition import Edition, parse_edition
from ledger.storage.events import IndexRow

if TYPE_CHECKING:
    from ledger.application import Ledger


def _load(ledger: Ledger, command: Command) -> tuple[Rulebook, tuple[IndexRow, ...]]:
    uid = ledger.uid("rulebook", command.data.rulebook_id)
    if uid is not None:
        return ledger.aggregate(Rulebook, uid), ()
    rulebook = ledger.new(Rulebook)
    return rulebook, (ledger.claim("rulebook", command.data.rulebook_id, rulebook.uid, ""),)


def _file(ledger: Ledger, command: Command) -> tuple[Edition, bytes]:
    """The edition's file: the one that came with the command, and only where none did, one that is known already."""
    for content in command.documents.values():
        edition = parse_edition(content)
        if edition.id == command.data.rulebook_id:
            return edition, content
        raise NotFound("the file is another edition's", code="unknown-edition", field="data.rulebook_id")
    return ledger.edition_file(command.data.rulebook_id)


@handles("RulebookPublished")
def publish(ledger: Ledger, command: Command) -> Change:
    rulebook, rows = _load(ledger, command)
    approvers, more = approvers_of(ledger, command, command.data.approvers)
    rulebook.publish(command.data.model_copy(update={"approvers": approvers}))
    return Change(rulebook, (), rulebook.uid, (*rows, *more))


@handles("RulebookActivated")
def activate(ledger: Ledger, command: Command) -> Change:
    data = command.data
    edition, content = _file(ledger, command)
    agrees = data.digest is None or data.digest == edition.digest
    require(agrees, "edition-changed", "the digest is another file's", "data.digest")
    stated = data.effective_on or command.line.effective_on.isoformat()
    days = {stated, command.line.effective_on.isoformat(), edition.effective_on.isoformat()}
    require(len(days) == 1, "edition-date", "an edition takes effect on the day its file says", "effective_on")
    rulebook, rows = _load(ledger, command)
    approvers, more = approvers_of(ledger, command, data.approvers)
    rulebook.activate(
        data.model_copy(update={"approvers": approvers, "digest": edition.digest, "effective_on": stated})
    )
    return Change(rulebook, (), rulebook.uid, (*rows, *more), {bytes.fromhex(edition.digest): content})


@handles("RulebookRetired")
def retire(ledger: Ledger, command: Command) -> Change:
    rulebook, rows = _load(ledger, command)
    if rows:
        raise NotFound("no such edition was adopted", code="unknown-edition", field="data.rulebook_id")
    approvers, more = approvers_of(ledger, command, command.data.approvers)
    rulebook.retire(command.data.model_copy(update={"approvers": approvers}))
    return Change(rulebook, (), rulebook.uid, more)
