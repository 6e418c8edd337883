"""Repairs: in their window, one at a time, by the organ that decided; revoked ones do not reach back (DOMAIN §4.2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from tests.support.scene import CREDIT, CREDIT_ELSEWHERE, DECIDER, DECIDER_2, DOCUMENT, P2, SYSTEM, Scene


def repairs(scene: Scene, breach: str = "B1") -> dict[str, str]:
    return dict(scene.state("breach", breach).repairs)


@pytest.fixture
def found(scene: Scene) -> Scene:
    """A GENERAL finding of 2025-03-20: repair from 2025-06-20, max 2026-03-20."""
    scene.found()
    return scene


@pytest.fixture
def accepted(found: Scene) -> Scene:
    found.apply_for_repair()
    found.accept_repair()
    return found


# The application.


def test_a_repair_is_applied_for_from_the_end_of_the_minimum_on(found: Scene) -> None:
    with found.refused("repair-window-closed"):
        found.apply_for_repair("2025-06-19")

    found.apply_for_repair("2025-06-20")

    assert repairs(found) == {"R1": "APPLIED"}


def test_the_window_is_open_on_both_days(found: Scene) -> None:
    with found.refused("repair-window-closed"):
        found.apply_for_repair("2025-06-19", recorded="2025-06-20", doc=DOCUMENT)


def test_a_minor_finding_may_be_repaired_at_once(scene: Scene) -> None:
    scene.found("MINOR")

    scene.apply_for_repair("2025-03-25")


def test_a_repair_is_not_applied_for_before_the_record_counts(scene: Scene) -> None:
    scene.take_over("2025-04-15", decision_on="2025-01-15", severity="MINOR", record_kind="PENALTY")

    with scene.refused("finding-not-standing"):
        scene.apply_for_repair(
            "2025-04-01", recorded="2025-04-15", doc=DOCUMENT, breach_id="B2", performed_on="2025-03-01"
        )


def test_the_duty_is_performed_first(found: Scene) -> None:
    with found.refused("performed-after-application", "data.performed_on"):
        found.apply_for_repair("2025-06-20", performed_on="2025-06-21")


def test_only_the_person_applies(found: Scene) -> None:
    with found.refused("not-the-subject"):
        found.apply_for_repair(by=P2)


@pytest.mark.parametrize("kind", ["COURT_LIST", "DISCIPLINE"])
def test_what_is_removed_or_lifted_at_its_source_is_never_repaired(scene: Scene, kind: str) -> None:
    scene.take_over("2025-03-20", record_kind=kind, severity="MINOR")

    with scene.refused("not-repairable"):
        scene.apply_for_repair("2025-04-01", breach_id="B2")


@pytest.mark.parametrize("kind", ["SEVERE_LIST", "PENALTY"])
def test_other_records_of_authorities_are_repaired(scene: Scene, kind: str) -> None:
    scene.take_over("2025-03-20", record_kind=kind, severity="MINOR")

    scene.apply_for_repair("2025-04-01", breach_id="B2")


def test_one_repair_of_a_breach_is_open_at_a_time(accepted: Scene) -> None:
    with accepted.refused("repair-open"):
        accepted.apply_for_repair("2025-06-24", repair_id="R2")


def test_the_same_repair_is_not_applied_for_twice(found: Scene) -> None:
    found.apply_for_repair()

    with found.refused("repair-exists", "data.repair_id"):
        found.apply_for_repair("2025-06-21")


def test_a_repair_s_id_stands_for_one_breach(found: Scene) -> None:
    found.take_over("2025-04-01", severity="MINOR")
    found.apply_for_repair("2025-06-20")

    with found.refused("repair-exists"):
        found.apply_for_repair("2025-06-20", breach_id="B2")


def test_after_a_return_the_same_repair_is_applied_for_again(found: Scene) -> None:
    found.apply_for_repair()
    found.return_repair("2025-06-23")
    with found.refused("repair-open"):
        found.apply_for_repair("2025-06-24", repair_id="R2")

    found.apply_for_repair("2025-06-24")

    assert repairs(found) == {"R1": "APPLIED"}


def test_while_an_appeal_is_open_no_repair_is_applied_for(scene: Scene) -> None:
    scene.found("MINOR")
    scene.appeal("2025-04-08")

    with scene.refused("appeal-open"):
        scene.apply_for_repair("2025-04-09")


def test_from_max_on_there_is_nothing_left_to_repair(found: Scene) -> None:
    with found.refused("finding-over"):
        found.apply_for_repair("2026-03-20")

    found.apply_for_repair("2026-03-19")


def test_what_was_never_found_is_not_repaired(scene: Scene) -> None:
    scene.report()

    with scene.refused("finding-not-standing"):
        scene.apply_for_repair("2025-06-20")


# Acceptance.


def test_the_organ_decides_within_ten_working_days(found: Scene) -> None:
    found.apply_for_repair()
    with found.refused("repair-due-too-late", "data.due_on"):
        found.accept_repair("2025-06-23", due_on="2025-07-08")

    found.accept_repair("2025-06-23")

    assert found.newest().data["due_on"] == "2025-07-07", "the ledger computes what was not said"


def test_it_is_not_due_before_it_was_accepted(found: Scene) -> None:
    found.apply_for_repair()

    with found.refused("repair-due-too-late"):
        found.accept_repair("2025-06-23", due_on="2025-06-22")


@pytest.mark.parametrize("step", ["accept_repair", "return_repair", "publicise", "approve", "reject", "revoke"])
def test_an_unknown_repair_is_refused(found: Scene, step: str) -> None:
    with found.refused("unknown-repair"):
        getattr(found, step)("2025-07-01")


@pytest.mark.parametrize(
    ("before", "step"),
    [
        ((), "publicise"),
        ((), "approve"),
        ((), "reject"),
        ((), "revoke"),
        ((), "confirm_sync"),
        (("accept_repair",), "return_repair"),
        (("accept_repair",), "accept_repair"),
        (("accept_repair",), "revoke"),
        (("accept_repair", "approve"), "return_repair"),
        (("accept_repair", "approve"), "approve"),
        (("accept_repair", "approve"), "reject"),
        (("accept_repair", "reject"), "approve"),
        (("accept_repair", "reject"), "revoke"),
        (("accept_repair", "approve", "revoke"), "revoke"),
        (("accept_repair", "approve", "revoke"), "approve"),
    ],
    ids=lambda value: value if isinstance(value, str) else "+".join(value) or "applied",
)
def test_a_step_the_repair_is_not_at_is_refused(found: Scene, before: tuple[str, ...], step: str) -> None:
    found.apply_for_repair("2025-06-20")
    for done in before:
        getattr(found, done)("2025-06-23")

    with found.refused("wrong-state"):
        getattr(found, step)("2025-06-24")


def test_a_person_s_repair_is_not_publicised(accepted: Scene) -> None:
    with accepted.refused("not-public-for-persons"):
        accepted.publicise("2025-06-24")


def test_a_unit_s_repair_is_publicised_and_approved(scene: Scene) -> None:
    from tests.support.scene import U1

    scene.take_over("2025-03-20", subject_id="U1", severity="MINOR")
    scene.apply_for_repair("2025-04-01", breach_id="B2", by=U1)
    scene.accept_repair("2025-04-02")
    with scene.refused("dates-disagree", "data.to"):
        scene.publicise("2025-04-03", to="2025-04-02")
    scene.publicise("2025-04-03", to="2025-04-10")

    scene.approve("2025-04-11", by=CREDIT)

    assert repairs(scene, "B2") == {"R1": "APPROVED"}


# The decision.


def test_the_organ_that_decided_repairs(accepted: Scene) -> None:
    for step in (accepted.approve, accepted.reject):
        with accepted.refused("not-the-deciding-organ"):
            step(by=replace(DECIDER, unit_id="PERSONNEL"))
        with accepted.refused("not-the-deciding-organ"):
            step(by=replace(DECIDER, unit_id=None))

    accepted.approve(by=DECIDER_2)

    assert accepted.state("breach", "B1").state == "REPAIRED"


def test_a_record_taken_over_is_repaired_by_the_unit_that_imported_it(scene: Scene) -> None:
    scene.take_over("2025-03-20", severity="MINOR")
    scene.apply_for_repair("2025-04-01", breach_id="B2")
    scene.accept_repair("2025-04-02")
    with scene.refused("not-the-deciding-organ"):
        scene.approve("2025-04-03", by=CREDIT_ELSEWHERE)

    scene.approve("2025-04-03", by=CREDIT)


@pytest.mark.parametrize("step", ["approve", "reject"])
def test_nobody_repairs_their_own_record(accepted: Scene, step: str) -> None:
    with accepted.refused("own-case"):
        getattr(accepted, step)(by=replace(DECIDER, id="P1"))


def test_while_an_appeal_is_open_no_repair_is_approved(scene: Scene) -> None:
    scene.found("MINOR")
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")
    scene.appeal("2025-04-03")

    with scene.refused("appeal-open"):
        scene.approve("2025-04-04")


def test_a_finding_overturned_meanwhile_is_not_repaired(scene: Scene) -> None:
    scene.found("MINOR")
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")
    scene.appeal("2025-04-03")
    scene.decide_appeal("2025-04-10", outcome="OVERTURNED")

    with scene.refused("finding-not-standing"):
        scene.approve("2025-04-11")


def test_approval_is_refused_from_max_on(found: Scene) -> None:
    found.apply_for_repair("2026-03-10")
    found.accept_repair("2026-03-11")
    with found.refused("finding-over"):
        found.approve("2026-03-20")
    with found.refused("finding-over"):
        found.approve("2026-03-19", recorded="2026-03-20", doc=DOCUMENT)

    found.approve("2026-03-19")


def test_a_repaired_finding_is_neither_appealed_nor_repaired_again(accepted: Scene) -> None:
    accepted.approve()

    with accepted.refused("finding-not-standing"):
        accepted.appeal("2025-07-02")
    with accepted.refused("finding-not-standing"):
        accepted.apply_for_repair("2025-07-02", repair_id="R2")


# Bars and revocation.


def test_after_a_rejection_the_bar_includes_its_last_day(accepted: Scene) -> None:
    accepted.reject("2025-07-01", reapply_after="2025-09-30")
    with accepted.refused("repair-barred"):
        accepted.apply_for_repair("2025-09-30", repair_id="R2")
    with accepted.refused("repair-barred"):
        accepted.apply_for_repair("2025-09-30", recorded="2025-10-01", repair_id="R2", doc=DOCUMENT)

    accepted.apply_for_repair("2025-10-01", repair_id="R2")


def test_a_rejection_says_something(accepted: Scene) -> None:
    with accepted.refused("empty", "data.reasons"):
        accepted.reject(reasons="\u3000")


def test_without_a_bar_a_new_repair_may_follow_at_once(accepted: Scene) -> None:
    accepted.reject("2025-07-01")

    with accepted.refused("repair-exists"):
        accepted.apply_for_repair("2025-07-02", repair_id="R1")
    accepted.apply_for_repair("2025-07-02", repair_id="R2")

    assert repairs(accepted) == {"R1": "REJECTED", "R2": "APPLIED"}


def test_a_revoked_repair_lets_the_finding_stand_again(accepted: Scene) -> None:
    accepted.approve()
    accepted.revoke("2025-08-01", no_reapply_until="2025-12-31")

    assert accepted.state("breach", "B1").state == "CONFIRMED"
    with accepted.refused("repair-barred"):
        accepted.apply_for_repair("2025-12-31", repair_id="R2")
    accepted.apply_for_repair("2026-01-01", repair_id="R2")


def test_the_longer_of_two_bars_holds(accepted: Scene) -> None:
    accepted.reject("2025-07-01", reapply_after="2025-07-10")
    accepted.apply_for_repair("2025-07-11", repair_id="R2")
    accepted.accept_repair("2025-07-14", repair_id="R2")
    accepted.reject("2025-07-15", repair_id="R2", reapply_after="2025-07-05")

    assert accepted.state("breach", "B1").repair_bar_until == date(2025, 7, 10)


def test_a_repair_is_revoked_also_after_max(accepted: Scene) -> None:
    accepted.approve()

    accepted.revoke("2026-06-01")

    assert accepted.state("breach", "B1").state == "CONFIRMED"
    with accepted.refused("finding-not-standing"):
        accepted.appeal("2026-06-02")  # it reads EXPIRED


def test_an_upheld_finding_reads_confirmed_after_a_revocation_and_keeps_its_severity(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-03-25")
    scene.decide_appeal("2025-04-10", outcome="VARIED", new_severity="MINOR")
    scene.apply_for_repair("2025-04-14")
    scene.accept_repair("2025-04-15")
    scene.approve("2025-04-16")

    scene.revoke("2025-05-01")

    breach = scene.state("breach", "B1")
    assert (breach.state, breach.severity) == ("CONFIRMED", "MINOR")


def test_only_the_deciding_organ_revokes(accepted: Scene) -> None:
    accepted.approve()

    with accepted.refused("not-the-deciding-organ"):
        accepted.revoke("2025-08-01", by=CREDIT_ELSEWHERE)
    with accepted.refused("human-decision-required"):
        accepted.revoke("2025-08-01", by=SYSTEM)


def test_a_repaired_record_that_its_source_removed_is_not_revived(scene: Scene) -> None:
    scene.take_over("2025-03-20", severity="MINOR")
    scene.apply_for_repair("2025-04-01", breach_id="B2")
    scene.accept_repair("2025-04-02")
    scene.approve("2025-04-03", by=CREDIT)
    scene.remove("2025-04-10")

    with scene.refused("wrong-state"):
        scene.revoke("2025-04-11", by=CREDIT)


def test_other_systems_confirm_that_they_followed(accepted: Scene) -> None:
    accepted.approve()

    accepted.confirm_sync("2025-07-05")

    assert accepted.state("breach", "B1").state == "REPAIRED"
