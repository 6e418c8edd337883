"""What a bench found: one value for each round, with median, spread and target, and the table that shows them.

A ratio is taken inside one round, between sides that took turns; the figure is the median over the rounds. A side that
could not be measured is a figure too: it says why. Whether a target is met is printed and never asserted.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

Round = Mapping[str, float]  # what each side reached in one round


@dataclass(frozen=True, slots=True)
class Target:
    """The bound of DESIGN §10 (as §11 amends it)."""

    bound: float
    at_most: bool = False

    def is_met(self, value: float) -> bool:
        return value <= self.bound if self.at_most else value >= self.bound


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table. Without `values` it was not measured, and `note` says why."""

    what: str
    where: str = ""
    values: tuple[float, ...] = ()
    unit: str = ""  # empty for a ratio
    target: Target | None = None
    note: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Figure:
        target = value.pop("target")
        values = tuple(value.pop("values"))
        return cls(**value, values=values, target=None if target is None else Target(**target))


def ratio(
    rounds: Sequence[Round], what: str, where: str, over: str, under: str, target: Target | None = None
) -> Figure:
    """One side ÷ another, round by round; a side that is missing in every round makes a figure without values."""
    absent = [side for side in (over, under) if any(side not in found for found in rounds)]
    if absent:
        return Figure(what, where, target=target, note=f"not measured: {' and '.join(absent)} missing")
    values = tuple(found[over] / found[under] for found in rounds)
    rates = [number(statistics.median(found[side] for found in rounds)) for side in (over, under)]
    return Figure(what, where, values, "", target, f"{rates[0]}/s ÷ {rates[1]}/s")


def rates(rounds: Sequence[Round], side: str, what: str, where: str, unit: str = "/s", note: str = "") -> Figure:
    """What one side reached, without a comparison."""
    return Figure(what, where, tuple(found[side] for found in rounds), unit, note=note)


HEADING = "| what | on | median | [min – max] | target | met | measured |\n|---|---|--:|---|--:|---|---|"


def table(figures: Iterable[Figure]) -> str:
    """The figures as Markdown."""
    return "\n".join([HEADING, *map(line, figures)])


def line(figure: Figure) -> str:
    """One row of the table."""
    return f"| {' | '.join(_cells(figure))} |"


def _cells(figure: Figure) -> list[str]:
    target = figure.target
    bound = "" if target is None else f"{'≤' if target.at_most else '≥'} {number(target.bound)}{_unit(figure.unit)}"
    if not figure.values:
        return [figure.what, figure.where, "–", "", bound, "" if target is None else "–", figure.note]
    median = statistics.median(figure.values)
    met = "" if target is None else "yes" if target.is_met(median) else "**no**"
    spread = f"{number(min(figure.values))} – {number(max(figure.values))}" if len(figure.values) > 1 else "one run"
    shown = f"{number(median)}{_unit(figure.unit)}"
    return [figure.what, figure.where, shown, spread, bound, met, figure.note]


def _unit(unit: str) -> str:
    return unit if not unit or unit.startswith("/") else f" {unit}"


def number(value: float) -> str:
    """A number with about three significant digits."""
    if value >= 1000:
        return f"{value:,.0f}"
    digits = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 0.1 else 3
    return f"{value:.{digits}f}"
