import sqlite3
import stat
from pathlib import Path
from threading import Thread

import pytest

from ledger.errors import LedgerError, Unavailable
from ledger.storage import sqlite
from ledger.storage.store import create_store, open_store
from tests.support.storage import ORIGIN, check_log, event


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


def test_every_connection_is_wal_full_and_deletes_for_good(path: Path) -> None:
    sqlite.create_file(path)
    connection = sqlite.connect(path)
    found = [
        connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous", "secure_delete")
    ]
    connection.close()
    assert found == ["wal", 2, 1]


def test_a_connection_that_is_not_durable_is_refused(path: Path) -> None:
    """A database in memory cannot be WAL: the assertion is what refuses it."""
    connection = sqlite3.connect(":memory:")
    with pytest.raises(LedgerError) as refused:
        sqlite.prepare(connection)
    connection.close()
    assert refused.value.code == "store-not-durable"


def test_the_file_is_its_owners(path: Path) -> None:
    with create_store(f"sqlite:///{path}", ORIGIN):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_index_is_the_tables_own_key(path: Path) -> None:
    """A bare rowid could be renumbered by VACUUM."""
    with create_store(f"sqlite:///{path}", ORIGIN) as store:
        store.recorder.append([event(), event()])
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT idx, rowid FROM entries").fetchall() == [(0, 0), (1, 1)]
    connection.close()


def test_a_locked_database_refuses_and_recovers(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    with create_store(f"sqlite:///{path}", ORIGIN) as store:
        other = sqlite.connect(path)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable) as refused:
            store.recorder.append([event()])
        assert refused.value.code == "store-busy"
        other.execute("ROLLBACK")
        other.close()
        store.recorder.append([event()])
        assert check_log(store) == 1


def test_a_full_disk_refuses_never_corrupts_and_recovers(path: Path) -> None:
    with create_store(f"sqlite:///{path}", ORIGIN) as store:
        assert isinstance(store.recorder, sqlite.SQLiteRecorder)
        writer = store.recorder._writer()
        ((pages,),) = writer.query("PRAGMA page_count")
        writer.query(f"PRAGMA max_page_count = {pages + 40}")
        acknowledged, codes = 0, set()
        for _ in range(400):
            try:
                acknowledged += len(store.recorder.append([event(state=bytes(500))]))
            except Unavailable as refused:
                codes.add(refused.code)
        assert codes == {"disk-full"}
        assert check_log(store) == acknowledged < 400
        writer.query("PRAGMA max_page_count = 1073741823")
        store.recorder.append([event()])
        assert check_log(store) == acknowledged + 1


def test_two_stores_on_one_file_share_one_log(path: Path) -> None:
    """The command line beside a running server: the head is read inside each transaction."""
    with create_store(f"sqlite:///{path}", ORIGIN) as one, open_store(f"sqlite:///{path}") as two:
        for _ in range(5):
            one.recorder.append([event()])
            two.recorder.append([event()])
        assert check_log(one) == check_log(two) == 10


def test_a_closed_store_refuses(path: Path) -> None:
    store = create_store(f"sqlite:///{path}", ORIGIN)
    store.recorder.append([event()])
    store.close()
    for use in (store.head, lambda: store.recorder.append([event()])):
        with pytest.raises(Unavailable) as refused:
            use()
        assert refused.value.code == "store-closed"


def test_closing_while_others_read_breaks_nothing(path: Path) -> None:
    store = create_store(f"sqlite:///{path}", ORIGIN)
    store.recorder.append([event(f"a/{n}") for n in range(2000)])
    ended: list[str] = []

    def read() -> None:
        try:
            while True:
                sum(1 for _ in store.entries())
        except Unavailable as refused:
            ended.append(refused.code)

    threads = [Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    store.close()
    for thread in threads:
        thread.join(10)
    assert ended == ["store-closed"] * 4


def test_a_thread_that_ends_takes_its_connection_along(path: Path) -> None:
    with create_store(f"sqlite:///{path}", ORIGIN) as store:
        for _ in range(20):
            thread = Thread(target=store.head)
            thread.start()
            thread.join()
        assert isinstance(store.recorder, sqlite.SQLiteRecorder)
        assert len(store.recorder._readers) == 0
