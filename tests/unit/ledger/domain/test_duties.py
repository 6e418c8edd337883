"""Duties separated: a declared conflict of interest blocks the person in that case, whoever says it and by any door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.support.scene import (
    ABSENT,
    CREDIT,
    DECIDER,
    DECIDER_2,
    DOCUMENT,
    HR,
    HR_2,
    P1,
    REPORTER,
    REVIEWER,
    REVIEWER_2,
    SYSTEM,
    Scene,
)

Step = Callable[[Scene], Any]


def heard(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply()


def accepted(scene: Scene) -> None:
    scene.found("MINOR")
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")


# What a decider, a reviewer and the deciding organ do, with the day before it and the step itself.
STEPS: dict[str, tuple[Step, str, Step, Any]] = {
    "decline": (lambda s: s.report(), "2025-02-21", lambda s: s.decline(), DECIDER),
    "notify": (lambda s: s.report(), "2025-02-24", lambda s: s.notify(), DECIDER),
    "confirm": (heard, "2025-03-20", lambda s: s.confirm(), DECIDER),
    "dismiss": (heard, "2025-03-20", lambda s: s.dismiss(), DECIDER),
    "approve-a-repair": (accepted, "2025-04-03", lambda s: s.approve("2025-04-03"), DECIDER),
    "reject-a-repair": (accepted, "2025-04-03", lambda s: s.reject("2025-04-03"), DECIDER),
}


@pytest.mark.parametrize(("prepare", "on", "step", "who"), STEPS.values(), ids=STEPS)
def test_who_stepped_back_does_nothing_more_in_the_case(
    scene: Scene, prepare: Step, on: str, step: Step, who: Any
) -> None:
    prepare(scene)
    scene.step_back(on, by=who)

    with scene.refused("conflict-declared"):
        step(scene)


def test_a_reviewer_who_stepped_back_does_not_review_and_another_does(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.step_back("2025-04-09", by=REVIEWER, grounds=["WITNESS"])
    with scene.refused("conflict-declared"):
        scene.decide_appeal()

    scene.decide_appeal(by=REVIEWER_2)


def test_a_conflict_holds_in_that_case_only(scene: Scene) -> None:
    heard(scene)
    scene.report("2025-03-03", breach_id="B7")
    scene.step_back("2025-03-19")

    scene.notify("2025-03-20", breach_id="B7", reply_due="2025-04-03")
    scene.confirm(by=DECIDER_2)


def test_another_steps_back_only_by_a_decision_on_paper(scene: Scene) -> None:
    heard(scene)
    with scene.refused("document-required", "data.doc"):
        scene.step_back("2025-03-19", by=REVIEWER, official_id=DECIDER.id)

    scene.step_back("2025-03-19", by=REVIEWER, official_id=DECIDER.id, doc=DOCUMENT)

    with scene.refused("conflict-declared"):
        scene.confirm()
    assert scene.state("breach", "B1").stepped_back == {scene.ledger.actor_uid(DECIDER.id)[0]}


def test_somebody_who_never_acted_may_have_to_step_back(scene: Scene) -> None:
    heard(scene)
    scene.step_back("2025-03-19", official_id="decider-77", doc=DOCUMENT)

    with scene.refused("conflict-declared"):
        scene.confirm(by=replace(DECIDER, id="decider-77"))
    assert "decider-77" not in str(scene.newest().data)  # a pseudonym stands in the entry


def test_the_grounds_are_those_of_the_statute(scene: Scene) -> None:
    scene.report()
    with scene.refused("not-in-list"):
        scene.step_back("2025-02-21", grounds=["DISLIKE"])
    with scene.refused("too-few", "data.grounds"):
        scene.step_back("2025-02-21", grounds=[])


@pytest.mark.parametrize("by", [P1, CREDIT, REPORTER, SYSTEM, HR], ids=lambda by: by.role)
def test_who_declares_one_in_a_case(scene: Scene, by: Any) -> None:
    scene.report()
    with scene.refused("human-decision-required" if by == SYSTEM else "role-not-allowed", "actor.role"):
        scene.step_back("2025-02-21", by=by)


def test_the_person_does_not_take_their_own_decider_away(scene: Scene) -> None:
    scene.report()
    with scene.refused("own-case"):
        scene.step_back("2025-02-21", by=replace(DECIDER, id="P1"), official_id=DECIDER.id, doc=DOCUMENT)


def test_it_is_declared_once_and_names_one_case(scene: Scene) -> None:
    scene.report()
    scene.step_back("2025-02-21")
    with scene.refused("conflict-exists"):
        scene.step_back("2025-02-21", official_id=DECIDER.id)
    with scene.refused("one-case"):
        scene.step_back("2025-02-21", by=DECIDER_2, check_id="K1")
    with scene.refused("one-case"):
        scene.step_back("2025-02-21", by=DECIDER_2, breach_id=ABSENT)
    with scene.refused("unknown-breach"):
        scene.step_back("2025-02-21", by=DECIDER_2, breach_id="B99")


# In a check.


def test_hr_that_stepped_back_neither_decides_nor_seconds_nor_redetermines(scene: Scene) -> None:
    scene.blocked_check()
    scene.step_back_from_check("2025-09-02", by=HR)
    with scene.refused("conflict-declared"):
        scene.notice()
    scene.notice(by=HR_2)
    with scene.refused("conflict-declared"):
        scene.decide(decision="ELIGIBLE", by=HR_2, second_approver=HR.id)
    scene.decide(decision="NOT_ELIGIBLE", by=HR_2)
    scene.notify_result("2025-09-15", by=HR_2)
    scene.dispute("2025-09-16")

    with scene.refused("conflict-declared"):
        scene.redetermine("2025-09-17", by=HR)
    scene.redetermine("2025-09-17", by=replace(HR, id="hr-3"))


def test_only_the_organ_that_asked_declares_one_in_its_check(scene: Scene) -> None:
    scene.consent()
    scene.request_check()

    with scene.refused("not-the-requester", "data.check_id"):
        scene.step_back_from_check("2025-09-02", by=replace(HR, id="hr-9", unit_id="U2"))


def test_who_stepped_back_under_one_registration_does_not_second_under_another(scene: Scene) -> None:
    scene.blocked_check()
    scene.register_person("2025-09-02", "P3")
    scene.step_back_from_check("2025-09-03", official_id="P2", doc=DOCUMENT)
    scene.merge("2025-09-04", "P3", "P2")
    for name in ("P2", "P3"):
        with scene.refused("conflict-declared"):
            scene.decide(decision="ELIGIBLE", second_approver=name)
