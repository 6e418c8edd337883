"""Who looked at a subject's record: a fold of the looks at it and of those at the log as a whole, newest first.

A look names the unit, the role and the purpose; the officer's name never, and its pseudonym only to the auditor and the
data-protection desk (DOMAIN §4.2). A look that is deferred stays hidden from everybody else until its day. What would
tell the subject who reported, or of a report it was not yet told of, stays hidden from it (DESIGN §3, DOMAIN §8).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.clock import format_time
from ledger.reading import Logged
from projections.reader import registered
from projections.visibility import BREAK_GLASS, column_of

if TYPE_CHECKING:
    from ledger.application import Ledger

SEES_ACTOR: Final = frozenset({"AUDITOR", "DPO"})
_REPORTER: Final = "REPORTER"
_CASEWORK: Final = frozenset({"DECIDER", "REVIEWER"})
_MORE: Final = ("basis", "consent", "case", "as_of", "as_known", "defer_until")


def access_log(ledger: Ledger, subject: str, *, viewer_role: str, today: date) -> dict[str, Any]:
    """The looks at a subject's record, as this viewer may see them today.

    `size` counts the entries of the access log they were folded from. `NotFound` with code `unknown-subject`;
    `Invalid` with code `unknown-viewer`.
    """
    column_of(viewer_role)
    registration = registered(ledger, subject, ledger.size)
    log = ledger.access
    size = log.size
    at_whole = [look for look in log.looks_at(log.whole, size) if _reaches(look, registration.index)]
    group = ledger.relations().group(registration.uid)
    found = [*(look for uid in group for look in log.looks_at(uid, size)), *at_whole]
    looks = [look for _, look in sorted({look.index: look for look in found}.items(), reverse=True)]
    untold = _untold(ledger, registration.uid) if viewer_role not in SEES_ACTOR else ()
    unit_of = lru_cache(maxsize=None)(lambda uid: _unit(ledger, uid))
    return {
        "subject": ledger.caller_id(registration.uid),
        "uid": registration.uid,
        "size": size,
        "looks": [
            _item(look, unit_of, with_actor=viewer_role in SEES_ACTOR)
            for look in looks
            if viewer_role in SEES_ACTOR or not (_deferred(look, today) or _tells_too_early(look, untold))
        ],
    }


def _reaches(look: Logged, index: int) -> bool:
    """Whether a look at the first entries of the log reaches an entry; without a size it reaches all."""
    known = look.data.get("as_known")
    return known is None or known > index


def _untold(ledger: Ledger, subject: str) -> tuple[datetime, ...]:
    """When the reports came in of which the subject has not been told, or never will be."""
    reported: dict[str, datetime] = {}
    for entry in ledger.history(subject, ledger.size):
        if entry.type == "BreachReported":
            reported[entry.stream] = entry.recorded_at
        elif entry.type == "BreachNotified":
            reported.pop(entry.stream, None)
    return tuple(reported.values())


def _tells_too_early(look: Logged, untold: tuple[datetime, ...]) -> bool:
    role = look.actor["role"]
    return role == _REPORTER or (role in _CASEWORK and any(look.recorded_at >= moment for moment in untold))


def _deferred(look: Logged, today: date) -> bool:
    """A look in an emergency is never kept back."""
    until = look.data.get("defer_until")
    if look.data.get("basis") == BREAK_GLASS:
        return False
    return until is not None and date.fromisoformat(until) > today


def _unit(ledger: Ledger, uid: str) -> tuple[str, str | None]:
    """A unit's id, as callers know it, and its published name; of an unregistered one only the pseudonym is known."""
    return ledger.caller_id(uid), ledger.identity(uid).get("name")


def _item(look: Logged, unit_of: Callable[[str], tuple[str, str | None]], *, with_actor: bool) -> dict[str, Any]:
    unit = look.actor.get("unit")
    ref, name = (None, None) if unit is None else unit_of(unit)
    item: dict[str, Any] = {
        "index": look.index,
        "at": format_time(look.recorded_at),
        "unit": ref,
        "unit_name": name,
        "role": look.actor["role"],
        "purpose": look.purpose,
        "scope": list(look.data["scope"]),
    }
    item |= {name: look.data[name] for name in _MORE if name in look.data}
    return item | {"actor": look.actor["id"]} if with_actor else item
