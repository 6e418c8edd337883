"""What every entry must say of itself: canonical bytes, a header of the contract's form, columns that follow from it.

Entries whose contents are not what was hashed are not asked. The history boundary and entry 0 are read here too
(DESIGN §3, §8), since they are what the headers say.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

import msgspec
from msgspec import UNSET

from ledger.domain.governance import HistoryLoaded, LedgerOpened
from ledger.errors import VerificationError
from ledger.fsck.headers import Header, Stated, read_entry
from ledger.fsck.report import Findings, Grade
from ledger.log.entry import parse_entry
from ledger.mapper import FORMAT_VERSION, header_of
from ledger.opening import SUITE
from ledger.storage.session import Row

_COLUMNS: Final = ("stream", "version", "topic", "recorded_at", "subjects")


def header_if_any(state: object) -> dict[str, Any]:
    """The header of bytes that may have been tampered with, as far as it can be read; empty if it cannot."""
    try:
        header: object = header_of(state)  # type: ignore[arg-type]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, LookupError, TypeError):
        return {}
    return header if isinstance(header, dict) else {}


class Columns:
    """Reads the entries in order; `recorded_at` is the newest one's, `history_end` the one that closed a history."""

    def __init__(self, origin: str | None, findings: Findings, topics: Mapping[str, str]) -> None:
        self.first_recorded_at = self.recorded_at = ""
        self.history_end: int | None = None
        self._origin, self._findings, self._topics = origin, findings, topics
        self._clock: str | None = None

    def state(self, row: Row) -> Stated | None:
        """What an entry row states; None, and a finding, if it does not hold together."""
        index, state = row[0], row[8]
        read = read_entry(state) or self._read_at_length(index, state)
        if read is None:
            return None
        header, recorded_at, version = read
        derived = (header.stream, version, header.type, recorded_at, " ".join(header.subjects))
        if derived != row[1:6]:
            self._compare(index, row, derived)
        self._judge(index, header, version)
        if recorded_at < self.recorded_at:
            self._findings.entry(index, "recorded before the entry before it", "recorded-at-decreases")
        self.recorded_at = recorded_at
        self.first_recorded_at = self.first_recorded_at or recorded_at
        name = self._topics.get(header.type)
        if name is None:
            self._findings.entry(index, "its topic is not of the catalogue", "unknown-topic")
            return None
        stated = Stated(index, version, name, header)
        self._boundary(stated)
        return stated

    def _read_at_length(self, index: int, state: bytes) -> tuple[Header, str, int] | None:
        """What `read_entry` leaves alone; None, and a finding, where it is no entry."""
        try:
            entry = parse_entry(state)
        except VerificationError as error:
            self._findings.entry(index, error.detail, "not-canonical")
            return None
        try:
            return msgspec.convert(entry.header, Header), entry.recorded_at, entry.version
        except msgspec.ValidationError:
            self._findings.entry(index, "its header is not of the form of an entry", "bad-header")
            return None

    def _compare(self, index: int, row: Row, derived: tuple[object, ...]) -> None:
        for name, one, other in zip(_COLUMNS, derived, row[1:6], strict=True):
            if one != other:
                self._findings.entry(index, f"the column {name} is not what the entry says", f"column-{name}")

    def _judge(self, index: int, header: Header, version: int) -> None:
        entry = self._findings.entry
        if header.v != FORMAT_VERSION:
            entry(index, f"a format version {header.v}; this ledger has {FORMAT_VERSION}", "bad-header")
        if self._origin is not None and header.origin != self._origin:
            entry(index, "it was written for another ledger: the origin is not that of entry 0", "wrong-origin")
        for name, values in (("subjects", header.subjects), ("sd", header.sd)):
            if any(before >= after for before, after in pairwise(values)):
                entry(index, f"{name} are not sorted, each once", "bad-header")
        if header.after is not UNSET and header.after != version - 1:
            entry(index, "its actor saw another version of the stream", "bad-header")

    def _boundary(self, stated: Stated) -> None:
        index, data = stated.index, stated.header.data
        opened = stated.type == "LedgerOpened"
        if opened != (index == 0):
            self._findings.entry(index, f"only entry 0, and it alone, is {LedgerOpened.TOPIC}", "opening")
        elif opened:
            self._clock = data.get("clock")
            if data.get("suite") != SUITE:
                self._findings.entry(index, f"the suite is not {SUITE}", "suite")
            if (
                data.get("origin") != stated.header.origin
                or data.get("format") != FORMAT_VERSION
                or stated.version != 1
            ):
                self._findings.entry(index, "origin or format are not those of its own header", "opening")
        elif stated.type == "HistoryLoaded":
            if self._clock == "real" or self.history_end is not None:
                self._findings.entry(index, "no history was being loaded here", "history")
            self.history_end = self.history_end or index

    def finish(self) -> None:
        """Whether the history that entry 0 announces was closed."""
        if self._clock == "history" and self.history_end is None:
            what = f"{HistoryLoaded.TOPIC} is missing: the ledger was opened by a history that never ended"
            self._findings.place("history", what, "history")


def note_history(history_end: int | None, findings: Findings) -> None:
    """Say up to where the recorded times are only asserted (DESIGN §8)."""
    if history_end is not None:
        last = history_end - 1
        what = f"up to entry {last} the recorded times are asserted by whoever loaded the history"
        findings.add(Grade.NOTICE, last, what, "history")
