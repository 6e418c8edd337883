"""One eligibility check as a page shows it: its steps, the rule's result, what the candidate said, what was decided.

A rule's result is not a decision (ui/UI.md §1.7): they are apart, with two verbs. Points are no part of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from api.desk import Desk
from api.pages.case_records import Usable, usable_records
from api.pages.chips import Ref
from api.pages.eligibility_list import consent_of, name_of
from api.pages.marks import day
from api.pages.reading import Reading
from ledger.reading import Logged

CONSIDERATIONS: Final = (
    "nature_of_position",
    "nature_and_seriousness",
    "circumstances",
    "recency",
    "age_at_the_time",
    "contributing_conditions",
    "rehabilitation",
)
HEARD: Final = frozenset({"RESPONDED", "LAPSED"})
DECIDABLE: Final = frozenset({"EVALUATED", "NOTICED", "RESPONDED", "LAPSED"})


@dataclass(frozen=True, slots=True)
class Step:
    name: Markup
    when: Markup
    done: bool
    now: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that matched, in words, with its clause, the entries it rests on and how it can be put right."""

    rule: str
    said: Markup
    clause: str
    refs: list[Ref]
    remedy: Markup | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by which unit and role, with its reasons and what was weighed."""

    code: str
    tag: Markup
    on: Markup
    by: list[Markup]
    reasons: list[Markup]
    considerations: list[tuple[Markup, Markup]]
    departs: bool
    again: bool
    ref: Ref


@dataclass(frozen=True, slots=True)
class Case:
    """Everything the page of a check shows. `version` is what its reader saw."""

    uid: str
    id: str
    name: Markup
    purpose: Markup
    post: Markup | None
    requester: Markup | None
    state: str
    state_tag: Markup
    consent: Markup
    steps: list[Step]
    outcome: str | None
    outcome_tag: Markup | None
    evaluated: Markup | None
    hits: list[Hit]
    records: list[Usable]
    response: Markup | None
    response_ref: Ref | None
    reply_due: str | None
    decisions: list[Decision]
    disputed: Markup | None
    evaluation_ref: Ref | None
    version: int

    @property
    def can_notice(self) -> bool:
        return self.state == "EVALUATED" and self.outcome != "INCOMPLETE"

    @property
    def notice_departs(self) -> bool:
        """Whether a notice, which proposes a refusal, departs from the rule: no rule matched."""
        return self.outcome == "CLEAR"

    @property
    def can_decide(self) -> bool:
        return self.state in DECIDABLE and self.outcome != "INCOMPLETE"

    @property
    def can_refuse(self) -> bool:
        """Whether a decision against the candidate may be taken: after they were heard, or the period ended."""
        return self.state in HEARD

    @property
    def can_notify(self) -> bool:
        return self.state == "DECIDED"

    def departs(self, decision: str) -> bool:
        """Whether a decision differs from what the rule said."""
        return (self.outcome, decision) in (("BLOCK", "ELIGIBLE"), ("CLEAR", "NOT_ELIGIBLE"))


def case_of(desk: Desk, reading: Reading, uid: str) -> Case:
    """The check by pseudonym, for this viewer: a look at the candidate's record."""
    check = desk.check(uid, reading.moment)
    entries = desk.ledger.stream(f"check/{check['uid']}", reading.moment.as_known)
    counting = [entry for entry in entries if entry.effective_on <= reading.on]
    by_type = {entry.type: entry for entry in counting}
    answered, disputed = by_type.get("CandidateResponded"), by_type.get("EligibilityDisputed")
    evaluated = by_type.get("EligibilityEvaluated")
    words = reading.words
    return Case(
        uid=str(check["uid"]),
        id=str(check["check"]),
        name=name_of(reading, str(check["subject_uid"])),
        purpose=words.code("purpose", str(check["purpose"])),
        post=reading.said(check["post_ref"]) if check.get("post_ref") else None,
        requester=reading.unit(check.get("requester")),
        state=str(check["state"]),
        state_tag=reading.chips.step(check),
        consent=consent_of(reading, str(check["uid"])),
        steps=_steps(reading, check, by_type),
        outcome=check.get("outcome"),
        outcome_tag=reading.chips.tag("evaluation", str(check["outcome"])) if check.get("outcome") else None,
        evaluated=_evaluated(reading, check),
        hits=[_hit(reading, hit) for hit in check.get("hits") or []],
        records=usable_records(reading, check),
        response=None if answered is None else _text(reading, answered, "statement"),
        response_ref=None if answered is None else reading.entry(answered.index).ref,
        reply_due=check.get("reply_due"),
        decisions=[_decision(reading, entry) for entry in counting if entry.type in _DECISIONS],
        disputed=None if disputed is None else _text(reading, disputed, "grounds"),
        evaluation_ref=None if evaluated is None else reading.entry(evaluated.index).ref,
        version=len(entries),
    )


