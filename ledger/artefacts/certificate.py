"""Certificates and status lists: what an applicant carries, and which of these hold no more (see README).

Both are compact JWS. `parse_…` accepts exactly what `payload` writes.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any, Final

from ledger.artefacts.bundle import BadArtefact
from ledger.artefacts.jws import Jws, base64url, parse_base64url
from ledger.clock import day_of
from ledger.errors import Invalid
from ledger.log.encoding import MAX_INTEGER, EncodingError, canonical, parse
from ledger.log.note import PUBLIC_KEY_BYTES, key_id

CERTIFICATE: Final = "integrity-certificate-v1+jwt"
STATUS_LIST: Final = "statuslist+jwt"
ENDING: Final = ".certificate.jws"
LIST_BYTES: Final = 16384
LIST_BITS: Final = LIST_BYTES * 8
SALT_BYTES: Final = 32
DAY_SECONDS: Final = 86_400
MAX_DAYS: Final = 90
MAX_LIST_DAYS: Final = 7
LAST_TIME: Final = 253_402_214_400  # 9999-12-31, 00:00 UTC
_SUBJECT: Final = "integrity-ledger/subject/v1"

_STRINGS: Final = {
    "as_of": r"\d{4}-\d\d-\d\d",
    "aud": "[A-Z][A-Z_]{0,39}",
    "check": "[0-9a-f]{32}",
    "decision": "ELIGIBLE|NOT_ELIGIBLE",
    "jti": "[0-9a-f]{32}",
    "outcome": "CLEAR|REFER|BLOCK",
    "root": "[0-9a-f]{64}",
    "sub": "[0-9a-f]{32}",
    "subject": "[0-9a-f]{64}",
}
_RULEBOOK: Final = {"digest": "[0-9a-f]{64}", "id": "[A-Za-z0-9][A-Za-z0-9._-]{0,99}"}
_LIST_NUMBER: Final = "[1-9][0-9]{0,8}"


@dataclass(frozen=True, slots=True)
class Certificate:
    """The claims of a certificate, each as the README says. Times are seconds since 1970."""

    iss: str
    aud: str
    check: str
    sub: str
    subject: str
    decision: str
    outcome: str
    as_of: str
    rulebook: str
    rulebook_digest: str
    size: int
    root: str
    iat: int
    exp: int
    jti: str
    list_id: int
    list_index: int

    @property
    def list_uri(self) -> str:
        """The name of its status list."""
        return list_uri(self.iss, self.list_id)

    def claims(self) -> dict[str, Any]:
        """The payload as a value."""
        return {
            "as_of": self.as_of,
            "aud": self.aud,
            "check": self.check,
            "decision": self.decision,
            "exp": self.exp,
            "iat": self.iat,
            "iss": self.iss,
            "jti": self.jti,
            "outcome": self.outcome,
            "root": self.root,
            "rulebook": {"digest": self.rulebook_digest, "id": self.rulebook},
            "size": self.size,
            "status": {"status_list": {"idx": self.list_index, "uri": self.list_uri}},
            "sub": self.sub,
            "subject": self.subject,
        }

    def payload(self) -> bytes:
        """What is signed."""
        return canonical(self.claims())


@dataclass(frozen=True, slots=True)
class StatusList:
    """Which of 131072 certificates hold no more, made of the first `size` entries."""

    iss: str
    list_id: int
    size: int
    root: str
    iat: int
    exp: int
    bits: bytes

    @property
    def uri(self) -> str:
        """Its name."""
        return list_uri(self.iss, self.list_id)

    def is_set(self, index: int) -> bool:
        """Whether the certificate of this number holds no more."""
        return bool(self.bits[index >> 3] >> (index & 7) & 1)

    def payload(self) -> bytes:
        """What is signed."""
        packed = base64url(zlib.compress(self.bits, 9))
        return canonical(
            {
                "exp": self.exp,
                "iat": self.iat,
                "iss": self.iss,
                "root": self.root,
                "size": self.size,
                "status_list": {"bits": 1, "lst": packed},
                "sub": self.uri,
            }
        )


def list_uri(iss: str, list_id: int) -> str:
    """The name of a status list."""
    return f"https://{iss}/v1/status-lists/{list_id}"


def subject_digest(iss: str, id_number: str, salt: bytes) -> str:
    """The salted digest of an ID number, however it is spaced and cased."""
    written = id_number.replace(" ", "").upper()
    return sha256(salt + canonical([_SUBJECT, iss, written])).hexdigest()


def day_of_seconds(seconds: int) -> date:
    """The day in +08:00 of a time in seconds since 1970."""
    return day_of(datetime.fromtimestamp(seconds, UTC))


def parse_certificate(jws: Jws) -> Certificate:
    """The certificate that a JWS of its type holds; `BadArtefact` unless `payload` would write exactly it."""
    said = _members(jws, {*_STRINGS, "exp", "iat", "iss", "rulebook", "size", "status"})
    for name, pattern in _STRINGS.items():
        _string(said[name], pattern, name)
    try:
        date.fromisoformat(said["as_of"])
    except ValueError:
        raise BadArtefact("as_of is no day") from None
    rulebook, status = said["rulebook"], said["status"]
    if not isinstance(rulebook, dict) or rulebook.keys() != _RULEBOOK.keys():
        raise BadArtefact("an edition has a digest and an id")
    for name, pattern in _RULEBOOK.items():
        _string(rulebook[name], pattern, name)
    if not isinstance(status, dict) or status.keys() != {"status_list"}:
        raise BadArtefact("a status is a place in a list")
    place = status["status_list"]
    if not isinstance(place, dict) or place.keys() != {"idx", "uri"}:
        raise BadArtefact("a place in a list has idx and uri")
    _times(said, MAX_DAYS)
    return Certificate(
        iss=said["iss"],
        **{name: said[name] for name in _STRINGS},
        rulebook=rulebook["id"],
        rulebook_digest=rulebook["digest"],
        size=_number(said["size"], 1, MAX_INTEGER),
        iat=said["iat"],
        exp=said["exp"],
        list_id=_list_number(place["uri"], said["iss"]),
        list_index=_number(place["idx"], 0, LIST_BITS - 1),
    )


def parse_status_list(jws: Jws) -> StatusList:
    """The status list that a JWS of its type holds; `BadArtefact` where it is not of the README's form."""
    said = _members(jws, {"exp", "iat", "iss", "root", "size", "status_list", "sub"})
    packed = said["status_list"]
    if not isinstance(packed, dict) or packed.keys() != {"bits", "lst"} or type(packed["bits"]) is not int:
        raise BadArtefact("a list has bits and lst")
    if packed["bits"] != 1 or not isinstance(packed["lst"], str):
        raise BadArtefact("a list has one bit for each certificate")
    _string(said["root"], _STRINGS["root"], "root")
    _times(said, MAX_LIST_DAYS)
    return StatusList(
        iss=said["iss"],
        list_id=_list_number(said["sub"], said["iss"]),
        size=_number(said["size"], 1, MAX_INTEGER),
        root=said["root"],
        iat=said["iat"],
        exp=said["exp"],
        bits=_unpacked(parse_base64url(packed["lst"])),
    )


