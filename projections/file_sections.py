"""The other sections of an integrity file: promises, sanctions, career, checks, consents, records taken over.

Each returns plain items with the indexes they rest on; which of them a viewer gets is decided in `integrity_file.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ledger.clock import format_time
from ledger.folds.breach import Breach
from ledger.folds.check import Check
from ledger.folds.commitment import Commitment
from ledger.folds.consent import Consent
from ledger.folds.facts import RECRUITMENT_BAR, broken_by
from ledger.folds.order import in_legal_order, until
from ledger.reading import Logged
from projections.eligibility import evaluation, progress
from projections.file_view import FileView, iso
from projections.visibility import SEES_PROMISES


def commitment_items(view: FileView, *, public_only: bool = False) -> list[dict[str, Any]]:
    """The subject's commitments with the due day in force; BROKEN while a finding that names one weighs something."""
    broken = broken_by(view.records, view.timeline, view.on)
    return [
        _commitment(view, commitment, "BROKEN" if commitment.open and commitment.id in broken else commitment.state)
        for commitment in view.records.commitments
        if commitment.promisor == view.records.subject and (commitment.public or not public_only)
    ]


def _commitment(view: FileView, commitment: Commitment, state: str) -> dict[str, Any]:
    item = {
        "id": commitment.id,
        "uid": commitment.uid,
        "state": state,
        "due_on": commitment.source_due if commitment.due_on is None else iso(commitment.due_on),
        "fulfilled_on": iso(commitment.fulfilled_on),
        "waived_on": iso(commitment.waived_on),
        "kind": commitment.kind,
        "weight": commitment.weight,
        "public": commitment.public,
        "made_on": iso(commitment.made_on),
        "amendments": commitment.amendments,
        "source": commitment.source,
        "text": _words(view, commitment),
        "events": list(commitment.events),
    }
    texts = view.texts(commitment.events)
    return {**item, "texts": texts} if texts else item


def _words(view: FileView, commitment: Commitment) -> str | None:
    """What was promised: plain for a unit, the section `text` for a person; None once it was destroyed."""
    entry = view.by_index[commitment.text_entry]
    words = entry.data.get("text")
    if words is None and entry.sections and view.column in SEES_PROMISES:
        words = view.reader.sections(entry, ("text",)).get("text")
    if isinstance(words, dict):
        words = words.get("text")
    return None if words is None else str(words)


def sanction_items(view: FileView, *, standing_only: bool = False, bars_only: bool = False) -> list[dict[str, Any]]:
    """The sanctions of a person; what is lifted or over is left out for those who look at what stands."""
    items = []
    for sanction in view.records.sanctions:
        state = sanction.state(view.on)
        if (standing_only and state not in ("ACTIVE", "PENDING")) or (bars_only and state != "ACTIVE"):
            continue
        if bars_only and sanction.kind != RECRUITMENT_BAR:
            continue
        items.append(
            {
                "kind": sanction.kind,
                "state": state,
                "from": iso(sanction.starts_on),
                "until": iso(sanction.until),
                "lifted_on": iso(sanction.lifted_on),
                "events": list(sanction.events),
            }
        )
    return items


def post_items(view: FileView) -> list[dict[str, Any]]:
    """The posts of a person in the order they begin, and the ranks a source system gave them."""
    posts = [
        {
            "unit": view.name(entry.data["unit_id"]),
            "level": entry.data.get("level"),
            "post": entry.data.get("post"),
            "from": entry.data["from"],
            "to": entry.data.get("to"),
            "events": [entry.index],
        }
        for entry in _own(view, "PostAssigned", started=False)
    ]
    return sorted(posts, key=lambda post: str(post["from"]))


def rank_items(view: FileView) -> list[dict[str, Any]]:
    """The ranks a source system gave a person."""
    return [
        {"from": entry.data.get("from"), "source": entry.data["source"], **_rank(view, entry), "events": [entry.index]}
        for entry in _own(view, "RankRecorded")
    ]


def _rank(view: FileView, entry: Logged) -> dict[str, Any]:
    opened = view.reader.sections(entry, ("summary",)).get("summary")
    return {"rank": opened.get("rank") if isinstance(opened, dict) else opened}


def commendation_items(view: FileView) -> list[dict[str, Any]]:
    """Commendations with their status at their source."""
    return [
        {
            "source": entry.data["source"],
            "source_record": entry.data["source_record"],
            "status": entry.data["status"],
            "given_on": entry.data.get("given_on"),
            "ref": entry.data.get("ref"),
            "unit": view.name(entry.data.get("unit_id")),
            "events": [entry.index],
            "texts": view.texts([entry.index]),
        }
        for entry in _own(view, "CommendationRecorded")
    ]


