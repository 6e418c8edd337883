"""Break-glass: two persons, so many minutes at most, now, never in one's own case; then reviewed by others, once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ledger.clock import CST
from ledger.line import LineActor
from ledger.rulebook.defaults import shipped_defaults
from tests.support.scene import ABSENT, AUDITOR, CREDIT, DECIDER, DOCUMENT, DPO, HR, HR_2, P1, REVIEWER, Scene

DEPUTY = LineActor("deputy-1", "HR", "U2")
DAY, NEXT = "2025-03-24", "2025-03-25"


def delegated(scene: Scene, on: str = "2025-03-21", by: LineActor = HR, to: str = "deputy-1", **more: str) -> None:
    """A delegation of HR, for something else than emergencies."""
    scene.delegate(on, by=by, delegate_id=to, scope=["PreDecisionNoticeSent"], **more)


def test_what_is_opened_stands_in_a_stream_of_its_own_and_its_words_are_sealed(scene: Scene) -> None:
    scene.open_glass(DAY)

    entry, ledger = scene.newest(), scene.ledger
    person = ledger.uid("subject", "P1")
    assert (entry.kind, entry.topic, entry.subjects) == ("glass", "break-glass.opened.v1", (person,))
    assert entry.data == {
        "glass_id": "G1", "subject_id": person, "ground": "LIFE_OR_SAFETY", "minutes": 30,
        "second_approver": ledger.actor_uid(HR_2.id)[0],
    }  # fmt: skip
    assert ledger.sections(entry) == {"reasons": {"reasons": "值守失联，须立即核实"}}


@pytest.mark.parametrize("by", [HR, CREDIT], ids=lambda who: str(who.role))
def test_whoever_needs_a_purpose_opens_it(scene: Scene, by: LineActor) -> None:
    scene.open_glass(DAY, by=by)

    assert scene.newest().actor["role"] == by.role


@pytest.mark.parametrize("by", [DECIDER, REVIEWER, AUDITOR, DPO, P1], ids=lambda who: str(who.role))
def test_nobody_else_does(scene: Scene, by: LineActor) -> None:
    with scene.refused("role-not-allowed", "actor.role"):
        scene.open_glass(DAY, by=by)


def test_whoever_opens_it_does_not_approve_it(scene: Scene) -> None:
    with scene.refused("approver-opens", "data.second_approver"):
        scene.open_glass(DAY, second_approver=HR.id)
    with scene.refused("missing-field", "data.second_approver"):
        scene.open_glass(DAY, second_approver=ABSENT)


@pytest.mark.parametrize(("by", "approver"), [(HR, "deputy-1"), (DEPUTY, HR.id)], ids=["delegate", "delegator"])
def test_one_hand_is_not_two_persons(scene: Scene, by: LineActor, approver: str) -> None:
    delegated(scene, expires_on=DAY)
    with scene.refused("approver-opens"):
        scene.open_glass(DAY, by=by, second_approver=approver)

    scene.open_glass(NEXT, by=by, second_approver=approver)  # the delegation is over


def test_it_is_nobody_else_s_to_open(scene: Scene) -> None:
    with scene.refused("delegation-scope", "data.scope"):
        scene.delegate("2025-03-21", by=HR, scope=["BreakGlassOpened"])
    delegated(scene)
    with scene.refused("delegation-scope", "data.by_delegation"):
        scene.open_glass(DAY, by=DEPUTY, by_delegation="D1")


def test_nobody_opens_or_approves_it_in_their_own_case(scene: Scene) -> None:
    with scene.refused("own-case"):
        scene.open_glass(DAY, by=replace(HR, id="P1"))
    with scene.refused("own-case", "data.second_approver"):
        scene.open_glass(DAY, second_approver="P1")


def test_another_registration_of_the_person_is_the_person(scene: Scene) -> None:
    scene.merge("2025-03-21", "P2", "P1")
    with scene.refused("own-case", "data.second_approver"):
        scene.open_glass(DAY, second_approver="P2")
    with scene.refused("own-case"):
        scene.open_glass(DAY, by=replace(HR, id="P2"))


def test_it_lasts_no_longer_than_the_defaults_say(scene: Scene) -> None:
    most = shipped_defaults().break_glass.max_minutes
    with scene.refused("glass-too-long", "data.minutes"):
        scene.open_glass(DAY, minutes=most + 1)
    with scene.refused("out-of-range", "data.minutes"):
        scene.open_glass(DAY, minutes=0)

    scene.open_glass(DAY, minutes=most)
    assert most == 60


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"ground": "CURIOSITY"}, "not-in-list", "data.ground"),
        ({"reasons": " "}, "empty", "data.reasons"),
        ({"reasons": ABSENT}, "missing-field", "data.reasons"),
        ({"subject_id": "U1"}, "unknown-subject", "data.subject_id"),
        ({"subject_id": "P9"}, "unknown-subject", "data.subject_id"),
        ({"recorded": NEXT}, "late-without-document", "data.doc"),
        ({"recorded": NEXT, "doc": DOCUMENT}, "glass-not-now", "effective_on"),
    ],
    ids=["ground", "blank", "without-reasons", "unit", "unknown", "late", "late-with-document"],
)
def test_an_emergency_is_a_person_s_on_a_ground_with_reasons_and_now(
    scene: Scene, changes: dict[str, object], code: str, field: str
) -> None:
    with scene.refused(code, field):
        scene.open_glass(DAY, **changes)


def test_its_id_is_given_once(scene: Scene) -> None:
    scene.open_glass(DAY)
    with scene.refused("glass-exists"):
        scene.open_glass(DAY)


# The review.


@pytest.mark.parametrize("by", [AUDITOR, DPO], ids=lambda who: str(who.role))
def test_the_inspectorate_or_the_data_protection_desk_reviews_it_once(scene: Scene, by: LineActor) -> None:
    scene.open_glass(DAY)
    scene.review_glass(NEXT, by=by, outcome="NOT_JUSTIFIED")

    entry, ledger = scene.newest(), scene.ledger
    assert (entry.topic, entry.data) == (
        "break-glass.reviewed.v1", {"glass_id": "G1", "outcome": "NOT_JUSTIFIED"},
    )  # fmt: skip
    assert entry.subjects == (ledger.uid("subject", "P1"),)
    with scene.refused("wrong-state"):
        scene.review_glass(NEXT)


@pytest.mark.parametrize("by", [HR, CREDIT, DECIDER, REVIEWER, P1], ids=lambda who: str(who.role))
def test_nobody_else_reviews_it(scene: Scene, by: LineActor) -> None:
    scene.open_glass(DAY)
    with scene.refused("role-not-allowed"):
        scene.review_glass(NEXT, by=by)


@pytest.mark.parametrize("who", [HR.id, HR_2.id], ids=["opener", "approver"])
def test_whoever_opened_or_approved_it_does_not_review_it(scene: Scene, who: str) -> None:
    scene.open_glass(DAY)
    with scene.refused("opener-may-not-review"):
        scene.review_glass(NEXT, by=replace(AUDITOR, id=who))


@pytest.mark.parametrize("delegator", [HR, HR_2], ids=["opener", "approver"])
@pytest.mark.parametrize("since", ["2025-03-21", NEXT], ids=["when-opened", "when-reviewed"])
def test_nor_does_their_delegate(scene: Scene, delegator: LineActor, since: str) -> None:
    if since < DAY:
        delegated(scene, since, by=delegator, expires_on=DAY)
    scene.open_glass(DAY)
    if since > DAY:
        delegated(scene, since, by=delegator)
    with scene.refused("opener-may-not-review"):
        scene.review_glass(NEXT, by=replace(AUDITOR, id="deputy-1"))

    scene.review_glass(NEXT)


def test_nor_does_whoever_they_were_the_delegate_of(scene: Scene) -> None:
    delegated(scene, by=DEPUTY, to=HR_2.id)
    scene.open_glass(DAY)
    with scene.refused("opener-may-not-review"):
        scene.review_glass(NEXT, by=replace(DPO, id="deputy-1"))


def test_a_delegation_that_was_over_before_and_is_not_there_yet_makes_no_hand(scene: Scene) -> None:
    delegated(scene, expires_on="2025-03-21")
    scene.open_glass(DAY)

    scene.review_glass(NEXT, by=replace(AUDITOR, id="deputy-1"))


def test_nobody_reviews_what_was_read_about_themselves(scene: Scene) -> None:
    scene.open_glass(DAY)
    with scene.refused("own-case"):
        scene.review_glass(NEXT, by=replace(AUDITOR, id="P1"))
    scene.merge(NEXT, "P2", "P1")
    with scene.refused("own-case"):
        scene.review_glass(NEXT, by=replace(AUDITOR, id="P2"))


def test_it_is_reviewed_from_the_moment_it_is_over(scene: Scene) -> None:
    scene.open_glass(DAY, minutes=10)
    opened = scene.newest().recorded_at
    scene.now = opened + timedelta(minutes=10) - timedelta(milliseconds=50)
    with scene.refused("glass-open"):
        scene.review_glass(DAY)

    scene.now = opened + timedelta(minutes=10)
    scene.review_glass(DAY)


def test_one_that_runs_past_midnight_is_not_reviewed_as_of_the_day_before(scene: Scene) -> None:
    scene.now = datetime(2025, 3, 24, 23, 50, tzinfo=CST)
    scene.open_glass(DAY)
    with scene.refused("before-its-cause", "effective_on"):
        scene.review_glass(DAY, recorded=NEXT, doc=DOCUMENT)

    scene.review_glass(NEXT)


def test_what_was_never_opened_is_not_reviewed(scene: Scene) -> None:
    with scene.refused("unknown-glass"):
        scene.review_glass(NEXT)


def test_while_nobody_reviewed_it_its_words_are_not_erased(scene: Scene) -> None:
    scene.open_glass(DAY)
    order = {
        "erasure_id": "E1", "scope": "SUBJECT", "subject_id": "P1", "class": "CASE", "ground": "RULING",
        "legal_basis": ["个人信息保护法 47"], "approvers": ["dpo-2", "legal-1"], "doc": DOCUMENT,
    }  # fmt: skip
    with scene.refused("open-case"):
        scene.act("ErasureOrdered", NEXT, DPO, order)

    scene.review_glass(NEXT)
    scene.act("ErasureOrdered", NEXT, DPO, order)
