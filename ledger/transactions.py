"""A thread's transaction: what it writes is committed together or not at all, and so is what it learned on the way.

Aggregates are loaded for the act under way and stay at hand inside a transaction, since they stand ahead of what is
committed. A thread that has not acted may read an aggregate; only one that acts can let something happen.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from ledger.directory import AnyAggregate
from ledger.domain.base import Act, LedgerAggregate, Sealed
from ledger.errors import NotFound
from ledger.framework import FramedDirectory

_LIVE: Final = 5_000  # aggregates that a transaction has at hand; others are loaded again


class Transactions(FramedDirectory):
    """Transactions, and the aggregates inside them."""

    @contextmanager
    def transaction(self, *, discard: bool = False) -> Iterator[None]:
        """All this thread submits inside is one transaction; `discard` makes it a dry run."""
        outer = self._live
        self._own.live = {} if outer is None else dict(outer)
        self.begin_learning()
        kept = False
        try:
            with self.store.recorder.transaction(discard=discard), self.keys.batch(discard=discard):
                if outer is None:
                    self.heed_erasures()  # nobody orders another one while this lasts
                yield
            kept = not discard
        finally:
            self.end_learning(kept=kept)
            if outer is None:
                self._own.live = None
                self.names_mark = object()  # others see the names given in it only now
            elif not kept:
                self._own.live = {}
        self.committed()

    def committed(self) -> None:
        """What follows from what was committed, where nothing is under way any more."""

    @contextmanager
    def sealing(self, sections: Sequence[Sealed]) -> Iterator[None]:
        """While sections are sealed and stored no key is destroyed; in a transaction nobody else could do it."""
        if not sections or self.in_transaction:
            yield
            return
        with self.gate.sealing():
            self.heed_erasures()
            yield

    @property
    def _live(self) -> dict[str, LedgerAggregate] | None:
        live: dict[str, LedgerAggregate] | None = getattr(self._own, "live", None)
        return live

    def keep_live(self, aggregate: LedgerAggregate) -> None:
        """Have an aggregate at hand that was just written."""
        live = self._live
        if live is not None:
            if len(live) >= _LIVE:
                live.clear()
            live[aggregate.id] = aggregate

    def forget_live(self, aggregate: LedgerAggregate) -> None:
        """It went ahead of what is stored."""
        if self._live is not None:
            self._live.pop(aggregate.id, None)

    def new(self, cls: type[AnyAggregate]) -> AnyAggregate:
        """An aggregate of a new stream."""
        aggregate = LedgerAggregate.blank(f"{cls.KIND}/{self.fresh_uid()}")
        assert isinstance(aggregate, cls)
        return self.for_act(aggregate)

    def aggregate(self, cls: type[AnyAggregate], uid: str) -> AnyAggregate:
        """The aggregate of a stream that exists."""
        stream, live = f"{cls.KIND}/{uid}", self._live
        if live is not None and stream in live:
            found = live[stream]
        else:
            # Not by the framework's repository: it asks each event for a protocol, which costs more than the event.
            found = LedgerAggregate.blank(stream)
            for event in self.events.get(stream):
                event.mutate(found)  # type: ignore[attr-defined]
            if not found.version:
                raise NotFound("there is no such stream", code="unknown-stream")
        assert isinstance(found, cls)
        return self.for_act(found)

    def for_act(self, aggregate: AnyAggregate) -> AnyAggregate:
        """The aggregate, for the act under way in this thread, if there is one."""
        act: Act | None = getattr(self._own, "act", None)
        if act is not None:
            aggregate.act = act
        return aggregate
