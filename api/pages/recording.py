"""Who wrote an act down and when, where that was not the subject on the day itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from api.pages.marks import day
from api.pages.reading import Reading
from projections.on_behalf import recorded_by, recorded_for

Answer = Mapping[str, Any]


def said_by(reading: Reading, recorded: Answer) -> Markup:
    """`2025-09-01由示范市人社局（组织人事）代为登记（凭签名原件）`, of the member `recorded_by`."""
    return reading.words("record.recorded_by", by=_by(reading, recorded), day=day(recorded["on"]))


def by_entry(reading: Reading, index: int) -> Markup | None:
    """The same of an entry; None where nobody spoke for another."""
    entry = reading.entry(index).logged
    return None if recorded_for(entry) is None else said_by(reading, recorded_by(reading.ledger, entry))


def routes_of(breach: Answer) -> dict[int, str]:
    """The route of each act of a remedy against a record, by the act's entry."""
    return {
        int(index): str(appeal["route"])
        for appeal in breach.get("appeals") or []
        for index in appeal.get("events") or []
    }


def on_behalf_of(reading: Reading, rows: Iterable[Answer]) -> Markup | None:
    """Every act of these records that was recorded for the subject, once, each on its own line."""
    shown = list(rows)
    acts = {act["event"]: act for row in shown for act in row.get("on_behalf") or []}
    routes = {index: route for row in shown for index, route in routes_of(row).items()}
    said = [
        Markup("{}{}{}").format(
            reading.words.event(str(act["type"]), routes.get(index)), reading.words("text.comma"), said_by(reading, act)
        )
        for index, act in sorted(acts.items())
    ]
    return Markup("<br>").join(said) if said else None


def recorded_later(reading: Reading, row: Answer) -> Markup:
    """That a request was recorded later than its day, below it; empty where it was not."""
    if not row.get("recorded_on"):
        return Markup("")
    said = reading.words("course.recorded_later", day=day(row["recorded_on"]))
    return Markup('<span class="sub">{}</span>').format(said)


def notice_late(reading: Reading, row: Answer) -> Markup | None:
    """That a notice was recorded when nobody could answer it here any more."""
    notice = row.get("notice") or {}
    if not notice.get("recorded_late"):
        return None
    return reading.words("record.recorded_late", day=day(notice["recorded_on"]))


def _by(reading: Reading, recorded: Answer) -> Markup:
    role, unit = reading.words.code("role", str(recorded["role"])), reading.unit(recorded.get("unit"))
    return role if unit is None else reading.words("text.bracketed", outer=unit, inner=role)