_DECISIONS: Final = ("EligibilityDecided", "EligibilityRedetermined")


def _text(reading: Reading, entry: Logged, section: str) -> Markup:
    """What a section says; that it was destroyed, where it was."""
    opened: Any = reading.ledger.sections(entry, (section,)).get(section)
    text = opened.get(section) if isinstance(opened, Mapping) else opened
    return reading.words.counted("record.destroyed", 1) if text is None else reading.said(text)


def _evaluated(reading: Reading, check: Mapping[str, Any]) -> Markup | None:
    if check.get("evaluated_size") is None:
        return None
    return reading.words(
        "case.evaluated", day=day(check["evaluated_on"]), size=check["evaluated_size"], edition=check["rulebook"]
    )


def _hit(reading: Reading, hit: Mapping[str, Any]) -> Hit:
    words, name = reading.words, str(hit.get("when") or hit["rule"])
    return Hit(
        rule=str(hit["rule"]),
        said=words.clause("rule", name) or reading.said(name),
        clause=str(hit.get("clause") or ""),
        refs=reading.refs(hit.get("events") or []),
        remedy=words.clause("remedy", name),
    )


def _decision(reading: Reading, entry: Logged) -> Decision:
    words, opened = reading.words, reading.ledger.sections(entry)
    weighed = opened.get("considerations")
    weighed = weighed.get("considerations", weighed) if isinstance(weighed, Mapping) else {}
    unit, role = entry.actor.get("unit"), words.known("role", entry.actor.get("role"))
    named = reading.unit(None if unit is None else reading.ledger.caller_id(unit))
    return Decision(
        code=str(entry.data["decision"]),
        tag=reading.chips.tag("decision", str(entry.data["decision"])),
        on=day(entry.effective_on),
        by=[part for part in (named, role) if part is not None],
        reasons=[_text(reading, entry, "reasons")],
        considerations=[
            (words(f"consider.{name}"), reading.said(weighed[name])) for name in CONSIDERATIONS if weighed.get(name)
        ],
        departs=bool(entry.data.get("departs_from_rule")),
        again=entry.type == "EligibilityRedetermined",
        ref=reading.entry(entry.index).ref,
    )


def _steps(reading: Reading, check: Mapping[str, Any], by_type: Mapping[str, Logged]) -> list[Step]:
    """The six steps, each with its day: what is done, which one is now."""
    words, state = reading.words, str(check["state"])
    done = {
        "request": day(check["requested_on"]),
        "evaluation": day(check["evaluated_on"]) if check.get("evaluated_on") else None,
        "notice": _on(by_type, "PreDecisionNoticeSent"),
        "response": _on(by_type, "CandidateResponded"),
        "decision": _on(by_type, "EligibilityDecided"),
        "service": _on(by_type, "EligibilityNotified"),
    }
    if done["notice"] and not done["response"] and (state == "LAPSED" or done["decision"]):
        done["response"] = words("steps.ended", day=day(check["reply_due"]))
    now = None if check.get("outcome") == "INCOMPLETE" else _now(state, bool(done["decision"]))
    skipped = done["decision"] is not None and done["notice"] is None
    return [
        Step(
            name=words(f"steps.{name}"),
            when=when
            or words("steps.none" if skipped and name in ("notice", "response") else _later(state, name, now)),
            done=when is not None or (skipped and name in ("notice", "response")),
            now=name == now,
        )
        for name, when in done.items()
    ]


def _now(state: str, decided: bool) -> str | None:
    if state == "NOTICED":
        return "response"
    if state in ("EVALUATED", "RESPONDED", "LAPSED"):
        return "decision"
    return "service" if decided and state in ("DECIDED", "NOTIFIED", "DISPUTED", "REDETERMINED") else None


def _later(state: str, name: str, now: str | None) -> str:
    if name == now:
        return "steps.now"
    return "steps.withdrawn" if state == "WITHDRAWN" else "steps.later"


def _on(by_type: Mapping[str, Logged], type_: str) -> Markup | None:
    entry = by_type.get(type_)
    return None if entry is None else day(entry.effective_on)
