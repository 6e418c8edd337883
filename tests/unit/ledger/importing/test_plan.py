"""The plan finds repetitions, joins and unknown names, and judges every row before one is written."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path

import pytest

from ledger.errors import Invalid
from ledger.importing.batch import IMPORTER
from ledger.importing.errors import RowError
from ledger.importing.mapping import TableMappings
from ledger.importing.plan import Plan, examine
from ledger.importing.scratch import Scratch
from ledger.importing.tables import find_tables
from ledger.line import Line
from tests.unit.ledger.importing.conftest import Edit

TODAY = date(2026, 1, 2)


def nobody(_: str, __: Collection[str]) -> Mapping[str, str]:
    return {}


def judged(folder: Path, mapping: TableMappings) -> Plan:
    with Scratch() as scratch:
        return examine(find_tables([folder], mapping), mapping, scratch, nobody)


def planned(folder: Path, mapping: TableMappings, table: str) -> list[Line]:
    with Scratch() as scratch:
        plan = examine(find_tables([folder], mapping), mapping, scratch, nobody)
        assert plan.rejected == []
        (file,) = [file for file in plan.tables if file.table.name == table]
        return [one.line for chunk in plan.lines(file, IMPORTER, TODAY) for one in chunk]


def by_record(lines: list[Line]) -> dict[str, Line]:
    return {line.source["record"]: line for line in lines if line.source is not None}


def test_every_line_says_where_it_was_taken_over_from(folder: Path, mapping: TableMappings) -> None:
    (first, *_) = planned(folder, mapping, "breaches")

    assert first.source == {"system": mapping.source, "record": "b00000000000b01"}
    assert (first.effective_on, first.actor, first.number) == (TODAY, IMPORTER, 2)


def test_no_persons_id_stands_in_the_source_of_a_line(folder: Path, mapping: TableMappings) -> None:
    lines = [line for table in mapping.tables for line in planned(folder, mapping, table)]

    assert len(lines) == 39
    assert [line.type for line in lines if "o0000" in str(line.source)] == []


def test_a_repeated_row_keeps_its_id_and_points_to_the_first(folder: Path, mapping: TableMappings) -> None:
    records = by_record(planned(folder, mapping, "breaches"))

    assert {record: line.data["duplicate_of"] for record, line in records.items() if "duplicate_of" in line.data} == {
        "b00000000000b05": "b00000000000b04"
    }


def test_rows_without_a_person_go_to_case_and_unit(folder: Path, mapping: TableMappings) -> None:
    records = by_record(planned(folder, mapping, "breaches"))
    with_unit, without_unit = records["b00000000000b07"].data, records["b00000000000b08"].data

    assert "subject_id" not in with_unit
    assert (with_unit["unit_id"], with_unit["case_ref"]) == ("HBR-058", "c0000000000c005")
    assert not {"subject_id", "unit_id"} & without_unit.keys()
    assert without_unit["case_ref"] == "c0000000000c006"


def test_dates_keep_their_precision_and_none_is_invented(folder: Path, mapping: TableMappings) -> None:
    data = by_record(planned(folder, mapping, "breaches"))["b00000000000b09"].data

    assert (data["occurred_on"], data["decided_on"]) == ("2021", "2022-09")
    assert "reported_on" not in data


def test_an_observation_is_about_the_one_record_of_its_case_and_person(folder: Path, mapping: TableMappings) -> None:
    observed = by_record(planned(folder, mapping, "finding_events"))

    assert {record: line.data["source_record"] for record, line in observed.items()} == {
        "e00000000000e01": "b00000000000b01",  # the only allegation of the case
        "e00000000000e02": "b00000000000b02",  # one of two, in the same category
        "e00000000000e03": "e00000000000e03",  # of no case we know: on its own
    }


def test_an_observation_that_fits_two_records_stands_on_its_own(edit: Edit, mapping: TableMappings) -> None:
    folder = edit("finding_events", "a0000000001,10V,", "a0000000001,99Z,")

    observed = by_record(planned(folder, mapping, "finding_events"))

    assert observed["e00000000000e02"].data["source_record"] == "e00000000000e02"


def test_an_assignment_without_its_first_day_is_left_out_with_the_reason(folder: Path, mapping: TableMappings) -> None:
    plan = judged(folder, mapping)

    assert [one.as_json() for one in plan.left_out] == [
        {
            "table": "unit_history",
            "line": 5,
            "field": "from",
            "code": "value-missing",
            "detail": "this column must not be blank",
        }
    ]
    assert plan.rejected == []


@pytest.mark.parametrize(
    ("table", "old", "new", "code", "line", "field"),
    [
        ("breaches", "b01,o00000000000a01,HBR-057", "b01,o00000000000a01,HBR-999", "unknown-unit", 2, "unit_id"),
        ("breaches", "b01,o00000000000a01,", "b01,o00000000000zzz,", "unknown-person", 2, "official_id"),
        ("breaches", "b01,o00000000000a01,", "b01,HBR-001,", "unknown-person", 2, "official_id"),
        (
            "breaches",
            "b01,o00000000000a01,HBR-057",
            "b01,o00000000000a01,o00000000000a02",
            "unknown-unit",
            2,
            "unit_id",
        ),
        ("breaches", "1989-03-04", "1989-02-30", "impossible-date", 2, "incident_date"),
        ("breaches", "b00000000000b02,", "b00000000000b01,", "duplicate-key", 3, "record_id"),
        ("breaches", "REINSTATED BY POLICE BOARD", "=cmd|' /C calc'!A0", "formula-in-cell", 4, "penalty"),
        ("units", "HBR,Harbour", "HBR-001,Harbour", "unknown-unit", 3, "parent_unit_id"),
        ("officials", "a02,HBR-001", "a01,HBR-001", "duplicate-key", 3, "official_id"),
        ("commitment_updates", "k00000000000f02", "k00000000000f09", "unknown-commitment", 4, "record_id"),
        ("commendations", "PENDING APPROVAL", "LOST", "unknown-word", 4, "status"),
    ],
)
def test_a_row_that_cannot_be_imported_is_named(
    edit: Edit, mapping: TableMappings, table: str, old: str, new: str, code: str, line: int, field: str
) -> None:
    first = judged(edit(table, old, new), mapping).rejected[0]

    assert (first.table, first.line, first.field, first.code) == (table, line, field, code)


def test_a_row_that_names_a_row_left_out_is_rejected_too(edit: Edit, mapping: TableMappings) -> None:
    plan = judged(edit("officials", "o00000000000a04,,CROSSING", "o00000000000a04,,=CROSSING"), mapping)

    assert {(one.table, one.code) for one in plan.rejected} == {
        ("officials", "formula-in-cell"),
        ("breaches", "unknown-person"),
        ("commendations", "unknown-person"),
    }


def test_every_row_is_counted(folder: Path, mapping: TableMappings) -> None:
    assert {name: tally.rows for name, tally in judged(folder, mapping).tallies.items()} == {
        "units": 6,
        "officials": 5,
        "unit_history": 5,
        "rank_history": 2,
        "breaches": 10,
        "finding_events": 3,
        "commendations": 3,
        "commitments": 2,
        "commitment_updates": 3,
        "status_revisions": 1,
    }


def test_the_wrong_mapping_is_not_tried_to_the_end(folder: Path, mapping: TableMappings) -> None:
    lines = (folder / "units.csv").read_text(encoding="utf-8").splitlines()
    lines += [f"X{number:05},name,NOWHERE,X,active" for number in range(1_500)]
    (folder / "units.csv").write_text("\n".join(lines), encoding="utf-8")

    with pytest.raises(RowError, match="is the mapping the right one") as refusal:
        judged(folder, mapping)

    assert refusal.value.code == "unknown-unit"


def test_a_file_that_changed_after_it_was_examined_is_not_written(folder: Path, mapping: TableMappings) -> None:
    with Scratch() as scratch:
        plan = examine(find_tables([folder], mapping), mapping, scratch, nobody)
        with (folder / "units.csv").open("a", encoding="utf-8") as file:
            file.write("NEW,New unit,,X,active\n")

        with pytest.raises(Invalid) as refusal:
            list(plan.lines(plan.tables[0], IMPORTER, TODAY))

    assert refusal.value.code == "input-changed"
