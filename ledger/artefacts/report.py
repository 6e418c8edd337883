"""What a verifier says of a file: findings with grade, index and code, and what was not checked (see README)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ledger.fsck.report import Finding, Grade

if TYPE_CHECKING:
    from ledger.artefacts.entries import EntryJudge

MAX_FINDINGS: Final = 100
TRUE: Final = "whether what was recorded is true"


class Enough(Exception):
    """More was found than is listed; the reading ends."""


class Found:
    """Findings in the order of the file."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def manipulation(self, code: str, what: str, index: int | None = None) -> None:
        self._add(Finding(Grade.MANIPULATION, index, what, code))

    def gap(self, code: str, what: str, index: int | None = None) -> None:
        self._add(Finding(Grade.GAP, index, what, code))

    def notice(self, code: str, what: str, index: int | None = None) -> None:
        self._add(Finding(Grade.NOTICE, index, what, code))

    def _add(self, finding: Finding) -> None:
        if len(self.findings) == MAX_FINDINGS:
            self.findings.append(Finding(Grade.MANIPULATION, None, f"more than {MAX_FINDINGS} findings", "more"))
        if len(self.findings) > MAX_FINDINGS:
            raise Enough
        self.findings.append(finding)


@dataclass
class Report:
    """A verifier's report. What a comparison needs is not part of the JSON: `leaves` are what the file shows by index
    (kept where a comparison is to follow), `signed_root` is its checkpoint's."""

    kind: str | None = None
    origin: str | None = None
    size: int | None = None
    root: str | None = None
    level: str | None = None
    findings: list[Finding] = field(default_factory=list)
    not_checked: list[str] = field(default_factory=list)
    claims: dict[str, Any] | None = None  # of a certificate
    leaves: dict[int, bytes] = field(default_factory=dict, repr=False)
    signed_root: bytes | None = field(default=None, repr=False)
    to_compare: bool = field(default=False, repr=False)
    judge: EntryJudge | None = field(default=None, repr=False)
    complete: bool = field(default=False, repr=False)  # an export with all its entries

    @property
    def ok(self) -> bool:
        """Whether nothing graver than a notice was found."""
        return all(finding.grade is Grade.NOTICE for finding in self.findings)

    @property
    def malformed(self) -> bool:
        """Whether the file could not be read to its end."""
        return any(finding.code in ("malformed", "more") for finding in self.findings)

    def as_json(self) -> dict[str, Any]:
        """The shape of the README."""
        return {
            "ok": self.ok,
            "kind": self.kind,
            "origin": self.origin,
            "size": self.size,
            "root": self.root,
            "level": self.level,
            "findings": [finding.as_json() for finding in self.findings],
            "not_checked": self.not_checked,
            **({} if self.claims is None else {"claims": self.claims}),
        }
