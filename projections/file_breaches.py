"""The breaches of an integrity file, each with its state, its effects today, its end and its remedies.

`effects` names what a record does on the day: each with its class (STATUTORY effects stand through an appeal,
DISCRETIONARY ones do not), a code and its clause. A record that does nothing has none. `marks` holds DISPUTED while an
appeal is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from ledger.folds.breach import IN_FORCE, STANDING, Appeal, Breach
from ledger.folds.eligibility import GIVEN
from ledger.folds.facts import finding_of, reads
from ledger.folds.repair import Repair
from ledger.policy import APPEAL_AFTER_REVIEW_DAYS
from ledger.rulebook.deadlines import last_appeal_day
from ledger.rulebook.eligibility import eligibility
from ledger.rulebook.parameters import EffectClass, Predicate
from ledger.rulebook.standing import weigh
from ledger.rulebook.windows import EditionTimeline, first_repair_day
from projections.file_view import FileView, iso
from projections.visibility import Column, Row, Sight, row_of, sight

DISPUTED: Final = "DISPUTED"
NEVER_REPAIRED: Final = frozenset({"COURT_LIST", "DISCIPLINE"})  # removed or lifted at their source
RULE_EFFECTS: Final[Mapping[Predicate, str]] = {
    Predicate.ACTIVE_LISTING: "listing",
    Predicate.CRIMINAL_OR_EXPELLED: "exclusion",
    Predicate.DUTY_RELATED_FINDING: "referral",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A breach that a viewer sees, and its item; `whole` where nothing of it is withheld."""

    breach: Breach
    item: dict[str, Any]
    whole: bool


def shown_breaches(view: FileView) -> tuple[list[Shown], int]:
    """The breaches that the viewer sees, and how many more only count for them."""
    shown: list[Shown] = []
    counted = 0
    for breach in view.records.breaches:
        if breach.subject != view.records.subject:
            continue
        state = reads(breach, view.timeline, view.on)
        row = row_of(state, breach.severity, of_unit=view.of_unit)
        seen = _sight(view, breach, row)
        if seen is Sight.COUNTED:
            counted += 1
        elif seen is not Sight.NOTHING:
            whole = seen is Sight.WHOLE
            shown.append(Shown(breach, breach_item(view, breach, state, whole=whole), whole))
    return shown, counted


def _sight(view: FileView, breach: Breach, row: Row) -> Sight:
    seen = sight(view.column, row)
    if seen is Sight.COUNTED and not (breach.duty_related and view.unit in (None, breach.unit_at_time)):
        return Sight.NOTHING
    if view.column is Column.PUBLIC and not _published(breach):
        return Sight.NOTHING
    return seen


def _published(breach: Breach) -> bool:
    """A finding of ours is public where its decision says so; an authority's, in principle, unless it is MINOR."""
    return breach.severity != "MINOR" if breach.publicity is None and breach.imported else bool(breach.publicity)


def breach_item(view: FileView, breach: Breach, state: str, *, whole: bool) -> dict[str, Any]:
    """One breach; without `whole` only what it is and that it is disputed."""
    item: dict[str, Any] = {
        "id": breach.id,
        "uid": breach.uid,
        "state": state,
        "severity": breach.severity,
        "record_kind": breach.record_kind,
        "decision_on": iso(breach.decision_on),
        "effects": effects_of(view, breach) if state in IN_FORCE else [],
        "marks": [DISPUTED] if state == "APPEALED" else [],
        "events": list(breach.events if whole else breach.weight_events),
    }
    if not whole:
        return item
    return {
        **item,
        "proposed_severity": breach.proposed_severity,
        "category": breach.category,
        "list_code": breach.list_code,
        "occurred_on": breach.occurred_on,
        "opened_on": iso(breach.opened_on),
        "reply_due": iso(breach.reply_due),
        "ends_on": iso(breach.ends_on),
        "duty_related": breach.duty_related,
        "unit": view.name(breach.unit_at_time),
        "commitment": breach.commitment_id,
        **_ends(view.timeline, breach, state, view.on),
        "remedies": remedies_of(view, breach, state),
        "appeals": [_appeal(appeal) for appeal in breach.appeals],
        "texts": view.texts(breach.events),
    }


