"""The public status lists: each made once for a checkpoint and a day, however many ask, and never too often.

A list of many certificates takes seconds to make and anybody may ask for it, so it rests afterwards: it is given out
for `REST` times as long as it took, whatever is recorded meanwhile. While one is made anew, whoever asks gets the last;
where there is no last one yet, a few wait and the others are told to come back, so that no thread is lost to lists.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from threading import BoundedSemaphore, Lock
from time import monotonic
from typing import Final
from weakref import WeakKeyDictionary

from ledger.application import Ledger
from ledger.certificate_places import newest_list
from ledger.clock import day_of
from ledger.errors import NotFound, Unavailable
from ledger.log.checkpoint import Checkpoint
from ledger.status_lists import status_list

REST = 20.0  # a list takes at most a twentieth of one processor
WAITERS: Final = 16  # of the threads that answer, while a list is made for the first time


@dataclass(frozen=True, slots=True)
class Kept:
    """A list as it was made: of which checkpoint, on which day, until when it rests."""

    checkpoint: Checkpoint
    day: date
    content: bytes
    rests_until: float

    def serves(self, checkpoint: Checkpoint, day: date) -> bool:
        """Whether it is the list of a checkpoint and a day, or rests still on that day."""
        return self.day == day and (self.checkpoint == checkpoint or monotonic() < self.rests_until)


_KEPT: Final[WeakKeyDictionary[Ledger, dict[int, Kept]]] = WeakKeyDictionary()
_MAKING: Final = Lock()  # one list at a time
_ROOM: Final = BoundedSemaphore(WAITERS)


def kept_list(ledger: Ledger, number: int, checkpoint: Checkpoint) -> bytes:
    """The signed list of a number as of a checkpoint, or one made before it that rests or is being succeeded.

    `NotFound` with code `no-status-list` before the list is begun; `Unavailable` with code `list-being-made` where too
    many wait for it.
    """
    if number > newest_list(ledger, checkpoint.size):
        raise NotFound("no certificate has a place in such a list", code="no-status-list")
    day = day_of(ledger.clock())
    kept = _KEPT.setdefault(ledger, {}).get(number)
    if kept is not None and (kept.serves(checkpoint, day) or _MAKING.locked()):
        return kept.content
    if not _ROOM.acquire(blocking=False):
        raise Unavailable("the list is being made; come back in a moment", code="list-being-made")
    try:
        with _MAKING:
            return _newest(ledger, number, checkpoint, day).content
    finally:
        _ROOM.release()


def _newest(ledger: Ledger, number: int, checkpoint: Checkpoint, day: date) -> Kept:
    """The list that is kept by now, where it serves; else one made here."""
    kept = _KEPT[ledger].get(number)
    if kept is None or not kept.serves(checkpoint, day):
        begun = monotonic()
        content = status_list(ledger, number, checkpoint)
        now = monotonic()
        kept = _KEPT[ledger][number] = Kept(checkpoint, day, content, now + REST * (now - begun))
    return kept
