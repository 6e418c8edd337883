"""A figure and its lines: what each line says, its clause, its edition, the entries it rests on, and the sum.

The lines always sum to the figure (DESIGN §5); the sum is written out below them. A line that takes points says how it
comes back.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from markupsafe import Markup

from api.pages.chips import Ref
from api.pages.marks import figure
from api.pages.reading import Reading
from ledger.rulebook.labels import LABELS

Answer = Mapping[str, Any]
ENTRIES_SHOWN: Final = 24


@dataclass(frozen=True, slots=True)
class Line:
    """One addend. `edition` is named where it is not the page's; `withheld` counts entries this viewer is not shown."""

    name: Markup
    formula: Markup | None
    value: str
    taking: bool
    clause: str | None
    clause_name: Markup | None
    edition: str | None
    refs: list[Ref]
    more: int
    withheld: int
    demonstration: bool
    remedy: Markup | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its lines, or why there is none. `sum` is the addition written out."""

    value: str | None
    reason: Markup | None
    lines: list[Line]
    demonstration: bool
    sum: str


class _Shown(dict[str, str]):
    """Parameters of a label; one that is missing shows as a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


def figure_of(reading: Reading, answer: Answer, titles: Mapping[str, Markup]) -> Figure:
    """The figure of an answer (`balance`, or a score). `titles` names the records that lines are about."""
    value, edition = answer.get("value"), None if reading.edition is None else reading.edition.id
    lines = [_line(reading, line, titles, edition) for line in answer.get("lines") or []]
    reason = answer.get("reason")
    return Figure(
        value=None if value is None else figure(value),
        reason=None if value is not None else _reason(reading, str(reason or "")),
        lines=lines,
        demonstration=bool(answer.get("demonstration")),
        sum=_written_out([str(line["value"]) for line in answer.get("lines") or []], str(value)),
    )


def _reason(reading: Reading, code: str) -> Markup:
    words = reading.words
    return words(f"no_figure.{code}") if words.has(f"no_figure.{code}") else Markup(words.text.reason(code))  # noqa: S704


def _line(reading: Reading, line: Answer, titles: Mapping[str, Markup], edition: str | None) -> Line:
    words, label, clause = reading.words, str(line.get("label") or ""), str(line.get("clause") or "")
    record = line.get("record")
    said = _label(reading, line)
    name = titles.get(str(record)) if record is not None else None
    events = line.get("events") or []
    taking = str(line["value"]).startswith("-")
    remedy = words.clause("remedy", clause) if taking else None
    return Line(
        name=name or _short_name(reading, label, clause) or said,
        formula=said if name or _short_name(reading, label, clause) else None,
        value=figure(line["value"]),
        taking=taking,
        clause=None if clause in ("", "rounding") else clause,
        clause_name=words.clause("clause", clause),
        edition=line.get("edition") if line.get("edition") not in (None, edition) else None,
        refs=reading.refs(events, ENTRIES_SHOWN),
        more=max(0, len(set(events)) - ENTRIES_SHOWN),
        withheld=int(line.get("events_withheld") or 0),
        demonstration=bool(line.get("demonstration")),
        remedy=remedy,
    )


def _short_name(reading: Reading, label: str, clause: str) -> Markup | None:
    words = reading.words
    if words.has(f"line.{label}"):
        return words(f"line.{label}")
    return words.clause("label", label) or words.clause("clause", clause)


def _label(reading: Reading, line: Answer) -> Markup:
    """A line in words, by its label and parameters, else by its clause."""
    label, words = str(line.get("label") or ""), reading.words
    if label in LABELS:
        params = {name: str(value) for name, value in (line.get("params") or {}).items()}
        return reading.said(LABELS[label][words.language.value].format_map(_Shown(params)))
    return _short_name(reading, label, str(line.get("clause") or "")) or reading.said(label)


def _written_out(values: Sequence[str], total: str) -> str:
    """`52.32 + 20.00 + 10.00 − 1.00 = 81.32`."""
    if not values:
        return ""
    first, *rest = values
    parts = [figure(first)]
    for value in rest:
        parts.append(f"− {value.removeprefix('-')}" if value.startswith("-") else f"+ {value}")
    return f"{' '.join(parts)} = {figure(total)}"


def values_of(answer: Answer) -> dict[str, tuple[str, bool]]:
    """What each record gives or takes in a figure, by the record's id, and whether that is a demonstration value."""
    found: dict[str, tuple[Decimal, bool]] = {}
    for line in answer.get("lines") or []:
        if line.get("record") is not None:
            before, marked = found.get(str(line["record"]), (Decimal(0), False))
            demonstration = marked or bool(line.get("demonstration"))
            found[str(line["record"])] = (before + Decimal(str(line["value"])), demonstration)
    return {record: (f"{value:.2f}", demonstration) for record, (value, demonstration) in found.items()}
