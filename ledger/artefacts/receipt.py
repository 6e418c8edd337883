"""Receipts: an entry's `.tlog-proof` under the first checkpoint that covers it (c2sp.org/tlog-proof).

Only a receipt protects its holder: an acknowledgement is the server's word, a receipt is checked without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.log.checkpoint import parse_checkpoint
from ledger.log.merkle import inclusion_proof
from ledger.log.note import SignedNote, parse_note
from ledger.log.proof import LogProof
from ledger.storage.nodes import StoredNodes

if TYPE_CHECKING:
    from ledger.publisher import Publisher
    from ledger.storage.reads import Reads
    from ledger.storage.store import Store


def receipt_under(store: Reads, index: int, note: SignedNote) -> LogProof:
    """The receipt of an entry under a checkpoint that covers it; `NotFound` with code `no-entry` where it is not."""
    leaf = store.entry(index).leaf
    size = parse_checkpoint(note.text).size
    return LogProof(index, tuple(inclusion_proof(StoredNodes(store, size), index, size)), note, leaf)


def make_receipt(store: Store, publisher: Publisher, index: int) -> LogProof | None:
    """The receipt of an entry; None while no checkpoint covers it. `NotFound` with code `no-entry` where it is not."""
    store.entry(index)
    published = publisher.covering(index + 1)
    return None if published is None else receipt_under(store, index, parse_note(published.note))
