"""A batch is written whole or named row by row; what was written once is never written again."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from ledger.application import Ledger
from ledger.errors import Refused
from ledger.importing import batch, plan
from ledger.importing.batch import BatchStopped, ImportReport, import_tables
from ledger.importing.mapping import TableMappings
from ledger.line import LineActor
from tests.unit.ledger.importing.conftest import Edit

WRITTEN = 39  # of the 40 rows of the sample one is left out


def imported(report: ImportReport) -> int:
    return sum(tally.imported for tally in report.tables.values())


def reasons(report: ImportReport) -> Counter[str]:
    return sum((tally.reasons for tally in report.tables.values()), Counter())


def account(report: ImportReport) -> None:
    """Every row of every table is imported, or skipped with a reason."""
    for name, table in report.as_json()["tables"].items():
        assert table["rows"] == table["imported"] + table["skipped"], name
        assert table["skipped"] == sum(table["reasons"].values()), name


def test_the_sample_is_imported_and_every_row_accounted_for(
    ledger: Ledger, mapping: TableMappings, folder: Path
) -> None:
    report = import_tables(ledger, [folder], mapping)

    account(report)
    assert imported(report) == WRITTEN
    assert reasons(report) == {"value-missing": 1}
    assert report.rejected == []
    assert report.size == ledger.size == 1 + WRITTEN + 1


def test_the_closing_entry_holds_digest_and_counts_and_the_rows_left_out_are_its_document(
    ledger: Ledger, mapping: TableMappings, folder: Path
) -> None:
    report = import_tables(ledger, [folder], mapping)
    (closing,) = ledger.by_type("SourceBatchImported", ledger.size)

    assert (closing.data["digest"], closing.data["accepted"], closing.data["rejected"]) == (report.batch, WRITTEN, 1)
    assert closing.index == ledger.size - 1
    document = ledger.store.document(bytes.fromhex(closing.data["rejects_digest"]))
    assert document is not None
    assert json.loads(document) == [{"code": "value-missing", "field": "from", "line": 5, "table": "unit_history"}]


def test_a_second_import_of_the_same_batch_writes_nothing(ledger: Ledger, mapping: TableMappings, folder: Path) -> None:
    first = import_tables(ledger, [folder], mapping)
    second = import_tables(ledger, [folder], mapping)

    account(second)
    assert imported(second) == 0
    assert reasons(second) == {"already-imported": 40}
    assert (second.batch, second.size) == (first.batch, first.size)


def test_the_same_files_elsewhere_are_the_same_batch(
    ledger: Ledger, mapping: TableMappings, folder: Path, tmp_path: Path
) -> None:
    import_tables(ledger, [folder], mapping)

    again = import_tables(ledger, [Path(shutil.copytree(folder, tmp_path / "copy"))], mapping)

    assert imported(again) == 0


def test_a_later_release_adds_only_what_is_new(ledger: Ledger, mapping: TableMappings, folder: Path) -> None:
    import_tables(ledger, [folder], mapping)
    with (folder / "units.csv").open("a", encoding="utf-8") as file:
        file.write("HBR-059,New district,HBR,HBR,active\n")

    report = import_tables(ledger, [folder], mapping)

    account(report)
    assert imported(report) == 1
    assert reasons(report) == {"value-missing": 1, "already-imported": WRITTEN}
    assert len(ledger.by_type("SourceBatchImported", ledger.size)) == 2


def test_a_part_of_the_tables_leans_on_what_the_ledger_has(
    ledger: Ledger, mapping: TableMappings, folder: Path
) -> None:
    import_tables(ledger, [folder / "units.csv", folder / "officials.csv"], mapping)

    report = import_tables(ledger, [folder / "breaches.csv"], mapping)

    assert imported(report) == 10


def test_what_the_ledger_has_keeps_its_kind(ledger: Ledger, mapping: TableMappings, edit: Edit) -> None:
    folder = edit("breaches", "b01,o00000000000a01,HBR-057", "b01,HBR-001,HBR-057")
    import_tables(ledger, [folder / "units.csv", folder / "officials.csv"], mapping)

    with pytest.raises(BatchStopped) as refusal:
        import_tables(ledger, [folder / "breaches.csv"], mapping)

    assert (refusal.value.code, refusal.value.field) == ("unknown-person", "official_id")


def test_a_batch_that_was_interrupted_is_finished_by_running_it_again(
    ledger: Ledger, mapping: TableMappings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "CHUNK_ROWS", 4)

    def interrupt(table: str, done: int, total: int) -> None:
        if table == "breaches" and total and done >= 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_tables(ledger, [folder], mapping, progress=interrupt)
    before = ledger.size
    assert 1 < before < 1 + WRITTEN

    report = import_tables(ledger, [folder], mapping)

    account(report)
    assert imported(report) == WRITTEN - (before - 1)
    assert reasons(report)["already-imported"] == before - 1
    assert ledger.size == 1 + WRITTEN + 1


def test_a_dry_run_reports_like_the_import_and_writes_nothing(
    ledger: Ledger, mapping: TableMappings, folder: Path
) -> None:
    rehearsed = import_tables(ledger, [folder], mapping, dry_run=True)
    assert ledger.size == rehearsed.size == 1

    report = import_tables(ledger, [folder], mapping)

    assert rehearsed.as_json()["tables"] == report.as_json()["tables"]
    assert rehearsed.batch == report.batch


def test_a_dry_run_lists_the_rows_that_would_stop_the_batch(ledger: Ledger, mapping: TableMappings, edit: Edit) -> None:
    report = import_tables(ledger, [edit("breaches", "1989-03-04", "1989-02-30")], mapping, dry_run=True)

    account(report)
    assert [(one.table, one.line, one.field, one.code) for one in report.rejected] == [
        ("breaches", 2, "incident_date", "impossible-date")
    ]
    assert ledger.size == 1


def test_one_row_at_fault_stops_the_batch_before_its_first_line(
    ledger: Ledger, mapping: TableMappings, edit: Edit
) -> None:
    folder = edit("status_revisions", "2024-04-02", "2024-04-31")

    with pytest.raises(BatchStopped) as refusal:
        import_tables(ledger, [folder], mapping)

    error = refusal.value
    assert (error.code, error.table, error.line, error.field) == (
        "impossible-date",
        "status_revisions",
        2,
        "observed_on",
    )
    account(error.report)
    assert reasons(error.report) == {"not-written": 38, "value-missing": 1, "impossible-date": 1}
    assert ledger.size == 1


def test_refused_rows_are_left_out_where_the_caller_wants_it(
    ledger: Ledger, mapping: TableMappings, edit: Edit
) -> None:
    report = import_tables(ledger, [edit("breaches", "1989-03-04", "1989-02-30")], mapping, skip_refused=True)

    account(report)
    assert imported(report) == WRITTEN - 1
    assert [one.code for one in report.rejected] == ["impossible-date"]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ("unit_id,name_or_code\n", "missing-column"),
        ("unit_id,name_or_code,parent_unit_id,source,status,boss\n", "unknown-column"),
        ("unit_id,unit_id,name_or_code,parent_unit_id,source,status\n", "duplicate-column"),
        ("单位,名称\n", "missing-column"),
    ],
)
def test_a_file_of_another_shape_stops_the_batch(
    ledger: Ledger, mapping: TableMappings, folder: Path, content: str, code: str
) -> None:
    (folder / "units.csv").write_text(content, encoding="utf-8")

    with pytest.raises(BatchStopped) as refusal:
        import_tables(ledger, [folder], mapping)

    assert (refusal.value.code, refusal.value.table, refusal.value.line) == (code, "units", 1)
    assert ledger.size == 1


def test_a_file_in_gb18030_stops_the_batch(ledger: Ledger, mapping: TableMappings, folder: Path) -> None:
    path = folder / "breaches.csv"
    path.write_bytes(path.read_text(encoding="utf-8").encode("gb18030"))

    with pytest.raises(BatchStopped, match="GB18030") as refusal:
        import_tables(ledger, [folder], mapping)

    assert refusal.value.code == "not-utf8"
    assert ledger.size == 1


def test_an_actor_in_another_role_imports_nothing(ledger: Ledger, mapping: TableMappings, folder: Path) -> None:
    with pytest.raises(Refused) as refusal:
        import_tables(ledger, [folder], mapping, actor=LineActor("somebody", "EXPERT"))

    assert refusal.value.code == "role-not-allowed"
    assert ledger.size == 1


def test_the_actor_of_every_line_is_the_one_given(ledger: Ledger, mapping: TableMappings, folder: Path) -> None:
    import_tables(ledger, [folder], mapping, actor=LineActor("registrar", batch.IMPORTER.role))

    assert len({entry.actor["id"] for entry in ledger.logged(1)}) == 1
    assert {entry.actor["role"] for entry in ledger.logged(1)} == {"CREDIT"}


def test_no_id_of_a_person_and_no_personal_text_stands_in_an_entry(
    ledger: Ledger, mapping: TableMappings, folder: Path
) -> None:
    import_tables(ledger, [folder], mapping)
    entries = b"".join(row.state for row in ledger.store.entries())

    for canary in (
        "o00000000000a01",
        "o00000000000a05",
        "Vacation: 5 days",
        "开除党籍",
        "CROSSING GUARD",
        "EXCESSIVE FORCE",
    ):
        assert canary.encode() not in entries, canary
    assert b"b00000000000b01" in entries
