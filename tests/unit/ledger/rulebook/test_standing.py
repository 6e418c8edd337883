"""How a finding reads and weighs on a day."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ledger.rulebook.parameters import FindingState
from ledger.rulebook.standing import reading_state, weigh
from tests.unit.ledger.rulebook.by_hand import DEMO, DEMO_ALONE, day, finding, successor, timeline

HALF = Fraction(1, 2)


@pytest.mark.parametrize("state", ["CONFIRMED", "UPHELD", "VARIED", "APPEALED"])
def test_a_standing_finding_reads_expired_from_max_on(state: str) -> None:
    one = finding("2025-03-20", state=state)

    assert reading_state(one, DEMO_ALONE, day("2026-03-19")) == state
    assert reading_state(one, DEMO_ALONE, day("2026-03-20")) is FindingState.EXPIRED


@pytest.mark.parametrize("state", ["REPAIRED", "REMOVED", "OVERTURNED"])
def test_what_ended_otherwise_never_turns_into_expired(state: str) -> None:
    one = finding("2025-03-20", state=state, ends_on="2025-04-01")

    assert reading_state(one, DEMO_ALONE, day("2030-01-01")) == state


def test_ends_on_is_the_last_day_on_which_a_record_counts() -> None:
    one = finding("2025-03-20", ends_on="2025-05-31", record_kind="PENALTY")

    assert reading_state(one, DEMO_ALONE, day("2025-05-31")) is FindingState.CONFIRMED
    assert reading_state(one, DEMO_ALONE, day("2025-06-01")) is FindingState.EXPIRED
    assert weigh(one, DEMO_ALONE, day("2025-06-01")).factor == 0


def test_an_ends_on_after_max_does_not_keep_a_record() -> None:
    one = finding("2025-03-20", ends_on="2027-01-01", record_kind="PENALTY")

    assert reading_state(one, DEMO_ALONE, day("2026-03-20")) is FindingState.EXPIRED


@pytest.mark.parametrize("code", ["CRIMINAL_PUNISHMENT", "EXPELLED_FROM_PARTY", "EXPELLED_FROM_OFFICE"])
def test_a_record_with_a_lasting_code_never_expires_though_it_weighs_nothing(code: str) -> None:
    one = finding("2015-03-20", "SERIOUS", record_kind="DISCIPLINE", list_code=code, ends_on="2016-01-01")

    assert reading_state(one, DEMO_ALONE, day("2040-01-01")) is FindingState.CONFIRMED
    assert weigh(one, DEMO_ALONE, day("2040-01-01")).factor == 0


def test_another_code_expires() -> None:
    one = finding("2015-03-20", "SERIOUS", record_kind="DISCIPLINE", list_code="DEMERIT")

    assert reading_state(one, DEMO_ALONE, day("2025-01-01")) is FindingState.EXPIRED


@pytest.mark.parametrize(
    ("severity", "on", "time"),
    [
        ("GENERAL", "2025-03-20", 1),
        ("GENERAL", "2025-06-19", 1),
        ("GENERAL", "2025-06-20", HALF),
        ("GENERAL", "2026-03-19", HALF),
        ("GENERAL", "2026-03-20", 0),
        ("MINOR", "2025-06-19", 1),  # min is 0: the step is max, there is no half
        ("MINOR", "2025-06-20", 0),
        ("SERIOUS", "2026-03-19", 1),
        ("SERIOUS", "2026-03-20", HALF),
        ("SERIOUS", "2028-03-20", 0),
    ],
)
def test_the_time_factor(severity: str, on: str, time: Fraction) -> None:
    assert weigh(finding("2025-03-20", severity), DEMO_ALONE, day(on)).time == time


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("CONFIRMED", 1),
        ("UPHELD", 1),
        ("VARIED", 1),
        ("APPEALED", 0),
        ("OVERTURNED", 0),
        ("REMOVED", 0),
        ("REPAIRED", 0),
    ],
)
def test_the_status_factor(state: str, status: int) -> None:
    weight = weigh(finding("2025-03-20", state=state), DEMO_ALONE, day("2025-07-01"))

    assert weight.status == status
    assert weight.factor == status * HALF


def test_windows_are_those_of_the_new_severity_from_the_original_decision() -> None:
    varied = finding("2025-03-20", "MINOR", "VARIED")

    assert reading_state(varied, DEMO_ALONE, day("2025-06-19")) is FindingState.VARIED
    assert reading_state(varied, DEMO_ALONE, day("2025-06-20")) is FindingState.EXPIRED


def test_factors_come_from_the_edition_in_force_on_the_day() -> None:
    second = successor(
        2, "2025-07-01", ('before_max = "0.5"', 'before_max = "0.75"'), ('APPEALED = "0"', 'APPEALED = "0.1"')
    )
    known = timeline(DEMO, second)
    appealed = finding("2025-03-20", state="APPEALED")

    assert weigh(appealed, known, day("2025-06-30")).factor == 0
    assert weigh(appealed, known, day("2025-07-01")).factor == Fraction(3, 40)


def test_a_shorter_window_of_a_later_edition_ends_a_finding_when_it_comes_into_force() -> None:
    shorter = "GENERAL = { min_months = 1,  max_months = 6 }"
    second = successor(2, "2026-01-01", ("GENERAL = { min_months = 3,  max_months = 12 }", shorter))
    known = timeline(DEMO, second)
    one = finding("2025-03-20")

    assert reading_state(one, known, day("2025-12-31")) is FindingState.CONFIRMED
    assert reading_state(one, known, day("2026-01-01")) is FindingState.EXPIRED


def test_a_weight_says_whether_it_rests_on_a_demonstration_value() -> None:
    published = successor(
        2, "2025-01-01", ('source = "demonstration"                  #', 'basis = "b"\nsource = "published"  #')
    )
    official = successor(
        3,
        "2025-01-01",
        ('source = "demonstration"                  #', 'basis = "b"\nsource = "published"  #'),
        ('basis = "anticipates NDRC Order 36"\nsource = "demonstration"\n', ""),
    )
    one = finding("2025-03-20")

    assert weigh(one, timeline(published), day("2025-04-01")).demonstration  # its windows are
    assert not weigh(one, timeline(official), day("2025-04-01")).demonstration
