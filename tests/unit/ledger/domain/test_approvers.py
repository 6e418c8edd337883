"""Whoever approves is a human, and another than who acts, under whichever name: at every door that names approvers."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.application import Ledger
from ledger.errors import Refused
from ledger.sentinels import adopt_sentinel, place_of_sentinel
from tests.support.golden import EDITION
from tests.support.scene import HR, Scene

DAY = "2025-06-03"


def names(scene: Scene) -> dict[str, str]:
    """Who is no human, by every name."""
    ledger = scene.ledger
    return {
        "system": "system",
        "SYSTEM": "SYSTEM",
        "the ledger": ledger.system_uid(),
        "a unit": "PERSONNEL",
        "a unit's pseudonym": ledger.uid("subject", "PERSONNEL") or "",
    }


WHO = ("system", "SYSTEM", "the ledger", "a unit", "a unit's pseudonym")


@pytest.mark.parametrize("who", WHO)
def test_what_is_no_human_approves_nothing(scene: Scene, who: str) -> None:
    name = names(scene)[who]
    with scene.refused("approver-opens", "data.second_approver"):
        scene.open_glass(DAY, second_approver=name)
    with scene.refused("two-approvers-required", "data.approvers"):
        scene.merge(DAY, "P2", "P1", approvers=["hr-2", name])
    with scene.refused("two-approvers-required", "data.approvers"):
        scene.retire(DAY, rulebook_id=EDITION, approvers=["hr-2", "legal-1", name])


@pytest.mark.parametrize("who", WHO)
def test_what_is_no_human_seconds_no_departure(scene: Scene, who: str) -> None:
    scene.blocked_check()
    scene.notice("2025-09-02")
    with scene.refused("second-approver-required", "data.second_approver"):
        scene.decide("2025-09-12", "ELIGIBLE", second_approver=names(scene)[who])

    scene.decide("2025-09-12", "ELIGIBLE", second_approver="hr-2")


def test_whoever_acts_is_nobody_else_under_their_pseudonym(scene: Scene) -> None:
    scene.merge("2025-06-02", "P2", "P1")  # hr-1 acted before
    own = scene.ledger.actor_uid(HR.id)[0]
    with scene.refused("approver-opens", "data.second_approver"):
        scene.open_glass(DAY, second_approver=own)
    with scene.refused("two-approvers-required"):
        scene.undo_merge(DAY, "P2", approvers=[HR.id, own])


def test_a_pseudonym_is_whose_it_is(scene: Scene) -> None:
    scene.merge("2025-06-02", "P2", "P1")
    other = scene.ledger.actor_uid("legal-1")[0]
    with scene.refused("two-approvers-required"):
        scene.undo_merge(DAY, "P2", approvers=["legal-1", other])
    scene.open_glass(DAY, second_approver=other)

    assert scene.newest().data["second_approver"] == other


def test_a_departure_is_not_seconded_by_who_decides_under_a_pseudonym(scene: Scene) -> None:
    scene.blocked_check()
    scene.notice("2025-09-02")
    own = scene.ledger.actor_uid(HR.id)[0]
    with scene.refused("second-approver-required"):
        scene.decide("2025-09-12", "ELIGIBLE", second_approver=own)


def test_a_login_in_the_form_of_a_uuid_is_a_login(scene: Scene) -> None:
    login = "6b1f3f0e-7d0c-4c53-9a3e-0b1f6a2d9c11"
    scene.open_glass(DAY, second_approver=login)

    assert scene.newest().data["second_approver"] == scene.ledger.actor_uid(login)[0] != login


def test_a_sentinel_is_adopted_by_humans(scene: Scene) -> None:
    ledger: Ledger = scene.ledger
    place: Path = place_of_sentinel(ledger.store.url)
    if place.exists():
        place.unlink()
    scene.merge("2025-06-02", "P2", "P1")
    for named in (["a", "system"], ["a", "PERSONNEL"], ["legal-1", ledger.actor_uid("legal-1")[0]]):
        with pytest.raises(Refused) as caught:
            adopt_sentinel(ledger, named)
        assert caught.value.code == "two-approvers-required"
