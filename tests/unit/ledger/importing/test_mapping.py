"""A mapping is closed: what it does not know, or what cannot work, is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.errors import Invalid, NotFound
from ledger.importing.mapping import load_mapping, parse_mapping

SMALL = """
id = "small"
source = "SMALL"
[[table]]
name = "people"
event = "SubjectRegistered"
owner = "id"
[table.data]
subject_id = { column = "id" }
kind = { value = "PERSON" }
"""


def test_the_shipped_mapping_reads_the_tables_in_the_order_of_what_they_need() -> None:
    mapping = load_mapping("public-records")

    assert list(mapping.tables) == [
        "units",
        "officials",
        "unit_history",
        "rank_history",
        "breaches",
        "finding_events",
        "commendations",
        "commitments",
        "commitment_updates",
        "status_revisions",
    ]


def test_no_key_that_stands_in_an_entry_names_a_person() -> None:
    personal = {"official_id"}

    assert [table.name for table in load_mapping("public-records").table if personal.intersection(table.key)] == []


def test_a_mapping_file_is_read_like_a_shipped_one(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text(SMALL, encoding="utf-8")

    assert load_mapping(path) == parse_mapping(SMALL.encode())


def test_a_changed_mapping_has_another_digest() -> None:
    assert parse_mapping(SMALL.encode()).digest != parse_mapping(SMALL.encode() + b"# a remark\n").digest


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (('source = "SMALL"', ""), "source"),
        (('owner = "id"', 'owner = "id"\nowners = "id"'), "table.0.owners"),
        (('owner = "id"', ""), "table.0"),
        (('{ column = "id" }', '{ column = "id", value = "x" }'), "table.0.data.subject_id"),
        (('{ column = "id" }', '{ column = "id", system = true }'), "table.0.data.subject_id"),
        (('{ column = "id" }', '{ column = "id", formats = ["YYYY"] }'), "table.0.data.subject_id"),
        (('{ column = "id" }', '{ column = "id", date = "any", not_before = "from" }'), "table.0"),
        (('{ column = "id" }', '{ column = "id", record_of = "cases", by = [["id"]] }'), "mapping"),
        (("subject_id =", "Subject-Id ="), "table.0"),
        (('owner = "id"', 'owner = "id"\nignore = ["id"]'), "table.0"),
        (('{ column = "id" }', '{ column = "id", date = "any", formats = ["MM"] }'), "formats"),
        (('id = "small"', 'id = "small"\ndigest = "00"'), "digest"),
    ],
)
def test_a_mapping_that_cannot_work_is_refused_with_its_place(change: tuple[str, str], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_mapping(SMALL.replace(*change, 1).encode())

    assert refusal.value.code == "bad-mapping"
    assert refusal.value.field == place


def test_what_is_not_toml_is_refused() -> None:
    with pytest.raises(Invalid, match="not a TOML file"):
        parse_mapping(b"id = ")


@pytest.mark.parametrize("name", ["nothing-of-that-name", "absent.toml", "../mapping"])
def test_a_mapping_that_is_not_there_is_not_found(name: str) -> None:
    with pytest.raises(NotFound) as refusal:
        load_mapping(name)

    assert refusal.value.code == "no-such-mapping"
