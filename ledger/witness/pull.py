"""A witness that asks instead of being asked: take a log's checkpoint, and the proof from the one cosigned last.

For a clock that starts a program now and then: nothing listens, and the witness needs no address.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable

from ledger.errors import VerificationError
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.cosignature import renewed
from ledger.log.note import SignedNote
from ledger.witness.exchange import Answer, exchange
from ledger.witness.request import AddCheckpoint
from ledger.witness.witness import Equivocation, OldSizeMismatch, Witness

TIMEOUT_SECONDS = 30.0
CONSISTENCY = "/v1/ledger/proofs/consistency"


class CheckpointBehind(VerificationError):
    """The log shows fewer entries than it did: it was cut, or the reader was given an old checkpoint."""

    code = "checkpoint-behind"


def pull(witness: Witness, note: SignedNote, consistency: Callable[[int, int], list[bytes]]) -> SignedNote:
    """The checkpoint with this witness's cosignature; a `LedgerError` says why there is none.

    `consistency(old, new)` is the log's proof between two sizes, asked for 0 < old < new.
    """
    checkpoint = parse_checkpoint(note.text)
    newest = witness.state.newest(checkpoint.origin)
    old = 0 if newest is None else min(newest.checkpoint.size, checkpoint.size)
    proof = tuple(consistency(old, checkpoint.size)) if 0 < old < checkpoint.size else ()
    try:
        return renewed(note, [witness.add(AddCheckpoint.of(old, proof, note))])
    except OldSizeMismatch as error:
        if error.contradicted:
            raise Equivocation(checkpoint.size) from None
        if error.size > checkpoint.size:
            detail = f"the log shows {checkpoint.size} entries, {error.size} were cosigned"
            raise CheckpointBehind(detail) from None
        raise


def fetch(url: str) -> bytes:
    """What an address answers, at most 64 KiB; a `LedgerError` for anything but a 200."""
    return _content(exchange("GET", url, None, timeout_seconds=TIMEOUT_SECONDS))


def fetch_consistency(ledger: str, old: int, new: int) -> list[bytes]:
    """The consistency proof between two sizes as a ledger's own door gives it (DESIGN §7). It is verified later."""
    content = fetch(f"{ledger.rstrip('/')}{CONSISTENCY}?from={old}&to={new}")
    try:
        answer = json.loads(content)
        if (answer["from"], answer["to"]) != (old, new):
            raise ValueError("another proof")
        return [b64decode(line, validate=True) for line in answer["proof"]]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise VerificationError("the answer is no consistency proof", code="bad-answer") from None


def _content(answer: Answer) -> bytes:
    if answer.status != 200:
        raise VerificationError(f"the answer has status {answer.status}", code="bad-answer")
    return answer.body
