"""The judgement of a witness (c2sp.org/tlog-witness v1.0.0): cosign what follows from the newest, or say why not.

Checking against the newest checkpoint and storing the new one are one transaction, and the cosignature is handed out
after its commit: a crash between the two costs the log a second request, never the witness its memory. Two checkpoints
of one size with different roots are kept as evidence, whatever the answer.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.clock import Clock, utc_now
from ledger.errors import ClockBehind, Conflict, Invalid, LedgerError, NotFound, Refused, VerificationError
from ledger.log.checkpoint import open_checkpoint
from ledger.log.cosignature import cosign
from ledger.log.merkle import EMPTY_ROOT, verify_consistency
from ledger.log.note import KeyType, NoteSignature, VerifierKey
from ledger.witness.request import AddCheckpoint
from ledger.witness.state import Cosigned, State, Turn

MAX_CLOCK_SKEW_SECONDS = 5


class UnknownLog(NotFound):
    """A checkpoint of a log that this witness does not follow."""

    code = "unknown-log"


class NotSignedByLog(VerificationError):
    """No key of the log signed the checkpoint, or a signature of one does not hold."""

    code = "not-signed-by-log"


class OldBeyondCheckpoint(Invalid):
    """The old size is larger than the checkpoint's own."""

    code = "old-beyond-checkpoint"


class OldSizeMismatch(Conflict):
    """The old size is not that of the newest checkpoint cosigned; `size` is. `contradicted` says whether the checkpoint
    has another root than the one of its size that was cosigned."""

    code = "old-size-mismatch"

    def __init__(self, size: int, *, contradicted: bool) -> None:
        super().__init__(f"the newest checkpoint cosigned has {size} entries")
        self.size, self.contradicted = size, contradicted


class Equivocation(VerificationError):
    """The log has signed another root for a size before: two stories, and both are kept."""

    code = "equivocation"

    def __init__(self, size: int) -> None:
        super().__init__(f"the log has signed another root for {size} entries; both checkpoints are kept")


class NotConsistent(VerificationError):
    """The proof does not lead from the newest checkpoint cosigned to this one."""

    code = "not-consistent"


class Witness:
    """One witness: its key, what it remembers, and the logs it follows, by their keys."""

    def __init__(
        self, state: State, key: Ed25519PrivateKey, logs: Iterable[VerifierKey], *, clock: Clock = utc_now
    ) -> None:
        if key.public_key().public_bytes_raw() != state.key.public_key:
            raise Refused("the key is not the one this state was made for", code="wrong-witness-key")
        self.name, self.state = state.key.name, state
        self._key, self._clock = key, clock
        self._logs: dict[str, list[VerifierKey]] = {}
        for log in logs:
            if log.kind is not KeyType.ED25519:
                raise Invalid("a log has a key of type 0x01", code="bad-verifier-key", field="log")
            self._logs.setdefault(log.name, []).append(log)

    @property
    def key(self) -> VerifierKey:
        """The key that verifies its cosignatures."""
        return self.state.key

    def add(self, request: AddCheckpoint) -> NoteSignature:
        """The cosignature of a checkpoint that follows, on disk by now; a `LedgerError` says why there is none."""
        checkpoint = request.checkpoint
        keys = self._logs.get(checkpoint.origin)
        if keys is None:
            raise UnknownLog("this witness follows no log of that origin")
        try:
            open_checkpoint(request.note, keys, origin=checkpoint.origin)
        except VerificationError as error:
            raise NotSignedByLog(error.detail) from None
        if request.old > checkpoint.size:
            raise OldBeyondCheckpoint("the old size is larger than the checkpoint's")
        with self.state.turn(checkpoint.origin) as turn:
            # A refusal is carried out of the turn and raised behind it, so that its evidence is committed.
            outcome = self._judge(turn, request)
        if isinstance(outcome, LedgerError):
            raise outcome
        return outcome

    def _judge(self, turn: Turn, request: AddCheckpoint) -> NoteSignature | LedgerError:
        checkpoint, newest = request.checkpoint, turn.newest()
        before = turn.at(checkpoint.size)
        contradicted = before is not None and before.checkpoint.root != checkpoint.root
        if before is not None and contradicted:
            turn.keep_evidence(before.note, request.note)
        size = 0 if newest is None else newest.checkpoint.size
        if request.old != size:
            return OldSizeMismatch(size, contradicted=contradicted)
        if contradicted:
            return Equivocation(size)
        try:
            _check(newest, request)
        except VerificationError as error:
            return NotConsistent(error.detail)
        time = self._time(turn)
        cosignature = cosign(request.note.text, self.name, self._key, time)
        if before is None:
            turn.keep(request.note, cosignature.format())
        turn.signed_at(time)
        return cosignature

    def _time(self, turn: Turn) -> int:
        """Now, and not before the newest cosignature: what was the largest tree then must not be denied by a later."""
        now, last = int(self._clock().timestamp()), turn.last_signed()
        if last - now > MAX_CLOCK_SKEW_SECONDS:
            raise ClockBehind(f"the clock is {last - now} s behind the newest cosignature")
        return max(now, last)


def _check(newest: Cosigned | None, request: AddCheckpoint) -> None:
    checkpoint, old = request.checkpoint, request.old
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise VerificationError("an empty log has the root of the empty tree")
    if old == 0:
        # Every log begins with the empty tree: there is nothing to prove, and nothing may be offered as proof.
        if request.proof:
            raise VerificationError("there is no consistency proof from size 0")
        return
    assert newest is not None  # old is its size
    verify_consistency(old, checkpoint.size, request.proof, newest.checkpoint.root, checkpoint.root)
