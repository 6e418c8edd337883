"""What anybody reads of a unit: its public findings, while they stand, and no trace of any other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from projections.runner import catch_up
from tests.support.http import NOBODY, House, house
from tests.support.scene import U1, Scene, a_scene

Opened = tuple[Scene, House]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    with a_scene(tmp_path / "scene") as scene, house(scene.ledger) as door:
        yield scene, door


def find(scene: Scene, **severities: str) -> None:
    """Findings about U1, one a day from 2025-03-20 on: GENERAL and public unless said otherwise."""
    cases = list((severities or {"B1": "GENERAL"}).items())
    for breach, severity in cases:
        said = severity.removeprefix("PRIVATE-")
        about = {"breach_id": breach, "subject_id": "U1", "proposed_severity": said, "duty_related": False}
        scene.report("2025-02-20", **about, conduct_id=f"conduct of {breach}")
    for breach, severity in cases:
        scene.notify("2025-02-24", breach_id=breach, proposed_finding=severity.removeprefix("PRIVATE-"))
    for breach, _ in cases:
        scene.reply("2025-03-03", breach_id=breach, by=U1)
    for day, (breach, severity) in enumerate(cases, start=20):
        public, said = not severity.startswith("PRIVATE-"), severity.removeprefix("PRIVATE-")
        scene.confirm(f"2025-03-{day}", breach_id=breach, severity=said, publicity=public)


def read(opened: Opened, on: str, unit: str = "U1") -> list[dict[str, Any]]:
    """The public findings about a unit on a day, as somebody without a token reads them."""
    scene, door = opened
    scene.on_day(on)
    answer = door.stranger().get(f"/v1/public/units/{door.uid('subject', unit)}/breaches")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["as_of"], body["size"], body["name"]) == (on, scene.ledger.size, f"示范{unit}")
    return list(body["breaches"])


def test_a_finding_is_public_with_its_end_its_repair_and_its_remedies(opened: Opened) -> None:
    scene, door = opened
    find(scene)
    before = door.looks()

    (breach,) = read(opened, "2025-03-21")

    assert {name: breach[name] for name in ("id", "state", "severity", "decision_on", "marks")} == {
        "id": "B1", "state": "CONFIRMED", "severity": "GENERAL", "decision_on": "2025-03-20", "marks": [],
    }  # fmt: skip
    assert (breach["repair_from"], breach["expires_on"]) == ("2025-06-20", "2026-03-20")
    assert [(one["route"], one["until"]) for one in breach["remedies"]] == [
        ("REVIEW", "2025-04-19"), ("APPEAL", "2025-04-19"),
    ]  # fmt: skip
    assert breach["recourse"][0]["clause"] == "公务员法 95-96"
    assert {"texts", "notice", "category", "appeals", "recusals"} & breach.keys() == set()
    assert door.looks() == before  # a unit's record is no person's


def test_findings_are_public_by_their_decision_and_the_newest_comes_first(opened: Opened) -> None:
    scene, _ = opened
    find(scene, B1="GENERAL", B3="SERIOUS", B4="PRIVATE-GENERAL", B5="MINOR")
    scene.take_over("2025-03-27", subject_id="U1", record_kind="PENALTY")
    scene.take_over("2025-03-28", subject_id="U1", breach_id="B6", record_kind="PENALTY", severity="MINOR")

    assert [one["id"] for one in read(opened, "2025-03-31")] == ["B2", "B5", "B3", "B1"]
    assert read(opened, "2025-03-31", "U2") == []


def test_it_is_public_to_its_class_s_last_day(opened: Opened) -> None:
    """MINOR three months, GENERAL a year, SERIOUS three: from then on it reads EXPIRED."""
    scene, _ = opened
    find(scene, B1="GENERAL", B3="SERIOUS", B5="MINOR")  # on the 20th, 21st and 22nd
    days = ("2025-06-21", "2025-06-22", "2026-03-19", "2026-03-20", "2028-03-20", "2028-03-21")

    assert [[one["id"] for one in read(opened, day)] for day in days] == [
        ["B5", "B3", "B1"], ["B3", "B1"], ["B3", "B1"], ["B3"], ["B3"], [],
    ]  # fmt: skip


def test_what_is_disputed_is_not_public_until_it_is_upheld(opened: Opened) -> None:
    scene, _ = opened
    find(scene)
    assert len(read(opened, "2025-04-08")) == 1
    scene.appeal(by=U1)
    assert read(opened, "2025-04-08") == []
    scene.decide_appeal()

    assert [one["state"] for one in read(opened, "2025-05-20")] == ["UPHELD"]


@pytest.mark.parametrize("ended", ["repaired", "overturned", "voided", "varied to a shorter class"])
def test_what_ended_is_not_public(opened: Opened, ended: str) -> None:
    scene, door = opened
    find(scene)
    if ended == "repaired":
        scene.apply_for_repair(by=U1)
        scene.accept_repair()
        assert len(read(opened, "2025-06-30")) == 1
        scene.approve()
    elif ended == "voided":
        scene.void("2025-04-01")
    else:
        scene.appeal(by=U1)
        more = {"outcome": "OVERTURNED"} if ended == "overturned" else {"outcome": "VARIED", "new_severity": "MINOR"}
        scene.decide_appeal(**more)

    assert read(opened, "2025-07-01") == []
    answer = door.stranger().get(f"/v1/public/units/{door.uid('subject', 'U1')}/breaches", as_of="2025-03-25")
    assert answer.json().get("breaches", []) == []  # nobody asks for another day
    if ended == "repaired":
        scene.revoke("2025-08-01")
        assert [one["state"] for one in read(opened, "2025-08-01")] == ["CONFIRMED"]


def test_people_and_strangers_to_the_ledger_are_absent(opened: Opened) -> None:
    scene, door = opened
    scene.take_over("2025-03-27", record_kind="SEVERE_LIST")
    for uid in (door.uid("subject", "P1"), NOBODY):
        assert door.stranger().get(f"/v1/public/units/{uid}/breaches").status_code == 404


def test_units_that_were_merged_are_one(opened: Opened) -> None:
    scene, door = opened
    find(scene)
    scene.merge("2025-03-25", "U1", "U2")

    assert [one["id"] for one in read(opened, "2025-03-26", "U2")] == ["B1"]
    answer = door.stranger().get(f"/v1/public/units/{door.uid('subject', 'U1')}/breaches").json()
    assert (answer["uid"], answer["name"]) == (door.uid("subject", "U2"), "示范U2")
    catch_up(scene.ledger, scene.ledger.store.engine)
    assert door.uid("subject", "U1") not in {
        one["uid"] for one in door.stranger().get("/v1/public/units").json()["items"]
    }


def test_the_units_are_listed_a_page_at_a_time(opened: Opened) -> None:
    scene, door = opened
    catch_up(scene.ledger, scene.ledger.store.engine)
    names, answer = [], door.stranger().get("/v1/public/units", limit=3)
    while True:
        names += [one["name"] for one in answer.json()["items"]]
        if "link" not in answer.headers:
            break
        answer = door.stranger().get(answer.headers["link"].partition(">")[0].removeprefix("<"))

    assert names == ["示范CREDIT-OFFICE", "示范PERSONNEL", "示范U1", "示范U2"]
