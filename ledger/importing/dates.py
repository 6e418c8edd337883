"""Dates as sources write them, turned into ISO dates of the same precision: a year, a month or a day.

A format is written with `YYYY`, `MM`, `DD` (exactly two digits) and `M`, `D` (one or two); everything else stands for
itself: `YYYY-MM-DD`, `M/D/YYYY`, `YYYY年M月D日`. No part of a date is ever invented: `2014-03` stays a month.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache

from ledger.errors import Invalid
from ledger.importing.errors import CellError

DateReader = Callable[[str], str]

ISO = ("YYYY-MM-DD", "YYYY-MM", "YYYY")
_YEARS = range(1800, 2201)
_TOKEN = re.compile(r"YYYY|MM|DD|M|D")
_GROUPS = {
    "YYYY": r"(?P<year>[0-9]{4})",
    "MM": r"(?P<month>[0-9]{2})",
    "DD": r"(?P<day>[0-9]{2})",
    "M": r"(?P<month>[0-9]{1,2})",
    "D": r"(?P<day>[0-9]{1,2})",
}


@cache
def date_reader(formats: tuple[str, ...]) -> DateReader:
    """A function from a source's text to an ISO date; it raises `CellError`, code `bad-date` or `impossible-date`."""
    patterns = [_pattern(text) for text in formats]
    expected = " or ".join(formats)

    @lru_cache(maxsize=16_384)
    def read(text: str) -> str:
        for pattern in patterns:
            if (match := pattern.fullmatch(text)) is not None:
                return _iso(match.groupdict())
        raise CellError(f"expected a date written {expected}", code="bad-date")

    return read


def _pattern(text: str) -> re.Pattern[str]:
    """The pattern of one format, which has a year, and a month wherever it has a day."""
    tokens = _TOKEN.findall(text)
    parts = [token[0] for token in tokens]
    if sorted(parts) not in (["Y"], ["M", "Y"], ["D", "M", "Y"]):
        raise Invalid("a date format has a year, a year and month, or all three", code="bad-mapping", field="formats")
    pieces, end = [], 0
    for match in _TOKEN.finditer(text):
        pieces += [re.escape(text[end : match.start()]), _GROUPS[match.group()]]
        end = match.end()
    return re.compile("".join(pieces) + re.escape(text[end:]))


def _iso(parts: dict[str, str]) -> str:
    year = int(parts["year"])
    if year not in _YEARS:
        raise CellError("the year is not one of this or the last centuries", code="impossible-date")
    if "month" not in parts:
        return f"{year:04}"
    month, day = int(parts["month"]), int(parts.get("day", "1"))
    try:
        date(year, month, day)
    except ValueError:
        raise CellError("no such day in the calendar", code="impossible-date") from None
    return f"{year:04}-{month:02}-{day:02}" if "day" in parts else f"{year:04}-{month:02}"
