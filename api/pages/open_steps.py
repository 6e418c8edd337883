"""期限: what is waited for, the reader's own turn first by its last day, with the clause that sets it.

It shows what `GET /v1/deadlines` gives the same reader and is the same look.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth import DeskDep
from api.desk import Desk
from api.pages.addresses import CHECKS, DEADLINES, MY_FILE
from api.pages.deadlines import Due
from api.pages.folio import folio_of
from api.pages.marks import day, joined
from api.pages.reading import Reading, reading_of
from api.pages.render import show, words_of
from api.policy import open_to
from api.routes.deadlines import WAITED_ON, look_at, waited_for

router = APIRouter(include_in_schema=False)
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the page."""

    step: Markup
    record: Markup
    link: str | None
    subject: Markup | None
    who: Markup
    when: Markup
    clause: Markup
    overdue: bool


@router.get(DEADLINES)
@open_to(WAITED_ON)
def open_steps(request: Request, desk: DeskDep) -> Response:
    """The reader's open steps on the folio's day."""
    words = words_of(request)
    folio = folio_of(request, desk, words)
    reading, title = reading_of(desk, folio.moment, words), words("deadlines.title")
    if folio.errors:
        return show(request, "folio-errors.html", title=title, status=400, folio=folio, r=reading, purpose=None)
    answer = waited_for(desk, folio.moment)
    found = answer["deadlines"]
    answer["deadlines"] = found[:SHOWN]
    look_at(desk, answer)
    return show(
        request,
        "open-steps.html",
        title=title,
        folio=folio,
        r=reading,
        purpose=None,
        counts={DEADLINES: sum(row["state"] != "UPCOMING" and row["nature"] == "DUTY" for row in found)},
        rows=[_row(desk, reading, row) for row in answer["deadlines"]],
        more=len(found) - len(answer["deadlines"]),
        overdue=answer["overdue"],
        provisional=answer["provisional"],
        of_others=desk.viewer.role not in ("SUBJECT", "UNIT_HEAD"),
    )


def _row(desk: Desk, reading: Reading, row: Mapping[str, Any]) -> Row:
    words = reading.words
    subject = row.get("subject") or row["subject_uid"]
    record = str(row["record"]) if "part" not in row else f"{row['record']} · {row['part']}"
    return Row(
        step=words.code("step", str(row["kind"])),
        record=words.code("sanction", record) if row["record_kind"] == "subject" else reading.said(record),
        link=_link(desk, row),
        subject=None if subject is None else reading.said(subject if "subject" in row else f"{subject[:8]}…"),
        who=joined([_who(reading, row, str(role)) for role in row["roles"]], str(words("text.comma"))),
        when=_when(reading, row),
        clause=_clause(reading, row["clause"]),
        overdue=row["state"] == "OVERDUE",
    )


def _who(reading: Reading, row: Mapping[str, Any], role: str) -> Markup:
    """Whose turn it is: the person's, or the unit's, whom the record is about, or a role's."""
    if role != "SUBJECT":
        return reading.words.code("role", role)
    of_unit = row.get("subject_kind") not in (None, "PERSON")
    return reading.words("deadlines.own_unit" if of_unit else "deadlines.own")


def _link(desk: Desk, row: Mapping[str, Any]) -> str | None:
    """Where the reader's pages show the record."""
    if row["record_kind"] == "check" and desk.viewer.role in ("HR", "AUDITOR"):
        return f"{CHECKS}/{row['uid']}"
    if desk.viewer.role == "SUBJECT":
        return {
            "breach": f"{MY_FILE}#r-{row['uid']}",
            "check": f"{MY_FILE}#checks",
            "glass": f"{MY_FILE}#break_glass",
            "data-request": f"{MY_FILE}#data_requests",
        }.get(str(row["record_kind"]))
    return None


def _clause(reading: Reading, clause: str | None) -> Markup:
    """What sets the last day: a clause as it is cited, the name of one that no published text has."""
    if clause is None:
        return Markup("")
    return (reading.words.clause("clause", clause) if clause.islower() else None) or reading.chips.clause(clause)


def _when(reading: Reading, row: Mapping[str, Any]) -> Markup:
    """The last day with what is left, in the days that were counted; of one to come, the day it begins."""
    words = reading.words
    if row["state"] == "UPCOMING":
        return words("deadlines.from", day=day(row["from"]))
    if row["due"] is None:
        return words("deadlines.since", day=day(row["from"]))
    counted = row["working_days_left"]
    left = int(row["days_left"] if counted is None else counted)
    due = Due(
        date.fromisoformat(row["due"]), left, counted is not None, bool(row["demonstration"]), bool(row["provisional"])
    )
    chip = reading.chips.due(due)
    if "extendable_to" not in row:
        return chip
    return joined([chip, words("deadlines.at_the_latest", day=day(row["extendable_to"]))], " ")
