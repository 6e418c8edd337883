"""Counts over the list of records taken over: what an import is checked against and a dashboard shows.

Every count is one grouped statement over `view_records`; a missing value counts under the empty string.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa

from projections import views

DATES: Final = ("occurred_on", "reported_on", "decided_on")


@dataclass(frozen=True, slots=True)
class RecordCounts:
    """`earliest` and `latest` are partial dates by field; text order is their order."""

    rows: int
    people: int
    people_with_confirmed: int
    without_person: int
    cases: int
    duplicates: int
    by_outcome: dict[str, int]
    by_layer: dict[str, int]
    by_unit: dict[str, dict[str, int]]
    earliest: dict[str, str | None]
    latest: dict[str, str | None]


def count_records(engine: sa.Engine, *, kind: str | None = None, without_layers: Collection[str] = ()) -> RecordCounts:
    """Count the live list, of one kind of record (None: of all), leaving out some layers."""
    with views.reading(engine) as connection:
        standing = views.live(connection)
        if standing is None:
            raise LookupError("no lists were made yet: catch up first")
        t = standing[0].tables["records"].c
        chosen = [sa.or_(t.layer.is_(None), t.layer.not_in(list(without_layers)))]
        chosen += [] if kind is None else [t.kind == kind]
        totals = connection.execute(
            sa.select(
                sa.func.count(),
                sa.func.count(t.subject.distinct()),
                sa.func.count(sa.case((t.outcome == "CONFIRMED", t.subject)).distinct()),
                sa.func.count() - sa.func.count(t.subject),
                sa.func.count(t.case_ref.distinct()),
                sa.func.count(t.duplicate_of),
                *(sa.func.min(t[name]) for name in DATES),
                *(sa.func.max(t[name]) for name in DATES),
            ).where(*chosen)
        ).one()
        by_unit: dict[str, dict[str, int]] = {}
        grouped = sa.select(t.unit, t.outcome, sa.func.count()).where(*chosen).group_by(t.unit, t.outcome)
        for unit, outcome, number in connection.execute(grouped):
            by_unit.setdefault(unit or "", {})[outcome] = number
        rows, people, people_with_confirmed, without_person, cases, duplicates = totals[:6]
        return RecordCounts(
            rows=rows,
            people=people,
            people_with_confirmed=people_with_confirmed,
            without_person=without_person,
            cases=cases,
            duplicates=duplicates,
            by_outcome=_by(connection, t.outcome, chosen),
            by_layer=_by(connection, t.layer, chosen),
            by_unit=by_unit,
            earliest=dict(zip(DATES, totals[6:9], strict=True)),
            latest=dict(zip(DATES, totals[9:12], strict=True)),
        )


def _by(
    connection: sa.Connection, column: sa.ColumnElement[str | None], chosen: list[sa.ColumnElement[bool]]
) -> dict[str, int]:
    rows = connection.execute(sa.select(column, sa.func.count()).where(*chosen).group_by(column))
    return {value or "": number for value, number in rows}