def imported_items(view: FileView) -> list[dict[str, Any]]:
    """Records taken over, each with what its source said of it later. A unit's are those that name no person."""
    items = []
    for _, known in _records_taken_over(view):
        data = known[0].data
        events = [entry.index for entry in known]
        items.append(
            {
                "source": data["source"],
                "source_record": data["source_record"],
                "layer": data.get("layer"),
                "kind": data["kind"],
                "outcome": data["outcome"],
                "outcome_raw": data.get("outcome_raw"),
                "occurred_on": data.get("occurred_on"),
                "reported_on": data.get("reported_on"),
                "decided_on": data.get("decided_on"),
                "unit": view.name(data.get("unit_id")),
                "case": data.get("case_ref"),
                "duplicate_of": data.get("duplicate_of"),
                "observations": [_observation(entry) for entry in known[1:]],
                "events": events,
                "texts": view.texts(events),
            }
        )
    return items


def _observation(entry: Logged) -> dict[str, Any]:
    return {"observed_on": entry.data["observed_on"], "field": entry.data["field"], "event": entry.index}


def check_items(view: FileView) -> list[dict[str, Any]]:
    """The eligibility checks of a person, each as it was made and as it stands."""
    return [_check(view, check) for check in view.records.checks]


def _check(view: FileView, check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "uid": check.uid,
        **evaluation(check),
        **progress(view.reader, check),
        "events": list(check.events),
    }


def consent_items(view: FileView) -> list[dict[str, Any]]:
    """The consents a person gave."""
    return [
        {
            "id": consent.id,
            "purpose": consent.purpose,
            "scope": list(consent.scope),
            "recipient": view.name(consent.recipient),
            "state": _consent_state(view, consent),
            "given_on": iso(consent.given_on),
            "expires_on": iso(consent.expires_on),
            "withdrawn_on": iso(consent.withdrawn_on),
            "events": list(consent.events),
        }
        for consent in view.records.consents
        if consent.subject == view.records.subject
    ]


def _consent_state(view: FileView, consent: Consent) -> str:
    if consent.withdrawn_on is not None:
        return "WITHDRAWN"
    return "VALID" if consent.holds(view.on) else "EXPIRED"


def timeline_items(view: FileView, breaches: Iterable[Breach]) -> list[dict[str, Any]]:
    """The entries of the subject's own records that count by the day, in log order; of its breaches, of these."""
    own = _own_streams(view) | {breach.stream for breach in breaches}
    return [
        {
            "index": entry.index,
            "type": entry.type,
            "effective_on": iso(entry.effective_on),
            "recorded_at": format_time(entry.recorded_at),
            "record": entry.stream,
        }
        for index, entry in sorted(view.by_index.items())
        if entry.effective_on <= view.on and entry.stream in own
    ]


def _own_streams(view: FileView) -> set[str]:
    """The streams about the subject itself, less its breaches: a unit's history also holds those of its officials."""
    records, subject = view.records, view.records.subject
    streams = {f"subject/{subject}"}
    streams |= {one.stream for one in records.commitments if one.promisor == subject}
    streams |= {f"consent/{one.uid}" for one in records.consents if one.subject == subject}
    streams |= {f"check/{one.uid}" for one in records.checks}
    streams |= {f"assessment/{one.uid}" for one in records.assessments if one.unit == subject}
    return streams | {stream for stream, _ in _records_taken_over(view)}


def _records_taken_over(view: FileView) -> Iterator[tuple[str, list[Logged]]]:
    """The records taken over about the subject: each with its import and then what was observed of it by the day."""
    for stream, entries in view.records.entries.items():
        known = until(in_legal_order(entries), view.on)
        imported = [entry for entry in known if entry.type == "RecordImported"]
        if stream.startswith("record/") and imported:
            data = imported[0].data
            if (data.get("subject_id") or data.get("unit_id")) == view.records.subject:
                yield stream, [*imported, *(entry for entry in known if entry.type == "SourceStateObserved")]


def _own(view: FileView, type: str, *, started: bool = True) -> Iterator[Logged]:  # noqa: A002 - the log's word
    """The entries of a type in the subject's own stream that count by the day (`started`) or are known at all."""
    for entry in view.records.entries.get(f"subject/{view.records.subject}", ()):
        if entry.type == type and (not started or entry.effective_on <= view.on):
            yield entry
