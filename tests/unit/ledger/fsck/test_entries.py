"""Who is to blame when a reader stumbles: an entry that is not of its form, or nobody but the reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.demo import EDITIONS, city_lines
from ledger.fsck.entries import Entries, first_misfit, has_form_of_type
from ledger.fsck.headers import Header, Stated
from ledger.importing.batch import import_tables
from ledger.importing.mapping import load_mapping
from ledger.line import line_of
from ledger.opening import create, create_from_history
from ledger.rulebook.edition import shipped_edition
from tests.support.scene import Scene
from tests.support.shared import shared_path

CONFIRMED = {"breach_id": "B1", "severity": "GENERAL", "decision_on": "2025-03-20", "publicity": False}


def stated(type_: str, data: dict[str, Any]) -> Stated:
    header = {"v": 0, "origin": "o", "id": "i", "type": "t", "stream": "s", "effective_on": "2025-01-01"}
    return Stated(0, 1, type_, msgspec.convert({**header, "actor": {}, "data": data}, Header))


@pytest.mark.parametrize(
    ("data", "fits"),
    [
        (CONFIRMED, True),  # its personal members lie in sections
        ({**CONFIRMED, "breach_id": "用\u202e"}, True),  # a rule for values, not for the form
        ({name: value for name, value in CONFIRMED.items() if name != "severity"}, False),
        ({**CONFIRMED, "severity": 7}, False),
        ({**CONFIRMED, "severity": "GRAVE"}, False),
        ({**CONFIRMED, "publicity": "no"}, False),
        ({**CONFIRMED, "colour": "red"}, False),
        ({}, False),
    ],
)
def test_data_have_the_form_of_their_type(data: dict[str, Any], fits: bool) -> None:
    assert has_form_of_type(stated("BreachConfirmed", data)) is fits


def test_no_entry_that_the_ledger_writes_can_be_blamed(tmp_path: Path, scene: Scene) -> None:
    lines = [line_of(line, number) for number, line in enumerate(city_lines(), start=1)]
    editions = [shipped_edition(name) for name in EDITIONS]
    city = create_from_history(f"sqlite:///{tmp_path / 'city.db'}", lines, digest_of=b"city", editions=editions)
    sample = create(f"sqlite:///{tmp_path / 'sample.db'}")
    import_tables(sample, [shared_path("data", "real-sample")], load_mapping("public-records"))

    for ledger in (city, sample, scene.ledger):
        assert first_misfit(ledger.store) is None
    for ledger in (city, sample):
        ledger.close()


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda state: state.replace(b'"kind":"PERSON"', b'"kind":7'), "bad-data"),
        (lambda state: state.replace(b'"data":{', b'"data":{"a":1,'), "bad-data"),
        (lambda state: state[:-1], "not-canonical"),
        (lambda state: b"", "not-canonical"),
    ],
)
def test_the_first_entry_at_fault_is_named(scene: Scene, edit: Callable[[bytes], bytes], code: str) -> None:
    index = next(row.index for row in scene.store.entries() if b'"kind":"PERSON"' in row.state)
    whole = scene.store.entry(index).state
    write(scene, index, edit(whole))
    try:
        found = first_misfit(scene.store)
    finally:
        write(scene, index, whole)

    assert found is not None
    assert (found.index, found.code) == (index, code)


def write(scene: Scene, index: int, state: bytes) -> None:
    with scene.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE entries SET state = ? WHERE idx = ?", (state, index))


def test_entries_are_read_without_a_key(scene: Scene) -> None:
    scene.promise("2025-01-10")
    entries = Entries(scene.store)

    assert entries.size == scene.ledger.size
    assert list(entries.logged(2, entries.size)) == list(scene.ledger.logged(2, scene.ledger.size))
