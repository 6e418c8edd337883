"""Checkpoints signed in the background: at most one an interval while entries arrive, and one look when idle.

A try that fails is made again; whether the last one succeeded, and of which size the newest checkpoint is, is for
`/readyz` and the receipts. A log that no longer follows from what was signed is never signed again: that is said loudly
and stays said. When it starts, and whenever a day begins, the access log is anchored in the ledger.
"""

from __future__ import annotations

import logging
from datetime import date
from threading import Condition, Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from ledger.anchoring import anchor_access
from ledger.clock import day_of
from ledger.errors import LedgerError

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.publisher import Published

log = logging.getLogger("integrity.checkpoints")
ASK_SECONDS: Final = 0.1


class Publishing:
    """The thread that signs one ledger's checkpoints. `newest` is the last one it signed or found."""

    def __init__(self, ledger: Ledger, *, interval: float, idle: float) -> None:
        self._ledger, self._interval, self._idle = ledger, interval, idle
        self._stopped = Event()
        self._news = Condition()
        self._thread = Thread(target=self._run, name="checkpoints", daemon=True)
        self._anchored_on: date | None = None
        self.newest: Published | None = None
        self.healthy = True

    def start(self) -> None:
        """Sign once, so that whatever a crash left unsigned is covered, then follow."""
        self._publish()
        self._thread.start()

    def stop(self) -> None:
        """End the thread after a last checkpoint of what has come in."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()
            self._publish()

    def wait_for(self, size: int, seconds: float) -> Published | None:
        """The newest checkpoint once it covers the first `size` entries; None where that takes longer."""

        def covered() -> bool:
            return self.newest is not None and self.newest.checkpoint.size >= size

        with self._news:
            return self.newest if self._news.wait_for(covered, seconds) else None

    def _run(self) -> None:
        last = monotonic()
        while not self._stopped.wait(max(ASK_SECONDS, self._interval)):
            grown = self.newest is None or self._ledger_size() > self.newest.checkpoint.size
            if grown or not self.healthy or monotonic() - last >= self._idle:
                self._publish()
                last = monotonic()

    def _ledger_size(self) -> int:
        try:
            return self._ledger.size
        except LedgerError:
            return 0

    def _publish(self) -> None:
        try:
            today = day_of(self._ledger.clock())
            if today != self._anchored_on:
                anchor_access(self._ledger)
                self._anchored_on = today
            newest = self._ledger.publish()
        except Exception as error:  # whatever it was, the next try says whether it is over
            code = error.code if isinstance(error, LedgerError) else type(error).__name__
            if self.healthy:
                log.error("no checkpoint could be signed", extra={"error": code})
            self.healthy = False
            return
        self.healthy = True
        with self._news:
            self.newest = newest
            self._news.notify_all()
