"""The body of `add-checkpoint` (c2sp.org/tlog-witness): an old size, a consistency proof from it, a checkpoint.

What parses is exactly what formatting writes; anything else is a `BadWitnessRequest`. No signature is verified here.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass

from ledger.errors import Invalid, VerificationError
from ledger.log.chain import HASH_BYTES
from ledger.log.checkpoint import Checkpoint, parse_checkpoint
from ledger.log.note import SignedNote, parse_note

MAX_BODY_BYTES = 65_536
MAX_HASHES = 63
_OLD = "old "
_MAX_DIGITS = 19


class BadWitnessRequest(Invalid):
    """A body that is not written as tlog-witness writes it."""

    code = "bad-witness-request"


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """One submission. `checkpoint` is what the text of `note` says."""

    old: int
    proof: tuple[bytes, ...]
    note: SignedNote
    checkpoint: Checkpoint

    @classmethod
    def of(cls, old: int, proof: tuple[bytes, ...], note: SignedNote) -> AddCheckpoint:
        """A submission of a note; `BadCheckpoint` where its text is none."""
        return cls(old, proof, note, parse_checkpoint(note.text))

    def format(self) -> str:
        """The body as it is sent."""
        hashes = "".join(f"{b64encode(value).decode()}\n" for value in self.proof)
        return f"{_OLD}{self.old}\n{hashes}\n{self.note.format()}"


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """The submission written by `body`; `BadWitnessRequest` unless `format` would write exactly it."""
    if len(body) > MAX_BODY_BYTES:
        raise BadWitnessRequest(f"a body holds at most {MAX_BODY_BYTES} bytes")
    try:
        head, separator, note = body.decode().partition("\n\n")
    except UnicodeDecodeError:
        raise BadWitnessRequest("a body is UTF-8") from None
    first, *lines = head.split("\n")
    size = first.removeprefix(_OLD)
    if not separator or not first.startswith(_OLD):
        raise BadWitnessRequest("a body begins with an old size, and an empty line stands before the checkpoint")
    if not (size.isascii() and size.isdigit()) or len(size) > _MAX_DIGITS:
        raise BadWitnessRequest("an old size is a decimal number")
    if len(lines) > MAX_HASHES:
        raise BadWitnessRequest(f"a consistency proof has at most {MAX_HASHES} hashes")
    try:
        request = AddCheckpoint.of(int(size), tuple(_hash(line) for line in lines), parse_note(note))
    except VerificationError as error:
        raise BadWitnessRequest(error.detail) from None
    if request.format().encode() != body:
        raise BadWitnessRequest("the body is not written as tlog-witness writes it")
    return request


def _hash(line: str) -> bytes:
    try:
        value = b64decode(line, validate=True)
    except ValueError:
        value = b""
    if len(value) != HASH_BYTES:
        raise BadWitnessRequest(f"a line of a proof is base64 of {HASH_BYTES} bytes")
    return value
