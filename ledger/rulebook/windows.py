"""Which edition is in force, and the mildest points and dates among those in force while a finding stood.

Months are calendar months, the day clamped to the month's end. An edition is in force from its activation to the next;
before the first, the first is. A finding gets the mildest value of the editions in force on any day from its decision
to the day asked about, value by value; each date is worked out with the min and max of one edition (DOMAIN §5). Of
equal values the earliest edition's is taken: a later one is cited only where it is milder.
"""

from __future__ import annotations

import calendar as gregorian
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Generic, TypeVar

from ledger.errors import NotFound
from ledger.rulebook.edition import Edition
from ledger.rulebook.parameters import Points, Severity

Value = TypeVar("Value", date, Fraction)


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), clamped to the month's end and to the years 1 to 9999."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    if year > date.max.year:
        return date.max
    if year < date.min.year:
        return date.min
    return date(year, month + 1, min(day.day, gregorian.monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Activation:
    """A RulebookActivated entry: the edition and the day from which it is in force."""

    effective_on: date
    edition: Edition
    index: int


class EditionTimeline:
    """The editions known at one moment, by the day from which each is in force; of one day the later entry holds."""

    def __init__(self, activations: Iterable[Activation]) -> None:
        by_day = {activation.effective_on: activation for activation in sorted(activations, key=lambda a: a.index)}
        self._days: Sequence[date] = sorted(by_day)
        self._editions: Sequence[Edition] = [by_day[day].edition for day in self._days]

    def on(self, day: date) -> Edition:
        """The edition in force on a day; `NotFound` with code `no-edition` when no activation is known."""
        return self._editions[self._place(day)]

    def between(self, first: date, last: date) -> list[Edition]:
        """The editions in force on any day from `first` to `last`, both included, in the order of their activation."""
        return list(self._editions[self._place(min(first, last)) : self._place(last) + 1])

    def _place(self, day: date) -> int:
        if not self._days:
            raise NotFound("no activation of a rulebook edition is known", code="no-edition")
        return max(bisect_right(self._days, day) - 1, 0)


@dataclass(frozen=True, slots=True)
class Mildest(Generic[Value]):
    """A value and the edition that gave it."""

    value: Value
    edition: Edition


def _mildest(editions: list[Edition], value_of: Callable[[Edition], Value]) -> Mildest[Value]:
    return min((Mildest(value_of(edition), edition) for edition in editions), key=lambda mildest: mildest.value)


def fewest_points(
    timeline: EditionTimeline, table: Callable[[Edition], Points], severity: Severity, decision_on: date, on: date
) -> Mildest[Fraction]:
    """The smallest points a finding of this severity costs in one table (`deduct` or `own_breach`)."""
    return _mildest(timeline.between(decision_on, on), lambda edition: table(edition).of[severity])


def first_repair_day(timeline: EditionTimeline, severity: Severity, decision_on: date, on: date) -> Mildest[date]:
    """The first day on which a repair may be applied for: the earliest decision_on + min."""
    return _mildest(
        timeline.between(decision_on, on),
        lambda edition: add_months(decision_on, edition.windows.of[severity].min_months),
    )


def step_day(timeline: EditionTimeline, severity: Severity, decision_on: date, on: date) -> Mildest[date]:
    """The first day of the lower time factor: the earliest decision_on + min, or + max where min is 0."""

    def step(edition: Edition) -> date:
        window = edition.windows.of[severity]
        return add_months(decision_on, window.min_months or window.max_months)

    return _mildest(timeline.between(decision_on, on), step)


def max_day(timeline: EditionTimeline, severity: Severity, decision_on: date, on: date) -> Mildest[date]:
    """The day from which the finding has lapsed: the earliest decision_on + max."""
    return _mildest(
        timeline.between(decision_on, on),
        lambda edition: add_months(decision_on, edition.windows.of[severity].max_months),
    )
