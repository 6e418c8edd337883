"""Sanctions through the ledger: what may be imposed, how the file shows what runs, who lifts it when."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.importing.history import import_history
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


@pytest.mark.parametrize("until", ["2025-08-14", "2025-08-16", "2029-02-15"])
def test_one_that_stands_alone_runs_for_its_kind_s_period(scene: Scene, until: str) -> None:
    with scene.refused("sanction-period", "data.until"):
        scene.impose("2025-02-15", kind="WARNING", until=until)

    scene.impose("2025-02-15", kind="WARNING", until="2025-08-15")


def test_twenty_three_months_that_the_organ_writes_itself_are_twenty_three(scene: Scene) -> None:
    """Accepted where an older one stands, and what remained of it is not added a second time."""
    with scene.refused("sanction-period", "data.until"):
        scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until="2027-01-15")  # merged with what?
    scene.impose("2025-01-15", recorded="2025-02-15", kind="WARNING", until=ABSENT)  # the older one, recorded late
    with scene.refused("sanction-period", "data.until"):
        scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until="2027-01-16")

    scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until="2027-01-15")

    assert [(one["until"], one["stated_until"]) for one in sanctions(scene, "2025-03-01")] == [
        ("2025-07-15", "2025-07-15"),
        ("2027-01-15", "2027-01-15"),
    ]
    scene.lift("2027-01-16", kind="MAJOR_DEMERIT", by=SYSTEM, doc=ABSENT)


def test_an_older_one_that_is_recorded_later_is_counted_all_the_same(scene: Scene) -> None:
    """No order of recording is closed: without a last day of its own the new one runs for what both give."""
    scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until=ABSENT)
    scene.impose("2025-01-15", recorded="2025-03-01", kind="WARNING", until=ABSENT)

    assert [(one["kind"], one["until"]) for one in sanctions(scene, "2025-03-01")] == [
        ("WARNING", "2025-07-15"),
        ("MAJOR_DEMERIT", "2027-01-15"),
    ]


def test_one_file_may_hold_the_older_one_and_what_merges_it(scene: Scene, tmp_path: Path) -> None:
    """Lines of a file are judged one after the other, though they are written together."""
    scene.on_day("2025-03-01")
    lines = [
        {"kind": "WARNING", "from": "2025-01-15"},
        {"kind": "MAJOR_DEMERIT", "from": "2025-02-15", "until": "2027-01-15"},
    ]
    actor = {"id": "hr-1", "role": "HR"}
    file = tmp_path / "sanctions.jsonl"
    text = [
        json.dumps(
            {
                "type": "SanctionImposed",
                "effective_on": data["from"],
                "actor": actor,
                "data": {"subject_id": "P1", "doc": DOCUMENT, **data},
            }
        )
        for data in lines
    ]
    file.write_text("\n".join(reversed(text)) + "\n", encoding="utf-8")
    assert [one["code"] for one in import_history(scene.ledger, file).refused] == ["sanction-period"]

    file.write_text("\n".join(text) + "\n", encoding="utf-8")
    import_history(scene.ledger, file)

    assert [one["until"] for one in sanctions(scene, "2025-03-01")] == ["2025-07-15", "2027-01-15"]


def test_of_one_kind_decided_the_same_day_one_may_state_up_to_their_sum(scene: Scene) -> None:
    scene.impose("2025-02-15", kind="WARNING", until=ABSENT)
    with scene.refused("sanction-period", "data.until"):
        scene.impose("2025-02-15", kind="WARNING", until="2026-02-16")

    scene.impose("2025-02-15", kind="WARNING", until="2025-11-15")

    assert [(one["state"], one["until"]) for one in sanctions(scene, "2025-03-01")] == [
        ("ABSORBED", "2025-08-15"),
        ("ACTIVE", "2025-11-15"),
    ]


def test_what_was_imposed_under_another_registration_is_merged_with(scene: Scene) -> None:
    scene.impose("2025-01-15", subject_id="P2", kind="WARNING", until=ABSENT)
    with scene.refused("sanction-period", "data.until"):
        scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until="2027-01-15")
    scene.merge("2025-02-15", "P2", "P1")

    scene.impose("2025-02-15", kind="MAJOR_DEMERIT", until="2027-01-15")

    assert [one["until"] for one in sanctions(scene, "2025-03-01")] == ["2025-07-15", "2027-01-15"]


@pytest.mark.parametrize(("kind", "last"), [("SUSPENSION", "2025-08-15"), ("ADMONITION", "2025-08-15")])
def test_one_that_runs_by_itself_is_no_longer_than_its_period_but_may_be_shorter(
    scene: Scene, kind: str, last: str
) -> None:
    for late in ("2025-08-16", "2099-01-01"):
        with scene.refused("sanction-period", "data.until"):
            scene.impose("2025-02-15", kind=kind, until=late)

    scene.impose("2025-02-15", kind=kind, until=last)
    scene.impose("2025-02-16", kind=kind, until="2025-03-15")

    assert {one["demonstration"] for one in sanctions(scene, "2025-02-16")} == {True}  # no text was found for it


@pytest.mark.parametrize("kind", ["WARNING", "ADMONITION"])
@pytest.mark.parametrize("first", ["1990-01-01", "2025-02-14", "2025-02-16", "2030-01-01"])
def test_a_sanction_runs_from_the_day_of_its_decision(scene: Scene, kind: str, first: str) -> None:
    with scene.refused("sanction-first-day", "data.from"):
        scene.impose("2025-02-15", kind=kind, from_=first, until=ABSENT)


def test_of_a_bar_the_decision_names_the_first_day(scene: Scene) -> None:
    scene.impose("2025-02-15", from_="2025-02-01", until="2030-02-01")
    scene.impose("2025-02-15", from_="2025-06-01", until="2030-06-01")

    assert [state for _, state, _ in states(scene, "2025-05-31")] == ["ACTIVE", "PENDING"]


def test_a_decision_that_is_recorded_late_runs_from_its_own_day(scene: Scene) -> None:
    with scene.refused("sanction-first-day", "data.from"):
        scene.impose("2025-03-01", kind="WARNING", from_="2025-02-15", until=ABSENT)

    scene.impose("2025-02-15", recorded="2025-03-01", kind="WARNING", until=ABSENT)

    assert states(scene, "2025-03-01") == [("WARNING", "ACTIVE", "2025-08-15")]


# Several of one kind and day.


def test_a_lifting_says_which_one_it_lifts(scene: Scene) -> None:
    """Both bars begin on one day: the lifting of the one for years leaves the one for life, and the other way round."""
    scene.impose("2025-02-15", until="2030-02-15")
    scene.impose("2025-02-15", until=ABSENT)
    scene.lift("2025-06-01", from_="2025-02-15", until="2030-02-15")
    assert states(scene, "2025-06-01") == [
        ("RECRUITMENT_BAR", "LIFTED", "2030-02-15"),
        ("RECRUITMENT_BAR", "ACTIVE", None),
    ]
    assert [bar.until for bar in scene.state("subject", "P1").bars] == [None]

    with scene.refused("no-such-sanction"):
        scene.lift("2025-06-02", until="2030-02-15")
    scene.lift("2025-06-02")

    assert [one[1] for one in states(scene, "2025-06-02")] == ["LIFTED", "LIFTED"]
    assert scene.state("subject", "P1").bars == []


def test_a_lifting_of_an_earlier_day_that_is_recorded_later_lifts_the_one_it_named(scene: Scene) -> None:
    scene.impose("2025-02-15", until="2030-02-15")
    scene.impose("2025-02-15", until="2026-02-15")
    scene.lift("2025-06-01", until="2026-02-15")
    scene.lift("2025-05-01", until="2030-02-15", recorded="2025-06-02")

    assert [(one["until"], one["lifted_on"]) for one in sanctions(scene, "2025-06-02")] == [
        ("2030-02-15", "2025-05-01"),
        ("2026-02-15", "2025-06-01"),
    ]


@pytest.mark.parametrize("kind", ["RECRUITMENT_BAR", "ADMONITION"])
def test_two_of_one_kind_and_day_of_two_registrations_are_lifted_one_after_the_other(scene: Scene, kind: str) -> None:
    for subject in ("P1", "P2"):
        scene.impose("2025-02-15", subject_id=subject, kind=kind, until="2025-08-15")
    scene.merge("2025-03-01", "P2", "P1")

    scene.lift("2025-04-01", kind=kind)
    assert [one[1] for one in states(scene, "2025-04-01")] == ["ACTIVE", "LIFTED"]
    scene.lift("2025-04-02", kind=kind)

    assert [one[1] for one in states(scene, "2025-04-02")] == ["LIFTED", "LIFTED"]
    assert [len(scene.state("subject", one).bars) for one in ("P1", "P2")] == [0, 0]
    with scene.refused("no-such-sanction"):
        scene.lift("2025-04-03", kind=kind)


def test_of_two_that_were_carried_out_as_one_the_lifting_ends_both(scene: Scene) -> None:
    for subject in ("P1", "P2"):
        scene.impose("2025-02-15", subject_id=subject, kind="WARNING", until=ABSENT)
    scene.merge("2025-03-01", "P2", "P1")
    assert [one[1] for one in states(scene, "2025-03-01")] == ["ABSORBED", "ACTIVE"]

    scene.lift("2025-04-01", kind="WARNING")

    assert [one[1] for one in states(scene, "2025-04-01")] == ["ABSORBED", "LIFTED"]
    assert [one["blocks"] for one in sanctions(scene, "2025-04-01")] == [[], []]


def test_what_is_carried_out_is_lifted_before_what_it_absorbed(scene: Scene) -> None:
    """The one that states a sum was recorded before another of its kind and day."""
    scene.impose("2025-01-15", kind="DEMERIT", until=ABSENT)
    scene.impose("2025-02-15", kind="WARNING", until="2026-07-15")
    scene.impose("2025-02-15", kind="WARNING", until=ABSENT)

    scene.lift("2025-04-01", kind="WARNING")

    assert [one[1] for one in states(scene, "2025-04-01")] == ["ACTIVE", "LIFTED", "ABSORBED"]


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
