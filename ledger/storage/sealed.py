"""Sealing: a section's ciphertext is bound to its place, and opens nowhere else."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ledger.errors import VerificationError
from ledger.log.encoding import canonical

NONCE_BYTES = 12


@dataclass(frozen=True)
class Place:
    """Where a section belongs; associated data of its encryption."""

    origin: str
    stream: str
    version: int
    section: str
    subject: str

    def format(self) -> bytes:
        return canonical([self.origin, self.stream, self.version, self.section, self.subject])


def seal(key: bytes, plaintext: bytes, place: Place) -> bytes:
    """AES-256-GCM under a fresh random nonce, which stands before the ciphertext."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plaintext, place.format())


def open_sealed(key: bytes, sealed: bytes, place: Place) -> bytes:
    """What `seal` was given; `VerificationError` for another key, another place or other bytes."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.format())
    except (InvalidTag, ValueError):
        raise VerificationError(
            f"{place.stream}, version {place.version}: section {place.section} does not open", code="section-not-open"
        ) from None


def fingerprint(key: bytes) -> str:
    """The name of a key that gives nothing of it away: SHA-256 over all of its 256 random bits, hex."""
    return hashlib.sha256(b"integrity-ledger/key/v1\x00" + key).hexdigest()
