"""Working days: which days count, and the last day of a period counted in them. The calendar is data, never code.

A period in working days starts on the working day after the act and ends with its last day (DOMAIN §9). China moves
weekends around its holidays year by year, so a calendar is a file: the weekdays that are worked, days off, and
weekend days that are worked instead. A period that would run past the end of the year 9999 ends on its last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources

from ledger.errors import NotFound
from ledger.rulebook.parameters import Title
from ledger.rulebook.toml_table import Table

CODE = "bad-calendar"
_LONGEST_RUN_DAYS = 366


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """`weekdays` are ISO numbers (Monday is 1); a day in `made_up` is worked even where it is also a holiday."""

    id: str
    title: Title
    weekdays: frozenset[int]
    holidays: frozenset[date]
    made_up: frozenset[date]

    def is_working(self, day: date) -> bool:
        return day in self.made_up or (day.isoweekday() in self.weekdays and day not in self.holidays)

    def add_working_days(self, start: date, count: int) -> date:
        """The last day of a period of `count` working days after `start`; `start` itself never counts."""
        day = start
        while count > 0 and day < date.max:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day


def parse_calendar(data: bytes) -> WorkingCalendar:
    """One calendar from the bytes of its file; `Invalid` with code `bad-calendar` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    title = root.table("title")
    calendar = WorkingCalendar(
        id=root.text("id"),
        title=Title(zh=title.text("zh"), en=title.text("en")),
        weekdays=frozenset(root.integers("weekdays", least=1, most=7)),
        holidays=_days(root, "holidays"),
        made_up=_days(root, "made_up"),
    )
    title.close()
    root.close()
    return calendar


def _days(root: Table, key: str) -> frozenset[date]:
    days: set[date] = set()
    for run in root.tables(key) if root.has(key) else []:
        first, last = run.day("from"), run.day("to")
        run.close()
        if not 0 <= (last - first).days < _LONGEST_RUN_DAYS:
            raise run.refuse("to", "expected a run of at least one day and at most a year")
        days.update(first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return frozenset(days)


@cache
def known_calendars() -> tuple[str, ...]:
    """The ids of the calendars that ship with the ledger, sorted."""
    folder = resources.files("ledger.rulebook") / "calendars"
    return tuple(sorted(file.name.removesuffix(".toml") for file in folder.iterdir() if file.name.endswith(".toml")))


@cache
def calendar_of(calendar_id: str) -> WorkingCalendar:
    """The shipped calendar of this id; `NotFound` with code `no-calendar` otherwise."""
    if calendar_id not in known_calendars():
        raise NotFound("no calendar of this id ships with the ledger", code="no-calendar")
    file = resources.files("ledger.rulebook") / "calendars" / f"{calendar_id}.toml"
    return parse_calendar(file.read_bytes())
