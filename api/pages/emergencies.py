"""紧急查阅: the times the reader's file was opened in an emergency, by which unit, on which ground, and the review."""

from __future__ import annotations

from markupsafe import Markup

from api.pages.marks import day, instant
from api.pages.reading import Reading
from api.pages.sections import Answer, Cell, Column, Table, table_of


def emergencies(reading: Reading, file: Answer) -> Table | None:
    """The table; None where there was no emergency."""
    columns: list[Column] = [
        ("opened_at", _opened),
        ("unit", lambda reading, row: reading.unit(row.get("unit")) or reading.words.code("role", str(row["role"]))),
        ("ground", lambda reading, row: reading.words.code("look_purpose", str(row["ground"]))),
        ("state", lambda reading, row: reading.chips.tag("glass", str(row["state"]))),
        ("review_due", _review),
        ("events", lambda reading, row: reading.chips.refs(reading.refs(row["events"], 2)) or None),
    ]
    rows = sorted(file.get("break_glass") or [], key=lambda row: str(row["opened_at"]), reverse=True)
    return table_of(reading, "break_glass", rows, columns, "section.break_glass_note")


def _opened(reading: Reading, row: Answer) -> Cell:
    lasted = reading.words("cell.minutes", count=row["minutes"])
    return Markup('{}<span class="sub">{}</span>').format(instant(str(row["opened_at"])), lasted)


def _review(reading: Reading, row: Answer) -> Cell:
    if row.get("reviewed_on"):
        return reading.words("cell.reviewed_on", day=day(row["reviewed_on"]))
    return reading.words("cell.review_by", day=day(row["review_due"])) if row.get("review_due") else None
