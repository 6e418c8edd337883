"""Repairs of a breach: applied for, returned, accepted, publicised, approved, rejected, revoked.

They are a part of the breach's aggregate because their preconditions are the breach's: one open repair at a time,
none while an appeal is open, none before its window or after the finding is over (DOMAIN §4.2, §7).
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ledger.domain import repair_events as events
from ledger.domain.base import Act, day, require
from ledger.domain.duties import Conflicts
from ledger.records import NEVER_REPAIRED

if TYPE_CHECKING:
    from ledger.domain.breach import Windows

OPEN = ("APPLIED", "RETURNED", "ACCEPTED", "PUBLICISED")
_STANDING = ("CONFIRMED", "UPHELD", "VARIED")


class Repairs(Conflicts):
    """The half of `Breach` that looks after its repairs."""

    state: str
    subject: str
    record_kind: str | None
    deciding_unit: str | None
    repairs: dict[str, str]
    repaired_on: dict[str, date]
    repair_bar_until: date | None

    def is_over(self, act: Act, windows: Windows) -> bool:
        """Whether the finding is over on the day of the act, stated or recorded."""
        raise NotImplementedError

    def is_found(self, act: Act) -> bool:
        """Whether the finding was made by the day of the act, stated and recorded."""
        raise NotImplementedError

    def start_repairs(self) -> None:
        self.repairs = {}
        self.repaired_on = {}
        self.repair_bar_until = None

    def bar_repairs(self, until: date | None) -> None:
        if until is not None and (self.repair_bar_until is None or until > self.repair_bar_until):
            self.repair_bar_until = until

    def apply_for_repair(self, data: events.RepairApplied.Data, act: Act, windows: Windows) -> None:
        repairable = self.record_kind not in NEVER_REPAIRED
        require(repairable, "not-repairable", "this record is removed or lifted at its source, never repaired")
        require(self.state != "APPEALED", "appeal-open", "while an appeal is open no repair is applied for")
        standing = self.state in _STANDING and self.is_found(act)
        require(standing, "finding-not-standing", "only a standing finding is repaired")
        require(not self.is_over(act, windows), "finding-over", "the finding is over")
        others = [state for key, state in self.repairs.items() if state in OPEN and key != data.repair_id]
        require(not others, "repair-open", "another repair is open")
        fresh = self.repairs.get(data.repair_id, "RETURNED") == "RETURNED"
        require(fresh, "repair-exists", "this repair was applied for before", "repair_id")
        opened = all(moment >= windows.repair_from for moment in act.days)
        require(opened, "repair-window-closed", f"a repair may be applied for from {windows.repair_from} on")
        bar = self.repair_bar_until
        free = bar is None or all(moment > bar for moment in act.days)
        require(free, "repair-barred", "an earlier repair was rejected or revoked; its bar still runs")
        performed = day(data.performed_on) <= act.on
        require(performed, "performed-after-application", "the duty is performed first", "performed_on")
        self.happen(events.RepairApplied, data)

    def _require_repair(self, repair_id: str, *states: str) -> None:
        known = self.repairs.get(repair_id)
        require(known in states, "wrong-state", "the repair is not at this step", "repair_id")

    def _require_standing(self) -> None:
        standing = self.state in (*_STANDING, "APPEALED")
        require(standing, "finding-not-standing", "the finding does not stand any more: nothing is left to repair")

    def _require_organ(self, act: Act) -> None:
        organ = act.actor.unit is not None and act.actor.stands_for(self.deciding_unit)
        require(organ, "not-the-deciding-organ", "the organ that decided repairs (谁认定谁修复)")
        self.require_other(self.subject)

    def return_repair(self, data: events.RepairReturned.Data) -> None:
        self._require_repair(data.repair_id, "APPLIED")
        self._require_standing()
        self.require_other(self.subject)
        self.happen(events.RepairReturned, data)

    def accept_repair(self, data: events.RepairAccepted.Data, latest_due: date) -> None:
        self._require_repair(data.repair_id, "APPLIED")
        self._require_standing()
        self.require_other(self.subject)
        if data.due_on is None:
            data = data.model_copy(update={"due_on": latest_due.isoformat()})
        in_time = data.accepted_on <= str(data.due_on) <= latest_due.isoformat()
        require(in_time, "repair-due-too-late", "the period to decide is longer than the rulebook's", "due_on")
        self.happen(events.RepairAccepted, data)

    def publicise_repair(self, data: events.RepairPublicised.Data, *, of_person: bool) -> None:
        self._require_repair(data.repair_id, "ACCEPTED")
        self._require_standing()
        self.require_other(self.subject)
        require(not of_person, "not-public-for-persons", "repairs of persons are not publicised")
        require(data.to >= data.from_, "dates-disagree", "`to` lies before `from`", "to")
        self.happen(events.RepairPublicised, data)

    def approve_repair(self, data: events.RepairApproved.Data, act: Act, windows: Windows) -> None:
        require(self.state != "APPEALED", "appeal-open", "while an appeal is open no repair is approved")
        self._require_repair(data.repair_id, "ACCEPTED", "PUBLICISED")
        require(self.state in _STANDING, "finding-not-standing", "the finding does not stand any more")
        self._require_organ(act)
        self.require_another_hand("RepairApplied", act.actor)
        require(not self.is_over(act, windows), "finding-over", "the finding is over; nothing is left to repair")
        self.happen(events.RepairApproved, data)

    def reject_repair(self, data: events.RepairRejected.Data, act: Act) -> None:
        self._require_repair(data.repair_id, "ACCEPTED", "PUBLICISED")
        self._require_standing()
        self._require_organ(act)
        self.require_another_hand("RepairApplied", act.actor)
        self.happen(events.RepairRejected, data)

    def revoke_repair(self, data: events.RepairRevoked.Data, act: Act) -> None:
        self._require_repair(data.repair_id, "APPROVED")
        require(self.state == "REPAIRED", "wrong-state", "the breach does not stand as repaired")
        self._require_organ(act)
        self.happen(events.RepairRevoked, data)

    def confirm_sync(self, data: events.RepairSyncConfirmed.Data) -> None:
        self._require_repair(data.repair_id, "APPROVED", "REVOKED")
        self.require_other(self.subject)
        self.require_not_before(self.repaired_on[data.repair_id])
        self.happen(events.RepairSyncConfirmed, data)
