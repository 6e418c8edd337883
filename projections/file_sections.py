"""The other sections of an integrity file: promises, sanctions, posts, checks, consents, the timeline.

Each returns plain items with the indexes they rest on; which of them a viewer gets is decided in `integrity_file.py`.
What was taken over from other systems is in `file_sources.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from ledger.clock import format_time
from ledger.folds.breach import Breach
from ledger.folds.check import Check
from ledger.folds.commitment import Commitment
from ledger.folds.consent import Consent
from ledger.folds.facts import RECRUITMENT_BAR, broken_by
from ledger.folds.measure import is_applied_to
from ledger.rulebook.sanctions import shipped_kinds
from projections.break_glass import glasses_of
from projections.eligibility import evaluation, progress, recording, why
from projections.file_data_requests import request_streams
from projections.file_sources import promise_taken_over, taken_over
from projections.file_view import FileView, iso
from projections.on_behalf import on_behalf_in, recorded_by, recorded_for
from projections.recourse import recourse_of_sanction
from projections.visibility import SEES_OWN_HISTORY, SEES_PROMISES

# They stand in the stream of one of those they concern, and are everybody's whom they list.
WHO_IS_WHO: Final = frozenset({"SubjectsMerged", "MergeUndone", "UnitReorganised"})


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
        **on_behalf_in(view, commitment.events),
        **promise_taken_over(view, commitment),
        "events": list(commitment.events),
    }
    texts = view.texts(commitment.events)
    return {**item, "texts": texts} if texts else item


def _words(view: FileView, commitment: Commitment) -> str | None:
    """What was promised: plain for a unit, the section `text` for a person; None once it was destroyed."""
    entry = view.by_index[commitment.text_entry]
    words = entry.data.get("text")
    if words is None and view.column in SEES_PROMISES:
        words = view.sections(entry).get("text")
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
        kind = shipped_kinds().of[sanction.kind]
        items.append(
            {
                "kind": sanction.kind,
                "state": state,
                "from": iso(sanction.starts_on),
                "until": iso(sanction.until),
                "stated_until": iso(sanction.stated_until),
                "lifted_on": iso(sanction.lifted_on),
                "absorbed_by": sanction.absorbed_by,
                "extends": list(sanction.extends),
                "blocks": list(kind.blocks) if state in ("ACTIVE", "PENDING") else [],
                "clause": kind.authority.clause,
                "demonstration": kind.authority.demonstration,
                "recourse": recourse_of_sanction(view, sanction.imposed_on) if view.column in SEES_OWN_HISTORY else [],
                "events": list(sanction.events),
            }
        )
    return items


def post_items(view: FileView) -> list[dict[str, Any]]:
    """The posts of a person that are recorded by the day, in the order they begin."""
    posts = [
        {
            "unit": view.name(entry.data["unit_id"]),
            "level": entry.data.get("level"),
            "post": entry.data.get("post"),
            "from": entry.data["from"],
            "to": entry.data.get("to"),
            "events": [entry.index],
        }
        for entry in view.own("PostAssigned")
    ]
    return sorted(posts, key=lambda post: str(post["from"]))


def check_items(view: FileView) -> list[dict[str, Any]]:
    """The eligibility checks of a person, each as it was made and as it stands."""
    return [_check(view, check) for check in view.records.checks]


def _check(view: FileView, check: Check) -> dict[str, Any]:
    entries = [view.by_index[index] for index in check.events if index in view.by_index]
    return {
        "id": check.id,
        "uid": check.uid,
        **evaluation(check),
        **progress(view.reader, check),
        **recording(check, entries),
        **why(view.reader, entries),
        **on_behalf_in(view, check.events),
        "events": list(check.events),
    }


def consent_items(view: FileView) -> list[dict[str, Any]]:
    """The consents a person gave."""
    return [
        {
            "id": consent.id,
            "uid": consent.uid,
            "purpose": consent.purpose,
            "scope": list(consent.scope),
            "recipient": view.name(consent.recipient),
            "state": _consent_state(view, consent),
            "given_on": iso(consent.given_on),
            "expires_on": iso(consent.expires_on),
            "withdrawn_on": iso(consent.withdrawn_on),
            **on_behalf_in(view, consent.events),
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
            **({} if recorded_for(entry) is None else {"recorded_by": recorded_by(view.reader, entry)}),
        }
        for index, entry in sorted(view.by_index.items())
        if entry.effective_on <= view.on
        and (entry.stream in own or (entry.type in WHO_IS_WHO and view.records.subject in entry.subjects))
    ]


def _own_streams(view: FileView) -> set[str]:
    """The streams about the subject itself, less its breaches: a unit's history also holds those of its officials."""
    records, subject = view.records, view.records.subject
    streams = {f"subject/{subject}"}
    streams |= {one.stream for one in records.commitments if one.promisor == subject}
    streams |= {f"consent/{one.uid}" for one in records.consents if one.subject == subject}
    streams |= {f"check/{one.uid}" for one in records.checks}
    streams |= {f"glass/{one.uid}" for one in glasses_of(view)}
    streams |= {f"assessment/{one.uid}" for one in records.assessments if one.unit == subject}
    streams |= {stream for stream, entries in records.entries.items() if is_applied_to(entries[0], subject)}
    streams |= {stream for stream in records.entries if stream.startswith("erasure/")}  # of the subject's own payload
    streams |= request_streams(view)
    return streams | {one.stream for one in taken_over(view)}
