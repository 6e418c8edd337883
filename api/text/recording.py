"""Who wrote an act down and when, where that was not the subject on the day itself; the same for files and checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from api.text.catalogue import Text

Row = Mapping[str, Any]


def on_behalf_of(text: Text, row: Row) -> Iterator[tuple[str, str]]:
    """Each act of a record that was recorded for the subject, and by whom: `2025-09-01由U2（组织人事）代为登记`."""
    for act in row.get("on_behalf") or []:
        role, unit = text.word("role", str(act["role"])), act.get("unit")
        by = text("text.bracketed", outer=unit, inner=role) if unit else role
        yield text.word("event", str(act["type"])), text("text.recorded_by", by=by, date=act["on"])


def requested_on(text: Text, row: Row) -> str | None:
    """The day of a request, and when it was recorded if that was later."""
    on = row.get("requested_on")
    if not on or not row.get("recorded_on"):
        return on
    return text("text.bracketed", outer=on, inner=text("text.recorded_later", date=row["recorded_on"]))


def too_late(text: Text, row: Row) -> Iterator[tuple[str, str]]:
    """What of a record was recorded later than its day: its request, and a notice that nobody could answer here."""
    if row.get("recorded_on"):
        yield text("column.requested_on"), str(requested_on(text, row))
    yield from notice_late(text, row)


def notice_late(text: Text, row: Row) -> Iterator[tuple[str, str]]:
    """That a notice was recorded when nobody could answer it here any more."""
    notice = row.get("notice")
    if notice and notice.get("recorded_late"):
        yield text("text.notice"), text("text.recorded_late", date=notice["recorded_on"])
