"""The clock against the log: recorded times never go back, a clock that is far behind writes nothing (DESIGN §4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.clock import format_time
from ledger.errors import ClockBehind, Group
from ledger.opening import create
from tests.fault.writers import record

NOON = datetime(2025, 6, 2, 4, tzinfo=UTC)


class SetClock:
    """A clock that stands where a test puts it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def ledger(database_url: str, clock: SetClock, tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> Ledger:
    for name in ("KEYS", "SIGNING_KEY", "MASTER_KEY", "SENTINEL"):
        monkeypatch.setenv(f"INTEGRITY_{name}", f"{tmp_path}/{name}")
    return create(database_url, clock=clock)


def times(ledger: Ledger) -> list[str]:
    return [row.recorded_at for row in ledger.store.entries()]


@pytest.mark.parametrize("back", [timedelta(seconds=5, microseconds=1), timedelta(minutes=1), timedelta(days=100)])
def test_a_clock_far_behind_the_head_is_refused_and_nothing_is_written(
    ledger: Ledger, clock: SetClock, back: timedelta
) -> None:
    ledger.submit(record("first"))
    before = ledger.store.head()
    clock.now = NOON - back

    with pytest.raises(ClockBehind) as refused:
        ledger.submit(record("second"), request=("writer", "second"))

    assert refused.value.code == "clock-behind"
    assert refused.value.group is Group.CONFLICT
    assert ledger.store.head() == before
    assert ledger.uid("record", "second", "KILL-TEST") is None
    assert ledger.store.recorder.find_request("writer", "second") is None
    assert fsck.verify(ledger).ok

    clock.now = NOON
    assert ledger.submit(record("second"), request=("writer", "second")).index == 2
    ledger.close()


@pytest.mark.parametrize("back", [timedelta(microseconds=1), timedelta(seconds=5)])
def test_a_small_jump_back_keeps_the_order(ledger: Ledger, clock: SetClock, back: timedelta) -> None:
    ledger.submit(record("first"))
    clock.now = NOON - back
    second = ledger.submit(record("second"))
    clock.now = NOON + timedelta(seconds=1)
    third = ledger.submit(record("third"))

    assert second.recorded_at == format_time(NOON), "the newest time stands until the clock has caught up"
    assert third.recorded_at == format_time(NOON + timedelta(seconds=1))
    assert times(ledger) == sorted(times(ledger))
    assert ledger.store.size_at(format_time(NOON)) == second.size
    assert fsck.verify(ledger).ok
    ledger.close()


def test_a_clock_that_falls_behind_within_a_transaction_leaves_nothing(ledger: Ledger, clock: SetClock) -> None:
    before = ledger.store.head()

    def submit_both() -> None:
        with ledger.transaction():
            ledger.submit(record("first"))
            clock.now = NOON - timedelta(seconds=6)
            ledger.submit(record("second"))

    with pytest.raises(ClockBehind):
        submit_both()

    assert ledger.store.head() == before
    assert ledger.uid("record", "first", "KILL-TEST") is None
    ledger.close()


def test_a_clock_far_ahead_is_believed_and_binds_what_follows(ledger: Ledger, clock: SetClock) -> None:
    """The log cannot know better: a later anchor bounds it. What was recorded then stays recorded then."""
    clock.now = NOON + timedelta(days=400)
    ahead = ledger.submit(record("first"))
    clock.now = NOON + timedelta(days=1)

    with pytest.raises(ClockBehind):
        ledger.submit(record("second"))

    assert ahead.recorded_at == format_time(NOON + timedelta(days=400))
    assert [entry.effective_on for entry in ledger.logged(1, 2)] == [date(2025, 1, 1)]
    ledger.close()
