"""The sanctions of a person: each with its first and last day, and the day it was lifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.folds.order import in_legal_order, until
from ledger.reading import Logged


@dataclass(frozen=True, slots=True)
class Sanction:
    """One sanction on a day; `until` None is for life."""

    kind: str
    imposed_on: date
    starts_on: date
    until: date | None
    lifted_on: date | None = None
    events: tuple[int, ...] = ()

    def holds(self, on: date) -> bool:
        """Both its days included; a lifting counts on its own day."""
        if self.lifted_on is not None and self.lifted_on <= on:
            return False
        return self.starts_on <= on and (self.until is None or on <= self.until)

    def state(self, on: date) -> str:
        """ACTIVE on the days it holds, PENDING before, OVER after, LIFTED from its lifting on."""
        if self.lifted_on is not None and self.lifted_on <= on:
            return "LIFTED"
        if on < self.starts_on:
            return "PENDING"
        return "ACTIVE" if self.holds(on) else "OVER"


def fold_sanctions(entries: Sequence[Logged], on: date) -> list[Sanction]:
    """The sanctions imposed by a day, in the order they count from. A lifting without a first day lifts the newest."""
    sanctions: list[Sanction] = []
    for entry in until(in_legal_order(entries), on):
        data = entry.data
        if entry.type == "SanctionImposed":
            last = data.get("until")
            sanctions.append(
                Sanction(
                    kind=data["kind"],
                    imposed_on=entry.effective_on,
                    starts_on=date.fromisoformat(data["from"]),
                    until=None if last is None else date.fromisoformat(last),
                    events=(entry.index,),
                )
            )
        elif entry.type == "SanctionLifted":
            place = _standing(sanctions, data["kind"], data.get("from"))
            if place is not None:
                lifted = sanctions[place]
                sanctions[place] = replace(lifted, lifted_on=entry.effective_on, events=(*lifted.events, entry.index))
    return sanctions


def _standing(sanctions: Sequence[Sanction], kind: str, start: str | None) -> int | None:
    for place in range(len(sanctions) - 1, -1, -1):
        one = sanctions[place]
        if one.kind == kind and one.lifted_on is None and start in (None, one.starts_on.isoformat()):
            return place
    return None
