"""Months, editions in force, and the mildest of several editions value by value."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import NotFound
from ledger.rulebook.cost import deduct, own_breach
from ledger.rulebook.parameters import Severity
from ledger.rulebook.windows import (
    Activation,
    EditionTimeline,
    Mildest,
    add_months,
    fewest_points,
    first_repair_day,
    max_day,
    step_day,
)
from tests.unit.ledger.rulebook.by_hand import DEMO, DEMO_ALONE, day, successor, timeline


@pytest.mark.parametrize(
    ("start", "months", "result"),
    [
        ("2025-03-20", 3, "2025-06-20"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-11-30", 3, "2026-02-28"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-02-28", -12, "2024-02-28"),
        ("2025-05-31", -3, "2025-02-28"),
        ("2025-05-31", 0, "2025-05-31"),
        ("9999-06-01", 12, "9999-12-31"),
        ("0001-06-01", -12, "0001-01-01"),
    ],
)
def test_months_are_calendar_months_with_the_day_clamped(start: str, months: int, result: str) -> None:
    assert add_months(day(start), months) == day(result)


@given(st.dates(date(1900, 1, 1), date(2200, 1, 1)), st.integers(0, 600), st.integers(0, 600))
def test_a_longer_window_never_ends_earlier(start: date, fewer: int, more: int) -> None:
    assert add_months(start, fewer) <= add_months(start, fewer + more)


def test_an_edition_is_in_force_from_its_activation_until_the_next() -> None:
    second, third = successor(2, "2025-06-01"), successor(3, "2026-01-01")
    known = timeline(DEMO, second, third)

    in_force = {text: known.on(day(text)).id[-1] for text in ("2024-01-01", "2025-01-01", "2025-05-31", "2025-06-01")}
    assert in_force == {"2024-01-01": "1", "2025-01-01": "1", "2025-05-31": "1", "2025-06-01": "2"}
    assert known.on(day("2030-01-01")) is third
    assert known.between(day("2025-05-31"), day("2025-12-31")) == [DEMO, second]
    assert known.between(day("2025-06-01"), day("2026-01-01")) == [second, third]
    assert known.between(day("2020-01-01"), day("2024-01-01")) == [DEMO]


def test_an_edition_activated_late_takes_its_place_by_its_day() -> None:
    second, third = successor(2, "2025-06-01"), successor(3, "2026-01-01")
    known = timeline(DEMO, third, second)

    assert known.on(day("2025-12-31")) is second
    assert known.on(day("2026-01-01")) is third


def test_of_two_activations_on_one_day_the_later_entry_holds() -> None:
    second, third = successor(2, "2025-06-01"), successor(3, "2025-06-01")
    known = EditionTimeline([Activation(second.effective_on, second, 9), Activation(third.effective_on, third, 8)])

    assert known.between(day("2020-01-01"), day("2030-01-01")) == [second]


def test_without_a_known_activation_there_is_no_edition() -> None:
    for asked in (lambda: timeline().on(day("2025-01-01")), lambda: timeline().between(day("2025-01-01"), date.max)):
        with pytest.raises(NotFound) as caught:
            asked()
        assert caught.value.code == "no-edition"


@pytest.mark.parametrize(
    ("severity", "decision_on", "repair", "step", "maximum"),
    [
        ("GENERAL", "2025-03-20", "2025-06-20", "2025-06-20", "2026-03-20"),
        ("SERIOUS", "2025-04-15", "2026-04-15", "2026-04-15", "2028-04-15"),
        ("MINOR", "2025-01-31", "2025-01-31", "2025-04-30", "2025-04-30"),
        ("GENERAL", "2025-11-30", "2026-02-28", "2026-02-28", "2026-11-30"),
    ],
)
def test_the_dates_of_a_finding(severity: str, decision_on: str, repair: str, step: str, maximum: str) -> None:
    arguments = (DEMO_ALONE, Severity(severity), day(decision_on), day("2025-12-31"))

    assert first_repair_day(*arguments).value == day(repair)
    assert step_day(*arguments).value == day(step)
    assert max_day(*arguments).value == day(maximum)


GENERAL_WINDOW = "GENERAL = { min_months = 3,  max_months = 12 }"
DEDUCT = 'deduct = { MINOR = "3", GENERAL = "10", SERIOUS = "30"'
OWN = 'own_breach  = { MINOR = "1", GENERAL = "3"'


def test_the_mildest_edition_is_chosen_value_by_value() -> None:
    later = successor(
        2,
        "2025-05-01",
        (GENERAL_WINDOW, "GENERAL = { min_months = 0,  max_months = 18 }"),
        (DEDUCT, DEDUCT.replace('"10"', '"8"')),
        (OWN, OWN.replace('"3"', '"5"')),
    )
    known = timeline(DEMO, later)
    arguments = (known, Severity.GENERAL, day("2025-03-20"), day("2025-05-01"))

    points = fewest_points(known, deduct, *arguments[1:])
    own = fewest_points(known, own_breach, *arguments[1:])
    assert points == Mildest(Fraction(8), later)
    assert own == Mildest(Fraction(3), DEMO)
    # The later edition opens repair at once, but its step is its max (18 months): the earlier one's comes first.
    assert first_repair_day(*arguments) == Mildest(day("2025-03-20"), later)
    assert step_day(*arguments) == Mildest(day("2025-06-20"), DEMO)
    assert max_day(*arguments) == Mildest(day("2026-03-20"), DEMO)


def test_a_milder_edition_counts_from_the_day_it_is_in_force() -> None:
    milder = successor(2, "2025-05-01", (DEDUCT, DEDUCT.replace('"10"', '"8"')))
    known = timeline(DEMO, milder)

    before, after = (
        fewest_points(known, deduct, Severity.GENERAL, day("2025-03-20"), day(on))
        for on in ("2025-04-30", "2025-05-01")
    )
    assert [before.value, after.value] == [10, 8]


def test_a_harsher_edition_never_reaches_back_but_an_old_milder_one_stays() -> None:
    harsher = successor(2, "2025-05-01", (DEDUCT, DEDUCT.replace('"10"', '"12"')))
    known = timeline(DEMO, harsher)

    found_before = fewest_points(known, deduct, Severity.GENERAL, day("2025-04-30"), day("2026-01-01"))
    found_after = fewest_points(known, deduct, Severity.GENERAL, day("2025-05-01"), day("2026-01-01"))
    assert [found_before.value, found_after.value] == [10, 12]


def test_of_equal_values_the_earlier_edition_is_cited() -> None:
    same = successor(2, "2025-05-01")

    points = fewest_points(timeline(DEMO, same), deduct, Severity.GENERAL, day("2025-03-20"), day("2025-06-01"))
    assert points.edition is DEMO
