"""The blind index as a verification sees it: lawful histories of one conduct, and a hand in its rows.

That every other kind of row is missed and nothing is invented is tried in `tests/fault/test_tampering.py`.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ledger import fsck
from tests.support.keys import rotate_index_key
from tests.support.scene import Scene, a_scene

CONDUCT = "CASE-7"


def decide(scene: Scene, breach: str, since: str, *, dismiss: bool = False) -> None:
    """A case of the conduct from its report to its decision, all within a month of 2025."""
    name = {"breach_id": breach}
    scene.report(f"2025-{since}-01", conduct_id=CONDUCT, **name)
    scene.notify(f"2025-{since}-03", reply_due=f"2025-{since}-19", **name)
    scene.reply(f"2025-{since}-10", **name)
    if dismiss:
        scene.dismiss(f"2025-{since}-20", **name)
    else:
        scene.confirm(f"2025-{since}-20", **name)


def found(scene: Scene) -> list[str]:
    return [finding.what for finding in fsck.verify(scene.ledger).findings]


def test_a_new_decision_after_a_voiding_is_no_manipulation(scene: Scene) -> None:
    decide(scene, "B1", "03")
    scene.void("2025-03-25")
    decide(scene, "B2", "04")
    scene.void("2025-04-25", breach_id="B2")
    decide(scene, "B3", "06")

    assert found(scene) == []


def test_a_second_case_of_decided_conduct_may_be_dismissed(scene: Scene) -> None:
    scene.report("2025-03-01", conduct_id=CONDUCT, breach_id="B2")
    decide(scene, "B1", "03")
    scene.notify("2025-04-01", reply_due="2025-04-20", breach_id="B2")
    scene.reply("2025-04-10", breach_id="B2")
    scene.dismiss("2025-04-21", breach_id="B2")

    assert found(scene) == []


def test_a_voiding_after_a_second_case_was_dismissed_moves_nothing(scene: Scene) -> None:
    scene.report("2025-03-01", conduct_id=CONDUCT, breach_id="B2")
    decide(scene, "B1", "03")
    scene.notify("2025-04-01", reply_due="2025-04-20", breach_id="B2")
    scene.reply("2025-04-10", breach_id="B2")
    scene.dismiss("2025-04-21", breach_id="B2")
    scene.void("2025-05-01", breach_id="B1")
    decide(scene, "B3", "06", dismiss=True)

    assert found(scene) == []


def test_names_of_an_older_key_are_found_beside_those_of_the_newest(scene: Scene) -> None:
    decide(scene, "B1", "03")
    scene.void("2025-03-25")
    rotate_index_key(scene.ledger.keys)
    decide(scene, "B2", "04")

    assert found(scene) == []


@pytest.fixture
def spoilt(tmp_path: Path) -> Iterator[Scene]:
    """A scene in which one conduct was decided, voided and decided again; whoever takes it may break it."""
    with a_scene(tmp_path / "spoilt", spoilt=True) as scene:
        decide(scene, "B1", "03")
        scene.void("2025-03-25")
        decide(scene, "B2", "04")
        yield scene


@pytest.mark.parametrize("place", [0, 1], ids=["the-voided-one", "the-one-behind-it"])
@pytest.mark.parametrize("hand", ["gone", "elsewhere"])
def test_a_hand_in_the_rows_of_a_conduct_is_seen(spoilt: Scene, place: int, hand: str) -> None:
    uids = [spoilt.ledger.uid("breach", name) for name in ("B1", "B2")]
    change = "DELETE FROM blind_index WHERE field = 'conduct' AND uid = ?"
    parameters = [uids[place]]
    if hand == "elsewhere":
        change = "UPDATE blind_index SET uid = ? WHERE field = 'conduct' AND uid = ?"
        parameters = [uids[1 - place], uids[place]]
    with closing(sqlite3.connect(spoilt.store.url.removeprefix("sqlite:///"))) as database, database:
        assert database.execute(change, parameters).rowcount == 1

    assert any("conduct" in what for what in found(spoilt))
