"""Duties separated, at the door: a conflict declared, a delegation granted, used, ended, each by its own token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import House, house
from tests.support.scene import DOCUMENT, FACTORS, Scene, a_scene

FINDING: dict[str, Any] = {
    "severity": "GENERAL", "decision_on": "2025-03-20", "doc": DOCUMENT, "factors": FACTORS, "reasons": "…",
}  # fmt: skip
GRANT = {"delegation_id": "D1", "delegate_id": "deputy-1", "scope": ["BreachConfirmed"], "expires_on": "2025-12-31"}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A case that was replied to, on the day of its decision."""
    with a_scene(tmp_path / "scene") as made:
        made.report()
        made.notify()
        made.reply()
        made.on_day("2025-03-20")
        yield made


@pytest.fixture
def door(scene: Scene) -> Iterator[House]:
    with house(scene.ledger) as opened:
        yield opened


def test_a_delegate_decides_with_a_token_of_that_role_and_the_delegation(scene: Scene, door: House) -> None:
    decider, deputy = door.caller("decider-1", "DECIDER", "CREDIT-OFFICE"), door.caller("deputy-1", "DECIDER", "U2")
    case = f"/v1/breaches/{door.uid('breach', 'B1')}/confirmation"
    assert decider.command("/v1/delegations", GRANT).status_code == 201

    refused = door.caller("decider-2", "DECIDER", "CREDIT-OFFICE").command(case, {**FINDING, "by_delegation": "D1"})
    accepted = deputy.command(case, {**FINDING, "by_delegation": "D1"})

    assert (refused.status_code, refused.json()["code"]) == (422, "not-the-delegate")
    assert accepted.status_code == 201, accepted.text
    assert scene.newest().data["by_delegation"] == "D1"


def test_a_delegation_is_ended_under_its_own_pseudonym(scene: Scene, door: House) -> None:
    decider, deputy = door.caller("decider-1", "DECIDER", "CREDIT-OFFICE"), door.caller("deputy-1", "DECIDER", "U2")
    uid = decider.command("/v1/delegations", GRANT).json()["uid"]

    assert (
        door.caller("decider-2", "DECIDER", "CREDIT-OFFICE").command(f"/v1/delegations/{uid}/ending", {}).status_code
        == 422
    )
    assert decider.command(f"/v1/delegations/{uid}/ending", {}).status_code == 201

    case = f"/v1/breaches/{door.uid('breach', 'B1')}/confirmation"
    late = deputy.command(case, {**FINDING, "by_delegation": "D1"})
    assert (late.status_code, late.json()["code"]) == (422, "delegation-expired")


def test_a_conflict_blocks_at_the_door_as_well(scene: Scene, door: House) -> None:
    decider = door.caller("decider-1", "DECIDER", "CREDIT-OFFICE")
    declared = decider.command("/v1/conflicts", {"breach_id": "B1", "grounds": ["WITNESS"]})
    answer = decider.command(f"/v1/breaches/{door.uid('breach', 'B1')}/confirmation", FINDING)

    assert declared.status_code == 201, declared.text
    assert (answer.status_code, answer.json()["code"]) == (422, "conflict-declared")


@pytest.mark.parametrize(("role", "unit"), [("SUBJECT", None), ("CREDIT", "CREDIT-OFFICE"), ("AUDITOR", None)])
def test_others_learn_nothing_of_conflicts(scene: Scene, door: House, role: str, unit: str | None) -> None:
    answer = door.caller("P1" if role == "SUBJECT" else "somebody", role, unit).command(
        "/v1/conflicts", {"breach_id": "B1", "grounds": ["WITNESS"]}
    )

    assert answer.status_code == 404


def test_hr_learns_nothing_of_a_case_by_declaring_a_conflict_in_it(scene: Scene, door: House) -> None:
    """Whether a report of that name is there is not HR's to know (DOMAIN §8): both get the same answer."""
    hr = door.caller("hr-1", "HR", "PERSONNEL")
    answers = [hr.command("/v1/conflicts", {"breach_id": ref, "grounds": ["WITNESS"]}) for ref in ("B1", "NONE")]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(422, "role-not-allowed")] * 2
