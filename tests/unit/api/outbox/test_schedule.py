"""Waits grow, have a cap and an end; what a target asks for is heard within the cap."""

from __future__ import annotations

from itertools import pairwise

import pytest

from api.outbox.schedule import SPREAD, Schedule
from api.settings import Settings


def plain(first: float = 5, longest: float = 3600, tries: int = 20) -> Schedule:
    return Schedule(first, longest, tries, chance=lambda: 0.0)


def test_each_wait_is_twice_the_last_one_up_to_the_longest() -> None:
    assert [plain().wait(attempts) for attempts in range(1, 13)] == [
        5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600,
    ]  # fmt: skip
    assert plain().wait(100_000) == 3600


def test_the_last_try_is_the_one_that_was_set() -> None:
    assert [plain(tries=3).over(attempts) for attempts in range(1, 5)] == [False, False, True, True]


@pytest.mark.parametrize(("asked", "wait"), [(None, 10), (3, 10), (60, 60), (1_000_000, 3600)])
def test_a_target_may_ask_for_more_and_not_for_ever(asked: float | None, wait: float) -> None:
    assert plain().wait(2, asked) == plain().pause(2, asked) == wait


def test_a_target_that_took_nothing_for_long_is_still_asked_every_few_minutes() -> None:
    assert plain().pause(50) == 300


def test_a_part_of_each_wait_is_left_to_chance() -> None:
    schedule = Schedule(5, 3600, 20)
    waits = [schedule.wait(1) for _ in range(200)]

    assert len(set(waits)) > 100
    assert 5 * (1 - SPREAD) <= min(waits) <= max(waits) <= 5
    assert all(later > earlier for earlier, later in pairwise(Schedule(5, 3600, 20).wait(n) for n in range(1, 10)))


def test_as_shipped_the_tries_span_more_than_three_days() -> None:
    """Standard Webhooks: "a retry schedule spanning multiple days, with an exponential backoff"; with the least
    chance."""
    set_ = Settings()
    schedule = Schedule(
        set_.outbox_first_wait_seconds, set_.outbox_longest_wait_seconds, set_.outbox_tries, chance=lambda: 1.0
    )

    assert sum(schedule.wait(attempts) for attempts in range(1, set_.outbox_tries)) > 3 * 86_400
