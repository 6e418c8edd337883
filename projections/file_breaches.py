"""The breaches of an integrity file, each with its state, its effects today, its end and its remedies.

`effects` names what a record does on the day: each with its class (STATUTORY effects stand through an appeal,
DISCRETIONARY ones do not), a code and its clause. A record that does nothing has none. `marks` holds DISPUTED while an
appeal is open. Until something is found there is a `proposed_severity` and no `severity`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.clock import day_of
from ledger.folds.breach import IN_FORCE, Breach
from ledger.folds.eligibility import GIVEN
from ledger.folds.facts import finding_of, reads
from ledger.rulebook.deadlines import is_provisional
from ledger.rulebook.eligibility import eligibility
from ledger.rulebook.parameters import EffectClass, Predicate
from ledger.rulebook.standing import weigh
from projections.file_data_requests import disclosed
from projections.file_remedies import appeal_item, end_of, remedies_of, repair_of
from projections.file_view import FileView, iso
from projections.on_behalf import on_behalf_in
from projections.recourse import recourse_of
from projections.visibility import SEES_TEXTS, Column, Row, Sight, row_of, sight

DISPUTED: Final = "DISPUTED"
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


def shown_breaches(view: FileView) -> list[Shown]:
    """The breaches that the viewer sees; the person also the declined reports that the desk has shown (DOMAIN §8)."""
    shown: list[Shown] = []
    by_the_desk = disclosed(view) if view.column is Column.PERSON else frozenset()
    for breach in view.records.breaches:
        if breach.subject != view.records.subject:
            continue
        state = reads(breach, view.timeline, view.on)
        seen = sight_of(view.column, breach, row_of(state, breach.severity, of_unit=view.of_unit))
        if state == "DECLINED" and breach.uid in by_the_desk:
            seen = Sight.WHOLE
        if seen is not Sight.NOTHING:
            whole = seen is Sight.WHOLE
            shown.append(Shown(breach, breach_item(view, breach, state, whole=whole), whole))
    return shown


def counted_breaches(view: FileView) -> list[Breach]:
    """The findings of officials that count toward a unit, for a viewer who learns no more of them than how many."""
    return [
        breach
        for breach in view.records.breaches
        if breach.subject != view.records.subject
        and breach.duty_related
        and breach.unit_at_time == view.records.subject
        and reads(breach, view.timeline, view.on) in IN_FORCE
    ]


def sight_of(column: Column, breach: Breach, row: Row) -> Sight:
    """How much a viewer sees of a breach in a row; the public only of what is published."""
    seen = sight(column, row)
    if column is Column.PUBLIC and not _published(breach):
        return Sight.NOTHING
    return seen


def _published(breach: Breach) -> bool:
    """A finding of ours is public where its decision says so; an authority's, in principle, unless it is MINOR.

    What an appeal made MINOR was decided to be public as something graver.
    """
    made_minor = breach.severity == "MINOR" and any(appeal.outcome == "VARIED" for appeal in breach.appeals)
    if breach.publicity is None and breach.imported:
        return breach.severity != "MINOR"
    return bool(breach.publicity) and not made_minor


def breach_item(view: FileView, breach: Breach, state: str, *, whole: bool) -> dict[str, Any]:
    """One breach; without `whole` only what it is, whether it is disputed, and for recruiting HR how it ends."""
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
        "demonstration": _demonstrates(view, breach),
    }
    if view.column is Column.RECRUITING_HR:
        item |= {**end_of(view.timeline, breach, state, view.on), "remedies": remedies_of(view, breach, state)}
    if not whole:
        return item
    item |= {
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
        **end_of(view.timeline, breach, state, view.on),
        **repair_of(view.timeline, breach, state, view.on),
        "remedies": remedies_of(view, breach, state),
        "recourse": recourse_of(view, breach, state),
        "recusals": _recusals(view, breach),
        "appeals": [appeal_item(view, appeal) for appeal in breach.appeals],
        "texts": view.texts(breach.events),
        **on_behalf_in(view, breach.events),
        **_provisional(view, breach),
    }
    notice = _notice(view, breach) if view.column in SEES_TEXTS else None
    return item if notice is None else {**item, "notice": notice}


def _notice(view: FileView, breach: Breach) -> dict[str, Any] | None:
    """What was put to the person last: the proposed finding, its basis and their rights; the facts are a text.

    `recorded_late`: the ledger learned of the notice when the reply period was over, so nobody could answer it here.
    """
    served = [entry for index in breach.events if (entry := view.by_index[index]).type == "BreachNotified"]
    if not served:
        return None
    data, recorded_on = served[-1].data, day_of(served[-1].recorded_at).isoformat()
    return {
        "event": served[-1].index,
        "served_on": data["served_on"],
        "recorded_on": recorded_on,
        "recorded_late": recorded_on > data["reply_due"],
        "reply_due": data["reply_due"],
        "proposed_finding": data["proposed_finding"],
        "basis": list(data.get("basis", ())),
        "rights_text": data.get("rights_text"),
    }


def _provisional(view: FileView, breach: Breach) -> dict[str, Any]:
    """That the reply period rests on a year whose working days nobody has published; nothing where it does not."""
    served = [entry.effective_on for index in breach.events if (entry := view.by_index[index]).type == "BreachNotified"]
    resting = bool(served) and is_provisional(view.timeline, served[-1], breach.reply_due)
    return {"provisional": True} if resting else {}


def _recusals(view: FileView, breach: Breach) -> list[dict[str, Any]]:
    """When somebody stepped back from the case and on which grounds; who it was is an entry's pseudonym."""
    entries = (view.by_index[index] for index in breach.events)
    return [
        {"on": iso(entry.effective_on), "grounds": list(entry.data["grounds"]), "event": entry.index}
        for entry in entries
        if entry.type == "ConflictDeclared"
    ]


def _demonstrates(view: FileView, breach: Breach) -> bool:
    """Whether state, effects or dates of a finding rest on demonstration values."""
    if view.timeline is None or not breach.found:
        return False
    edition = view.timeline.on(view.on)
    local = not breach.imported and edition.notice.authority.demonstration
    return local or weigh(finding_of(breach, own=view.of_unit), view.timeline, view.on).demonstration


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
