"""How long there is: a date first, then the working days or days that are left (ui/UI.md §3, `.due`).

Working days are those of a calendar, counted from the day after `on` to the last day, that one included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from ledger.rulebook.calendar import LONGEST_COUNTED_DAYS, WorkingCalendar

SOON: Final = 3


@dataclass(frozen=True, slots=True)
class Due:
    """A last day. `left` is negative once it is over; `working` says which days were counted, `provisional` that some
    lie in a year whose holidays nobody has published."""

    on: date
    left: int
    working: bool
    demonstration: bool = False
    provisional: bool = False

    @property
    def over(self) -> bool:
        return self.left < 0

    @property
    def soon(self) -> bool:
        return self.left <= SOON


def due(last: date | str, on: date, *, calendar: WorkingCalendar | None = None, demonstration: bool = False) -> Due:
    """What is left on a day until a last day; in working days where a calendar is given."""
    day = date.fromisoformat(last) if isinstance(last, str) else last
    if calendar is None or abs((day - on).days) > LONGEST_COUNTED_DAYS:
        return Due(day, (day - on).days, False, demonstration)
    provisional = calendar.is_provisional(*sorted((on, day)))
    first, end, sign = (on, day, 1) if day >= on else (day, on, -1)
    days = (first + timedelta(days=offset) for offset in range(1, (end - first).days + 1))
    return Due(day, sign * sum(calendar.is_working(one) for one in days), True, demonstration, provisional)
