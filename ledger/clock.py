"""Time as the ledger writes it: RFC 3339 in UTC with six fraction digits; days are days in +08:00.

`effective_on` and every deadline are calendar days of China Standard Time, which has no summer time (since 1991).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

from ledger.errors import Invalid

CST = timezone(timedelta(hours=8), "CST")
# RFC 3339 §5.6. ISO 8601, as Python reads it, knows weeks, commas and many more forms.
_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]([01]\d|2[0-3]):\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", re.ASCII
)
Clock = Callable[[], datetime]
_A_DAY: Final = timedelta(days=1)


def utc_now() -> datetime:
    """The real clock, aware, in UTC."""
    return datetime.now(UTC)


def format_time(moment: datetime) -> str:
    """`2025-01-01T01:01:00.000000Z`; raises ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a naive time has no place in the ledger")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def parse_time(text: str) -> datetime:
    """An RFC 3339 time with an offset; `Invalid` with code `bad-time` otherwise, also where the day it falls on, in UTC
    or in +08:00, lies outside the years 1 to 9999."""
    if not _TIME.fullmatch(text):
        raise Invalid("a time needs a date, a time and an offset, as in RFC 3339", code="bad-time")
    try:
        moment = datetime.fromisoformat(text.upper())
        if not date.min.year < moment.year < date.max.year:
            moment.astimezone(CST)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid("there is no such moment", code="bad-time") from None


def day_after(day: date) -> date:
    """The next day; the calendar's last day has none after it and stands for it."""
    return day if day == date.max else day + _A_DAY


def day_of(moment: datetime) -> date:
    """The day in +08:00 on which a moment falls."""
    return moment.astimezone(CST).date()


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in +08:00: what `as_known=YYYY-MM-DD` means (DESIGN §6)."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=CST).astimezone(UTC)
