"""单位评分: the figure, what it is made of, how it came about, what would change it.

A unit sees its own; the auditor any, chosen by pseudonym from a list. What officials contributed is one line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth import DeskDep
from api.desk import Desk
from api.pages import sections
from api.pages.addresses import UNIT_SCORE
from api.pages.chart import NARROW, WIDE, chart_of
from api.pages.chips import Ref
from api.pages.figures import figure_of, values_of
from api.pages.folio import Folio, folio_of
from api.pages.marks import day, figure, joined, signed
from api.pages.my_file import titles_of
from api.pages.reading import Reading, reading_of
from api.pages.records import records_of
from api.pages.render import show, words_of
from api.pages.tasks import first, tasks_of
from api.pages.trend import Point, Trend, trend_of
from api.pages.words import Words
from api.policy import open_to
from api.problems import not_found
from ledger.domain.values import SubjectKind
from ledger.rulebook.figure import ROUNDING

router = APIRouter(include_in_schema=False)
READERS: Final = frozenset({"UNIT_HEAD", "SUBJECT", "AUDITOR"})


@dataclass(frozen=True, slots=True)
class Row:
    """One change in the table below the chart."""

    number: int
    on: str
    what: Markup
    refs: list[Ref]
    rests_on: Markup | None
    difference: str | None
    value: str


@router.get(UNIT_SCORE)
@open_to(READERS)
def unit_score(request: Request, desk: DeskDep, unit: UUID | None = None) -> Response:
    """The reader's own unit, or to the auditor the one that is named."""
    words = words_of(request)
    if desk.viewer.role == "AUDITOR":
        if unit is None:
            return _choice(request, desk, words)
        uid: str | None = str(unit)
    else:
        uid = None if unit is not None else desk.own_uid()
    if uid is None or not _is_unit(desk, uid):
        raise not_found()
    folio = folio_of(request, desk, words)
    if folio.errors:
        reading = reading_of(desk, folio.moment, words)
        return show(
            request, "folio-errors.html", title=words("unit_score.title"), status=400, folio=folio, r=reading,
            purpose=None, kept=_kept(unit),
        )  # fmt: skip
    return _shown(request, desk, words, uid, folio, unit)


def _kept(unit: UUID | None) -> dict[str, str]:
    return {} if unit is None else {"unit": str(unit)}


def _is_unit(desk: Desk, uid: str) -> bool:
    known = desk.ledger.uid("subject", uid)
    return known is not None and desk.ledger.kind_of(known) is SubjectKind.UNIT


def _choice(request: Request, desk: Desk, words: Words) -> Response:
    """Every registered unit, for the auditor to choose from."""
    ledger = desk.ledger
    registered = (entry for entry in ledger.by_type("SubjectRegistered", ledger.size) if entry.data["kind"] == "UNIT")
    known = [(entry.uid, ledger.identity(entry.uid)) for entry in registered]
    units = [(uid, str(who.get("name") or uid), who.get("uscc")) for uid, who in known]
    return show(request, "units.html", title=words("unit_score.choose"), units=units, address=UNIT_SCORE)


def _shown(request: Request, desk: Desk, words: Words, uid: str, folio: Folio, unit: UUID | None) -> Response:
    reading = reading_of(desk, folio.moment, words)
    file = desk.file(uid, folio.moment)
    if reading.edition is None:  # states stand without a rulebook, figures do not
        score = {"subject": file["subject"], "name": file["name"], "value": None, "reason": "no-edition", "lines": []}
        trend = Trend(reading.on, reading.on, ())
    else:
        score = desk.score(uid, folio.moment)
        trend = trend_of(desk.ledger, uid, on=reading.on, size=folio.moment.as_known, viewer=desk.viewer.role)
    tasks = [] if desk.viewer.role == "AUDITOR" else tasks_of(reading, file)
    open_commitments, closed_commitments = sections.commitments(reading, file)
    rows = [_row(reading, trend, number, point) for number, point in enumerate(trend.points, start=1)]
    return show(
        request,
        "unit-score.html",
        title=words("unit_score.title"),
        counts={UNIT_SCORE: len(tasks)},
        folio=folio,
        r=reading,
        score=score,
        figure=figure_of(reading, score, titles_of(reading, file)),
        said=_said(reading, trend, rows),
        tasks=first(tasks),
        charts=[chart for chart in (chart_of(trend, WIDE), chart_of(trend, NARROW)) if chart is not None],
        chart_said=_chart_said(reading, trend),
        rows=rows,
        open_commitments=open_commitments,
        closed_commitments=closed_commitments,
        records=records_of(reading, file, values_of(score)),
        uscc=_uscc(desk, uid),
        kept=_kept(unit),
        purpose=None,
    )


def _uscc(desk: Desk, uid: str) -> str | None:
    found = desk.ledger.identity(uid).get("uscc")
    return None if found is None else str(found)


def _said(reading: Reading, trend: Trend, rows: Sequence[Row]) -> Markup | None:
    """The newest change in one sentence."""
    if len(trend.points) < 2:
        return None
    point, row = trend.points[-1], rows[-1]
    assert point.difference is not None
    words, fell = reading.words, point.difference.startswith("-")
    amount = point.difference.removeprefix("-")
    if not amount.strip("0."):
        return words("trend.moved", day=day(point.on), what=row.what)
    return words("trend.fell" if fell else "trend.rose", day=day(point.on), amount=amount, what=row.what)


def _row(reading: Reading, trend: Trend, number: int, point: Point) -> Row:
    words = reading.words
    if point.difference is None:
        begins = point.on == trend.first
        what = words("trend.begins" if begins else "trend.first" if number == 1 else "trend.again")
        rests_on = None
    else:
        parts = [
            words(
                "trend.line",
                name=_line_name(reading, change.clause, change.label),
                difference=signed(change.difference),
            )
            for change in point.changes
            if change.clause != ROUNDING
        ]
        what = joined(parts, str(words("text.semicolon")))
        rests_on = words("trend.withheld") if point.withheld else None if point.entries else words("trend.by_date")
    return Row(
        number=number,
        on=point.on.isoformat(),
        what=what,
        refs=reading.refs(point.entries, 4),
        rests_on=rests_on,
        difference=None if point.difference is None else signed(point.difference),
        value=figure(point.value),
    )


def _line_name(reading: Reading, clause: str, label: str) -> Markup:
    words = reading.words
    if words.has(f"line.{label}"):
        return words(f"line.{label}")
    return words.clause("label", label) or words.clause("clause", clause) or reading.said(clause)


def _chart_said(reading: Reading, trend: Trend) -> Markup:
    """The chart in words: every value with its day."""
    parts = [
        reading.words("trend.point", day=point.on.isoformat(), value=figure(point.value)) for point in trend.points
    ]
    return reading.words("trend.all", points=joined(parts, str(reading.words("text.comma"))))
