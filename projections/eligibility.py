"""An eligibility check as it was made, with what became of it (DESIGN §8, `check → …`).

Outcome, hits and the breaches in the report are those of its evaluation, whatever is known today; decision and state
are those of the day and the size asked about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any, Final

from ledger.clock import day_of
from ledger.errors import NotFound
from ledger.folds.check import Check, check_on
from ledger.reading import Logged
from ledger.rulebook.deadlines import is_provisional
from ledger.rulebook.remedies import RecordOf
from projections.on_behalf import on_behalf
from projections.reader import Reader, timeline_if_any
from projections.recourse import recourse_for
from projections.visibility import SEES_CHECKS, SEES_OWN_HISTORY, Column, column_of

REFERENCE_CLAUSE: Final = "征信业管理条例 18"  # with whose consent; what it may lead to is REFER, by an edition's rule
REQUEST: Final = "EligibilityCheckRequested"
NOTICE: Final = "PreDecisionNoticeSent"
_DECISIONS: Final = ("EligibilityDecided", "EligibilityRedetermined")


def check(
    reader: Reader,
    check_id: str,
    *,
    as_of: date,
    as_known: int,
    viewer: str = "AUDITOR",
    units: Collection[str] | None = None,
) -> dict[str, Any]:
    """The check on a day, as known at a size; `NotFound` with code `unknown-check` before its request.

    A check names what stands against its candidate, so it is absent as well to who sees no record of a person: a unit's
    head and the public (DOMAIN §8). Who decided, on which reasons, and what the candidate said is for the candidate,
    the HR organ that asked and the auditor. `units` are the pseudonyms of HR's unit and of all it stands for; any is
    the one that asked when it is None.
    """
    uid = reader.uid("check", check_id) if column_of(viewer) in SEES_CHECKS else None
    entries = reader.stream(f"check/{uid}", as_known) if uid is not None else ()
    folded = check_on(reader, entries, as_known, as_of) if entries else None
    if folded is None:
        raise NotFound("no such check was requested then", code="unknown-check")
    counting = [entry for entry in entries if entry.index in folded.events]
    noticed = _last(counting, NOTICE)
    sent, timeline = None if noticed is None else noticed.effective_on, timeline_if_any(reader, as_known, as_of)
    answer = {
        "check": folded.id,
        "uid": folded.uid,
        "subject": reader.caller_id(folded.subject),
        "subject_uid": folded.subject,
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        "viewer": viewer,
        **evaluation(folded),
        **progress(reader, folded),
        **recording(folded, counting),
        "recourse": recourse_for(
            RecordOf.ELIGIBILITY,
            None if timeline is None else timeline.on(sent or as_of),
            {"RESPONSE": folded.reply_due.isoformat()} if folded.state == "NOTICED" and folded.reply_due else {},
        ),
        "events": list(folded.events),
    }
    if sent is not None and is_provisional(timeline, sent, folded.reply_due):
        answer["provisional"] = True
    if _reads_reasons(folded, viewer, units):
        answer |= why(reader, counting)
    if column_of(viewer) in SEES_OWN_HISTORY:
        answer |= on_behalf(reader, counting)
    return answer


def _reads_reasons(of: Check, viewer: str, units: Collection[str] | None) -> bool:
    if viewer == "HR":
        return units is None or of.requester in units
    return column_of(viewer) in (Column.PERSON, Column.AUDITOR)


def why(reader: Reader, entries: Sequence[Logged]) -> dict[str, Any]:
    """Who decided and why, what was weighed, and what the candidate said; None where it was not said or was erased."""
    decided, made = _last(entries, *_DECISIONS), _last(entries, _DECISIONS[0])
    return {
        "decided_by": None if decided is None else _decider(reader, decided),
        "reasons": _said(reader, decided, "reasons"),
        "considerations": _said(reader, made, "considerations"),
        "departs_from_rule": None if made is None else bool(made.data.get("departs_from_rule", False)),
        "statement": _said(reader, _last(entries, "CandidateResponded"), "statement"),
        "grounds": _said(reader, _last(entries, "EligibilityDisputed"), "grounds"),
    }


def _last(entries: Iterable[Logged], *types: str) -> Logged | None:
    return next((entry for entry in reversed(list(entries)) if entry.type in types), None)


def _decider(reader: Reader, entry: Logged) -> dict[str, Any]:
    unit = entry.actor.get("unit")
    return {"role": entry.actor.get("role"), "unit": None if unit is None else reader.caller_id(unit)}


def _said(reader: Reader, entry: Logged | None, name: str) -> Any:
    """What stands in the section of that name, which has a member of that name."""
    section = None if entry is None else reader.sections(entry, (name,)).get(name)
    return section.get(name) if isinstance(section, dict) else section


def with_rules(reader: Reader, answer: dict[str, Any]) -> dict[str, Any]:
    """A check's answer, each hit with the predicate of its rule, so that a page can put it into words."""
    if answer["evaluated_size"] is None:
        return answer
    edition = reader.editions(answer["evaluated_size"]).on(date.fromisoformat(answer["evaluated_on"]))
    rules = {rule.id: rule.when.value for rule in edition.eligibility}
    return {
        **answer,
        "hits": [{**hit, "when": rules.get(hit["rule"])} for hit in answer["hits"]],
        "demonstration": any(rule.authority.demonstration for rule in edition.eligibility),
    }


