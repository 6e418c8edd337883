"""Figures and their lines: exact until one rounding, and the lines always sum to the figure (DESIGN §5).

Each line is rounded HALF_UP (halves away from zero) to two places, the figure is the exact sum rounded once, and a
difference between the two is a last line with clause `rounding`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from ledger.rulebook.edition import Edition
from ledger.rulebook.parameters import Authority

ROUNDING = "rounding"


@dataclass(frozen=True, slots=True)
class FigureLine:
    """One addend of a figure: its clause, the edition the clause stands in and the entries it rests on.

    `label` is a stable code and `params` what it speaks of (`labels.py` puts both into words); `record` is the
    finding or commitment the line is about, where it is about one.
    """

    clause: str
    label: str
    params: Mapping[str, str]
    value: str
    edition: str
    events: tuple[int, ...]
    demonstration: bool
    record: str | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A figure, or None with the reason; `edition` is the one in force on the day."""

    value: str | None
    lines: tuple[FigureLine, ...]
    reason: str | None
    edition: str
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Part:
    """A line before rounding."""

    authority: Authority
    edition: Edition
    label: str
    exact: Fraction
    params: Mapping[str, str] = field(default_factory=dict)
    events: Iterable[int] = ()
    record: str | None = None
    demonstration: bool = False

    def line(self) -> FigureLine:
        return FigureLine(
            clause=self.authority.clause,
            label=self.label,
            params=self.params,
            value=_written(_hundredths(self.exact)),
            edition=self.edition.id,
            events=tuple(sorted(set(self.events))),
            demonstration=self.demonstration or self.authority.demonstration,
            record=self.record,
        )


def total(parts: Iterable[Part]) -> Fraction:
    """The exact sum."""
    return sum((part.exact for part in parts), Fraction(0))


def limit(parts: Sequence[Part], excess: Fraction, authority: Authority, edition: Edition, label: str) -> list[Part]:
    """The line that says what a cap takes or a floor gives, resting on the entries of the lines it limits."""
    if not excess:
        return []
    events = [index for part in parts if part.exact for index in part.events]
    demonstration = any(part.demonstration or part.authority.demonstration for part in parts)
    return [Part(authority, edition, label, excess, events=events, demonstration=demonstration)]


def settle(parts: Sequence[Part], edition: Edition) -> Outcome:
    """Rounds the lines and the figure, and adds the difference where there is one."""
    lines = [part.line() for part in parts]
    figure = _hundredths(total(parts))
    difference = figure - sum(_hundredths(part.exact) for part in parts)
    if difference:
        lines.append(FigureLine(ROUNDING, ROUNDING, {}, _written(difference), edition.id, (), False, None))
    return Outcome(_written(figure), tuple(lines), None, edition.id, any(line.demonstration for line in lines))


def plain(number: Fraction) -> str:
    """The number itself, exact: a decimal where it ends, otherwise the fraction (`2/3`)."""
    rest, places = number.denominator, 0
    for prime in (2, 5):
        times = 0
        while rest % prime == 0:
            rest, times = rest // prime, times + 1
        places = max(places, times)
    if rest > 1 or not places:
        return str(number)
    whole, decimals = divmod(abs(number.numerator) * 10**places // number.denominator, 10**places)
    return f"{'-' if number < 0 else ''}{whole}.{decimals:0{places}d}"


def _hundredths(number: Fraction) -> int:
    whole = (200 * abs(number.numerator) + number.denominator) // (2 * number.denominator)
    return whole if number >= 0 else -whole


def _written(hundredths: int) -> str:
    sign = "-" if hundredths < 0 else ""
    return f"{sign}{abs(hundredths) // 100}.{abs(hundredths) % 100:02d}"
