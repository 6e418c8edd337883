"""The public ranking: made once for a day and the newest entry that moves it, however many ask.

Anybody may ask for it, of any day. What was made is kept, until an entry that it rests on is recorded; that a person is
registered moves nothing. Rankings of past moments are made one at a time and a few of them kept, apart from the newest,
so who asks for many days costs whoever asks for today nothing; where too many wait, the others come back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from threading import BoundedSemaphore, Lock
from typing import Any, Final
from weakref import WeakKeyDictionary

from ledger.application import Ledger
from ledger.errors import Unavailable
from projections.ranked_units import moved_by, units_by
from projections.ranking import ranking

PAST: Final = 16  # rankings of past moments that are kept
WAITERS: Final = 16  # of the threads that answer, while one is made

Key = tuple[date, tuple[int | None, ...]]


@dataclass
class Shelf:
    """At most `limit` rankings, each made by one thread while the others wait; the oldest goes first."""

    limit: int
    kept: dict[Key, dict[str, Any]] = field(default_factory=dict)
    making: Lock = field(default_factory=Lock)
    room: BoundedSemaphore = field(default_factory=partial(BoundedSemaphore, WAITERS))

    def give(self, key: Key, make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """What is kept under a key, else made now; `Unavailable` with code `list-being-made` where too many wait."""
        found = self.kept.get(key)
        if found is not None:
            return found
        if not self.room.acquire(blocking=False):
            raise Unavailable("the ranking is being made; come back in a moment", code="list-being-made")
        try:
            with self.making:
                found = self.kept.get(key)
                if found is None:
                    found = make()
                    while len(self.kept) >= self.limit:
                        del self.kept[next(iter(self.kept))]
                    self.kept[key] = found
                return found
        finally:
            self.room.release()


@dataclass
class Shelves:
    """The rankings of one ledger: the newest of today, and some of past moments."""

    newest: Shelf = field(default_factory=partial(Shelf, 1))
    past: Shelf = field(default_factory=partial(Shelf, PAST))


_KEPT: Final[WeakKeyDictionary[Ledger, Shelves]] = WeakKeyDictionary()


def kept_ranking(ledger: Ledger, *, as_of: date, as_known: int, newest: bool) -> dict[str, Any]:
    """The ranking of a day as known at a size, as `ranking` folds it; `newest`: of today and of all that is known."""
    shelves = _KEPT.setdefault(ledger, Shelves())
    shelf = shelves.newest if newest else shelves.past

    def make() -> dict[str, Any]:
        return ranking(ledger, as_of=as_of, as_known=as_known, units=units_by(ledger, as_of, as_known))

    found = shelf.give((as_of, moved_by(ledger, as_known)), make)
    return {**found, "as_known": str(as_known), "size": as_known}
