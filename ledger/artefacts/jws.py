"""A compact JWS (RFC 7515, RFC 9864) in the one form that the README allows: Ed25519, exact headers, canonical JSON.

What parses is exactly what `Jws.format` writes, so the algorithm is never the file's to choose.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.artefacts.bundle import BadArtefact
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.note import SIGNATURE_BYTES, VerifierKey, verify_ed25519

BEGINNING: Final = b"eyJ"  # of every header: an object with a member, in base64url
ALGORITHM: Final = "Ed25519"
_KEY_ID: Final = re.compile("[0-9a-f]{8}")
_DIGITS: Final = re.compile("[A-Za-z0-9_-]*")


def base64url(data: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def parse_base64url(text: str) -> bytes:
    """The bytes written by `text`; `BadArtefact` unless `base64url` would write exactly it."""
    if not _DIGITS.fullmatch(text) or len(text) % 4 == 1:
        raise BadArtefact("not base64url without padding")
    data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if base64url(data) != text:
        raise BadArtefact("base64url with bits that say nothing")
    return data


@dataclass(frozen=True, slots=True)
class Jws:
    """A signed payload: its type, the id of the key it names, what is said, and the signature."""

    typ: str
    kid: str
    payload: bytes
    signature: bytes

    @property
    def signing_input(self) -> bytes:
        """What is signed: header and payload in base64url, joined by a dot."""
        header = canonical({"alg": ALGORITHM, "kid": self.kid, "typ": self.typ})
        return f"{base64url(header)}.{base64url(self.payload)}".encode()

    def format(self) -> bytes:
        """The line, without a line feed."""
        return self.signing_input + b"." + base64url(self.signature).encode()

    def verify(self, key: VerifierKey) -> None:
        """`VerificationError` unless the key signed it."""
        verify_ed25519(key.public_key, self.signature, self.signing_input)


def sign_jws(typ: str, payload: bytes, name: str, key: Ed25519PrivateKey) -> Jws:
    """A payload signed by a key under its name."""
    kid = VerifierKey(name, key.public_key().public_bytes_raw()).id
    return Jws(typ, kid, payload, key.sign(Jws(typ, kid, payload, b"").signing_input))


def typ_of(data: bytes) -> str | None:
    """The type in the header of a file, canonical or not; None where it cannot be told."""
    try:
        header: Any = parse(parse_base64url(data.partition(b".")[0].decode("ascii")))
        typ = header.get("typ")
    except (BadArtefact, EncodingError, UnicodeDecodeError, AttributeError):
        return None
    return typ if isinstance(typ, str) else None


def parse_jws(data: bytes) -> Jws:
    """The JWS in a file, behind which one line feed may stand; `BadArtefact` unless `format` would write it."""
    try:
        parts = data.removesuffix(b"\n").decode("ascii").split(".")
        if len(parts) != 3:
            raise BadArtefact("a compact JWS has three parts")
        header, payload, signature = (parse_base64url(part) for part in parts)
        said = parse(header)
    except (EncodingError, UnicodeDecodeError):
        raise BadArtefact("the header of a JWS is canonical JSON in base64url") from None
    if not isinstance(said, dict) or said.keys() != {"alg", "kid", "typ"} or said["alg"] != ALGORITHM:
        raise BadArtefact("the header has exactly alg, kid and typ, and alg is Ed25519")
    kid, typ = said["kid"], said["typ"]
    if not isinstance(typ, str) or not isinstance(kid, str) or not _KEY_ID.fullmatch(kid):
        raise BadArtefact("the header names a type and a key id")
    if len(signature) != SIGNATURE_BYTES:
        raise BadArtefact("an Ed25519 signature has 64 bytes")
    return Jws(typ, kid, payload, signature)
