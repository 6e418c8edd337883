"""A step line as the attributes of an SVG: grid, axis, steps and numbered markers, for the width it is drawn for.

Text keeps its size, so a phone has its own drawing and no shrunken one. Nothing is a style: colours and widths are
attributes, which the page's policy allows. The cut of the axis is said in words beside the chart.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from itertools import pairwise
from typing import Final

from api.pages.trend import Trend
from ledger.rulebook.windows import add_months

WIDE: Final = 1080
NARROW: Final = 326
HEIGHT: Final = 300
LEFT: Final = 44
TOP: Final = 34
BOTTOM: Final = 266
STEP: Final = Decimal(10)
MARKER: Final = 10  # radius
LEVELS: Final = 4  # circles above each other
_LABEL_WIDTH: Final = 44
_APART: Final = 2 * MARKER + 3


@dataclass(frozen=True, slots=True)
class Grid:
    y: str
    text_y: str
    label: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: str
    label: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A numbered change; `foot` is its point where the circle stands above it, `label` its value if there is room."""

    number: int
    x: str
    y: str
    text_y: str
    foot: str | None
    label: str | None
    label_x: str
    label_y: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything the template draws."""

    width: int
    height: int
    right: str
    path: str
    grid: list[Grid]
    ticks: list[Tick]
    markers: list[Marker]
    today_x: str
    floor: str


def chart_of(trend: Trend, width: int) -> Chart | None:
    """The chart of a trend; None where there is nothing to draw."""
    if not trend.points:
        return None
    values = [Decimal(point.value) for point in trend.points]
    low = (min(values) / STEP).to_integral_value(ROUND_FLOOR) * STEP
    high = (max(values) / STEP).to_integral_value(ROUND_CEILING) * STEP
    if high == low:
        high += STEP
    scale = _Scale(trend.first, trend.last, low, high, width)
    places = [(scale.x(max(point.on, trend.first)), scale.y(Decimal(point.value))) for point in trend.points]
    path = [f"M{places[0][0]:.1f} {places[0][1]:.1f}"]
    for x, y in places[1:]:
        path.append(f"H{x:.1f}V{y:.1f}")
    path.append(f"H{scale.x(trend.last):.1f}")
    return Chart(
        width=width,
        height=HEIGHT,
        right=f"{scale.right:.1f}",
        path="".join(path),
        grid=[_grid(scale, low + STEP * step) for step in range(int((high - low) / STEP) + 1)],
        ticks=_ticks(scale, wide=width >= WIDE),
        markers=_markers(places, [point.value for point in trend.points], scale),
        today_x=f"{scale.x(trend.last):.1f}",
        floor=f"{low:f}",
    )


@dataclass(frozen=True, slots=True)
class _Scale:
    first: date
    last: date
    low: Decimal
    high: Decimal
    width: int

    @property
    def right(self) -> float:
        return self.width - (_LABEL_WIDTH + MARKER if self.width >= WIDE else MARKER + 4)

    def x(self, day: date) -> float:
        return (
            LEFT + MARKER + (self.right - LEFT - 2 * MARKER) * (day - self.first).days / (self.last - self.first).days
        )

    def y(self, value: Decimal) -> float:
        return BOTTOM - float((value - self.low) / (self.high - self.low)) * (BOTTOM - TOP)


def _grid(scale: _Scale, value: Decimal) -> Grid:
    y = scale.y(value)
    return Grid(f"{y:.1f}", f"{y + 4.5:.1f}", f"{value:f}")


def _ticks(scale: _Scale, *, wide: bool) -> list[Tick]:
    """Quarter starts, named in full where there is room."""
    ticks = []
    day = date(scale.first.year, scale.first.month, 1)
    while (day := add_months(day, 1)) <= scale.last:
        if day.month % 3 == 1:
            ticks.append(Tick(f"{scale.x(day):.1f}", f"{day:%Y-%m-%d}" if wide else f"{day:%Y-%m}"))
    return ticks


def _markers(places: list[tuple[float, float]], values: list[str], scale: _Scale) -> list[Marker]:
    """Markers where there is room, one above the other if need be; the greatest changes come first to their place."""
    circles = _circles(places, values, levels=LEVELS if scale.width >= WIDE else 1)
    ordered = sorted(circles)
    markers = []
    for place, following in zip(ordered, [*ordered[1:], None], strict=True):
        (x, y), circle_y = places[place], circles[place]
        last = place == len(places) - 1
        at_end = last and scale.width < WIDE
        limit = places[following][0] if following is not None else scale.right + _LABEL_WIDTH
        room = circle_y == y and (at_end or limit - x >= _LABEL_WIDTH + 2 * MARKER)
        markers.append(
            Marker(
                number=place + 1,
                x=f"{x:.1f}",
                y=f"{circle_y:.1f}",
                text_y=f"{circle_y + 4.5:.1f}",
                foot=None if circle_y == y else f"{y:.1f}",
                label=values[place] if room else None,
                label_x=f"{min(x + 2 * MARKER, scale.width - 2.0):.1f}" if at_end else f"{x + MARKER + 4:.1f}",
                label_y=f"{y - MARKER - 4:.1f}",
                anchor="end" if at_end else "start",
            )
        )
    return markers


def _circles(places: list[tuple[float, float]], values: list[str], *, levels: int) -> dict[int, float]:
    """Where each circle stands above its point; those that find no place have none, the table has them all."""
    changes = [Decimal(0), *(abs(Decimal(after) - Decimal(before)) for before, after in pairwise(values))]
    order = sorted(range(len(places)), key=lambda place: (place != len(places) - 1, place != 0, -changes[place]))
    placed: dict[int, float] = {}
    for place in order:
        x, y = places[place]
        for level in range(levels):
            circle_y = y - level * _APART if y - level * _APART > TOP - _APART else y + level * _APART
            if all(
                abs(x - places[other][0]) >= _APART or abs(circle_y - other_y) >= _APART
                for other, other_y in placed.items()
            ):
                placed[place] = circle_y
                break
    return placed
