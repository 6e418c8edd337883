"""What was taken over, and when not to take it over again: batches by the bytes they came as, records by their source.

A batch is known by a keyed digest of its bytes, whichever version of the index key it was made with; a source's record
by type, system, subject and its own id, never by its content.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from ledger.domain.governance import HistoryLoaded
from ledger.line import Line
from ledger.names import Names
from ledger.storage.events import IndexRow

_BATCH = "batch"
_BATCH_BYTES = "batch-bytes"
_TAKEN_OVER = "taken-over"


def _taken_over(event: str, system: str, subject: str, record: str) -> str:
    return "\x00".join((event, system, subject, record))


class Batches(Names):
    """Knows what of a source stands in the ledger."""

    def keyed_digest(self, data: bytes | Iterable[bytes]) -> str:
        """A digest of what may hold personal text, whole or in pieces: HMAC under the index key, hex."""
        return self.keys.keyed_digest_of(_BATCH_BYTES, _pieces(data)).hex()

    def batch_digest(self, data: bytes | Iterable[bytes]) -> str:
        """The digest that names a batch: the one it was imported under, a new one where it was not imported."""
        newest, *older = (digest.hex() for digest in self.keys.keyed_digests_of(_BATCH_BYTES, _pieces(data)))
        return next((digest for digest in older if self.is_imported(digest)), newest)

    def is_imported(self, digest: str) -> bool:
        """Whether a batch of this digest was imported."""
        return self.find(_BATCH, digest) is not None

    def own_rows(self, data: Any) -> tuple[IndexRow, ...]:
        """A loaded history counts as a batch, so the same file is not imported again."""
        if isinstance(data, HistoryLoaded.Data):
            return (self.index_row(_BATCH, data.digest, self.book.uid),)
        return ()

    def source_rows(self, line: Line, uid: str) -> tuple[IndexRow, ...]:
        """What marks a source's record as taken over: its type, system, subject and own id."""
        source = dict(line.source or {})
        if line.type in ("CommendationRecorded", "RankRecorded"):
            source = {"system": line.data["source"], "record": line.data["source_record"]} | source
        if not source.get("system") or not source.get("record"):
            return ()
        value = _taken_over(line.type, source["system"], str(line.data.get("subject_id", "")), source["record"])
        return (self.index_row(_TAKEN_OVER, value, uid),)

    def taken_over(
        self, event: str, records: Collection[tuple[str, str]], *, source: str
    ) -> dict[tuple[str, str], str]:
        """Which of these (subject's id or "", record) pairs of a source were taken over as events of that type, and the
        pseudonym of whatever each was taken over into."""
        digests = {
            digest: pair for pair in records for digest in self._digests(_TAKEN_OVER, _taken_over(event, source, *pair))
        }
        return {digests[digest]: uid for digest, uid in self.found(_TAKEN_OVER, list(digests)).items()}


def _pieces(data: bytes | Iterable[bytes]) -> Iterable[bytes]:
    return [data] if isinstance(data, bytes) else data