def evaluation(of: Check) -> dict[str, Any]:
    """What the rules said when the check was requested, and the two moments they said it for."""
    return {
        "rulebook": of.rulebook,
        "evaluated_on": None if of.evaluated_on is None else of.evaluated_on.isoformat(),
        "evaluated_size": of.evaluated_size,
        "outcome": of.outcome,
        "hits": [{"rule": hit.rule, "clause": hit.clause, "events": list(hit.events)} for hit in of.hits],
        "breaches_in_report": list(of.records),
    }


def recording(of: Check, entries: Sequence[Logged]) -> dict[str, Any]:
    """When the ledger learned of the request, where that was later than its day; and the notice with its days.

    `entries` are those of the check that count. `recorded_late`: the ledger learned of the notice when the period for
    responding was over, so nobody could answer it here.
    """
    noticed, later = _last(entries, NOTICE), recorded_later(next(one for one in entries if one.type == REQUEST))
    if noticed is None:
        return later
    reply_due, recorded_on = noticed.data["reply_due"], day_of(noticed.recorded_at).isoformat()
    notice = {
        "event": noticed.index,
        "sent_on": noticed.effective_on.isoformat(),
        "recorded_on": recorded_on,
        "recorded_late": recorded_on > reply_due,
        "reply_due": reply_due,
    }
    return {**later, "notice": notice}


def recorded_later(request: Logged) -> dict[str, Any]:
    """The member `recorded_on` of a request that was recorded later than the day it is about; else nothing."""
    recorded = day_of(request.recorded_at)
    return {"recorded_on": recorded.isoformat()} if recorded > request.effective_on else {}


def progress(reader: Reader, of: Check) -> dict[str, Any]:
    """Purpose, requester, state and decision, and the reference items laid beside it: no rule was asked about them."""
    return {
        "purpose": of.purpose,
        "post_ref": of.post_ref,
        "requester": None if of.requester is None else reader.caller_id(of.requester),
        "requested_on": of.requested_on.isoformat(),
        "reply_due": None if of.reply_due is None else of.reply_due.isoformat(),
        "decision": of.decision,
        "decided_on": None if of.decided_on is None else of.decided_on.isoformat(),
        "state": of.state,
        "references": [
            {
                "kind": one.kind,
                "attached_on": one.attached_on.isoformat(),
                "consent": one.consent_id,
                "clause": REFERENCE_CLAUSE,
                "event": one.event,
            }
            for one in of.references
        ],
    }
