"""`verify`: a key that is not there is a gap, a list that was edited is manipulation, a mistake of ours is neither."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.text.verification import GAP, MANIPULATION, NOTICE
from ledger.log.chain import genesis, leaf_hash, link
from ledger.log.merkle import Frontier
from ledger.reading import Logged
from ledger.storage.key_files import create_master_key
from projections import lists
from projections.views import Row
from tests.unit.api.cli.conftest import Run
from tests.unit.api.cli.test_running import UNIT, history

MASTER = Path("integrity.db.master-key")
CONFIRMED = 14
Found = dict[str, Any]


def verified(run: Run) -> tuple[int, Found]:
    result = run("verify", "--json")
    return result.exit_code, json.loads(result.stdout) if result.stdout else {}


def found(report: Found, grade: str) -> list[str]:
    return [finding["code"] for finding in report["findings"] if finding["grade"] == grade]


def change(statement: str, *parameters: object) -> None:
    with closing(sqlite3.connect("integrity.db")) as connection, connection:
        connection.execute(statement, parameters)


def edit_a_list() -> None:
    change("UPDATE view_breaches_1 SET state = 'DISMISSED' WHERE breach_id = 'B1'")


def forge(index: int, edit: Callable[[bytes], bytes]) -> None:
    """Change an entry and make every hash agree again; what was signed is gone with its sentinel."""
    with closing(sqlite3.connect("integrity.db")) as connection, connection:
        rows = connection.execute("SELECT idx, state FROM entries ORDER BY idx").fetchall()
        chain, frontier = genesis("localhost/integrity.db"), Frontier()
        for idx, state in rows:
            contents = edit(state) if idx == index else state
            leaf = leaf_hash(contents)
            chain = link(chain, leaf)
            frontier.append(leaf)
            values = (contents, leaf, chain, idx)
            connection.execute("UPDATE entries SET state = ?, leaf = ?, chain = ? WHERE idx = ?", values)
        head = (frontier.root(), chain, frontier.format())
        connection.execute("UPDATE head SET root = ?, chain = ?, frontier = ?", head)
        connection.execute("DELETE FROM checkpoints")
    Path("integrity.db.sentinel").unlink()


# Keys.


def another_master_key() -> None:
    MASTER.unlink()
    create_master_key(MASTER)


def no_key_store() -> None:
    for path in Path().glob("integrity.db.keys*"):
        path.unlink()


KEYS = {
    "no-key-file": MASTER.unlink,
    "wrong-master-key": another_master_key,
    "key-file-open": lambda: MASTER.chmod(0o644),
    "bad-key-file": lambda: MASTER.write_bytes(b"nonsense"),
    "no-key-store": no_key_store,
}


@pytest.mark.parametrize("code", KEYS)
def test_keys_that_are_not_there_are_a_gap_and_nothing_more(golden: Run, code: str) -> None:
    KEYS[code]()

    status, report = verified(golden)

    assert status == 7
    assert found(report, MANIPULATION) == []
    assert "no-keys" in found(report, GAP)
    assert any(f"({code})" in finding["what"] for finding in report["findings"])


@pytest.mark.parametrize("code", KEYS)
def test_an_edited_list_is_found_without_any_key(golden: Run, code: str) -> None:
    KEYS[code]()
    edit_a_list()

    status, report = verified(golden)

    assert status == 6
    assert found(report, MANIPULATION) == ["view-row"]
    assert "no-keys" in found(report, GAP)


# Lists.


def test_untouched_lists_are_no_finding(golden: Run) -> None:
    status, report = verified(golden)

    assert (status, found(report, MANIPULATION), found(report, GAP)) == (0, [], [])


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE view_breaches_1 SET state = 'DISMISSED'", "view-row"),
        ("UPDATE view_breaches_1 SET last_index = 'many'", "view-row"),
        ("DELETE FROM view_subjects_1", "view-row"),
        ("DROP TABLE view_checks_1", "view-row"),
        ("ALTER TABLE view_checks_1 DROP COLUMN outcome", "view-row"),
        ("UPDATE view_position SET position = 7", "view-row"),
        ("UPDATE view_position SET position = 999", "view-row"),
        ("UPDATE view_position SET position = 'many'", "lists-unreadable"),
        ("UPDATE view_breaches_1 SET state = CAST(x'ff' AS TEXT)", "store-damaged"),
    ],
)
def test_lists_that_were_tampered_with_are_found(golden: Run, statement: str, code: str) -> None:
    change(statement)

    status, report = verified(golden)

    assert status == 6
    assert set(found(report, MANIPULATION)) == {code}


def test_a_page_of_noise_in_a_list_is_found(golden: Run) -> None:
    with closing(sqlite3.connect("integrity.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'view_breaches_1'").fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    data = bytearray(Path("integrity.db").read_bytes())
    data[(page - 1) * size : page * size] = b"\xa5" * size
    Path("integrity.db").write_bytes(data)

    status, report = verified(golden)

    assert status == 6
    assert "lists: the database cannot read them" in [finding["what"] for finding in report["findings"]]


def test_lists_of_an_earlier_release_are_a_notice(golden: Run) -> None:
    change("UPDATE view_position SET schema = '0-0000000000000000'")
    change("DROP TABLE view_checks_1")

    status, report = verified(golden)

    assert (status, found(report, MANIPULATION), found(report, GAP)) == (0, [], [])
    assert "lists-outdated" in found(report, NOTICE)
    assert "views" in report["not_checked"]

    assert golden("import", history(Path(), UNIT)).exit_code == 0
    status, report = verified(golden)
    assert (status, "lists-outdated" in found(report, NOTICE), "views" in report["not_checked"]) == (0, False, False)


# Who is to blame.


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        (lambda state: state.replace(b',"severity":"GENERAL"', b""), "bad-data"),
        (lambda state: state.replace(b'"severity":"GENERAL"', b'"severity":{"a":1}'), "bad-data"),
        (lambda state: state.replace(b'"data":{', b'"dato":{'), "bad-header"),
        (lambda state: b"{}", "not-canonical"),
    ],
)
def test_an_entry_that_the_lists_cannot_be_made_of_is_found_though_every_hash_agrees(
    golden: Run, edit: Callable[[bytes], bytes], code: str
) -> None:
    forge(CONFIRMED, edit)

    status, report = verified(golden)

    assert status == 6
    assert code in found(report, MANIPULATION)
    assert CONFIRMED in [finding["index"] for finding in report["findings"]]


def mistaken(row: Row, event: Logged) -> None:
    raise KeyError("a mistake of ours")


@pytest.mark.parametrize("tampered", [False, True])
def test_a_mistake_of_ours_is_no_manipulation(golden: Run, monkeypatch: pytest.MonkeyPatch, tampered: bool) -> None:
    """Entries that are what their type says cannot be blamed for a handler that fails over them."""
    if tampered:
        edit_a_list()
    monkeypatch.setitem(lists.HANDLERS, "BreachConfirmed", mistaken)

    result = golden("verify", "--json")

    assert (result.exit_code, result.stdout) == (1, "")
    assert json.loads(result.stderr)["error"]["code"] == "unexpected"


def test_a_type_without_a_handler_is_a_mistake_of_ours(golden: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "TYPES", lists.TYPES | {"RulebookActivated"})
    forge(CONFIRMED, lambda state: state.replace(b',"severity":"GENERAL"', b""))

    assert golden("verify", "--json").exit_code == 1


def test_a_folder_that_takes_no_scratch_file_is_not_the_ledgers_fault(
    golden: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("projections.rebuild.tempfile.TemporaryDirectory", full)

    assert golden("verify").exit_code == 5


# What cannot be told.


def test_what_cannot_be_told_is_said_in_both_languages(golden: Run) -> None:
    """A request key that was taken away, and the counter of commits, contradict nothing that is kept."""
    change("UPDATE head SET touched = 0")

    status, report = verified(golden)
    chinese, english = golden("verify", "--lang", "zh").stdout, golden("verify", "--lang", "en").stdout

    assert status == 0
    for said in ("that no request key was taken away", "the counter of commits"):
        assert any(item.startswith(said) for item in report["not_checked"])
        assert said in english
    assert "请求键是否被删去" in chinese
    assert "提交次数与读取位置" in chinese


def test_two_request_keys_for_one_entry_are_found(golden: Run) -> None:
    for key in ("k", "l"):
        change("INSERT INTO request_keys VALUES ('p', ?, ?, 20, 1, NULL)", key, b"fingerprint")

    status, report = verified(golden)

    assert status == 6
    assert "request_keys: two keys point to entry 20" in [finding["what"] for finding in report["findings"]]
