"""Tiles over HTTP: only addresses that tlog-tiles writes, nothing beyond the newest checkpoint, entries to auditors.

That they hold what they should is shown by a client of its own in `tests/conformance/test_our_log_as_tiles.py`.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from ledger.domain.access import RecordAccessed
from tests.support.http import Caller, House, golden_house, registration
from tests.unit.api.http.test_statuses import assert_problem

HASHES, BUNDLES = "/v1/ledger/tile/0", "/v1/ledger/tile/entries"
# What stands after the tile's level and is no tile of a log of fewer than 256 entries.
PLACES = (
    "", "0", "00", "0000", "000", "000.p", "000.p/", "000.p/0", "000.p/01", "000.p/256", "000.p/999", "000.p/-1",
    "000.p/1/", "000.p/1/2", "/000.p/1", "000/p/1", "x000/000.p/1", "x000.p/1", "x000/x000/000.p/1", "000.P/1",
    "-00.p/1", "001.p/1", "x001/234/067", "x001/x234/067", "x999/x999/x999/x999/x999/x999/x999/999", "000.p/1%00",
    "000.p/1%0A", "%30%30%30.p/%31%20", "..%2f000.p/1", "../0/000", "%2e%2e/checkpoint", "０００.p/1", "000.p/１",
    "x" * 5000, "9" * 5000, "x001/" * 1000 + "000",
)  # fmt: skip


@pytest.fixture(scope="module")
def auditor(door: House) -> Caller:
    return door.caller("auditor-1", "AUDITOR")


@pytest.mark.parametrize("place", PLACES)
def test_an_address_that_is_no_tiles_does_not_exist(door: House, auditor: Caller, place: str) -> None:
    for base in (HASHES, BUNDLES):
        answer = auditor.get(f"{base}/{place if '%' in place else quote(place, safe='/')}")
        assert_problem(answer, 404, "not-found")


@pytest.mark.parametrize("level", ["64", "-1", "00", "01", "0x", "８", "entries%20", "Entries", "9" * 4000, ""])
def test_a_level_that_no_tree_has_does_not_exist(door: House, level: str) -> None:
    assert_problem(door.stranger().get(f"/v1/ledger/tile/{level}/000.p/1"), 404, "not-found")


@pytest.mark.parametrize("level", [1, 2, 7, 8, 63])
def test_a_level_without_a_complete_tile_below_is_empty_and_not_served(door: House, level: int) -> None:
    assert_problem(door.stranger().get(f"/v1/ledger/tile/{level}/000.p/1"), 404, "not-found")


def test_a_partial_tile_of_every_width_up_to_the_checkpoint(door: House, auditor: Caller) -> None:
    size = door.ledger.size
    rows = list(door.ledger.store.entries())
    for width in range(1, size + 1):
        hashes = door.stranger().get(f"{HASHES}/000.p/{width}")
        assert hashes.content == b"".join(row.leaf for row in rows[:width])
        assert hashes.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert hashes.headers["content-type"] == "application/octet-stream"
    bundle = auditor.get(f"{BUNDLES}/000.p/{size}")
    assert bundle.content == b"".join(len(row.state).to_bytes(2, "big") + row.state for row in rows)
    assert bundle.headers["cache-control"] == "private, no-store"
    assert bundle.headers["content-type"] == "application/octet-stream"


def test_nothing_is_served_that_no_checkpoint_speaks_for(tmp_path: Path) -> None:
    """Else a tile could be shown before anybody has signed for it."""
    with golden_house(tmp_path, checkpoint_interval_seconds=60) as door:
        auditor, size = door.caller("auditor-1", "AUDITOR"), door.ledger.size
        hr = door.caller("hr-1", "HR", "PERSONNEL")
        acknowledged = hr.command("/v1/subjects", registration(1)).json()
        assert door.stranger().get(f"{HASHES}/000.p/{size + 1}").status_code == 404
        assert auditor.get(f"{BUNDLES}/000.p/{size + 1}").status_code == 404

        door.ledger.publish()
        tile = door.stranger().get(f"{HASHES}/000.p/{size + 1}")
        assert (tile.status_code, tile.content[-32:].hex()) == (200, acknowledged["leaf"])
        assert auditor.get(f"{BUNDLES}/000.p/{size + 1}").status_code == 200


def test_a_bundle_is_a_look_at_whoever_it_concerns(own_door: House) -> None:
    auditor, before = own_door.caller("auditor-1", "AUDITOR"), own_door.looks()
    answer = auditor.get(f"{BUNDLES}/000.p/{own_door.ledger.size}")

    assert answer.status_code == 200
    assert own_door.looks() == before + 1
    (look,) = list(own_door.ledger.access.logged(before))
    concerned = {subject for entry in own_door.ledger.logged() for subject in entry.subjects}
    assert (look.topic, look.data["scope"]) == (RecordAccessed.TOPIC, ["ENTRIES"])
    assert set(look.subjects) == concerned


def test_hashes_are_no_look(door: House) -> None:
    before = door.looks()
    assert door.stranger().get(f"{HASHES}/000.p/1").status_code == 200

    assert door.looks() == before
