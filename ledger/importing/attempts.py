"""A batch that was taken over in part: what its last attempt left out, so that the next one takes up only that.

An entry with the batch's own digest closes it once no line of it is refused; then the same batch is never imported
again. Until then each attempt that left lines out is closed under a digest of its own, made from the batch's, and the
document beside that entry lists the lines with their codes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ledger.log.encoding import canonical
from ledger.reading import Logged

_CLOSING = "SourceBatchImported"


class Closed(Protocol):
    """What is read of a ledger to know its batches."""

    @property
    def size(self) -> int: ...

    def batch_digest(self, data: bytes) -> str: ...

    def is_imported(self, digest: str) -> bool: ...

    def by_type(self, type: str, size: int) -> Sequence[Logged]: ...  # noqa: A002 - the catalogue's own word


@dataclass(frozen=True, slots=True)
class Attempts:
    """The attempts at one batch so far. `rejects_digest` names the list of what the last of them left out."""

    batch: str
    count: int
    digest: str  # under which the next attempt is closed if it leaves lines out
    rejects_digest: str | None


def attempts_at(ledger: Closed, batch: str) -> Attempts:
    """What became of a batch that is not closed itself."""
    count, last = 0, None
    while ledger.is_imported(digest := _of_attempt(ledger, batch, count + 1)):
        count, last = count + 1, digest
    rejects = None
    if last is not None:
        closing = [entry for entry in ledger.by_type(_CLOSING, ledger.size) if entry.data["digest"] == last]
        rejects = closing[0].data.get("rejects_digest") if closing else None
    return Attempts(batch, count, digest, rejects)


def _of_attempt(ledger: Closed, batch: str, number: int) -> str:
    return ledger.batch_digest(b"batch-attempt\n" + bytes.fromhex(batch) + number.to_bytes(4))


def rejects_document(rejects: Sequence[dict[str, Any]]) -> tuple[bytes, str]:
    """The list of what was left out, as the document beside the closing entry, and its digest."""
    content = canonical(list(rejects))
    return content, hashlib.sha256(content).hexdigest()


def lines_in(document: bytes | None) -> set[int]:
    """The numbers of the lines that such a document lists."""
    return set() if document is None else {int(one["line"]) for one in json.loads(document)}
