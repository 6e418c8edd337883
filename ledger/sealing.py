"""A gate between those who seal sections and whoever destroys a key: no section is stored under a key that is gone.

A command passes while it seals and stores; the destruction waits until they are through and holds the next ones up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Condition


class SealingGate:
    """Many may seal, or one may destroy. Safe to use from many threads; who destroys never seals inside."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._sealing = 0
        self._closed = False

    @contextmanager
    def sealing(self) -> Iterator[None]:
        """While a command seals and stores."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._sealing += 1
        try:
            yield
        finally:
            with self._changed:
                self._sealing -= 1
                self._changed.notify_all()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """While keys are destroyed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._closed)
            self._closed = True
            self._changed.wait_for(lambda: not self._sealing)
        try:
            yield
        finally:
            with self._changed:
                self._closed = False
                self._changed.notify_all()
