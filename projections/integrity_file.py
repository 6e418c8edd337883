"""The integrity file of a person or a unit on a day, as known at a size, shaped by who looks and why (DOMAIN §8).

Every state and figure is a fold of the subject's own entries; nothing is read from a materialised list. A section that
the viewer may not see is empty, and the balance is absent. Recruiting HR needs a consent that holds on the day and sees
exactly the breaches that a check of that day would report.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.errors import Refused
from ledger.folds.break_glass import Glass
from ledger.folds.consent import Consent
from ledger.folds.eligibility import verdict_on
from ledger.folds.facts import consent_for, findings_of_person, promises_of, reads, records_on
from ledger.reading import Logged
from ledger.rulebook.balance import balance as balance_of
from projections import file_sections as sections
from projections import file_sources as sources
from projections.break_glass import behind, glass_items
from projections.figures import figure
from projections.file_breaches import Shown, breach_item, counted_breaches, shown_breaches
from projections.file_data_requests import data_request_items
from projections.file_measures import measure_items
from projections.file_remedies import repair_item
from projections.file_view import FileView
from projections.reader import Reader, registered, timeline_if_any
from projections.visibility import (
    COUNTS_OFFICIALS,
    SEES_BALANCE,
    SEES_CAREER,
    SEES_DATA_REQUESTS,
    SEES_GLASS,
    SEES_OWN_HISTORY,
    SEES_PROMISES,
    Column,
    column_behind_glass,
    column_of,
)

NO_EDITION = "no-edition"
COMMITMENTS_IN_SCOPE = "COMMITMENT"


def integrity_file(
    reader: Reader,
    subject: str,
    *,
    as_of: date,
    as_known: int,
    viewer: str = "AUDITOR",
    unit: str | None = None,
    purpose: str | None = None,
    glass: Glass | None = None,
) -> dict[str, Any]:
    """The answer `file → …` of DESIGN §8; `glass` is an emergency look-up that holds (`projections.break_glass`).

    `NotFound` with code `unknown-subject`; `Refused` with code `consent-missing` for recruiting HR without a consent
    to its unit (to any, when `unit` is None). Without an edition the states are those of the entries alone and the
    balance is null with reason `no-edition`; a recruitment file then raises `NotFound` with that code.
    """
    column = column_of(viewer, purpose) if glass is None else column_behind_glass(viewer)
    registration = registered(reader, subject, as_known)
    view = _view(reader, registration, as_of, as_known, column, unit)
    answer = {
        "subject": reader.caller_id(registration.uid),
        "uid": registration.uid,
        "kind": registration.data["kind"],
        "name": _name(reader, registration, column, as_known),
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        "viewer": viewer,
        "purpose": purpose,
        "rulebook": None if view.timeline is None else view.timeline.on(as_of).id,
    }
    if glass is not None:
        answer["glass"] = behind(glass)
    if answer["name"] is None and view.is_erased(registration):
        answer["erased"] = True  # the person's name and id: what is left is a pseudonym
    merged = reader.registrations(registration.uid, as_known)
    if len(merged) > 1 and column in SEES_OWN_HISTORY:
        answer["registrations"] = list(merged)
    answer |= _ended(reader, registration.uid, as_of, as_known)
    if column is Column.RECRUITING_HR:
        return {**answer, **_for_recruitment(view, as_known)}
    return {**answer, **_for_viewer(view, as_known)}


def _view(
    reader: Reader, registration: Logged, as_of: date, as_known: int, column: Column, unit: str | None
) -> FileView:
    timeline = timeline_if_any(reader, as_known, as_of)
    return FileView(
        reader=reader,
        records=records_on(reader, registration.uid, as_of, as_known, timeline),
        timeline=timeline,
        on=as_of,
        column=column,
        of_unit=registration.data["kind"] != "PERSON",
        unit=None if unit is None else reader.survivor(reader.uid("subject", unit) or unit, as_known),
    )


def _name(reader: Reader, registration: Logged, column: Column, size: int) -> str | None:
    """As corrected last; a unit's name is plain, a person's is for those who may read its promises."""
    if registration.data["kind"] == "PERSON" and column not in SEES_PROMISES:
        return registration.data.get("name")
    name = reader.identity(registration.uid, size).get("name")
    return None if name is None else str(name)


def _ended(reader: Reader, uid: str, on: date, size: int) -> dict[str, Any]:
    """The first day on which a unit was no more, and whose its open matters are then; absent where it goes on."""
    relations = reader.relations(size)
    day = relations.ended_on(uid)
    if day is None or on < day:
        return {}
    after = relations.successors(uid)
    successor = next((one for one in after if not relations.has_ended(one, on)), after[-1])
    return {"ended_on": day.isoformat(), "successor": reader.caller_id(successor), "successor_uid": successor}


def _for_viewer(view: FileView, size: int) -> dict[str, Any]:
    column = view.column
    shown, measures = shown_breaches(view), measure_items(view, size)
    career = column in SEES_CAREER
    history = column in SEES_OWN_HISTORY
    of_unit_to_all = view.of_unit and column in (Column.UNIT_HEAD, Column.PUBLIC)
    answer: dict[str, Any] = {
        "breaches": [one.item for one in shown],
        "commitments": _commitments(view) if career or of_unit_to_all else [],
        "repairs": [repair_item(view, repair) for one in shown if one.whole for repair in one.breach.repairs],
        "sanctions": sections.sanction_items(view, standing_only=column is Column.OWN_HR) if career else [],
        "measures": measures,
        "appraisals": [],  # graded once appraisals are recorded
        "commendations": sources.commendation_items(view) if career else [],
        "imported": sources.imported_items(view) if history else [],
        "demonstration": any(item["demonstration"] for item in (*measures, *(one.item for one in shown))),
    }
    if view.of_unit and column in COUNTS_OFFICIALS:
        answer |= _counted(view, answer)
    if career and not view.of_unit:
        answer |= {"posts": sections.post_items(view), "ranks": sources.rank_items(view)}
    at_source = sources.source_state(view) if career else None
    if at_source is not None:
        answer["source_state"] = at_source
    if history:
        answer |= _history(view, shown)
    if column in SEES_GLASS and not view.of_unit:
        answer["break_glass"] = glass_items(view)
    if column in SEES_DATA_REQUESTS and not view.of_unit:
        answer["data_requests"] = data_request_items(view)
        answer["demonstration"] |= any(item["demonstration"] for item in answer["data_requests"])
    if column in SEES_BALANCE and not view.of_unit:
        answer["balance"] = _balance(view)
        answer["demonstration"] |= answer["balance"]["demonstration"]
    return answer


def _counted(view: FileView, answer: dict[str, Any]) -> dict[str, Any]:
    """How many duty-related findings of officials count toward a unit; absent where there is none."""
    count = len(counted_breaches(view))
    if not count:
        return {}
    timeline = view.timeline
    marked = timeline is not None and timeline.on(view.on).unit.link.authority.demonstration
    return {"breaches_withheld": count, "demonstration": answer["demonstration"] or marked}


def _history(view: FileView, shown: list[Shown]) -> dict[str, Any]:
    """Everything that was recorded about the subject, for itself and the auditor."""
    history: dict[str, Any] = {
        "observations": sources.observation_items(view),
        "timeline": sections.timeline_items(view, (one.breach for one in shown)),
    }
    if not view.of_unit:
        history |= {"checks": sections.check_items(view), "consents": sections.consent_items(view)}
    return history


def _commitments(view: FileView) -> list[dict[str, Any]]:
    return sections.commitment_items(view, public_only=view.column is Column.PUBLIC)


def _balance(view: FileView) -> dict[str, Any]:
    if view.timeline is None:
        return {"value": None, "lines": [], "reason": NO_EDITION, "demonstration": False}
    findings = findings_of_person(view.records)
    return figure(balance_of(view.timeline, findings, promises_of(view.records, view.timeline, view.on), view.on))


def _for_recruitment(view: FileView, size: int) -> dict[str, Any]:
    """What recruiting HR may see: what a check of the day would report, and promises where the consent says so."""
    consent = _consent(view)
    timeline = view.reader.editions(size)
    verdict = verdict_on(view.records, timeline, view.on)
    reported = set(verdict.records)
    shown = [
        breach
        for breach in view.records.breaches
        if breach.id in reported and breach.found and breach.subject == view.records.subject
    ]
    in_scope = COMMITMENTS_IN_SCOPE in consent.scope
    items = [breach_item(view, breach, reads(breach, timeline, view.on), whole=False) for breach in shown]
    return {
        "breaches": items,
        "commitments": _commitments(view) if in_scope else [],
        "repairs": [],
        "sanctions": sections.sanction_items(view, bars_only=True),
        "measures": [],
        "appraisals": [],
        "commendations": [],
        "imported": [],
        "consent": {"id": consent.id, "scope": list(consent.scope), "events": list(consent.events)},
        "demonstration": verdict.demonstration or any(item["demonstration"] for item in items),
    }


def _consent(view: FileView) -> Consent:
    own = [consent for consent in view.records.consents if consent.subject == view.records.subject]
    consent = consent_for(own, view.on, purpose="RECRUIT", recipient=view.unit)
    if consent is None:
        raise Refused("no consent of the person for this purpose holds on that day", code="consent-missing")
    return consent
