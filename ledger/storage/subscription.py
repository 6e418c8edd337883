"""Subscriptions: readers that wait for the next entries, whichever process commits them.

A commit of this process wakes its subscriptions at once. For commits of other processes one thread per recorder
watches the database as long as anyone is subscribed. A database that is busy or away for a moment is watched on; should
the watching end for any other reason, the subscriptions end with that reason: nobody waits for ever for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event, Lock, Thread
from typing import Protocol

from eventsourcing.persistence import ApplicationRecorder, ListenNotifySubscription

POLL_SECONDS = 0.2


class Watched(Protocol):
    """What a poller watches."""

    def news(self, stopped: Event) -> bool:
        """Wait a moment; whether entries may have come from elsewhere meanwhile. Returns soon once `stopped`.

        A store that cannot be read just now is no error: it is asked again.
        """


class Poller:
    """Wakes the subscriptions of one recorder."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._lock = Lock()
        self._subscriptions: set[EntrySubscription] = set()
        self._stopped = Event()

    def add(self, subscription: EntrySubscription) -> None:
        with self._lock:
            self._subscriptions.add(subscription)
            if len(self._subscriptions) == 1:
                self._stopped = Event()
                Thread(target=self._watch, args=(self._stopped,), name="ledger-poller", daemon=True).start()

    def remove(self, subscription: EntrySubscription) -> None:
        with self._lock:
            self._subscriptions.discard(subscription)
            if not self._subscriptions:
                self._stopped.set()

    def wake(self) -> None:
        """Entries were committed."""
        if self._subscriptions:
            with self._lock:
                for subscription in self._subscriptions:
                    subscription.notify()

    def close(self) -> None:
        """Stop every subscription."""
        with self._lock:
            subscriptions = list(self._subscriptions)
        for subscription in subscriptions:
            subscription.stop()

    def _watch(self, stopped: Event) -> None:
        try:
            while not stopped.is_set():
                if self._watched.news(stopped):
                    self.wake()
        except BaseException as error:
            with self._lock:
                subscriptions = list(self._subscriptions)
            for subscription in subscriptions:
                subscription.fail(error)


class EntrySubscription(ListenNotifySubscription[ApplicationRecorder]):
    """An endless iterator of notifications; use it as a context manager, `stop()` ends it."""

    def __init__(
        self, recorder: ApplicationRecorder, poller: Poller, gt: int | None = None, topics: Sequence[str] = ()
    ) -> None:
        self._poller = poller
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        poller.add(self)
        self.notify()  # what was committed between the first reading and now

    def notify(self) -> None:
        self._has_been_notified.set()

    def fail(self, error: BaseException) -> None:
        """End the iteration with an error."""
        self._thread_error = error
        self.stop()

    def stop(self) -> None:
        self._poller.remove(self)
        super().stop()
