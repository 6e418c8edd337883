"""Whose hand an act is: who wrote down what the subject says, and who is one with whom by a delegation.

HR and CREDIT record the act of somebody without an account from the signed paper (DOMAIN §4.1). The hand that did it
does not decide on what it wrote, and what it wrote takes no period and no remedy away from the person.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ledger.line import LineActor
from tests.support.scene import CREDIT, DECIDER, DECIDER_2, DOCUMENT, HR, HR_2, REVIEWER, REVIEWER_2, Scene

PAPER: dict[str, Any] = {"on_behalf_of": "P1", "doc": DOCUMENT}
DECIDER_AS_CREDIT = replace(DECIDER, role="CREDIT")
REVIEWER_AS_HR = replace(REVIEWER, role="HR")


def state(scene: Scene, kind: str = "breach", name: str = "B1") -> str:
    return str(scene.state(kind, name).state)


@pytest.fixture
def notified(scene: Scene) -> Scene:
    scene.report()
    scene.notify()  # the reply is due on 2025-03-10
    return scene


@pytest.fixture
def blocked(scene: Scene) -> Scene:
    scene.blocked_check()
    return scene


# What the deciding hand wrote down shortens no period.


@pytest.mark.parametrize("step", ["confirm", "dismiss"])
def test_a_reply_written_down_by_who_decides_opens_nothing_before_its_period_ends(notified: Scene, step: str) -> None:
    notified.reply("2025-03-03", by=DECIDER_AS_CREDIT, **PAPER)

    with notified.refused("reply-period-open"):
        getattr(notified, step)("2025-03-03")
    with notified.refused("reply-period-open"):
        getattr(notified, step)("2025-03-10")

    getattr(notified, step)("2025-03-11")


def test_another_hand_may_decide_after_that_reply_as_after_any(notified: Scene) -> None:
    notified.reply("2025-03-03", by=DECIDER_AS_CREDIT, **PAPER)

    notified.confirm("2025-03-04", by=DECIDER_2)

    assert state(notified) == "CONFIRMED"


def test_a_deputy_is_no_other_hand(notified: Scene) -> None:
    notified.delegate("2025-02-25", delegate_id="decider-2")
    notified.reply("2025-03-03", by=DECIDER_AS_CREDIT, **PAPER)

    with notified.refused("reply-period-open"):
        notified.confirm("2025-03-04", by=DECIDER_2)


def test_a_response_written_down_by_who_decides_opens_nothing_before_its_period_ends(blocked: Scene) -> None:
    blocked.notice()
    blocked.respond("2025-09-03", by=HR, **PAPER)

    with blocked.refused("notice-period-open"):
        blocked.decide("2025-09-03")

    blocked.decide("2025-09-03", by=HR_2)


# What another wrote down takes nobody's own word away.


def test_whoever_was_spoken_for_may_still_reply_in_the_period(notified: Scene) -> None:
    notified.reply("2025-03-03", by=CREDIT, **PAPER)
    notified.reply("2025-03-10")

    with notified.refused("wrong-state"):
        notified.reply("2025-03-10")
    with notified.refused("wrong-state"):
        notified.reply("2025-03-10", by=CREDIT, **PAPER)
    with notified.refused("reply-period-open"):
        notified.confirm("2025-03-09", recorded="2025-03-10", doc=DOCUMENT)  # before the person's own reply
    notified.confirm("2025-03-10")


def test_but_not_after_it(notified: Scene) -> None:
    notified.reply("2025-03-03", by=CREDIT, **PAPER)

    with notified.refused("reply-period-over"):
        notified.reply("2025-03-11")


def test_a_candidate_who_was_spoken_for_may_still_respond_in_the_period(blocked: Scene) -> None:
    blocked.notice()
    blocked.respond("2025-09-03", by=HR, **PAPER)
    blocked.respond("2025-09-05")

    with blocked.refused("wrong-state"):
        blocked.respond("2025-09-05")
    blocked.decide("2025-09-05")

    assert state(blocked, "check", "K1") == "DECIDED"


# Nobody decides on what they wrote down.


def test_who_wrote_the_appeal_down_does_not_decide_it(scene: Scene) -> None:
    scene.found()
    scene.appeal(by=REVIEWER_AS_HR, **PAPER)

    with scene.refused("acted-for-the-subject"):
        scene.decide_appeal()

    scene.decide_appeal(by=REVIEWER_2)


def test_who_decided_does_not_write_the_appeal_down(scene: Scene) -> None:
    scene.found()

    with scene.refused("acted-for-the-subject"):
        scene.appeal(by=DECIDER_AS_CREDIT, **PAPER)

    scene.appeal(by=CREDIT, **PAPER)


@pytest.mark.parametrize("step", ["approve", "reject"])
def test_who_wrote_the_application_down_does_not_decide_it(scene: Scene, step: str) -> None:
    scene.found()
    scene.apply_for_repair(by=DECIDER_AS_CREDIT, **PAPER)
    scene.accept_repair()

    with scene.refused("acted-for-the-subject"):
        getattr(scene, step)()

    getattr(scene, step)(by=DECIDER_2)


def test_who_wrote_the_dispute_down_does_not_redetermine(blocked: Scene) -> None:
    blocked.notice()
    blocked.respond()
    blocked.decide()
    blocked.notify_result("2025-09-15")
    with blocked.refused("acted-for-the-subject"):
        blocked.dispute("2025-09-16", by=HR, **PAPER)  # who decided
    blocked.dispute("2025-09-16", by=HR_2, **PAPER)

    with blocked.refused("acted-for-the-subject"):
        blocked.redetermine("2025-09-17", by=HR_2)

    blocked.redetermine("2025-09-17", by=LineActor("hr-3", "HR", "PERSONNEL"))


# A decision against the candidate waits for what may be said against it.


def told(scene: Scene) -> None:
    scene.notice()
    scene.respond()
    scene.decide()
    scene.notify_result("2025-09-15")


def test_a_negative_decision_is_final_after_the_days_to_dispute_it(blocked: Scene) -> None:
    told(blocked)
    with blocked.refused("dispute-period-open"):
        blocked.finalise("2025-09-15")
    with blocked.refused("dispute-period-open"):
        blocked.finalise("2025-09-22")
    with blocked.refused("dispute-period-open"):
        blocked.finalise("2025-09-22", recorded="2025-09-23", doc=DOCUMENT)

    blocked.finalise("2025-09-23")

    assert state(blocked, "check", "K1") == "FINAL"


def test_a_candidate_disputes_as_long_as_it_is_not_final(blocked: Scene) -> None:
    told(blocked)

    blocked.dispute("2025-09-30")
    blocked.redetermine("2025-10-09", by=HR_2)
    blocked.finalise("2025-10-09")


# Two who are one hand are no two approvers.


def test_a_deputy_and_whom_they_stand_for_are_one_approver(scene: Scene) -> None:
    scene.delegate("2025-02-25", delegate_id="decider-2")

    with scene.refused("two-approvers-required"):
        scene.merge("2025-03-02", "P2", "P1", approvers=["decider-1", "decider-2"])

    scene.merge("2025-03-02", "P2", "P1", approvers=["decider-1", "decider-3"])


# A delegation that nobody names.


def test_the_reporter_s_deputy_decides_nothing(scene: Scene) -> None:
    reporter = LineActor("decider-2", "REPORTER", "U1")
    scene.report(by=reporter)
    scene.delegate("2025-02-21", by=DECIDER_2, delegate_id="decider-1")

    for step in (scene.decline, scene.notify):
        with scene.refused("reporter-may-not-decide"):
            step("2025-02-24")


def test_a_deputy_does_nothing_in_the_case_of_whom_they_stand_for(scene: Scene) -> None:
    scene.report()
    scene.delegate("2025-02-21", by=replace(DECIDER_2, id="P1"), delegate_id="decider-1")

    with scene.refused("own-case"):
        scene.notify()


def test_nor_in_one_that_the_other_stepped_back_from(notified: Scene) -> None:
    notified.reply()
    notified.step_back("2025-03-04", by=DECIDER_2)
    notified.delegate("2025-03-05", by=DECIDER_2, delegate_id="decider-1")

    with notified.refused("conflict-declared"):
        notified.confirm()


# A remedy that a clerk filed leaves the subject their own.


def test_an_appeal_on_paper_exhausts_no_remedy_of_the_person_s_own(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-03-25", route="APPEAL", by=CREDIT, **PAPER)
    scene.decide_appeal("2025-03-26")
    with scene.refused("remedies-exhausted"):
        scene.appeal("2025-03-27", route="APPEAL", by=CREDIT, **PAPER)

    scene.appeal("2025-03-27", route="REVIEW")
    scene.decide_appeal("2025-03-28", by=REVIEWER_2)
    scene.appeal("2025-03-31", route="APPEAL")
    scene.decide_appeal("2025-04-01", by=replace(REVIEWER, id="reviewer-3"))
    with scene.refused("remedies-exhausted"):
        scene.appeal("2025-04-02", route="APPEAL")


# A correction that weighs more.


def test_a_correction_that_weighs_more_opens_the_remedies_again(scene: Scene) -> None:
    scene.report(duty_related=False)
    scene.notify()
    scene.reply()
    scene.confirm()
    scene.appeal("2025-04-08", route="APPEAL")
    scene.decide_appeal("2025-04-28")
    scene.correct("2025-06-02", "duty_related", True)
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-07-03", route="APPEAL")

    scene.appeal("2025-07-02", route="REVIEW")


# Checks: the organ that asked, on the day it says.


def test_another_organ_s_hr_takes_no_step_in_a_check(blocked: Scene) -> None:
    elsewhere = LineActor("hr-9", "HR", "U2")
    with blocked.refused("not-the-requester"):
        blocked.request_check("2025-09-02", check_id="K7", requester="PERSONNEL", by=elsewhere)
    for step in (blocked.notice, blocked.decide, partial(blocked.withdraw_check, "2025-09-15")):
        with blocked.refused("not-the-requester"):
            step(by=elsewhere)
    told(blocked)
    with blocked.refused("not-the-requester"):
        blocked.finalise("2025-10-15", by=elsewhere)


def test_a_request_recorded_late_passes_over_nothing_without_a_second_approver(scene: Scene) -> None:
    scene.consent("2025-04-01")
    scene.take_over("2025-04-15")  # the listing counts from that day
    scene.request_check("2025-04-14", recorded="2025-04-16", doc=DOCUMENT)
    assert scene.state("check", "K1").outcome == "CLEAR"

    with scene.refused("second-approver-required"):
        scene.decide("2025-04-17", "ELIGIBLE")

    scene.decide("2025-04-17", "ELIGIBLE", second_approver="hr-2")
    assert scene.newest().data["departs_from_rule"] is True


def test_the_days_to_dispute_begin_when_the_service_is_recorded(blocked: Scene) -> None:
    blocked.notice()
    blocked.respond()
    blocked.decide()
    blocked.notify_result("2025-09-15", recorded="2025-10-09", doc=DOCUMENT)

    with blocked.refused("dispute-period-open"):
        blocked.finalise("2025-10-16")
    blocked.finalise("2025-10-17")


# A consent withdrawn on paper.


def test_a_withdrawal_undoes_nothing_that_is_final(blocked: Scene) -> None:
    told(blocked)
    blocked.finalise("2025-09-23")

    with blocked.refused("check-decided"):
        blocked.withdraw_consent("2025-09-03", recorded="2025-09-24", doc=DOCUMENT)
    blocked.withdraw_consent("2025-09-24")


def test_a_clerk_s_withdrawal_undoes_nothing_that_is_decided(blocked: Scene) -> None:
    told(blocked)

    with blocked.refused("check-decided"):
        blocked.withdraw_consent("2025-09-03", recorded="2025-09-16", by=HR, **PAPER)
    blocked.withdraw_consent("2025-09-03", recorded="2025-09-16", doc=DOCUMENT)  # the candidate's own word does
