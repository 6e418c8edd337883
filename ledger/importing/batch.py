"""A batch from a source system: examined as a whole first, then written in chunks, then closed by one entry.

`import_tables` accounts for every row: imported, or skipped with a reason. A row that cannot be imported stops the
batch before its first line is written. Chunks are transactions, so a batch that was interrupted, or that left refused
rows out, can be run again: what the ledger already has of a source is skipped as `already-imported` (as `differs` where
the row says something else by now), and so is all of a batch that was taken over whole. Source records are known by
system, type and record, never by their content.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from ledger.catalogue import event_of
from ledger.clock import Clock, day_of
from ledger.commands.command import check_role
from ledger.domain.values import SubjectKind
from ledger.errors import Group, Invalid, LedgerError
from ledger.importing.attempts import Closed, attempts_at, rejects_document
from ledger.importing.errors import Rejection, RowError, RowRefused
from ledger.importing.known import DIFFERS, Comparison, Kept
from ledger.importing.mapping import TableMappings
from ledger.importing.plan import Plan, PlannedLine, Progress, Tally, examine
from ledger.importing.scratch import Scratch
from ledger.importing.tables import TableFile, file_digests, find_tables, read_rows
from ledger.line import Line, LineActor

IMPORTER = LineActor("importer", "CREDIT")
ALREADY = "already-imported"
NOT_WRITTEN = "not-written"
_OF_THE_ROW = (Group.INVALID, Group.REFUSED, Group.NOT_FOUND)  # anything else is a fault of the store or the clock


class Destination(Closed, Kept, Protocol):
    """What an import asks of a ledger."""

    @property
    def clock(self) -> Clock: ...

    def submit(self, line: Line, *, documents: Collection[bytes] = ()) -> object: ...

    def transaction(self, *, discard: bool = False) -> AbstractContextManager[object]: ...

    def uids(self, kind: str, refs: Sequence[str], source: str = "") -> dict[str, str]: ...

    def kind_of(self, uid: str) -> SubjectKind: ...

    def taken_over(
        self, event: str, records: Collection[tuple[str, str]], *, source: str
    ) -> dict[tuple[str, str], str]:
        """Which of these (subject's id or "", record) pairs of a source stand in the ledger as events of that type."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What became of every row. `left_out` are rows the mapping lets go, `rejected` rows that were refused."""

    tables: dict[str, Tally]
    batch: str
    size: int
    dry_run: bool = False
    rejected: list[Rejection] = field(default_factory=list)
    left_out: list[Rejection] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The shape of DESIGN §8."""
        return {
            "tables": {
                name: {
                    "rows": tally.rows,
                    "imported": tally.imported,
                    "skipped": tally.skipped,
                    "reasons": {code: count for code, count in sorted(tally.reasons.items()) if count},
                }
                for name, tally in self.tables.items()
            },
            "batch": self.batch,
            "size": self.size,
            "dry_run": self.dry_run,
            "rejected": [rejection.as_json() for rejection in self.rejected],
            "left_out": [rejection.as_json() for rejection in self.left_out],
        }


class BatchStopped(Invalid):
    """The batch cannot be imported, so nothing was written. Code and place are those of the first row at fault."""

    def __init__(self, report: ImportReport) -> None:
        first, *others = report.rejected
        more = f" (and {len(others)} more rows)" if others else ""
        super().__init__(f"{first.table} line {first.line}: {first.detail}{more}", code=first.code, field=first.field)
        self.table = first.table
        self.line = first.line
        self.report = report


def import_tables(
    ledger: Destination,
    paths: Sequence[Path],
    mapping: TableMappings,
    *,
    dry_run: bool = False,
    skip_refused: bool = False,
    actor: LineActor = IMPORTER,
    progress: Progress | None = None,
) -> ImportReport:
    """Import the tables in these files and folders.

    A dry run goes the whole way in a transaction that is thrown away, and reports the rows that would stop the batch
    instead of raising; a file that cannot be read at all raises even then. `skip_refused` skips refused rows with
    their code as the reason. `progress` is told the table, the rows done and the rows in all (0 while they are being
    counted).
    """
    tables = find_tables(paths, mapping)
    for event in {file.table.event: None for file in tables} | {"SourceBatchImported": None}:
        check_role(event_of(event), actor.role, False)
    batch = ledger.batch_digest(b"source-batch\n" + bytes.fromhex(mapping.digest) + b"".join(file_digests(tables)))
    if ledger.is_imported(batch):
        tallies = {file.table.name: _all_known(file) for file in tables}
        return ImportReport(tallies, batch, ledger.size, dry_run)
    with Scratch() as scratch:
        known = partial(_kinds, ledger, mapping.source)
        try:
            plan = examine(tables, mapping, scratch, known, skip_refused=skip_refused, progress=progress)
        except RowError as error:
            raise BatchStopped(ImportReport({}, batch, ledger.size, dry_run, [Rejection.of(error)])) from error
        if plan.rejected and not (dry_run or skip_refused):
            for tally in plan.tallies.values():
                tally.reasons[NOT_WRITTEN] = tally.rows - tally.skipped
            raise BatchStopped(_report(plan, batch, ledger.size, dry_run=False))
        day = day_of(ledger.clock())
        with ledger.transaction(discard=True) if dry_run else nullcontext():
            _Writing(ledger, plan, actor, day, dry_run, skip_refused, progress).run(batch)
        return _report(plan, batch, ledger.size, dry_run=dry_run)


def _kinds(ledger: Destination, source: str, space: str, ids: Collection[str]) -> dict[str, str]:
    """The kinds of the subjects (or commitments) that the ledger has, in the source's name space or its own."""
    found = ledger.uids(space, sorted(ids), source)
    found |= ledger.uids(space, sorted(set(ids) - found.keys()))
    return {ref: space if space == "commitment" else ledger.kind_of(uid).value.lower() for ref, uid in found.items()}


def _report(plan: Plan, batch: str, size: int, *, dry_run: bool) -> ImportReport:
    return ImportReport(plan.tallies, batch, size, dry_run, plan.rejected, plan.left_out)


def _all_known(file: TableFile) -> Tally:
    rows = sum(1 for _ in read_rows(file)) - 1
    return Tally(rows, 0, Counter({ALREADY: rows} if rows else {}))


@dataclass(slots=True)
class _Writing:
    """The second pass: chunk after chunk into the ledger, then the closing entry."""

    ledger: Destination
    plan: Plan
    actor: LineActor
    today: date
    dry_run: bool
    skip_refused: bool
    progress: Progress | None
    written: int = 0

    def run(self, batch: str) -> None:
        for file in self.plan.tables:
            tally = self.plan.tallies[file.table.name]
            comparison = Comparison(self.ledger, file.table, self.plan.mapping.source)
            for chunk in self.plan.lines(file, self.actor, self.today):
                self._write(file.table.event, chunk, tally, comparison)
                if self.progress is not None:
                    self.progress(file.table.name, tally.imported + tally.skipped, tally.rows)
        with self._transaction():
            self._close(batch)

    def _transaction(self) -> AbstractContextManager[object]:
        return nullcontext() if self.dry_run else self.ledger.transaction()

    def _write(self, event: str, chunk: list[PlannedLine], tally: Tally, comparison: Comparison) -> None:
        known = self._known(event, chunk)
        new = [planned for planned in chunk if _named(planned) not in known]
        changed = [error for planned in chunk if (error := _changed(planned, known, comparison)) is not None]
        comparison.forget()
        refused: list[RowRefused] = []
        with self._transaction():
            for planned in new:
                try:
                    self.ledger.submit(planned.line)
                except LedgerError as error:
                    if error.group not in _OF_THE_ROW:
                        raise
                    refused.append(self._refused(error, planned))
        for one in refused:
            self.plan.leave_out(one, allowed=False)
        for other in changed:
            self.plan.leave_out(other, allowed=True)
        if len(chunk) > len(new) + len(changed):
            tally.reasons[ALREADY] += len(chunk) - len(new) - len(changed)
        tally.imported += len(new) - len(refused)
        self.written += len(new) - len(refused)

    def _refused(self, error: LedgerError, planned: PlannedLine) -> RowRefused:
        refused = RowRefused(error, table=planned.table, line=planned.number, written=self.written)
        if not (self.skip_refused or self.dry_run):
            raise refused from error
        return refused

    def _known(self, event: str, chunk: list[PlannedLine]) -> Mapping[tuple[str, str], str]:
        """What the ledger has of a chunk, with the pseudonym of the record or subject it was taken over into."""
        source = self.plan.mapping.source
        if event == "SubjectRegistered":
            ids = {str(planned.line.data["subject_id"]): _named(planned) for planned in chunk}
            return {ids[one]: uid for one, uid in self.ledger.uids("subject", list(ids), source).items()}
        return self.ledger.taken_over(event, [_named(planned) for planned in chunk], source=source)

    def _close(self, batch: str) -> None:
        """The closing entry: it holds digest and counts, the list of rejected rows is a document beside it.

        A batch with refused rows is closed as an attempt, and only where something came of it since the last one.
        """
        rejected = [*self.plan.left_out, *self.plan.rejected]
        rows = sum(tally.rows for tally in self.plan.tallies.values())
        source = self.plan.mapping.source
        data = {"source": source, "digest": batch, "accepted": rows - len(rejected), "rejected": len(rejected)}
        documents = []
        if rejected:
            content, data["rejects_digest"] = rejects_document([rejection.as_document() for rejection in rejected])
            documents = [content]
        if self.plan.rejected:
            before = attempts_at(self.ledger, batch)
            if not self.written and before.rejects_digest == data["rejects_digest"]:
                return
            data["digest"] = before.digest
        line = Line("SourceBatchImported", self.today, self.actor, data, source={"system": source})
        self.ledger.submit(line, documents=documents)


def _named(planned: PlannedLine) -> tuple[str, str]:
    return planned.subject, planned.record


def _changed(planned: PlannedLine, known: Mapping[tuple[str, str], str], comparison: Comparison) -> RowError | None:
    """A row that the ledger has, and that says something else by now."""
    uid = known.get(_named(planned))
    column = None if uid is None else comparison.differing_column(planned.line, planned.record, uid)
    if column is None:
        return None
    detail = "the ledger has this row of an earlier release, with another content"
    return RowError(detail, code=DIFFERS, table=planned.table, line=planned.number, field=column)
