"""Repairs: each application for the repair of a finding, folded along its own states (DOMAIN §4.3).

The entries of a repair lie in the stream of its breach; the breach's fold offers them one by one, after judging
whether the breach itself allows them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from ledger.reading import Logged

_ABSENT: Final = ""

TRANSITIONS: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "RepairApplied": (frozenset({_ABSENT, "RETURNED"}), "APPLIED"),
    "RepairReturned": (frozenset({"APPLIED"}), "RETURNED"),
    "RepairAccepted": (frozenset({"APPLIED"}), "ACCEPTED"),
    "RepairPublicised": (frozenset({"ACCEPTED"}), "PUBLICISED"),
    "RepairApproved": (frozenset({"ACCEPTED", "PUBLICISED"}), "APPROVED"),
    "RepairRejected": (frozenset({"ACCEPTED", "PUBLICISED"}), "REJECTED"),
    "RepairRevoked": (frozenset({"APPROVED"}), "REVOKED"),
}


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A recipient's word that its own copy follows the repair."""

    recipient: str
    confirmed_on: date
    event: int


@dataclass(frozen=True, slots=True)
class Repair:
    """One application: `due_on` is when the organ decides, `barred_until` the last day no new one is taken."""

    id: str
    breach_id: str
    state: str
    applied_on: date
    performed_on: date | None = None
    accepted_on: date | None = None
    due_on: date | None = None
    decided_on: date | None = None
    barred_until: date | None = None
    events: tuple[int, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()


@dataclass(slots=True)
class RepairFold:
    """The repairs of one breach while it is folded."""

    repairs: dict[str, Repair] = field(default_factory=dict)

    def take(self, entry: Logged) -> bool:
        """Fold an entry of a repair; False where the repair's state does not allow it. Other entries pass."""
        rule = TRANSITIONS.get(entry.type)
        if rule is None:
            if entry.type == "RepairSyncConfirmed":
                self._confirm(entry)
            return True
        sources, target = rule
        data, day = entry.data, entry.effective_on
        repair = self.repairs.get(data["repair_id"])
        if (repair.state if repair else _ABSENT) not in sources:
            return False
        if repair is None:
            repair = Repair(data["repair_id"], "", target, day)
        repair = replace(repair, state=target, events=(*repair.events, entry.index))
        if entry.type == "RepairApplied":
            repair = replace(repair, performed_on=_day(data.get("performed_on")))
        elif entry.type == "RepairAccepted":
            repair = replace(repair, accepted_on=day, due_on=_day(data.get("due_on")))
        elif entry.type in ("RepairApproved", "RepairRejected", "RepairRevoked"):
            barred = data.get("reapply_after") or data.get("no_reapply_until")
            repair = replace(repair, decided_on=day, barred_until=_day(barred))
        self.repairs[repair.id] = repair
        return True

    def _confirm(self, entry: Logged) -> None:
        repair = self.repairs.get(entry.data["repair_id"])
        if repair is not None:
            said = Confirmation(entry.data["recipient"], entry.effective_on, entry.index)
            self.repairs[repair.id] = replace(repair, confirmations=(*repair.confirmations, said))

    def result(self, breach_id: str) -> tuple[Repair, ...]:
        """The repairs in the order in which they were first applied for."""
        return tuple(replace(repair, breach_id=breach_id) for repair in self.repairs.values())


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
