"""The published ranking at the door: for anybody, of any day, the same after the ledger is opened anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.application import Ledger
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
