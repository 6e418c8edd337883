"""Lists kept up in the background: at the start, after every write, after a failure, and not after the end."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event, active_count
from time import monotonic, sleep
from typing import Any

import pytest

from ledger.application import Ledger
from projections import keeper
from projections.keeper import Keeper
from projections.listing import page
from projections.runner import catch_up
from tests.support.scene import Scene, a_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path) as made:
        yield made


@pytest.fixture
def kept(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keeper]:
    """A keeper that asks often, stopped at the end."""
    monkeypatch.setattr(keeper, "ASK_SECONDS", 0.01)
    monkeypatch.setattr(keeper, "RETRY_SECONDS", 0.01)
    made = Keeper(scene.ledger)
    yield made
    made.stop()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = monotonic() + 10
    while not condition():
        assert monotonic() < deadline, "it never came"
        sleep(0.01)


def promises(scene: Scene) -> list[str]:
    return [row["commitment_id"] for row in page(scene.store.engine, "commitments", {}, limit=100).rows]


def test_the_lists_are_up_to_the_log_before_it_is_followed(scene: Scene, kept: Keeper) -> None:
    scene.promise("2025-01-10")
    kept.start()

    assert (kept.position, kept.healthy) == (scene.ledger.size, True)
    assert promises(scene) == ["C1"]


def test_what_is_written_later_arrives(scene: Scene, kept: Keeper) -> None:
    kept.start()
    for number in range(3):
        scene.promise("2025-01-10", commitment_id=f"C{number}")
        wait_for(lambda: kept.position == scene.ledger.size)

    assert promises(scene) == ["C0", "C1", "C2"]


def test_what_another_process_writes_arrives_too(scene: Scene, kept: Keeper) -> None:
    kept.start()
    other = Ledger.open(scene.store.url, clock=scene.clock)
    mine, scene.ledger = scene.ledger, other
    scene.promise("2025-01-10")
    scene.ledger = mine
    other.close()

    wait_for(lambda: promises(scene) == ["C1"])
    wait_for(lambda: kept.position == scene.ledger.size)


def test_a_try_that_fails_is_said_and_made_again(
    scene: Scene, kept: Keeper, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    kept.start()
    broken = Event()
    broken.set()

    def fail(*given: Any) -> int:
        if broken.is_set():
            raise RuntimeError("of a person: 张三")
        return catch_up(*given)

    monkeypatch.setattr(keeper, "catch_up", fail)
    before = kept.position
    scene.promise("2025-01-10")
    wait_for(lambda: not kept.healthy)

    assert kept.position == before
    assert "lists fell behind" in caplog.text
    assert "张三" not in caplog.text

    broken.clear()
    wait_for(lambda: kept.healthy and kept.position == scene.ledger.size)
    assert promises(scene) == ["C1"]


def test_a_log_that_cannot_be_asked_is_a_try_that_fails(
    scene: Scene, kept: Keeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.start()
    with monkeypatch.context() as away:
        away.setattr(type(scene.ledger), "size", property(lambda _: 1 // 0))
        wait_for(lambda: not kept.healthy)
    wait_for(lambda: kept.healthy)


def test_the_end_waits_for_the_batch_under_way_and_nothing_follows(scene: Scene, kept: Keeper) -> None:
    threads = active_count()
    kept.start()
    kept.stop()
    assert active_count() == threads

    position = kept.position
    scene.promise("2025-01-10")
    sleep(0.05)
    assert (kept.position, promises(scene)) == (position, [])


def test_a_keeper_that_never_started_can_be_stopped(kept: Keeper) -> None:
    kept.stop()
