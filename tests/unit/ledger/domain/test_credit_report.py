"""A bank credit report beside a check: with the candidate's consent, a reference item that moves nothing by itself."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from projections.eligibility import check
from projections.integrity_file import integrity_file
from tests.support.scene import ABSENT, DOCUMENT, SYSTEM, Scene


def checked(scene: Scene) -> None:
    scene.consent()
    scene.request_check()


def answer(scene: Scene, on: str) -> dict[str, Any]:
    return check(scene.ledger, "K1", as_of=date.fromisoformat(on), as_known=scene.ledger.size)


def test_a_report_is_a_reference_line_and_changes_no_outcome(scene: Scene) -> None:
    """No clause of the edition speaks of credit reports: outcome and hits stay as made."""
    checked(scene)
    before = answer(scene, "2025-09-02")
    scene.attach_report("2025-09-02")

    after = answer(scene, "2025-09-02")

    (reference,) = after.pop("references")
    assert before.pop("references") == []
    assert (reference["kind"], reference["consent"], reference["clause"]) == (
        "CREDIT_REPORT",
        "N1",
        "征信业管理条例 18",
    )
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"size", "as_known", "events"}
    assert (after["outcome"], after["state"]) == ("CLEAR", "EVALUATED")
    person = integrity_file(scene.ledger, "P1", as_of=date(2025, 9, 2), as_known=scene.ledger.size, viewer="SUBJECT")
    assert person["checks"][0]["references"] == [reference]


def test_who_decides_against_a_clear_outcome_because_of_it_departs_from_the_rule(scene: Scene) -> None:
    checked(scene)
    scene.attach_report("2025-09-02")
    scene.notice("2025-09-02")
    with scene.refused("second-approver-required"):
        scene.decide(decision="NOT_ELIGIBLE")

    scene.decide(decision="NOT_ELIGIBLE", second_approver="hr-2")

    assert scene.newest().data["departs_from_rule"] is True


@pytest.mark.parametrize("consent", ["N9", "N2", "N3", "N4"], ids=["unknown", "another-purpose", "recipient", "person"])
def test_a_report_needs_a_consent_that_holds_for_this_check(scene: Scene, consent: str) -> None:
    checked(scene)
    scene.consent(consent_id="N2", purpose="PROMOTE")
    scene.consent(consent_id="N3", recipient="U2")
    with scene.refused("consent-missing", "data.consent_id"):
        scene.attach_report("2025-09-02", consent_id=consent)


def test_a_check_on_a_statute_needs_a_consent_for_the_report_all_the_same(scene: Scene) -> None:
    scene.request_check(consent_id=ABSENT, statutory_basis="公务员法 26")
    with scene.refused("consent-missing"):
        scene.attach_report("2025-09-02")
    scene.consent("2025-09-02", expires_on="2025-09-10")
    with scene.refused("consent-missing"):
        scene.attach_report("2025-09-11")

    scene.attach_report("2025-09-10")


def test_the_report_itself_is_the_document_and_is_sealed(scene: Scene) -> None:
    checked(scene)
    with scene.refused("document-required", "data.doc"):
        scene.attach_report("2025-09-02", doc=ABSENT)
    scene.attach_report("2025-09-02")

    assert "doc" not in scene.newest().data
    assert scene.ledger.sections(scene.newest())["document"] == {"doc": DOCUMENT}


def test_nothing_is_attached_once_it_was_decided_or_withdrawn(scene: Scene) -> None:
    checked(scene)
    scene.decide("2025-09-02", "ELIGIBLE")
    with scene.refused("wrong-state"):
        scene.attach_report("2025-09-03")
    scene.request_check("2025-09-03", check_id="K2")
    scene.withdraw_consent("2025-09-04")
    with scene.refused("check-withdrawn"):
        scene.attach_report("2025-09-04", check_id="K2")


def test_only_hr_and_nobody_for_their_own_check(scene: Scene) -> None:
    from dataclasses import replace

    from tests.support.scene import HR

    checked(scene)
    with scene.refused("own-case"):
        scene.attach_report("2025-09-02", by=replace(HR, id="P1"))
    with scene.refused("role-not-allowed"):
        scene.attach_report("2025-09-02", by=SYSTEM)
