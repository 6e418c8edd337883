"""Checkpoints cosigned in the background: the newest one as soon as it is there, and again now and then while quiet.

Signing goes on meanwhile: a witness that is away delays nothing but the level of the receipts, and, where the operator
asked for it, ends writing. Who did not cosign is logged when that changes, and said at `/readyz` by whoever asks.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, Final

from api.settings import Settings
from ledger.errors import Invalid
from ledger.witness.client import Consistency
from ledger.witnessing import Witnessing, read_policy

if TYPE_CHECKING:
    from api.publishing import Publishing
    from ledger.application import Ledger

log = logging.getLogger("integrity.witnesses")
LOOKED_THROUGH: Final = 1000  # checkpoints, for the newest that a quorum has cosigned
RETRY_SECONDS: Final = 5.0


def witnessing_of(ledger: Ledger, settings: Settings) -> Witnessing | None:
    """What the settings ask for; None where they name no policy. `Invalid` where an age is set and no policy."""
    if settings.witness_policy is None:
        if settings.max_unwitnessed_age is not None:
            raise Invalid("a greatest age without witness needs a witness policy", code="no-quorum")
        return None
    checkpoints = ledger.publisher.checkpoints
    return Witnessing(
        read_policy(settings.witness_policy),
        kept=lambda: checkpoints.recent(0, LOOKED_THROUGH),
        keep=checkpoints.keep,
        max_age_seconds=settings.max_unwitnessed_age,
        clock=lambda: ledger.clock(),
    )


class Cosigning:
    """The thread that has one ledger's checkpoints cosigned.

    `newest` is the newest checkpoint that was signed, None before the first; `idle` the seconds after which it is
    cosigned again, less where the greatest age without witness is short.
    """

    def __init__(
        self,
        witnessing: Witnessing,
        newest: Callable[[], str | None],
        consistency: Consistency,
        *,
        interval: float,
        idle: float,
    ) -> None:
        self._witnessing, self._newest, self._consistency = witnessing, newest, consistency
        age = witnessing.max_age_seconds
        self._interval = interval
        self._idle = idle if age is None else min(idle, age / 3)
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="cosigning", daemon=True)
        self._failed: frozenset[tuple[str, str]] = frozenset()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread after the request under way."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        asked: str | None = None
        due = 0.0
        while not self._stopped.wait(self._interval):
            note = self._newest()
            if note is None or (note == asked and monotonic() < due):
                continue
            met = self._cosign(note)
            asked, due = note, monotonic() + (self._idle if met else min(RETRY_SECONDS, self._idle))

    def _cosign(self, note: str) -> bool:
        """Whether every witness cosigned."""
        try:
            self._witnessing.cosign(note, self._consistency)
        except Exception as error:  # whatever it was, the next try says whether it is over
            self._tell(frozenset({("", type(error).__name__)}))
            return False
        self._tell(frozenset((failure.witness, failure.code) for failure in self._witnessing.failures))
        return not self._witnessing.failures

    def _tell(self, failed: frozenset[tuple[str, str]]) -> None:
        for _, code in sorted(failed - self._failed):
            log.error("a witness has not cosigned", extra={"error": code})
        if self._failed and not failed:
            log.info("every witness has cosigned")
        self._failed = failed


def cosigning_of(
    witnessing: Witnessing | None, ledger: Ledger, publishing: Publishing, settings: Settings
) -> Cosigning | None:
    """The thread for what `publishing` signs; None where there are no witnesses to ask."""
    if witnessing is None:
        return None

    def newest() -> str | None:
        return None if publishing.newest is None else publishing.newest.note

    return Cosigning(
        witnessing,
        newest,
        ledger.publisher.consistency,
        interval=settings.checkpoint_interval_seconds,
        idle=settings.checkpoint_idle_seconds,
    )
