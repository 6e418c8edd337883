"""History files: JSON Lines, one command a line (DESIGN §8).

Into an open ledger a file goes whole or not at all, by the real clock; `skip_refused` leaves refused lines out and says
so. `read_lines` parses as it goes and never holds the file. A file whose keyed digest is known was imported before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.application import Ledger
from ledger.clock import day_of
from ledger.errors import Group, Invalid, LedgerError
from ledger.line import MAX_LINE_BYTES, Line, LineActor, parse_line
from ledger.opening import LineRefused

SOURCE = "HISTORY-FILE"


@dataclass
class HistoryReport:
    """What became of each line: counted by table (the file's name), with every refusal."""

    table: str
    rows: int = 0
    imported: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[dict[str, Any]] = field(default_factory=list)
    batch: str = ""
    size: int = 0
    committed: bool = False

    def as_json(self) -> dict[str, Any]:
        """The shape of `import →` (DESIGN §8), with `refused` where lines were."""
        table = {
            "rows": self.rows,
            "imported": self.imported,
            "skipped": self.rows - self.imported,
            "reasons": dict(self.reasons),
        }
        answer: dict[str, Any] = {"tables": {self.table: table}, "batch": self.batch, "size": self.size}
        if self.refused:
            answer["refused"] = self.refused
        return answer


class _Discard(Exception):
    """Ends a transaction so that nothing of it stays."""


def read_lines(path: Path) -> Iterator[Line]:
    """The lines of a history file; `LineRefused` names the first that cannot be parsed. Empty lines are left out."""
    with path.open("rb") as file:
        number = 0
        while data := file.readline(MAX_LINE_BYTES + 2):
            number += 1
            try:
                if len(data) > MAX_LINE_BYTES + 1:
                    raise Invalid(f"a line holds at most {MAX_LINE_BYTES} bytes", code="line-too-long")
                if number == 1:
                    data = data.removeprefix(b"\xef\xbb\xbf")
                if data.strip():
                    yield parse_line(data.rstrip(b"\r\n"), number)
            except Invalid as error:
                raise LineRefused(number, error) from None


def refusal(number: int | None, error: LedgerError) -> dict[str, Any]:
    """A refused line as it is reported: `{"line", "code", "detail"}` and the field where one is known."""
    report = {"line": number, "code": error.code, "detail": error.detail}
    return report if error.field is None else {**report, "field": error.field}


def import_history(
    ledger: Ledger,
    path: Path,
    *,
    dry_run: bool = False,
    skip_refused: bool = False,
    actor: str = "importer",
    progress: Callable[[int], None] | None = None,
) -> HistoryReport:
    """Import one history file in one transaction; the report says what became of each line.

    With a refused line and no `skip_refused` nothing is written (`committed` is false). Faults of the store and the
    clock are raised, not counted.
    """
    report = HistoryReport(path.name)
    report.batch = ledger.keyed_digest(path.read_bytes())
    if ledger.is_imported(report.batch):
        report.rows = sum(1 for row in path.read_bytes().splitlines() if row.strip())
        report.reasons["already-imported"] = report.rows
        report.size = ledger.size
        return report
    try:
        with ledger.transaction(discard=dry_run):
            for line in _numbered(path, report, skip_refused):
                try:
                    ledger.submit(line)
                    report.imported += 1
                except LedgerError as error:
                    if error.group not in (Group.INVALID, Group.REFUSED, Group.NOT_FOUND):
                        raise
                    _refuse(report, line.number, error)
                if progress is not None:
                    progress(report.rows)
            if report.refused and not skip_refused:
                raise _Discard
            _close(ledger, report, actor)
        report.committed = not dry_run
    except _Discard:
        report.imported = 0
        if report.rows > len(report.refused):
            report.reasons["not-written"] = report.rows - len(report.refused)
    report.size = ledger.size
    return report


def _numbered(path: Path, report: HistoryReport, skip_refused: bool) -> Iterator[Line]:
    """The lines that can be parsed, one after another; the others are refused and counted."""
    with path.open("rb") as file:
        number = 0
        while data := file.readline(MAX_LINE_BYTES + 2):
            number += 1
            if number == 1:
                data = data.removeprefix(b"\xef\xbb\xbf")
            too_long = len(data) > MAX_LINE_BYTES + 1
            while too_long and not data.endswith(b"\n") and (rest := file.readline(MAX_LINE_BYTES)):
                data = rest
            if not too_long and not data.strip():
                continue
            report.rows += 1
            try:
                if too_long:
                    raise Invalid(f"a line holds at most {MAX_LINE_BYTES} bytes", code="line-too-long")
                yield parse_line(data.rstrip(b"\r\n"), number)
            except Invalid as error:
                _refuse(report, number, error)


def _refuse(report: HistoryReport, number: int | None, error: LedgerError) -> None:
    report.refused.append(refusal(number, error))
    report.reasons[error.code] += 1


def _close(ledger: Ledger, report: HistoryReport, actor: str) -> None:
    """The batch's own entry, with its keyed digest and its counts."""
    data = {"source": SOURCE, "digest": report.batch, "accepted": report.imported, "rejected": len(report.refused)}
    ledger.submit(Line("SourceBatchImported", day_of(ledger.clock()), LineActor(actor, "CREDIT"), data))
