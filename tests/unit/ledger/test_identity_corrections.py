"""Who a subject is, corrected: what was recorded stays, old ids lead on, numbers go back to whose they are."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.line import LineActor
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.scene import ID_NUMBERS, U1, Scene

FREE = "230803187501010011"
LATER = date(2025, 12, 31)


def file(scene: Scene, subject: str, size: int | None = None) -> dict[str, Any]:
    known = scene.ledger.size if size is None else size
    return integrity_file(scene.ledger, subject, as_of=LATER, as_known=known)


def test_a_name_is_read_as_corrected_and_as_known_before_as_it_was(scene: Scene) -> None:
    size = scene.ledger.size
    scene.correct_identity("2025-05-01", "P1", name="示例改")

    assert file(scene, "P1")["name"] == "示例改"
    assert file(scene, "P1", size)["name"] == "示例P1"


def test_figures_and_records_do_not_move(scene: Scene) -> None:
    scene.found()
    before = file(scene, "P1")
    scene.correct_identity("2025-05-01", "P1", name="示例改", id_number=FREE, ref="P-1")
    after = file(scene, "P1")

    for name in ("balance", "breaches", "posts", "sanctions", "uid"):
        assert after[name] == before[name]


def test_the_old_values_stay_in_the_entries_they_were_recorded_in(scene: Scene) -> None:
    scene.correct_identity("2025-05-01", "P1", id_number=FREE)
    uid = scene.ledger.uid("subject", "P1")
    registered, *_, corrected = scene.ledger.stream(f"subject/{uid}", scene.ledger.size)

    assert scene.ledger.sections(registered)["identity"]["id_number"] == ID_NUMBERS["P1"]
    assert scene.ledger.sections(corrected)["identity"] == {"id_number": FREE}
    assert corrected.data == {"subject_id": uid, "released": ["ID_NUMBER"]}


def test_old_and_new_id_lead_to_the_same_subject_which_is_called_by_the_new_one(scene: Scene) -> None:
    scene.correct_identity("2025-05-01", "P1", ref="P-1")

    assert scene.ledger.uid("subject", "P1") == scene.ledger.uid("subject", "P-1")
    assert file(scene, "P1")["subject"] == "P-1"
    with scene.refused("subject-exists"):
        scene.register_person("2025-05-02", "P1", id_number=FREE)


def test_the_id_can_be_corrected_back(scene: Scene) -> None:
    scene.correct_identity("2025-05-01", "P1", ref="P-1")
    scene.correct_identity("2025-05-02", "P1", ref="P1")

    assert file(scene, "P-1")["subject"] == "P1"


def test_a_number_that_was_never_theirs_is_given_back_to_whose_it_is(scene: Scene) -> None:
    with scene.refused("id-number-taken"):
        scene.register_person("2025-04-30", "P4", id_number=ID_NUMBERS["P1"])
    scene.correct_identity("2025-05-01", "P1", id_number=FREE)

    scene.register_person("2025-05-02", "P4", id_number=ID_NUMBERS["P1"])

    holder = scene.ledger.holder("id-number", ID_NUMBERS["P1"])
    assert holder == scene.ledger.uid("subject", "P4")
    assert scene.ledger.holder("id-number", FREE) == scene.ledger.uid("subject", "P1")
    with scene.refused("id-number-taken"):
        scene.register_person("2025-05-03", "P5", id_number=ID_NUMBERS["P1"])


def test_a_number_can_be_corrected_back_while_nobody_took_it(scene: Scene) -> None:
    scene.correct_identity("2025-05-01", "P1", id_number=FREE)
    assert scene.ledger.holder("id-number", ID_NUMBERS["P1"]) is None
    scene.correct_identity("2025-05-02", "P1", id_number=ID_NUMBERS["P1"])

    assert scene.ledger.holder("id-number", ID_NUMBERS["P1"]) == scene.ledger.uid("subject", "P1")
    assert scene.ledger.holder("id-number", FREE) is None


def test_a_number_is_not_taken_from_somebody_else(scene: Scene) -> None:
    with scene.refused("id-number-taken"):
        scene.correct_identity("2025-05-01", "P1", id_number=ID_NUMBERS["P2"])


def test_a_number_that_went_to_and_fro_too_often_is_nobodys(scene: Scene) -> None:
    for _ in range(7):
        scene.correct_identity("2025-05-01", "P1", id_number=FREE)
        scene.correct_identity("2025-05-01", "P1", id_number=ID_NUMBERS["P1"])
    scene.correct_identity("2025-05-01", "P1", id_number=FREE)

    with scene.refused("id-number-taken"):
        scene.correct_identity("2025-05-01", "P1", id_number=ID_NUMBERS["P1"])


def test_name_and_code_of_a_unit_are_plain(scene: Scene) -> None:
    scene.correct_identity("2025-05-01", "U1", name="示范中心", uscc="91110000600037341L")
    scene.adopt_scheme("2025-05-02")

    assert file(scene, "U1")["name"] == "示范中心"
    assert unit_score(scene.ledger, "U1", as_of=LATER, as_known=scene.ledger.size)["name"] == "示范中心"
    scene.register_unit("2025-05-03", "U4", uscc="11230800000000019U")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "nothing-to-correct"),
        ({"name": "示例P1"}, "nothing-to-correct"),
        ({"name": "示例改", "doc": None}, "document-required"),
        ({"id_number": "230803187501010017"}, "bad-id-number"),
        ({"uscc": "91110000600037341L"}, "uscc-of-a-person"),
        ({"subject": "U1", "id_number": FREE}, "id-number-of-a-unit"),
        ({"subject": "U1", "uscc": "91110000600037342L"}, "bad-uscc"),
        ({"name": "示例改", "reason": " "}, "empty"),
        ({"name": "示例改", "released": ["ID_NUMBER"]}, "computed-by-ledger"),
        ({"name": "示例改", "by": LineActor("P1", "HR", "PERSONNEL")}, "own-case"),
        ({"name": "示例改", "by": U1}, "role-not-allowed"),
        ({"ref": "P2"}, "subject-exists"),
    ],
)
def test_a_correction_needs_a_paper_a_reason_and_something_to_correct(
    scene: Scene, changes: dict[str, Any], code: str
) -> None:
    given = dict(changes)
    with scene.refused(code):
        scene.correct_identity("2025-05-01", given.pop("subject", "P1"), **given)
