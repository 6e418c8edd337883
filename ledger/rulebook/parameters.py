"""The words and tables of a rulebook edition: what each parameter is, and on which clause, basis and source it rests.

Plain frozen values; `edition.py` reads them from a file. Numbers with a fraction are exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction


class Severity(StrEnum):
    """How grave a finding is, in ascending order."""

    MINOR = "MINOR"
    GENERAL = "GENERAL"
    SERIOUS = "SERIOUS"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class FindingState(StrEnum):
    """How a finding reads on a day (DOMAIN §4.3); EXPIRED is worked out from dates."""

    CONFIRMED = "CONFIRMED"
    UPHELD = "UPHELD"
    VARIED = "VARIED"
    APPEALED = "APPEALED"
    OVERTURNED = "OVERTURNED"
    REMOVED = "REMOVED"
    REPAIRED = "REPAIRED"
    EXPIRED = "EXPIRED"


class Source(StrEnum):
    """Where a parameter comes from; figures built on a demonstration value say so."""

    PUBLISHED = "published"
    DEMONSTRATION = "demonstration"


class ClockFrom(StrEnum):
    """From which day the windows of a finding run."""

    DECISION_ON = "decision_on"


class Predicate(StrEnum):
    """What an eligibility rule asks of the records (DOMAIN §5)."""

    NO_CONSENT_OR_BASIS = "no-valid-consent-or-basis"
    ACTIVE_LISTING = "active-severe-or-court-listing"
    CRIMINAL_OR_EXPELLED = "criminal-punishment-or-expelled"
    RECRUITMENT_BAR = "recruitment-bar-not-over"
    DUTY_RELATED_FINDING = "duty-related-finding"
    OTHERWISE = "otherwise"


class CheckOutcome(StrEnum):
    CLEAR = "CLEAR"
    REFER = "REFER"
    BLOCK = "BLOCK"
    INCOMPLETE = "INCOMPLETE"


class EffectClass(StrEnum):
    """Whether an open appeal leaves an effect standing (statutory) or suspends it (discretionary)."""

    STATUTORY = "statutory"
    DISCRETIONARY = "discretionary"


@dataclass(frozen=True, slots=True)
class Authority:
    """What a parameter rests on."""

    clause: str
    basis: str | None
    source: Source

    @property
    def demonstration(self) -> bool:
        return self.source is Source.DEMONSTRATION


@dataclass(frozen=True, slots=True)
class Window:
    """A finding may be repaired from `min_months` on and lapses at `max_months`."""

    authority: Authority
    min_months: int
    max_months: int


@dataclass(frozen=True, slots=True)
class Windows:
    clock_from: ClockFrom
    of: Mapping[Severity, Window]


@dataclass(frozen=True, slots=True)
class TimeFactor:
    authority: Authority
    before_step: Fraction
    before_max: Fraction
    after_max: Fraction


@dataclass(frozen=True, slots=True)
class StatusFactor:
    authority: Authority
    of: Mapping[FindingState, Fraction]


@dataclass(frozen=True, slots=True)
class Amount:
    """One number with its clause."""

    authority: Authority
    value: Fraction


@dataclass(frozen=True, slots=True)
class Points:
    """What a finding costs, by severity."""

    authority: Authority
    of: Mapping[Severity, Fraction]


@dataclass(frozen=True, slots=True)
class KeptPromise:
    """What a commitment fulfilled on time adds to a person's balance, for how long, and the most all of them add."""

    authority: Authority
    points: Fraction
    valid_months: int
    active_cap: Fraction


@dataclass(frozen=True, slots=True)
class Person:
    base: Amount
    floor: Amount
    cap: Amount
    deduct: Points
    commitment_on_time: KeptPromise


@dataclass(frozen=True, slots=True)
class UnitCommitments:
    """Points for ρ, the window of due days, and the credit of each outcome; `none` is ρ without any commitment."""

    authority: Authority
    points: Fraction
    window_months: int
    on_time: Fraction
    late: Fraction
    open: Fraction
    broken: Fraction
    none: Fraction


@dataclass(frozen=True, slots=True)
class Link:
    """The share of an official's duty-related deductions that reaches the unit, and the most they take together."""

    authority: Authority
    share: Fraction
    cap: Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    assessment: Amount
    commitments: UnitCommitments
    conduct: Amount
    own_breach: Points
    link: Link


@dataclass(frozen=True, slots=True)
class DutyTest:
    """Which duty-related findings a rule means: how grave at least, and for how many months from the decision."""

    severity_at_least: Severity
    months: int


@dataclass(frozen=True, slots=True)
class EligibilityRule:
    """`duty` belongs to `duty-related-finding` alone."""

    authority: Authority
    id: str
    when: Predicate
    then: CheckOutcome
    effect: EffectClass
    duty: DutyTest | None


@dataclass(frozen=True, slots=True)
class Notice:
    """Periods in working days (`_wd`), days and months; no `report_limitation_months` means no limitation, no
    `feedback_wd` the one of the defaults."""

    authority: Authority
    breach_reply_wd: int
    pre_decision_wd: int
    appeal_days: int
    repair_decide_wd: int
    report_limitation_months: int | None
    feedback_wd: int | None = None


RETENTION_CLASSES = ("IDENTITY", "CASE", "CHECK", "ENTERPRISE")


@dataclass(frozen=True, slots=True)
class Retention:
    """Months that personal payload of a class is kept after its record's last day; an absent class has no period."""

    authority: Authority
    months: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Legacy:
    """The source systems whose records taken over this edition admits; without it no figure uses any."""

    authority: Authority
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Title:
    zh: str
    en: str
