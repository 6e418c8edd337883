"""What is wrong with the outbox's file has one name, whoever meets it, and is over when it is mended."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from api.outbox.backlog import Backlog, Item, forget, resume, standings, undeliverables
from api.outbox.backlog_file import OutboxUnavailable, check_place, failures_named, open_file, transaction
from ledger.errors import Invalid
from tests.unit.api.outbox.conftest import PAGE

NOBODY = 65_534


def taken(path: Path) -> None:
    """One process comes, looks and changes something."""
    held = Backlog.take(path)
    assert held is not None
    try:
        held.begin("mail", 10)
        held.due("mail", 0)
        held.done("mail", 3)
    finally:
        held.release()


EVERYBODY: tuple[Callable[[Path], object], ...] = (
    standings,
    undeliverables,
    lambda path: resume(path, "mail"),
    lambda path: forget(path, "mail"),
    taken,
)


def code_of(ask: Callable[[Path], object], path: Path) -> str | None:
    """What it is told, None where it has its answer; anything but the outbox's own errors fails the test."""
    try:
        ask(path)
    except OutboxUnavailable as error:
        return error.code
    return None


def test_a_file_that_another_holds_is_busy_and_nothing_of_it_is_lost(
    backlog: Backlog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.outbox.backlog_file.BUSY_SECONDS", 0.05)
    backlog.release()
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert {code_of(ask, path) for ask in EVERYBODY} == {"outbox-busy"}

    assert standings(path)[0].waiting == 2


def test_a_change_that_met_a_reader_can_be_made_once_that_has_gone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.outbox.backlog_file.BUSY_SECONDS", 0.05)
    held = Backlog.take(path)
    assert held is not None
    held.begin("mail", 0)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN")
        other.execute("SELECT * FROM targets").fetchall()
        with pytest.raises(OutboxUnavailable) as caught:
            held.take_in("mail", [3], 10)
        assert caught.value.code == "outbox-busy"
        other.execute("COMMIT")
        held.take_in("mail", [7], 10)

    assert held.due("mail", 0) == Item(7, 0)
    held.done("mail", 7)
    assert held.due("mail", 0) is None  # of the first change nothing was made
    held.release()


@pytest.mark.parametrize("spoilt", [b"\xff", b"\0", b"\x5a"])
def test_a_damaged_page_is_told_to_whoever_meets_it_and_to_nobody_else(
    backlog: Backlog, path: Path, spoilt: bytes
) -> None:
    backlog.give_up("mail", 3, "554")
    backlog.release()
    whole = path.read_bytes()
    for start in range(0, len(whole), PAGE):
        met = set()
        for ask in EVERYBODY:
            path.write_bytes(whole[:start] + spoilt * PAGE + whole[start + PAGE :])
            met.add(code_of(ask, path))
        assert "outbox-unreadable" in met, start
        assert met <= {None, "outbox-unreadable"}


@pytest.mark.parametrize("written", [b"CREATE INDEX items_due", b"(target, idx)", b"554 no"])
def test_text_that_is_none_is_damage(backlog: Backlog, path: Path, written: bytes) -> None:
    backlog.give_up("mail", 3, "554 no")
    backlog.release()
    whole = path.read_bytes()
    assert whole.count(written) == 1
    path.write_bytes(whole.replace(written, b"\xff" * len(written)))

    assert code_of(undeliverables, path) == "outbox-unreadable"


def test_a_process_that_holds_a_damaged_file_goes_on_once_it_is_put_back(backlog: Backlog, path: Path) -> None:
    backlog.release()
    whole = path.read_bytes()
    path.write_bytes(whole[:PAGE] + b"\xff" * (len(whole) - PAGE))
    held = Backlog.take(path)
    assert held is not None
    assert {code_of(lambda _: held.due("mail", 0), path) for _ in range(2)} == {"outbox-unreadable"}
    path.write_bytes(whole)

    assert held.due("mail", 0) == Item(3, 0)
    held.release()


def test_a_file_that_was_replaced_is_the_one_that_counts(backlog: Backlog, path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "copy")
    backlog.done("mail", 3)
    (tmp_path / "copy").replace(path)
    assert code_of(lambda _: backlog.done("mail", 7), path) == "outbox-unwritable"  # it was not put down anywhere

    backlog.done("mail", 7)
    assert backlog.due("mail", 0) == Item(3, 0)
    assert standings(path)[0].waiting == 1


def test_whoever_released_it_changes_nothing_more(backlog: Backlog, path: Path) -> None:
    backlog.release()

    assert code_of(lambda _: backlog.done("mail", 3), path) == "outbox-busy"
    assert standings(path)[0].waiting == 2


def test_a_disk_without_space_is_no_damage_and_nothing_is_half_written(backlog: Backlog, path: Path) -> None:
    rows = [("mail", index) for index in range(10, 5_000)]
    with closing(open_file(path)) as connection:
        connection.execute("PRAGMA max_page_count = 1")  # no more than it has
        with pytest.raises(OutboxUnavailable) as caught, failures_named(), transaction(connection):
            connection.executemany("INSERT INTO items (target, idx) VALUES (?, ?)", rows)

    assert caught.value.code == "outbox-unwritable"
    assert standings(path)[0].waiting == 2


def test_mistakes_of_ours_are_not_taken_for_a_damaged_file(path: Path) -> None:
    with (
        closing(open_file(path)) as connection,
        pytest.raises(sqlite3.ProgrammingError),
        failures_named(),
    ):
        connection.execute("SELECT ?", ())


def test_without_its_folder_nobody_can_take_it(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere" / "outbox", tmp_path):
        assert code_of(taken, path) == "outbox-unwritable"
    assert code_of(standings, tmp_path) == "outbox-unwritable"


# Before a server starts.


def test_a_place_is_a_file_or_none_yet_in_a_folder(backlog: Backlog, path: Path, tmp_path: Path) -> None:
    check_place(path)
    check_place(tmp_path / "another")
    assert not (tmp_path / "another").exists()
    for bad in (tmp_path / "nowhere" / "outbox", path / "outbox", tmp_path):
        assert refused(bad)


@pytest.mark.parametrize("mode", [0o555, 0o666])
def test_a_folder_that_cannot_be_written_to_is_no_place(mode: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "outbox"
        folder.chmod(0o777)
        with as_a_plain_user():
            check_place(path)
        folder.chmod(mode)
        with as_a_plain_user():
            assert refused(path)
        folder.chmod(0o700)


def test_a_file_that_cannot_be_written_to_is_no_place() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, path = Path(name), Path(name) / "outbox"
        folder.chmod(0o777)
        path.touch(0o666)
        path.chmod(0o666)
        with as_a_plain_user():
            check_place(path)
        path.chmod(0o444)
        with as_a_plain_user():
            assert refused(path)


def refused(path: Path) -> bool:
    """Whether a server would not start with it."""
    with pytest.raises(Invalid) as caught:
        check_place(path)
    return (caught.value.code, caught.value.field) == ("bad-outbox", "INTEGRITY_OUTBOX")


@contextmanager
def as_a_plain_user() -> Iterator[None]:
    """Rights hold: root has all of them."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)
