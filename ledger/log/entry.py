"""The entry: `JCS({"h": header, "p": place, "s": signatures})`, hashed as stored (DESIGN §3).

`format_entry` and `parse_entry` undo each other: parsing accepts exactly the bytes that formatting writes, so one
entry has one leaf hash. The header is asserted by whoever acts and is complete before the commit; the place is where
the ledger put it. Formatting is a concatenation, cheap enough for the critical section of a commit.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Any, Final

import msgspec

from ledger.errors import VerificationError
from ledger.log.encoding import MAX_INTEGER, EncodingError, canonical

MAX_ENTRY_BYTES: Final = 65_535
SIGNATURE_BYTES: Final = 64  # Ed25519, the one algorithm of the suite sha256-ed25519
KEY_ID_DIGITS: Final = 8


class Signature(msgspec.Struct, frozen=True):
    """One signer's signature over the header. `key` is the signed-note key id, eight hexadecimal digits."""

    key: str
    sig: bytes


class Entry(msgspec.Struct, frozen=True):
    """What an entry says: the header, and where and when the ledger put it."""

    header: dict[str, Any]
    recorded_at: str
    version: int
    signatures: tuple[Signature, ...] = ()


class _Place(msgspec.Struct, forbid_unknown_fields=True):
    recorded_at: str
    version: int


class _Signed(msgspec.Struct, forbid_unknown_fields=True):
    key: str
    sig: str


class _Envelope(msgspec.Struct, forbid_unknown_fields=True):
    h: dict[str, Any]
    p: _Place
    s: list[_Signed]


_decode = msgspec.json.Decoder(_Envelope).decode
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T([01][0-9]|2[0-3])(:[0-5][0-9]){2}\.[0-9]{6}Z")


def format_entry(header: bytes, *, recorded_at: str, version: int, signatures: Sequence[Signature] = ()) -> bytes:
    """The bytes of an entry. `header` holds canonical bytes with all strings in NFC: `canonical(h, nfc=True)`.

    The length does not depend on `recorded_at`, so a caller may learn before queueing whether an entry fits.
    """
    if header[:1] != b"{":
        raise EncodingError("a header is a JSON object", code="bad-header", field="h")
    _check_recorded_at(recorded_at)
    if type(version) is not int or not 1 <= version <= MAX_INTEGER:
        raise EncodingError("versions count from 1", code="bad-version", field="p.version")
    signed = _format_signatures(signatures) if signatures else ""
    place = f',"p":{{"recorded_at":"{recorded_at}","version":{version}}},"s":[{signed}]}}'
    entry = b'{"h":' + header + place.encode()
    if len(entry) > MAX_ENTRY_BYTES:
        raise EncodingError(f"an entry has at most {MAX_ENTRY_BYTES} bytes", code="entry-too-large")
    return entry


def parse_entry(data: bytes) -> Entry:
    """The entry written by these bytes; `VerificationError` if `format_entry` would not write exactly them."""
    if len(data) > MAX_ENTRY_BYTES:
        raise VerificationError(f"an entry of {len(data)} bytes; at most {MAX_ENTRY_BYTES} are allowed")
    try:
        envelope = _decode(data)
        place = envelope.p
        signatures = tuple([_parse_signature(signed) for signed in envelope.s])
        again = format_entry(
            canonical(envelope.h, nfc=True),
            recorded_at=place.recorded_at,
            version=place.version,
            signatures=signatures,
        )
    except EncodingError as error:
        raise VerificationError(f"the entry is not canonical: {error}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise VerificationError('the entry is not of the form {"h", "p", "s"}') from None
    if again != data:
        raise VerificationError("the entry is not canonical: it re-encodes to other bytes")
    return Entry(envelope.h, place.recorded_at, place.version, signatures)


def signed_message(origin: str, header: bytes) -> bytes:
    """What a signature of an entry is made over: the origin, the purpose, and the header's canonical bytes."""
    return f"{origin}/event/v1\n".encode() + header


def _format_signatures(signatures: Sequence[Signature]) -> str:
    keys = [signature.key for signature in signatures]
    if any(before >= after for before, after in pairwise(keys)):
        raise EncodingError("signatures are sorted by key id, one for each key", code="bad-signature", field="s")
    written = []
    for number, signature in enumerate(signatures):
        if len(signature.key) != KEY_ID_DIGITS or not set(signature.key) <= set("0123456789abcdef"):
            raise EncodingError("a key id is eight hexadecimal digits", code="bad-signature", field=f"s[{number}].key")
        if len(signature.sig) != SIGNATURE_BYTES:
            raise EncodingError("an Ed25519 signature has 64 bytes", code="bad-signature", field=f"s[{number}].sig")
        written.append(f'{{"key":"{signature.key}","sig":"{b64encode(signature.sig).decode()}"}}')
    return ",".join(written)


def _parse_signature(signed: _Signed) -> Signature:
    try:
        return Signature(signed.key, b64decode(signed.sig, validate=True))
    except ValueError:
        raise EncodingError("a signature is base64", code="bad-signature", field="s") from None


def is_moment(text: str) -> bool:
    """Whether this is a recorded time as entries write it."""
    return _MOMENT.fullmatch(text) is not None and _is_day(text[:10])


def _check_recorded_at(text: str) -> None:
    if not is_moment(text):
        raise EncodingError(
            "a moment is written YYYY-MM-DDTHH:MM:SS.ffffffZ", code="bad-recorded-at", field="p.recorded_at"
        )


@lru_cache(maxsize=64)  # entries that follow one another are mostly of one day
def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
