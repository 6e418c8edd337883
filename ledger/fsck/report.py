"""What a verification found: findings with their grade and place, and what was not looked at.

A finding's `what` always begins with its place (`entry 412: …`, `head: …`). The list is bounded: of a ledger that was
rewritten from end to end, the first findings say enough, and the last one says how many there were.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final

from ledger.errors import Unavailable, VerificationError

MAX_FINDINGS: Final = 1000


class Damaged(VerificationError):
    """The database cannot read what it holds: a broken page, or text that is none."""

    code = "store-damaged"


class Grade(StrEnum):
    """How grave a finding is (DESIGN §8)."""

    MANIPULATION = "manipulation"  # contradicts what is proven
    GAP = "gap"  # a part one was told to expect is not there to check
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: where (`index` of an entry, if it is one), what, and a stable code."""

    grade: Grade
    index: int | None
    what: str
    code: str

    def as_json(self) -> dict[str, Any]:
        return {"grade": self.grade.value, "index": self.index, "what": self.what, "code": self.code}


@dataclass(frozen=True, slots=True)
class Log:
    """What a log comes to: `root` and `chain` in hex, recomputed from the entries' own bytes."""

    size: int
    root: str
    chain: str


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a verification: `root` and `chain` (hex) are recomputed from the entries' own bytes.

    `history_end` is the index of the entry that closed a loaded history; before it, recorded times are asserted.
    """

    ok: bool
    size: int
    root: str
    chain: str
    findings: tuple[Finding, ...]
    not_checked: tuple[str, ...]
    history_end: int | None = None
    access: Log | None = None  # the access log, where it could be walked
    erased: int = 0  # sections that are gone by an order of erasure

    def as_json(self) -> dict[str, Any]:
        """The shape of `verify →` (DESIGN §8)."""
        return {
            "ok": self.ok,
            "size": self.size,
            "root": self.root,
            "chain": self.chain,
            "findings": [finding.as_json() for finding in self.findings],
            "not_checked": list(self.not_checked),
            "history_end": self.history_end,
            "access": None if self.access is None else asdict(self.access),
            "erased": self.erased,
        }


class Findings:
    """Collects findings; entries are named by index, other places by their own name."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._more = 0

    @property
    def count(self) -> int:
        """How many there are, notices too."""
        return len(self._found) + self._more

    def insert(self, before: int, found: Findings) -> None:
        """Findings as if they had been made when there were only so many."""
        behind, more, self._more = self._found[before:], self._more, 0
        del self._found[before:]
        for finding in (*found._found, *behind):
            self.add(finding.grade, finding.index, finding.what, finding.code)
        self._more += found._more + more

    @property
    def ok(self) -> bool:
        """Whether nothing graver than a notice was found."""
        return not self._more and all(finding.grade is Grade.NOTICE for finding in self._found)

    def entry(self, index: int, what: str, code: str) -> None:
        """An entry that contradicts what is proven."""
        self.add(Grade.MANIPULATION, index, f"entry {index}: {what}", code)

    def entries(self, first: int, stop: int, what: str, code: str) -> None:
        """Entries [first, stop) of which the same is to be said; nothing if there are none."""
        if stop == first + 1:
            self.entry(first, what, code)
        elif stop > first:
            self.add(Grade.MANIPULATION, first, f"entries {first}–{stop - 1}: {what}", code)

    def place(self, place: str, what: str, code: str, *, index: int | None = None) -> None:
        """Something beside the entries that contradicts what is proven."""
        self.add(Grade.MANIPULATION, index, f"{place}: {what}", code)

    def add(self, grade: Grade, index: int | None, what: str, code: str) -> None:
        if type(index) is not int:
            index = None  # what stands in a damaged table may be no number
        if len(self._found) < MAX_FINDINGS or grade is not Grade.MANIPULATION:
            self._found.append(Finding(grade, index, what, code))
        else:
            self._more += 1

    @contextmanager
    def going_on(self, place: str) -> Iterator[None]:
        """One part of a verification: what keeps it from its end is a finding, and whatever else was found stands."""
        try:
            yield
        except Damaged as error:
            self.place(place, error.detail, "store-damaged")
        except Unavailable as error:
            no_keys = error.code == "no-key-store"
            where, why = ("key store", "it cannot be read") if no_keys else (place, "it could not be read")
            self.add(Grade.GAP, None, f"{where}: {why}; what it would have shown was not checked", "unfinished")
        except Exception as error:
            # Values of an impossible kind are named by `schema`; here it is told what they kept from us.
            what = f"{place}: this part could not be finished ({type(error).__name__})"
            self.add(Grade.GAP, None, what, "unfinished")

    def listed(self) -> tuple[Finding, ...]:
        """What was found, in the order of the log; what belongs to no entry comes last."""
        last = 1 << 64
        found = sorted(self._found, key=lambda finding: last if finding.index is None else finding.index)
        if self._more:
            found.append(Finding(Grade.MANIPULATION, None, f"and {self._more} more findings", "more"))
        return tuple(found)
