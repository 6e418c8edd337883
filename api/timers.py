"""Timers: what a day that has passed brings with it is written down by the running ledger, once (DOMAIN §9).

States and figures come from dates, so nothing depends on this thread: it leaves the entries that say when a reply
period lapsed, a promise was not kept in time, a sanction ended. It speaks as the ledger itself (SYSTEM). Each has a
request key of its own, the same in every process, so of several servers one writes and the others are told so.
"""

from __future__ import annotations

import logging
from datetime import date
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from ledger.clock import day_of
from ledger.errors import Group, LedgerError
from ledger.line import Line, LineActor
from projections.passed import Passed, passed

if TYPE_CHECKING:
    from ledger.application import Ledger

log = logging.getLogger("integrity.timers")
WHO: Final = LineActor("system", "SYSTEM")
PRINCIPAL: Final = "integrity-timers"


class Timers:
    """The thread that writes what has passed. `healthy` says whether the last round reached its end."""

    def __init__(self, ledger: Ledger, *, interval: float) -> None:
        self._ledger, self._interval = ledger, interval
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="timers", daemon=True)
        self._done: set[str] = set()
        self.healthy = True

    def start(self) -> None:
        """Follow the days; the first round is made at once, by the thread."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the entry under way."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def run_once(self) -> int:
        """Write what has passed by today; how many entries that were. What somebody else did first is left alone."""
        today, written = day_of(self._ledger.clock()), 0
        for one in passed(self._ledger, self._ledger.store.engine, today, self._done):
            if self._stopped.is_set():
                break
            written += self._write(one, today)
        return written

    def _write(self, one: Passed, today: date) -> int:
        before = self._ledger.size
        try:
            line = Line(one.type, today, WHO, one.data)
            acknowledgement = self._ledger.submit(line, request=(PRINCIPAL, one.name), as_system=True)
        except LedgerError as error:
            if error.group not in (Group.REFUSED, Group.CONFLICT):
                raise
            # Decided meanwhile, or written on an earlier day: a rule says so, and the day has its effect either way.
            # Where another writer was merely first, the next round says which it was.
            if error.group is Group.REFUSED:
                self._done.add(one.name)
            return 0
        self._done.add(one.name)
        return int(acknowledgement.index >= before)

    def _run(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait):
            wait = self._interval
            try:
                self.run_once()
                self.healthy = True
            except Exception as error:  # whatever it was, the next round says whether it is over
                code = error.code if isinstance(error, LedgerError) else type(error).__name__
                if self.healthy:
                    log.error("what has passed could not be written", extra={"error": code})
                self.healthy = False
