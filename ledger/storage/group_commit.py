"""Group commit: calls that arrive while a commit runs are merged into the next one.

Whoever finds the queue idle leads: it commits everything queued, wakes those it served and hands the lead to the
first who arrived meanwhile; there is no thread of its own. A caller returns only after the commit that holds its item
has ended: with the item's own error, or with the group's. The queue is bounded; a full one refuses (`queue-full`).
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from ledger.errors import Unavailable


class Item:
    """One caller's part of a group. `error` is what its caller will be told instead of a result."""

    __slots__ = ("done", "error", "wake")

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.done = False
        self.wake: Lock | None = None  # only who follows waits


T = TypeVar("T", bound=Item)


class GroupCommit(Generic[T]):
    """`submit` returns when the item is committed, and raises when it is not."""

    def __init__(self, commit: Callable[[list[T]], None], *, limit: int) -> None:
        self._commit = commit
        self._limit = limit
        self._lock = Lock()
        self._queue: list[T] = []
        self._led = False

    def submit(self, item: T) -> None:
        with self._lock:
            if len(self._queue) >= self._limit:
                raise Unavailable("too many writes are waiting; retry with the same key", code="queue-full")
            self._queue.append(item)
            lead = not self._led
            self._led = True
            if not lead:
                item.wake = Lock()
                item.wake.acquire()
        if item.wake is not None:
            self._wait(item, item.wake)
        if not item.done:
            self._lead(item)
        if item.error is not None:
            raise item.error

    def _wait(self, item: T, wake: Lock) -> None:
        try:
            wake.acquire()
        except BaseException:
            # Interrupted while waiting. Still queued: withdraw. Already asked to lead: pass the lead on.
            with self._lock:
                withdrawn = item in self._queue
                if withdrawn:
                    self._queue.remove(item)
                successor = self._successor() if withdrawn and not wake.locked() else None
            if successor is not None:
                successor.release()
            raise

    def _lead(self, item: T) -> None:
        with self._lock:
            group, self._queue = self._queue, []
        try:
            self._commit(group)
        except BaseException as error:
            # Nobody is acknowledged by a commit that did not return; who was refused before keeps that answer.
            for member in group:
                if member.error is None:
                    member.error = error if member is item or isinstance(error, Exception) else _interrupted()
        finally:
            for member in group:
                member.done = True
                if member.wake is not None and member is not item:
                    member.wake.release()
            with self._lock:
                successor = self._successor()
            if successor is not None:
                successor.release()

    def _successor(self) -> Lock | None:
        """The first in the queue leads next; called under the lock."""
        if not self._queue:
            self._led = False
            return None
        return self._queue[0].wake


def _interrupted() -> Unavailable:
    return Unavailable("the commit was interrupted; retry with the same key", code="outcome-unknown")