def _unpacked(data: bytes) -> bytes:
    stream = zlib.decompressobj()
    try:
        bits = stream.decompress(data, LIST_BYTES + 1)
    except zlib.error:
        raise BadArtefact("lst is not a ZLIB stream") from None
    if len(bits) != LIST_BYTES or not stream.eof or stream.unused_data:
        raise BadArtefact(f"lst is a ZLIB stream of {LIST_BYTES} bytes and nothing more")
    return bits


def _members(jws: Jws, names: set[str]) -> Mapping[str, Any]:
    try:
        said = parse(jws.payload)
    except EncodingError:
        raise BadArtefact("the payload is not canonical JSON") from None
    if not isinstance(said, dict) or said.keys() != names:
        raise BadArtefact("the payload has other members")
    if not isinstance(said["iss"], str):
        raise BadArtefact("iss is an origin")
    try:
        key_id(said["iss"], bytes(PUBLIC_KEY_BYTES))
    except Invalid:
        raise BadArtefact("iss is not written as a key name") from None
    return said


def _string(value: object, pattern: str, name: str) -> None:
    if not isinstance(value, str) or not re.fullmatch(pattern, value, re.ASCII):
        raise BadArtefact(f"{name} is not written as it must be")


def _number(value: object, least: int, most: int) -> int:
    if type(value) is not int or not least <= value <= most:
        raise BadArtefact("a number is not of its range")
    return value


def _times(said: Mapping[str, Any], days: int) -> None:
    exp = _number(said["exp"], 1, LAST_TIME)
    iat = _number(said["iat"], 0, exp - 1)
    if exp - iat > days * DAY_SECONDS:
        raise BadArtefact(f"it lasts longer than {days} days")


def _list_number(uri: object, iss: str) -> int:
    _string(uri, f"{re.escape(list_uri(iss, 0))[:-1]}{_LIST_NUMBER}", "the name of a status list")
    assert isinstance(uri, str)
    return int(uri.rpartition("/")[2])
