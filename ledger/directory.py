"""The look-ups under every command and every read, in one place: who is who, what was recorded, what was known when.

Each subject has a room of its own: `entries`, `personal`, `names`, `batches`, `editions`. What a transaction learned
is everybody's once it is committed, and forgotten where it is not.
"""

from __future__ import annotations

from datetime import date
from time import monotonic
from typing import Any, Final, TypeVar

from ledger.batches import Batches
from ledger.domain.base import LedgerAggregate
from ledger.domain.erasure import ErasureOrdered, PayloadErased
from ledger.domain.subject import Post, PostAssigned, Subject, post_of, unit_of
from ledger.editions import Editions
from ledger.errors import Refused
from ledger.memory import Memory
from ledger.names import taken
from ledger.personal import Personal
from ledger.relations import Related
from ledger.sealing import SealingGate
from ledger.storage.keys import KeyStore
from ledger.storage.store import Store

__all__ = ["AnyAggregate", "Directory", "taken"]

HEED_SECONDS: Final = 1.0  # how long a name may lead on to a person whom another process erased
_NEWEST: Final = "SELECT (SELECT max(idx) FROM entries WHERE topic = ?), (SELECT max(idx) FROM entries WHERE topic = ?)"

AnyAggregate = TypeVar("AnyAggregate", bound=LedgerAggregate)


class Directory(Related, Batches, Editions, Personal):
    """Reads shared by commands, folds and doors."""

    def prepare(self, store: Store, keys: KeyStore) -> None:
        self.origin = ""
        self.gate = SealingGate()
        self._erasures: tuple[object, ...] = ()  # the newest order and the newest execution that this process heeds
        self._heeded_at = -HEED_SECONDS
        self.prepare_names(store, keys)
        self.prepare_editions()
        self.prepare_relations()

    @property
    def _memories(self) -> tuple[Memory[Any, Any], ...]:
        known = (self.relations_known, self.delegations_known)
        return (self.uids_known, self.kinds_known, self.timelines_known, *known)

    def begin_learning(self) -> None:
        """This thread begins a transaction, or a part of one."""
        for memory in self._memories:
            memory.begin()
        self.forget_relations()

    def end_learning(self, *, kept: bool) -> None:
        """It has ended; what was learned in it stays only if it was kept."""
        for memory in self._memories:
            memory.end(kept=kept)
        self.forget_relations()

    # Erasures, also those of other processes.

    def heed_erasures(self, *, at_once: bool = True) -> None:
        """Forget keys and names where an erasure was ordered or carried out since; else about once a second."""
        now = monotonic()
        if not at_once and now - self._heeded_at < HEED_SECONDS:
            return
        self._heeded_at = now
        # What a transaction of this thread holds back does not matter: what it orders is carried out behind it.
        (newest,) = self.store.recorder.query(_NEWEST, (ErasureOrdered.TOPIC, PayloadErased.TOPIC), about=())
        if newest != self._erasures:
            self._erasures = newest
            self.forget_erased()

    def forget_erased(self) -> None:
        """Look keys and names up again from now on."""
        self.keys.forget()
        self.uids_known.clear()
        self.names_mark = object()

    # Aggregates by the caller's id.

    def aggregate(self, cls: type[AnyAggregate], uid: str) -> AnyAggregate:
        """The aggregate of a stream that exists."""
        raise NotImplementedError

    def uid(self, kind: str, ref: str, source: str | None = None) -> str | None:
        """As `Names.uid`; what another process erased leads nowhere here either."""
        if not self.in_transaction:
            self.heed_erasures(at_once=False)
        return super().uid(kind, ref, source)

    def load(self, cls: type[AnyAggregate], ref: str, source: str | None = None) -> AnyAggregate:
        """The aggregate of a caller's id; refused with `unknown-<kind>`."""
        uid = self.uid(cls.KIND, ref, source or None)
        if uid is None:
            raise Refused(f"no such {cls.KIND}", code=f"unknown-{cls.KIND}")
        return self.aggregate(cls, uid)

    def subject(self, uid: str) -> Subject:
        return self.aggregate(Subject, uid)

    def unit_on(self, uid: str, on: date) -> str | None:
        """The unit of a person on a day, by the posts of all registrations; a post ends with its unit."""
        relations = self.relations()
        group = relations.group(uid)
        unit = self.subject(uid).unit_on(on) if len(group) == 1 else unit_of(self._posts(uid), on)
        return None if unit is None or relations.has_ended(unit, on) else unit

    def _posts(self, uid: str) -> list[Post]:
        own, assigned = f"{Subject.KIND}/{uid}", PostAssigned.__name__
        entries = (one for one in self.history(uid, self.size) if one.stream == own and one.type == assigned)
        return [post_of(entry.data) for entry in entries]
