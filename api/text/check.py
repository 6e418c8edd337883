"""An eligibility check for people: the rule's result, the human decision with its reasons, and the records, apart.

A rule's result is not a decision (ui/UI.md §1.7): two sections, two verbs. Who decided and why, what was weighed and
what the candidate said stand below the decision, for those who may read it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.text.deadlines import last_day
from api.text.folio import edition_id, folio_of, is_demonstration
from api.text.page import Page, entries
from api.text.recording import notice_late, on_behalf_of, requested_on

RECRUIT: Final = "RECRUIT"


def render_check(answer: Mapping[str, Any], page: Page) -> None:
    """Write the check of DESIGN §8."""
    text = page.text
    page.title(text("page.check"), str(answer["check"]))
    folio_of(page, answer, (text("folio.subject"), str(answer["subject"])))
    state = answer.get("state")
    post = "column.post_ref" if answer.get("purpose") == RECRUIT else "column.post_other"
    page.facts(
        [
            (text("folio.state"), text.state("check", str(state)) if state else None),
            (text("column.requested_on"), requested_on(text, answer)),
            (text("column.requester"), answer.get("requester")),
            (text(post), answer.get("post_ref")),
            (text("column.reply_due"), last_day(text, answer, "reply_due")),
            *notice_late(text, answer),
            *on_behalf_of(text, answer),
        ],
        indent=0,
    )
    _show_evaluation(page, answer)
    page.section(text("section.records"))
    usable = answer.get("breaches_in_report") or []
    page.say("  ".join(str(record) for record in usable) if usable else text("text.no_usable"), indent=2)
    _show_decision(page, answer)
    if answer.get("events"):
        page.facts([(text("column.events"), entries(text, answer["events"], limit=20))])
    page.emit()
    page.say(text("text.rule_not_decision"), "closed")
    edition = edition_id(answer)
    if edition and is_demonstration(answer):
        page.demonstration(edition)


def _show_evaluation(page: Page, answer: Mapping[str, Any]) -> None:
    text, outcome = page.text, answer.get("outcome")
    page.section(text("section.evaluation"))
    if outcome:
        page.say(text.state("evaluation", str(outcome)), indent=2)
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
            remedy = _remedy_of_rule(page, str(hit.get("when") or hit["rule"]), answer.get("purpose"))
            if remedy:
                page.say(f"{text('text.remedy')} {hit['rule']}  {remedy}", "record", indent=2)
    elif outcome:
        page.say(text("text.no_hits"), indent=2)


def _remedy_of_rule(page: Page, rule: str, purpose: Any) -> str | None:
    """How a rule can be put right; one is recruited, transferred, promoted or commended, and the words say which."""
    other = None if purpose == RECRUIT else page.text.clause("remedy_other", rule)
    return other or page.text.clause("remedy", rule)


def _show_decision(page: Page, answer: Mapping[str, Any]) -> None:
    text, decision = page.text, answer.get("decision")
    page.section(text("section.decision"))
    if not decision:
        page.say(text("text.no_decision"), indent=2)
        page.facts([(text("event_said.statement"), answer.get("statement"))])
        return
    page.say(text.state("decision", str(decision)), indent=2)
    page.facts([*_reasons(page, answer)])
    key = f"remedy.{decision}" if answer.get("purpose") == RECRUIT else f"remedy.{decision}_OTHER"
    if text.has(key):
        page.say(f"{text('text.remedy')}  {text(key)}", "record", indent=2)


def _reasons(page: Page, answer: Mapping[str, Any]) -> Iterator[tuple[str, str | None]]:
    text, decider = page.text, answer.get("decided_by") or {}
    yield text("column.decided_on"), answer.get("decided_on")
    role = text.word("role", str(decider["role"])) if decider.get("role") else ""
    unit = str(decider.get("unit") or "")
    by = text("text.bracketed", outer=unit, inner=role) if unit and role else unit or role
    yield text("column.decided_by"), by
    yield text("event_said.reasons"), answer.get("reasons")
    if answer.get("departs_from_rule"):
        yield text("column.departs"), text("text.departs")
    yield text("event_said.statement"), answer.get("statement")
    yield text("event_said.grounds"), answer.get("grounds")
    weighed = answer.get("considerations") or {}
    for name, said in weighed.items() if isinstance(weighed, Mapping) else ():
        if str(said).strip("… "):
            yield text.word("consideration", str(name)), str(said)


def _rule(page: Page, hit: Mapping[str, Any]) -> str:
    return page.text.clause("rule", str(hit.get("when") or hit["rule"])) or ""
