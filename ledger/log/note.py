"""Verifier keys as C2SP signed-note writes them: `<name>+<key id>+<base64(type ‖ public key)>`.

`format_vkey` and `parse_vkey` undo each other, and parsing accepts only what formatting writes. The key id binds name,
type and public key, so a key taken over under another name is not the same key.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from unicodedata import category

from ledger.errors import Invalid

PUBLIC_KEY_BYTES = 32


class KeyType(IntEnum):
    """The signature types of c2sp.org/signed-note that have a 32-byte Ed25519 public key."""

    ED25519 = 0x01
    COSIGNATURE = 0x04  # c2sp.org/tlog-cosignature: a witness, with a time stamp


class BadVerifierKey(Invalid):
    """A key name or a verifier key that is not written as signed-note writes it."""

    code = "bad-verifier-key"


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under its name."""

    name: str
    public_key: bytes
    kind: KeyType = KeyType.ED25519

    @property
    def id(self) -> str:
        """The key id, eight hexadecimal digits."""
        return key_id(self.name, self.public_key, self.kind)


def key_id(name: str, public_key: bytes, kind: KeyType = KeyType.ED25519) -> str:
    """The first four bytes of `SHA-256(name ‖ 0x0A ‖ type ‖ public key)`, as eight hexadecimal digits."""
    _check_name(name)
    if len(public_key) != PUBLIC_KEY_BYTES:
        raise BadVerifierKey(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes")
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).hexdigest()[:8]


def format_vkey(name: str, public_key: bytes, kind: KeyType = KeyType.ED25519) -> str:
    """The verifier key as it is handed out and as entry 0 holds it."""
    return f"{name}+{key_id(name, public_key, kind)}+{b64encode(bytes([kind]) + public_key).decode()}"


def parse_vkey(text: str) -> VerifierKey:
    """The key written by `text`; `BadVerifierKey` if `format_vkey` would not write exactly it."""
    parts = text.split("+", 2)  # base64 may hold a plus sign, a name may not
    if len(parts) != 3:
        raise BadVerifierKey("a verifier key has a name, a key id and a key, joined by +")
    name, _, encoded = parts
    try:
        blob = b64decode(encoded, validate=True)
        key = VerifierKey(name, blob[1:], KeyType(blob[0]))
    except (ValueError, IndexError):
        raise BadVerifierKey("the key is not base64 of a known type and a public key") from None
    if format_vkey(key.name, key.public_key, key.kind) != text:
        raise BadVerifierKey("the key id does not belong to this name and key")
    return key


def _check_name(name: str) -> None:
    if not name or "+" in name or any(character.isspace() for character in name):
        raise BadVerifierKey("a key name is not empty and holds neither spaces nor +")
    if any(category(character) in ("Cc", "Cs") for character in name):
        raise BadVerifierKey("a key name holds no control characters and no half surrogate pairs")
