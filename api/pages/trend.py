"""The way of a unit's score over the last twelve months: the days on which it changed, and which lines changed it.

A score moves on days only: by an entry that takes effect, a commitment that falls due, a window that ends. It is asked
for at month ends and on the days of the unit's own entries, and where two answers differ the day between is found by
halving, so a step stands on its own day. The number of questions is bounded. A finding of which the reader sees nothing
on the last day is named on no day before it: the points stay, its entries do not.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from ledger.application import Ledger
from ledger.rulebook.windows import add_months
from projections.unit_score import unit_score, unseen_entries

MONTHS: Final = 12
DAYS_ASKED: Final = 60
MOST_QUESTIONS: Final = 200

Answer = Mapping[str, Any]
Ask = Callable[[date], Answer]


@dataclass(frozen=True, slots=True)
class Change:
    """A line that another value was given to: its clause and label, and the difference."""

    clause: str
    label: str
    difference: str


@dataclass(frozen=True, slots=True)
class Point:
    """A day from which the score has this value, until the next. `entries` are new ones its lines rest on."""

    on: date
    value: str
    difference: str | None
    changes: tuple[Change, ...]
    entries: tuple[int, ...]
    withheld: bool


@dataclass(frozen=True, slots=True)
class Trend:
    """The points in order, and the day in view."""

    first: date
    last: date
    points: tuple[Point, ...]


def trend_of(ledger: Ledger, unit: str, *, on: date, size: int, viewer: str) -> Trend:
    """The trend up to a day as known at a size. `NotFound` where no edition is known."""
    known: dict[date, Answer] = {}

    def ask(day: date) -> Answer:
        if day not in known:
            known[day] = unit_score(ledger, unit, as_of=day, as_known=size, viewer=viewer)
        return known[day]

    first = add_months(on, -MONTHS)
    days = _days(ledger, unit, first, on, size)
    budget = MOST_QUESTIONS - len(days)
    steps: list[date] = [days[0]]
    for before, after in pairwise(days):
        budget = _find(ask, before, after, steps, budget)
    unseen = unseen_entries(ledger, unit, as_of=on, as_known=size, viewer=viewer)
    return Trend(first, on, _points(ask, steps, unseen))


def _days(ledger: Ledger, unit: str, first: date, last: date, size: int) -> list[date]:
    """Both ends, the month ends between, and the newest days on which an entry took effect."""
    ends = {first, last}
    end = date(first.year, first.month, 1)
    while (end := add_months(end, 1)) <= last:
        ends.add(max(first, end - timedelta(days=1)))
    took_effect = {entry.effective_on for entry in ledger.history(unit, size) if first < entry.effective_on <= last}
    newest = sorted(took_effect - ends)[-(DAYS_ASKED - len(ends)) :]
    return sorted(ends | set(newest))


def _find(ask: Ask, before: date, after: date, steps: list[date], budget: int) -> int:
    """Note the days in (before, after] on which the lines change, as far as halving finds them."""
    if _key(ask(before)) == _key(ask(after)):
        return budget
    if (after - before).days <= 1 or budget <= 0:
        steps.append(after)
        return budget
    middle = before + (after - before) // 2
    budget = _find(ask, before, middle, steps, budget - 1)
    return _find(ask, middle, after, steps, budget)


def _lines(answer: Answer) -> dict[tuple[str, str], Decimal]:
    """The value of each line by clause and label, those of one name summed."""
    found: dict[tuple[str, str], Decimal] = {}
    for line in answer.get("lines") or []:
        name = (str(line["clause"]), str(line["label"]))
        found[name] = found.get(name, Decimal(0)) + Decimal(str(line["value"]))
    return found


def _key(answer: Answer) -> object:
    return answer["value"], tuple(sorted(_lines(answer).items()))


def _points(ask: Ask, steps: list[date], unseen: frozenset[int]) -> tuple[Point, ...]:
    points: list[Point] = []
    before: Answer | None = None
    for day in steps:
        answer = ask(day)
        if answer["value"] is None:
            before = None
            continue
        if before is None or _key(before) != _key(answer):
            points.append(_point(day, answer, before, unseen))
        before = answer
    return tuple(points)


def _point(day: date, answer: Answer, before: Answer | None, unseen: frozenset[int]) -> Point:
    value = Decimal(str(answer["value"]))
    if before is None:
        return Point(day, f"{value:.2f}", None, (), (), False)
    old, new = _lines(before), _lines(answer)
    changes = tuple(
        Change(clause, label, f"{new.get((clause, label), Decimal(0)) - old.get((clause, label), Decimal(0)):.2f}")
        for clause, label in dict.fromkeys([*new, *old])
        if new.get((clause, label), Decimal(0)) != old.get((clause, label), Decimal(0))
    )
    moved = {(change.clause, change.label) for change in changes}
    resting = [_resting(one, moved) for one in (answer, before)]
    hidden = not unseen.isdisjoint(resting[0][0] ^ resting[1][0])
    difference = value - Decimal(str(before["value"]))
    return Point(
        day,
        f"{value:.2f}",
        f"{difference:.2f}",
        changes,
        tuple(sorted(resting[0][0] - resting[1][0] - unseen)),
        hidden or resting[0][1] != resting[1][1],
    )


def _resting(answer: Answer, moved: set[tuple[str, str]]) -> tuple[set[int], int]:
    """The entries that these lines rest on, and how many are withheld."""
    lines = [line for line in answer.get("lines") or [] if (str(line["clause"]), str(line["label"])) in moved]
    events = {int(index) for line in lines for index in line.get("events") or []}
    return events, sum(int(line.get("events_withheld") or 0) for line in lines)
