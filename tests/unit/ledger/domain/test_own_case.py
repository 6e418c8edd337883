"""Nobody acts in their own case: not the person it is about, and nobody for the unit it is about (ASSURANCE §6, 16).

What a subject may say about itself it says as SUBJECT; that stays. Reporter, decider and reviewer are three (DOMAIN
§1.2); their own codes are tested with the steps they may not take.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger.line import LineActor
from tests.support.scene import (
    ABSENT,
    ASSESSOR,
    CREDIT,
    DECIDER,
    DOCUMENT,
    HR,
    HR_2,
    P1,
    REPORTER,
    REVIEWER,
    U1,
    Scene,
)

Act = Callable[..., Any]
Case = tuple[Callable[[Scene], Any], LineActor, Act]


def steps(*prepare: Callable[[Scene], Any]) -> Callable[[Scene], None]:
    def run(scene: Scene) -> None:
        for step in prepare:
            step(scene)

    return run


def nothing(scene: Scene) -> None:
    """Nothing has happened yet."""


def promised(scene: Scene) -> None:
    scene.promise("2025-01-10", promisor_id="P1", by=P1)


def minor(scene: Scene) -> None:
    scene.found("MINOR")


def checked(scene: Scene) -> None:
    scene.consent()
    scene.request_check()


def decided(scene: Scene) -> None:
    checked(scene)
    scene.decide("2025-09-10", "ELIGIBLE")


applied = steps(minor, lambda s: s.apply_for_repair("2025-04-01"))
accepted = steps(applied, lambda s: s.accept_repair("2025-04-02"))
approved = steps(accepted, lambda s: s.approve("2025-04-03"))
told = steps(decided, lambda s: s.notify_result("2025-09-11"))

OF_A_PERSON: dict[str, Case] = {
    "take-over": (nothing, CREDIT, lambda s, by: s.take_over(by=by)),
    "remove": (Scene.take_over, CREDIT, lambda s, by: s.remove("2025-06-01", by=by)),
    "clear": (
        steps(Scene.report, Scene.notify, lambda s: s.dismiss("2025-03-11")),
        CREDIT,
        lambda s, by: s.clear("2025-03-12", by=by),
    ),
    "correct": (minor, CREDIT, lambda s, by: s.correct("2025-04-01", "duty_related", False, by=by)),
    "void": (minor, CREDIT, lambda s, by: s.void("2025-04-01", by=by)),
    "return": (applied, CREDIT, lambda s, by: s.return_repair("2025-04-02", by=by)),
    "accept": (applied, CREDIT, lambda s, by: s.accept_repair("2025-04-02", by=by)),
    "approve": (accepted, DECIDER, lambda s, by: s.approve("2025-04-03", by=by)),
    "reject": (accepted, DECIDER, lambda s, by: s.reject("2025-04-03", by=by)),
    "revoke": (approved, DECIDER, lambda s, by: s.revoke("2025-04-04", by=by)),
    "sync": (approved, CREDIT, lambda s, by: s.confirm_sync("2025-04-04", by=by)),
    "amend": (promised, CREDIT, lambda s, by: s.amend("2025-02-01", by=by)),
    "waive": (promised, CREDIT, lambda s, by: s.waive("2025-02-01", by=by)),
    "impose": (nothing, HR, lambda s, by: s.impose("2025-02-01", by=by)),
    "lift": (lambda s: s.impose("2025-02-01"), HR, lambda s, by: s.lift("2025-06-01", by=by)),
    "assign": (nothing, HR, lambda s, by: s.assign("2025-02-01", "P1", "U2", "2025-02-01", by=by)),
    "request": (Scene.consent, HR, lambda s, by: s.request_check(by=by)),
    "notice": (checked, HR, lambda s, by: s.notice(by=by)),
    "decide": (checked, HR, lambda s, by: s.decide("2025-09-10", "ELIGIBLE", by=by)),
    "notify-result": (decided, HR, lambda s, by: s.notify_result("2025-09-11", by=by)),
    "redetermine": (
        steps(told, lambda s: s.dispute("2025-09-12")), HR_2, lambda s, by: s.redetermine("2025-09-15", by=by),
    ),
    "finalise": (told, HR, lambda s, by: s.finalise("2025-09-30", by=by)),
}  # fmt: skip


@pytest.mark.parametrize(("prepare", "actor", "act"), OF_A_PERSON.values(), ids=OF_A_PERSON)
def test_nobody_acts_in_their_own_case(
    scene: Scene, prepare: Callable[[Scene], Any], actor: LineActor, act: Act
) -> None:
    prepare(scene)

    with scene.refused("own-case"):
        act(scene, replace(actor, id="P1"))
    with scene.refused("own-case"):
        act(scene, replace(actor, id=scene.ledger.uid("subject", "P1") or ""))  # nor under the pseudonym
    act(scene, actor)


def reported(scene: Scene) -> None:
    scene.report(subject_id="U1")


def heard(scene: Scene) -> None:
    reported(scene)
    scene.notify()
    scene.reply(by=U1)


def taken_over(scene: Scene) -> None:
    scene.take_over(subject_id="U1", severity="MINOR")


def scored(scene: Scene) -> None:
    scene.adopt_scheme()
    scene.score()


applied_by_u1 = steps(taken_over, lambda s: s.apply_for_repair("2025-04-01", breach_id="B2", by=U1))

OF_A_UNIT: dict[str, Case] = {
    "decline": (reported, DECIDER, lambda s, by: s.decline(by=by)),
    "notify": (reported, DECIDER, lambda s, by: s.notify(by=by)),
    "confirm": (heard, DECIDER, lambda s, by: s.confirm(by=by)),
    "dismiss": (heard, DECIDER, lambda s, by: s.dismiss(by=by)),
    "decide-appeal": (
        steps(heard, Scene.confirm, lambda s: s.appeal(by=U1)), REVIEWER, lambda s, by: s.decide_appeal(by=by),
    ),
    "take-over": (nothing, CREDIT, lambda s, by: s.take_over(subject_id="U1", by=by)),
    "remove": (taken_over, CREDIT, lambda s, by: s.remove("2025-06-01", by=by)),
    "correct": (taken_over, CREDIT, lambda s, by: s.correct("2025-04-01", "duty_related", True, breach_id="B2", by=by)),
    "void": (taken_over, CREDIT, lambda s, by: s.void("2025-04-01", breach_id="B2", by=by)),
    "accept": (applied_by_u1, CREDIT, lambda s, by: s.accept_repair("2025-04-02", by=by)),
    "publicise": (
        steps(applied_by_u1, lambda s: s.accept_repair("2025-04-02")),
        CREDIT,
        lambda s, by: s.publicise("2025-04-03", by=by),
    ),
    "amend": (lambda s: s.promise("2025-01-10"), CREDIT, lambda s, by: s.amend("2025-02-01", by=by)),
    "waive": (lambda s: s.promise("2025-01-10"), CREDIT, lambda s, by: s.waive("2025-02-01", by=by)),
    "score": (Scene.adopt_scheme, ASSESSOR, lambda s, by: s.score(by=by)),
    "review": (scored, ASSESSOR, lambda s, by: s.review("2025-04-14", by=by)),
    "publish": (scored, ASSESSOR, lambda s, by: s.publish(by=by)),
    "restate": (steps(scored, Scene.publish), ASSESSOR, lambda s, by: s.restate("2025-05-01", by=by)),
}  # fmt: skip


@pytest.mark.parametrize(("prepare", "actor", "act"), OF_A_UNIT.values(), ids=OF_A_UNIT)
def test_nobody_acts_for_a_unit_in_its_own_case(
    scene: Scene, prepare: Callable[[Scene], Any], actor: LineActor, act: Act
) -> None:
    prepare(scene)

    with scene.refused("own-case"):
        act(scene, replace(actor, unit_id="U1"))
    act(scene, actor)


@pytest.mark.parametrize("change", ["correct", "void"])
def test_who_reported_neither_corrects_nor_voids_the_record(scene: Scene, change: str) -> None:
    scene.found()
    by = replace(CREDIT, id=REPORTER.id)

    with scene.refused("reporter-may-not-decide"):
        if change == "void":
            scene.void("2025-04-01", by=by)
        else:
            scene.correct("2025-04-01", "duty_related", False, by=by)


def test_the_unit_of_a_person_is_not_the_one_it_is_about(scene: Scene) -> None:
    """A case of an official is decided in the official's own unit as well; only the person itself may not."""
    scene.report()
    scene.notify(by=replace(DECIDER, unit_id="U1"))

    assert scene.state("breach", "B1").state == "NOTIFIED"


def test_what_a_subject_says_about_itself_stays(scene: Scene) -> None:
    minor(scene)
    scene.appeal("2025-03-21")
    scene.decide_appeal("2025-03-24")
    scene.apply_for_repair("2025-04-01")
    scene.promise("2025-04-02")
    scene.promise("2025-04-02", commitment_id="C2", promisor_id="P1", by=P1)
    checked(scene)
    scene.withdraw_check("2025-09-02")
    scene.withdraw_consent("2025-09-03")


def test_an_act_recorded_for_a_unit_by_its_own_clerk_is_the_unit_s(scene: Scene) -> None:
    reported(scene)
    scene.notify()

    scene.reply(by=replace(HR, unit_id="U1"), on_behalf_of="U1", doc=DOCUMENT)

    assert scene.state("breach", "B1").state == "REPLIED"


def test_a_batch_of_a_source_may_hold_whoever_brings_it(scene: Scene) -> None:
    """It is the source's word, taken over line by line (DOMAIN §1.9)."""
    source = {"system": "OLD", "record": "p-1"}

    scene.assign(
        "2025-02-01", "P1", "U2", "2025-02-01", by=replace(CREDIT, id="P1"), source=source, level=ABSENT, post=ABSENT
    )
