"""The decisions of a period for auditors: one row each, what was found, and what the export stands on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from api.text.page import Cell, Page, entries
from api.text.trace import DIGITS

NOT_INCLUDED: Final = "not-included"


def render_decisions(answer: Mapping[str, Any], page: Page) -> None:
    """Write the export as a page."""
    text, items = page.text, answer["decisions"]
    page.title(text("page.decisions"))
    period = [answer[name] or "…" for name in ("from", "to")] if answer["from"] or answer["to"] else None
    page.folio(
        [
            (text("column.period"), " – ".join(period) if period else None),
            (text("folio.size"), text("text.first_entries", size=answer["size"])),
            (text("folio.root"), f"{answer['root'][:DIGITS]}…" if answer["root"] else None),
        ]
    )
    if not items:
        page.say(text("decisions.none"), "closed", indent=2)
    else:
        names = ("case", "requested_on", "edition", "outcome", "decision", "decided_on", "events")
        columns = [(text(f"column.{name}"), False) for name in (*names, "again")]
        page.table(columns, [_row(page, item) for item in items])
    _show_findings(page, answer["findings"])
    page.emit()
    unproven = not answer["root"] or any(finding["code"] == NOT_INCLUDED for finding in answer["findings"])
    if unproven:
        page.say(text("decisions.not_proven", size=answer["size"]), "alarm")
    elif items:
        page.say(text("decisions.proven", count=len(answer["entries"]), size=answer["size"]), "proof")
    page.say(text("decisions.pseudonyms"), "closed")
    for name in answer.get("written") or ():
        page.say(text.labelled("decisions.written", name))


def _row(page: Page, item: Mapping[str, Any]) -> list[Cell]:
    text = page.text
    outcome, decision = item.get("outcome"), item.get("decision")
    return [
        str(item["check"])[:DIGITS],
        str(item.get("requested_on") or ""),
        str((item.get("rulebook") or {}).get("id") or ""),
        text.state("evaluation", str(outcome)) if outcome else "",
        text.state("decision", str(decision)) if decision else "",
        str(item.get("decided_on") or ""),
        entries(text, item["entries"], limit=3),
        text("decisions.same" if item["agrees"] else "decisions.differs"),
    ]


def _show_findings(page: Page, findings: Sequence[Mapping[str, Any]]) -> None:
    text = page.text
    if not findings:
        return
    page.section(text("section.findings"), str(len(findings)) if len(findings) > 1 else None)
    for finding in findings:
        page.say(text.finding(finding.get("code"), str(finding["what"])), "alarm", indent=2)
