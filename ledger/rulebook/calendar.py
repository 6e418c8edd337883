"""Working days: which days count, and the last day of a period counted in them. The calendar is data, never code.

A period in working days starts on the working day after the act and ends with its last day (DOMAIN §9). China moves
weekends around its holidays year by year, so a calendar is a file: the weekdays that are worked, days off, and
weekend days that are worked instead. A calendar of dated years says of each where it comes from; a year that is
provisional, or that it does not have, makes every period that rests on one of its days provisional. A period that
would run past the end of the year 9999 ends on its last day.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Final

from ledger.errors import NotFound
from ledger.rulebook.parameters import Title
from ledger.rulebook.toml_table import Table

CODE = "bad-calendar"
_LONGEST_RUN_DAYS = 366
LONGEST_COUNTED_DAYS: Final = 400  # beyond it what is left is told in days, not in working days


class YearSource(StrEnum):
    """Whether a year's days are those of a published notice, or what is assumed until there is one."""

    PUBLISHED = "published"
    PROVISIONAL = "provisional"


@dataclass(frozen=True, slots=True)
class Year:
    """Where the days of one year come from: the notice's number (or the text assumed from) and its day."""

    source: YearSource
    basis: str
    issued_on: date | None = None


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """`weekdays` are ISO numbers (Monday is 1); a day in `made_up` is worked even where it is also a holiday.

    `years` is empty where the calendar is a rule and not an arrangement: nothing of it is provisional then.
    """

    id: str
    title: Title
    weekdays: frozenset[int]
    holidays: frozenset[date]
    made_up: frozenset[date]
    years: Mapping[int, Year] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        return day in self.made_up or (day.isoweekday() in self.weekdays and day not in self.holidays)

    def add_working_days(self, start: date, count: int) -> date:
        """The last day of a period of `count` working days after `start`; `start` itself never counts."""
        day = start
        while count > 0 and day < date.max:
            day += timedelta(days=1)
            count -= self.is_working(day)
        return day

    def working_days(self, start: date, last: date) -> int:
        """How many working days lie after `start` up to `last`, that one included; none where it lies before."""
        days = (start + timedelta(days=offset) for offset in range(1, (last - start).days + 1))
        return sum(self.is_working(day) for day in days)

    def is_provisional(self, start: date, last: date) -> bool:
        """Whether the count from the day after `start` to `last` rests on a year without a published arrangement."""
        if not self.years or last <= start:
            return False
        first = start + timedelta(days=1)
        rests_on = (self.years.get(year) for year in range(first.year, last.year + 1))
        return any(year is None or year.source is YearSource.PROVISIONAL for year in rests_on)


def parse_calendar(data: bytes) -> WorkingCalendar:
    """One calendar from the bytes of its file; `Invalid` with code `bad-calendar` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    title = root.table("title")
    weekdays = frozenset(root.integers("weekdays", least=1, most=7))
    holidays, made_up = _days(root, "holidays"), _days(root, "made_up")
    years: dict[int, Year] = {}
    for table in root.tables("years") if root.has("years") else []:
        number = table.integer("year", least=1)
        if number in years:
            raise table.refuse("year", "this year stands twice")
        years[number] = _year(table)
        holidays |= _days(table, "holidays", number)
        made_up |= _days(table, "made_up", number)
        table.close()
    calendar = WorkingCalendar(
        id=root.text("id"),
        title=Title(zh=title.text("zh"), en=title.text("en")),
        weekdays=weekdays,
        holidays=holidays,
        made_up=made_up,
        years=years,
    )
    title.close()
    root.close()
    return calendar


def _year(table: Table) -> Year:
    """A published year has the day of its notice; a provisional one has no notice."""
    source = table.word("source", YearSource)
    issued_on = table.day("issued_on") if source is YearSource.PUBLISHED else None
    return Year(source, table.text("basis"), issued_on)


def _days(table: Table, key: str, year: int | None = None) -> frozenset[date]:
    """The days of an array of runs; those of a year lie in it."""
    days: set[date] = set()
    for run in table.tables(key) if table.has(key) else []:
        first, last = run.day("from"), run.day("to")
        run.close()
        if not 0 <= (last - first).days < _LONGEST_RUN_DAYS:
            raise run.refuse("to", "expected a run of at least one day and at most a year")
        if year is not None and (first.year, last.year) != (year, year):
            raise run.refuse("from", "expected days of that year")
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
