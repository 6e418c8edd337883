"""An eligibility check as it was made, with what became of it (DESIGN §8, `check → …`).

Outcome, hits and the breaches in the report are those of its evaluation, whatever is known today; decision and state
are those of the day and the size asked about.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.errors import NotFound
from ledger.folds.check import Check, check_entries, fold_check
from projections.reader import Reader


def check(reader: Reader, check_id: str, *, as_of: date, as_known: int) -> dict[str, Any]:
    """The check on a day, as known at a size; `NotFound` with code `unknown-check` before its request."""
    uid = reader.uid("check", check_id)
    entries = reader.stream(f"check/{uid}", as_known) if uid is not None else ()
    folded = fold_check(check_entries(reader, entries, as_known), as_of) if entries else None
    if folded is None:
        raise NotFound("no such check was requested then", code="unknown-check")
    return {
        "check": folded.id,
        "uid": folded.uid,
        "subject": reader.caller_id(folded.subject),
        "subject_uid": folded.subject,
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        **evaluation(folded),
        **progress(reader, folded),
        "events": list(folded.events),
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


def progress(reader: Reader, of: Check) -> dict[str, Any]:
    """Purpose, requester, state and decision."""
    return {
        "purpose": of.purpose,
        "post_ref": of.post_ref,
        "requester": None if of.requester is None else reader.caller_id(of.requester),
        "requested_on": of.requested_on.isoformat(),
        "reply_due": None if of.reply_due is None else of.reply_due.isoformat(),
        "decision": of.decision,
        "decided_on": None if of.decided_on is None else of.decided_on.isoformat(),
        "state": of.state,
    }
