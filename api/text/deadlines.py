"""What is waited for, as a table: the step, whose turn it is, its last day and what is left of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from rich.text import Text as Styled

from api.text.catalogue import Text
from api.text.folio import folio_of
from api.text.page import TONES, Cell, Page, short

_TONES: Final = {"OVERDUE": "alarm", "UPCOMING": "closed"}


def render_deadlines(answer: Mapping[str, Any], page: Page) -> None:
    """Write the list as a page."""
    text, rows = page.text, answer["deadlines"]
    page.title(text("page.deadlines"), answer.get("subject"))
    folio_of(page, answer, (text("column.role"), text.word("role", answer["role"]) if "role" in answer else None))
    if not rows:
        page.say(text("empty.deadlines"), "closed", indent=2)
        return
    names = ("last_day", "left", "step", "whose_turn", "breach", "clause")
    page.table([(text(f"column.{name}"), False) for name in names], [_row(page, row) for row in rows])
    page.emit()
    if answer["overdue"]:
        page.say(text("text.overdue_count", count=answer["overdue"]), "alarm")
    if answer["provisional"]:
        page.say(text("text.provisional_note"), "wait")


def last_day(text: Text, row: Mapping[str, Any], name: str) -> str | None:
    """A last day of a record, marked where it rests on a year whose working days nobody has published."""
    day = row.get(name)
    return text("text.bracketed", outer=day, inner=text("text.provisional")) if day and row.get("provisional") else day


def _row(page: Page, row: Mapping[str, Any]) -> list[Cell]:
    text, state = page.text, str(row["state"])
    begins = state == "UPCOMING" and row["due"] in (None, row["from"])  # there is no other last day
    due = Styled(text("text.begins_on", date=row["from"]) if begins else str(row["due"] or ""))
    if row["provisional"]:
        due.append(f" {text('text.provisional')}", style=TONES["wait"])
    if row["demonstration"]:
        due.append(f" {text('text.demonstration')}", style=TONES["demonstration"])
    if "extendable_to" in row:
        due.append(f"\n{text('text.at_the_latest', date=row['extendable_to'])}")
    return [
        due,
        Styled(left_of(page, row), style=TONES.get(_TONES.get(state, ""), "")),
        text.word("step", str(row["kind"])),
        text("text.comma").join(_who(text, row, role) for role in row["roles"]),
        _record(page, row),
        clause_of(text, row["clause"]),
    ]


def _who(text: Text, row: Mapping[str, Any], role: str) -> str:
    """Whose turn it is; of a unit's own steps, the unit's."""
    own = role == "SUBJECT" and row.get("subject_kind") not in (None, "PERSON")
    return text("text.own_unit") if own else text.word("role", role)


def _record(page: Page, row: Mapping[str, Any]) -> str:
    """The record, which part of it is meant, and whom it is about."""
    named = " ".join(str(part) for part in (row["record"], row.get("part")) if part)
    if row["record_kind"] == "subject":
        named = page.text.word("sanction", named)
    about = row.get("subject") or short(row["subject_uid"])
    return named if not about else page.text("text.bracketed", outer=named, inner=about)


def clause_of(text: Text, clause: str | None) -> str:
    """A clause as it is cited; the name of one that no published text has."""
    return "" if clause is None else (text.clause("clause", clause) if clause.islower() else None) or clause


def left_of(page: Page, row: Mapping[str, Any]) -> str:
    """What is left of a step, in the days that were counted; of one that has not begun, the day on which it does."""
    text = page.text
    if row["state"] == "UPCOMING":
        begins = text("text.begins_on", date=row["from"])
        return text("text.bracketed", outer=text.word("step_state", "UPCOMING"), inner=begins)
    if row["due"] is None:
        return text.word("step_state", str(row["state"]))
    working = row["working_days_left"]
    if row["days_left"] == 0:
        return text("text.due_today")
    if row["days_left"] < 0:
        return text("text.days_over", count=-row["days_left"])
    key = "text.days_left" if working is None else "text.working_days_left"
    return text(key, count=row["days_left"] if working is None else working)
