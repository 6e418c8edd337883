"""Working days: a period starts on the working day after the act and ends with its last day (DOMAIN §9)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid, NotFound
from ledger.rulebook.calendar import calendar_of, parse_calendar
from tests.unit.ledger.rulebook.by_hand import day

WEEK = calendar_of("MON-FRI")
HEAD = b'id = "TEST"\ntitle = { zh = "a", en = "b" }\nweekdays = [1, 2, 3, 4, 5]\n'


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        ("2025-02-24", 10, "2025-03-10"),  # the notice of B1
        ("2025-09-02", 5, "2025-09-09"),  # the pre-decision notice of K1
        ("2025-07-02", 10, "2025-07-16"),  # the repair R1
        ("2025-03-07", 1, "2025-03-10"),  # Friday to Monday
        ("2025-03-08", 1, "2025-03-10"),  # Saturday to Monday
        ("2025-03-08", 0, "2025-03-08"),
        ("9999-12-30", 10, "9999-12-31"),
    ],
)
def test_the_last_day_of_a_period(start: str, count: int, last: str) -> None:
    assert WEEK.add_working_days(day(start), count) == day(last)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(1, 60))
def test_a_period_holds_exactly_its_working_days(start: date, count: int) -> None:
    last = WEEK.add_working_days(start, count)
    days = [start + timedelta(days=n) for n in range(1, (last - start).days + 1)]

    assert sum(WEEK.is_working(one) for one in days) == count
    assert WEEK.is_working(last)


def test_a_calendar_of_real_years_lists_days_off_and_days_made_up() -> None:
    data = HEAD + (
        b"holidays = [{ from = 2025-03-10, to = 2025-03-12 }]\nmade_up = [{ from = 2025-03-15, to = 2025-03-15 }]\n"
    )
    calendar = parse_calendar(data)

    # Thursday 13, Friday 14, Saturday 15 (made up), Monday 17
    assert calendar.add_working_days(day("2025-03-07"), 4) == day("2025-03-17")


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (HEAD.replace(b"5]", b"8]"), "weekdays"),
        (HEAD.replace(b"[1, 2, 3, 4, 5]", b"[]"), "weekdays"),
        (HEAD.replace(b"[1, 2, 3, 4, 5]", b"[true]"), "weekdays"),
        (HEAD + b"holidays = [{ from = 2025-03-10, to = 2025-03-09 }]", "holidays[0].to"),
        (HEAD + b"holidays = [{ from = 0001-01-01, to = 9999-12-31 }]", "holidays[0].to"),
        (HEAD + b"holidays = [{ from = 2025-03-10, to = 2025-03-10, name = 'x' }]", "holidays[0].name"),
        (HEAD + b"holidays = [1]", "holidays"),
        (HEAD + b"feasts = []", "feasts"),
    ],
)
def test_a_bad_calendar_is_refused_with_its_field(data: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_calendar(data)
    assert (caught.value.code, caught.value.field) == ("bad-calendar", field)


def test_a_calendar_that_does_not_ship_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        calendar_of("MOON")
    assert caught.value.code == "no-calendar"
