"""Where the access log lies, and the mark by which one knows that it was made."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from ledger.errors import Conflict, NotFound
from ledger.storage.access_store import (
    Mark,
    access_origin,
    access_url,
    create_access_store,
    discard_unused,
    marking,
    read_mark,
)
from ledger.storage.keys import KeyStore
from ledger.storage.store import create_store, open_store
from tests.support.storage import ORIGIN, check_log, event

LEAF = b"\x07" * 32


@pytest.fixture
def keys(tmp_path: Path) -> KeyStore:
    return KeyStore.create(f"sqlite:///{tmp_path / 'keys'}", b"\x01" * 32)


def test_on_sqlite_it_is_a_file_beside_the_ledger() -> None:
    assert access_url("sqlite:///data/city.db") == "sqlite:///data/city.db.access"


@pytest.mark.parametrize(
    ("url", "options"),
    [
        ("postgresql://u@h:5433/d", "-csearch_path=access"),
        ("postgresql://u:p%40w@h/d?sslmode=verify-full", "-csearch_path=access"),
        ("postgres://h/d?options=-cstatement_timeout%3D5s", "-cstatement_timeout=5s -csearch_path=access"),
    ],
)
def test_on_postgresql_it_is_a_schema_of_the_same_database(url: str, options: str) -> None:
    beside, own = make_url(access_url(url)), make_url(url)

    assert beside.query["options"] == options
    assert {**beside.query, "options": ""} == {**own.query, "options": ""}
    assert beside.set(query={}) == own.set(query={})


def test_two_logs_stand_side_by_side_and_do_not_touch(database_url: str) -> None:
    with create_store(database_url, ORIGIN) as ledger, create_access_store(database_url, ORIGIN) as access:
        ledger.recorder.append([event("thing/1")])
        access.recorder.append([event("thing/1"), event("thing/2")])

        assert check_log(ledger) == 1
        assert check_log(access, access_origin(ORIGIN)) == 2
    with open_store(database_url) as ledger, open_store(access_url(database_url)) as access:
        assert (ledger.head().size, access.head().size) == (1, 2)
        assert access.pending_migrations() == []


def test_there_is_none_until_it_is_made(database_url: str) -> None:
    with create_store(database_url, ORIGIN):
        discard_unused(database_url)
        with pytest.raises(NotFound):
            open_store(access_url(database_url))


def test_what_an_interrupted_opening_left_is_removed_and_looks_are_not(database_url: str) -> None:
    with create_store(database_url, ORIGIN):
        with create_access_store(database_url, ORIGIN) as access:
            access.recorder.append([event()])
        discard_unused(database_url)
        with pytest.raises(NotFound):
            open_store(access_url(database_url))

        with create_access_store(database_url, ORIGIN) as access:
            access.recorder.append([event(), event()])
        with pytest.raises(Conflict) as refused:
            discard_unused(database_url)
        assert refused.value.code == "access-log-exists"


def test_the_mark_is_left_with_the_block_and_only_once(database_url: str, keys: KeyStore) -> None:
    mark = Mark.over(LEAF, keys, ORIGIN)
    with create_store(database_url, ORIGIN) as store:
        with pytest.raises(Conflict), marking(store) as leave:  # noqa: PT012 - the block ends badly after the mark
            leave(mark)
            raise Conflict("no end to it")
        assert read_mark(store) is None

        with marking(store) as leave:
            leave(mark)
        assert read_mark(store) == mark

        with pytest.raises(Conflict), marking(store):
            pytest.fail("there is one already")
        assert read_mark(store) == mark


def test_a_mark_holds_for_its_keys_its_ledger_and_its_leaf(tmp_path: Path, keys: KeyStore) -> None:
    mark = Mark.over(LEAF, keys, ORIGIN)
    others = KeyStore.create(f"sqlite:///{tmp_path / 'others'}", b"\x02" * 32)

    assert mark.holds(keys, ORIGIN)
    assert not mark.holds(others, ORIGIN)
    assert not mark.holds(keys, "localhost/another")
    assert not Mark(b"\x08" * 32, mark.seal).holds(keys, ORIGIN)
    assert not Mark(LEAF, b"").holds(keys, ORIGIN)
    assert not Mark(LEAF, bytes([9]) + mark.seal[1:]).holds(keys, ORIGIN)


def test_an_index_row_alone_does_not_move_the_heads_time(database_url: str) -> None:
    """The head's time is its newest entry's; a verification compares them."""
    from ledger.storage.events import IndexRow

    with create_store(database_url, ORIGIN) as store:
        store.recorder.append([event()])
        before = store.head()
        store.recorder.append([], index_rows=[IndexRow("actor", b"\x01" * 33, "somebody")])
        with store.recorder.transaction():
            store.recorder.append([], index_rows=[IndexRow("actor", b"\x02" * 33, "somebody")])

        assert store.head() == before
        assert store.find("actor", b"\x02" * 33) == "somebody"
