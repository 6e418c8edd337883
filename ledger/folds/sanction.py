"""The sanctions of a person: each with its first and last day, as several run together, and the day it was lifted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.folds.order import in_legal_order, until
from ledger.folds.source import Source
from ledger.reading import Logged
from ledger.rulebook.sanctions import Imposed, run_together


@dataclass(frozen=True, slots=True)
class Sanction:
    """One sanction on a day. `until` is its last day beside the others (None: for life), `stated_until` its decision's.

    `absorbed_by` and `extends` are the first entries of the heavier one and of those whose remainder it serves.
    """

    kind: str
    imposed_on: date
    starts_on: date
    until: date | None
    stated_until: date | None
    lifted_on: date | None = None
    absorbed_by: int | None = None
    extends: tuple[int, ...] = ()
    events: tuple[int, ...] = ()

    def holds(self, on: date) -> bool:
        """Both its days included; a lifting counts on its own day."""
        if self.absorbed_by is not None or (self.lifted_on is not None and self.lifted_on <= on):
            return False
        return self.starts_on <= on and (self.until is None or on <= self.until)

    def state(self, on: date) -> str:
        """ACTIVE while it holds, PENDING before, OVER after, LIFTED from its lifting on, ABSORBED by a heavier one."""
        if self.lifted_on is not None and self.lifted_on <= on:
            return "LIFTED"
        if self.absorbed_by is not None:
            return "ABSORBED"
        if on < self.starts_on:
            return "PENDING"
        return "ACTIVE" if self.holds(on) else "OVER"


def fold_sanctions(entries: Sequence[Logged], on: date) -> list[Sanction]:
    """The sanctions imposed by a day, in the order they count from. A lifting without a first day lifts the newest."""
    sanctions: list[Sanction] = []
    for entry in until(in_legal_order(entries), on):
        data = entry.data
        if entry.type == "SanctionImposed":
            last = None if data.get("until") is None else date.fromisoformat(data["until"])
            sanctions.append(
                Sanction(
                    kind=data["kind"],
                    imposed_on=entry.effective_on,
                    starts_on=date.fromisoformat(data["from"]),
                    until=last,
                    stated_until=last,
                    events=(entry.index,),
                )
            )
        elif entry.type == "SanctionLifted":
            place = standing(sanctions, data["kind"], data.get("from"), data.get("until"))
            if place is not None:
                lifted = sanctions[place]
                sanctions[place] = replace(lifted, lifted_on=entry.effective_on, events=(*lifted.events, entry.index))
    return _together(sanctions)


def sanctions_of(source: Source, subject: str, on: date, size: int) -> list[Sanction]:
    """Those of a person under all its registrations; `subject` is the one that stands for it, as known at a size."""
    stream = f"subject/{subject}"
    return fold_sanctions([entry for entry in source.history(subject, size) if entry.stream == stream], on)


def as_decided(sanctions: Sequence[Sanction]) -> list[Imposed]:
    """Each as its own decision says."""
    return [Imposed(one.kind, one.starts_on, one.stated_until, one.lifted_on) for one in sanctions]


def _together(sanctions: Sequence[Sanction]) -> list[Sanction]:
    runs = run_together(as_decided(sanctions))
    return [
        replace(
            one,
            until=run.until,
            absorbed_by=None if run.absorbed_by is None else sanctions[run.absorbed_by].events[0],
            extends=tuple(sanctions[place].events[0] for place in run.extends),
        )
        for one, run in zip(sanctions, runs, strict=True)
    ]


def standing(sanctions: Sequence[Sanction], kind: str, start: str | None, last: str | None = None) -> int | None:
    """The place of the one that a lifting of this kind, first and last day means; None where no such one stands.

    `last` is a last day of its decision, or as it runs. Where several are meant: with a first day and no last one that
    for life, then what is carried out before what it absorbed, then the newest.
    """
    meant = [
        (start is not None and last is None and one.stated_until is None, one.absorbed_by is None, place)
        for place, one in enumerate(sanctions)
        if one.kind == kind
        and one.lifted_on is None
        and start in (None, one.starts_on.isoformat())
        and last in (None, _written(one.stated_until), _written(one.until))
    ]
    return max(meant)[-1] if meant else None


def _written(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
