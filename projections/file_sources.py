"""What was taken over from other systems about a subject: records, what releases said later, awards, promises.

Nothing here weighs anything unless the edition has a `[legacy]` clause; it is shown as its source has it. A release
that contradicts the record says so (`differs`), and what a source observed of a record nobody took over stands on its
own, so that a person finds every entry about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ledger.folds.commitment import Commitment
from ledger.folds.order import in_legal_order, until
from ledger.reading import Logged
from projections.file_view import FileView
from projections.visibility import SEES_OWN_HISTORY

FINDING: Final = "finding"  # the field of an observation that says what became of a case
_OBSERVED: Final = "SourceStateObserved"
_SUMMARY: Final = "summary"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """One record of a source: its import, None where only observations of it were taken over, and these."""

    stream: str
    imported: Logged | None
    observations: list[Logged]


def taken_over(view: FileView) -> Iterator[TakenOver]:
    """The records about the subject that count by the day. A unit's are those that name no person."""
    for stream, entries in view.records.entries.items():
        if not stream.startswith("record/"):
            continue
        known = until(in_legal_order(entries), view.on)
        if not known:
            continue
        imported = next((entry for entry in known if entry.type == "RecordImported"), None)
        about = (imported or known[0]).data
        if (about.get("subject_id") or about.get("unit_id")) == view.records.subject:
            yield TakenOver(stream, imported, [entry for entry in known if entry.type == _OBSERVED])


def imported_items(view: FileView) -> list[dict[str, Any]]:
    """Records taken over, each with what its source said of it later."""
    return [_imported(view, one.imported, one.observations) for one in taken_over(view) if one.imported is not None]


def _imported(view: FileView, imported: Logged, observed: list[Logged]) -> dict[str, Any]:
    data = imported.data
    events = [imported.index, *(entry.index for entry in observed)]
    observations = [_observation(view, entry, data["outcome"]) for entry in observed]
    return {
        "source": data["source"],
        "source_record": data["source_record"],
        "layer": data.get("layer"),
        "kind": data["kind"],
        "outcome": data["outcome"],
        "outcome_raw": _said(view, imported).get("outcome_raw"),
        "occurred_on": data.get("occurred_on"),
        "reported_on": data.get("reported_on"),
        "decided_on": data.get("decided_on"),
        "unit": view.name(data.get("unit_id")),
        "case": data.get("case_ref"),
        "duplicate_of": data.get("duplicate_of"),
        "observations": observations,
        "differs": any(one["differs"] for one in observations),
        "events": events,
        "texts": view.texts(events),
    }


def observation_items(view: FileView) -> list[dict[str, Any]]:
    """What sources observed of records that were not taken over themselves, but for those of an award."""
    awards = {_named(entry) for entry in view.own("CommendationRecorded")}
    return [
        {
            **_observation(view, entry, None),
            "source": entry.data["source"],
            "source_record": entry.data["source_record"],
            "unit": view.name(entry.data.get("unit_id")),
            "case": entry.data.get("case_ref"),
            "events": [entry.index],
            "texts": view.texts([entry.index]),
        }
        for one in taken_over(view)
        if one.imported is None
        for entry in one.observations
        if _named(entry) not in awards
    ]


def _observation(view: FileView, entry: Logged, outcome: str | None) -> dict[str, Any]:
    """One observation; `differs` where it states another finding than the record has."""
    said, field = _said(view, entry), entry.data["field"]
    new = said.get("new")
    inner = said.get(_SUMMARY)
    more: Mapping[str, Any] = inner if isinstance(inner, Mapping) else {}
    return {
        "observed_on": entry.data["observed_on"],
        "field": field,
        "old": said.get("old"),
        "new": new,
        "layer": more.get("layer"),
        "raw": more.get("finding_raw"),
        "differs": field == FINDING and outcome is not None and new not in (None, outcome),
        "event": entry.index,
    }


