"""Units that end and units that follow: history stays, open commitments go on, and who answers is the successor."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.line import LineActor
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.scene import CREDIT, U1, U2, Scene

EVE, DAY, LATER = date(2025, 4, 30), date(2025, 5, 1), date(2025, 12, 31)
HEAD_OF_U2 = LineActor("unit-head-2", "SUBJECT", "U2")


def file(scene: Scene, subject: str, on: date = LATER, size: int | None = None) -> dict[str, Any]:
    known = scene.ledger.size if size is None else size
    return integrity_file(scene.ledger, subject, as_of=on, as_known=known)


def promised(scene: Scene, subject: str, on: date = LATER) -> dict[str, str]:
    return {one["id"]: one["state"] for one in file(scene, subject, on)["commitments"]}


def kept(scene: Scene, unit: str, on: date) -> str:
    """The line of the commitments in a unit's score."""
    answer = unit_score(scene.ledger, unit, as_of=on, as_known=scene.ledger.size)
    return str(next(line["value"] for line in answer["lines"] if line["clause"] == "R-U3"))


def assessed(scene: Scene) -> None:
    scene.adopt_scheme()
    for number, unit in enumerate(("U1", "U2"), start=1):
        scene.score("2025-01-05", assessment_id=f"A{number}", unit_id=unit)
    for number in (1, 2):
        scene.publish("2025-01-20", assessment_id=f"A{number}")


def test_open_commitments_are_the_successors_from_that_day_on(scene: Scene) -> None:
    scene.promise("2025-02-01")
    scene.promise("2025-02-01", commitment_id="C2", due_on="2025-03-31")
    scene.fulfil("2025-03-20", commitment_id="C2")
    scene.reorganise("2025-05-01", ["U1"], ["U2"])

    assert promised(scene, "U1", EVE) == {"C1": "OPEN", "C2": "FULFILLED_ON_TIME"}
    assert promised(scene, "U2", EVE) == {}
    assert promised(scene, "U1", DAY) == {"C2": "FULFILLED_ON_TIME"}
    assert promised(scene, "U2", DAY) == {"C1": "OPEN"}


def test_the_score_of_the_successor_counts_them_and_that_of_the_unit_that_ended_does_not(scene: Scene) -> None:
    assessed(scene)
    scene.promise("2025-02-01", due_on="2025-04-15")
    scene.reorganise("2025-05-01", ["U1"], ["U2"])

    assert (kept(scene, "U1", EVE), kept(scene, "U2", EVE)) == ("0.00", "30.00")
    assert (kept(scene, "U1", DAY), kept(scene, "U2", DAY)) == ("30.00", "0.00")

    scene.fulfil("2025-05-10")

    assert (kept(scene, "U1", date(2025, 5, 11)), kept(scene, "U2", date(2025, 5, 11))) == ("30.00", "15.00")
    line = next(
        line
        for line in unit_score(scene.ledger, "U2", as_of=LATER, as_known=scene.ledger.size)["lines"]
        if line["clause"] == "R-U3"
    )
    moved = next(entry.index for entry in scene.ledger.by_type("UnitReorganised", scene.ledger.size))
    assert moved in line["events"]


def test_as_known_before_the_reorganisation_nothing_has_moved(scene: Scene) -> None:
    scene.promise("2025-02-01")
    size = scene.ledger.size
    before = {unit: file(scene, unit, size=size) for unit in ("U1", "U2")}
    scene.reorganise("2025-05-01", ["U1"], ["U2"])

    assert {unit: file(scene, unit, size=size) for unit in ("U1", "U2")} == before


def test_a_reorganisation_between_conduct_and_finding(scene: Scene) -> None:
    """Conduct of U1 in February, U1 ends in May, the finding in June: it stays U1's, and U2 answers and repairs."""
    assessed(scene)
    scene.report("2025-04-20", subject_id="U1", duty_related=False)
    scene.report("2025-04-21", breach_id="B2", subject_id="P1")
    scene.reorganise("2025-05-01", ["U1"], ["U2"])

    scene.notify("2025-05-06", reply_due="2025-05-27")
    with scene.refused("not-the-subject"):
        scene.reply("2025-05-12", by=LineActor("unit-head-3", "SUBJECT", "PERSONNEL"))
    scene.reply("2025-05-12", by=HEAD_OF_U2)
    with scene.refused("own-case"):
        scene.confirm("2025-06-03", by=LineActor("decider-9", "DECIDER", "U2"))
    scene.confirm("2025-06-03", severity="MINOR")
    scene.notify("2025-06-04", breach_id="B2", reply_due="2025-06-25")
    scene.reply("2025-06-05", breach_id="B2")
    scene.confirm("2025-06-10", breach_id="B2")

    u1 = scene.ledger.uid("subject", "U1")
    assert [one["id"] for one in file(scene, "U1")["breaches"]] == ["B1"]
    assert file(scene, "U2")["breaches"] == []
    (of_person,) = file(scene, "P1")["breaches"]
    assert of_person["unit"] == "U1"
    lines = unit_score(scene.ledger, "U1", as_of=date(2025, 6, 11), as_known=scene.ledger.size)["lines"]
    assert {line["label"] for line in lines} >= {"own-finding", "linked-finding"}
    assert scene.state("breach", "B2").unit_at_time == u1

    scene.apply_for_repair("2025-06-12", performed_on="2025-06-11", by=HEAD_OF_U2)
    scene.accept_repair("2025-06-13")
    scene.approve("2025-06-20")
    assert file(scene, "U1")["breaches"][0]["state"] == "REPAIRED"


