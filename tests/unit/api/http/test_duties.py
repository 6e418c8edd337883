"""Duties separated, at the door: a conflict declared, a delegation granted, used, ended, each by its own token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.http import House, house
from tests.support.scene import DOCUMENT, FACTORS, HR, Scene, a_scene

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


@pytest.fixture
def lent(tmp_path: Path) -> Iterator[tuple[Scene, House]]:
    """A check of PERSONNEL, whose HR lets hr-7 of U2 put it to the candidate and decide it."""
    with a_scene(tmp_path / "lent") as made:
        made.blocked_check()
        steps = ["PreDecisionNoticeSent", "EligibilityDecided", "EligibilityCheckRequested"]
        made.delegate("2025-09-01", by=HR, delegate_id="hr-7", scope=steps, expires_on="2025-09-30")
        made.on_day("2025-09-02")
        with house(made.ledger) as opened:
            yield made, opened


NOTICE = {"reply_due": "2025-09-09"}


def test_hr_of_another_unit_acts_under_a_delegation_for_the_unit_that_requested(lent: tuple[Scene, House]) -> None:
    _, door = lent
    delegate, path = door.caller("hr-7", "HR", "U2"), f"/v1/eligibility-checks/{door.uid('check', 'K1')}"
    assert delegate.command(f"{path}/notice", NOTICE).status_code == 404  # it says of no delegation

    accepted = delegate.command(f"{path}/notice", {**NOTICE, "by_delegation": "D1"})

    assert accepted.status_code == 201, accepted.text
    (entry,) = door.ledger.by_type("PreDecisionNoticeSent", door.ledger.size)
    assert entry.actor["unit"] == door.uid("subject", "PERSONNEL")
    another = {"check_id": "K2", "subject_id": "P1", "purpose": "RECRUIT", "consent_id": "N1"}
    asked = [
        delegate.command("/v1/eligibility-checks", {**another, "requester": "PERSONNEL", **more}).status_code
        for more in ({}, {"by_delegation": "D1"})
    ]
    assert asked == [404, 201]


@pytest.mark.parametrize(
    ("actor", "step", "data", "day"),
    [
        ("hr-8", "notice", NOTICE, "2025-09-02"),  # not the delegate
        ("hr-7", "notification", {}, "2025-09-02"),  # not in its scope
        ("hr-7", "notice", {"reply_due": "2025-10-31"}, "2025-10-08"),  # over
    ],
)
def test_a_delegation_that_does_not_reach_opens_nothing(
    lent: tuple[Scene, House], actor: str, step: str, data: dict[str, Any], day: str
) -> None:
    scene, door = lent
    scene.on_day(day)
    path = f"/v1/eligibility-checks/{door.uid('check', 'K1')}/{step}"
    answer = door.caller(actor, "HR", "U2").command(path, {**data, "by_delegation": "D1"})

    assert answer.status_code == 404, answer.text


def test_a_delegate_reads_what_they_may_act_on_while_it_holds(lent: tuple[Scene, House]) -> None:
    scene, door = lent
    path = f"/v1/eligibility-checks/{door.uid('check', 'K1')}"

    def reads(actor: str) -> int:
        return int(door.caller(actor, "HR", "U2").get(path).status_code)

    assert (reads("hr-7"), reads("hr-8")) == (200, 404)
    scene.act("DelegationEnded", "2025-09-02", HR, {"delegation_id": "D1"})
    assert reads("hr-7") == 404


def test_a_delegation_that_was_ended_opens_nothing(lent: tuple[Scene, House]) -> None:
    scene, door = lent
    scene.act("DelegationEnded", "2025-09-02", HR, {"delegation_id": "D1"})
    path = f"/v1/eligibility-checks/{door.uid('check', 'K1')}/notice"
    answer = door.caller("hr-7", "HR", "U2").command(path, {**NOTICE, "by_delegation": "D1"})

    assert answer.status_code == 404
