"""Commitments: made by the promisor, lawfully amended, confirmed by others, waived on a document (DOMAIN §4.2)."""

from __future__ import annotations

from datetime import date

import pytest

from tests.support.scene import ABSENT, CREDIT, CREDIT_ELSEWHERE, DOCUMENT, HR, P1, P2, SYSTEM, U1, Scene

MADE = "2025-01-10"


def test_a_unit_promises_and_keeps_it(scene: Scene) -> None:
    scene.promise(MADE)
    assert scene.newest().data["text"] == "按时办结"  # a unit's published text is plain
    scene.fulfil("2025-03-28")

    assert scene.state("commitment", "C1").closed == "FULFILLED"


def test_the_text_of_a_person_s_promise_is_personal(scene: Scene) -> None:
    scene.promise(MADE, promisor_id="P1", by=P1)

    assert "text" not in scene.newest().data
    assert scene.ledger.sections(scene.newest())["text"] == {"text": "按时办结"}


def test_a_promise_is_due_on_its_day_at_the_earliest(scene: Scene) -> None:
    with scene.refused("due-before-start", "data.due_on"):
        scene.promise(MADE, due_on="2025-01-09")

    scene.promise(MADE, due_on=MADE)


def test_nobody_promises_for_another(scene: Scene) -> None:
    with scene.refused("not-the-subject", "actor.id"):
        scene.promise(MADE, promisor_id="P1", by=P2)


def test_hr_records_a_promise(scene: Scene) -> None:
    scene.promise(MADE, by=HR)

    assert scene.state("commitment", "C1").closed is None


def test_credit_records_a_promise_only_for_the_promisor_and_with_the_paper(scene: Scene) -> None:
    with scene.refused("role-not-allowed"):
        scene.promise(MADE, by=CREDIT)
    with scene.refused("document-required", "data.doc"):
        scene.promise(MADE, by=CREDIT, on_behalf_of="U1")

    scene.promise(MADE, by=CREDIT, on_behalf_of="U1", doc=DOCUMENT)


@pytest.mark.parametrize("weight", [0, -1])
def test_a_weight_is_at_least_one(scene: Scene, weight: int) -> None:
    with scene.refused("out-of-range", "data.weight"):
        scene.promise(MADE, weight=weight)


def test_an_id_stands_for_one_commitment(scene: Scene) -> None:
    scene.promise(MADE)

    with scene.refused("commitment-exists"):
        scene.promise(MADE)


def test_what_was_never_promised_is_not_kept(scene: Scene) -> None:
    with scene.refused("unknown-commitment"):
        scene.fulfil("2025-03-28")


def test_the_promisor_does_not_confirm_its_own_promise(scene: Scene) -> None:
    scene.promise(MADE, promisor_id="U2", by=CREDIT, on_behalf_of="U2", doc=DOCUMENT)

    with scene.refused("promisor-may-not-confirm"):
        scene.fulfil("2025-03-28", by=CREDIT_ELSEWHERE)


def test_a_person_does_not_confirm_its_own_promise_in_another_role(scene: Scene) -> None:
    from dataclasses import replace

    scene.promise(MADE, promisor_id="P1", by=P1)

    with scene.refused("promisor-may-not-confirm"):
        scene.fulfil("2025-03-28", by=replace(CREDIT, id="P1"))


def test_a_confirmation_names_its_evidence(scene: Scene) -> None:
    scene.promise(MADE)

    with scene.refused("evidence-required", "data.evidence"):
        scene.fulfil("2025-03-28", evidence=[])
    with scene.refused("missing-field", "data.evidence"):
        scene.fulfil("2025-03-28", evidence=ABSENT)


@pytest.mark.parametrize("again", ["fulfil", "waive", "amend", "flag_overdue"])
def test_a_kept_promise_is_closed(scene: Scene, again: str) -> None:
    scene.promise(MADE)
    scene.fulfil("2025-03-28")

    with scene.refused("commitment-closed"):
        getattr(scene, again)("2025-07-01")


def test_a_waiver_rests_on_a_document(scene: Scene) -> None:
    scene.promise(MADE)
    with scene.refused("document-required", "data.doc"):
        scene.waive("2025-03-28", doc=ABSENT)

    scene.waive("2025-03-28")

    assert scene.state("commitment", "C1").closed == "WAIVED"


def test_an_amendment_moves_the_due_day(scene: Scene) -> None:
    scene.promise(MADE)
    scene.amend("2025-06-30")

    assert scene.state("commitment", "C1").due_on == date(2025, 9, 30)


def test_after_the_due_day_an_amendment_needs_a_document(scene: Scene) -> None:
    scene.promise(MADE)
    with scene.refused("amendment-after-due"):
        scene.amend("2025-07-01")

    scene.amend("2025-07-01", doc=DOCUMENT)


def test_an_amendment_in_time_but_recorded_late_comes_with_its_document(scene: Scene) -> None:
    scene.promise(MADE)
    with scene.refused("late-without-document"):
        scene.amend("2025-06-30", recorded="2025-07-01")

    scene.amend("2025-06-30", recorded="2025-07-01", doc=DOCUMENT)


def test_the_new_due_day_does_not_lie_before_the_change(scene: Scene) -> None:
    scene.promise(MADE)

    with scene.refused("due-before-start", "data.new_due_on"):
        scene.amend("2025-06-01", new_due_on="2025-05-31")


def test_a_promise_is_overdue_on_the_day_after_it_was_due(scene: Scene) -> None:
    scene.promise(MADE)
    with scene.refused("not-overdue"):
        scene.flag_overdue("2025-06-30")

    scene.flag_overdue("2025-07-01")

    assert scene.state("commitment", "C1").closed is None


def test_the_days_since_it_was_due_are_counted(scene: Scene) -> None:
    scene.promise(MADE)
    for days in (1, 4, 100_000):
        with scene.refused("dates-disagree", "data.days"):
            scene.flag_overdue("2025-07-03", days=days)
    with scene.refused("out-of-range", "data.days"):
        scene.flag_overdue("2025-07-03", days=0)

    scene.flag_overdue("2025-07-03", days=3)
    scene.flag_overdue("2025-07-05")

    assert scene.newest().data["days"] == 5


def test_they_are_counted_from_the_due_day_in_force(scene: Scene) -> None:
    scene.promise(MADE)
    scene.amend("2025-06-01")  # due on 2025-09-30

    scene.flag_overdue("2025-10-02")

    assert scene.newest().data["days"] == 2


def test_of_two_amendments_the_one_that_counts_later_is_in_force_whichever_was_recorded_first(scene: Scene) -> None:
    scene.promise(MADE)
    scene.amend("2025-05-01", new_due_on="2025-12-31")
    scene.amend("2025-03-01", new_due_on="2025-07-31", recorded="2025-05-02", doc=DOCUMENT)

    assert scene.state("commitment", "C1").due_on == date(2025, 12, 31)
    with scene.refused("not-overdue"):
        scene.flag_overdue("2025-08-01")


def test_only_the_system_flags(scene: Scene) -> None:
    scene.promise(MADE)

    with scene.refused("role-not-allowed"):
        scene.flag_overdue("2025-07-01", by=CREDIT)


def test_the_promisor_does_not_amend_or_waive(scene: Scene) -> None:
    scene.promise(MADE)

    with scene.refused("role-not-allowed"):
        scene.amend("2025-02-01", by=U1)
    with scene.refused("role-not-allowed"):
        scene.waive("2025-02-01", by=SYSTEM)
