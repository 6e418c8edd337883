"""The two databases, and who writes to them: the bare driver, the framework's own recorder, ours. Each store is fresh.

The raw side inserts the same 500-byte state unchained, one row per transaction or many, as fast as the driver lets it:
prepared on PostgreSQL, from arrays where there are many.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from unittest.mock import patch
from uuid import uuid4

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from ledger.storage.events import Disclosure, LedgerStoredEvent, RequestKey
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.store import create_store
from tests.bench.turns import Act
from tests.support.postgres import Cluster

STATE = json.dumps({"note": os.urandom(244).hex()}, separators=(",", ":")).encode()
assert len(STATE) == 499
TOPIC = "breach.confirmed.v1"
_numbers = count()

RAW_TABLE = (
    "CREATE TABLE e "
    "(idx {key} PRIMARY KEY, stream TEXT, version BIGINT, topic TEXT, state {bytes}, UNIQUE (stream, version))"
)


def events(amount: int) -> list[StoredEvent]:
    """That many events of one new stream."""
    stream = f"breach/{uuid4()}"
    return [StoredEvent(stream, version, TOPIC, STATE) for version in range(1, amount + 1)]


def insert(recorder: ApplicationRecorder, amount: int = 1) -> Act:
    """Insert events by one call."""

    def act() -> int:
        recorder.insert_events(events(amount))
        return amount

    return act


def command(recorder: ChainedRecorder) -> Act:
    """A whole command's write: entry, two subjects, two disclosures, request key, head."""

    def act() -> int:
        (event,) = events(1)
        subjects = (str(uuid4()), str(uuid4()))
        disclosures = tuple(Disclosure(section, subjects[0], "CASE", STATE[:160]) for section in ("summary", "reasons"))
        stored = LedgerStoredEvent(event.originator_id, 1, TOPIC, STATE, subjects=subjects, disclosures=disclosures)
        recorder.append([stored], request=RequestKey("bench", str(uuid4()), STATE[:33]))
        return 1

    return act


@contextmanager
def raw_sqlite(folder: Path, amount: int) -> Iterator[Act]:
    connection = sqlite3.connect(folder / f"raw{next(_numbers)}.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(RAW_TABLE.format(key="INTEGER", bytes="BLOB"))

    def act() -> int:
        rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in events(amount)]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO e (stream, version, topic, state) VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        return amount

    yield act
    connection.close()


@contextmanager
def raw_postgres(url: str, amount: int) -> Iterator[Act]:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(RAW_TABLE.format(key="BIGSERIAL", bytes="BYTEA").encode())
        cursor = connection.cursor()

        def act() -> int:
            rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in events(amount)]
            if amount == 1:
                cursor.execute(
                    b"INSERT INTO e (stream, version, topic, state) VALUES (%s, %s, %s, %s)", rows[0], prepare=True
                )
            else:
                cursor.execute(
                    b"INSERT INTO e (stream, version, topic, state) "
                    b"SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])",
                    [list(column) for column in zip(*rows, strict=True)],
                    prepare=True,
                )
            return amount

        yield act


@contextmanager
def framework_sqlite(folder: Path) -> Iterator[ApplicationRecorder]:
    from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

    datastore = SQLiteDatastore(
        str(folder / f"framework{next(_numbers)}.db"), lock_timeout=30, pool_size=70, originator_id_type="text"
    )
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    yield recorder
    datastore.close()


def framework_environment(url: str) -> dict[str, str]:
    """How the framework is told of a database."""
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    return {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(parts["dbname"]),
        "POSTGRES_HOST": str(parts["host"]),
        "POSTGRES_PORT": str(parts["port"]),
        "POSTGRES_USER": str(parts["user"]),
        "POSTGRES_PASSWORD": "none",
        "ORIGINATOR_ID_TYPE": "text",
    }


@contextmanager
def framework_postgres(url: str) -> Iterator[ApplicationRecorder]:
    from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore

    told = framework_environment(url)
    datastore = PostgresDatastore(
        *(told[f"POSTGRES_{name}"] for name in ("DBNAME", "HOST", "PORT", "USER", "PASSWORD")),
        pool_size=20, max_overflow=60, originator_id_type="text",
    )  # fmt: skip
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
    recorder.create_table()
    yield recorder
    datastore.close()


class Side:
    """One database: fresh stores for every measurement."""

    def __init__(self, name: str, folder: Path, server: Cluster | None) -> None:
        self.name = name
        self.server = server
        self.folder = folder

    @contextmanager
    def url(self) -> Iterator[str]:
        """A new place for a store of ours."""
        if self.server is None:
            yield f"sqlite:///{self.folder / f'ours{next(_numbers)}.db'}"
        else:
            with self.server.database() as url:
                yield url

    @contextmanager
    def ledger_url(self) -> Iterator[str]:
        """The same for a whole ledger, whose key files the environment names."""
        with self.url() as url:
            files = {
                "INTEGRITY_KEYS": f"sqlite:///{self.folder / f'keys{next(_numbers)}.db'}",
                "INTEGRITY_MASTER_KEY": str(self.folder / f"master-key{next(_numbers)}"),
                "INTEGRITY_SIGNING_KEY": str(self.folder / f"signing-key{next(_numbers)}"),
                "INTEGRITY_SENTINEL": str(self.folder / f"sentinel{next(_numbers)}"),
            }
            with patch.dict(os.environ, files):
                yield url

    @contextmanager
    def ours(self) -> Iterator[ChainedRecorder]:
        with self.url() as url, create_store(url, "localhost/bench") as store:
            yield store.recorder

    @contextmanager
    def raw(self, amount: int = 1) -> Iterator[Act]:
        with ExitStack() as stack:
            if self.server is None:
                yield stack.enter_context(raw_sqlite(self.folder, amount))
            else:
                yield stack.enter_context(raw_postgres(stack.enter_context(self.server.database()), amount))

    @contextmanager
    def framework(self) -> Iterator[ApplicationRecorder]:
        with ExitStack() as stack:
            if self.server is None:
                yield stack.enter_context(framework_sqlite(self.folder))
            else:
                yield stack.enter_context(framework_postgres(stack.enter_context(self.server.database())))
