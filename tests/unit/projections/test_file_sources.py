"""What was taken over is shown as its source has it, and where sources differ the file says so."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.importing.batch import import_tables
from ledger.importing.mapping import load_mapping
from ledger.opening import create
from projections.integrity_file import integrity_file

SAMPLE = Path(__file__).resolve().parents[3] / "scripts" / "sample"
A01, A02, A04, A05 = (f"o00000000000a0{number}" for number in (1, 2, 4, 5))
LATER = {
    # Another release contradicts b01, one of a case that nobody took over, and an award's status goes on.
    "finding_events": [
        "e00000000000e04,c0000000000c001,o00000000000a01,,05A,Force,HBR-057,confirmed,SUSTAINED,,,,,2023-08,HBR23A",
        "e00000000000e05,c0000000000c098,o00000000000a02,,01A,Search,HBR-001,dismissed,UNFOUNDED,,,,,2023-09,HBR23B",
    ],
    "status_revisions": ["commendations,m00000000000d03,o00000000000a02,2018-08,2019-07,status,PENDING APPROVAL,FINAL"],
    "rank_history": ["o00000000000a01,POLICE OFFICER,1986-05-16,1986,1994,E|1,HBR"],
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    folder = Path(shutil.copytree(SAMPLE, tmp_path_factory.mktemp("sample") / "tables"))
    for table, rows in LATER.items():
        with (folder / f"{table}.csv").open("a", encoding="utf-8") as file:
            file.writelines(f"{row}\n" for row in rows)
    made = create(f"sqlite:///{folder.parent / 'ledger.db'}")
    import_tables(made, [folder], load_mapping("public-records"))
    yield made
    made.close()


def seen(ledger: Ledger, subject: str, viewer: str = "SUBJECT") -> dict[str, Any]:
    return integrity_file(ledger, subject, as_of=date(2100, 1, 1), as_known=ledger.size, viewer=viewer)


def test_a_release_that_contradicts_a_record_is_shown_beside_it(ledger: Ledger) -> None:
    (record,) = [one for one in seen(ledger, A01)["imported"] if one["source_record"] == "b00000000000b01"]

    assert (record["outcome"], record["differs"]) == ("DISMISSED", True)
    assert [(one["new"], one["layer"], one["raw"], one["differs"]) for one in record["observations"]] == [
        ("DISMISSED", "HBR18", "NOT SUSTAINED", False),
        ("CONFIRMED", "HBR23A", "SUSTAINED", True),
    ]
    assert record["events"] == [record["events"][0], *(one["event"] for one in record["observations"])]


def test_the_source_s_own_word_is_shown_and_stands_in_no_entry(ledger: Ledger) -> None:
    (record,) = [one for one in seen(ledger, A01)["imported"] if one["source_record"] == "b00000000000b01"]

    assert record["outcome_raw"] == "NOT SUSTAINED"
    assert all("outcome_raw" not in entry.data for entry in ledger.by_type("RecordImported", ledger.size))


def test_a_change_of_another_field_is_no_contradiction(ledger: Ledger) -> None:
    (record,) = [one for one in seen(ledger, A02)["imported"] if one["source_record"] == "b00000000000b06"]

    assert record["differs"] is False
    assert [(one["field"], one["new"]) for one in record["observations"]] == [
        ("officer_penalty", "Command Discipline - B (Vacation: 5 days)")
    ]


@pytest.mark.parametrize("viewer", ["SUBJECT", "AUDITOR"])
def test_what_a_source_says_of_a_case_nobody_took_over_stands_on_its_own(ledger: Ledger, viewer: str) -> None:
    file = seen(ledger, A02, viewer)
    (alone,) = file["observations"]

    assert (alone["source_record"], alone["new"], alone["unit"]) == ("e00000000000e05", "DISMISSED", "HBR-001")
    assert alone["event"] in {one["index"] for one in file["timeline"]}


def test_an_awards_later_status_stands_with_the_award(ledger: Ledger) -> None:
    (award,) = seen(ledger, A02)["commendations"]

    assert [(one["old"], one["new"]) for one in award["observations"]] == [("PENDING APPROVAL", "FINAL")]
    assert len(award["events"]) == 2
    assert seen(ledger, A02, "HR")["commendations"][0]["observations"] == [], "what a source said is the person's own"


@pytest.mark.parametrize("viewer", ["SUBJECT", "HR", "DPO", "AUDITOR"])
def test_an_award_has_its_name_for_whoever_sees_it(ledger: Ledger, viewer: str) -> None:
    (award,) = seen(ledger, A04, viewer)["commendations"]

    assert award["award"] == "ATTENDANCE RECOGNITION AWARD"


@pytest.mark.parametrize("viewer", ["SUBJECT", "HR", "AUDITOR"])
def test_whoever_left_is_said_to_have_left(ledger: Ledger, viewer: str) -> None:
    state = seen(ledger, A04, viewer)["source_state"]

    assert (state["status"], state["appointed_on"], state["resigned_on"], state["observed_on"], state["source"]) == (
        "LEFT",
        "2006-08-22",
        "2009-10-30",
        "2018-08",
        "HBR",
    )
    assert seen(ledger, A01, viewer)["source_state"]["resigned_on"] == "2012-03-31"
    assert "source_state" not in seen(ledger, A04, "UNIT_HEAD")
    assert "source_state" not in seen(ledger, A05, viewer), "of some the source says nothing"


def test_ranks_stand_in_the_order_they_began(ledger: Ledger) -> None:
    assert [rank["rank"] for rank in seen(ledger, A01)["ranks"]] == ["POLICE OFFICER", "SERGEANT"]
    (unknown,) = seen(ledger, A02)["ranks"]
    assert (unknown["from"], unknown["seen_first"], unknown["seen_last"]) == (None, "2003", "2018")


def test_a_promise_taken_over_shows_its_state_at_source_and_weighs_nothing(ledger: Ledger) -> None:
    first, second = seen(ledger, "EXA-ENV", "AUDITOR")["commitments"]

    assert (first["status_raw"], first["start"], first["due_on"], first["origin"], first["weighs"]) == (
        "Substantial",
        "2014-07-01",
        "2016-06",
        "OGP",
        False,
    )
    assert [(one["observed_on"], one["level"], one["stage"]) for one in first["assessments"]] == [
        ("2015", "Limited", "PROGRESS"),
        (None, "Substantial", "END_OF_TERM"),
    ]
    assert (second["status_raw"], second["due_on"]) == ("Amber/Red", "2030")


def test_before_the_day_they_were_recorded_none_of_it_is_there(ledger: Ledger) -> None:
    """A record is absent on days before its first entry's `effective_on`, whatever days its source tells of."""
    file = integrity_file(ledger, A01, as_of=date(2012, 1, 1), as_known=ledger.size)

    assert (file["imported"], file["posts"], file["ranks"], file["commendations"]) == ([], [], [], [])
