"""Two files of one log, an older and a newer: whether the newer log begins with what the older one showed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ledger.artefacts.check import NOT_COMPARED
from ledger.artefacts.report import Found, Report
from ledger.fsck.report import Finding, Grade
from ledger.log.merkle import Frontier


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both reports, and what was found between them."""

    old: Report
    new: Report
    findings: tuple[Finding, ...]

    @property
    def not_checked(self) -> tuple[str, ...]:
        """That one log leads to the other, where that could not be told."""
        unread = self.old.malformed or self.new.malformed
        unknown = any(finding.code == "not-comparable" for finding in self.findings)
        return (NOT_COMPARED,) if unread or unknown else ()

    @property
    def ok(self) -> bool:
        """Whether both files hold and the newer follows from the older."""
        between = all(finding.grade is Grade.NOTICE for finding in self.findings)
        return between and self.old.ok and self.new.ok

    def as_json(self) -> dict[str, Any]:
        """`old`, `new` and what was found between them."""
        return {
            "ok": self.ok,
            "old": self.old.as_json(),
            "new": self.new.as_json(),
            "findings": [finding.as_json() for finding in self.findings],
            "not_checked": list(self.not_checked),
        }


def compare(old: Report, new: Report) -> Comparison:
    """Compare two files that were checked; nothing is found between them where one of them could not be read."""
    found = Found()
    if not (old.malformed or new.malformed) and old.size is not None and new.size is not None:
        _compare(old, new, old.size, new.size, found)
    return Comparison(old, new, tuple(found.findings))


def _compare(old: Report, new: Report, earlier: int, later: int, found: Found) -> None:
    if old.origin != new.origin:
        found.manipulation("wrong-origin", "the two files are of different logs")
        return
    if later < earlier:
        found.manipulation("truncated", f"the newer file speaks for {later} entries, the older for {earlier}")
    first = min(
        (index for index in old.leaves.keys() & new.leaves.keys() if old.leaves[index] != new.leaves[index]),
        default=None,
    )
    if first is not None:
        found.manipulation("fork", f"entry {first}: it is another one in the newer file", first)
    elif later == earlier:
        if old.signed_root != new.signed_root:
            found.manipulation("fork", f"two roots for {later} entries")
    elif later > earlier and new.complete:
        if _root_of(new, earlier) != old.signed_root:
            found.manipulation("fork", f"the first {earlier} entries do not give the root of the older checkpoint")
    elif later > earlier:
        found.gap("not-comparable", "whether the newer log begins with the older cannot be told from these two files")


def _root_of(export: Report, size: int) -> bytes:
    frontier = Frontier()
    frontier.extend(export.leaves[index] for index in range(size))
    return frontier.root()
