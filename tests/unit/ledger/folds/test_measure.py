"""What a measure does on a day: it ends with its cause, by dates alone; by statute it stands through an appeal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from ledger.folds.facts import records_on
from ledger.folds.measure import Applied, measures_of
from projections.reader import timeline_if_any
from tests.support.scene import CREDIT, DOCUMENT, Scene

OF_THE_LIST = ["全国失信惩戒措施基础清单（2024年版） 2"]
REWARD: dict[str, Any] = {"kind": "REWARD", "effect": "GREEN_CHANNEL", "legal_basis": ["示政发〔2025〕1号"]}


def applied_on(scene: Scene, on: str, *, known: int | None = None, subject: str = "P1") -> list[Applied]:
    """What a subject reads on a day, as known at a size."""
    ledger, day = scene.ledger, date.fromisoformat(on)
    size = ledger.size if known is None else known
    uid = ledger.survivor(ledger.uid("subject", subject) or "", size)
    timeline = timeline_if_any(ledger, size, day)
    return measures_of(ledger, records_on(ledger, uid, day, size, timeline), timeline, day, size)


def reads(scene: Scene, on: str, *, known: int | None = None) -> tuple[str, str | None, int | None]:
    """State of the only one, the first day without it, and the entry that ended it."""
    (applied,) = applied_on(scene, on, known=known)
    return applied.state, None if applied.ended_on is None else applied.ended_on.isoformat(), applied.ended_by


IN_FORCE = ("IN_FORCE", None, None)
SUSPENDED = ("SUSPENDED", None, None)


def of_a_penalty(scene: Scene, **measure: Any) -> None:
    """A MINOR penalty of 2025-03-20 (over on 2025-06-20), and a discretionary measure since 2025-03-25."""
    scene.adopt_measure(trigger="PENALTY", **{"legal_basis": OF_THE_LIST, **measure})
    scene.take_over("2025-03-20", record_kind="PENALTY", severity="MINOR")
    scene.apply_measure("2025-03-25")


def test_before_its_day_there_is_none_and_from_then_on_it_is_in_force(scene: Scene) -> None:
    of_a_penalty(scene)

    assert applied_on(scene, "2025-03-24") == []
    assert reads(scene, "2025-03-25") == IN_FORCE
    assert applied_on(scene, "2025-03-25", subject="P2") == []


def test_it_is_off_from_the_day_its_cause_is_over_without_any_entry(scene: Scene) -> None:
    of_a_penalty(scene)

    assert reads(scene, "2025-06-19") == IN_FORCE
    assert reads(scene, "2025-06-20") == ("ENDED_WITH_CAUSE", "2025-06-20", None)
    assert reads(scene, "2030-01-01") == ("ENDED_WITH_CAUSE", "2025-06-20", None)


def test_it_is_off_from_the_day_after_the_last_of_a_listing(scene: Scene) -> None:
    scene.adopt_measure()
    scene.take_over("2025-03-20", ends_on="2025-05-31")
    scene.apply_measure("2025-03-25")

    assert reads(scene, "2025-05-31") == IN_FORCE
    assert reads(scene, "2025-06-01") == ("ENDED_WITH_CAUSE", "2025-06-01", None)


def test_delisting_at_the_source_lifts_every_dependent_measure_the_same_day(scene: Scene) -> None:
    """DOMAIN §2, row 21."""
    scene.adopt_measure()
    scene.adopt_measure(measure_id="M2", legal_basis=OF_THE_LIST)
    scene.take_over("2025-03-20")
    scene.apply_measure("2025-03-25")
    scene.apply_measure("2025-03-26", measure_id="M2")
    removal = scene.remove("2025-05-10").index

    assert [one.state for one in applied_on(scene, "2025-05-09")] == ["IN_FORCE", "IN_FORCE"]
    ended = applied_on(scene, "2025-05-10")
    assert {(one.state, one.ended_on, one.ended_by) for one in ended} == {
        ("ENDED_WITH_CAUSE", date(2025, 5, 10), removal)
    }


def repaired(scene: Scene) -> int:
    scene.apply_for_repair("2025-04-01", breach_id="B2")
    scene.accept_repair("2025-04-02")
    return scene.approve("2025-04-03", by=CREDIT).index


def test_a_repair_ends_it_and_its_revocation_brings_it_back(scene: Scene) -> None:
    of_a_penalty(scene)
    approval = repaired(scene)
    assert reads(scene, "2025-04-02") == IN_FORCE
    assert reads(scene, "2025-04-03") == ("ENDED_WITH_CAUSE", "2025-04-03", approval)

    scene.revoke("2025-05-01", by=CREDIT)

    assert reads(scene, "2025-04-30") == ("ENDED_WITH_CAUSE", "2025-04-03", approval)
    assert reads(scene, "2025-05-01") == IN_FORCE
    assert reads(scene, "2025-06-20") == ("ENDED_WITH_CAUSE", "2025-06-20", None)


def test_a_removal_after_a_repair_does_not_end_it_again(scene: Scene) -> None:
    of_a_penalty(scene)
    approval = repaired(scene)
    scene.remove("2025-05-10")

    assert reads(scene, "2025-05-10") == ("ENDED_WITH_CAUSE", "2025-04-03", approval)


@pytest.mark.parametrize("undone", ["voided", "overturned"])
def test_where_the_cause_is_void_it_never_was(scene: Scene, undone: str) -> None:
    of_a_penalty(scene)
    known = scene.ledger.size
    if undone == "voided":
        by = scene.void("2025-04-10", breach_id="B2").index
    else:
        scene.object_to("2025-04-09")
        by = scene.decide_appeal("2025-04-10", breach_id="B2", outcome="OVERTURNED").index

    assert reads(scene, "2025-03-26") == ("ENDED_WITH_CAUSE", "2025-03-25", by)
    assert reads(scene, "2025-03-26", known=known) == IN_FORCE


@pytest.mark.parametrize(("clauses", "meanwhile"), [(OF_THE_LIST, SUSPENDED), (["公务员法 26(4)"], IN_FORCE)])
def test_during_an_appeal_only_what_a_statute_orders_stands(
    scene: Scene, clauses: list[str], meanwhile: tuple[Any, ...]
) -> None:
    scene.adopt_measure(legal_basis=clauses)
    scene.take_over("2025-03-20")
    scene.apply_measure("2025-03-25")
    scene.object_to("2025-04-09")
    scene.decide_appeal("2025-05-20", breach_id="B2")

    assert reads(scene, "2025-04-08") == IN_FORCE
    assert reads(scene, "2025-04-09") == meanwhile
    assert reads(scene, "2025-05-19") == meanwhile
    assert reads(scene, "2025-05-20") == IN_FORCE


def test_a_milder_decision_ends_what_the_milder_record_would_not_set_off(scene: Scene) -> None:
    scene.adopt_measure(trigger="SERIOUS_FINDING", legal_basis=OF_THE_LIST)
    scene.found("SERIOUS")
    scene.apply_measure("2025-03-25", cause_event="B1")
    scene.appeal("2025-04-08")
    varied = scene.decide_appeal("2025-05-20", outcome="VARIED", new_severity="GENERAL").index

    assert reads(scene, "2025-05-19") == SUSPENDED
    assert reads(scene, "2025-05-20") == ("ENDED_WITH_CAUSE", "2025-05-20", varied)


def test_a_correction_of_what_the_record_is_holds_from_the_start(scene: Scene) -> None:
    of_a_penalty(scene)
    corrected = scene.correct("2025-04-10", "record_kind", "DISCIPLINE", breach_id="B2", doc=DOCUMENT).index

    assert reads(scene, "2025-03-26") == ("ENDED_WITH_CAUSE", "2025-03-25", corrected)


@pytest.mark.parametrize(
    ("end", "state"),
    [
        (lambda scene: scene.lift_measure("2025-05-01"), "LIFTED"),
        (lambda scene: scene.retire_measure("2025-05-01"), "RETIRED"),
    ],
)
def test_it_ends_by_lifting_and_with_the_measure(scene: Scene, end: Callable[[Scene], Any], state: str) -> None:
    of_a_penalty(scene)
    by = end(scene).index

    assert reads(scene, "2025-04-30") == IN_FORCE
    assert reads(scene, "2025-05-01") == (state, "2025-05-01", by)
    assert reads(scene, "2025-07-01") == (state, "2025-05-01", by)  # what ends first has ended it


def test_a_measure_with_a_last_day_ends_with_it(scene: Scene) -> None:
    of_a_penalty(scene, to="2025-05-31")

    assert reads(scene, "2025-05-31") == IN_FORCE
    assert reads(scene, "2025-06-01") == ("RETIRED", "2025-06-01", None)


def test_a_late_lifting_counts_from_its_own_day(scene: Scene) -> None:
    of_a_penalty(scene)
    known = scene.ledger.size
    scene.lift_measure("2025-04-01", recorded="2025-05-01", doc=DOCUMENT)

    assert reads(scene, "2025-04-15")[0] == "LIFTED"
    assert reads(scene, "2025-04-15", known=known) == IN_FORCE


def test_a_reward_for_a_kept_promise_stays(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="COMMITMENT_KEPT", subject_kinds=["UNIT"])
    scene.promise("2025-01-10")
    scene.fulfil("2025-03-28")
    scene.apply_measure("2025-03-29", subject_id="U1", cause_event="C1")

    (applied,) = applied_on(scene, "2030-01-01", subject="U1")
    assert (applied.state, applied.record) == ("IN_FORCE", "C1")


def test_a_reward_for_a_repair_goes_with_its_revocation(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="REPAIR_APPROVED")
    scene.found("MINOR")
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")
    scene.approve("2025-04-03")
    scene.apply_measure("2025-04-03", cause_event="R1")
    revoked = scene.revoke("2025-05-01").index

    (applied,) = applied_on(scene, "2025-04-30")
    assert (applied.state, applied.record) == ("IN_FORCE", "R1")
    assert reads(scene, "2025-05-01") == ("ENDED_WITH_CAUSE", "2025-05-01", revoked)


def test_what_was_applied_to_one_registration_is_the_person_s(scene: Scene) -> None:
    of_a_penalty(scene)
    scene.merge("2025-04-01", "P1", "P2")
    known = scene.ledger.size
    assert [one.state for one in applied_on(scene, "2025-04-02", subject="P2")] == ["IN_FORCE"]
    scene.undo_merge("2025-04-10", "P1")

    assert applied_on(scene, "2025-04-11", subject="P2") == []
    assert [one.state for one in applied_on(scene, "2025-04-11")] == ["IN_FORCE"]
    assert [one.state for one in applied_on(scene, "2025-04-02", subject="P2", known=known)] == ["IN_FORCE"]


def test_a_record_that_never_ends_keeps_its_measure(scene: Scene) -> None:
    """公务员法 26(3): expelled from office."""
    scene.adopt_measure(trigger="DISCIPLINE", legal_basis=["公务员法 26(3)"])
    scene.take_over("2025-03-20", record_kind="DISCIPLINE", list_code="EXPELLED_FROM_OFFICE")
    scene.apply_measure("2025-03-25")

    assert reads(scene, "2045-01-01") == IN_FORCE


def test_without_an_edition_no_window_ends(scene: Scene) -> None:
    of_a_penalty(scene)
    ledger, on = scene.ledger, date(2030, 1, 1)
    records = records_on(ledger, ledger.uid("subject", "P1") or "", on, ledger.size, None)

    assert [one.state for one in measures_of(ledger, records, None, on, ledger.size)] == ["IN_FORCE"]


def test_a_correction_after_a_milder_decision_holds_from_the_start(scene: Scene) -> None:
    of_a_penalty(scene)
    scene.object_to("2025-04-09")
    scene.decide_appeal("2025-05-20", breach_id="B2", outcome="VARIED", new_severity="MINOR")
    assert reads(scene, "2025-05-20") == IN_FORCE  # what it is, is what it was
    corrected = scene.correct("2025-05-21", "record_kind", "DISCIPLINE", breach_id="B2", doc=DOCUMENT).index

    assert reads(scene, "2025-05-21") == ("ENDED_WITH_CAUSE", "2025-03-25", corrected)


def test_a_removal_after_a_revoked_repair_ends_it_on_its_own_day(scene: Scene) -> None:
    of_a_penalty(scene)
    repaired(scene)
    scene.revoke("2025-05-01", by=CREDIT)
    removal = scene.remove("2025-05-10").index

    assert reads(scene, "2025-05-09") == IN_FORCE
    assert reads(scene, "2025-05-10") == ("ENDED_WITH_CAUSE", "2025-05-10", removal)


def test_a_second_repair_ends_it_again(scene: Scene) -> None:
    of_a_penalty(scene)
    repaired(scene)
    scene.revoke("2025-05-01", by=CREDIT)
    scene.apply_for_repair("2025-05-02", breach_id="B2", repair_id="R2")
    scene.accept_repair("2025-05-03", repair_id="R2")
    approval = scene.approve("2025-05-04", repair_id="R2", by=CREDIT).index

    assert reads(scene, "2025-05-04") == ("ENDED_WITH_CAUSE", "2025-05-04", approval)


def test_a_reward_for_the_second_repair_outlives_the_revocation_of_the_first(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="REPAIR_APPROVED")
    scene.found("MINOR")
    for repair, month in (("R1", "04"), ("R2", "05")):
        scene.apply_for_repair(f"2025-{month}-02", repair_id=repair)
        scene.accept_repair(f"2025-{month}-03", repair_id=repair)
        scene.approve(f"2025-{month}-04", repair_id=repair)
        if repair == "R1":
            scene.revoke("2025-05-01", repair_id=repair)
    scene.apply_measure("2025-05-05", cause_event="R2")

    (applied,) = applied_on(scene, "2025-05-06")
    assert (applied.state, applied.record) == ("IN_FORCE", "R2")
