"""Checks: a rule evaluates, a human decides; a negative decision waits, a departure needs two (DOMAIN §4.2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.scene import ABSENT, CONSIDERATIONS, DECIDER, DOCUMENT, HR, HR_2, P1, P2, SYSTEM, Scene


def state(scene: Scene) -> str:
    return str(scene.state("check", "K1").state)


def outcome(scene: Scene) -> str:
    return str(scene.state("check", "K1").outcome)


@pytest.fixture
def blocked(scene: Scene) -> Scene:
    """K1 of 2025-09-01, BLOCK: P1 is lawfully listed."""
    scene.blocked_check()
    return scene


@pytest.fixture
def clear(scene: Scene) -> Scene:
    """K1 of 2025-09-01, CLEAR."""
    scene.consent()
    scene.request_check()
    return scene


# The request and its evaluation.


def test_a_request_rests_on_a_consent_or_a_statutory_basis(scene: Scene) -> None:
    for empty in (ABSENT, "", "  "):
        with scene.refused("consent-or-basis"):
            scene.request_check(consent_id=ABSENT, statutory_basis=empty)

    scene.request_check(consent_id=ABSENT, statutory_basis="公务员法 26")

    assert outcome(scene) == "CLEAR"


@pytest.mark.parametrize("words", ["某人曾因家庭纠纷被人举报，" * 8, "公务员法\u200b26", "公务员法\n26"])
def test_a_statutory_basis_is_a_clause_and_no_story(scene: Scene, words: str) -> None:
    with scene.refused("too-long" if len(words) > 100 else "forbidden-character", "data.statutory_basis"):
        scene.request_check(consent_id=ABSENT, statutory_basis=words)


def test_a_blank_basis_beside_a_consent_is_left_out(scene: Scene) -> None:
    scene.consent()
    scene.request_check(statutory_basis=" ")

    request, _ = scene.ledger.logged(scene.ledger.size - 2, scene.ledger.size)
    assert "statutory_basis" not in request.data


@pytest.mark.parametrize("post", ["", " ", "岗位\u2028一", "岗" * 201])
def test_a_post_is_named_as_briefly_as_an_id(scene: Scene, post: str) -> None:
    code = {201: "too-long", 4: "forbidden-character"}.get(len(post), "empty")

    with scene.refused(code, "data.post_ref"):
        scene.request_check(post_ref=post)


def test_the_evaluation_is_emitted_with_the_request_on_the_size_just_before_it(blocked: Scene) -> None:
    size = blocked.ledger.size
    request, evaluation = blocked.ledger.logged(size - 2, size)

    assert (request.type, evaluation.type) == ("EligibilityCheckRequested", "EligibilityEvaluated")
    assert evaluation.data["as_known_seq"] == request.index
    assert evaluation.data["as_of"] == "2025-09-01"
    assert evaluation.actor["role"] == "SYSTEM"
    assert [hit["rule"] for hit in evaluation.data["hits"]] == ["E1"]
    assert evaluation.data["records"] == ["B2"]


def test_the_evaluation_itself_is_not_a_command(blocked: Scene) -> None:
    with blocked.refused("not-a-command", "type"):
        blocked.act("EligibilityEvaluated", "2025-09-02", SYSTEM, {"check_id": "K1"})


def test_the_requester_is_the_unit_of_the_actor(clear: Scene) -> None:
    assert clear.state("check", "K1").requester == clear.ledger.uid("subject", "PERSONNEL")


def test_a_request_without_a_consent_that_holds_is_incomplete(scene: Scene) -> None:
    scene.take_over("2025-04-15")
    scene.request_check(consent_id="NEVER-GIVEN")

    evaluation = scene.newest()
    assert evaluation.data["outcome"] == "INCOMPLETE"
    assert [hit["rule"] for hit in evaluation.data["hits"]] == ["E0"]
    assert evaluation.data["records"] == []


@pytest.mark.parametrize(
    ("consent", "request_day"),
    [
        ({"expires_on": "2025-09-04"}, "2025-09-05"),
        ({"purpose": "PROMOTE"}, "2025-09-01"),
        ({"recipient": "U1"}, "2025-09-01"),
        ({"subject_id": "P2", "by": P2}, "2025-09-01"),
    ],
    ids=["expired", "another-purpose", "another-recipient", "another-person"],
)
def test_a_consent_for_something_else_does_not_hold(scene: Scene, consent: dict[str, Any], request_day: str) -> None:
    scene.consent(**consent)
    scene.request_check(request_day)

    assert outcome(scene) == "INCOMPLETE"


def test_a_consent_holds_on_its_last_day(scene: Scene) -> None:
    scene.consent(expires_on="2025-09-04")
    scene.request_check("2025-09-04")

    assert outcome(scene) == "CLEAR"


def test_an_unknown_person_or_purpose_is_refused(scene: Scene) -> None:
    with scene.refused("unknown-subject", "data.subject_id"):
        scene.request_check(subject_id="NOBODY")
    with scene.refused("unknown-subject", "data.subject_id"):
        scene.request_check(subject_id="U1")
    with scene.refused("not-in-list", "data.purpose"):
        scene.request_check(purpose="CURIOSITY")


def test_an_id_stands_for_one_check(clear: Scene) -> None:
    with clear.refused("check-exists"):
        clear.request_check()


def test_only_hr_asks(scene: Scene) -> None:
    with scene.refused("role-not-allowed"):
        scene.request_check(by=DECIDER)


# The notice and the response.


def test_the_notice_period_is_five_working_days_at_least(blocked: Scene) -> None:
    with blocked.refused("notice-period-too-short", "data.reply_due", "2025-09-09 at the earliest"):
        blocked.notice("2025-09-02", reply_due="2025-09-08")

    blocked.notice("2025-09-02", reply_due="2025-09-09")

    assert state(blocked) == "NOTICED"


def test_a_notice_is_sent_once(blocked: Scene) -> None:
    blocked.notice()

    with blocked.refused("wrong-state"):
        blocked.notice("2025-09-03", reply_due="2025-09-20")


def test_a_response_on_the_last_day_is_in_time_and_on_the_next_is_not(blocked: Scene) -> None:
    blocked.notice()
    with blocked.refused("notice-period-over"):
        blocked.respond("2025-09-10")
    with blocked.refused("notice-period-over"):
        blocked.respond("2025-09-09", recorded="2025-09-10", doc=DOCUMENT)

    blocked.respond("2025-09-09")

    assert state(blocked) == "RESPONDED"


def test_only_the_candidate_responds_and_only_to_a_notice(blocked: Scene) -> None:
    with blocked.refused("wrong-state"):
        blocked.respond()
    blocked.notice()

    with blocked.refused("not-the-subject"):
        blocked.respond(by=P2)


def test_hr_records_the_response_of_a_candidate_without_an_account(blocked: Scene) -> None:
    blocked.notice()

    blocked.respond(by=HR, on_behalf_of="P1", doc=DOCUMENT)

    assert state(blocked) == "RESPONDED"


# The decision.


def test_a_negative_decision_waits_for_the_notice(blocked: Scene) -> None:
    with blocked.refused("notice-period-open"):
        blocked.decide("2025-09-02")


def test_a_negative_decision_waits_for_the_end_of_the_period(blocked: Scene) -> None:
    blocked.notice()
    with blocked.refused("notice-period-open"):
        blocked.decide("2025-09-09")
    with blocked.refused("notice-period-open"):
        blocked.decide("2025-09-09", recorded="2025-09-10", doc=DOCUMENT)

    blocked.decide("2025-09-10")

    assert state(blocked) == "DECIDED"


def test_after_a_response_it_need_not_wait(blocked: Scene) -> None:
    blocked.notice()
    blocked.respond("2025-09-05")
    with blocked.refused("notice-period-open"):
        blocked.decide("2025-09-04", recorded="2025-09-05", doc=DOCUMENT)

    blocked.decide("2025-09-05")


def test_a_positive_decision_needs_no_notice(clear: Scene) -> None:
    clear.decide("2025-09-02", "ELIGIBLE")

    assert clear.newest().data["decision"] == "ELIGIBLE"


@pytest.mark.parametrize("missing", sorted(CONSIDERATIONS))
def test_all_seven_considerations_are_written_down(clear: Scene, missing: str) -> None:
    rest = {name: text for name, text in CONSIDERATIONS.items() if name != missing}

    with clear.refused("missing-field", f"data.considerations.{missing}"):
        clear.decide("2025-09-02", "ELIGIBLE", considerations=rest)


def test_a_decision_gives_reasons(clear: Scene) -> None:
    with clear.refused("missing-field", "data.reasons"):
        clear.decide("2025-09-02", "ELIGIBLE", reasons=ABSENT)


@pytest.mark.parametrize("nothing", ["", " ", "\u3164", "\u3000\n"], ids=ascii)
@pytest.mark.parametrize("member", ["reasons", *sorted(CONSIDERATIONS)])
def test_a_decision_says_something(clear: Scene, member: str, nothing: str) -> None:
    said: dict[str, Any] = {"considerations": {**CONSIDERATIONS, member: nothing}}
    field = f"data.considerations.{member}"
    if member == "reasons":
        said, field = {"reasons": nothing}, "data.reasons"

    with clear.refused("empty", field):
        clear.decide("2025-09-02", "ELIGIBLE", **said)


def test_no_machine_decides(clear: Scene) -> None:
    with clear.refused("human-decision-required", "actor.role"):
        clear.decide("2025-09-02", "ELIGIBLE", by=SYSTEM)


def test_nobody_decides_about_themselves(clear: Scene) -> None:
    with clear.refused("own-case"):
        clear.decide("2025-09-02", "ELIGIBLE", by=replace(HR, id="P1"))


@pytest.mark.parametrize("second", [None, "hr-1", "P1"], ids=["nobody", "the-decider", "the-candidate"])
def test_to_depart_from_a_block_needs_a_second_approver(blocked: Scene, second: str | None) -> None:
    with blocked.refused("second-approver-required"):
        blocked.decide("2025-09-02", "ELIGIBLE", second_approver=second)

    blocked.decide("2025-09-02", "ELIGIBLE", second_approver="hr-2")

    entry = blocked.newest()
    assert entry.data["departs_from_rule"] is True
    assert entry.data["second_approver"] not in ("hr-2", entry.actor["id"])


def test_to_turn_down_a_clear_candidate_needs_a_second_approver(clear: Scene) -> None:
    clear.notice()
    with clear.refused("second-approver-required"):
        clear.decide("2025-09-10", "NOT_ELIGIBLE", departs_from_rule=False)

    clear.decide("2025-09-10", "NOT_ELIGIBLE", second_approver="hr-2")


def test_whoever_says_it_departs_needs_a_second_approver(clear: Scene) -> None:
    with clear.refused("second-approver-required"):
        clear.decide("2025-09-02", "ELIGIBLE", departs_from_rule=True)


@pytest.mark.parametrize("decision", ["ELIGIBLE", "NOT_ELIGIBLE"])
def test_a_referred_candidate_is_decided_either_way_by_one_human(scene: Scene, decision: str) -> None:
    scene.found()
    scene.consent()
    scene.request_check()
    assert outcome(scene) == "REFER"
    scene.notice()

    scene.decide("2025-09-10", decision)


def test_an_incomplete_check_is_never_decided_or_noticed(scene: Scene) -> None:
    scene.request_check(consent_id="NEVER-GIVEN")

    with scene.refused("check-incomplete"):
        scene.decide("2025-09-02", "ELIGIBLE", second_approver="hr-2")
    with scene.refused("check-incomplete"):
        scene.notice()


@pytest.mark.parametrize("step", ["notice", "decide"])
def test_a_consent_withdrawn_before_the_decision_withdraws_the_check(blocked: Scene, step: str) -> None:
    blocked.withdraw_consent("2025-09-02")

    with blocked.refused("check-withdrawn"):
        getattr(blocked, step)("2025-09-02")


def test_a_consent_withdrawn_after_the_decision_changes_nothing(clear: Scene) -> None:
    clear.decide("2025-09-02", "ELIGIBLE")
    clear.withdraw_consent("2025-09-03")

    clear.notify_result("2025-09-04")

    assert state(clear) == "NOTIFIED"


@pytest.mark.parametrize("step", ["respond", "withdraw_check"])
def test_a_check_withdrawn_with_its_consent_has_ended(blocked: Scene, step: str) -> None:
    blocked.notice()
    blocked.withdraw_consent("2025-09-03")

    with blocked.refused("check-withdrawn"):
        getattr(blocked, step)("2025-09-04")


@pytest.mark.parametrize("step", ["notify_result", "withdraw_check"])
def test_a_consent_withdrawn_before_the_decision_but_heard_of_after_it_ends_the_check(clear: Scene, step: str) -> None:
    clear.decide("2025-09-05", "ELIGIBLE")
    clear.withdraw_consent("2025-09-04", recorded="2025-09-06", doc=DOCUMENT)

    with clear.refused("check-withdrawn"):
        getattr(clear, step)("2025-09-07")


def test_a_consent_withdrawn_on_the_day_of_the_decision_after_it_changes_nothing(clear: Scene) -> None:
    clear.decide("2025-09-05", "ELIGIBLE")
    clear.withdraw_consent("2025-09-05")

    clear.notify_result("2025-09-05")


def test_a_check_that_was_incomplete_from_the_start_is_withdrawn_all_the_same(scene: Scene) -> None:
    scene.consent()
    scene.withdraw_consent("2025-09-01")
    scene.request_check("2025-09-02")

    scene.withdraw_check("2025-09-03")

    assert state(scene) == "WITHDRAWN"


def test_a_decision_is_taken_once(clear: Scene) -> None:
    clear.decide("2025-09-02", "ELIGIBLE")

    with clear.refused("wrong-state"):
        clear.decide("2025-09-03", "ELIGIBLE")


# What follows.


def test_a_disputed_result_is_redetermined_and_final(clear: Scene) -> None:
    clear.decide("2025-09-02", "ELIGIBLE")
    clear.notify_result("2025-09-03")
    clear.dispute("2025-09-04")
    clear.redetermine("2025-09-05")
    clear.finalise("2025-09-06")

    assert state(clear) == "FINAL"


def test_nobody_is_worse_off_for_having_disputed(clear: Scene) -> None:
    clear.decide("2025-09-02", "ELIGIBLE")
    clear.notify_result("2025-09-03")
    clear.dispute("2025-09-04")

    with clear.refused("redetermination-aggravates", "data.decision"):
        clear.redetermine("2025-09-05", decision="NOT_ELIGIBLE")
    clear.redetermine("2025-09-05", decision="ELIGIBLE")


@pytest.mark.parametrize("decision", ["ELIGIBLE", "NOT_ELIGIBLE"])
def test_a_negative_decision_may_be_upheld_or_reversed(blocked: Scene, decision: str) -> None:
    blocked.notice()
    blocked.decide("2025-09-10")
    blocked.notify_result("2025-09-11")
    blocked.dispute("2025-09-12")

    blocked.redetermine("2025-09-15", decision=decision)

    assert blocked.newest().data["decision"] == decision


def test_another_officer_looks_at_a_disputed_decision(blocked: Scene) -> None:
    """Neither who decided nor who approved the departure from the rule."""
    blocked.notice()
    blocked.decide("2025-09-10", "ELIGIBLE", second_approver="hr-2")
    blocked.notify_result("2025-09-11")
    blocked.dispute("2025-09-12")

    for hand in (HR, HR_2):
        with blocked.refused("decider-may-not-review"):
            blocked.redetermine("2025-09-15", by=hand)
    blocked.redetermine("2025-09-15", by=replace(HR, id="hr-3"))


def test_a_redetermination_says_something(clear: Scene) -> None:
    clear.decide("2025-09-02", "ELIGIBLE")
    clear.notify_result("2025-09-03")
    clear.dispute("2025-09-04")

    with clear.refused("empty", "data.reasons"):
        clear.redetermine("2025-09-05", reasons=" ")


@pytest.mark.parametrize(
    ("steps", "refused"),
    [
        ((), "notify_result"),
        ((), "dispute"),
        ((), "redetermine"),
        ((), "finalise"),
        (("notify_result",), "notify_result"),
        (("notify_result",), "redetermine"),
        (("notify_result", "dispute"), "finalise"),
        (("notify_result", "finalise"), "dispute"),
        (("notify_result", "finalise"), "withdraw_check"),
        (("withdraw_check",), "withdraw_check"),
        (("withdraw_check",), "notify_result"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value) or "decided",
)
def test_a_step_the_check_is_not_at_is_refused(clear: Scene, steps: tuple[str, ...], refused: str) -> None:
    if refused != "notify_result" or steps:
        clear.decide("2025-09-02", "ELIGIBLE")
    for step in steps:
        getattr(clear, step)("2025-09-03")

    with clear.refused("wrong-state"):
        getattr(clear, refused)("2025-09-04")


def test_who_is_checked_or_who_asked_withdraws(clear: Scene) -> None:
    with clear.refused("not-the-subject"):
        clear.withdraw_check("2025-09-02", by=P2)

    clear.withdraw_check("2025-09-02", by=HR)

    assert state(clear) == "WITHDRAWN"
    with clear.refused("wrong-state"):
        clear.decide("2025-09-03", "ELIGIBLE")


def test_only_the_candidate_disputes(clear: Scene) -> None:
    clear.decide("2025-09-02", "ELIGIBLE")
    clear.notify_result("2025-09-03")

    with clear.refused("not-the-subject"):
        clear.dispute("2025-09-04", by=P2)
    clear.dispute("2025-09-04", by=P1)
    with clear.refused("own-case"):
        clear.redetermine("2025-09-05", by=replace(HR, id="P1"))


def test_an_unknown_check_is_refused(scene: Scene) -> None:
    for step in (scene.notice, scene.respond, scene.decide):
        with scene.refused("unknown-check"):
            step()


def test_who_acts_for_the_first_time_is_no_second_approver_either(blocked: Scene) -> None:
    with blocked.refused("second-approver-required"):
        blocked.decide(decision="ELIGIBLE", by=replace(HR, id="hr-7"), second_approver="hr-7")
