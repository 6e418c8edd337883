"""The remedy router: for every kind of record the routes against it, in order (DOMAIN §7), as data.

`routes_of` is pure: a kind of record leads to its row, each step with who is asked, within which time, who decides by
when, and whether effects stop meanwhile. The rows are `remedies.toml`; a period that statute fixes is no edition's to
change, one that no published text fixes says `demonstration`. A period that every edition sets in its `[notice]` has no
number there: the row names it, and `deadlines.file_within` gives the edition's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from ledger.rulebook.parameters import Authority, Source
from ledger.rulebook.toml_table import Table
from ledger.rulebook.windows import add_months

CODE: Final = "bad-remedies"
AddWorkingDays = Callable[[date, int], date]


class RecordOf(StrEnum):
    """The rows of the table."""

    ORGAN_DECISION = "ORGAN_DECISION"
    SUPERVISORY_SANCTION = "SUPERVISORY_SANCTION"
    AUTHORITY_DECISION = "AUTHORITY_DECISION"
    COURT_LISTING = "COURT_LISTING"
    CREDIT_RECORD = "CREDIT_RECORD"
    BANK_CREDIT_REPORT = "BANK_CREDIT_REPORT"
    PERSONAL_DATA = "PERSONAL_DATA"
    UNIT_SCORE = "UNIT_SCORE"
    ELIGIBILITY = "ELIGIBILITY"


class Effects(StrEnum):
    """What becomes of a record's effects while a remedy is pending."""

    CONTINUE = "CONTINUE"
    CONTINUE_WITH_EXCEPTIONS = "CONTINUE_WITH_EXCEPTIONS"
    DISCRETIONARY_OFF = "DISCRETIONARY_OFF"
    MARKED = "MARKED"
    PENDING = "PENDING"


class Where(StrEnum):
    """Whether a step is a command of this ledger or is asked of another organ."""

    HERE = "HERE"
    ELSEWHERE = "ELSEWHERE"


class NoticePeriod(StrEnum):
    """The periods of an edition's `[notice]` within which a step is taken."""

    APPEAL_DAYS = "appeal_days"
    PRE_DECISION_WD = "pre_decision_wd"
    FEEDBACK_WD = "feedback_wd"


class Unit(StrEnum):
    """What a period is counted in."""

    DAYS = "days"
    MONTHS = "months"
    WORKING_DAYS = "working_days"


@dataclass(frozen=True, slots=True)
class Period:
    """So many days, calendar months or working days; its last day is the last on which the step is in time."""

    count: int
    unit: str

    def last_day(self, start: date, add_working_days: AddWorkingDays) -> date:
        """The period that an act of `start` begins ends with this day; the day of the act is day 0."""
        if self.unit == Unit.WORKING_DAYS:
            return add_working_days(start, self.count)
        if self.unit == Unit.MONTHS:
            return add_months(start, self.count)
        return start + timedelta(days=min(self.count, (date.max - start).days))


@dataclass(frozen=True, slots=True)
class Step:
    """One remedy. Neither `file` nor `notice`: at any time; `decide` None: no period of its own.

    `notice` names the edition's period to file. `after` opens the step once more after the one before it was decided;
    `extension` is what the period to decide may grow by, `via_provider` the one where a record's source is asked.
    """

    route: str
    where: Where
    body: str
    demonstration: bool
    file: Period | None = None
    notice: NoticePeriod | None = None
    after: Period | None = None
    decide: Period | None = None
    extension: Period | None = None
    via_provider: Period | None = None

    def extendable_to(self, filed: date, add_working_days: AddWorkingDays) -> date | None:
        """The last day to decide where the period is extended or a provider has to be asked; None where neither may."""
        if self.via_provider is not None:
            return self.via_provider.last_day(filed, add_working_days)
        if self.decide is None or self.extension is None:
            return None
        return self.extension.last_day(self.decide.last_day(filed, add_working_days), add_working_days)


