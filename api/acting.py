"""What a viewer may act on at all. The rest is absent to them, like what they may not read; rules judge what is left.

A subject is not told of an open report about it. HR acts on the checks of its own unit, of those whose matters that
took over, and under a delegation in force, of the unit that delegated.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, Final

from ledger.access import Viewer
from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.domain import eligibility_events
from ledger.domain.delegation import Delegation
from ledger.line import Line
from ledger.told import is_told_of

# What a rule says of a record that is not the subject's own, or not there; and of a case, to who holds the pen for it.
_NOT_THEIRS: Final = frozenset({"not-the-subject"} | {
    f"unknown-{kind}" for kind in ("subject", "breach", "repair", "commitment", "consent", "check", "assessment")
})  # fmt: skip
_NOT_OF_CASES: Final = frozenset({"not-the-subject", "unknown-breach", "unknown-repair"})
_OF_CASES: Final = frozenset({"breach_id", "repair_id"})
_OF_CHECKS: Final = frozenset(name for name, event in TYPES.items() if event.__module__ == eligibility_events.__name__)


def units_of(ledger: Ledger, viewer: Viewer) -> frozenset[str]:
    """The viewer's unit and all it stands for, by pseudonym; empty without one."""
    unit = viewer.unit
    return ledger.relations().stands_for(None if unit is None else ledger.uid("subject", unit) or unit)


def units_read_for(ledger: Ledger, viewer: Viewer, today: date) -> frozenset[str]:
    """Whose checks HR reads: its own unit's, and those of a unit that delegated a step of checks to it today. Nobody
    decides what they may not read."""
    own = ledger.actor_uid(viewer.actor)[0]
    found = set(units_of(ledger, viewer))
    for registration in ledger.relations().group(own):
        for uid in ledger.delegations_of(registration):
            one = ledger.aggregate(Delegation, uid)
            theirs = ledger.relations().same(own, one.delegate) and one.role.value == viewer.role
            if theirs and one.holds(today) and not _OF_CHECKS.isdisjoint(one.scope):
                found |= ledger.relations().stands_for(one.unit)
    return frozenset(found)


def is_requested_by(ledger: Ledger, check: Mapping[str, Any], units: Collection[str]) -> bool:
    """Whether one of these units requested a check; its requester may be named by its id or its pseudonym."""
    requester = check.get("requester")
    return isinstance(requester, str) and (ledger.uid("subject", requester) or requester) in units


def may_act(ledger: Ledger, viewer: Viewer, line: Line, today: date) -> bool:
    """Whether what a line is about is there for this viewer."""
    return viewer.role != "HR" or _acts_for_requester(ledger, viewer, line, today)


def speaks_for_subject(viewer: Viewer, data: Mapping[str, Any]) -> bool:
    """Whether an act is a subject's: its own, or recorded for it from the signed paper."""
    return viewer.role == "SUBJECT" or data.get("on_behalf_of") is not None


def as_told(ledger: Ledger, viewer: Viewer, line: Line) -> Line:
    """A line as its speaker knows the ledger: a case that its subject was not told of is one that nobody has.

    So whatever is wrong with the line is answered as for an id that is not there, to the subject and to whoever holds
    the pen for it, whomever they name.
    """
    named = line.data.get("breach_id")
    if not isinstance(named, str) or not speaks_for_subject(viewer, line.data):
        return line
    uid = ledger.uid("breach", named)
    if uid is None or is_told_of(ledger, uid):
        return line
    return replace(line, data={**line.data, "breach_id": ledger.fresh_uid()})


def is_refused_as_absent(viewer: Viewer, line: Line, code: str) -> bool:
    """Whether a rule's refusal of a subject's act would tell of a record that is not theirs."""
    if viewer.role == "SUBJECT":
        return code in _NOT_THEIRS
    return speaks_for_subject(viewer, line.data) and not _OF_CASES.isdisjoint(line.data) and code in _NOT_OF_CASES


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
