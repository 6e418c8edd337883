"""How a record ends and how it can be put right: its last day, the routes open against it, and its repair.

What a rule would refuse is never offered: while a repair or an appeal is open, or a bar runs, `repair_from` says the
first day after it, or that there is none. The routes are those of DOMAIN §7, by kind of record.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Final

from ledger.clock import day_after
from ledger.folds.breach import IN_FORCE, STANDING, Appeal, Breach
from ledger.folds.facts import finding_of
from ledger.folds.repair import Repair
from ledger.policy import appeal_after_review_days
from ledger.records import NEVER_REPAIRED
from ledger.rulebook.deadlines import is_provisional, last_appeal_day
from ledger.rulebook.standing import weigh
from ledger.rulebook.windows import EditionTimeline, first_repair_day
from projections.file_view import FileView, iso
from projections.on_behalf import on_behalf_in

OPEN_REPAIR: Final = frozenset({"APPLIED", "RETURNED", "ACCEPTED", "PUBLICISED"})


def end_of(timeline: EditionTimeline | None, breach: Breach, state: str, on: date) -> dict[str, Any]:
    """The first day on which a record in force will read EXPIRED, None where it never does."""
    if timeline is None or state not in IN_FORCE:
        return {}
    return {"expires_on": iso(_over_on(timeline, breach, on))}


def _over_on(timeline: EditionTimeline, breach: Breach, on: date) -> date | None:
    finding = finding_of(breach)
    if finding.lasting:
        return None
    ends = [weigh(finding, timeline, on).maximum.value]
    if breach.ends_on is not None:
        ends.append(day_after(breach.ends_on))
    return min(ends)


def repair_of(timeline: EditionTimeline | None, breach: Breach, state: str, on: date) -> dict[str, Any]:
    """The first day on which a repair may be applied for, None where none may; and the repair that is open."""
    if timeline is None or state not in IN_FORCE or breach.record_kind in NEVER_REPAIRED:
        return {}
    open_repair = next((repair.id for repair in breach.repairs if repair.state in OPEN_REPAIR), None)
    if open_repair is not None or state not in STANDING:
        return {"repair_from": None, "repair_open": open_repair}
    finding = finding_of(breach)
    opens = first_repair_day(timeline, finding.severity, finding.decision_on, on).value
    bars = [day_after(repair.barred_until) for repair in breach.repairs if repair.barred_until is not None]
    first, over = max([opens, *bars]), _over_on(timeline, breach, on) or date.max
    return {"repair_from": iso(first if first < over else None), "repair_open": None}


def remedies_of(view: FileView, breach: Breach, state: str) -> list[dict[str, Any]]:
    """The routes open on the day, by kind of record (DOMAIN §7); `until` is the last day, None while it stands.

    `known_until` is the last day for whoever came to know of a decision when it was recorded, later than it was made.
    """
    if state == "NOTIFIED":
        return [{"route": "REPLY", "until": iso(breach.reply_due)}]
    if state not in STANDING or breach.decision_on is None:
        return []
    if breach.imported:
        return [{"route": "OBJECTION", "until": None}]
    appeals = _since_reopened(breach)
    own = [appeal for appeal in appeals if not appeal.on_paper]  # what a clerk filed takes no remedy away
    if view.timeline is None or any(appeal.route == "APPEAL" for appeal in own):
        return []
    edition, decided = view.timeline.on(breach.decision_on), breach.decision_on
    last, known = (last_appeal_day(edition, day) for day in (decided, max(decided, breach.recorded_on or decided)))
    if breach.reopened is not None:
        last = max(last, last_appeal_day(edition, breach.reopened[1]))
    reviewed = [appeal.decided_on for appeal in appeals if appeal.decided_on is not None]
    if reviewed:
        last = max(last, reviewed[-1] + timedelta(days=appeal_after_review_days()))
    routes = ("APPEAL",) if any(appeal.decided_on is not None for appeal in own) else ("REVIEW", "APPEAL")
    latest = max(last, known)
    days = {"until": (last if view.on <= last else latest).isoformat()}
    days |= {"known_until": latest.isoformat()} if latest > last else {}
    return [{"route": route, **days} for route in routes if view.on <= latest]


def _since_reopened(breach: Breach) -> list[Appeal]:
    """The appeals that count: a correction that weighs more lets the remedies begin anew."""
    first = -1 if breach.reopened is None else breach.reopened[0]
    return [appeal for appeal in breach.appeals if appeal.events[0] > first]


def repair_item(view: FileView, repair: Repair) -> dict[str, Any]:
    """One repair, with the day by which the organ decides and the last day of a bar."""
    return {
        "id": repair.id,
        "breach": repair.breach_id,
        "state": repair.state,
        "applied_on": iso(repair.applied_on),
        "performed_on": iso(repair.performed_on),
        "accepted_on": iso(repair.accepted_on),
        "due_on": iso(repair.due_on),
        "decided_on": iso(repair.decided_on),
        "barred_until": iso(repair.barred_until),
        "confirmations": [
            {"recipient": one.recipient, "confirmed_on": iso(one.confirmed_on), "event": one.event}
            for one in repair.confirmations
        ],
        "events": list(repair.events),
        **on_behalf_in(view, repair.events),
        **({"provisional": True} if is_provisional(view.timeline, repair.accepted_on, repair.due_on) else {}),
    }


def appeal_item(view: FileView, appeal: Appeal) -> dict[str, Any]:
    """One appeal: its route, its days and what became of it."""
    return {
        "route": appeal.route,
        "filed_on": iso(appeal.filed_on),
        "decided_on": iso(appeal.decided_on),
        "outcome": appeal.outcome,
        **on_behalf_in(view, appeal.events),
        "events": list(appeal.events),
    }