def effects_of(view: FileView, breach: Breach) -> list[dict[str, Any]]:
    """What a finding in force does on the day: to eligibility, to the points, to the unit.

    Points are no part of recruitment, so recruiting HR reads only what the rules of eligibility say.
    """
    timeline = view.timeline
    if timeline is None:
        return []
    finding = finding_of(breach, own=view.of_unit)
    edition = timeline.on(view.on)
    effects: list[dict[str, Any]] = []
    if not view.of_unit:
        matched = {hit.rule for hit in eligibility(timeline, [finding], (), GIVEN, view.on).hits}
        effects = [
            _effect(rule.effect, RULE_EFFECTS[rule.when], rule.authority.clause, rule=rule.id)
            for rule in edition.eligibility
            if rule.id in matched
        ]
    if view.column is not Column.RECRUITING_HR and weigh(finding, timeline, view.on).factor > 0:
        table = edition.unit.own_breach if view.of_unit else edition.person.deduct
        effects.append(_effect(EffectClass.DISCRETIONARY, "points", table.authority.clause))
        if not view.of_unit and breach.duty_related and breach.unit_at_time is not None:
            effects.append(_effect(EffectClass.DISCRETIONARY, "unit-link", edition.unit.link.authority.clause))
    return effects


def _effect(kind: EffectClass, code: str, clause: str, rule: str | None = None) -> dict[str, Any]:
    effect = {"class": kind.name, "effect": code, "clause": clause}
    return effect if rule is None else {**effect, "rule": rule}


def _ends(timeline: EditionTimeline | None, breach: Breach, state: str, on: date) -> dict[str, Any]:
    """The first day of repair, and the first day on which a record in force will read EXPIRED."""
    if timeline is None or state not in IN_FORCE:
        return {}
    finding = finding_of(breach)
    ends: dict[str, Any] = {"expires_on": None}
    if not finding.lasting:
        days = [weigh(finding, timeline, on).maximum.value]
        if breach.ends_on is not None and breach.ends_on < date.max:
            days.append(breach.ends_on + timedelta(days=1))
        ends["expires_on"] = min(days).isoformat()
    if breach.record_kind not in NEVER_REPAIRED:
        opens = first_repair_day(timeline, finding.severity, finding.decision_on, on)
        ends["repair_from"] = opens.value.isoformat()
    return ends


def remedies_of(view: FileView, breach: Breach, state: str) -> list[dict[str, Any]]:
    """The routes open on the day, by kind of record (DOMAIN §7); `until` is the last day, None while it stands."""
    if state == "NOTIFIED":
        return [{"route": "REPLY", "until": iso(breach.reply_due)}]
    if state not in STANDING or breach.decision_on is None:
        return []
    if breach.imported:
        return [{"route": "OBJECTION", "until": None}]
    if view.timeline is None or any(appeal.route == "APPEAL" for appeal in breach.appeals):
        return []
    last = last_appeal_day(view.timeline.on(view.on), breach.decision_on)
    reviewed = [appeal.decided_on for appeal in breach.appeals if appeal.decided_on is not None]
    if reviewed:
        last = max(last, reviewed[-1] + timedelta(days=APPEAL_AFTER_REVIEW_DAYS))
    routes = ("APPEAL",) if reviewed else ("REVIEW", "APPEAL")
    return [{"route": route, "until": last.isoformat()} for route in routes if view.on <= last]


def repair_item(repair: Repair) -> dict[str, Any]:
    """One repair, with the day by which the organ decides and the last day of a bar."""
    return {
        "id": repair.id,
        "breach": repair.breach_id,
        "state": repair.state,
        "applied_on": iso(repair.applied_on),
        "performed_on": iso(repair.performed_on),
        "accepted_on": iso(repair.accepted_on),
        "due_on": iso(repair.due_on),
        "decided_on": iso(repair.decided_on),
        "barred_until": iso(repair.barred_until),
        "events": list(repair.events),
    }


def _appeal(appeal: Appeal) -> dict[str, Any]:
    return {
        "route": appeal.route,
        "filed_on": iso(appeal.filed_on),
        "decided_on": iso(appeal.decided_on),
        "outcome": appeal.outcome,
        "events": list(appeal.events),
    }
