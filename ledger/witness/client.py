"""The ledger as a client of its witnesses: submit a checkpoint to all at once, return what they cosigned and verified.

A witness that is down, slow or lying is a `Failure` beside the others' cosignatures, never an error raised. Nobody is
asked but the addresses of the policy. What a witness last cosigned is remembered; where that is wrong it says so, and
is asked once more with a proof from its own size.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from ledger.clock import Clock, utc_now
from ledger.errors import LedgerError, Refused, Unavailable, VerificationError
from ledger.log.cosignature import renewed, time_of, verify_cosignatures
from ledger.log.note import NoteSignature, SignedNote, parse_signature_lines
from ledger.witness.exchange import Answer, NoAnswer, check_url, exchange
from ledger.witness.policy import KnownWitness, Policy
from ledger.witness.request import AddCheckpoint

Consistency = Callable[[int, int], list[bytes]]
Enough = Callable[[SignedNote], bool]

ADD_CHECKPOINT = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
TIMEOUT_SECONDS = 5.0
GRACE_SECONDS = 1.0
MAX_AHEAD_SECONDS = 60
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a witness of the policy did not cosign."""

    witness: str
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: the note with every cosignature that holds, and who gave none."""

    note: SignedNote
    failures: tuple[Failure, ...]


class Witnesses:
    """The witnesses of a policy that have an address; `Invalid` where one has an address that may not be asked."""

    def __init__(
        self,
        policy: Policy,
        *,
        clock: Clock = utc_now,
        timeout_seconds: float = TIMEOUT_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        self._timeout, self._grace = timeout_seconds, grace_seconds
        self._lines = [_Line(one, clock, timeout_seconds) for one in policy.witnesses if one.url is not None]

    def ask(self, note: SignedNote, consistency: Consistency, enough: Enough | None = None) -> Asked:
        """Submit a checkpoint to every witness; `consistency(old, new)` proves, for 0 < old < new, what leads to it.

        Returns when all have answered or the time is up. Once the note is `enough`, whoever is still at it gets
        `grace_seconds` more.
        """
        results: SimpleQueue[tuple[_Line, NoteSignature | Failure]] = SimpleQueue()
        prove, busy = _once_each(consistency), NoAnswer("busy with an earlier request")
        waiting = {line for line in self._lines if line.start(note, prove, results)}
        failures = [line.failure(busy) for line in self._lines if line not in waiting]
        until, met = time.monotonic() + self._timeout, False
        while waiting:
            if not met and enough is not None and enough(note):
                met, until = True, min(until, time.monotonic() + self._grace)
            try:
                line, result = results.get(timeout=max(0.0, until - time.monotonic()))
            except Empty:
                break
            waiting.discard(line)
            if isinstance(result, Failure):
                failures.append(result)
            else:
                note = renewed(note, [result])
        failures += [line.failure(NoAnswer("no answer in time")) for line in waiting]
        return Asked(note, tuple(sorted(failures, key=lambda failure: failure.witness)))


class _Line:
    """The line to one witness: one request at a time, and what it last cosigned."""

    def __init__(self, witness: KnownWitness, clock: Clock, timeout_seconds: float) -> None:
        assert witness.url is not None
        self._witness, self._clock, self._timeout = witness, clock, timeout_seconds
        self._url = witness.url.rstrip("/") + ADD_CHECKPOINT
        check_url(self._url)
        self._busy = Lock()
        self._old = 0

    def failure(self, error: LedgerError) -> Failure:
        return Failure(self._witness.name, error.code, error.detail)

    def start(
        self,
        note: SignedNote,
        consistency: Consistency,
        results: SimpleQueue[tuple[_Line, NoteSignature | Failure]],
    ) -> bool:
        """Ask in a thread of its own; False while an earlier request is under way."""
        if not self._busy.acquire(blocking=False):
            return False

        def run() -> None:
            result: NoteSignature | Failure
            try:
                result = self._ask(note, consistency)
            except LedgerError as error:
                result = self.failure(error)
            except Exception as error:
                result = self.failure(Unavailable(type(error).__name__, code="unexpected"))
            finally:
                self._busy.release()
            results.put((self, result))

        Thread(target=run, name=f"witness {self._witness.name}", daemon=True).start()
        return True

    def _ask(self, note: SignedNote, consistency: Consistency) -> NoteSignature:
        until = time.monotonic() + self._timeout
        first = AddCheckpoint.of(0, (), note)
        size = first.checkpoint.size
        old = self._old if self._old <= size else 0
        answer = self._submit(note, old, size, consistency, until)
        theirs = _size_in(answer)
        if theirs is not None and theirs != old:
            if theirs > size:
                raise Refused(f"the witness has cosigned {theirs} entries, this is {size}", code="witness-ahead")
            answer = self._submit(note, theirs, size, consistency, until)
            if _size_in(answer) is not None:
                raise Refused("the witness named a size, and then another", code="refused-by-witness")
        cosignature = self._cosignature(note, answer)
        self._old = size
        return cosignature

    def _submit(self, note: SignedNote, old: int, size: int, consistency: Consistency, until: float) -> Answer:
        proof = tuple(consistency(old, size)) if 0 < old < size else ()
        body = AddCheckpoint.of(old, proof, note).format().encode()
        left = until - time.monotonic()
        if left <= 0:
            raise NoAnswer("no answer in time")
        return exchange("POST", self._url, body, timeout_seconds=left)

    def _cosignature(self, note: SignedNote, answer: Answer) -> NoteSignature:
        """The newest cosignature that this witness's key made in an answer; a `LedgerError` where there is none."""
        if answer.status in (409, 422):
            raise VerificationError(f"the witness answered {answer.status}", code="contradicted-by-witness")
        if answer.status != 200:
            raise Refused(f"the witness answered {answer.status}", code="refused-by-witness")
        key = self._witness.key
        try:
            lines = parse_signature_lines(answer.body.decode())
        except (UnicodeDecodeError, VerificationError):
            raise VerificationError("the answer is no signature lines", code="bad-answer") from None
        own = tuple(line for line in lines if (line.name, line.key_id) == (key.name, key.id))
        if not own:
            raise VerificationError("the answer has no signature of this witness", code="bad-answer")
        verify_cosignatures(SignedNote(note.text, own), [key])
        newest = max(own, key=lambda line: time_of(line.signature))
        made, now = time_of(newest.signature), int(self._clock().timestamp())
        if not 0 < made <= now + MAX_AHEAD_SECONDS:
            raise VerificationError("the cosignature is of a time to come, or of none", code="bad-cosignature-time")
        return newest


def _size_in(answer: Answer) -> int | None:
    """The size that a witness says it has cosigned, where it says that."""
    if answer.status != 409 or answer.content_type != SIZE_TYPE:
        return None
    found = _SIZE.fullmatch(answer.body)
    return None if found is None else int(found[1])


def _once_each(consistency: Consistency) -> Consistency:
    """The same proofs, each made once however many witnesses need it, by one thread at a time."""
    lock, made = Lock(), dict[tuple[int, int], list[bytes]]()

    def proof(old: int, new: int) -> list[bytes]:
        with lock:
            if (old, new) not in made:
                made[old, new] = consistency(old, new)
            return made[old, new]

    return proof
