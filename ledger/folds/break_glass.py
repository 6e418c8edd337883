"""An emergency look-up as its entries tell it: who opened whose file, on which ground, how long, and its review.

It holds from the moment its entry was recorded, for its minutes, to the second: the only record of the ledger whose
hours matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from ledger.clock import day_of
from ledger.folds.order import until
from ledger.reading import Logged


@dataclass(frozen=True, slots=True)
class Glass:
    """One opening on a day; a review that counts only later is not in it. Whoever it names is a pseudonym."""

    id: str
    uid: str
    subject: str
    opener: str
    role: str
    unit: str | None
    ground: str
    minutes: int
    approver: str
    opened_at: datetime
    outcome: str | None = None
    reviewed_on: date | None = None
    reviewer: str | None = None
    events: tuple[int, ...] = ()

    @property
    def ends_at(self) -> datetime:
        """The first moment at which it holds no more."""
        return self.opened_at + timedelta(minutes=self.minutes)

    @property
    def ended_on(self) -> date:
        """The day in +08:00 on which it ends."""
        return day_of(self.ends_at)

    @property
    def state(self) -> str:
        """OPENED until it is reviewed, then what the review found."""
        return self.outcome or "OPENED"

    def holds(self, now: datetime) -> bool:
        """Until its minutes are over; nobody knows of it before it was recorded."""
        return now < self.ends_at


def fold_glass(entries: Sequence[Logged], on: date) -> Glass | None:
    """The opening on a day, or None before it. `entries` are those known, of one stream."""
    glass: Glass | None = None
    for entry in until(entries, on):
        data = entry.data
        if entry.type == "BreakGlassOpened":
            glass = Glass(
                id=data["glass_id"],
                uid=entry.uid,
                subject=data["subject_id"],
                opener=entry.actor["id"],
                role=entry.actor["role"],
                unit=entry.actor.get("unit"),
                ground=data["ground"],
                minutes=data["minutes"],
                approver=data["second_approver"],
                opened_at=entry.recorded_at,
                events=(entry.index,),
            )
        elif entry.type == "BreakGlassReviewed" and glass is not None:
            glass = replace(
                glass,
                outcome=data["outcome"],
                reviewed_on=entry.effective_on,
                reviewer=entry.actor["role"],
                events=(*glass.events, entry.index),
            )
    return glass
