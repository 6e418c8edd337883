"""Files are found by the names of their tables and read as they are; what is wrong with the bytes has a code."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import Invalid, NotFound
from ledger.importing.errors import RowError
from ledger.importing.mapping import TableMappings
from ledger.importing.tables import MAX_LINE_BYTES, TableFile, file_digests, find_tables, read_rows

HEADER = b"unit_id,name_or_code\n"


@pytest.fixture
def units(tmp_path: Path, mapping: TableMappings) -> TableFile:
    return TableFile(mapping.tables["units"], tmp_path / "units.csv")


def rows_of(file: TableFile, content: bytes) -> list[tuple[int, list[str]]]:
    file.path.write_bytes(content)
    return list(read_rows(file))


def test_rows_have_the_number_of_their_first_line(units: TableFile) -> None:
    rows = rows_of(units, HEADER + b'U1,"two\nlines"\n\nU2,plain\r\n')

    assert rows == [(1, ["unit_id", "name_or_code"]), (2, ["U1", "two\nlines"]), (5, ["U2", "plain"])]


def test_a_byte_order_mark_is_tolerated_and_is_no_part_of_the_header(units: TableFile) -> None:
    assert rows_of(units, b"\xef\xbb\xbf" + HEADER)[0][1][0] == "unit_id"


@pytest.mark.parametrize(
    ("content", "code", "line", "says"),
    [
        ("示范市政务服务中心".encode("gb18030"), "not-utf8", 2, "GB18030"),
        (b"U1,\xff\xfe\xfa\x81", "not-utf8", 2, "encoding"),
        (b"U1,nul\0byte\n", "nul-byte", 2, "NUL"),
        (b"U1," + b"x" * (5 * 1_048_576), "line-too-long", 2, str(MAX_LINE_BYTES)),
        (b'U1,"left open\n' + b"U2,x\n" * 40_000, "line-too-long", 2, "quote"),
        (b'U1,"left open\n', "malformed-csv", 2, "quotes"),
        (b'U1,"shut"too early\n', "malformed-csv", 2, "quotes"),
    ],
    ids=["gb18030", "no-encoding", "nul", "5-MB-line", "5-MB-cell", "open-quote", "quote-in-cell"],
)
def test_bytes_that_cannot_be_read_have_code_and_line(
    units: TableFile, content: bytes, code: str, line: int, says: str
) -> None:
    with pytest.raises(RowError, match=says) as refusal:
        rows_of(units, HEADER + content)

    assert (refusal.value.code, refusal.value.table, refusal.value.line) == (code, "units", line)


def test_a_whole_file_in_utf_16_is_told_from_its_mark(units: TableFile) -> None:
    with pytest.raises(RowError, match="UTF-16"):
        rows_of(units, HEADER.decode().encode("utf-16"))


def test_a_folder_gives_its_tables_in_the_order_of_the_mapping(folder: Path, mapping: TableMappings) -> None:
    (folder / "README.md").write_text("not a table", encoding="utf-8")

    assert [file.table.name for file in find_tables([folder], mapping)] == list(mapping.tables)


def test_files_may_be_given_one_by_one(folder: Path, mapping: TableMappings) -> None:
    paths = [folder / "officials.csv", folder / "units.csv"]

    assert [file.table.name for file in find_tables(paths, mapping)] == ["units", "officials"]


def test_a_table_the_mapping_does_not_know_is_refused(folder: Path, mapping: TableMappings) -> None:
    (folder / "salaries.csv").write_text("a\n", encoding="utf-8")

    with pytest.raises(Invalid) as refusal:
        find_tables([folder], mapping)

    assert (refusal.value.code, refusal.value.field) == ("unknown-table", "salaries")


def test_a_table_given_twice_is_refused(folder: Path, mapping: TableMappings) -> None:
    with pytest.raises(Invalid) as refusal:
        find_tables([folder, folder / "units.csv"], mapping)

    assert (refusal.value.code, refusal.value.field) == ("duplicate-table", "units")


def test_without_a_table_there_is_nothing_to_import(tmp_path: Path, mapping: TableMappings) -> None:
    with pytest.raises(Invalid) as refusal:
        find_tables([tmp_path], mapping)
    assert refusal.value.code == "no-tables"

    with pytest.raises(NotFound):
        find_tables([tmp_path / "absent.csv"], mapping)


def test_one_changed_byte_changes_the_digests(folder: Path, mapping: TableMappings) -> None:
    tables = find_tables([folder], mapping)
    before = file_digests(tables)
    (folder / "units.csv").write_bytes((folder / "units.csv").read_bytes() + b"\n")

    assert len(before) == len(tables)
    assert sum(one != other for one, other in zip(before, file_digests(tables), strict=True)) == 1
