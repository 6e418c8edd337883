"""Sanctions through the ledger: what may be imposed, how the file shows what runs, who lifts it when."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from projections.integrity_file import integrity_file
from tests.support.scene import ABSENT, DECIDER, DOCUMENT, SYSTEM, Scene


def sanctions(scene: Scene, on: str, viewer: str = "SUBJECT", **more: Any) -> list[dict[str, Any]]:
    file = integrity_file(
        scene.ledger, "P1", as_of=date.fromisoformat(on), as_known=scene.ledger.size, viewer=viewer, **more
    )
    shown: list[dict[str, Any]] = file["sanctions"]
    return shown


def states(scene: Scene, on: str, viewer: str = "SUBJECT") -> list[tuple[str, str, str | None]]:
    return [(one["kind"], one["state"], one["until"]) for one in sanctions(scene, on, viewer)]


def test_a_decision_that_names_no_last_day_runs_for_its_kind_s_period(scene: Scene) -> None:
    scene.impose("2025-02-15", kind="WARNING", until=ABSENT, by=DECIDER)

    assert scene.newest().data["until"] == "2025-08-15"
    assert states(scene, "2025-08-15") == [("WARNING", "ACTIVE", "2025-08-15")]
    assert states(scene, "2025-08-16") == [("WARNING", "OVER", "2025-08-15")]


@pytest.mark.parametrize("until", ["2025-08-14", "2029-02-16"])
def test_a_period_is_one_at_least_and_the_cap_at_most(scene: Scene, until: str) -> None:
    with scene.refused("sanction-period", "data.until"):
        scene.impose("2025-02-15", kind="WARNING", until=until)

    scene.impose("2025-02-15", kind="WARNING", until="2029-02-15")


def test_a_suspension_is_no_longer_than_its_period_but_may_be_shorter(scene: Scene) -> None:
    with scene.refused("sanction-period", "data.until"):
        scene.impose("2025-02-15", kind="SUSPENSION", until="2025-08-16")

    scene.impose("2025-02-15", kind="SUSPENSION", until="2025-03-15")


def test_five_months_left_and_a_new_eighteen_are_twenty_three_in_the_file(scene: Scene) -> None:
    scene.impose("2025-01-15", kind="WARNING", until=ABSENT)
    old = scene.newest().index
    scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until=ABSENT)

    first, second = sanctions(scene, "2025-03-01")

    assert (first["until"], second["stated_until"], second["until"]) == ("2025-07-15", "2026-08-15", "2027-01-15")
    assert (second["extends"], second["blocks"]) == ([old], ["promote", "pay_step", "excellent"])
    assert (second["clause"], second["demonstration"]) == ("政务处分法 8, 19", False)
    # As known before the second, nothing of it; on its exact last day it stands, on the next it does not.
    assert [one[1] for one in states(scene, "2027-01-15")] == ["OVER", "ACTIVE"]
    assert [one[1] for one in states(scene, "2027-01-16")] == ["OVER", "OVER"]
    assert sanctions(scene, "2027-01-16")[1]["blocks"] == []


def test_of_two_imposed_together_the_lighter_is_shown_as_absorbed(scene: Scene) -> None:
    scene.impose("2025-02-15", kind="WARNING", until=ABSENT)
    scene.impose("2025-02-15", kind="DEMERIT", until=ABSENT)
    heavier = scene.newest().index

    assert [(one["kind"], one["state"], one["absorbed_by"]) for one in sanctions(scene, "2025-03-01")] == [
        ("WARNING", "ABSORBED", heavier),
        ("DEMERIT", "ACTIVE", None),
    ]
    assert [one["kind"] for one in sanctions(scene, "2025-03-01", "HR")] == ["DEMERIT"]


def test_the_ledger_notes_the_end_of_what_runs_and_not_before(scene: Scene) -> None:
    """By its own decision the second would be over on 15 August 2026; it serves the remainder of the first as well."""
    scene.impose("2025-01-15", kind="WARNING", until=ABSENT)
    scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until=ABSENT)
    with scene.refused("human-decision-required"):
        scene.lift("2027-01-15", kind="MAJOR_DEMERIT", by=SYSTEM, doc=ABSENT)

    scene.lift("2027-01-16", kind="MAJOR_DEMERIT", by=SYSTEM, doc=ABSENT)

    assert [one[1] for one in states(scene, "2027-01-16")] == ["OVER", "LIFTED"]


def test_one_that_is_lifted_early_shortens_what_extends_it(scene: Scene) -> None:
    scene.impose("2025-01-15", kind="WARNING", until=ABSENT)
    scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until=ABSENT)
    scene.lift("2025-05-01", kind="WARNING", doc=DOCUMENT)

    assert states(scene, "2025-04-30")[1] == ("MAJOR_DEMERIT", "ACTIVE", "2027-01-15")
    assert states(scene, "2025-05-01") == [
        ("WARNING", "LIFTED", "2025-07-15"),
        ("MAJOR_DEMERIT", "ACTIVE", "2026-10-30"),
    ]


def test_a_sanction_is_no_bar_from_recruitment(scene: Scene) -> None:
    scene.impose("2025-02-15", kind="DOWNGRADE", until=ABSENT)
    scene.consent("2025-02-16")
    scene.request_check("2025-02-16")

    assert scene.newest().data["outcome"] == "CLEAR"
    assert sanctions(scene, "2025-02-16", "HR", purpose="RECRUIT") == []
