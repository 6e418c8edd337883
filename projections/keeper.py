"""The lists kept up in the background: one thread that asks for the log's size and catches up, batch by batch.

It asks rather than waits to be told, so entries of another process are no special case; what arrives meanwhile shares a
batch. A try that fails is made again; how far the lists are, and whether the last try succeeded, is for `/readyz` to
say. `stop` returns when the batch under way has ended.
"""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING, Final

from projections.runner import catch_up

if TYPE_CHECKING:
    from ledger.application import Ledger

ASK_SECONDS: Final = 0.2
RETRY_SECONDS: Final = 2.0
log = logging.getLogger("integrity.lists")


class Keeper:
    """The thread that keeps one ledger's lists. `position` is the size they were last brought to."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="lists-keeper", daemon=True)
        self.position = 0
        self.healthy = True

    def start(self) -> None:
        """Catch up once, so that a server never opens with lists of yesterday, then follow."""
        self.position = catch_up(self._ledger, self._ledger.store.engine)
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the batch under way."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(ASK_SECONDS if self.healthy else RETRY_SECONDS):
            try:
                if self._ledger.size > self.position:
                    self.position = catch_up(self._ledger, self._ledger.store.engine)
                self.healthy = True
            except Exception as error:  # whatever it was, the lists can be made again
                log.error("lists fell behind", extra={"error": type(error).__name__})
                self.healthy = False  # after it was said: whoever sees it finds the reason
