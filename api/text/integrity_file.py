"""A person's or a unit's integrity file for people: records, promises, repairs, career, then the points.

A section that the viewer may not see, or that is empty, leaves no trace (ui/UI.md §1.5); findings and commitments say
so when there are none, because that is what one reads the file for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.text.file_records import show_breaches
from api.text.folio import edition_id, folio_of, is_demonstration
from api.text.lines import show_lines
from api.text.page import Cell, Page, entries, figure

Row = Mapping[str, Any]

# Which table of states the `state` of a section belongs to, and which columns it may show, in this order; a column that
# no row fills is left out.
SECTIONS: Final[Mapping[str, tuple[str | None, tuple[str, ...]]]] = {
    "repairs": ("repair", ("id", "breach", "state", "applied_on", "due_on", "decided_on", "barred_until", "events")),
    "sanctions": ("measure", ("kind", "state", "from", "until", "lifted_on", "events")),
    "appraisals": (None, ("period", "grade", "events")),
    "checks": ("check", ("id", "purpose", "requested_on", "state", "outcome", "decision", "events")),
    "consents": ("consent", ("id", "purpose", "recipient", "state", "given_on", "expires_on", "events")),
    "posts": (None, ("from", "to", "unit", "level", "post", "events")),
    "ranks": (None, ("from", "rank", "source", "events")),
    "commendations": (None, ("given_on", "status", "award", "unit", "source", "events")),
    "imported": (None, ("date", "finding", "matter", "unit", "source", "repeats", "events")),
}
_OF_A_SOURCE: Final = ("commendations", "imported")  # listed by their days, not by when they were taken over
_COMMITMENTS: Final = ("id", "state", "due_on", "fulfilled_on", "kind", "text", "events")
_WORDS: Final[Mapping[str, str]] = {
    "purpose": "purpose",
    "severity": "severity",
    "level": "level",
    "post": "post",
    "status": "award",
}
_KINDS: Final[Mapping[str, str]] = {"sanctions": "sanction", "commitments": "commitment_kind"}


def render_file(answer: Mapping[str, Any], page: Page) -> None:
    """Write the file of DESIGN §8."""
    text = page.text
    kind, consent = answer.get("kind"), answer.get("consent")
    page.title(text("page.file"), str(answer["subject"]), answer.get("name"), text.word("kind", kind) if kind else None)
    folio_of(page, answer, (text("folio.consent"), consent["id"] if consent else None))
    withheld = int(answer.get("breaches_withheld") or 0)
    breaches, as_of = answer.get("breaches") or [], str(answer.get("as_of"))
    show_breaches(page, breaches, as_of, withheld=withheld, recruiting=consent is not None)
    _show_commitments(page, answer.get("commitments") or [])
    for name, (lifecycle, columns) in SECTIONS.items():
        rows = answer.get(name)
        if rows:
            page.section(text(f"section.{name}"), str(len(rows)) if len(rows) > 1 else None)
            rows = sorted(rows, key=_day) if name in _OF_A_SOURCE else rows
            _show_section(page, name, rows, columns, lifecycle)
        if rows and name == "imported":
            page.say(text("text.taken_over_note"), "closed", indent=2)
    _show_balance(page, answer)
    edition = edition_id(answer)
    if edition and is_demonstration(answer):
        page.demonstration(edition)


def _show_commitments(page: Page, commitments: Sequence[Row]) -> None:
    text = page.text
    page.section(text("section.commitments"), str(len(commitments)) if len(commitments) > 1 else None)
    if not commitments:
        page.say(text("empty.commitments"), indent=2)
        return
    _show_section(page, "commitments", commitments, _COMMITMENTS, "commitment")
    for commitment in commitments:
        state = str(commitment.get("state"))
        if state in ("OVERDUE", "BROKEN"):
            remedy = text(f"remedy.{state}", due_on=commitment.get("due_on"))
            page.say(f"{text('text.remedy')} {commitment['id']}  {remedy}", "wait", indent=2)


def _show_balance(page: Page, answer: Mapping[str, Any]) -> None:
    text, balance = page.text, answer.get("balance")
    if not balance:
        return
    if balance.get("value") is None:
        page.section(text("section.balance"))
        page.say(text.reason(str(balance.get("reason") or "")), "wait", indent=2)
        return
    page.section(f"{text('section.balance')}  {figure(balance['value'])}")
    show_lines(page, balance["lines"], str(balance["value"]), edition=edition_id(answer))
    page.say(text("text.balance_note"), "closed", indent=2)


def _show_section(page: Page, section: str, rows: Sequence[Row], columns: Sequence[str], lifecycle: str | None) -> None:
    """Rows of one section, with the columns that any of them fills, and how each can be put right."""
    cells = [[_cell(page, section, name, row, lifecycle) for name in columns] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place] != "" for row in cells)]
    page.table(
        [(page.text(f"column.{columns[place]}"), False) for place in used],
        [[row[place] for place in used] for row in cells],
    )
    for row in rows:
        code = str(row.get("kind") if section == "sanctions" else row.get("state"))
        standing = section == "repairs" or (section == "sanctions" and row.get("state") in (None, "ACTIVE", "PENDING"))
        if standing and page.text.has(f"remedy.{code}"):
            name = str(row.get("id") or page.text.word("sanction", code))
            page.say(f"{page.text('text.remedy')} {name}  {page.text(f'remedy.{code}')}", "wait", indent=2)


def _cell(page: Page, section: str, name: str, row: Row, lifecycle: str | None) -> Cell:
    text, value = page.text, row.get(name)
    if name == "until" and value is None:
        return text("text.for_life")
    if name == "finding":
        return text.state("imported", str(row.get("outcome") or "UNKNOWN"))
    if name == "date":
        return _day(row)
    if name == "repeats":
        return text("text.repeats", record=row["duplicate_of"]) if row.get("duplicate_of") else ""
    if name == "award":
        return _opened(row, "category") or str(row.get("ref") or "")
    if name == "matter":
        return _matter(page, row)
    if name == "source":
        return _opened(row, "source") or str(value or "")
    if value in (None, "", []):
        return ""
    if name == "events":
        return entries(text, value, limit=1 if section == "imported" else 3)
    if name == "state" and lifecycle:
        return text.state(lifecycle, str(value))
    if name in ("outcome", "decision"):
        return text.state("evaluation" if name == "outcome" else "decision", str(value))
    group = _KINDS.get(section) if name == "kind" else _WORDS.get(name)
    return text.word(group, str(value)) if group else str(value)


def _matter(page: Page, row: Row) -> str:
    """What it was about, what came of it, and the source's own word for its finding."""
    about = _opened(row, "category") or str(row.get("kind") or "")
    matter = page.text("text.semicolon").join(part for part in (about, _opened(row, "penalty")) if part)
    raw = row.get("outcome_raw")
    return page.text("text.bracketed", outer=matter, inner=raw) if raw else matter


def _opened(row: Row, name: str) -> str:
    """A member of what the source's row said, where the viewer may read it."""
    for item in row.get("texts") or []:
        summary = item.get("sections", {}).get("summary")
        while isinstance(summary, Mapping) and isinstance(summary.get("summary"), Mapping):
            summary = summary["summary"]
        if isinstance(summary, Mapping) and summary.get(name):
            return str(summary[name])
    return ""


def _day(row: Row) -> str:
    """The day a row of a source is listed by."""
    days = (row.get(name) for name in ("decided_on", "given_on", "occurred_on", "reported_on"))
    return next((str(day) for day in days if day), "")
