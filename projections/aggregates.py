"""Counts over the lists of what was taken over: what an import is checked against and a dashboard shows.

Every count is one grouped statement over a list; a missing value counts under the empty string. Dates are partial: text
order is their order, and their first four characters are the year.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from projections import views

DATES: Final = ("occurred_on", "reported_on", "decided_on")
CONFIRMED: Final = "CONFIRMED"

Column = sa.ColumnElement[Any]
Columns = sa.sql.base.ReadOnlyColumnCollection[str, sa.Column[Any]]
Chosen = list[sa.ColumnElement[bool]]


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """`earliest`, `latest` and `by_year` are by field of DATES; `by_unit` and `by_layer` hold counts by outcome."""

    rows: int
    people: int
    people_with_confirmed: int
    without_person: int
    cases: int
    duplicates: int
    by_outcome: dict[str, int]
    by_layer: dict[str, dict[str, int]]
    by_unit: dict[str, dict[str, int]]
    by_year: dict[str, dict[str, int]]
    earliest: dict[str, str | None]
    latest: dict[str, str | None]


@dataclass(frozen=True, slots=True)
class PersonCounts:
    """One person's records: all of them, those that were confirmed, and the cases they belong to."""

    subject: str
    rows: int
    confirmed: int
    cases: int


@dataclass(frozen=True, slots=True)
class CommitmentCounts:
    """Commitments taken over: by the year they are due, and by how precise their dates are (0, 4, 7 or 10)."""

    rows: int
    promisors: int
    by_due_year: dict[str, int]
    precision: dict[str, dict[int, int]]


def count_records(
    engine: sa.Engine, *, kind: str | None = None, outcome: str | None = None, without_layers: Collection[str] = ()
) -> RecordCounts:
    """Count the live list, of one kind of record or one outcome (None: of all), leaving out some layers."""
    with views.reading(engine) as connection:
        t = _columns(connection, "records")
        chosen = _chosen(t, kind, outcome, without_layers)
        totals = connection.execute(
            sa.select(
                sa.func.count(),
                sa.func.count(t.subject.distinct()),
                sa.func.count(sa.case((t.outcome == CONFIRMED, t.subject)).distinct()),
                sa.func.count() - sa.func.count(t.subject),
                sa.func.count(t.case_ref.distinct()),
                sa.func.count(t.duplicate_of),
                *(sa.func.min(t[name]) for name in DATES),
                *(sa.func.max(t[name]) for name in DATES),
            ).where(*chosen)
        ).one()
        rows, people, people_with_confirmed, without_person, cases, duplicates = totals[:6]
        return RecordCounts(
            rows=rows,
            people=people,
            people_with_confirmed=people_with_confirmed,
            without_person=without_person,
            cases=cases,
            duplicates=duplicates,
            by_outcome=_by(connection, t.outcome, chosen),
            by_layer=_by_two(connection, t.layer, t.outcome, chosen),
            by_unit=_by_two(connection, t.unit, t.outcome, chosen),
            by_year={name: _by(connection, _year(t[name]), chosen) for name in DATES},
            earliest={name: totals[6 + place] for place, name in enumerate(DATES)},
            latest={name: totals[9 + place] for place, name in enumerate(DATES)},
        )


def count_people(
    engine: sa.Engine, *, kind: str | None = None, without_layers: Collection[str] = ()
) -> list[PersonCounts]:
    """Everybody with a record, those with the most confirmed ones first."""
    with views.reading(engine) as connection:
        t = _columns(connection, "records")
        confirmed = sa.func.count(sa.case((t.outcome == CONFIRMED, 1)))
        counted = sa.select(t.subject, sa.func.count(), confirmed, sa.func.count(t.case_ref.distinct()))
        grouped = counted.where(*_chosen(t, kind, None, without_layers), t.subject.is_not(None)).group_by(t.subject)
        ordered = grouped.order_by(confirmed.desc(), sa.func.count().desc(), t.subject)
        return [PersonCounts(*row) for row in connection.execute(ordered)]


def count_commitments(engine: sa.Engine) -> CommitmentCounts:
    """The commitments that were taken over from elsewhere."""
    with views.reading(engine) as connection:
        t = _columns(connection, "commitments")
        chosen: Chosen = [t.source.is_not(None)]
        totals = sa.select(sa.func.count(), sa.func.count(t.promisor.distinct())).where(*chosen)
        rows, promisors = connection.execute(totals).one()
        return CommitmentCounts(
            rows=rows,
            promisors=promisors,
            by_due_year=_by(connection, _year(t.due), chosen),
            precision={name: _precision(connection, t[name], chosen) for name in ("made_on", "due")},
        )


def _columns(connection: sa.Connection, of: str) -> Columns:
    standing = views.live(connection)
    if standing is None:
        raise LookupError("no lists were made yet: catch up first")
    return standing[0].tables[of].c


def _chosen(t: Columns, kind: str | None, outcome: str | None, without_layers: Collection[str]) -> Chosen:
    chosen: Chosen = [sa.or_(t.layer.is_(None), t.layer.not_in(list(without_layers)))]
    chosen += [] if kind is None else [t.kind == kind]
    return chosen + ([] if outcome is None else [t.outcome == outcome])


def _year(date: Column) -> Column:
    return sa.func.substr(date, 1, 4)


def _by(connection: sa.Connection, column: Column, chosen: Chosen) -> dict[str, int]:
    rows = connection.execute(sa.select(column, sa.func.count()).where(*chosen).group_by(column))
    return {value or "": number for value, number in rows}


def _by_two(connection: sa.Connection, one: Column, other: Column, chosen: Chosen) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    rows = connection.execute(sa.select(one, other, sa.func.count()).where(*chosen).group_by(one, other))
    for value, within, number in rows:
        found.setdefault(value or "", {})[within or ""] = number
    return found


def _precision(connection: sa.Connection, date: Column, chosen: Chosen) -> dict[int, int]:
    length = sa.func.coalesce(sa.func.length(date), 0)
    rows = connection.execute(sa.select(length, sa.func.count()).where(*chosen).group_by(length))
    return {int(precision): int(number) for precision, number in rows}
