"""Delegations: in the delegator's role, within scope, until their day, not handed on; and both are one hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ledger.line import LineActor
from tests.support.scene import CREDIT, DECIDER, DECIDER_2, HR, P1, REPORTER, REVIEWER, SYSTEM, Scene

DEPUTY = LineActor("deputy-1", "DECIDER", "U2")


def heard(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply()


def test_a_delegate_acts_in_the_delegator_s_role_and_unit(scene: Scene) -> None:
    heard(scene)
    scene.delegate("2025-03-10")

    scene.confirm(by=DEPUTY, by_delegation="D1")

    entry, ledger = scene.newest(), scene.ledger
    assert entry.actor["id"] == ledger.actor_uid("deputy-1")[0]
    assert (entry.actor["role"], entry.actor["unit"]) == ("DECIDER", ledger.uid("subject", "CREDIT-OFFICE"))
    assert (entry.data["by_delegation"], entry.data["delegated_by"]) == ("D1", ledger.actor_uid(DECIDER.id)[0])
    assert scene.state("breach", "B1").deciding_unit == ledger.uid("subject", "CREDIT-OFFICE")


def test_it_holds_until_its_last_day_and_expires_of_itself(scene: Scene) -> None:
    heard(scene)
    scene.delegate("2025-03-10", expires_on="2025-03-19")
    size = scene.ledger.size
    with scene.refused("delegation-expired", "data.by_delegation"):
        scene.confirm("2025-03-20", by=DEPUTY, by_delegation="D1")
    with scene.refused("delegation-expired"):
        scene.confirm("2025-03-19", recorded="2025-03-20", by=DEPUTY, by_delegation="D1")
    assert scene.ledger.size == size


def test_on_its_last_day_it_holds_and_before_its_first_it_does_not(scene: Scene) -> None:
    heard(scene)
    scene.delegate("2025-03-20", expires_on="2025-03-20")
    with scene.refused("delegation-expired"):
        scene.confirm("2025-03-19", recorded="2025-03-20", by=DEPUTY, by_delegation="D1")

    scene.confirm("2025-03-20", by=DEPUTY, by_delegation="D1")


@pytest.mark.parametrize("by", [DECIDER, DEPUTY], ids=["delegator", "delegate"])
def test_either_of_the_two_ends_it_and_from_that_day_it_holds_no_more(scene: Scene, by: LineActor) -> None:
    heard(scene)
    scene.delegate("2025-03-10")
    with scene.refused("not-the-delegate"):
        scene.act("DelegationEnded", "2025-03-19", DECIDER_2, {"delegation_id": "D1"})
    scene.act("DelegationEnded", "2025-03-19", by, {"delegation_id": "D1"})

    with scene.refused("delegation-expired"):
        scene.confirm("2025-03-19", by=DEPUTY, by_delegation="D1")
    with scene.refused("wrong-state"):
        scene.act("DelegationEnded", "2025-03-19", by, {"delegation_id": "D1"})


def test_it_reaches_as_far_as_its_scope_and_its_role(scene: Scene) -> None:
    scene.report()
    scene.delegate("2025-02-21")
    with scene.refused("delegation-scope", "data.by_delegation"):
        scene.decline(by=DEPUTY, by_delegation="D1")
    with scene.refused("delegation-scope", "data.by_delegation"):
        scene.clear("2025-02-21", by=replace(CREDIT, id="deputy-1"), by_delegation="D1")


def test_it_is_the_delegate_s_and_nobody_else_s(scene: Scene) -> None:
    heard(scene)
    scene.delegate("2025-03-10")
    with scene.refused("not-the-delegate", "data.by_delegation"):
        scene.confirm(by=DECIDER_2, by_delegation="D1")
    with scene.refused("unknown-delegation"):
        scene.confirm(by=DEPUTY, by_delegation="D9")


def test_it_is_not_handed_on(scene: Scene) -> None:
    scene.delegate("2025-03-10")

    with scene.refused("delegation-not-transitive"):
        scene.delegate("2025-03-11", delegation_id="D2", delegate_id="deputy-2", by=DEPUTY, by_delegation="D1")
    with scene.refused("delegation-scope", "data.scope"):
        scene.delegate("2025-03-11", delegation_id="D2", scope=["DelegationGranted"])


def test_nobody_delegates_what_they_may_not_say_nor_to_themselves(scene: Scene) -> None:
    for scope in (["AppealDecided"], ["BreachReported"], ["NoSuchType"], ["BreachConfirmed", "EligibilityDecided"]):
        with scene.refused("delegation-scope", "data.scope"):
            scene.delegate("2025-03-10", scope=scope)
    with scene.refused("own-case", "data.delegate_id"):
        scene.delegate("2025-03-10", delegate_id=DECIDER.id)
    with scene.refused("delegation-expired", "data.expires_on"):
        scene.delegate("2025-03-10", expires_on="2025-03-09")
    with scene.refused("role-not-allowed"):
        scene.delegate("2025-03-10", by=P1)
    scene.delegate("2025-03-10")
    with scene.refused("delegation-exists"):
        scene.delegate("2025-03-10")


# One hand.


def test_the_delegator_does_not_review_what_the_delegate_decided(scene: Scene) -> None:
    heard(scene)
    scene.delegate("2025-03-10")
    scene.confirm(by=DEPUTY, by_delegation="D1")
    scene.appeal()
    for who in (DECIDER.id, DEPUTY.id):
        with scene.refused("decider-may-not-review"):
            scene.decide_appeal(by=replace(REVIEWER, id=who))

    scene.decide_appeal()


def test_a_delegate_does_not_review_what_the_delegator_decided(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.delegate("2025-04-09", by=replace(REVIEWER, id=DECIDER.id), scope=["AppealDecided"])

    with scene.refused("decider-may-not-review"):
        scene.decide_appeal(by=replace(REVIEWER, id="deputy-1"), by_delegation="D1")


def test_a_delegation_left_out_makes_no_other_hand_of_the_reviewer(scene: Scene) -> None:
    """While it is in force, that is: in its role, and not after its end."""
    scene.found()
    scene.appeal()
    scene.delegate("2025-04-09", by=replace(REVIEWER, id=DECIDER.id), delegate_id=REVIEWER.id, scope=["AppealDecided"])
    with scene.refused("decider-may-not-review"):
        scene.decide_appeal()
    scene.act("DelegationEnded", "2025-05-20", REVIEWER, {"delegation_id": "D1"})

    scene.decide_appeal()


def test_a_delegation_of_another_role_makes_one_hand_too(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.delegate("2025-04-09", delegate_id=REVIEWER.id)

    with scene.refused("decider-may-not-review"):
        scene.decide_appeal()


def test_a_disputed_check_is_not_looked_at_by_the_decider_s_delegate(scene: Scene) -> None:
    scene.consent()
    scene.request_check()
    scene.decide("2025-09-12", "ELIGIBLE")
    scene.notify_result("2025-09-15")
    scene.dispute("2025-09-16")
    scene.delegate("2025-09-17", by=HR, scope=["EligibilityDecided"])

    with scene.refused("decider-may-not-review"):
        scene.redetermine("2025-09-18", by=replace(HR, id="deputy-1"))
    scene.redetermine("2025-09-18")


def test_a_departure_is_not_seconded_by_the_decider_s_own_delegate(scene: Scene) -> None:
    scene.blocked_check()
    scene.delegate("2025-09-02", by=HR, scope=["EligibilityDecided"])

    with scene.refused("second-approver-required"):
        scene.decide(decision="ELIGIBLE", second_approver="deputy-1")
    scene.decide(decision="ELIGIBLE", second_approver="hr-2")


@pytest.mark.parametrize("delegator", [REPORTER.id, "P1"], ids=["reporter", "the-person"])
def test_what_the_delegator_may_not_do_the_delegate_may_not_either(scene: Scene, delegator: str) -> None:
    heard(scene)
    scene.delegate("2025-03-10", by=replace(DECIDER, id=delegator))

    with scene.refused("own-case" if delegator == "P1" else "reporter-may-not-decide"):
        scene.confirm(by=DEPUTY, by_delegation="D1")


def test_a_conflict_of_the_delegator_binds_the_delegate(scene: Scene) -> None:
    heard(scene)
    scene.delegate("2025-03-10")
    scene.step_back("2025-03-11")

    with scene.refused("conflict-declared"):
        scene.confirm(by=DEPUTY, by_delegation="D1")


def test_a_departure_is_not_seconded_by_whoever_delegated_it(scene: Scene) -> None:
    scene.blocked_check()
    scene.delegate("2025-09-02", by=HR, scope=["EligibilityDecided"])
    scene.notice()

    with scene.refused("second-approver-required"):
        scene.decide(
            decision="ELIGIBLE", by=LineActor("deputy-1", "HR", "U2"), by_delegation="D1", second_approver=HR.id
        )


def test_whose_hand_it_is_is_the_ledger_s_to_say(scene: Scene) -> None:
    heard(scene)
    with scene.refused("computed-by-ledger", "data.delegated_by"):
        scene.confirm(delegated_by="decider-2")


def test_nobody_reports_under_a_delegation_and_the_ledger_grants_none(scene: Scene) -> None:
    scene.delegate("2025-02-19")
    with scene.refused("delegation-scope", "data.by_delegation"):
        scene.report(by_delegation="D1")
    with scene.refused("human-decision-required"):
        scene.delegate("2025-02-20", delegation_id="D2", by=SYSTEM)


def test_an_act_without_a_delegation_says_nothing_of_one(scene: Scene) -> None:
    scene.found()

    assert not {"by_delegation", "delegated_by"} & set(scene.newest().data)
    assert scene.state("breach", "B1").decided_for is None


def test_who_delegated_and_who_acts_for_them_are_one_approver(scene: Scene) -> None:
    scene.register_person("2025-01-02", "P3")
    deputy = LineActor("hr-5", "HR", HR.unit_id)
    scene.delegate("2025-03-01", by=HR, delegate_id="hr-5", scope=["SubjectsMerged"])
    with scene.refused("two-approvers-required"):
        scene.merge("2025-03-02", "P3", "P1", by=deputy, by_delegation="D1", approvers=[HR.id, "hr-5"])

    scene.merge("2025-03-02", "P3", "P1", by=deputy, by_delegation="D1", approvers=["hr-5", HR.id, "legal-1"])
    assert len(scene.newest().data["approvers"]) == 2
