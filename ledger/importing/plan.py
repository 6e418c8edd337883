"""The plan of an import: every row of every table read once and judged before anything is written.

`examine` streams the tables in the order of the mapping. It finds rows that cannot be read, ids that stand twice,
subjects that nobody knows, repeated rows, and the records that observations are about; what it must remember lies in
a scratch index on disk. `lines` streams them again, as lines for the ledger, without the rows that were left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from ledger.errors import Invalid
from ledger.importing.errors import Rejection, RowError, RowRefused
from ledger.importing.mapping import TableMappings
from ledger.importing.rows import Row, Shape, shape_of
from ledger.importing.scratch import Scratch
from ledger.importing.tables import TableFile, read_rows
from ledger.line import Line, LineActor

CHUNK_ROWS = 1_000
MAX_REJECTED = 1_000

Known = Callable[[str, Collection[str]], Mapping[str, str]]
Progress = Callable[[str, int, int], None]


@dataclass(slots=True)
class Tally:
    """What became of the rows of one table; `rows == imported + skipped` once all is done."""

    rows: int = 0
    imported: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def skipped(self) -> int:
        return self.reasons.total()


@dataclass(frozen=True, slots=True)
class PlannedLine:
    """A row on its way into the ledger. `record` names it in its source, among the events of that type and subject."""

    table: str
    number: int
    record: str
    subject: str
    line: Line


@dataclass(slots=True)
class Plan:
    """What an import will do. `left_out` lists the rows that the mapping lets go, `rejected` those that stop it."""

    mapping: TableMappings
    tables: list[TableFile]
    scratch: Scratch
    skip_refused: bool = False
    tallies: dict[str, Tally] = field(default_factory=dict)
    left_out: list[Rejection] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    _stamps: dict[str, tuple[int, int]] = field(default_factory=dict)
    _without: dict[str, set[int]] = field(default_factory=dict)

    def open_table(self, file: TableFile) -> Tally:
        """Begin to count a table, and remember the state of its file."""
        name = file.table.name
        self._stamps[name], self._without[name] = file.stamp, set()
        tally = self.tallies[name] = Tally()
        return tally

    def leave_out(self, error: RowError | RowRefused, *, allowed: bool) -> None:
        """Count a row as skipped; unless that is `allowed` by the mapping it is rejected, and too many are an error."""
        self.tallies[error.table].reasons[error.code] += 1
        self._without[error.table].add(error.line)
        (self.left_out if allowed else self.rejected).append(Rejection.of(error))
        if len(self.rejected) > MAX_REJECTED and not self.skip_refused:
            detail = f"{error.detail}; more than {MAX_REJECTED} rows are refused, is the mapping the right one?"
            raise RowError(detail, code=error.code, table=error.table, line=error.line, field=error.field)

    def lines(self, file: TableFile, actor: LineActor, today: date) -> Iterator[list[PlannedLine]]:
        """The lines of one table in chunks; `input-changed` when the file is not the one that was examined."""
        rows = read_rows(file)
        shape = shape_of(self.mapping, file.table, rows)
        without = self._without[file.table.name]
        while chunk := list(islice(rows, CHUNK_ROWS)):
            planned = [
                self._planned(shape, shape.read(line, cells), actor, today)
                for line, cells in chunk
                if line not in without
            ]
            if file.stamp != self._stamps[file.table.name]:
                raise Invalid(f"{file.path.name} changed while it was imported", code="input-changed")
            yield planned

    def _planned(self, shape: Shape, row: Row, actor: LineActor, today: date) -> PlannedLine:
        table, data = shape.table, row.data
        for member, other, ways in shape.joins:
            for way, places in enumerate(ways):
                values = tuple(row.cells[place] for place in places)
                found = self.scratch.get(self.scratch.digest("find", other, str(way), values))
                if found is not None and found.times == 1:
                    data[member] = found.value
                    break
        if table.mark_repeats:
            first = self.scratch.get(self.scratch.digest("repeat", table.name, shape.without_key(row)))
            if first is not None and first.value != row.record:
                data["duplicate_of"] = first.value
        source = {"system": self.mapping.source} | ({"record": row.record} if row.record else {})
        line = Line(table.event, today, actor, data, number=row.line, source=source)
        return PlannedLine(table.name, row.line, row.record, data.get("subject_id", ""), line)


def examine(
    tables: Sequence[TableFile],
    mapping: TableMappings,
    scratch: Scratch,
    known: Known,
    *,
    skip_refused: bool = False,
    progress: Progress | None = None,
) -> Plan:
    """Read and judge everything. `known` answers which subjects or commitments the ledger has already: id → kind.

    A file that is no table of the mapping at all raises; rows that cannot be imported are collected in the plan.
    """
    plan = Plan(mapping, list(tables), scratch, skip_refused)
    for file in tables:
        tally = plan.open_table(file)
        rows = read_rows(file)
        shape = shape_of(mapping, file.table, rows)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            tally.rows += len(chunk)
            for error in _judge(shape, chunk, scratch, known):
                plan.leave_out(error, allowed=file.table.may_leave_out(error.code, error.field))
            if progress is not None:
                progress(file.table.name, tally.rows, 0)
    return plan


def _judge(shape: Shape, chunk: Sequence[tuple[int, list[str]]], scratch: Scratch, known: Known) -> Iterator[RowError]:
    """Judge a chunk of rows; remember those that can be imported, and yield what is wrong with the others."""
    rows: list[Row] = []
    kinds: dict[tuple[str, str], str] = {}
    missing: dict[str, set[str]] = {}
    for line, cells in chunk:
        try:
            row = shape.read(line, cells)
            shape.check_cells(row)
            shape.check_data(row)
        except RowError as error:
            yield error
            continue
        rows.append(row)
        for one in row.references:
            if one.name not in kinds:
                if (found := scratch.get(scratch.digest(*one.name))) is None:
                    missing.setdefault(one.space, set()).add(one.id)
                else:
                    kinds[one.name] = found.value
    for space, ids in missing.items():
        kinds.update({(space, one): kind for one, kind in known(space, ids).items()})
    for row in rows:
        fault = _unknown_reference(shape, row, kinds) or _taken_key(shape, row, scratch, kinds)
        if fault is not None:
            yield fault
            continue
        if shape.table.mark_repeats:
            scratch.put(scratch.digest("repeat", shape.table.name, shape.without_key(row)), row.record)
        for way, values in enumerate(shape.found_by(row)):
            scratch.put(scratch.digest("find", shape.table.name, str(way), values), row.record)


def _unknown_reference(shape: Shape, row: Row, kinds: Mapping[tuple[str, str], str]) -> RowError | None:
    for one in row.references:
        if kinds.get(one.name) != one.kind:
            detail = f"no {one.kind} of this id stands before it in the batch, or in the ledger"
            code = f"unknown-{one.kind}"
            return RowError(detail, code=code, table=shape.table.name, line=row.line, field=one.column)
    return None


def _taken_key(shape: Shape, row: Row, scratch: Scratch, kinds: dict[tuple[str, str], str]) -> RowError | None:
    """Remember the row's own name, and the subject or commitment it opens; an error when the name is taken."""
    table = shape.table
    if table.event == "SubjectRegistered":
        name, kind = ("subject", row.data["subject_id"]), row.data["kind"].lower()
    elif table.event == "CommitmentImported":
        name, kind = ("commitment", row.data["source_record"]), "commitment"
    else:
        name, kind = None, ""
    key = scratch.digest("row", table.name, row.owner, row.record) if name is None else scratch.digest(*name)
    if scratch.put(key, kind) is None:
        if name is not None:
            kinds[name] = kind
        return None
    column = table.key[0] if table.key else table.owner
    return RowError("another row has the same id", code="duplicate-key", table=table.name, line=row.line, field=column)
