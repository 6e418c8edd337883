"""How a finding reads and weighs on a day: expiry from dates, time factor, status factor (DOMAIN §4.3, §5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from ledger.rulebook.facts import Finding
from ledger.rulebook.parameters import FindingState
from ledger.rulebook.windows import EditionTimeline, Mildest, max_day, step_day

STANDING = frozenset({FindingState.CONFIRMED, FindingState.UPHELD, FindingState.VARIED, FindingState.APPEALED})
"""The states in which a record is active; only these can expire."""


def reading_state(finding: Finding, timeline: EditionTimeline, on: date) -> FindingState:
    """The state a reader sees: a standing finding reads EXPIRED from max on or from the day after `ends_on`."""
    return _reading(finding, on, max_day(timeline, finding.severity, finding.decision_on, on).value)


def _reading(finding: Finding, on: date, maximum: date) -> FindingState:
    if finding.lasting or finding.state not in STANDING:
        return finding.state
    ended = finding.ends_on is not None and on > finding.ends_on
    return FindingState.EXPIRED if ended or on >= maximum else finding.state


@dataclass(frozen=True, slots=True)
class Weight:
    """The two factors of a finding on a day, with the dates and editions they come from."""

    state: FindingState
    time: Fraction
    status: Fraction
    step: Mildest[date]
    maximum: Mildest[date]
    demonstration: bool

    @property
    def factor(self) -> Fraction:
        return self.time * self.status


def weigh(finding: Finding, timeline: EditionTimeline, on: date) -> Weight:
    """The state and factors of a finding on a day."""
    tables = timeline.on(on)
    step = step_day(timeline, finding.severity, finding.decision_on, on)
    maximum = max_day(timeline, finding.severity, finding.decision_on, on)
    state = _reading(finding, on, maximum.value)
    if on < step.value:
        time = tables.time_factor.before_step
    elif on < maximum.value:
        time = tables.time_factor.before_max
    else:
        time = tables.time_factor.after_max
    rests_on = (
        tables.time_factor.authority,
        tables.status_factor.authority,
        step.edition.windows.of[finding.severity].authority,
        maximum.edition.windows.of[finding.severity].authority,
    )
    demonstration = any(authority.demonstration for authority in rests_on)
    return Weight(state, time, tables.status_factor.of[state], step, maximum, demonstration)
