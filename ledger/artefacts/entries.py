"""One entry after another, as a file shows them: each judged by itself and against those before it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise

import msgspec
from msgspec import UNSET

from ledger.artefacts.report import Found
from ledger.errors import VerificationError
from ledger.fsck.headers import Header
from ledger.keyring import KEY_TOPICS, OPENED, REVOKED, Keyring
from ledger.log.encoding import EncodingError, canonical, parse
from ledger.log.entry import Entry, parse_entry

SUITE = "sha256-ed25519"
FORMAT = 0
HISTORY_LOADED = "history.loaded.v1"
SALT_DIGITS = 64
_ACTOR = ({"id", "role"}, {"id", "role", "unit"})  # the members it must have, and may have
_SOURCE = {"system", "record", "recorded_at"}
_SECTION = re.compile("[a-z][a-z0-9_]*")


class EntryJudge:
    """Judges entries in the order of their indexes; `versions` also that every stream counts from 1 without gaps."""

    def __init__(self, origin: str, found: Found, *, versions: bool) -> None:
        self.keyring = Keyring(origin)
        self.seen = self.unsigned = self.undisclosed = 0
        self.clock: str | None = None
        self.history_end: int | None = None
        self._origin, self._found = origin, found
        self._versions: dict[str, int] | None = {} if versions else None
        self._recorded_at = ""
        self._signed: set[str] = set()

    def take(
        self, index: int, data: bytes, disclosures: Sequence[bytes] = (), *, listed_as_key: bool = False
    ) -> Header | None:
        """Judge an entry; None where its bytes are none, or its header is not of the contract's form."""
        self.seen += 1
        try:
            entry = parse_entry(data)
        except VerificationError as error:
            self._found.manipulation("not-canonical", f"entry {index}: {error.detail}", index)
            return None
        header = self._header(index, entry)
        if header is None:
            return None
        if header.origin != self._origin:
            self._say("wrong-origin", index, "it was written for another ledger")
        self._opening(index, header, entry)
        self._history(index, header)
        self._order(index, header, entry)
        if listed_as_key and header.type not in KEY_TOPICS:
            self._say("key-event", index, "it is listed as one about keys")
        if header.type in KEY_TOPICS:
            try:
                self.keyring.take(index, header.type, header.data, entry.recorded_at)
            except VerificationError as error:
                self._say("key-event", index, error.detail)
        self._signatures(index, header, entry)
        self._sections(index, header, disclosures)
        return header

    def _say(self, code: str, index: int, what: str) -> None:
        self._found.manipulation(code, f"entry {index}: {what}", index)

    def _header(self, index: int, entry: Entry) -> Header | None:
        try:
            header = msgspec.convert(entry.header, Header)
        except msgspec.ValidationError:
            header = None
        if (
            header is None
            or header.v != FORMAT
            or not _ACTOR[0] <= header.actor.keys() <= _ACTOR[1]
            or (header.source is not UNSET and not header.source.keys() <= _SOURCE)
            or not all(one < other for values in (header.subjects, header.sd) for one, other in pairwise(values))
            or (header.after is not UNSET and header.after != entry.version - 1)
        ):
            self._say("bad-header", index, "its header is not of the form of an entry")
            return None
        return header

    def _opening(self, index: int, header: Header, entry: Entry) -> None:
        if (header.type == OPENED) != (index == 0):
            self._say("opening", index, f"only entry 0, and it alone, is {OPENED}")
        elif index == 0:
            data = header.data
            self.clock = data["clock"] if isinstance(data.get("clock"), str) else None
            said = (data.get("origin"), data.get("suite"), data.get("format"), entry.version)
            if said != (header.origin, SUITE, FORMAT, 1) or type(data.get("format")) is not int:
                self._say("opening", index, "its origin, suite, format or version are not those of an opening")

    def _history(self, index: int, header: Header) -> None:
        if header.type != HISTORY_LOADED:
            return
        if self.clock == "real" or self.history_end is not None:
            self._say("history", index, "no history was being loaded here")
        self.history_end = self.history_end or index

    def _order(self, index: int, header: Header, entry: Entry) -> None:
        if self._versions is not None:
            if entry.version != self._versions.get(header.stream, 0) + 1:
                self._say("stream-version", index, "its version does not follow the one before it in its stream")
            self._versions[header.stream] = entry.version
        if entry.recorded_at < self._recorded_at:
            self._say("recorded-at-decreases", index, "recorded before the entry before it")
        self._recorded_at = max(self._recorded_at, entry.recorded_at)

    def _signatures(self, index: int, header: Header, entry: Entry) -> None:
        if not entry.signatures:
            self.unsigned += 1
        try:
            self.keyring.check(
                index,
                header.actor.get("unit"),
                canonical(entry.header),
                entry.signatures,
                entry.recorded_at,
                origin=header.origin,
            )
        except VerificationError as error:
            self._say(error.code, index, error.detail)
        if entry.signatures:
            if header.id in self._signed:
                self._say("replayed", index, "it was signed once, and stands here again")
            self._signed.add(header.id)
        if header.type == REVOKED:
            key = self.keyring.known(str(header.data.get("key")))
            if key is not None and key.unit is not None and key.ended == index:
                what = f"entry {index}: what key {key.vkey.id} signed from entry {key.since} on counts no more"
                self._found.notice("key-revoked", what, index)

    def _sections(self, index: int, header: Header, disclosures: Sequence[bytes]) -> None:
        digests = [sha256(disclosure).hexdigest() for disclosure in disclosures]
        self.undisclosed += len(header.sd) - len(set(digests) & set(header.sd))
        if any(one >= other for one, other in pairwise(digests)):
            self._say("section-changed", index, "its sections are out of order, or one stands twice")
        for disclosure, digest in zip(disclosures, digests, strict=True):
            if digest not in header.sd or not _is_disclosure(disclosure):
                self._say("section-changed", index, "a section is not one that the entry commits to")

    def finish(self) -> None:
        """What is to be said of the whole: a loaded history's boundary, where all entries were seen."""
        if self.clock == "history":
            known = self._versions is not None and self.history_end is not None
            last = self.history_end - 1 if known and self.history_end is not None else None
            what = "recorded times are asserted by whoever loaded the history"
            self._found.notice("history", what if last is None else f"up to entry {last} {what}", last)

    def left_out(self) -> list[str]:
        """What was not checked of the entries read so far."""
        sentences = []
        if self.unsigned:
            sentences.append(
                f"{self.unsigned} of {self.seen} entries are attested by the operator alone: nobody else signed them"
            )
        if self.undisclosed:
            sentences.append(f"sections that were not disclosed: {self.undisclosed}")
        return sentences


def _is_disclosure(data: bytes) -> bool:
    """Whether the bytes are `JCS([salt, name, value])`."""
    try:
        salt, name, _ = parse(data)
    except (EncodingError, ValueError, TypeError):
        return False
    return (
        isinstance(salt, str)
        and isinstance(name, str)
        and len(salt) == SALT_DIGITS
        and set(salt) <= set("0123456789abcdef")
        and _SECTION.fullmatch(name) is not None
    )
