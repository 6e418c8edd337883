"""Working days: a period starts on the working day after the act and ends with its last day (DOMAIN §9)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import Invalid, NotFound
from ledger.rulebook.calendar import YearSource, calendar_of, parse_calendar
from tests.unit.ledger.rulebook.by_hand import day

WEEK = calendar_of("MON-FRI")
HEAD = b'id = "TEST"\ntitle = { zh = "a", en = "b" }\nweekdays = [1, 2, 3, 4, 5]\n'
YEAR = HEAD + b'[[years]]\nyear = 2025\nsource = "published"\nbasis = "x"\nissued_on = 2024-11-12\n'
CHINA = calendar_of("CN-STATE-COUNCIL")


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
        (YEAR.replace(b"issued_on = 2024-11-12\n", b""), "years[0].issued_on"),
        (YEAR.replace(b'basis = "x"\n', b""), "years[0].basis"),
        (YEAR.replace(b"published", b"guessed"), "years[0].source"),
        (YEAR + b"holidays = [{ from = 2024-12-31, to = 2025-01-01 }]", "years[0].holidays[0].from"),
        (YEAR + b"made_up = [{ from = 2026-01-04, to = 2026-01-04 }]", "years[0].made_up[0].from"),
        (YEAR + YEAR.removeprefix(HEAD), "years[1].year"),
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


@pytest.mark.parametrize(
    ("start", "count", "last"),
    [
        # Spring Festival 2024: the eve is worked, 4 and 18 February are Sundays that are worked
        ("2024-02-02", 1, "2024-02-04"),
        ("2024-02-02", 6, "2024-02-09"),
        ("2024-02-08", 2, "2024-02-18"),
        # Spring Festival 2025: 28 January to 4 February off, Sunday 26 January and Saturday 8 February worked
        ("2025-01-24", 1, "2025-01-26"),
        ("2025-01-24", 2, "2025-01-27"),
        ("2025-01-24", 3, "2025-02-05"),
        ("2025-01-20", 10, "2025-02-08"),
        # Spring Festival 2026: 15 to 23 February off, Saturdays 14 and 28 February worked
        ("2026-02-13", 1, "2026-02-14"),
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-13", 6, "2026-02-28"),
        ("2026-02-14", 10, "2026-03-06"),
        # National Day 2025 with the Mid-Autumn Festival: eight days off; Sunday 28 September worked
        ("2025-09-26", 3, "2025-09-30"),
        ("2025-09-26", 4, "2025-10-09"),
        ("2025-09-30", 3, "2025-10-11"),
        # The year's end: 1 January 2025 is a Wednesday off by itself; in 2026 Sunday 4 January is worked
        ("2024-12-31", 1, "2025-01-02"),
        ("2025-12-31", 1, "2026-01-04"),
        ("2025-12-31", 2, "2026-01-05"),
        ("2026-12-31", 1, "2027-01-04"),
    ],
)
def test_periods_over_holidays_and_weekends_that_are_worked(start: str, count: int, last: str) -> None:
    assert CHINA.add_working_days(day(start), count) == day(last)
    assert CHINA.working_days(day(start), day(last)) == count


@pytest.mark.parametrize(
    ("year", "off", "made_up", "working"), [(2024, 28, 8, 251), (2025, 28, 5, 248), (2026, 33, 6, 248)]
)
def test_a_published_year_has_as_many_days_as_its_notice(year: int, off: int, made_up: int, working: int) -> None:
    """The notices count the days off of each feast; working days of a year follow from them."""
    assert sum(one.year == year for one in CHINA.holidays) == off
    assert sum(one.year == year for one in CHINA.made_up) == made_up
    assert CHINA.working_days(date(year - 1, 12, 31), date(year, 12, 31)) == working


def test_made_up_days_are_weekend_days_and_no_holidays() -> None:
    assert all(one.isoweekday() in (6, 7) for one in CHINA.made_up)
    assert not CHINA.made_up & CHINA.holidays


@pytest.mark.parametrize("year", [2024, 2025, 2026])
def test_a_published_year_names_its_notice_and_its_day(year: int) -> None:
    known = CHINA.years[year]
    assert known.source is YearSource.PUBLISHED
    assert known.basis.startswith("国办发明电〔")
    assert known.issued_on is not None
    assert known.issued_on.year == year - 1


@pytest.mark.parametrize(
    ("start", "last", "provisional"),
    [
        ("2026-12-01", "2026-12-31", False),
        ("2026-12-25", "2027-01-04", True),  # ends in a provisional year
        ("2026-12-31", "2027-01-01", True),
        ("2027-12-30", "2028-01-10", True),  # a year that the calendar does not have
        ("2024-01-05", "2023-12-01", False),  # no day is counted
        ("2023-12-31", "2024-01-05", False),  # the first day that counts lies in 2024
        ("2023-12-30", "2024-01-05", True),
    ],
)
def test_a_period_says_whether_it_rests_on_a_provisional_year(start: str, last: str, provisional: bool) -> None:
    assert CHINA.is_provisional(day(start), day(last)) is provisional


def test_a_calendar_that_is_a_rule_has_nothing_provisional() -> None:
    assert not WEEK.is_provisional(day("2026-12-01"), day("2040-01-01"))
