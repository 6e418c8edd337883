"""Eligibility: a short list of predicates on records, each with a clause; points never decide it (DOMAIN §1, §5).

The rules are asked in the order of the edition in force. The first match gives the outcome and every hit is listed,
one per rule with the entries of all its records. Where no consent and no basis holds, nothing else is asked. An open
appeal lifts no statutory rule; a discretionary one needs a factor above 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ledger.rulebook.cost import in_order
from ledger.rulebook.facts import Bar, ConsentFact, Finding, RecordKind
from ledger.rulebook.parameters import CheckOutcome, EffectClass, EligibilityRule, Predicate
from ledger.rulebook.standing import STANDING, Weight, weigh
from ledger.rulebook.windows import EditionTimeline, add_months

LISTINGS = frozenset({RecordKind.COURT_LIST, RecordKind.SEVERE_LIST})


@dataclass(frozen=True, slots=True)
class Hit:
    rule: str
    clause: str
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`records` are those of the hits, each once, in the order of their first entries; a bar is no record."""

    outcome: CheckOutcome
    hits: tuple[Hit, ...]
    records: tuple[str, ...]
    edition: str
    demonstration: bool


def eligibility(
    timeline: EditionTimeline,
    findings: Iterable[Finding],
    bars: Iterable[Bar],
    consent: ConsentFact,
    on: date,
) -> Verdict:
    """What the rules say about a person on a day; a named human decides (DOMAIN §1.4)."""
    edition = timeline.on(on)
    *rules, otherwise = edition.eligibility
    demonstration = any(rule.authority.demonstration for rule in edition.eligibility)
    weighed = [(finding, weigh(finding, timeline, on)) for finding in in_order(findings)]
    covering = [bar for bar in bars if bar.covers(on)]
    outcome: CheckOutcome | None = None
    hits: list[Hit] = []
    reported: list[Finding] = []
    for rule in rules:
        if rule.when is Predicate.NO_CONSENT_OR_BASIS:
            if not consent.valid:
                return Verdict(rule.then, (_hit(rule, [consent]),), (), edition.id, demonstration)
            continue
        matched = [finding for finding, weight in weighed if _matches(rule, finding, weight, on)]
        grounds = covering if rule.when is Predicate.RECRUITMENT_BAR else matched
        if grounds:
            outcome = outcome or rule.then
            hits.append(_hit(rule, grounds))
            reported += matched
    records = tuple(dict.fromkeys(finding.record for finding in in_order(reported)))
    return Verdict(outcome or otherwise.then, tuple(hits), records, edition.id, demonstration)


def _hit(rule: EligibilityRule, grounds: Sequence[Finding | Bar | ConsentFact]) -> Hit:
    entries = {index for ground in grounds for index in ground.entries}
    return Hit(rule.id, rule.authority.clause, tuple(sorted(entries)))


def _matches(rule: EligibilityRule, finding: Finding, weight: Weight, on: date) -> bool:
    """Whether a record falls under a rule on a day; a bar is no record."""
    if rule.effect is EffectClass.DISCRETIONARY and not weight.factor:
        return False
    standing = weight.state in STANDING
    if rule.when is Predicate.ACTIVE_LISTING:
        return standing and finding.record_kind in LISTINGS
    if rule.when is Predicate.CRIMINAL_OR_EXPELLED:
        return standing and finding.record_kind is RecordKind.DISCIPLINE and finding.lasting
    return (
        rule.duty is not None
        and finding.duty_related
        and finding.severity.rank >= rule.duty.severity_at_least.rank
        and weight.factor > 0
        and on < add_months(finding.decision_on, rule.duty.months)
    )
