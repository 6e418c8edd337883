"""The events of a repair (信用修复管理办法). They stand in the stream of the breach they repair.

A repair ends everything a record does; a revoked one resumes from the day of revocation, never backdated.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ledger.domain.base import LedgerEvent, day
from ledger.domain.values import Code, Day, DocumentText, Evidence, Payload, Reasons, Ref, Role

if TYPE_CHECKING:
    from ledger.domain.breach import Breach


class RepairApplied(LedgerEvent):
    """修复申请, again under the same id after it was returned."""

    TOPIC = "repair.applied.v1"
    ROLES = (Role.SUBJECT,)
    ANSWERS = (
        "BreachConfirmed", "AuthorityRecordImported", "AppealDecided", "RepairReturned", "RepairRejected",
        "RepairRevoked",
    )  # fmt: skip

    class Data(Payload):
        repair_id: Ref
        breach_id: Ref
        performed_on: Day
        proofs: Evidence
        pledge_digest: DocumentText | None = None

    def apply(self, breach: Breach) -> None:
        breach.repairs[self.data.repair_id] = "APPLIED"


class RepairReturned(LedgerEvent):
    """补正通知."""

    TOPIC = "repair.returned.v1"
    ROLES = (Role.CREDIT,)
    ANSWERS = ("RepairApplied",)

    class Data(Payload):
        repair_id: Ref
        missing: list[Code] = Field(min_length=1)

    def apply(self, breach: Breach) -> None:
        breach.repairs[self.data.repair_id] = "RETURNED"


class RepairAccepted(LedgerEvent):
    """受理."""

    TOPIC = "repair.accepted.v1"
    ROLES = (Role.CREDIT,)
    SAME_DAY = "accepted_on"
    ANSWERS = ("RepairApplied",)

    class Data(Payload):
        repair_id: Ref
        accepted_on: Day
        due_on: Day | None = None

    def apply(self, breach: Breach) -> None:
        breach.repairs[self.data.repair_id] = "ACCEPTED"


class RepairPublicised(LedgerEvent):
    """修复公示, for units and enterprises only."""

    TOPIC = "repair.publicised.v1"
    ROLES = (Role.CREDIT,)
    ANSWERS = ("RepairAccepted",)

    class Data(Payload):
        repair_id: Ref
        from_: Day = Field(alias="from")
        to: Day

    def apply(self, breach: Breach) -> None:
        breach.repairs[self.data.repair_id] = "PUBLICISED"


class RepairApproved(LedgerEvent):
    """准予修复 by the organ that decided: 谁认定谁修复."""

    TOPIC = "repair.approved.v1"
    ROLES = (Role.DECIDER, Role.CREDIT)
    DECISION = True
    SAME_DAY = "decision_on"
    ANSWERS = ("RepairAccepted", "RepairPublicised", "AppealDecided")

    class Data(Payload):
        repair_id: Ref
        decision_on: Day
        effects: list[Code] = Field(default_factory=list)

    def apply(self, breach: Breach) -> None:
        breach.repairs[self.data.repair_id] = "APPROVED"
        breach.repaired_on[self.data.repair_id] = day(self.data.decision_on)
        breach.state = "REPAIRED"


class RepairRejected(LedgerEvent):
    """不予修复; `reapply_after` is the last day of the bar."""

    TOPIC = "repair.rejected.v1"
    ROLES = (Role.DECIDER, Role.CREDIT)
    DECISION = True
    ANSWERS = ("RepairAccepted", "RepairPublicised")

    class Data(Payload):
        repair_id: Ref
        reasons: Reasons
        reapply_after: Day | None = None

    def apply(self, breach: Breach) -> None:
        breach.repairs[self.data.repair_id] = "REJECTED"
        breach.bar_repairs(None if self.data.reapply_after is None else day(self.data.reapply_after))


class RepairRevoked(LedgerEvent):
    """撤销修复; `no_reapply_until` is the last day of the bar."""

    TOPIC = "repair.revoked.v1"
    ROLES = (Role.DECIDER, Role.CREDIT)
    DECISION = True
    ANSWERS = ("RepairApproved",)

    class Data(Payload):
        repair_id: Ref
        reason: Literal["FALSE_MATERIAL"]
        no_reapply_until: Day | None = None
        reasons: Reasons | None = None

    def apply(self, breach: Breach) -> None:
        breach.repairs[self.data.repair_id] = "REVOKED"
        breach.state = "CONFIRMED"
        breach.bar_repairs(None if self.data.no_reapply_until is None else day(self.data.no_reapply_until))


class RepairSyncConfirmed(LedgerEvent):
    """同步确认 by a system that had received the record; it answers the approval of its own repair."""

    TOPIC = "repair-sync.confirmed.v1"
    ROLES = (Role.CREDIT, Role.THIRD_PARTY)
    SAME_DAY = "confirmed_on"

    class Data(Payload):
        repair_id: Ref
        recipient: Annotated[Ref, Field(max_length=100)]  # a system's name, nobody's
        confirmed_on: Day

    def apply(self, breach: Breach) -> None:
        """Another system followed; nothing changes here."""
