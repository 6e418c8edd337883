"""A person's balance: base − what standing findings cost + what kept promises add, then floor and cap (DOMAIN §5).

Internal and advisory: it is shown to the person and the auditor only and is never an input to eligibility.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction

from ledger.rulebook.cost import cost_of, deduct, in_order
from ledger.rulebook.edition import Edition
from ledger.rulebook.facts import Finding, Promise
from ledger.rulebook.figure import Outcome, Part, limit, plain, settle, total
from ledger.rulebook.windows import EditionTimeline, add_months


def balance(timeline: EditionTimeline, findings: Iterable[Finding], promises: Iterable[Promise], on: date) -> Outcome:
    """The balance on a day with its lines: R-P1 base, R-P2 per finding, R-P3 per commitment counted, then limits."""
    edition = timeline.on(on)
    person = edition.person
    base = Part(person.base.authority, edition, "base", person.base.value)
    costs = [_cost(finding, timeline, on) for finding in in_order(findings)]
    kept = _kept_promises(edition, promises, on)
    over_cap = min(person.commitment_on_time.active_cap - total(kept), Fraction(0))
    kept += limit(kept, over_cap, person.commitment_on_time.authority, edition, "kept-promise-cap")
    parts = [base, *costs, *kept]
    sum_so_far = total(parts)
    parts += limit(parts, max(person.floor.value - sum_so_far, Fraction(0)), person.floor.authority, edition, "floor")
    parts += limit(parts, min(person.cap.value - sum_so_far, Fraction(0)), person.cap.authority, edition, "cap")
    return settle(parts, edition)


def _cost(finding: Finding, timeline: EditionTimeline, on: date) -> Part:
    """What a finding takes; the line names the edition whose `deduct` is the mildest."""
    cost = cost_of(finding, timeline, deduct, on)
    return cost.part("finding", cost.authority, cost.points.edition)


def _kept_promises(edition: Edition, promises: Iterable[Promise], on: date) -> list[Part]:
    """A commitment kept on time counts from `fulfilled_on` to `valid_months` later, both days included."""
    rule = edition.person.commitment_on_time
    parts = []
    for promise in promises:
        if promise.waived or promise.fulfilled_on is None or not promise.on_time(on):
            continue
        last_day = add_months(promise.fulfilled_on, rule.valid_months)
        if on <= last_day:
            parts.append(
                Part(
                    rule.authority,
                    edition,
                    "kept-promise",
                    rule.points,
                    params={
                        "points": plain(rule.points),
                        "fulfilled_on": promise.fulfilled_on.isoformat(),
                        "until": last_day.isoformat(),
                    },
                    events=promise.entries,
                    record=promise.commitment,
                )
            )
    return parts
