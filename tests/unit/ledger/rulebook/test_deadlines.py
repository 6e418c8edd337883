"""Deadlines from `[notice]`, the last day included."""

from __future__ import annotations

from datetime import date

from ledger.rulebook.deadlines import (
    earliest_reply_due,
    earliest_response_due,
    is_provisional,
    last_appeal_day,
    last_report_day,
    last_retention_day,
    repair_decision_due,
)
from ledger.rulebook.edition import parse_edition, shipped_edition
from ledger.rulebook.windows import Activation, EditionTimeline
from tests.unit.ledger.rulebook.by_hand import DEMO, day, successor


def test_the_deadlines_of_the_worked_example() -> None:
    assert earliest_reply_due(DEMO, day("2025-02-24")) == day("2025-03-10")
    assert earliest_response_due(DEMO, day("2025-09-02")) == day("2025-09-09")
    assert repair_decision_due(DEMO, day("2025-07-02")) == day("2025-07-16")


def test_an_appeal_is_in_time_up_to_day_thirty() -> None:
    assert last_appeal_day(DEMO, day("2025-03-20")) == day("2025-04-19")
    assert last_appeal_day(DEMO, day("9999-12-30")) == day("9999-12-31")


def test_a_report_is_late_only_where_the_edition_sets_a_limitation() -> None:
    limited = successor(2, "2025-01-01", ("appeal_days = 30", "appeal_days = 30\nreport_limitation_months = 24"))

    assert last_report_day(DEMO, day("1990-01-01")) is None
    assert last_report_day(limited, day("2024-02-29")) == day("2026-02-28")


def test_payload_is_kept_as_long_as_the_edition_says_of_its_class_or_without_end() -> None:
    kept = successor(2, "2025-01-01", ("[notice]", "[retention]\ncase_months = 60\n\n[notice]"))

    assert last_retention_day(kept, "CASE", day("2024-02-29")) == day("2029-02-28")
    assert last_retention_day(kept, "IDENTITY", day("2024-02-29")) is None
    assert last_retention_day(DEMO, "CASE", day("2024-02-29")) is None


def test_a_reply_period_over_spring_festival_counts_the_weekends_that_are_worked() -> None:
    """Ten working days from 10 February 2026: 11 to 14 (a Saturday), 24 to 28 (a Saturday), and Monday 2 March."""
    text = shipped_edition("JMS-DEMO-2025.1").replace(b'"MON-FRI"', b'"CN-STATE-COUNCIL"')
    edition = parse_edition(text)
    timeline = EditionTimeline([Activation(date(2025, 1, 1), edition, 0)])

    assert earliest_reply_due(edition, date(2026, 2, 10)) == date(2026, 3, 2)
    assert not is_provisional(timeline, date(2026, 2, 10), date(2026, 3, 2))
    assert is_provisional(timeline, date(2026, 12, 25), earliest_reply_due(edition, date(2026, 12, 25)))
    assert not is_provisional(None, date(2026, 12, 25), date(2027, 1, 5))