def test_whose_organ_decided_and_ended_its_successor_repairs(scene: Scene) -> None:
    scene.found("MINOR")
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")
    scene.reorganise("2025-04-03", ["CREDIT-OFFICE"], ["PERSONNEL"], by=LineActor("hr-8", "HR", "U2"))

    scene.approve("2025-04-10", by=LineActor("decider-7", "DECIDER", "PERSONNEL"))

    assert file(scene, "P1")["breaches"][0]["state"] == "REPAIRED"


def test_the_successor_does_not_confirm_what_it_inherited(scene: Scene) -> None:
    scene.promise("2025-02-01")
    scene.reorganise("2025-05-01", ["U1"], ["U2"])

    with scene.refused("promisor-may-not-confirm"):
        scene.fulfil("2025-05-10", by=LineActor("credit-2", "CREDIT", "U2"))


def test_a_unit_on_both_sides_goes_on_with_its_commitments(scene: Scene) -> None:
    scene.promise("2025-02-01")
    scene.promise("2025-02-01", commitment_id="C2", promisor_id="U2", by=U2)
    scene.reorganise("2025-05-01", ["U1", "U2"], ["U1"])

    assert promised(scene, "U1") == {"C1": "OVERDUE", "C2": "OVERDUE"}
    scene.promise("2025-05-02", commitment_id="C3")


def test_what_was_inherited_is_inherited_again(scene: Scene) -> None:
    scene.register_unit("2025-01-02", "U3")
    scene.promise("2025-02-01")
    scene.reorganise("2025-05-01", ["U1"], ["U2"])
    scene.reorganise("2025-06-01", ["U2"], ["U3"])

    assert promised(scene, "U2", date(2025, 5, 31)) == {"C1": "OPEN"}
    assert promised(scene, "U3") == {"C1": "OVERDUE"}
    assert promised(scene, "U1") == promised(scene, "U2") == {}


def test_a_finding_that_breaks_an_inherited_commitment_breaks_it_for_the_successor(scene: Scene) -> None:
    scene.promise("2025-02-01", due_on="2025-02-15")
    scene.report(commitment_id="C1")
    scene.reorganise("2025-02-22", ["U1"], ["U2"])
    scene.notify()
    scene.reply()
    scene.confirm()

    assert promised(scene, "U2", date(2025, 3, 21)) == {"C1": "BROKEN"}
    assert file(scene, "U2")["breaches"] == []


def test_a_unit_that_ended_gets_nothing_new(scene: Scene) -> None:
    scene.reorganise("2025-05-01", ["U1"], ["U2"])

    with scene.refused("unit-ended", "data.unit_id"):
        scene.assign("2025-05-02", "P2", "U1", "2025-05-01")
    with scene.refused("unit-ended", "data.promisor_id"):
        scene.promise("2025-05-02")
    with scene.refused("unit-ended", "data.subject_id"):
        scene.report("2025-05-02", subject_id="U1", occurred_on="2025-05-01")
    scene.assign("2025-05-02", "P2", "U1", "2024-05-01", to="2024-06-01")
    scene.report("2025-05-02", subject_id="U1", occurred_on="2025-04-30")


def test_a_post_ends_with_its_unit(scene: Scene) -> None:
    scene.reorganise("2025-05-01", ["U1"], ["U2"])

    scene.report("2025-05-02", occurred_on="2025-05-01")

    assert "unit_at_time" not in scene.newest().data


@pytest.mark.parametrize(
    ("before", "after", "changes", "code"),
    [
        (["U1", "U1"], ["U2"], {}, "named-twice"),
        (["U1"], ["U1", "U2"], {}, "nothing-reorganised"),
        (["U1"], ["U2"], {"successor_id": "PERSONNEL"}, "successor-not-among"),
        (["U1"], ["U2"], {"doc": None}, "document-required"),
        (["U1"], ["P1"], {"successor_id": "U2"}, "unknown-unit"),
        (["U1"], ["U2"], {"by": LineActor("hr-9", "HR", "U2")}, "own-case"),
        ([], ["U2"], {}, "too-few"),
        (["U1"], ["U2"], {"by": U1}, "role-not-allowed"),
    ],
)
def test_a_reorganisation_says_what_ends_and_what_follows(
    scene: Scene, before: list[str], after: list[str], changes: dict[str, Any], code: str
) -> None:
    with scene.refused(code):
        scene.reorganise("2025-05-01", before, after, **changes)


def test_what_ended_or_was_merged_takes_no_part_again(scene: Scene) -> None:
    scene.register_unit("2025-01-02", "U3")
    scene.reorganise("2025-05-01", ["U1"], ["U2"])
    with scene.refused("unit-ended", "data.from"):
        scene.reorganise("2025-05-02", ["U1"], ["U3"])
    with scene.refused("unit-ended", "data.to"):
        scene.reorganise("2025-05-02", ["U2"], ["U1"])
    with scene.refused("unit-ended"):
        scene.merge("2025-05-02", "U1", "U3", by=CREDIT)


def test_a_unit_that_ended_gets_nothing_new_under_an_id_that_was_merged(scene: Scene) -> None:
    scene.register_unit("2025-01-03", "U3")
    scene.merge("2025-02-01", "U3", "U1")
    scene.reorganise("2025-03-01", ["U1"], ["U2"], by=LineActor("hr-9", "HR", "CREDIT-OFFICE"))
    with scene.refused("unit-ended"):
        scene.assign("2025-04-01", "P1", "U3", "2025-04-01")
    with scene.refused("unit-ended"):
        scene.report("2025-04-05", breach_id="B9", subject_id="U3", occurred_on="2025-04-02", duty_related=False)
