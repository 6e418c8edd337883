"""The outbox: notices handed to those who asked for them, worked out from the log, at least once each.

Every target has a worker of its own (`worker.py`), so whatever is wrong with one, every other goes on; what waits is
kept in one file (`backlog.py`). Off unless webhooks or a mail server are set (`channels.py`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic, time
from typing import TYPE_CHECKING, Final

from api.outbox.backlog import Backlog, Standing, standings
from api.outbox.schedule import Schedule
from api.outbox.worker import Channel, Worker
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.application import Ledger

log = logging.getLogger("integrity.outbox")
CLOSING_SECONDS: Final = 3.0  # for the tries under way to end by themselves
ENDING_SECONDS: Final = 3.0  # for a worker that was hung up on; only a look-up of a name takes longer


class Outbox:
    """The threads that hand notices over, one for each target, as long as this process holds the file."""

    def __init__(
        self,
        ledger: Ledger,
        channels: tuple[Channel, ...],
        path: Path,
        schedule: Schedule,
        *,
        interval: float,
        now: Callable[[], float] = time,
    ) -> None:
        self.path, self._interval = path, interval
        self._stopped, self._lock = Event(), Lock()
        self._backlog: Backlog | None = None
        self._still: set[str] = set()  # workers that could not even look at the file
        self.workers = tuple(Worker(ledger, channel, schedule, self._stopped, now) for channel in channels)
        self._threads = tuple(
            Thread(target=self._run, args=[worker], name=f"outbox-{worker.name}", daemon=True)
            for worker in self.workers
        )

    @property
    def healthy(self) -> bool:
        """Whether the last round of every worker reached its end. A target that answers no, or whose own file is
        wrong, is in the log and no reason to serve nobody."""
        return not self._still and all(worker.healthy for worker in self.workers)

    def standings(self) -> tuple[Standing, ...]:
        """How each target stands, whichever process sends."""
        return standings(self.path)

    def start(self) -> None:
        """Follow the log; notices of what was there before a target was first set are not sent."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End every worker: tries under way get a few seconds, then they are broken off and made again another time."""
        self._stopped.set()
        self._join(CLOSING_SECONDS)
        for worker in self.workers:
            worker.hang_up()
        if self._join(ENDING_SECONDS):
            log.error("the outbox did not end in time")
        with self._lock:
            if self._backlog is not None:
                self._backlog.release()
                self._backlog = None

    def run_once(self, worker: Worker) -> int:
        """One round of a worker; how many notices it handed over. None while another process holds the outbox."""
        with self._lock:
            if self._backlog is None:
                self._backlog = Backlog.take(self.path)
            backlog = self._backlog
        return 0 if backlog is None else worker.run_once(backlog)

    def _join(self, seconds: float) -> bool:
        """Whether a thread still runs after so long."""
        until = monotonic() + seconds
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, until - monotonic()))
        return any(thread.is_alive() for thread in self._threads)

    def _run(self, worker: Worker) -> None:
        wait = 0.0
        while not self._stopped.wait(wait):
            wait = self._interval
            try:
                self.run_once(worker)
                self._still.discard(worker.name)
            except Exception as error:  # whatever it was, the next round says whether it is over
                if not self._still and not self._stopped.is_set():
                    code = error.code if isinstance(error, LedgerError) else type(error).__name__
                    log.error("the outbox stands still", extra={"error": code})
                self._still.add(worker.name)
