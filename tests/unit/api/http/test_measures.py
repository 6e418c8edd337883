"""Measures over HTTP: adopted, applied because of a record, read by the person, lifted; the catalogue for all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import House, house
from tests.support.scene import CREDIT_CODES, Scene, a_scene

MEASURE: dict[str, Any] = {
    "measure_id": "M1", "domain": "任用", "department_uscc": CREDIT_CODES["CREDIT-OFFICE"], "kind": "RESTRICT",
    "trigger": "LISTING", "effect": "LIMIT_OFFICE", "subject_kinds": ["PERSON"], "legal_basis": ["公务员法 26(4)"],
    "from": "2025-01-05",
}  # fmt: skip
CAUSE = {"subject_id": "P1", "cause_event": "B2"}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as made:
        made.on_day("2025-01-05")
        yield made


@pytest.fixture
def door(scene: Scene) -> Iterator[House]:
    with house(scene.ledger) as opened:
        yield opened


def test_a_measure_from_its_adoption_to_its_end(scene: Scene, door: House) -> None:
    credit, person = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE"), door.caller("P1", "SUBJECT")
    adopted = credit.command("/v1/measures", MEASURE)
    assert adopted.status_code == 201, adopted.text
    path = f"/v1/measures/{adopted.json()['uid']}"
    assert adopted.headers["location"] == path
    scene.take_over("2025-03-20")
    scene.on_day("2025-03-25")

    applied = credit.command(f"{path}/application", CAUSE)
    again = credit.command(f"{path}/application", CAUSE)
    assert (applied.status_code, again.status_code, again.json()["code"]) == (201, 422, "application-exists")
    assert applied.json()["uid"] != adopted.json()["uid"]
    assert applied.headers["etag"] == '"1"'

    mine = person.get(f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file").json()
    assert [(one["uid"], one["state"]) for one in mine["measures"]] == [(applied.json()["uid"], "IN_FORCE")]

    elsewhere = door.caller("credit-9", "CREDIT", "U2")
    refused = elsewhere.command(f"{path}/lifting", {**CAUSE, "reason": "PERFORMED"})
    lifted = credit.command(f"{path}/lifting", {**CAUSE, "reason": "PERFORMED"})
    assert (refused.status_code, refused.json()["code"]) == (422, "not-the-department")
    assert (lifted.status_code, lifted.headers["etag"]) == (201, '"2"')

    retired = credit.command(f"{path}/retirement", {}, seen='"1"')
    late = credit.command(f"{path}/lifting", {**CAUSE, "reason": "PERFORMED"}, seen='"1"')
    blind = credit.command(f"{path}/lifting", {**CAUSE, "reason": "PERFORMED"}, seen=None)
    assert (late.status_code, blind.status_code) == (412, 428)
    assert (retired.status_code, retired.headers["etag"]) == (201, '"2"')
    assert door.caller("hr-1", "HR", "PERSONNEL").get(path).json()["state"] == "RETIRED"


def test_a_restriction_without_a_basis_is_refused_with_its_code(door: House) -> None:
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")

    answer = credit.command("/v1/measures", {**MEASURE, "legal_basis": ["示政发〔2025〕1号"]})

    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (422, "no-legal-basis", "data.legal_basis")
    assert "示政发" not in answer.text


def test_the_path_names_the_measure(scene: Scene, door: House) -> None:
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    uid = credit.command("/v1/measures", MEASURE).json()["uid"]

    other = credit.command(f"/v1/measures/{uid}/retirement", {"measure_id": "M2"})
    absent = credit.command(f"/v1/measures/{door.uid('subject', 'P1')}/application", CAUSE)

    assert (other.status_code, other.json()["code"]) == (400, "id-mismatch")
    assert absent.status_code == 404


def test_the_catalogue_is_read_a_page_at_a_time_and_is_no_look(scene: Scene, door: House) -> None:
    credit, reporter = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE"), door.caller("reporter-1", "REPORTER")
    for number in range(3):
        assert credit.command("/v1/measures", {**MEASURE, "measure_id": f"M{number}"}).status_code == 201
    looks = scene.ledger.access.store.head().size

    first = reporter.get("/v1/measures", limit=2, as_of="2025-02-01")
    following = first.headers["link"].partition("<")[2].partition(">")[0]
    rest = reporter.get(following)

    assert first.json()["counts"] == {"measures": 3, "departments": 1, "domains": 1}
    shown = [item["id"] for answer in (first, rest) for item in answer.json()["items"]]
    assert shown == ["M0", "M1", "M2"]
    assert "link" not in rest.headers
    assert scene.ledger.access.store.head().size == looks


def test_a_measure_is_found_at_its_own_moment(scene: Scene, door: House) -> None:
    uid = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE").command("/v1/measures", MEASURE).json()["uid"]
    reader = door.caller("auditor-1", "AUDITOR")

    assert reader.get(f"/v1/measures/{uid}").headers["etag"] == '"1"'
    assert reader.get(f"/v1/measures/{uid}", as_of="2025-01-04").status_code == 404
    assert reader.get(f"/v1/measures/{door.uid('subject', 'P1')}").status_code == 404
