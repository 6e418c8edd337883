"""The sentinel: append-only, one newest checkpoint per log, and of two who sign at once only one succeeds."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.errors import Conflict, Refused, Unavailable
from ledger.log.checkpoint import Checkpoint
from ledger.log.note import sign_note
from ledger.storage.sentinel import Sentinel, SentinelMoved, open_sentinel

ORIGIN, OTHER = "localhost/a", "localhost/a/access"
KEY = Ed25519PrivateKey.generate()


def note(size: int, origin: str = ORIGIN, root: int = 0) -> str:
    return sign_note(Checkpoint(origin, size, bytes([root]) * 32).format(), origin, KEY).format()


@pytest.fixture
def sentinel(tmp_path: Path) -> Sentinel:
    return Sentinel.create(tmp_path / "sentinel")


def test_it_knows_nothing_at_first_and_then_the_newest_of_each_log(sentinel: Sentinel) -> None:
    assert sentinel.newest(ORIGIN) is None
    sentinel.advance(ORIGIN, None, note(1))
    sentinel.advance(ORIGIN, note(1), note(5))
    sentinel.advance(OTHER, None, note(2, OTHER))

    assert sentinel.newest(ORIGIN) == note(5)
    assert sentinel.newest(OTHER) == note(2, OTHER)
    assert list(sentinel.all(ORIGIN)) == [note(1), note(5)]


def test_what_came_behind_a_mark_can_be_told_apart(sentinel: Sentinel) -> None:
    sentinel.advance(ORIGIN, None, note(1))
    mark = sentinel.mark()
    sentinel.advance(ORIGIN, note(1), note(2))

    assert sentinel.newest(ORIGIN, upto=mark) == note(1)
    assert list(sentinel.all(ORIGIN, upto=mark)) == [note(1)]
    assert list(sentinel.all(ORIGIN, after=mark)) == [note(2)]


@pytest.mark.parametrize(
    ("old", "new"),
    [(None, note(2)), (note(2), note(3)), (note(1, root=1), note(3))],
    ids=["as if it were the first", "behind one never seen", "behind another of that size"],
)
def test_only_who_saw_the_newest_may_advance_it(sentinel: Sentinel, old: str | None, new: str) -> None:
    sentinel.advance(ORIGIN, None, note(1))
    with pytest.raises(SentinelMoved):
        sentinel.advance(ORIGIN, old, new)
    assert list(sentinel.all(ORIGIN)) == [note(1)]


@pytest.mark.parametrize("new", [note(4), note(9, OTHER)], ids=["smaller", "another log's"])
def test_it_never_goes_back_and_keeps_logs_apart(sentinel: Sentinel, new: str) -> None:
    sentinel.advance(ORIGIN, None, note(5))
    with pytest.raises(Refused) as refused:
        sentinel.advance(ORIGIN, note(5), new)
    assert refused.value.code == "sentinel-order"


def test_of_many_who_sign_at_once_one_succeeds(sentinel: Sentinel) -> None:
    sentinel.advance(ORIGIN, None, note(1))

    def sign(root: int) -> bool:
        try:
            sentinel.advance(ORIGIN, note(1), note(2, root=root))
        except SentinelMoved:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(sign, range(16)))
    assert won.count(True) == 1
    assert list(sentinel.all(ORIGIN)) == [note(1), note(2, root=won.index(True))]


@pytest.mark.parametrize("statement", ["DELETE FROM checkpoints", "UPDATE checkpoints SET size = 9"])
def test_nothing_in_it_is_changed_or_taken_away(sentinel: Sentinel, statement: str) -> None:
    sentinel.advance(ORIGIN, None, note(1))
    with closing(sqlite3.connect(sentinel.path)) as connection, pytest.raises(sqlite3.IntegrityError):
        connection.execute(statement)
    assert sentinel.newest(ORIGIN) == note(1)


def test_one_that_is_there_is_never_made_anew(sentinel: Sentinel) -> None:
    with pytest.raises(Conflict) as refused:
        Sentinel.create(sentinel.path)
    assert refused.value.code == "sentinel-exists"


@pytest.mark.parametrize("place", [None, "nowhere"])
def test_one_that_is_not_there_is_refused(tmp_path: Path, place: str | None) -> None:
    with pytest.raises(Refused) as refused:
        open_sentinel(None if place is None else tmp_path / place)
    assert refused.value.code == "no-sentinel"


def test_a_file_that_is_no_sentinel_cannot_be_used(tmp_path: Path) -> None:
    path = tmp_path / "other"
    path.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    with pytest.raises(Unavailable) as refused:
        open_sentinel(path)
    assert refused.value.code == "sentinel-unavailable"


def test_discarding_leaves_no_file(sentinel: Sentinel) -> None:
    sentinel.advance(ORIGIN, None, note(1))
    sentinel.discard()
    assert list(sentinel.path.parent.iterdir()) == []


def test_it_is_whole_however_it_grew(sentinel: Sentinel) -> None:
    assert sentinel.whole()
    for size in (1, 2, 30):
        sentinel.advance(ORIGIN, sentinel.newest(ORIGIN), note(size))
        sentinel.advance(OTHER, sentinel.newest(OTHER), note(size, OTHER))
    assert sentinel.whole()


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT 1",  # its guard is off, which is enough
        "DELETE FROM checkpoints WHERE place = 2",
        "UPDATE checkpoints SET place = 9 WHERE place = 3",
        "UPDATE checkpoints SET origin = 'localhost/b' WHERE place = 1",
        "UPDATE checkpoints SET size = 3 WHERE place = 1",
        "UPDATE checkpoints SET note = 'x' WHERE place = 1",
        "CREATE TABLE more (x)",
    ],
)
@pytest.mark.parametrize("guarded", [False, True])
def test_what_was_done_to_it_behind_its_back_is_seen(sentinel: Sentinel, statement: str, guarded: bool) -> None:
    for size in (1, 2, 3):
        sentinel.advance(ORIGIN, sentinel.newest(ORIGIN), note(size))
    with closing(sqlite3.connect(sentinel.path)) as file, file:
        guards = file.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            file.execute(f"DROP TRIGGER {name}")
        file.execute(statement)
        for _, text in guards if guarded else ():
            file.execute(text)

    assert sentinel.whole() == (guarded and statement == "SELECT 1")
