"""A unit's score: share × A + points × ρ + max(0, conduct − own − min(cap, link)) (DOMAIN §5).

Only duty-related findings of its officials reach a unit, through a capped share; private matters weigh nothing and
leave no line. Without a published assessment the score is null with reason `not-yet-assessed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from ledger.rulebook.cost import cost_of, deduct, in_order, own_breach
from ledger.rulebook.edition import Edition
from ledger.rulebook.facts import Assessment, Finding, Promise
from ledger.rulebook.figure import Outcome, Part, limit, plain, settle, total
from ledger.rulebook.windows import EditionTimeline, add_months

NOT_YET_ASSESSED = "not-yet-assessed"


def unit_score(
    timeline: EditionTimeline,
    assessment: Assessment | None,
    promises: Iterable[Promise],
    own: Iterable[Finding],
    linked: Iterable[Finding],
    on: date,
) -> Outcome:
    """The score on a day with its lines: R-U2, R-U3, R-U1, R-U4 per own finding, R-U5 per linked one, then limits.

    `own` are the findings about the unit, `linked` those of officials with this `unit_at_time`.
    """
    edition = timeline.on(on)
    if assessment is None:
        return Outcome(None, (), NOT_YET_ASSESSED, edition.id, False)
    conduct = _conduct(edition, timeline, own, linked, on)
    return settle([_assessed(edition, assessment), _promised(edition, promises, on), *conduct], edition)


def _assessed(edition: Edition, assessment: Assessment) -> Part:
    share = edition.unit.assessment
    params = {
        "assessment": assessment.assessment,
        "composite": plain(assessment.composite),
        "share": plain(share.value),
    }
    exact = share.value * assessment.composite
    return Part(share.authority, edition, "assessment", exact, params=params, events=assessment.entries)


def _promised(edition: Edition, promises: Iterable[Promise], on: date) -> Part:
    """points × ρ over the commitments due inside the window, both ends open; waived ones leave both sums."""
    rule = edition.unit.commitments
    window_start = add_months(on, -rule.window_months)
    counted = [promise for promise in promises if window_start < promise.due_on < on and not promise.waived]
    weight = sum(promise.weight for promise in counted)
    credit = sum((promise.weight * _credit(edition, promise, on) for promise in counted), Fraction(0))
    ratio = credit / weight if weight else rule.none
    params = {
        "points": plain(rule.points),
        "counted": str(len(counted)),
        "credit": plain(credit),
        "weight": str(weight),
        "ratio": plain(ratio),
    }
    events = [index for promise in counted for index in promise.entries]
    return Part(rule.authority, edition, "commitments", rule.points * ratio, params=params, events=events)


def _credit(edition: Edition, promise: Promise, on: date) -> Fraction:
    rule = edition.unit.commitments
    if promise.on_time(on):
        return rule.on_time
    if promise.fulfilled(on):
        return rule.late
    return rule.broken if promise.broken else rule.open


def _conduct(
    edition: Edition, timeline: EditionTimeline, own: Iterable[Finding], linked: Iterable[Finding], on: date
) -> list[Part]:
    """The conduct points, what findings take of them, what the link cap gives back, and the floor at zero."""
    rules = edition.unit
    parts = [Part(rules.conduct.authority, edition, "conduct", rules.conduct.value)]
    for finding in in_order(own):
        cost = cost_of(finding, timeline, own_breach, on)
        parts.append(cost.part("own-finding", cost.authority, cost.points.edition))
    links = [
        cost_of(finding, timeline, deduct, on).part("linked-finding", rules.link.authority, edition, rules.link.share)
        for finding in in_order(linked)
        if finding.duty_related and not finding.own
    ]
    over_cap = max(-total(links) - rules.link.cap, Fraction(0))
    parts += links + limit(links, over_cap, rules.link.authority, edition, "link-cap")
    below_zero = max(-total(parts), Fraction(0))
    return parts + limit(parts, below_zero, rules.conduct.authority, edition, "conduct-floor")
