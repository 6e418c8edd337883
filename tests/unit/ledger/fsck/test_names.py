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
from ledger.line import LineActor
from tests.support.keys import rotate_index_key
from tests.support.scene import DOCUMENT, ID_NUMBERS, Scene, a_scene

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


FREE = "230803187501010011"


def to_and_fro(scene: Scene) -> None:
    """P1's number is corrected, back, and corrected again; under another key P4 then takes the one it never was."""
    scene.correct_identity("2025-06-01", "P1", id_number=FREE, ref="P-1")
    scene.correct_identity("2025-06-02", "P1", id_number=ID_NUMBERS["P1"])
    rotate_index_key(scene.ledger.keys)
    scene.correct_identity("2025-06-03", "P1", id_number=FREE, ref="P1")
    scene.register_person("2025-06-04", "P4", id_number=ID_NUMBERS["P1"])
    scene.correct_identity("2025-06-05", "U1", uscc="91110000600037341L", name="示范中心")


def test_numbers_given_back_and_taken_again_are_accounted_for(scene: Scene) -> None:
    to_and_fro(scene)

    assert found(scene) == []
    assert scene.ledger.holder("id-number", ID_NUMBERS["P1"]) == scene.ledger.uid("subject", "P4")
    assert scene.ledger.holder("id-number", FREE) == scene.ledger.uid("subject", "P1")


def test_what_nobody_has_any_more_is_no_damage_once_an_identity_is_erased(scene: Scene) -> None:
    to_and_fro(scene)
    data = {"erasure_id": "E1", "scope": "SUBJECT", "subject_id": "P1", "class": "IDENTITY", "ground": "RULING"}
    more = {"legal_basis": ["个人信息保护法 47"], "approvers": ["dpo-2", "legal-1"], "doc": DOCUMENT}
    scene.act("ErasureOrdered", "2025-06-06", LineActor("dpo-1", "DPO"), {**data, **more})

    assert found(scene) == []
    assert scene.ledger.holder("id-number", ID_NUMBERS["P1"]) == scene.ledger.uid("subject", "P4")
    assert scene.ledger.holder("id-number", FREE) is None
    with scene.refused("id-number-taken"):
        scene.register_person("2025-06-07", "P5", id_number=ID_NUMBERS["P1"])


@pytest.mark.parametrize("field", ["id-number", "id-number-released", "uscc-released", "subject-ref"])
def test_a_hand_in_the_rows_of_a_corrected_identity_is_seen(spoilt: Scene, field: str) -> None:
    to_and_fro(spoilt)
    uid = spoilt.ledger.uid("subject", "U1" if field == "uscc-released" else "P1")
    with closing(sqlite3.connect(spoilt.store.url.removeprefix("sqlite:///"))) as database, database:
        change = (
            "DELETE FROM blind_index WHERE field = ?1 "
            "AND digest = (SELECT max(digest) FROM blind_index WHERE field = ?1 AND uid = ?2)"
        )
        assert database.execute(change, (field, uid)).rowcount == 1

    assert any(field in what for what in found(spoilt))
