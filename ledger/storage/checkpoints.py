"""The checkpoints of a log as its own store keeps them: one signed note for each size that was signed.

A reader of the ledger takes them from here; what was signed is also in the sentinel, outside this store, and that one
decides. A note may gain signatures of witnesses later, never another text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.log.checkpoint import parse_checkpoint
from ledger.log.cosignature import renewed
from ledger.log.note import parse_note
from ledger.storage.recorder import ChainedRecorder

_KEEP: Final = (
    "INSERT INTO checkpoints (size, note) VALUES (?, ?) ON CONFLICT (size) DO UPDATE SET note = excluded.note"
)
_NEWEST: Final = "SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1"
_COVERING: Final = "SELECT note FROM checkpoints WHERE size >= ? ORDER BY size LIMIT 1"
_RECENT: Final = "SELECT note FROM checkpoints WHERE size >= ? ORDER BY size DESC LIMIT ?"
_PAGE: Final = "SELECT size, note FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?"
PAGE: Final = 1000


class Checkpoints:
    """The checkpoints of one store."""

    def __init__(self, recorder: ChainedRecorder) -> None:
        self._recorder = recorder

    def keep(self, note: str) -> None:
        """Keep a checkpoint; signatures that stand there for the same text stay, unless the same key signed anew."""
        signed = parse_note(note)
        size = parse_checkpoint(signed.text).size
        stored = self._note("SELECT note FROM checkpoints WHERE size = ?", size)
        if stored is not None:
            known = parse_note(stored)
            if known.text == signed.text:
                signed = renewed(known, signed.signatures)
        if signed.format() != stored:
            self._recorder.write_beside(_KEEP, (size, signed.format()))

    def newest(self) -> str | None:
        """The note of the largest size; None before the first."""
        return self._note(_NEWEST)

    def covering(self, size: int) -> str | None:
        """The note of the smallest size that is not below `size`: the first that spoke for those entries."""
        return self._note(_COVERING, size)

    def recent(self, size: int, limit: int) -> list[str]:
        """The notes of the largest sizes that are not below `size`, the largest first."""
        return [str(row[0]) for row in self._recorder.query(_RECENT, (size, limit))]

    def all(self) -> Iterator[tuple[int, str]]:
        """Size and note of each, in order, a page at a time."""
        last = -1
        while page := self._recorder.query(_PAGE, (last, PAGE)):
            yield from ((row[0], row[1]) for row in page)
            last = page[-1][0]

    def _note(self, statement: str, *parameters: object) -> str | None:
        rows = self._recorder.query(statement, parameters)
        return str(rows[0][0]) if rows else None
