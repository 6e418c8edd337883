"""A person's or a unit's integrity file for people: records, promises, repairs, career, what was taken over, points.

A section that the viewer may not see, or that is empty, leaves no trace (ui/UI.md §1.5); findings and commitments say
so when there are none, because that is what one reads the file for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.text.file_records import STANDING, of_a_stranger, show_breaches
from api.text.file_sources import SHOWN, day_of, show_source_state
from api.text.folio import edition_id, folio_of, is_demonstration
from api.text.lines import show_lines
from api.text.page import Cell, Page, entries, figure, moment
from api.text.recording import on_behalf_of, too_late

Row = Mapping[str, Any]

# Which table of states the `state` of a section belongs to, and which columns it may show, in this order; a column that
# no row fills is left out.
SECTIONS: Final[Mapping[str, tuple[str | None, tuple[str, ...]]]] = {
    "repairs": ("repair", ("id", "breach", "state", "applied_on", "due_on", "decided_on", "barred_until", "events")),
    "sanctions": ("measure", ("kind", "state", "from", "until", "lifted_on", "events")),
    "measures": ("measure", ("id", "kind", "effect", "state", "from", "ended_on", "department", "events")),
    "appraisals": (None, ("period", "grade", "events")),
    "checks": ("check", ("id", "purpose", "requested_on", "state", "outcome", "decision", "events")),
    "data_requests": (
        "data_request",
        ("id", "right", "state", "breach", "check", "requested_on", "answer_by", "answered_on", "answer", "events"),
    ),
    "consents": ("consent", ("id", "purpose", "recipient", "state", "given_on", "expires_on", "events")),
    "break_glass": ("glass", ("id", "opened_at", "minutes", "unit", "ground", "state", "review_due", "events")),
    "source_state": (None, ()),
    "posts": (None, ("from", "to", "unit", "level", "post", "events")),
    "ranks": (None, ("from", "seen", "rank", "source", "events")),
    "commendations": (None, ("given_on", "status", "award", "unit", "source", "later", "events")),
    "imported": (None, ("date", "finding", "matter", "unit", "source", "repeats", "releases", "events")),
    "observations": (None, ("observed_on", "field", "change", "matter", "unit", "source", "events")),
}
_OF_A_SOURCE: Final = ("commendations", "imported", "observations")  # by their days, not by when they were taken over
_NOTES: Final = {"imported": "text.taken_over_note", "promises": "text.promises_note"}
_COMMITMENTS: Final = ("id", "state", "due_on", "fulfilled_on", "kind", "text", "events")
_PROMISES: Final = ("id", "text", "status_raw", "assessed", "start", "due_on", "origin", "events")
_WORDS: Final[Mapping[str, str]] = {
    "purpose": "purpose",
    "severity": "severity",
    "level": "level",
    "post": "post",
    "status": "award",
    "effect": "measure_effect",
    "ground": "look_purpose",
    "right": "right",
    "answer": "answer",
}
_KINDS: Final[Mapping[str, str]] = {
    "sanctions": "sanction",
    "commitments": "commitment_kind",
    "measures": "measure_kind",
}


def render_file(answer: Mapping[str, Any], page: Page) -> None:
    """Write the file of DESIGN §8."""
    text = page.text
    kind, consent = answer.get("kind"), answer.get("consent")
    name = text("text.erased_name") if answer.get("erased") else answer.get("name")
    page.title(text("page.file"), str(answer["subject"]), name, text.word("kind", kind) if kind else None)
    folio_of(page, answer, (text("folio.consent"), consent["id"] if consent else None))
    if answer.get("ended_on"):
        successor = answer.get("successor") or answer.get("successor_uid")
        page.say(text("text.unit_ended", date=answer["ended_on"], successor=successor), "closed", indent=2)
    show_breaches(page, answer)
    if not of_a_stranger(answer):
        _show_commitments(page, answer.get("commitments") or [])
    for name, (lifecycle, columns) in SECTIONS.items():
        rows = answer.get(name)
        if rows and name == "source_state":
            show_source_state(page, rows, unit=kind != "PERSON")
        elif rows:
            _show_section(page, name, sorted(rows, key=day_of) if name in _OF_A_SOURCE else rows, columns, lifecycle)
        if rows and name == "repairs":
            _show_remedies_of_repairs(page, answer)
        if rows and name == "data_requests":
            _show_answers(page, rows)
    _show_balance(page, answer)
    edition = edition_id(answer)
    if edition and is_demonstration(answer):
        page.demonstration(edition)


def _show_commitments(page: Page, commitments: Sequence[Row]) -> None:
    """The promises made here, then those taken over, which weigh nothing."""
    text = page.text
    own = [commitment for commitment in commitments if not commitment.get("source")]
    if own:
        _show_section(page, "commitments", own, _COMMITMENTS, "commitment")
    else:
        page.section(text("section.commitments"))
        page.say(text("empty.commitments"), indent=2)
    for commitment in own:
        state = str(commitment.get("state"))
        if state in ("OVERDUE", "BROKEN"):
            remedy = text(f"remedy.{state}", due_on=commitment.get("due_on"))
            page.say(f"{text('text.remedy')} {commitment['id']}  {remedy}", "wait", indent=2)
    promises = [commitment for commitment in commitments if commitment.get("source")]
    if promises:
        _show_section(page, "promises", promises, _PROMISES, None)


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
    """Rows of one section, with the columns that any of them fills, and what is to be said of all of them."""
    text = page.text
    page.section(text(f"section.{section}"), str(len(rows)) if len(rows) > 1 else None)
    cells = [[_cell(page, section, name, row, lifecycle) for name in columns] for row in rows]
    used = [place for place in range(len(columns)) if any(row[place] != "" for row in cells)]
    page.table(
        [(text(f"column.{columns[place]}"), False) for place in used],
        [[row[place] for place in used] for row in cells],
    )
    for row in rows:
        for what, said in (*too_late(text, row), *on_behalf_of(text, row)):
            page.say("  ".join((str(row["id"]), text("text.labelled", label=what, value=said))), indent=2)
    if section in _NOTES:
        page.say(text(_NOTES[section]), "closed", indent=2)
    if section == "measures" and any(row.get("state") == "IN_FORCE" and row.get("kind") == "RESTRICT" for row in rows):
        page.say(f"{text('text.remedy')} {text('remedy.MEASURE')}", "wait", indent=2)
    if section != "sanctions":
        return
    for row in rows:
        code = str(row.get("kind"))
        if row.get("state") in (None, "ACTIVE", "PENDING") and text.has(f"remedy.{code}"):
            page.say(f"{text('text.remedy')} {text.word('sanction', code)}  {text(f'remedy.{code}')}", "wait", indent=2)


def _show_remedies_of_repairs(page: Page, answer: Mapping[str, Any]) -> None:
    """What can be done about a repair that was returned, rejected or revoked; nothing where a rule would refuse it."""
    text = page.text
    breaches = {str(breach["id"]): breach for breach in answer.get("breaches") or []}
    for repair in answer.get("repairs") or []:
        breach, state = breaches.get(str(repair.get("breach")), {}), str(repair.get("state"))
        again = breach.get("repair_from") if str(breach.get("state")) in STANDING else None
        said = ""
        if state == "RETURNED":
            said = text("remedy.RETURNED")
        elif state in ("REJECTED", "REVOKED") and again:
            said = text(f"remedy.{state}", date=again)
        elif state == "REVOKED" and str(breach.get("state")) in STANDING:
            said = text("remedy.APPEAL_ONLY")
        if said:
            page.say(f"{text('text.remedy')} {repair['id']}  {said}", "wait", indent=2)


def _show_answers(page: Page, requests: Sequence[Row]) -> None:
    """On which clauses and why a request was answered as it was."""
    for row in requests:
        said = [*(row.get("legal_basis") or []), row.get("reasons")]
        if any(said):
            page.say("  ".join([str(row["id"]), *(str(part) for part in said if part)]), indent=2)


def _cell(page: Page, section: str, name: str, row: Row, lifecycle: str | None) -> Cell:
    text, value = page.text, row.get(name)
    if name == "until" and value is None:
        return text("text.for_life")
    if name in SHOWN:
        return SHOWN[name](page, row)
    if value in (None, "", []):
        return ""
    if name == "opened_at":
        return moment(str(value))
    if name == "events":
        return entries(text, value, limit=3)
    if name == "state" and lifecycle:
        return text.state(lifecycle, str(value))
    if name in ("outcome", "decision"):
        return text.state("evaluation" if name == "outcome" else "decision", str(value))
    group = _KINDS.get(section) if name == "kind" else _WORDS.get(name)
    return text.word(group, str(value)) if group else str(value)
