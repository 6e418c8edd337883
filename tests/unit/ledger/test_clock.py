"""A time is an RFC 3339 time with its offset, whose day exists in UTC and in +08:00; everything else is `bad-time`."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from ledger.clock import day_after, day_of, end_of_day, format_time, parse_time
from ledger.errors import Invalid


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2025-01-01T09:01:00+08:00", "2025-01-01T01:01:00.000000Z"),
        ("2025-01-01T01:01:00.5Z", "2025-01-01T01:01:00.500000Z"),
        ("2025-01-01t01:01:00z", "2025-01-01T01:01:00.000000Z"),
        ("2024-12-31T20:01:00-05:00", "2025-01-01T01:01:00.000000Z"),
        ("0001-01-02T00:00:00+08:00", "0001-01-01T16:00:00.000000Z"),
        ("9999-12-31T15:59:59Z", "9999-12-31T15:59:59.000000Z"),
    ],
)
def test_a_time_is_read_and_written(text: str, written: str) -> None:
    moment = parse_time(text)

    assert format_time(moment) == written
    assert parse_time(format_time(moment)) == moment


@pytest.mark.parametrize(
    "text",
    [
        "2025-W01-1T00:00:00+00:00",
        "2025-001T00:00:00+00:00",
        "20250101T000000+0000",
        "2025-01-01T00:00:00",
        "2025-01-01T00:00+08:00",
        "2025-01-01T00:00:00+0800",
        "2025-01-01T00:00:00,5Z",
        "2025-01-01 00:00:00Z",
        "2025-01-01T00:00:00Z\n",
        "２025-01-01T00:00:00Z",
        "2025-02-30T00:00:00Z",
        "2025-01-01T24:00:00Z",
        "2025-01-01T00:00:60Z",
        "2025-01-01T00:00:00+24:00",
        "0001-01-01T00:00:00+08:00",
        "9999-12-31T23:59:59-08:00",
        "9999-12-31T16:00:00Z",
        "2025-01-01",
        "",
    ],
    ids=repr,
)
def test_what_is_no_such_time_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as wrong:
        parse_time(text)

    assert wrong.value.code == "bad-time"


@pytest.mark.parametrize("day", [date(1, 1, 1), date(2025, 6, 1), date(9999, 12, 31)], ids=str)
def test_a_day_ends_on_itself(day: date) -> None:
    assert day_of(end_of_day(day)) == day


def test_the_last_day_of_the_calendar_has_none_after_it() -> None:
    assert [day_after(day) for day in (date(2024, 2, 28), date(9999, 12, 30), date.max)] == [
        date(2024, 2, 29),
        date.max,
        date.max,
    ]


def test_a_naive_time_has_no_place() -> None:
    with pytest.raises(ValueError, match="naive"):
        format_time(datetime(2025, 1, 1))  # noqa: DTZ001
    assert format_time(datetime(2025, 1, 1, tzinfo=UTC)) == "2025-01-01T00:00:00.000000Z"