@dataclass(frozen=True, slots=True)
class Remedies:
    """One row: the steps in their order, and what becomes of the effects meanwhile.

    `mark` is the time within which a record in dispute is marked; the ledger shows its mark from the filing on.
    """

    kind: RecordOf
    authority: Authority
    effects: Effects
    steps: tuple[Step, ...]
    mark: Period | None = None

    def step(self, route: str) -> Step:
        """The step of a route; KeyError where the row has none."""
        for step in self.steps:
            if step.route == route:
                return step
        raise KeyError(route)

    @property
    def here(self) -> tuple[str, ...]:
        """The routes that are commands of this ledger."""
        return tuple(step.route for step in self.steps if step.where is Where.HERE)


def parse_remedies(data: bytes) -> Mapping[RecordOf, Remedies]:
    """The rows from the bytes of their file; `Invalid` with code `bad-remedies` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    rows = [_row(table) for table in root.tables("record")]
    root.close()
    by_kind = {row.kind: row for row in rows}
    if len(by_kind) != len(rows) or by_kind.keys() != set(RecordOf):
        raise root.refuse("record", "one row for each kind of record")
    return MappingProxyType(by_kind)


def _row(table: Table) -> Remedies:
    kind, authority = table.word("kind", RecordOf), Authority(table.text("clause"), None, table.word("source", Source))
    effects, mark = table.word("effects", Effects), _period(table, "mark")
    steps = tuple(_step(step, authority) for step in table.tables("step"))
    table.close()
    return Remedies(kind, authority, effects, steps, mark)


def _step(table: Table, of: Authority) -> Step:
    source = table.word("source", Source) if table.has("source") else of.source
    route, where, body = table.text("route"), table.word("where", Where), table.text("body")
    file, notice = _filing(table)
    periods = {name: _period(table, name) for name in ("after", "decide", "extension", "via_provider")}
    table.close()
    return Step(route, where, body, source is Source.DEMONSTRATION, file, notice, **periods)


def _filing(table: Table) -> tuple[Period | None, NoticePeriod | None]:
    """The period to file: the row's own, or the name of the edition's."""
    inner = table.optional_table("file")
    if inner is None or not inner.has("notice"):
        return _counted(table, "file", inner), None
    notice = inner.word("notice", NoticePeriod)
    inner.close()
    return None, notice


def _period(table: Table, key: str) -> Period | None:
    return _counted(table, key, table.optional_table(key))


def _counted(table: Table, key: str, inner: Table | None) -> Period | None:
    if inner is None:
        return None
    units = [unit for unit in Unit if inner.has(unit)]
    if len(units) != 1:
        raise table.refuse(key, "a number of days, months or working_days")
    period = Period(inner.integer(units[0], least=1), units[0].value)
    inner.close()
    return period


@cache
def _shipped() -> Mapping[RecordOf, Remedies]:
    return parse_remedies((resources.files("ledger.rulebook") / "remedies.toml").read_bytes())


def remedies_for(kind: RecordOf) -> Remedies:
    """The row of a kind of record."""
    return _shipped()[kind]


_OF_RECORD: Final[Mapping[str, tuple[RecordOf, ...]]] = MappingProxyType(
    {
        "LOCAL": (RecordOf.ORGAN_DECISION,),
        "PENALTY": (RecordOf.CREDIT_RECORD, RecordOf.AUTHORITY_DECISION),
        "SEVERE_LIST": (RecordOf.CREDIT_RECORD, RecordOf.AUTHORITY_DECISION),
        "COURT_LIST": (RecordOf.CREDIT_RECORD, RecordOf.COURT_LISTING),
        "DISCIPLINE": (RecordOf.CREDIT_RECORD, RecordOf.ORGAN_DECISION, RecordOf.SUPERVISORY_SANCTION),
    }
)


def routes_of(record_kind: str | None) -> tuple[Remedies, ...]:
    """The rows of a breach's record kind: how the record here is contested, then the decision under it.

    None and LOCAL are findings of ours. Who imposed a DISCIPLINE record, an organ or the supervisory commission, its
    code does not say, so both rows stand.
    """
    return tuple(map(remedies_for, _OF_RECORD[record_kind or "LOCAL"]))
