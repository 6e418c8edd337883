"""Time as the ledger writes it: RFC 3339 in UTC with six fraction digits; days are days in +08:00.

`effective_on` and every deadline are calendar days of China Standard Time, which has no summer time (since 1991).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone

from ledger.errors import Invalid

CST = timezone(timedelta(hours=8), "CST")
Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The real clock, aware, in UTC."""
    return datetime.now(UTC)


def format_time(moment: datetime) -> str:
    """`2025-01-01T01:01:00.000000Z`; raises ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a naive time has no place in the ledger")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def parse_time(text: str) -> datetime:
    """An RFC 3339 time with an offset; `Invalid` with code `bad-time` otherwise."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid("not an RFC 3339 time", code="bad-time") from None
    if moment.tzinfo is None or len(text) < 20 or text[10] not in "Tt":
        raise Invalid("a time needs a date, a time and an offset", code="bad-time")
    return moment.astimezone(UTC)


def day_of(moment: datetime) -> date:
    """The day in +08:00 on which a moment falls."""
    return moment.astimezone(CST).date()


def end_of_day(day: date) -> datetime:
    """The last microsecond of a day in +08:00: what `as_known=YYYY-MM-DD` means (DESIGN §6)."""
    return datetime(day.year, day.month, day.day, 23, 59, 59, 999999, tzinfo=CST).astimezone(UTC)
