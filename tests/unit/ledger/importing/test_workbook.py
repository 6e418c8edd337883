"""A workbook's sheets are read as their values; a formula is refused where it stands."""

from __future__ import annotations

import csv
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from ledger.application import Ledger
from ledger.errors import Invalid
from ledger.importing.batch import import_tables
from ledger.importing.errors import RowError
from ledger.importing.mapping import TableMappings
from ledger.importing.workbook import read_sheet, sheet_names


def workbook(path: Path, fill: Callable[[Any, Any], None]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    fill(book, book.add_worksheet("units"))
    book.close()
    return path


def test_numbers_and_dates_become_the_text_they_stand_for(tmp_path: Path) -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["unit_id", "year", "share", "day", "flag"])
        sheet.write_row(2, 0, ["U1", 2014, 0.25])
        sheet.write_datetime(2, 3, date(2020, 4, 1), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_boolean(2, 4, True)

    path = workbook(tmp_path / "a.xlsx", fill)

    assert sheet_names(path) == ["units"]
    assert list(read_sheet(path, "units")) == [
        (1, ["unit_id", "year", "share", "day", "flag"]),
        (3, ["U1", "2014", "0.25", "2020-04-01", "TRUE"]),
    ]


def test_a_formula_is_refused_with_its_cell(tmp_path: Path) -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["unit_id", "name_or_code"])
        sheet.write_formula(3, 1, '=HYPERLINK("http://example.test","x")', value="x")

    with pytest.raises(RowError) as refusal:
        list(read_sheet(workbook(tmp_path / "a.xlsx", fill), "units"))

    error = refusal.value
    assert (error.code, error.table, error.line, error.field) == ("formula-in-cell", "units", 4, "B")


def test_what_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"unit_id,name\n")

    with pytest.raises(Invalid) as refusal:
        sheet_names(path)

    assert refusal.value.code == "not-xlsx"


def test_a_workbook_that_unpacks_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", lambda _, sheet: sheet.write(0, 0, "unit_id"))
    monkeypatch.setattr("ledger.importing.workbook.MAX_UNPACKED_BYTES", 100)

    with pytest.raises(Invalid) as refusal:
        sheet_names(path)

    assert refusal.value.code == "workbook-too-large"


def test_the_sample_as_one_workbook_is_imported_like_the_folder(
    ledger: Ledger, mapping: TableMappings, folder: Path, tmp_path: Path
) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "sample.xlsx"))
    for path in sorted(folder.glob("*.csv")):
        sheet = book.add_worksheet(path.stem)
        with path.open(encoding="utf-8", newline="") as file:
            for number, cells in enumerate(csv.reader(file)):
                for column, cell in enumerate(cells):
                    sheet.write_string(number, column, cell)
    book.close()

    report = import_tables(ledger, [tmp_path / "sample.xlsx"], mapping)

    assert sum(tally.rows for tally in report.tables.values()) == 40
    assert sum(tally.imported for tally in report.tables.values()) == 39
