"""The city's diary: lines of a history file, written story by story and read day by day.

Stories run forward in time and simply stop at the last day, so that what was under way then is under way for ever.
Lines of one day keep the order in which they were written and are spread over its working hours.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from ledger.clock import CST
from ledger.rulebook.calendar import calendar_of

FIRST_DAY = date(2023, 1, 3)
LAST_DAY = date(2025, 12, 31)
NO_DIGEST = "0" * 64
_OPENING = time(9, 0)
_WORKING_SECONDS = 8 * 3600
_CALENDAR = calendar_of("MON-FRI")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes a line."""

    id: str
    role: str
    unit: str | None = None

    def written(self) -> dict[str, str]:
        actor = {"id": self.id, "role": self.role}
        return actor if self.unit is None else {**actor, "unit_id": self.unit}


CREDIT = Actor("credit-1", "CREDIT", "CREDIT-OFFICE")
CREDIT_2 = Actor("credit-2", "CREDIT", "CREDIT-OFFICE")
HR = Actor("hr-1", "HR", "PERSONNEL")
HR_2 = Actor("hr-2", "HR", "PERSONNEL")
SUPERIOR = Actor("gov-1", "CREDIT", "GOV-OFFICE")  # of the credit office, whose own promises it does not waive
ASSESSOR = Actor("assessor-1", "ASSESSOR", "GOV-OFFICE")
ASSESSOR_2 = Actor("assessor-2", "ASSESSOR", "PERSONNEL")  # assesses the office that assesses the others
DECIDERS = tuple(Actor(f"decider-{n}", "DECIDER", "CREDIT-OFFICE") for n in (1, 2, 3))
REVIEWERS = tuple(Actor(f"reviewer-{n}", "REVIEWER", "PERSONNEL") for n in (1, 2, 3))


def working_days_after(day: date, count: int) -> date:
    """The last day of a period of `count` working days (DOMAIN §9)."""
    return _CALENDAR.add_working_days(day, count)


def on_working_day(day: date) -> date:
    """The day itself, or the next one that is worked."""
    return day if _CALENDAR.is_working(day) else working_days_after(day, 1)


class Diary:
    """Collects lines; `lines()` gives them in the order of their recorded times."""

    def __init__(self) -> None:
        self._days: dict[date, list[dict[str, Any]]] = {}
        self._documents = 0

    def write(self, type_: str, on: date, actor: Actor, data: dict[str, Any], *, recorded: date | None = None) -> bool:
        """Note one line; False, and nothing noted, after the last day. A line recorded late brings a document."""
        recorded = recorded or on
        if recorded > LAST_DAY:
            return False
        line = {"type": type_, "effective_on": on.isoformat(), "actor": actor.written(), "data": data}
        self._days.setdefault(recorded, []).append(line)
        return True

    def document(self, on: date, kind: str = "DECISION", issuer: str = "示范市信用办") -> dict[str, str]:
        """A document of the city, numbered through."""
        self._documents += 1
        number = f"示信〔{on.year}〕{self._documents}号"
        return {"doc_no": number, "issuer": issuer, "kind": kind, "digest": NO_DIGEST}

    def lines(self) -> Iterator[dict[str, Any]]:
        """Every line with its recorded time, which never decreases."""
        for day in sorted(self._days):
            lines = self._days[day]
            opening = datetime.combine(day, _OPENING, CST)
            for place, line in enumerate(lines):
                moment = opening + timedelta(seconds=_WORKING_SECONDS * place // len(lines))
                yield {
                    "type": line["type"],
                    "effective_on": line["effective_on"],
                    "recorded_at": moment.isoformat(timespec="microseconds"),
                    "actor": line["actor"],
                    "data": line["data"],
                }
