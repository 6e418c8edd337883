"""An eligibility check for people: the rule's result, the human decision, and the records it may rest on, apart.

A rule's result is not a decision (ui/UI.md §1.7): two sections, two verbs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.padding import Padding

from api.text.folio import edition_id, folio_of, is_demonstration
from api.text.page import Page, entries, styled


def render_check(answer: Mapping[str, Any], page: Page) -> None:
    """Write the check of DESIGN §8."""
    text = page.text
    page.title(text("page.check"), str(answer["check"]))
    folio_of(page, answer, (text("folio.subject"), str(answer["subject"])))
    state = answer.get("state")
    page.facts(
        [
            (text("folio.state"), text.state("check", str(state)) if state else None),
            (text("column.requested_on"), answer.get("requested_on")),
            (text("column.requester"), answer.get("requester")),
            (text("column.post_ref"), answer.get("post_ref")),
            (text("column.reply_due"), answer.get("reply_due")),
        ],
        indent=0,
    )

    page.section(text("section.evaluation"))
    outcome = answer.get("outcome")
    if outcome:
        page.emit(_indented(page, "evaluation", str(outcome)))
        if answer.get("evaluated_size") is not None:
            known = text("text.first_entries", size=answer["evaluated_size"])
            page.say(text("text.evaluated_at", as_of=answer.get("evaluated_on"), known=known), "closed", indent=2)
    hits = answer.get("hits") or []
    if hits:
        page.table(
            [(text("column.rule"), False), (text("column.item"), False), (text("column.clause"), False),
             (text("column.events"), False)],
            [[str(hit["rule"]), _rule(page, hit), str(hit.get("clause") or ""), entries(text, hit.get("events"))]
             for hit in hits],
        )  # fmt: skip
        for hit in hits:
            remedy = text.clause("remedy", str(hit.get("when") or hit["rule"]))
            if remedy:
                page.say(f"{text('text.remedy')} {hit['rule']}  {remedy}", "record", indent=2)
    elif outcome:
        page.say(text("text.no_hits"), indent=2)

    page.section(text("section.records"))
    usable = answer.get("breaches_in_report") or []
    page.say("  ".join(str(record) for record in usable) if usable else text("text.no_usable"), indent=2)

    page.section(text("section.decision"))
    decision = answer.get("decision")
    if decision:
        page.emit(_indented(page, "decision", str(decision)))
        if answer.get("decided_on"):
            page.facts([(text("column.decided_on"), answer["decided_on"])])
        if text.has(f"remedy.{decision}"):
            page.say(f"{text('text.remedy')}  {text(f'remedy.{decision}')}", "record", indent=2)
    else:
        page.say(text("text.no_decision"), indent=2)
    if answer.get("events"):
        page.facts([(text("column.events"), entries(text, answer["events"], limit=20))])
    page.emit()
    page.say(text("text.rule_not_decision"), "closed")
    edition = edition_id(answer)
    if edition and is_demonstration(answer):
        page.demonstration(edition)


def _indented(page: Page, lifecycle: str, code: str) -> Padding:
    return Padding(styled(page.text.state(lifecycle, code)), (0, 0, 0, 2), expand=False)


def _rule(page: Page, hit: Mapping[str, Any]) -> str:
    return page.text.clause("rule", str(hit.get("when") or hit["rule"])) or ""
