"""What one finding costs on a day, and the line that says so, for a person's balance and a unit's score alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from ledger.rulebook.edition import Edition
from ledger.rulebook.facts import Finding
from ledger.rulebook.figure import Part, plain
from ledger.rulebook.parameters import Authority, Points
from ledger.rulebook.standing import Weight, weigh
from ledger.rulebook.windows import EditionTimeline, Mildest, fewest_points

PointsTable = Callable[[Edition], Points]


def deduct(edition: Edition) -> Points:
    """The table of what a finding costs a person."""
    return edition.person.deduct


def own_breach(edition: Edition) -> Points:
    """The table of what a finding costs the unit it is about."""
    return edition.unit.own_breach


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings in the order of their first entries: the order of lines and of a report."""
    return sorted(findings, key=lambda finding: (finding.first_entry, finding.record))


@dataclass(frozen=True, slots=True)
class Cost:
    """The mildest points of a finding and its weight; both exact."""

    finding: Finding
    points: Mildest[Fraction]
    authority: Authority
    weight: Weight

    def part(self, label: str, authority: Authority, edition: Edition, share: Fraction | None = None) -> Part:
        """The line that takes this cost, or a share of it, under a clause of an edition."""
        params = {
            "severity": self.finding.severity.value,
            "state": self.weight.state.value,
            "points": plain(self.points.value),
            "points_edition": self.points.edition.id,
            "time": plain(self.weight.time),
            "status": plain(self.weight.status),
            "decision_on": self.finding.decision_on.isoformat(),
            "step_on": self.weight.step.value.isoformat(),
            "step_edition": self.weight.step.edition.id,
            "max_on": self.weight.maximum.value.isoformat(),
            "max_edition": self.weight.maximum.edition.id,
        }
        if share is not None:
            params["share"] = plain(share)
        return Part(
            authority,
            edition,
            label,
            -self.points.value * self.weight.factor * (1 if share is None else share),
            params=params,
            events=self.finding.entries,
            record=self.finding.record,
            demonstration=self.authority.demonstration or self.weight.demonstration,
        )


def cost_of(finding: Finding, timeline: EditionTimeline, table: PointsTable, on: date) -> Cost:
    """The cost of a finding in one table, mildest value by value."""
    points = fewest_points(timeline, table, finding.severity, finding.decision_on, on)
    return Cost(finding, points, table(points.edition).authority, weigh(finding, timeline, on))
