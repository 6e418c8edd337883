"""How long there is: working days where the rule counts them, days elsewhere, and what is soon or over."""

from __future__ import annotations

from datetime import date

import pytest

from api.pages.deadlines import due
from api.pages.tasks import in_score
from ledger.rulebook.calendar import calendar_of

WEEKDAYS = calendar_of("MON-FRI")
FRIDAY = date(2025, 12, 26)


@pytest.mark.parametrize(
    ("last", "left"),
    [
        ("2025-12-26", 0),
        ("2025-12-27", 0),  # a Saturday
        ("2025-12-29", 1),
        ("2026-01-02", 5),
        ("2025-12-25", -1),
        ("2025-12-22", -4),
        ("2025-12-19", -5),
    ],
)
def test_working_days_are_counted_from_the_day_after(last: str, left: int) -> None:
    found = due(last, FRIDAY, calendar=WEEKDAYS)

    assert (found.left, found.working) == (left, True)


@pytest.mark.parametrize(("last", "left"), [("2025-12-26", 0), ("2025-12-29", 3), ("2025-12-20", -6)])
def test_days_are_days(last: str, left: int) -> None:
    found = due(last, FRIDAY)

    assert (found.left, found.working) == (left, False)


def test_what_is_soon_is_three_or_less() -> None:
    assert due("2025-12-29", FRIDAY).soon
    assert not due("2025-12-30", FRIDAY).soon
    assert due("2025-12-25", FRIDAY).over
    assert not due("2025-12-26", FRIDAY).over


def test_a_far_day_is_counted_in_days() -> None:
    assert not due("2028-03-10", FRIDAY, calendar=WEEKDAYS).working


@pytest.mark.parametrize(
    ("due_on", "counts"), [("2025-12-25", True), ("2024-12-27", True), ("2024-12-26", False), ("2023-06-30", False)]
)
def test_a_commitment_counts_in_a_score_while_it_was_due_in_the_last_twelve_months(due_on: str, counts: bool) -> None:
    assert in_score(date.fromisoformat(due_on), FRIDAY) is counts
