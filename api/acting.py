"""What a viewer may act on at all. The rest is absent to them, like what they may not read; rules judge what is left.

A subject is not told of an open report about it. HR acts on the checks of its own unit, of those whose matters that
took over, and under a delegation in force, of the unit that delegated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from ledger.access import Viewer
from ledger.application import Ledger
from ledger.domain.delegation import Delegation
from ledger.line import Line


def units_of(ledger: Ledger, viewer: Viewer) -> frozenset[str]:
    """The viewer's unit and all it stands for, by pseudonym; empty without one."""
    unit = viewer.unit
    return ledger.relations().stands_for(None if unit is None else ledger.uid("subject", unit) or unit)


def is_requested_by(ledger: Ledger, check: Mapping[str, Any], units: Collection[str]) -> bool:
    """Whether one of these units requested a check; its requester may be named by its id or its pseudonym."""
    requester = check.get("requester")
    return isinstance(requester, str) and (ledger.uid("subject", requester) or requester) in units


def may_act(ledger: Ledger, viewer: Viewer, line: Line, today: date) -> bool:
    """Whether what a line is about is there for this viewer."""
    if viewer.role == "SUBJECT":
        return _is_told_of(ledger, str(line.data.get("breach_id", "")))
    return viewer.role != "HR" or _acts_for_requester(ledger, viewer, line, today)


def _is_told_of(ledger: Ledger, breach: str) -> bool:
    """Whether whom a case is about was told of it: an open report is absent to them (DOMAIN §8)."""
    uid = ledger.uid("breach", breach)
    types = [entry.type for entry in ledger.stream(f"breach/{uid}", ledger.size)] if uid else []
    return types[:1] != ["BreachReported"] or "BreachNotified" in types


def _acts_for_requester(ledger: Ledger, viewer: Viewer, line: Line, today: date) -> bool:
    """Whether HR acts on a check of a unit it acts for, or requests one for it."""
    if line.type == "EligibilityCheckRequested":
        asked: Mapping[str, Any] = line.data
        if asked.get("requester") is None:
            return True
    else:
        uid = ledger.uid("check", str(line.data.get("check_id", "")))
        entries = () if uid is None else ledger.stream(f"check/{uid}", ledger.size)
        if not entries:
            return True
        asked = entries[0].data
    return is_requested_by(ledger, asked, units_of(ledger, viewer) | _lent(ledger, viewer, line, today))


def _lent(ledger: Ledger, viewer: Viewer, line: Line, today: date) -> frozenset[str]:
    """The delegator's unit and all it stands for, where the line names a delegation that the rules would let it be said
    under; none otherwise."""
    named = line.data.get("by_delegation")
    uid = ledger.uid(Delegation.KIND, named) if isinstance(named, str) else None
    if uid is None:
        return frozenset()
    delegation, relations = ledger.aggregate(Delegation, uid), ledger.relations()
    theirs = relations.same(ledger.actor_uid(viewer.actor)[0], delegation.delegate)
    reaches = viewer.role == delegation.role.value and line.type in delegation.scope
    held = all(map(delegation.holds, (today, line.effective_on)))
    return relations.stands_for(delegation.unit) if theirs and reaches and held else frozenset()
