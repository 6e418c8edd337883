"""History files: JSON Lines, one command a line (DESIGN §8).

Into an open ledger a file goes whole or not at all, by the real clock; `skip_refused` leaves refused lines out and says
so, and a later import of the same file takes up only these. `read_lines` parses as it goes and never holds the file. A
file whose keyed digest is known was imported before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.clock import day_of
from ledger.domain.values import Role
from ledger.errors import Group, Invalid, LedgerError, Refused
from ledger.importing.attempts import attempts_at, lines_in, rejects_document
from ledger.line import MAX_LINE_BYTES, Line, LineActor, parse_line
from ledger.opening import LineRefused

SOURCE = "HISTORY-FILE"
OWN_ROLES = frozenset({Role.SUBJECT, Role.REPORTER, Role.DECIDER, Role.REVIEWER})
ALREADY = "already-imported"
STALE = "stale-version"  # what a line says it saw is its own to put right, not another writer's doing
_PIECE_BYTES = 1 << 20


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
    for number, data in _numbered(path):
        try:
            yield _parsed(number, data)
        except Invalid as error:
            raise LineRefused(number, error) from None


def pieces_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file, a piece at a time."""
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            yield piece


def _numbered(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file with something in them, by number, without their ends; None for one that is too long."""
    with path.open("rb") as file:
        number = 0
        while data := file.readline(MAX_LINE_BYTES + 2):
            number += 1
            if number == 1:
                data = data.removeprefix(b"\xef\xbb\xbf")
            too_long = len(data) > MAX_LINE_BYTES + 1
            while too_long and not data.endswith(b"\n") and (rest := file.readline(MAX_LINE_BYTES)):
                data = rest
            if too_long:
                yield number, None
            elif data.strip():
                yield number, data.rstrip(b"\r\n")


def _parsed(number: int, data: bytes | None) -> Line:
    if data is None:
        raise Invalid(f"a line holds at most {MAX_LINE_BYTES} bytes", code="line-too-long")
    return parse_line(data, number)


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
    by_operator: bool = False,
    caller: LineActor | None = None,
    progress: Callable[[int], None] | None = None,
) -> HistoryReport:
    """Import one history file in one transaction; the report says what became of each line.

    With a refused line and no `skip_refused` nothing is written (`committed` is false). Faults of the store and the
    clock are raised, not counted, and so is a file without a line (`Invalid` with code `empty-history`). Lines of the
    role SYSTEM, which a ledger wrote itself, are taken from the operator only (`by_operator`): a door with a viewer
    never gives it. Such a door names its `caller`: decisions, reports and acts of subjects are taken in no other name.
    """
    report = HistoryReport(path.name)
    report.batch = ledger.batch_digest(pieces_of(path))
    if ledger.is_imported(report.batch):
        report.rows = sum(1 for _ in _numbered(path))
        report.reasons[ALREADY] = report.rows
        report.size = ledger.size
        return report
    open_lines = _left_out_before(ledger, report.batch)
    try:
        with ledger.transaction(discard=dry_run):
            for line in _lines(path, report, open_lines):
                try:
                    if caller is not None:
                        _check_caller(line, caller)
                    ledger.submit(line, as_system=by_operator)
                    report.imported += 1
                except LedgerError as error:
                    if error.group not in (Group.INVALID, Group.REFUSED, Group.NOT_FOUND) and error.code != STALE:
                        raise
                    _refuse(report, line.number, error)
                if progress is not None:
                    progress(report.rows)
            if not report.rows:
                raise Invalid("there is no line in the file", code="empty-history")
            if report.refused and not skip_refused:
                raise _Discard
            _close(ledger, report, actor)
        report.committed = not dry_run
    except _Discard:
        report.imported = 0
        left = report.rows - len(report.refused) - report.reasons[ALREADY]
        if left:
            report.reasons["not-written"] = left
    report.size = ledger.size
    return report


def _check_caller(line: Line, caller: LineActor) -> None:
    """A file gives nobody a role they do not have: who decides, reports or acts for a subject does so themselves."""
    event = TYPES.get(line.type)
    theirs = line.actor.role in OWN_ROLES or (event is not None and event.DECISION)
    if theirs and line.actor != caller:
        raise Refused("this is for its own actor to say", code="not-the-callers-act", field="actor")


def _left_out_before(ledger: Ledger, batch: str) -> set[int] | None:
    """The lines that an earlier import of this file left out; None where there was none."""
    digest = attempts_at(ledger, batch).rejects_digest
    return None if digest is None else lines_in(ledger.store.document(bytes.fromhex(digest)))


def _lines(path: Path, report: HistoryReport, open_lines: set[int] | None) -> Iterator[Line]:
    """The lines that are still to be imported and can be parsed, one after another; the others are counted."""
    for number, data in _numbered(path):
        report.rows += 1
        if open_lines is not None and number not in open_lines:
            report.reasons[ALREADY] += 1
            continue
        try:
            yield _parsed(number, data)
        except Invalid as error:
            _refuse(report, number, error)


def _refuse(report: HistoryReport, number: int | None, error: LedgerError) -> None:
    report.refused.append(refusal(number, error))
    report.reasons[error.code] += 1


def _close(ledger: Ledger, report: HistoryReport, actor: str) -> None:
    """The batch's own entry, with its keyed digest and its counts; of refused lines the list is a document beside it.

    Where lines were left out it closes an attempt only, and says nothing where nothing came of another one.
    """
    refused = len(report.refused)
    data = {"source": SOURCE, "digest": report.batch, "accepted": report.rows - refused, "rejected": refused}
    documents = []
    if refused:
        rejects = [{name: value for name, value in one.items() if name != "detail"} for one in report.refused]
        content, data["rejects_digest"] = rejects_document(rejects)
        documents = [content]
        before = attempts_at(ledger, report.batch)
        if not report.imported and before.rejects_digest == data["rejects_digest"]:
            return
        data["digest"] = before.digest
    line = Line("SourceBatchImported", day_of(ledger.clock()), LineActor(actor, "CREDIT"), data)
    ledger.submit(line, documents=documents)
