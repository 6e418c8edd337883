"""What has been signed of a ledger, as its readers get it: checkpoints from its own store, and how far each protects.

Somebody may have put one there that nobody signed, so each is opened with the log's own keys first. The level is that
of the witness policy the server was given, `signed` where it was given none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fastapi import Request
from starlette.responses import PlainTextResponse, Response

from api.problems import Problem
from ledger.errors import LedgerError
from ledger.log.checkpoint import MAX_SIZE, Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.note import SignedNote, parse_note
from ledger.witness.policy import Level, Policy
from ledger.witnessing import read_policy

if TYPE_CHECKING:
    from api.auth import Wiring
    from ledger.publisher import Publisher

LARGEST: Final = 2**53 - 1  # the largest size or index that a caller may name
CHANGES: Final = "no-cache"  # asked again each time, with the tag of what one has
RECENT: Final = 256  # how many checkpoints are looked through for one that witnesses have cosigned

assert LARGEST < MAX_SIZE


@dataclass(frozen=True, slots=True)
class Signed:
    """A checkpoint: the note, what it says, and its level; None where a known key's signature does not hold."""

    note: SignedNote
    checkpoint: Checkpoint
    level: Level | None


def newest(wiring: Wiring, publisher: Publisher | None = None) -> Signed | None:
    """The newest checkpoint of the ledger, or of another log's publisher; None before the first."""
    of = publisher or wiring.ledger.publisher
    note = of.checkpoints.newest()
    return None if note is None else _signed(wiring, of, note)


def covering(wiring: Wiring, size: int, level: Level = Level.SIGNED) -> Signed | None:
    """The first checkpoint that speaks for the first `size` entries; None yet.

    Where a level is asked for that it does not have: the newest of the last few that does.
    """
    of = wiring.ledger.publisher
    published = of.covering(size)
    if published is None:
        return None
    first = _signed(wiring, of, published.note)
    if level is Level.SIGNED or first.level is level:
        return first
    recent = (_signed(wiring, of, other) for other in of.checkpoints.recent(size, RECENT))
    return next((signed for signed in recent if signed.level is level), None)


def no_checkpoint() -> Problem:
    return Problem(404, "no-checkpoint", "no checkpoint speaks for that yet")


def as_text(request: Request, text: str, **headers: str) -> Response:
    """A text that may change: with its tag, and 304 for who has it."""
    tag = f'"{sha256(text.encode()).hexdigest()[:32]}"'
    shown = {"ETag": tag, "Cache-Control": CHANGES, **headers}
    if tag in [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]:
        return Response(status_code=304, headers=shown)
    return PlainTextResponse(text, headers=shown)


def _signed(wiring: Wiring, publisher: Publisher, text: str) -> Signed:
    note, checkpoint = _opened(publisher, text, publisher.key_events())
    path = wiring.settings.witness_policy
    return Signed(note, checkpoint, Level.SIGNED if path is None else _level(path, text))


@lru_cache(maxsize=RECENT)
def _opened(publisher: Publisher, text: str, _: object) -> tuple[SignedNote, Checkpoint]:
    """A checkpoint of the log's own store, signed by a key that is valid at its size as the key events say; else
    `VerificationError`."""
    note = parse_note(text)
    keys = [key.vkey for key in publisher.keyring().log_keys(parse_checkpoint(note.text).size)]
    return note, open_checkpoint(note, keys)


@lru_cache(maxsize=RECENT)
def _level(path: Path, text: str) -> Level | None:
    try:
        return _policy(path).level(parse_note(text))
    except LedgerError:
        return None


@lru_cache(maxsize=4)
def _policy(path: Path) -> Policy:
    return read_policy(path)
