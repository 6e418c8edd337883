"""The published ranking for people: place, unit, figure, the place before, and what was restated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.folio import folio_of
from api.text.page import Cell, Page, figure


def render_ranking(answer: Mapping[str, Any], page: Page) -> None:
    """Write the ranking as a page."""
    text, rows, missing = page.text, answer["ranking"], answer["not_assessed"]
    page.title(text("page.ranking"), answer["period"])
    folio_of(page, answer)
    if rows:
        names = ("place", "previous_rank", "credit_code", "unit", "composite")
        page.table([(text(f"column.{name}"), False) for name in names], [_row(page, row) for row in rows])
        page.emit()
    else:
        page.say(text("empty.ranking"), "closed", indent=2)
    for row in rows:
        for was in row["restated"]:
            said = text("text.restated", unit=row["name"] or row["subject"], value=was["value"], day=was["until"])
            page.say(text("text.with_reason", said=said, reason=was["reason"]) if was["reason"] else said)
    if missing:
        units = text("text.comma").join(str(one["name"] or one["subject"]) for one in missing)
        page.say(text("text.not_assessed", units=units), "wait")


def _row(page: Page, row: Mapping[str, Any]) -> list[Cell]:
    """A place; 申诉中 stands beside a figure that is appealed."""
    text, value = page.text, figure(row["value"])
    if row["marks"]:
        value = text("text.bracketed", outer=value, inner=text.state("assessment", "APPEALED").word)
    before = row["previous_rank"]
    return [
        str(row["rank"]),
        "–" if before is None else str(before),
        str(row["code"] or ""),
        str(row["name"] or row["subject"]),
        value,
    ]
