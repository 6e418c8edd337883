"""The look-ups under every command and every read, in one place: who is who, what was recorded, what was known when.

Each subject has a room of its own: `entries`, `personal`, `names`, `batches`, `editions`. What a transaction learned
is everybody's once it is committed, and forgotten where it is not.
"""

from __future__ import annotations

from typing import Any, TypeVar

from ledger.batches import Batches
from ledger.domain.base import LedgerAggregate
from ledger.domain.subject import Subject
from ledger.editions import Editions
from ledger.errors import Refused
from ledger.memory import Memory
from ledger.names import taken
from ledger.personal import Personal
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store

__all__ = ["AnyAggregate", "Directory", "taken"]

AnyAggregate = TypeVar("AnyAggregate", bound=LedgerAggregate)


class Directory(Batches, Editions, Personal):
    """Reads shared by commands, folds and doors."""

    def prepare(self, store: Store, keys: KeyStore) -> None:
        self.origin = ""
        self.prepare_names(store, keys)
        self.prepare_editions()

    @property
    def _memories(self) -> tuple[Memory[Any, Any], ...]:
        return (self.uids_known, self.kinds_known, self.timelines_known)

    def begin_learning(self) -> None:
        """This thread begins a transaction, or a part of one."""
        for memory in self._memories:
            memory.begin()

    def end_learning(self, *, kept: bool) -> None:
        """It has ended; what was learned in it stays only if it was kept."""
        for memory in self._memories:
            memory.end(kept=kept)

    # Aggregates by the caller's id.

    def aggregate(self, cls: type[AnyAggregate], uid: str) -> AnyAggregate:
        """The aggregate of a stream that exists."""
        raise NotImplementedError

    def load(self, cls: type[AnyAggregate], ref: str, source: str | None = None) -> AnyAggregate:
        """The aggregate of a caller's id; refused with `unknown-<kind>`."""
        uid = self.uid(cls.KIND, ref, source or None)
        if uid is None:
            raise Refused(f"no such {cls.KIND}", code=f"unknown-{cls.KIND}")
        return self.aggregate(cls, uid)

    def subject(self, uid: str) -> Subject:
        return self.aggregate(Subject, uid)
