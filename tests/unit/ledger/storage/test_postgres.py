from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from time import monotonic, sleep

import psycopg
import pytest

from ledger.errors import LedgerError, Unavailable
from ledger.storage.events import RequestKey
from ledger.storage.postgres import PostgresRecorder
from ledger.storage.store import Store, create_store, open_store
from tests.support.postgres import Cluster
from tests.support.storage import ORIGIN, check_log, event

pytestmark = pytest.mark.postgres

REQUEST = RequestKey("officer", "key-1", b"\x01fingerprint")


@pytest.fixture
def pg_store(postgres_url: str) -> Iterator[Store]:
    with create_store(postgres_url, ORIGIN) as store:
        yield store


@contextmanager
def absent_standby(cluster: Cluster) -> Iterator[psycopg.Connection]:
    """Commits wait for a standby that is not there; the connection given does not."""
    with psycopg.connect(cluster.url("postgres"), autocommit=True) as admin:
        admin.execute("SET synchronous_commit = off")
        try:
            admin.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            admin.execute("SELECT pg_reload_conf()")
            sleep(0.2)
            yield admin
        finally:
            admin.execute("ALTER SYSTEM RESET synchronous_standby_names")
            admin.execute("SELECT pg_reload_conf()")
            sleep(0.2)


def backend(store: Store) -> int:
    """The server process of the store's writing connection."""
    assert isinstance(store.recorder, PostgresRecorder)
    return store.recorder._writer()._connection.info.backend_pid


def waiting(admin: psycopg.Connection, pid: int) -> bool:
    row = admin.execute("SELECT wait_event FROM pg_stat_activity WHERE pid = %s", (pid,)).fetchone()
    return row is not None and row[0] == "SyncRep"


def wait_for(admin: psycopg.Connection, pid: int) -> None:
    deadline = monotonic() + 10
    while not waiting(admin, pid):
        assert monotonic() < deadline
        sleep(0.02)


def touched(store: Store) -> int:
    return int(store.recorder.query("SELECT touched FROM head")[0][0])


@pytest.mark.parametrize("setting", ["off", "local", "remote_write"])
def test_a_session_that_would_not_wait_for_durability_is_refused(postgres_url: str, setting: str) -> None:
    create_store(postgres_url, ORIGIN).close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET synchronous_commit = {setting}".encode())
    with pytest.raises(LedgerError) as refused:
        open_store(postgres_url)
    assert refused.value.code == "store-not-durable"


@pytest.mark.parametrize("setting", ["off", "local", "remote_write"])
def test_entries_cannot_be_inserted_without_waiting_for_durability(pg_store: Store, setting: str) -> None:
    """Any session may SET synchronous_commit (ASSURANCE §2.3 G); the table itself refuses."""
    recorder = pg_store.recorder
    assert isinstance(recorder, PostgresRecorder)
    recorder._writer().execute(f"SET synchronous_commit = {setting}")
    with pytest.raises(Unavailable):
        recorder.append([event()])
    assert pg_store.head().size == 0
    recorder.append([event()])  # on a new connection
    assert check_log(pg_store) == 1


def test_a_commit_that_the_standby_did_not_confirm_is_not_acknowledged(
    pg_store: Store, postgres_cluster: Cluster
) -> None:
    """A cancelled wait makes COMMIT succeed with a mere warning (ASSURANCE A1)."""
    pid = backend(pg_store)
    errors: list[Unavailable] = []

    def write() -> None:
        try:
            pg_store.recorder.append([event("thing/1")], request=REQUEST)
        except Unavailable as error:
            errors.append(error)

    writer = Thread(target=write)
    with absent_standby(postgres_cluster) as admin:
        writer.start()
        wait_for(admin, pid)
        admin.execute("SELECT pg_cancel_backend(%s)", (pid,))
        writer.join(10)
        assert [error.code for error in errors] == ["outcome-unknown"]
    # The row is there; only a retry that writes behind it may say so.
    assert pg_store.recorder.confirm_request("officer", "key-1") is not None
    assert check_log(pg_store) == 1


@pytest.mark.parametrize("how", ["confirm", "append"])
def test_a_replay_waits_for_the_standby_like_any_write(pg_store: Store, postgres_cluster: Cluster, how: str) -> None:
    """ASSURANCE A2: what merely reads the stored row would answer at once, and falsely."""
    first = pg_store.recorder.append([event("thing/1")], request=REQUEST)
    before = touched(pg_store)
    pid = backend(pg_store)
    answers: list[object] = []

    def retry() -> None:
        if how == "confirm":
            answers.append(pg_store.recorder.confirm_request("officer", "key-1"))
        else:
            answers.append(pg_store.recorder.append([event("thing/1")], request=REQUEST))

    retrying = Thread(target=retry)
    with absent_standby(postgres_cluster) as admin:
        retrying.start()
        wait_for(admin, pid)
        sleep(0.2)
        assert answers == []
    retrying.join(10)
    assert answers == [(REQUEST.fingerprint, first[0]) if how == "confirm" else first]
    assert touched(pg_store) > before
    assert check_log(pg_store) == 1


def test_a_lost_connection_is_an_unknown_outcome_and_then_forgotten(pg_store: Store, postgres_cluster: Cluster) -> None:
    pg_store.recorder.append([event()])
    pid = backend(pg_store)
    with psycopg.connect(postgres_cluster.url("postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = %s", (pid,))
        sleep(0.2)
    with pytest.raises(Unavailable) as unknown:
        pg_store.recorder.append([event()])
    assert unknown.value.code == "outcome-unknown"
    pg_store.recorder.append([event()])
    assert check_log(pg_store) == 2


def test_reading_survives_lost_connections(pg_store: Store, postgres_cluster: Cluster) -> None:
    pg_store.recorder.append([event()])
    assert pg_store.head().size == 1
    name = pg_store.url.rsplit("/", 1)[1]
    with psycopg.connect(postgres_cluster.url("postgres"), autocommit=True) as admin:
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        sleep(0.2)
    assert pg_store.head().size == 1


def test_a_head_moved_by_another_process_is_read_again(pg_store: Store) -> None:
    with open_store(pg_store.url) as other:
        for _ in range(10):
            pg_store.recorder.append([event()])
            other.recorder.append([event()])
        assert check_log(other) == 20


def test_group_writes_are_one_statement(pg_store: Store) -> None:
    """A head that moved on refuses the whole statement: nothing is inserted beside it."""
    recorder = pg_store.recorder
    assert isinstance(recorder, PostgresRecorder)
    recorder.append([event()])
    stale = recorder._newest
    with open_store(pg_store.url) as other:
        other.recorder.append([event()])
    recorder._newest = stale
    [acknowledgement] = recorder.append([event(subjects=["p"])])
    assert acknowledgement.index == 2
    assert check_log(pg_store) == 3
