"""A figure for auditors: its lines, below each the clauses it cites in the edition's own values, and its entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.text.folio import folio_of
from api.text.lines import label_of
from api.text.page import Page, figure
from ledger.clock import day_of, parse_time

DIGITS = 16  # of a digest, for people; the JSON has all of them


def render_trace(answer: Mapping[str, Any], page: Page) -> None:
    """Write the trace of a score, a balance or a check."""
    text = page.text
    page.title(text(f"trace.{answer['figure']}"), str(answer.get("check") or answer["subject"]))
    folio_of(page, answer)
    if answer["figure"] == "check":
        _show_check(page, answer)
    else:
        _show_figure(page, answer)


def _show_figure(page: Page, answer: Mapping[str, Any]) -> None:
    text, value = page.text, answer["value"]
    if value is None:
        page.emit()
        page.say(text("text.no_score"), "wait")
        return
    said = text("trace.adds_up", sum=figure(answer["sum"]), value=figure(value))
    page.section(figure(value), said if answer["adds_up"] else text("trace.adds_not_up"))
    for line in answer["lines"]:
        page.emit()
        page.say(f"{figure(line['value'])}  {label_of(page, line)}", indent=2)
        _show_grounds(page, line)


def _show_check(page: Page, answer: Mapping[str, Any]) -> None:
    text = page.text
    page.section(text("section.evaluation"))
    if answer["outcome"]:
        page.say(text.state("evaluation", str(answer["outcome"])), indent=2)
    for line in answer["lines"]:
        page.emit()
        rule = text.clause("rule", str(line["when"])) or ""
        page.say(f"{line['rule']}  {rule}", indent=2)
        _show_grounds(page, line)
    page.section(text("section.decision"))
    decision = answer.get("decision")
    page.say(text.state("decision", str(decision)) if decision else text("text.no_decision"), indent=2)
    for entry in answer["entries"]:
        page.say(_entry(page, entry), indent=6)


def _show_grounds(page: Page, line: Mapping[str, Any]) -> None:
    """The clauses of a line and the entries below them."""
    text = page.text
    for clause in line["clauses"]:
        edition = clause["edition"]
        basis = text("trace.basis", basis=clause["basis"]) if clause["basis"] else ""
        source = text.word("rulebook_source", str(clause["source"])) if clause["source"] else ""
        head = [clause["clause"], edition["id"], text("trace.digest", digest=edition["digest"][:DIGITS]), basis, source]
        page.say(f"├ {'  '.join(part for part in head if part)}", indent=4)
        for term in clause["terms"]:
            values = "  ".join(f"{name} = {value}" for name, value in term["values"].items())
            page.say(f"{term['name']}:  {values}", "closed", indent=8)
    for part in line.get("parts") or ():
        product = f"{part['score']} × {part['weight']} % = {part['value']}"
        page.say(f"{part['dimension']}:  {product}", "closed", indent=8)
    for entry in line["entries"]:
        page.say(f"└ {_entry(page, entry)}", indent=4)
    for entry in line.get("behind") or ():
        page.say(f"└ {_entry(page, entry)}", "closed", indent=8)
    if not line["entries"]:
        page.say(f"└ {text('trace.no_entries')}", "closed", indent=4)


def _entry(page: Page, entry: Mapping[str, Any]) -> str:
    text = page.text
    recorded = day_of(parse_time(entry["recorded_at"])).isoformat()
    parts = [
        f"#{entry['index']}",
        text.event(str(entry["type"])),
        str(entry["effective_on"]),
        f"{text('folio.recorded_at')} {recorded}",
        f"{text('folio.leaf')} {entry['leaf'][:DIGITS]}…",
    ]
    parts += [text("trace.sections", count=entry["sections"])] if entry["sections"] else []
    return "  ".join(parts)
