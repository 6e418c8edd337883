"""Inclusion proofs as files (c2sp.org/tlog-proof): an index, the hashes up to the root, the checkpoint they lead to.

A `.tlog-proof` is checked against an entry's bytes, or its leaf, and the keys one trusts, without a server. `verify`
returns the checkpoint that holds, and raises `VerificationError`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass

from ledger.errors import VerificationError
from ledger.log.chain import HASH_BYTES
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.merkle import verify_inclusion
from ledger.log.note import SignedNote, VerifierKey, parse_note

HEADER = "c2sp.org/tlog-proof@v1"
ENDING = ".tlog-proof"
MAX_HASHES = 63
_INDEX, _EXTRA = "index ", "extra "


class BadProof(VerificationError):
    """Text that is no proof in the form of tlog-proof."""

    code = "bad-proof"


@dataclass(frozen=True, slots=True)
class LogProof:
    """One entry's proof. `extra` is not authenticated by anything: it means what its reader makes of it."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: SignedNote
    extra: bytes | None = None

    def format(self) -> str:
        """The file's text."""
        extra = "" if self.extra is None else f"{_EXTRA}{b64encode(self.extra).decode()}\n"
        hashes = "".join(f"{b64encode(value).decode()}\n" for value in self.hashes)
        return f"{HEADER}\n{extra}{_INDEX}{self.index}\n{hashes}\n{self.checkpoint.format()}"

    def verify(self, leaf: bytes, keys: Iterable[VerifierKey], *, origin: str | None = None) -> Checkpoint:
        """The checkpoint under which this leaf stands at the index; `VerificationError` says what does not hold."""
        checkpoint = open_checkpoint(self.checkpoint, keys, origin=origin)
        verify_inclusion(leaf, self.index, checkpoint.size, self.hashes, checkpoint.root)
        return checkpoint


def parse_proof(text: str) -> LogProof:
    """The proof written by `text`; `BadProof` or `BadNote` unless `format` would write exactly it."""
    head, separator, note = text.partition("\n\n")
    lines = head.split("\n")
    if not separator or lines[0] != HEADER:
        raise BadProof(f"a proof begins with {HEADER} and ends with a checkpoint")
    del lines[0]
    extra = None
    if lines and lines[0].startswith(_EXTRA):
        extra = _decoded(lines.pop(0).removeprefix(_EXTRA))
    if not lines or not lines[0].startswith(_INDEX):
        raise BadProof("a proof names the index of its entry")
    index = lines.pop(0).removeprefix(_INDEX)
    if not (index.isascii() and index.isdigit()) or len(index) > 19 or len(lines) > MAX_HASHES:
        raise BadProof("an index is a decimal number, and a proof has at most 63 hashes")
    hashes = tuple(_decoded(line) for line in lines)
    if any(len(value) != HASH_BYTES for value in hashes):
        raise BadProof("a hash has 32 bytes")
    proof = LogProof(int(index), hashes, parse_note(note), extra)
    if proof.format() != text:
        raise BadProof("the proof is not written as tlog-proof writes it")
    return proof


def _decoded(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except ValueError:
        raise BadProof("a hash is base64") from None
