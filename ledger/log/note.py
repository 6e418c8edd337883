"""Signed notes and verifier keys (c2sp.org/signed-note): a text, an empty line, and a line for each signature.

What parses is exactly what formatting writes. Keys are `<name>+<key id>+<base64(type ‖ public key)>`; the key id binds
name, type and public key, so a key taken over under another name is not the same key. Verification raises `BadNote`.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256
from unicodedata import category

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ledger.errors import Invalid, VerificationError

PUBLIC_KEY_BYTES = 32
_ID_BYTES = 4


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


# Signed notes.

EM_DASH = "— "
MAX_SIGNATURES = 100
SIGNATURE_BYTES = 64
_SEPARATOR = "\n\n"


class BadNote(VerificationError):
    """Text that is no signed note, or one that no trusted key has signed."""

    code = "bad-note"


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: a key's name, its id (eight hexadecimal digits) and what it made of the text."""

    name: str
    key_id: str
    signature: bytes

    def format(self) -> str:
        """`— <name> <base64(id ‖ signature)>` and a line feed."""
        blob = bytes.fromhex(self.key_id) + self.signature
        return f"{EM_DASH}{self.name} {b64encode(blob).decode()}\n"


@dataclass(frozen=True, slots=True)
class SignedNote:
    """A text that ends in a line feed, and the lines of those who signed it."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def format(self) -> str:
        """The note as it is handed out."""
        return self.text + "\n" + "".join(signature.format() for signature in self.signatures)

    def with_signatures(self, signatures: Iterable[NoteSignature]) -> SignedNote:
        """The same text with further signatures; a line that stands already is not repeated."""
        return SignedNote(self.text, tuple(dict.fromkeys((*self.signatures, *signatures))))


def sign_note(text: str, name: str, key: Ed25519PrivateKey) -> SignedNote:
    """A note of `text` signed by one Ed25519 key under its name."""
    _check_text(text)
    vkey = VerifierKey(name, key.public_key().public_bytes_raw())
    return SignedNote(text, (NoteSignature(name, vkey.id, key.sign(text.encode())),))


def parse_note(text: str) -> SignedNote:
    """The note written by `text`; `BadNote` unless `format` would write exactly it. No signature is verified."""
    body, separator, lines = text.rpartition(_SEPARATOR)
    if not separator or not lines.endswith("\n"):
        raise BadNote("a note has a text, an empty line and signature lines")
    body += "\n"
    _check_text(body)
    found = [_parse_signature(line) for line in lines[:-1].split("\n")]
    if not 1 <= len(found) <= MAX_SIGNATURES:
        raise BadNote(f"a note has 1 to {MAX_SIGNATURES} signatures")
    note = SignedNote(body, tuple(found))
    if note.format() != text:
        raise BadNote("the note is not written as signed-note writes it")
    return note


def parse_signature_lines(text: str) -> tuple[NoteSignature, ...]:
    """Signature lines alone, as a witness answers with them; each ends in a line feed."""
    if not text.endswith("\n"):
        raise BadNote("a signature line ends in a line feed")
    return tuple(_parse_signature(line) for line in text[:-1].split("\n"))


def verify_note(note: SignedNote, keys: Iterable[VerifierKey]) -> list[VerifierKey]:
    """The trusted keys whose signatures hold, in the note's order.

    Signatures of unknown keys are passed over; one of a known key that does not hold, or none at all, is a `BadNote`.
    """
    known = {(key.name, key.id): key for key in keys if key.kind is KeyType.ED25519}
    verified: list[VerifierKey] = []
    for signature in note.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None or key in verified:
            continue
        verify_ed25519(key.public_key, signature.signature, note.text.encode())
        verified.append(key)
    if not verified:
        raise BadNote("no trusted key has signed this note")
    return verified


def verify_ed25519(public_key: bytes, signature: bytes, message: bytes) -> None:
    """`BadNote` with code `bad-signature` unless the key signed the message (RFC 8032)."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        raise BadNote("a signature of a trusted key does not hold", code="bad-signature") from None


def _parse_signature(line: str) -> NoteSignature:
    name, space, encoded = line.removeprefix(EM_DASH).partition(" ")
    if not line.startswith(EM_DASH) or not space:
        raise BadNote("a signature line is an em dash, a key name and base64")
    try:
        _check_name(name)
        blob = b64decode(encoded, validate=True)
    except (BadVerifierKey, ValueError):
        raise BadNote("a signature line is an em dash, a key name and base64") from None
    if len(blob) <= _ID_BYTES:
        raise BadNote("a signature is a key id and more")
    return NoteSignature(name, blob[:_ID_BYTES].hex(), blob[_ID_BYTES:])


def _check_text(text: str) -> None:
    if not text.endswith("\n") or text == "\n":
        raise BadNote("a note's text ends in a line feed")
    if any((character < " " and character != "\n") or "\ud800" <= character <= "\udfff" for character in text):
        raise BadNote("a note holds no control characters but line feeds, and no half surrogate pairs")
