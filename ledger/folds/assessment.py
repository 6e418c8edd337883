"""What an assessment of a unit is on a day: its scores, whether they are published, and whether they were restated.

The scores that count are those of the last AssessmentScored before the publication; AssessmentRestated replaces them
from its own day on and keeps the place of the publication (DOMAIN §5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from ledger.folds.order import in_legal_order, until
from ledger.folds.source import Source
from ledger.reading import Logged

_ABSENT: Final = ""
_PUBLISHED: Final = frozenset({"PUBLISHED", "APPEALED", "UPHELD", "RESTATED"})

TRANSITIONS: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "AssessmentScored": (frozenset({_ABSENT, "REVIEW"}), "REVIEW"),  # review by the unit begins by itself
    "AssessmentReviewed": (frozenset({"REVIEW"}), "REVIEW"),
    "AssessmentPublished": (frozenset({"REVIEW"}), "PUBLISHED"),
    "AssessmentAppealed": (_PUBLISHED, "APPEALED"),
    "AssessmentRestated": (_PUBLISHED, "RESTATED"),
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """An assessment on a day; `published` is the index of its publication, which also breaks ties for the newest."""

    id: str
    uid: str
    unit: str
    scheme_id: str
    scheme_uid: str | None  # None in entries older than this member
    system: str  # the name space of the ids in its scores: a source system, or the ledger's own
    period: str
    state: str
    scores: Mapping[str, str]
    published_on: date | None = None
    published: int | None = None
    weight_events: tuple[int, ...] = ()
    events: tuple[int, ...] = field(default=())


def fold_assessment(entries: Sequence[Logged], on: date) -> Assessment | None:
    """The assessment on a day, or None before its first scores. `entries` are those known, of one stream."""
    assessment: Assessment | None = None
    for entry in until(in_legal_order(entries), on):
        rule = TRANSITIONS.get(entry.type)
        if rule is None:
            continue
        sources, target = rule
        if (assessment.state if assessment else _ABSENT) in sources:
            assessment = _taken(assessment, entry, target)
    return assessment


def newest(assessments: Sequence[Assessment]) -> Assessment | None:
    """The one published last, ties by log order, whatever its period; None while none is published."""
    published = [one for one in assessments if one.published is not None]
    return max(published, key=lambda one: (one.published_on or date.min, one.published or 0), default=None)


def weights_of(source: Source, assessment: Assessment, size: int) -> Mapping[str, int]:
    """The weight of each dimension of an assessment's scheme, in percent, as they stood when it was published."""
    size = size if assessment.published is None else min(size, assessment.published)
    adopted = scheme_of(source, assessment, size)
    if adopted is None:
        return {}
    return {dimension["id"]: int(dimension["weight"]) for dimension in adopted.data["dimensions"]}


def scheme_of(source: Source, assessment: Assessment, size: int) -> Logged | None:
    """The adoption of an assessment's scheme; None where it is not known."""
    if assessment.scheme_uid is not None:
        return next(iter(source.stream(f"scheme/{assessment.scheme_uid}", size)), None)
    named = [
        entry
        for entry in source.by_type("AssessmentSchemeAdopted", size)
        if assessment.scheme_id in (entry.data["scheme_id"], entry.uid)
    ]
    own = [entry for entry in named if _system(entry) == assessment.system]
    ours = [entry for entry in named if not _system(entry)]
    return next(reversed(own or ours or named), None)


def _system(entry: Logged) -> str:
    return (entry.source or {}).get("system", "")


def _taken(assessment: Assessment | None, entry: Logged, target: str) -> Assessment:
    data = entry.data
    if assessment is None:
        assessment = Assessment(
            id=data["assessment_id"],
            uid=entry.uid,
            unit=data["unit_id"],
            scheme_id=data["scheme_id"],
            scheme_uid=data.get("scheme_uid"),
            system=_system(entry),
            period=data["period"],
            state=target,
            scores={},
        )
    assessment = replace(assessment, state=target, events=(*assessment.events, entry.index))
    if entry.type in ("AssessmentScored", "AssessmentRestated"):
        assessment = replace(assessment, scores=dict(data["scores"]))
    if entry.type == "AssessmentPublished":
        return replace(assessment, published_on=entry.effective_on, published=entry.index, weight_events=(entry.index,))
    if entry.type == "AssessmentRestated":
        return replace(assessment, weight_events=(*assessment.weight_events, entry.index))
    return assessment
