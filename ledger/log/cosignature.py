"""Cosignatures of witnesses (c2sp.org/tlog-cosignature v1): a time, and an Ed25519 signature over it and a checkpoint.

A cosignature says: as of this time the largest consistent tree I have seen of this log is this one. It is a note
signature of type 0x04 whose bytes are the time (seconds since the epoch, eight bytes, big-endian) and the signature.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.note import SIGNATURE_BYTES, BadNote, KeyType, NoteSignature, SignedNote, VerifierKey, verify_ed25519

_TIME_BYTES = 8
MAX_TIME = 2**63 - 1


def cosign(text: str, name: str, key: Ed25519PrivateKey, time: int) -> NoteSignature:
    """A witness's signature over a checkpoint's text at a time, in seconds since the epoch."""
    vkey = VerifierKey(name, key.public_key().public_bytes_raw(), KeyType.COSIGNATURE)
    return NoteSignature(name, vkey.id, time.to_bytes(_TIME_BYTES, "big") + key.sign(_message(text, time)))


def time_of(signature: bytes) -> int:
    """The time a cosignature states; `BadNote` for bytes that are none."""
    if len(signature) != _TIME_BYTES + SIGNATURE_BYTES:
        raise BadNote("a cosignature is a time and an Ed25519 signature", code="bad-cosignature")
    time = int.from_bytes(signature[:_TIME_BYTES], "big")
    if time > MAX_TIME:
        raise BadNote("a cosignature's time lies below 2^63", code="bad-cosignature")
    return time


def verify_cosignatures(note: SignedNote, witnesses: Iterable[VerifierKey]) -> dict[str, int]:
    """Name → time of each of these witnesses that cosigned a checkpoint's note; others are passed over.

    One of a known witness that does not hold is a `BadNote`; who counts a quorum counts the names.
    """
    known = {(key.name, key.id): key for key in witnesses if key.kind is KeyType.COSIGNATURE}
    times: dict[str, int] = {}
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None:
            continue
        time = time_of(signature.signature)
        verify_ed25519(key.public_key, signature.signature[_TIME_BYTES:], _message(note.text, time))
        times[key.name] = max(time, times.get(key.name, 0))
    return times


def renewed(note: SignedNote, signatures: Iterable[NoteSignature]) -> SignedNote:
    """The note with further signatures; one of a key that signed before stands in the place of the older one."""
    lines = {(line.name, line.key_id): line for line in note.signatures}
    lines |= {(line.name, line.key_id): line for line in signatures}
    return SignedNote(note.text, tuple(lines.values()))


def _message(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
