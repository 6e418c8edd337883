"""Checkpoints (c2sp.org/tlog-checkpoint): a log's origin, size and root, three lines that a signed note carries.

The size is decimal without leading zeros, the root is base64 of 32 bytes. Further lines are a log's extensions; ours
has none, and a reader keeps those of others. `open_checkpoint` gives nothing that a trusted key has not signed.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import VerificationError
from ledger.log.chain import HASH_BYTES
from ledger.log.note import SignedNote, VerifierKey, parse_note, verify_note

MAX_SIZE = 2**63 - 1


class BadCheckpoint(VerificationError):
    """Text that is no checkpoint, or not one of the log that was expected."""

    code = "bad-checkpoint"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log at a size."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def format(self) -> str:
        """The note's text."""
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


def parse_checkpoint(text: str) -> Checkpoint:
    """The checkpoint written by a note's text; `BadCheckpoint` unless `format` would write exactly it."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] != "" or not all(lines[:-1]):
        raise BadCheckpoint("a checkpoint has an origin, a size and a root, each on a line")
    origin, size, encoded, *extensions = lines[:-1]
    if not (size.isascii() and size.isdigit()) or int(size[:20]) > MAX_SIZE or len(size) > 19:
        raise BadCheckpoint("a size is a decimal number below 2^63")
    try:
        root = b64decode(encoded, validate=True)
    except ValueError:
        raise BadCheckpoint("a root is base64") from None
    checkpoint = Checkpoint(origin, int(size), root, tuple(extensions))
    if len(root) != HASH_BYTES or checkpoint.format() != text:
        raise BadCheckpoint("the checkpoint is not written as tlog-checkpoint writes it")
    return checkpoint


def open_checkpoint(note: str | SignedNote, keys: Iterable[VerifierKey], *, origin: str | None = None) -> Checkpoint:
    """The checkpoint of a note that one of these keys signed; `BadNote` or `BadCheckpoint` otherwise.

    With an `origin` only that log's checkpoint is accepted, and only from keys under its name (tlog-checkpoint).
    """
    signed = parse_note(note) if isinstance(note, str) else note
    checkpoint = parse_checkpoint(signed.text)
    if origin is not None and checkpoint.origin != origin:
        raise BadCheckpoint("the checkpoint is another log's")
    verify_note(signed, (key for key in keys if key.name == checkpoint.origin))
    return checkpoint
