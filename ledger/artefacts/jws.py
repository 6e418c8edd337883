"""A compact JWS (RFC 7515, RFC 9864) in the one form that the README allows: Ed25519, exact headers, canonical JSON.

`joserfc` writes, reads and verifies it, through a registry that knows one algorithm and three header members. What
parses is besides exactly what `Jws.format` writes, so neither the algorithm nor the spelling is the file's to choose.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry, deserialize_compact, extract_compact, serialize_compact
from joserfc.registry import HeaderParameter

from ledger.artefacts.bundle import BadArtefact
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.note import SIGNATURE_BYTES, VerifierKey

BEGINNING: Final = b"eyJ"  # of every header: an object with a member, in base64url
ALGORITHM: Final = "Ed25519"
_KEY_ID: Final = re.compile("[0-9a-f]{8}")
_DIGITS: Final = re.compile("[A-Za-z0-9_-]*")


class _Registry(JWSRegistry):
    """One algorithm and the three members of our headers; no file that a verifier reads is too large for it."""

    default_header_registry = {name: HeaderParameter(name, "str", True) for name in ("alg", "kid", "typ")}  # noqa: RUF012
    max_payload_length = 128 * 1024 * 1024


REGISTRY: Final = _Registry(algorithms=[ALGORITHM])


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

    def format(self) -> bytes:
        """The line, without a line feed."""
        header = canonical({"alg": ALGORITHM, "kid": self.kid, "typ": self.typ})
        return ".".join(map(base64url, (header, self.payload, self.signature))).encode()

    def verify(self, key: VerifierKey) -> None:
        """`BadArtefact` with code `bad-signature` unless the key signed it."""
        try:
            known = OKPKey.import_key({"kty": "OKP", "crv": ALGORITHM, "x": base64url(key.public_key)})
            deserialize_compact(self.format(), known, registry=REGISTRY)
        except (JoseError, ValueError):
            raise BadArtefact("the signature does not hold", code="bad-signature") from None


def sign_jws(typ: str, payload: bytes, name: str, key: Ed25519PrivateKey) -> Jws:
    """A payload signed by a key under its name; read again, and checked, before it is given out."""
    public = VerifierKey(name, key.public_key().public_bytes_raw())
    private = {"x": base64url(public.public_key), "d": base64url(key.private_bytes_raw())}
    signer = OKPKey.import_key({"kty": "OKP", "crv": ALGORITHM, **private})
    header = {"alg": ALGORITHM, "kid": public.id, "typ": typ}
    made = parse_jws(serialize_compact(header, payload, signer, registry=REGISTRY).encode())
    made.verify(public)
    return made


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
    line = data.removesuffix(b"\n")
    kid, typ = _header(line.partition(b".")[0])
    try:
        held = extract_compact(line, registry=REGISTRY)
        REGISTRY.check_header(held.headers())
        signature = parse_base64url(held.segments["signature"].decode("ascii"))
    except (JoseError, UnicodeDecodeError):
        raise BadArtefact("not a compact JWS") from None
    if len(signature) != SIGNATURE_BYTES:
        raise BadArtefact("an Ed25519 signature has 64 bytes")
    jws = Jws(typ, kid, held.payload, signature)
    if jws.format() != line:
        raise BadArtefact("a JWS is written in one way only")
    return jws


def _header(encoded: bytes) -> tuple[str, str]:
    """The key id and the type of a header; judged before the library reads any of it."""
    try:
        said = parse(parse_base64url(encoded.decode("ascii")))
    except (EncodingError, UnicodeDecodeError):
        raise BadArtefact("the header of a JWS is canonical JSON in base64url") from None
    if not isinstance(said, dict) or said.keys() != {"alg", "kid", "typ"} or said["alg"] != ALGORITHM:
        raise BadArtefact("the header has exactly alg, kid and typ, and alg is Ed25519")
    kid, typ = said["kid"], said["typ"]
    if not isinstance(typ, str) or not isinstance(kid, str) or not _KEY_ID.fullmatch(kid):
        raise BadArtefact("the header names a type and a key id")
    return kid, typ
