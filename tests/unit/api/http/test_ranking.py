"""The published ranking at the door: for anybody, of any day, the same after the ledger is opened anew."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore, Event
from typing import Any

import pytest

from api import rankings
from ledger.application import Ledger
from projections.ranking import ranking
from tests.support.http import House, house
from tests.support.scene import SCORES, Scene, a_scene

Opened = tuple[Scene, House]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    """U1 and U2 were published for one quarter, then U2 was restated."""
    with a_scene(tmp_path / "scene") as scene, house(scene.ledger) as door:
        scene.adopt_scheme()
        scene.score()
        scene.score(assessment_id="A2", unit_id="U2", scores={"daily": "80", "onsite": "80"})
        scene.publish()
        scene.publish(assessment_id="A2")
        scene.restate("2025-05-06", assessment_id="A2", scores={**SCORES, "daily": "99"})
        yield scene, door


def test_anybody_reads_it_as_of_a_day_as_known_at_a_moment(opened: Opened) -> None:
    _, door = opened

    def read(**query: str) -> dict[str, int]:
        answer = door.stranger().get("/v1/units/ranking", **query)
        assert answer.status_code == 200, answer.text
        return {row["subject"]: row["rank"] for row in answer.json()["ranking"]}

    assert read(as_of="2025-04-17") == {}
    assert read(as_of="2025-04-18") == read(as_of="2025-06-01", as_known="2025-05-05") == {"U1": 1, "U2": 2}
    assert read(as_of="2025-05-06") == read() == {"U2": 1, "U1": 2}
    answer = door.stranger().get("/v1/units/ranking").json()
    assert [one["subject"] for one in answer["not_assessed"]] == ["CREDIT-OFFICE", "PERSONNEL"]
    (was,) = answer["ranking"][0]["restated"]
    assert (was["value"], was["until"], was["reason"]) == ("80.00", "2025-05-06", "更正")
    assert door.stranger().get("/v1/units/ranking", as_of="soon").status_code == 400


def test_of_a_past_day_it_is_the_same_after_a_replay(opened: Opened, tmp_path: Path) -> None:
    scene, door = opened
    asked = {"as_of": "2025-05-01", "as_known": "2025-05-05"}
    before = door.stranger().get("/v1/units/ranking", **asked).json()
    scene.restate("2025-05-07", scores={"daily": "10", "onsite": "10"})
    with house(Ledger.open(f"sqlite:///{tmp_path / 'scene' / 'scene.db'}", clock=scene.clock)) as again:
        assert again.stranger().get("/v1/units/ranking", **asked).json() == before
        again.ledger.close()


def test_units_that_were_merged_have_one_place(opened: Opened) -> None:
    scene, door = opened
    scene.merge("2025-05-08", "U1", "U2")
    answer = door.stranger().get("/v1/units/ranking").json()

    assert [(row["subject"], row["rank"]) for row in answer["ranking"]] == [("U2", 1)]
    assert "U1" not in {one["subject"] for one in answer["not_assessed"]}


class Made:
    """The days of the rankings that were folded; until it `goes_on`, one that is being folded waits."""

    def __init__(self) -> None:
        self.days: list[str] = []
        self.begun, self.goes_on = Event(), Event()
        self.goes_on.set()

    def __call__(self, *args: Any, **moment: Any) -> dict[str, Any]:
        self.days.append(moment["as_of"].isoformat())
        self.begun.set()
        assert self.goes_on.wait(60)
        return ranking(*args, **moment)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Made:
    made = Made()
    monkeypatch.setattr(rankings, "ranking", made)
    return made


def test_it_is_made_once_until_something_moves_it(opened: Opened, made: Made) -> None:
    scene, door = opened
    first = door.stranger().get("/v1/units/ranking").json()
    scene.register_person("2025-05-08", "P3")
    second = door.stranger().get("/v1/units/ranking").json()
    assert second == first | {"size": scene.ledger.size, "as_known": str(scene.ledger.size), "as_of": second["as_of"]}
    made.days.clear()  # the person came on another day
    for _ in range(3):
        door.stranger().get("/v1/units/ranking")
        door.stranger().get("/v1/units/ranking", as_of="2025-05-01")
    assert made.days == ["2025-05-01"]

    scene.register_unit("2025-05-08", "U3")
    third = door.stranger().get("/v1/units/ranking").json()
    assert "U3" in {one["subject"] for one in third["not_assessed"]}
    scene.restate("2025-05-08", scores={"daily": "100", "onsite": "100"})
    assert [row["subject"] for row in door.stranger().get("/v1/units/ranking").json()["ranking"]] == ["U1", "U2"]
    assert len(made.days) == 3


def test_however_many_ask_at_once_it_is_made_once(opened: Opened, made: Made) -> None:
    _, door = opened
    made.goes_on.clear()
    with ThreadPoolExecutor(4) as askers:
        answers = [askers.submit(lambda: door.stranger().get("/v1/units/ranking").json()) for _ in range(4)]
        assert made.begun.wait(60)
        made.goes_on.set()
        first, *others = [answer.result() for answer in answers]

    assert others == [first] * 3
    assert len(made.days) == 1


def test_who_asks_for_many_days_holds_up_nobody_who_asks_for_today(
    opened: Opened, made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, door = opened
    door.stranger().get("/v1/units/ranking")
    monkeypatch.setattr(rankings._KEPT[scene.ledger].past, "room", BoundedSemaphore(1))
    made.begun.clear()
    made.goes_on.clear()
    with ThreadPoolExecutor(1) as asker:
        waited_for = asker.submit(lambda: door.stranger().get("/v1/units/ranking", as_of="2025-05-01"))
        assert made.begun.wait(60)
        refused = door.stranger().get("/v1/units/ranking", as_of="2025-05-02")
        today = door.stranger().get("/v1/units/ranking")
        made.goes_on.set()

    assert (refused.status_code, refused.json()["code"]) == (503, "list-being-made")
    assert "retry-after" in refused.headers
    assert (today.status_code, waited_for.result().status_code) == (200, 200)


def test_of_past_moments_a_few_are_kept(opened: Opened, made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    scene, door = opened
    door.stranger().get("/v1/units/ranking")
    monkeypatch.setattr(rankings._KEPT[scene.ledger].past, "limit", 2)
    made.days.clear()
    for day in ("2025-05-01", "2025-05-02", "2025-05-03", "2025-05-02", "2025-05-01"):
        assert door.stranger().get("/v1/units/ranking", as_of=day).json()["as_of"] == day

    assert made.days == ["2025-05-01", "2025-05-02", "2025-05-03", "2025-05-01"]
    assert len(rankings._KEPT[scene.ledger].past.kept) == 2
