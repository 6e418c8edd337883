"""Entries read into typed headers: each is decoded once, and its bytes are compared with what it encodes to.

`read_entry` accepts less than `parse_entry`, never more: whatever it answers, `parse_entry` and a conversion would have
answered. For what it leaves alone (signed entries, and all that is not as it must be) it answers None, and the longer
way decides and names the reason.
"""

from __future__ import annotations

from typing import Any, Final
from unicodedata import is_normalized

import msgspec
from msgspec import UNSET, Struct, UnsetType

from ledger.errors import LedgerError
from ledger.log.encoding import MAX_INTEGER, check_plain
from ledger.log.entry import MAX_ENTRY_BYTES, is_moment

_IN_HEADER: Final = 2  # the level of what a header's members hold


class Header(Struct, forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The members of DESIGN §3; absent ones are left out, never null."""

    v: int
    origin: str
    id: str
    type: str
    stream: str
    effective_on: str
    actor: dict[str, str]
    data: dict[str, Any]
    basis: list[str] | UnsetType = UNSET
    purpose: str | UnsetType = UNSET
    correlation: str | UnsetType = UNSET
    causation: str | UnsetType = UNSET
    source: dict[str, str] | UnsetType = UNSET
    after: int | UnsetType = UNSET
    subjects: list[str] = []
    sd: list[str] = []


class _Place(Struct, forbid_unknown_fields=True, gc=False):
    recorded_at: str
    version: int


class _Entry(Struct, forbid_unknown_fields=True, gc=False):
    h: Header
    p: _Place
    s: list[msgspec.Raw]


class Stated(Struct, frozen=True, gc=False):
    """An entry as it states itself: `type` is the catalogue's name."""

    index: int
    version: int
    type: str
    header: Header

    @property
    def system(self) -> str:
        """The name space of the caller's ids: the source system, or the ledger's own."""
        source = self.header.source
        return "" if source is UNSET else source.get("system", "")


_decode = msgspec.json.Decoder(_Entry).decode
_encode = msgspec.json.Encoder(order="sorted").encode


def read_entry(state: bytes) -> tuple[Header, str, int] | None:
    """Header, recorded time and version of an unsigned entry in canonical bytes; None if it is not plainly one."""
    try:
        entry = _decode(state)
        if entry.s or _encode(entry) != state:
            return None
        header, place = entry.h, entry.p
        check_plain(header.data, _IN_HEADER)
        check_plain(header.actor, _IN_HEADER)
        if header.source is not UNSET:
            check_plain(header.source, _IN_HEADER)
    except (LedgerError, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    after = 0 if header.after is UNSET else header.after
    if not (1 <= place.version <= MAX_INTEGER and abs(header.v) <= MAX_INTEGER and abs(after) <= MAX_INTEGER):
        return None
    if len(state) > MAX_ENTRY_BYTES or not is_moment(place.recorded_at):
        return None
    # Every part of a text in NFC is in NFC.
    if not state.isascii() and not is_normalized("NFC", state.decode()):
        return None
    return header, place.recorded_at, place.version
