"""A row becomes exactly the members the mapping names; whatever it cannot read has code and column."""

from __future__ import annotations

import pytest

from ledger.errors import Invalid
from ledger.importing.errors import RowError
from ledger.importing.mapping import TableMappings, parse_mapping
from ledger.importing.rows import Row, Shape, shape_of

POSTS = b"""
id = "posts"
source = "HR"
[[table]]
name = "posts"
event = "PostAssigned"
key = ["unit", "since"]
owner = "person"
ignore = ["remark"]
[table.data]
subject_id = { column = "person", refers_to = "person", required = true }
unit_id = { column = "unit", refers_to = "unit", required = true, max_length = 20 }
level = { column = "grade", words = { high = "L1", low = "L3" } }
from = { column = "since", date = "day", required = true }
to = { column = "until", date = "day", not_before = "from" }
"""
HEADER = ["person", "unit", "grade", "since", "until", "remark"]
GOOD = ["P1", "U1", "high", "2020-01-01", "", "kept out"]


@pytest.fixture
def posts() -> TableMappings:
    return parse_mapping(POSTS)


def read(posts: TableMappings, cells: list[str], header: list[str] | None = None) -> Row:
    shape = Shape(posts, posts.tables["posts"], header or HEADER)
    row = shape.read(7, cells)
    shape.check_cells(row)
    shape.check_data(row)
    return row


def changed(**cells: str) -> list[str]:
    return [cells.get(name, cell) for name, cell in zip(HEADER, GOOD, strict=True)]


def test_a_blank_cell_leaves_its_member_out(posts: TableMappings) -> None:
    row = read(posts, GOOD)

    assert row.data == {"subject_id": "P1", "unit_id": "U1", "level": "L1", "from": "2020-01-01"}
    assert [(one.kind, one.id, one.column) for one in row.references] == [
        ("person", "P1", "person"),
        ("unit", "U1", "unit"),
    ]


def test_the_name_of_a_row_never_holds_the_person(posts: TableMappings) -> None:
    row = read(posts, GOOD)

    assert (row.record, row.owner) == ("U1/2020-01-01", "P1")


@pytest.mark.parametrize(
    ("cells", "code", "field"),
    [
        (changed(person=""), "value-missing", "person"),
        (changed(since=""), "value-missing", "since"),
        (changed(since="2023-02-30"), "impossible-date", "since"),
        (changed(since="2023"), "date-too-coarse", "since"),
        (changed(until="2019-12-31"), "ends-before-it-begins", "until"),
        (changed(grade="middling"), "unknown-word", "grade"),
        (changed(unit="U" * 21), "too-long", "unit"),
        (changed(unit="Cafe\u0301"), "not-nfc", "unit"),
        (changed(unit="U1\u200b"), "forbidden-character", "unit"),
        (changed(remark="=1+1"), "formula-in-cell", "remark"),
        (changed(remark="@SUM(A1)"), "formula-in-cell", "remark"),
        (changed(remark="-2+3+cmd|' /C calc'!A0"), "formula-in-cell", "remark"),
        (changed(remark="\t=1"), "formula-in-cell", "remark"),
        (GOOD[:-1], "ragged-row", None),
        ([*GOOD, ""], "ragged-row", None),
    ],
)
def test_a_fault_has_its_code_and_column_and_never_the_value(
    posts: TableMappings, cells: list[str], code: str, field: str | None
) -> None:
    with pytest.raises(RowError) as refusal:
        read(posts, cells)

    error = refusal.value
    assert (error.code, error.field, error.table, error.line) == (code, field, "posts", 7)
    assert not any(cell in str(error) for cell in cells if len(cell) > 3 and cell not in HEADER)


@pytest.mark.parametrize("cell", ["-5", "+86 10 1234", "-3.5%", "-", "--", "2020-01-01", "a=b", "-12/31"])
def test_signed_numbers_and_dates_are_no_formulas(posts: TableMappings, cell: str) -> None:
    assert read(posts, changed(remark=cell)).cells[-1] == cell


@pytest.mark.parametrize(
    ("header", "code", "field"),
    [
        (HEADER[1:], "missing-column", "person"),
        ([*HEADER, "salary"], "unknown-column", "salary"),
        ([*HEADER, "unit"], "duplicate-column", "unit"),
        ([*HEADER, "张三 11010519491231002X"], "unknown-column", "(unprintable name)"),
    ],
)
def test_a_header_is_met_exactly(posts: TableMappings, header: list[str], code: str, field: str) -> None:
    with pytest.raises(RowError) as refusal:
        Shape(posts, posts.tables["posts"], header)

    assert (refusal.value.code, refusal.value.field, refusal.value.line) == (code, field, 1)


def test_a_table_that_is_not_strict_lets_other_columns_be() -> None:
    loose = parse_mapping(POSTS.replace(b'owner = "person"', b'owner = "person"\nstrict = false'))

    assert read(loose, [*GOOD, "123"], [*HEADER, "salary"]).data == read(loose, GOOD).data


def test_what_the_catalogue_would_refuse_is_refused_before_anything_is_written() -> None:
    wrong = parse_mapping(POSTS.replace(b'high = "L1"', b'high = "L9"'))

    with pytest.raises(RowError) as refusal:
        read(wrong, GOOD)

    assert (refusal.value.code, refusal.value.field) == ("not-in-list", "grade")


def test_an_empty_file_has_no_header(posts: TableMappings) -> None:
    with pytest.raises(Invalid) as refusal:
        shape_of(posts, posts.tables["posts"], iter([]))

    assert refusal.value.code == "no-header"


def test_several_columns_give_the_first_that_is_filled_or_all_joined() -> None:
    assessed = parse_mapping(
        b"""
id = "assessed"
source = "OGP"
[[table]]
name = "assessed"
event = "CommitmentAssessed"
key = ["id"]
[table.data]
source = { system = true }
source_record = { columns = ["id", "round"], take = "joined" }
level = { columns = ["level", "word"] }
[table.summary]
second = "word"
"""
    )
    shape = Shape(assessed, assessed.tables["assessed"], ["id", "round", "level", "word"])

    row = shape.read(2, ["k1", "", "", "Amber"])
    shape.check_data(row)

    assert row.data == {"source": "OGP", "source_record": "k1/", "level": "Amber", "summary": {"second": "Amber"}}
