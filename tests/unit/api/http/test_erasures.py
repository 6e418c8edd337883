"""`/v1/erasures`: ordered by the data-protection officer over HTTP; files and pages go on without the payload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.erasure import close_checks
from tests.support.http import House, golden_house

ORDER: dict[str, Any] = {
    "scope": "SUBJECT",
    "subject_id": "P1",
    "ground": "RULING",
    "doc": "决定书3号",
    "legal_basis": ["个人信息保护法 47"],
    "approvers": ["dpo-2", "legal-1"],
}


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[House]:
    """A house of one's own in which every check is at its end."""
    with golden_house(tmp_path) as made:
        close_checks(made.ledger)
        yield made


def order(house: House, retention: str, **changes: Any) -> Any:
    data = {**ORDER, "erasure_id": f"E-{retention}", "class": retention, **changes}
    return house.caller("dpo-1", "DPO").command("/v1/erasures", data)


def test_the_officer_orders_and_the_person_reads_on(closed: House) -> None:
    uid, person = closed.uid("subject", "P1"), closed.caller("P1", "SUBJECT")
    path = f"/v1/subjects/{uid}/integrity-file"
    before = person.get(path).json()
    made = order(closed, "CASE")
    assert made.status_code == 201, made.text
    assert "Location" not in made.headers

    after = person.get(path)
    assert after.status_code == 200
    assert after.json()["balance"] == before["balance"]
    destroyed = [text for breach in after.json()["breaches"] for text in breach["texts"]]
    assert destroyed
    assert all(text["erased"] and text["sections"].keys() <= {"reporter"} for text in destroyed)
    assert {entry["type"] for entry in after.json()["timeline"]} >= {"ErasureOrdered", "PayloadErased"}


def test_an_erased_person_has_a_pseudonym_and_no_name(closed: House) -> None:
    uid, person = closed.uid("subject", "P1"), closed.caller("P1", "SUBJECT")
    assert order(closed, "IDENTITY").status_code == 201

    assert person.get(f"/v1/subjects/{uid}/integrity-file").status_code == 401  # a token is the person's own
    file = closed.caller("auditor-1", "AUDITOR").get(f"/v1/subjects/{uid}/integrity-file").json()
    assert (file["subject"], file["name"], file["erased"]) == (uid, None, True)
    look = closed.caller("auditor-1", "AUDITOR").post("/v1/subjects/lookup", {"ref": "P1"})
    assert look.status_code == 404


def test_an_order_in_a_batch_is_carried_out_behind_it(closed: House) -> None:
    command = {"type": "ErasureOrdered", "data": {**ORDER, "erasure_id": "E1", "class": "CASE"}}
    (answer,) = closed.caller("dpo-1", "DPO").batch([command]).json()["answers"]

    assert answer["status"] == 201
    assert [entry.type for entry in closed.ledger.logged(answer["index"], answer["index"] + 2)] == [
        "ErasureOrdered",
        "PayloadErased",
    ]


def test_a_refusal_is_a_problem_and_leaves_its_trace(closed: House) -> None:
    looks = closed.looks()
    answer = order(closed, "CASE", approvers=["dpo-1", "legal-1"])

    assert (answer.status_code, answer.json()["code"]) == (422, "approver-orders")
    assert closed.looks() == looks + 1


@pytest.mark.parametrize(("actor", "role", "unit"), [("hr-1", "HR", "PERSONNEL"), ("auditor-1", "AUDITOR", None)])
def test_nobody_else_may(closed: House, actor: str, role: str, unit: str | None) -> None:
    data = {**ORDER, "erasure_id": "E1", "class": "CASE"}

    assert closed.caller(actor, role, unit).command("/v1/erasures", data).status_code == 404