def commendation_items(view: FileView) -> list[dict[str, Any]]:
    """Commendations with their name and status at their source, and what was observed of them later."""
    observed: dict[tuple[str, str], list[Logged]] = {}
    for one in taken_over(view) if view.column in SEES_OWN_HISTORY else ():
        for entry in one.observations if one.imported is None else ():
            observed.setdefault(_named(entry), []).append(entry)
    return [_commendation(view, entry, observed.get(_named(entry), [])) for entry in view.own("CommendationRecorded")]


def _commendation(view: FileView, entry: Logged, later: list[Logged]) -> dict[str, Any]:
    events = [entry.index, *(one.index for one in later)]
    return {
        "source": entry.data["source"],
        "source_record": entry.data["source_record"],
        "status": entry.data["status"],
        "given_on": entry.data.get("given_on"),
        "award": _member(view, entry, "category"),
        "ref": entry.data.get("ref"),
        "unit": view.name(entry.data.get("unit_id")),
        "observations": [_observation(view, one, None) for one in later],
        "events": events,
        "texts": view.texts(events),
    }


def _named(entry: Logged) -> tuple[str, str]:
    return entry.data["source"], entry.data["source_record"]


def rank_items(view: FileView) -> list[dict[str, Any]]:
    """The ranks a source system gave a person, in the order they began as far as that is known."""
    ranks = [
        {
            "from": entry.data.get("from"),
            "seen_first": _member(view, entry, "first_seen_year"),
            "seen_last": _member(view, entry, "last_seen_year"),
            "source": entry.data["source"],
            "rank": _said(view, entry).get("rank"),
            "events": [entry.index],
        }
        for entry in view.own("RankRecorded")
    ]
    return sorted(ranks, key=lambda rank: str(rank["from"] or rank["seen_first"] or "9999"))


def source_state(view: FileView) -> dict[str, Any] | None:
    """What the source said of a subject when it was registered: active or not, appointed, resigned, as of when."""
    for entry in view.own("SubjectRegistered"):
        said = {name: _member(view, entry, name) for name in _SNAPSHOT}
        status, system = entry.data.get("status"), (entry.source or {}).get("system")
        if status is not None or any(said[name] for name in _IN_OFFICE):
            return {"status": status, **said, "system": system, "events": [entry.index]}
    return None


_IN_OFFICE: Final = ("appointed_on", "resigned_on", "last_seen_on")
_SNAPSHOT: Final = (*_IN_OFFICE, "observed_on", "rank_or_level", "post_category", "source")


def promise_taken_over(view: FileView, commitment: Commitment) -> dict[str, Any]:
    """What a source says of a promise: when it began, its state in its own words, and each later assessment."""
    if commitment.source is None:
        return {}
    first, *later = (view.by_index[index] for index in commitment.events)
    return {
        "start": first.data.get("start"),
        "status_raw": _said(view, first).get("status_raw"),
        "origin": _member(view, first, "source"),
        "assessments": [
            {
                "observed_on": entry.data.get("observed_on"),
                "level": _said(view, entry).get("level"),
                "due_on": entry.data.get("due_on"),
                "stage": entry.data.get("stage"),
                "event": entry.index,
            }
            for entry in later
            if entry.type == "CommitmentAssessed"
        ],
        "weighs": False,
    }


def _said(view: FileView, entry: Logged) -> Mapping[str, Any]:
    """What a source's row says: plain for a unit, the section `summary` for a person, as far as it can be opened."""
    summary = view.sections(entry).get(_SUMMARY)
    return {**entry.data, **(summary if isinstance(summary, Mapping) else {})}


def _member(view: FileView, entry: Logged, name: str) -> str | None:
    """A member of the source's own row."""
    row = _said(view, entry)
    while isinstance(row.get(_SUMMARY), Mapping):
        row = row[_SUMMARY]
    value = row.get(name)
    return None if value is None else str(value)
