"""What was taken over from other systems, in the words of their rows: dates with what they are, releases that differ.

A record that another release contradicts says so beside its own finding; nothing of it is weighed here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from api.text.page import Cell, Page

Row = Mapping[str, Any]

_DAYS: Final = ("decided_on", "given_on", "occurred_on", "reported_on")
_ROW: Final = "_row"  # the field of an observation that a row came or went


def show_source_state(page: Page, state: Row, *, unit: bool) -> None:
    """Whether somebody is in office as their source has it, and on which day it said so."""
    text = page.text
    page.section(text("section.source_state"))
    status, group = state.get("status"), "unit_status" if unit else "source_status"
    page.facts(
        [
            (text("column.status"), text.word(group, str(status)) if status else None),
            (text("column.appointed_on"), state.get("appointed_on")),
            (text("column.resigned_on"), state.get("resigned_on")),
            (text("column.last_seen_on"), state.get("last_seen_on")),
            (text("column.observed_on"), state.get("observed_on")),
            (text("column.source"), state.get("source") or state.get("system")),
        ]
    )


def day_of(row: Row) -> str:
    """The day a row of a source is listed by."""
    return _named_day(row)[1] or str(row.get("observed_on") or "")


def _named_day(row: Row) -> tuple[str, str]:
    """What the day of a row is, and the day."""
    return next(((name, str(row[name])) for name in _DAYS if row.get(name)), ("", ""))


def _date(page: Page, row: Row) -> str:
    """`2020-12-14 决定`: a source's row has one day or another, so it says which."""
    name, day = _named_day(row)
    return f"{day} {page.text(f'column.{name}')}" if day else ""


def _finding(page: Page, row: Row) -> Cell:
    return page.text.state("imported", str(row.get("outcome") or "UNKNOWN"))


def _repeats(page: Page, row: Row) -> str:
    return page.text("text.repeats", record=row["duplicate_of"]) if row.get("duplicate_of") else ""


def _award(page: Page, row: Row) -> str:
    return str(row.get("award") or opened(row, "category"))


def _source(page: Page, row: Row) -> str:
    return opened(row, "source") or str(row.get("source") or "")


def _origin(page: Page, row: Row) -> str:
    return str(row.get("origin") or row.get("source") or "")


def _matter(page: Page, row: Row) -> str:
    """What it was about, what came of it, and the source's own word for its finding."""
    about = opened(row, "category") or str(row.get("kind") or "")
    penalty = opened(row, "penalty") or opened(row, "penalty_raw")
    matter = page.text("text.semicolon").join(part for part in (about, penalty) if part)
    raw = row.get("outcome_raw") or row.get("raw")
    return page.text("text.bracketed", outer=matter, inner=raw) if raw and matter else str(raw or matter)


def _releases(page: Page, row: Row) -> str:
    """What other releases of the source say, where they contradict the record: `2023-09 不成立（EXONERATED）`."""
    said = [_release(page, one) for one in row.get("observations") or [] if one.get("differs")]
    return page.text("text.semicolon").join(said)


def _release(page: Page, observation: Row) -> str:
    text = page.text
    word = text.state("imported", str(observation["new"])).word
    raw = observation.get("raw")
    said = text("text.bracketed", outer=word, inner=raw) if raw else word
    return f"{observation['observed_on']} {said}"


def _later(page: Page, row: Row) -> str:
    """How an award's status went on: `2019-07 拟授予→已授予`."""
    parts = []
    for one in row.get("observations") or []:
        words = [page.text.word("award", str(one[name])) for name in ("old", "new") if one.get(name)]
        parts.append(f"{one['observed_on']} {'→'.join(words)}")
    return page.text("text.semicolon").join(parts)


def _field(page: Page, row: Row) -> str:
    return page.text.word("observed", str(row.get("field") or ""))


def _change(page: Page, row: Row) -> str:
    """What is said of the field now, behind what was said before."""
    text, field = page.text, row.get("field")
    words = []
    for value in (row.get("old"), row.get("new")):
        if value and field == "finding":
            words.append(text.state("imported", str(value)).word)
        elif value:
            words.append(text.word("row", str(value)) if field == _ROW else str(value))
    return "→".join(words)


def _seen(page: Page, row: Row) -> str:
    """The years in which a rank without a first day was seen."""
    years = [str(row[name]) for name in ("seen_first", "seen_last") if row.get(name)]
    return "" if row.get("from") else "–".join(dict.fromkeys(years))


def _assessed(page: Page, row: Row) -> str:
    """What was said of a promise later, in the source's words: `2021 Amber/red；2022 Amber`."""
    said = [
        " ".join(str(one[name]) for name in ("observed_on", "level") if one.get(name))
        for one in row.get("assessments") or []
    ]
    return page.text("text.semicolon").join(part for part in said if part)


SHOWN: Final[Mapping[str, Callable[[Page, Row], Cell]]] = {
    "date": _date,
    "finding": _finding,
    "repeats": _repeats,
    "award": _award,
    "source": _source,
    "origin": _origin,
    "matter": _matter,
    "releases": _releases,
    "later": _later,
    "field": _field,
    "change": _change,
    "seen": _seen,
    "assessed": _assessed,
}


def opened(row: Row, name: str) -> str:
    """A member of what the source's row said, where the viewer may read it."""
    for item in row.get("texts") or []:
        summary = item.get("sections", {}).get("summary")
        while isinstance(summary, Mapping) and isinstance(summary.get("summary"), Mapping):
            summary = summary["summary"]
        if isinstance(summary, Mapping) and summary.get(name):
            return str(summary[name])
    return ""
