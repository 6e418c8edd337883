"""Break-glass 紧急查阅: in an emergency two persons open somebody's file for minutes, and it is reviewed afterwards.

It is opened now or not at all. How long it holds is counted from when its entry was recorded, which no aggregate sees;
the door that answers a read compares (`ledger.folds.break_glass`). Whoever opened or approved it, or shares a hand with
either, does not review it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, require
from ledger.domain.values import MAX_INTEGER, Payload, PersonRef, Reasons, Ref, Role

# Life, health or property in danger and public emergencies (个人信息保护法 13(4)); a day set by a court or an
# inspection that nobody can meet otherwise; the ordinary way, on which a consent would be given, is out of order.
Ground = Literal["LIFE_OR_SAFETY", "PUBLIC_EMERGENCY", "COURT_OR_INSPECTION_DEADLINE", "SYSTEM_FAILURE"]
Outcome = Literal["JUSTIFIED", "NOT_JUSTIFIED"]
OPENED: Final = "OPENED"
REVIEWED: Final = "REVIEWED"


class BreakGlassOpened(LedgerEvent):
    """紧急查阅: whoever opens it reads what own HR reads of one person, for so many minutes, with a second approver."""

    TOPIC = "break-glass.opened.v1"
    ROLES = (Role.HR, Role.CREDIT)
    DECISION = True

    class Data(Payload):
        glass_id: Ref
        subject_id: PersonRef
        ground: Ground
        minutes: Annotated[int, Field(ge=1, le=MAX_INTEGER)]
        second_approver: Ref
        reasons: Reasons

    def apply(self, glass: Glass) -> None:
        data, actor = self.data, self.envelope.context.actor
        glass.state, glass.ref, glass.subject = OPENED, data.glass_id, data.subject_id
        glass.opener, glass.role, glass.approver = actor["id"], Role(actor["role"]), data.second_approver


class BreakGlassReviewed(LedgerEvent):
    """紧急查阅复核, once, after its end: whether the emergency justified it."""

    TOPIC = "break-glass.reviewed.v1"
    ROLES = (Role.AUDITOR, Role.DPO)
    DECISION = True
    ANSWERS = ("BreakGlassOpened",)

    class Data(Payload):
        glass_id: Ref
        outcome: Outcome
        reasons: Reasons

    def apply(self, glass: Glass) -> None:
        glass.state = REVIEWED


class Glass(LedgerAggregate):
    """One opening and its review."""

    KIND = "glass"

    state: str
    ref: str
    subject: str
    opener: str
    role: Role
    approver: str

    def start(self) -> None:
        self.state = "NEW"

    def open(
        self,
        data: BreakGlassOpened.Data,
        act: Act,
        *,
        most_minutes: int,
        hands: Collection[str],
        approver: Collection[str],
    ) -> None:
        """`hands` are all whose hand the opener's may be; `approver` all registrations of the second person."""
        require(act.on == act.today, "glass-not-now", "it is opened for now, not for another day", "effective_on")
        require(
            data.by_delegation is None, "delegation-not-transitive", "an emergency is nobody else's", "by_delegation"
        )
        self.require_other(data.subject_id)
        require(data.subject_id not in approver, "own-case", "nobody approves in their own case", "second_approver")
        another = not (set(hands) | {act.actor.id} | act.actor.also) & set(approver)
        require(another, "approver-opens", "whoever opens it does not approve it", "second_approver")
        require(data.minutes <= most_minutes, "glass-too-long", f"at most {most_minutes} minutes", "minutes")
        self.happen(BreakGlassOpened, data)

    def review(self, data: BreakGlassReviewed.Data, act: Act, *, ended_on: date | None, hands: Collection[str]) -> None:
        """`ended_on` is the day on which it ended, None while it holds; `hands` all whose hand the opening or its
        approval may have been."""
        require(self.state == OPENED, "wrong-state", "it was reviewed before")
        self.require_other(self.subject)
        other = not any(map(act.actor.stands_for, hands))
        require(other, "opener-may-not-review", "whoever opened or approved it does not review it")
        require(ended_on is not None, "glass-open", "it is reviewed when it is over")
        self.require_not_before(ended_on)
        self.happen(BreakGlassReviewed, data.model_copy(update={"glass_id": self.ref}))
