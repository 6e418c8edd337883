"""Remedies: REVIEW, then APPEAL within 15 days, by other hands, never to the person's harm; OBJECTION (DOMAIN §7)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.scene import ABSENT, CREDIT, DOCUMENT, P2, REPORTER, REVIEWER, REVIEWER_2, Scene


def state(scene: Scene, breach: str = "B1") -> str:
    return str(scene.state("breach", breach).state)


@pytest.mark.parametrize("route", ["REVIEW", "APPEAL"])
def test_day_thirty_is_in_time_and_day_thirty_one_is_not(scene: Scene, route: str) -> None:
    scene.found()
    with scene.refused("appeal-out-of-time", "data.filed_on"):
        scene.appeal("2025-04-20", route=route)

    scene.appeal("2025-04-19", route=route)

    assert state(scene) == "APPEALED"


def test_an_appeal_said_to_be_in_time_but_recorded_late_is_late(scene: Scene) -> None:
    scene.found()

    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-04-19", recorded="2025-04-20", doc=DOCUMENT)


def test_an_appeal_is_not_filed_before_the_finding(scene: Scene) -> None:
    scene.found()

    with scene.refused("finding-not-standing"):
        scene.appeal("2025-03-19", recorded="2025-03-21", doc=DOCUMENT)


def test_what_was_not_found_cannot_be_appealed(scene: Scene) -> None:
    scene.report()
    with scene.refused("finding-not-standing"):
        scene.appeal("2025-02-21")
    scene.notify()
    scene.dismiss("2025-03-11")

    with scene.refused("finding-not-standing"):
        scene.appeal("2025-03-12")


def test_one_appeal_is_open_at_a_time(scene: Scene) -> None:
    scene.found()
    scene.appeal()

    with scene.refused("appeal-open"):
        scene.appeal("2025-04-09", route="APPEAL")


def test_only_the_person_appeals(scene: Scene) -> None:
    scene.found()

    with scene.refused("not-the-subject"):
        scene.appeal(by=P2)


def test_after_a_decided_review_an_appeal_may_be_filed_within_fifteen_days_even_past_day_thirty(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-04-19")
    scene.decide_appeal("2025-05-20")
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-06-05", route="APPEAL")

    scene.appeal("2025-06-04", route="APPEAL")

    assert state(scene) == "APPEALED"


def test_after_an_early_review_the_thirty_days_still_run(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-03-21")
    scene.decide_appeal("2025-03-24")

    scene.appeal("2025-04-19", route="APPEAL")  # day 30 of the finding, day 26 of the review


def test_a_second_review_is_not_possible(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-03-21")
    scene.decide_appeal("2025-03-24")

    with scene.refused("remedies-exhausted", "data.route"):
        scene.appeal("2025-03-25", route="REVIEW")


@pytest.mark.parametrize("route", ["REVIEW", "APPEAL"])
def test_a_decided_appeal_is_the_last_remedy(scene: Scene, route: str) -> None:
    scene.found()
    scene.appeal("2025-03-21", route="APPEAL")
    scene.decide_appeal("2025-03-24")

    with scene.refused("remedies-exhausted"):
        scene.appeal("2025-03-25", route=route)


def test_a_finding_of_ours_is_not_objected_to(scene: Scene) -> None:
    scene.found()

    with scene.refused("wrong-route", "data.route"):
        scene.appeal(route="OBJECTION")


@pytest.mark.parametrize("route", ["REVIEW", "APPEAL"])
def test_an_imported_record_is_only_objected_to(scene: Scene, route: str) -> None:
    scene.take_over()

    with scene.refused("wrong-route", "data.route"):
        scene.object_to("2025-04-01", route=route)


def test_an_objection_has_no_period_while_the_record_stands(scene: Scene) -> None:
    scene.take_over("2025-03-20")
    scene.object_to("2026-12-01")
    scene.decide_appeal("2026-12-02", breach_id="B2")

    scene.object_to("2026-12-03")

    assert state(scene, "B2") == "APPEALED"


def test_an_expired_finding_cannot_be_appealed(scene: Scene) -> None:
    scene.take_over("2025-03-20", severity="MINOR")  # max 2025-06-20
    with scene.refused("finding-not-standing"):
        scene.object_to("2025-06-20")

    scene.object_to("2025-06-19")


def test_a_record_counts_on_its_last_day_and_is_over_on_the_next(scene: Scene) -> None:
    scene.take_over("2025-03-20", ends_on="2025-04-30")
    with scene.refused("finding-not-standing"):
        scene.object_to("2025-05-01")

    scene.object_to("2025-04-30")


@pytest.mark.parametrize("code", ["CRIMINAL_PUNISHMENT", "EXPELLED_FROM_PARTY", "EXPELLED_FROM_OFFICE"])
def test_what_never_expires_may_always_be_objected_to(scene: Scene, code: str) -> None:
    scene.take_over("2025-03-20", record_kind="DISCIPLINE", list_code=code, severity="MINOR")

    scene.object_to("2035-01-01")


def test_a_removed_or_repaired_or_void_finding_cannot_be_appealed(scene: Scene) -> None:
    scene.take_over("2025-03-20")
    scene.remove("2025-04-01")
    with scene.refused("finding-not-standing"):
        scene.object_to("2025-04-02")

    scene.report(on="2025-04-02", breach_id="B1")
    scene.notify("2025-04-03", reply_due="2025-04-17")
    scene.reply("2025-04-04")
    scene.confirm("2025-04-05")
    scene.void("2025-04-06")
    with scene.refused("finding-not-standing"):
        scene.appeal("2025-04-07")


# The decision.


def test_who_decided_does_not_review(scene: Scene) -> None:
    scene.found()
    scene.appeal()

    with scene.refused("decider-may-not-review"):
        scene.decide_appeal(by=replace(REVIEWER, id="decider-1"))


def test_who_reported_does_not_review(scene: Scene) -> None:
    scene.found()
    scene.appeal()

    with scene.refused("reporter-may-not-review"):
        scene.decide_appeal(by=replace(REVIEWER, id=REPORTER.id))


def test_who_took_a_record_over_does_not_decide_the_objection(scene: Scene) -> None:
    scene.take_over()
    scene.object_to("2025-04-01")

    with scene.refused("decider-may-not-review"):
        scene.decide_appeal("2025-04-02", breach_id="B2", by=replace(REVIEWER, id=CREDIT.id))


def test_the_second_remedy_is_decided_by_another_hand(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.decide_appeal("2025-04-10")
    scene.appeal("2025-04-11", route="APPEAL")
    with scene.refused("reviewer-may-not-review-again"):
        scene.decide_appeal("2025-04-12")

    scene.decide_appeal("2025-04-12", by=REVIEWER_2, outcome="OVERTURNED")

    assert state(scene) == "OVERTURNED"


def test_without_an_open_appeal_there_is_nothing_to_decide(scene: Scene) -> None:
    scene.found()
    with scene.refused("wrong-state"):
        scene.decide_appeal()
    scene.appeal()
    scene.decide_appeal()

    with scene.refused("wrong-state"):
        scene.decide_appeal("2025-05-21", by=REVIEWER_2)


def test_an_appeal_never_makes_it_worse(scene: Scene) -> None:
    scene.found()
    scene.appeal()

    with scene.refused("aggravation-not-allowed", "data.new_severity"):
        scene.decide_appeal(outcome="VARIED", new_severity="SERIOUS")


def test_a_varied_finding_has_the_new_severity(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.decide_appeal(outcome="VARIED", new_severity="MINOR")

    assert (state(scene), scene.state("breach", "B1").severity) == ("VARIED", "MINOR")


def test_a_varied_finding_keeps_its_severity_where_none_is_given(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.decide_appeal(outcome="VARIED")

    assert (state(scene), scene.state("breach", "B1").severity) == ("VARIED", "GENERAL")


@pytest.mark.parametrize("outcome", ["UPHELD", "OVERTURNED"])
def test_only_a_variation_has_a_new_severity(scene: Scene, outcome: str) -> None:
    scene.found()
    scene.appeal()

    with scene.refused("severity-without-variation", "data.new_severity"):
        scene.decide_appeal(outcome=outcome, new_severity="MINOR")


def test_a_decision_gives_reasons(scene: Scene) -> None:
    scene.found()
    scene.appeal()

    with scene.refused("missing-field", "data.reasons"):
        scene.decide_appeal(reasons=ABSENT)
    with scene.refused("empty", "data.reasons"):
        scene.decide_appeal(reasons=" ")


def test_an_appeal_still_open_past_max_is_decided_all_the_same(scene: Scene) -> None:
    scene.found("MINOR")  # max 2025-06-20
    scene.appeal("2025-04-08")

    scene.decide_appeal("2026-01-10", outcome="OVERTURNED")

    assert state(scene) == "OVERTURNED"


def test_an_overturned_finding_is_cleared_and_not_voided_or_appealed_again(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.decide_appeal(outcome="OVERTURNED")
    scene.clear("2025-05-21")

    with scene.refused("wrong-state"):
        scene.void("2025-05-22")
    with scene.refused("finding-not-standing"):
        scene.appeal("2025-05-22", route="APPEAL")


# A decision that the ledger learned of late: 公务员法 95 counts from the day of knowing.


def found_late(scene: Scene) -> None:
    """Decided on 2025-03-20, recorded with its paper on 2025-05-06, when day 30 had passed."""
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm(recorded="2025-05-06")


def test_who_could_not_know_before_appeals_within_the_period_of_knowing(scene: Scene) -> None:
    found_late(scene)
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-05-07")
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-06-06", known_on="2025-05-06")

    scene.appeal("2025-06-05", known_on="2025-05-06")

    assert state(scene) == "APPEALED"


@pytest.mark.parametrize("known", ["2025-05-07", "2025-03-19"])
def test_nobody_came_to_know_before_the_decision_or_after_it_could_be_read(scene: Scene, known: str) -> None:
    found_late(scene)

    with scene.refused("dates-disagree", "data.known_on"):
        scene.appeal("2025-05-20", known_on=known)


def test_of_a_decision_recorded_on_its_day_the_period_begins_with_it(scene: Scene) -> None:
    scene.found()

    with scene.refused("dates-disagree", "data.known_on"):
        scene.appeal("2025-04-25", known_on="2025-04-01")
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-04-25", known_on="2025-03-20")
