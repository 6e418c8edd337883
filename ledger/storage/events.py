"""What goes into the store and what comes out of it: plain frozen values, no behaviour.

A `LedgerStoredEvent` is what the framework's recorders take, with the columns that lie beside the entry. An
`EntryRow` is one row as stored; `Acknowledgement` is what a caller holds after the commit (DESIGN §3).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from eventsourcing.persistence import StoredEvent
from msgspec import Struct

from ledger.errors import Conflict, Refused, VerificationError
from ledger.log.entry import Signature


@dataclass(frozen=True)
class Disclosure:
    """One personal section: its ciphertext, and whose key of which retention class opens it."""

    section: str
    subject: str
    retention: str
    sealed: bytes


@dataclass(frozen=True)
class LedgerStoredEvent(StoredEvent):
    """A stored event with the subjects whose file it may move, the sections that lie beside it, and who signed it."""

    subjects: tuple[str, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    signatures: tuple[Signature, ...] = ()


class EntryRow(Struct, frozen=True, gc=False):
    """One entry as stored. Everything but `state` is derived from it, and `fsck` derives it again."""

    index: int
    stream: str
    version: int
    topic: str
    recorded_at: str
    subjects: tuple[str, ...]
    leaf: bytes
    chain: bytes
    state: bytes


class Head(Struct, frozen=True):
    """The head row, written in every commit: what the log amounted to after its newest entry."""

    size: int
    root: bytes
    chain: bytes
    frontier: bytes
    recorded_at: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Where a command's entry stands. Given out only after the commit."""

    index: int
    size: int
    leaf: str
    recorded_at: str
    version: int


class Sealing(Protocol):
    """Seals the rows of requests, and tells whether a stored row is one it sealed."""

    def seal(self, principal: str, key: str, fingerprint: bytes, first: int, count: int, leaf: bytes) -> bytes: ...

    def holds(
        self, principal: str, key: str, fingerprint: object, first: object, count: object, leaf: object, seal: object
    ) -> bool: ...


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A caller's own name for one request; `fingerprint` is a keyed digest of its body.

    With a `sealing` its stored row is bound to the entries it wrote (`row_seals`).
    """

    principal: str
    key: str
    fingerprint: bytes
    sealing: Sealing | None = None

    def row(self, first: int, leaves: Sequence[bytes]) -> tuple[str, str, bytes, int, int, bytes]:
        """What is stored of it, once its entries have their places."""
        place = (self.principal, self.key, self.fingerprint, first, len(leaves))
        return (*place, b"" if self.sealing is None else self.sealing.seal(*place, leaves[0]))


@dataclass(frozen=True, slots=True)
class IndexRow:
    """One row of the blind index: `digest` (keyed) stands for the value of `field` that leads to `uid`."""

    field: str
    digest: bytes
    uid: str
    seal: bytes = b""


class Insertion(Struct, frozen=True):
    """Everything one request writes, in one transaction: all of it or nothing."""

    events: Sequence[StoredEvent]
    request: RequestKey | None = None
    index_rows: Sequence[IndexRow] = ()
    documents: Mapping[bytes, bytes] = {}


class IndexTaken(Conflict):
    """The blind index already leads from this value to a subject or record; `field` says which index."""

    code = "index-taken"

    def __init__(self, field: str) -> None:
        super().__init__("another entry already holds this value", field=field)


class RequestRowChanged(VerificationError):
    """The stored row of a request key is not the one that its request left: nobody is answered from it."""

    code = "request-row-changed"

    def __init__(self) -> None:
        super().__init__("the row of this request key is not as its request left it")


class RequestKeyReused(Refused):
    """The request key was used before, with another body."""

    code = "request-key-reused"
