"""The running ledger and its witnesses: have checkpoints cosigned, know how long ago a quorum last did, and stop there.

With `max_age_seconds` the main log is read-only while no checkpoint that met the quorum is younger than that: what
nobody outside has seen could still be rewritten unseen. Reads and the access log go on. Off by default.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Lock

from ledger.clock import Clock, utc_now
from ledger.errors import Invalid, LedgerError, NotFound, Unavailable
from ledger.log.note import SignedNote, parse_note
from ledger.witness.client import Consistency, Failure, Witnesses
from ledger.witness.policy import Policy, decode_policy

_LOOK_AGAIN_SECONDS = 1.0


class Witnessing:
    """What one process of a ledger does with a witness policy.

    `keep` stores a checkpoint with its cosignatures, `kept` gives the newest that were stored, the largest first. Both
    are shared by all processes of a ledger, so one of them may ask while the others only look.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        kept: Callable[[], Iterable[str]],
        keep: Callable[[str], None],
        max_age_seconds: int | None = None,
        clock: Clock = utc_now,
        witnesses: Witnesses | None = None,
    ) -> None:
        if max_age_seconds is not None and not policy.asks_for_witnesses:
            raise Invalid("a greatest age without witness needs a quorum", code="no-quorum")
        self.policy = policy
        self.failures: tuple[Failure, ...] = ()
        self.max_age_seconds = max_age_seconds
        self._kept, self._keep, self._clock = kept, keep, clock
        self._witnesses = witnesses or Witnesses(policy, clock=clock)
        self._known = {(one.key.name, one.key.id) for one in policy.witnesses}
        self._lock, self._looked, self._at = Lock(), -_LOOK_AGAIN_SECONDS, 0

    def cosign(self, note: str, consistency: Consistency) -> str:
        """A checkpoint with the cosignatures its witnesses gave just now, kept where it has gained any.

        `consistency(old, new)` is the proof between two sizes, asked for 0 < old < new. Who did not cosign, and why,
        is in `failures`; nobody's failure is raised.
        """
        signed = parse_note(note)
        asked = self._witnesses.ask(signed, consistency, enough=self._met)
        self.failures = asked.failures
        cosigned = asked.note.format()
        if asked.note != signed:
            # Below the quorum as well: a reader may ask for less.
            self._keep(cosigned)
        self._advance(self._moment(asked.note) or 0)
        return cosigned

    def age(self) -> float | None:
        """Seconds since a quorum last cosigned a checkpoint; None where it never has, or none is asked for."""
        at = self._look()
        return max(0.0, self._clock().timestamp() - at) if at else None

    def check(self) -> None:
        """`Unavailable` with code `unwitnessed` while the main log may not be written (a 503, retry later)."""
        if self.max_age_seconds is None or self._clock().timestamp() - self._at <= self.max_age_seconds:
            return
        age = self.age()
        if age is None:
            raise Unavailable("no witness has seen this ledger yet: it is read-only", code="unwitnessed")
        if age > self.max_age_seconds:
            raise Unavailable(f"no quorum of witnesses for {int(age)} s: the ledger is read-only", code="unwitnessed")

    def _met(self, note: SignedNote) -> bool:
        return self._moment(note) is not None

    def _moment(self, note: SignedNote) -> int | None:
        """When a quorum cosigned this note; None where none did, or where it does not hold."""
        try:
            return self.policy.moment(self.policy.verify(note))
        except LedgerError:
            return None

    def _look(self) -> int:
        """The newest such moment, looking at what other processes kept once a second at most; 0 before the first."""
        with self._lock:
            if time.monotonic() - self._looked < _LOOK_AGAIN_SECONDS:
                return self._at
            self._looked = time.monotonic()
        moments = (self._moment_kept(note) for note in self._kept())
        return self._advance(next((moment for moment in moments if moment), 0))

    def _moment_kept(self, kept: str) -> int | None:
        try:
            note = parse_note(kept)
        except LedgerError:
            return None
        # Most have no cosignature while a witness is away: those cost no signature.
        named = any((one.name, one.key_id) in self._known for one in note.signatures)
        return self._moment(note) if named else None

    def _advance(self, moment: int) -> int:
        with self._lock:
            self._at = max(self._at, moment)
            return self._at


def read_policy(path: Path) -> Policy:
    """The policy in a file; `NotFound` with code `no-witness-policy` where there is none."""
    try:
        return decode_policy(path.read_bytes())
    except OSError:
        raise NotFound("there is no witness policy where one is expected", code="no-witness-policy") from None
