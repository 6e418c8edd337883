"""The published ranking of units on a day: by the assessments of the newest period that was published, nothing else.

A unit's place is by the composite of its published scores, rounded once to two places; equal ones share a place and the
next is left out. Who was not published in the period stands apart, without a place and without a 0. A restated score
ranks from its own day on, and the one before it stays beside it with the reason. Everything is folded from entries, so
the ranking of a past day is the same after a replay.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from typing import Any, Final

from ledger.folds.assessment import Assessment, fold_assessment, scheme_of, weights_of
from ledger.folds.order import in_legal_order
from ledger.reading import Logged
from projections.reader import Reader

DISPUTED: Final = "DISPUTED"
_CENT: Final = Decimal("0.01")
_PERCENT: Final = 100
_RESTATED: Final = "AssessmentRestated"


@dataclass(frozen=True, slots=True)
class Period:
    """What was published of one period, of one kind of scheme; `begun` is its first publication."""

    kind: str | None
    name: str
    begun: tuple[date, int]
    of: Mapping[str, Assessment]  # by unit


def ranking(reader: Reader, *, as_of: date, as_known: int, units: Iterable[str] | None = None) -> dict[str, Any]:
    """`{"as_of", "as_known", "size", "period", "previous_period", "ranking": […], "not_assessed": […]}`.

    Both periods are None, and nobody is ranked, before the first publication. `units` are those registered by the day,
    where somebody knows them already (`ranked_units`); without them every registration is read.
    """
    periods = _periods(reader, as_of, as_known)
    current = periods[-1] if periods else None
    earlier = [one for one in periods[:-1] if current is not None and one.kind == current.kind]
    previous = earlier[-1] if earlier else None
    values = _values(reader, current, as_known)
    places, before = _places(values), _places(_values(reader, previous, as_known))
    registered = _units(reader, as_of, as_known) if units is None else units
    rows = [
        {
            **_named(reader, uid, as_known),
            "value": f"{value:.2f}",
            "rank": places[uid],
            "previous_rank": before.get(uid),
            **_published(reader, current.of[uid], as_of, as_known),
        }
        for uid, value in values.items()
        if current is not None
    ]
    return {
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        "period": None if current is None else current.name,
        "previous_period": None if previous is None else previous.name,
        "ranking": sorted(rows, key=lambda row: (row["rank"], row["code"] or "", row["uid"])),
        "not_assessed": sorted(
            (
                _named(reader, uid, as_known)
                for uid in registered
                if uid not in values and reader.survivor(uid, as_known) == uid
            ),
            key=lambda row: (row["code"] or "", row["uid"]),
        ),
    }


def _periods(reader: Reader, on: date, size: int) -> list[Period]:
    """The periods of which something was published by a day, in the order of their first publications.

    Of two assessments of a unit in one period the one published last counts, as in its score.
    """
    published_by = (entry for entry in reader.by_type("AssessmentPublished", size) if entry.effective_on <= on)
    survivor = cache(partial(reader.survivor, size=size))
    found: dict[tuple[str | None, str], list[tuple[date, int, Assessment]]] = {}
    for stream in dict.fromkeys(entry.stream for entry in published_by):
        one = fold_assessment(reader.stream(stream, size), on)
        if one is not None and one.published is not None and one.published_on is not None:
            adopted = scheme_of(reader, one, size)
            kind = None if adopted is None else adopted.data.get("period_kind")
            found.setdefault((kind, one.period), []).append((one.published_on, one.published, one))
    periods = []
    for (kind, name), published in found.items():
        in_order = sorted(published, key=lambda item: item[:2])
        of = {survivor(one.unit): one for _, _, one in in_order}
        periods.append(Period(kind, name, in_order[0][:2], of))
    return sorted(periods, key=lambda period: period.begun)


def _values(reader: Reader, period: Period | None, size: int) -> dict[str, Decimal]:
    """The published figure of each unit of a period."""
    if period is None:
        return {}
    return {uid: _composite(one.scores, weights_of(reader, one, size)) for uid, one in period.of.items()}


def _composite(scores: Mapping[str, str], weights: Mapping[str, int]) -> Decimal:
    """Σ score × weight / 100, rounded once."""
    exact = sum((Decimal(score) * weights.get(name, 0) for name, score in scores.items()), Decimal(0))
    return (exact / _PERCENT).quantize(_CENT, ROUND_HALF_UP)


def _places(values: Mapping[str, Decimal]) -> dict[str, int]:
    """One more than how many are higher."""
    first: dict[Decimal, int] = {}
    for place, value in enumerate(sorted(values.values(), reverse=True), start=1):
        first.setdefault(value, place)
    return {uid: first[value] for uid, value in values.items()}


def _units(reader: Reader, on: date, size: int) -> Iterator[str]:
    """The units registered by a day, merged ones among them."""
    for entry in reader.by_type("SubjectRegistered", size):
        if entry.data["kind"] == "UNIT" and entry.effective_on <= on:
            yield entry.uid


def _named(reader: Reader, uid: str, size: int) -> dict[str, Any]:
    identity = reader.identity(uid, size)
    return {
        "uid": uid,
        "subject": reader.caller_id(uid),
        "code": identity.get("uscc"),
        "name": identity.get("name"),
    }


def _published(reader: Reader, one: Assessment, on: date, size: int) -> dict[str, Any]:
    """Where a figure comes from: its publication, what it was before it was restated, and whether it is appealed."""
    entries = reader.stream(f"assessment/{one.uid}", size)
    return {
        "assessment": one.id,
        "published_on": None if one.published_on is None else one.published_on.isoformat(),
        "marks": [DISPUTED] if one.state == "APPEALED" else [],
        "restated": list(_restated(reader, one, entries, on, size)),
        "events": list(one.weight_events),
    }


def _restated(
    reader: Reader, one: Assessment, entries: Sequence[Logged], on: date, size: int
) -> Iterator[dict[str, Any]]:
    """The figures that stood before each restatement, with its day and its reason."""
    weights, scores = weights_of(reader, one, size), None
    for entry in in_legal_order([entry for entry in entries if entry.effective_on <= on]):
        if entry.type == _RESTATED and entry.index in one.weight_events and scores is not None:
            yield {
                "value": f"{_composite(scores, weights):.2f}",
                "until": entry.effective_on.isoformat(),
                "reason": entry.data.get("reason"),
                "event": entry.index,
            }
        if "scores" in entry.data and entry.index in one.events:
            scores = entry.data["scores"]
