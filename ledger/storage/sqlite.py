"""The chained store in one SQLite file, durable at every commit.

One connection writes, under a lock; every reading thread has its own. All are WAL with `synchronous=FULL`, asserted on
each, and `secure_delete`. Group transactions begin IMMEDIATE, so head and frontier are read where nobody else can
write. After a failed commit the connection is closed and opened again: a failed fsync is never retried.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Event, RLock, local
from typing import Any
from weakref import WeakSet

import sqlalchemy as sa

from ledger.errors import LedgerError, Unavailable
from ledger.storage.address import SQLITE
from ledger.storage.events import Head
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.rows import Rows
from ledger.storage.session import HEAD, NotStored, Row, Session, UniqueClash, as_head
from ledger.storage.subscription import POLL_SECONDS

BUSY_SECONDS = 30.0
FULL = 2
CHECKPOINT_PAGES = 4_000  # 16 MiB of WAL: head and index pages written again and again are copied back once

_INSERT_ENTRY = (
    "INSERT INTO entries (idx, stream, version, topic, recorded_at, subjects, leaf, chain, state) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT_SUBJECT = "INSERT INTO entry_subjects (subject, idx) VALUES (?, ?)"
_INSERT_DISCLOSURE = "INSERT INTO disclosures (idx, section, subject, retention, sealed) VALUES (?, ?, ?, ?, ?)"
_INSERT_REQUEST = (
    "INSERT INTO request_keys (principal, request, fingerprint, idx, entries, seal) VALUES (?, ?, ?, ?, ?, ?)"
)
_INSERT_INDEX = "INSERT INTO blind_index (field, digest, uid, seal) VALUES (?, ?, ?, ?)"
_INSERT_DOCUMENT = "INSERT INTO documents (digest, content) VALUES (?, ?) ON CONFLICT (digest) DO NOTHING"
_INSERT_TILE = "INSERT INTO tiles (level, idx, hashes, root) VALUES (?, ?, ?, ?)"
_UPDATE_HEAD = "UPDATE head SET size = ?, root = ?, chain = ?, frontier = ?, recorded_at = ?, touched = touched + 1"


def prepare(connection: sqlite3.Connection) -> None:
    """Make a connection one of the ledger's: WAL, FULL, secure_delete; refuses what would not be durable."""
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    (synchronous,) = connection.execute("PRAGMA synchronous").fetchone()
    if mode != "wal" or synchronous < FULL:
        raise LedgerError(f"journal {mode}, synchronous {synchronous}", code="store-not-durable")


def connect(path: Path) -> sqlite3.Connection:
    """A connection to an existing file, in autocommit: transactions are the ledger's own statements."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=BUSY_SECONDS, isolation_level=None,
        check_same_thread=False, cached_statements=64,
    )  # fmt: skip
    try:
        prepare(connection)
    except BaseException:
        connection.close()
        raise
    return connection


class SQLiteSession(Session):
    """A connection of one thread at a time; its lock makes closing it from another thread safe."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path)
        self._cursor = self._connection.cursor()
        self._lock = RLock()
        self.broken = False

    def query(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        with self._lock:
            try:
                return self._cursor.execute(statement, parameters).fetchall()
            except sqlite3.Error as error:
                raise self._told(error) from error

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        with self._lock:
            try:
                return self._cursor.execute(statement, parameters).rowcount
            except sqlite3.Error as error:
                raise self._told(error) from error

    def begin(self) -> None:
        self.execute("BEGIN IMMEDIATE")

    def locked_head(self) -> Head:
        return as_head(self.query(HEAD)[0])

    def write(self, rows: Rows) -> None:
        try:
            for statement, table in (
                (_INSERT_ENTRY, rows.entries),
                (_INSERT_SUBJECT, rows.subjects),
                (_INSERT_DISCLOSURE, rows.disclosures),
                (_INSERT_REQUEST, rows.requests),
                (_INSERT_INDEX, rows.index_rows),
                (_INSERT_DOCUMENT, rows.documents),
                (_INSERT_TILE, rows.tiles),
            ):
                if len(table) == 1:
                    self._cursor.execute(statement, table[0])
                elif table:
                    self._cursor.executemany(statement, table)
                else:
                    continue
                if self._cursor.rowcount != len(table) and table is not rows.documents:
                    raise NotStored  # a trigger that is none of ours; a document may be there already
        except sqlite3.Error as error:
            raise self._told(error) from error

    def write_head(self, head: Head) -> None:
        values = (head.size, head.root, head.chain, head.frontier, head.recorded_at)
        if self.execute(_UPDATE_HEAD, values) != 1:
            raise NotStored

    def commit(self) -> None:
        try:
            self._cursor.execute("COMMIT")
        except sqlite3.Error as error:
            # The frames may be in the WAL although the fsync failed: nobody can say before it is opened again.
            self.broken = True
            raise Unavailable("the commit failed; retry with the same key", code="outcome-unknown") from error

    def rollback(self) -> None:
        if self._connection.in_transaction:
            try:
                self._cursor.execute("ROLLBACK")
            except sqlite3.Error:
                self.broken = True

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def __del__(self) -> None:
        # A reading thread ended. Nobody else holds its session, so nothing runs on the connection.
        connection: sqlite3.Connection | None = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()

    def _told(self, error: sqlite3.Error) -> Exception:
        if isinstance(error, sqlite3.IntegrityError) and error.sqlite_errorcode in (
            sqlite3.SQLITE_CONSTRAINT_UNIQUE,
            sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
        ):
            return UniqueClash(str(error))
        if isinstance(error, sqlite3.OperationalError):
            return _unavailable(error)
        return error


def _unavailable(error: sqlite3.OperationalError) -> Unavailable:
    primary = error.sqlite_errorcode & 0xFF
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable("another process holds the database", code="store-busy")
    if primary == sqlite3.SQLITE_FULL:
        return Unavailable("the disk is full; nothing was written", code="disk-full")
    return Unavailable(f"the database refused: {error.sqlite_errorname}", code="store-unavailable")


class SQLiteRecorder(ChainedRecorder):
    """The recorder over one file made by `create_store`."""

    def __init__(self, path: Path, **options: Any) -> None:
        super().__init__(**options)
        self._path = path
        self._writing: SQLiteSession | None = None
        self._readers: WeakSet[SQLiteSession] = WeakSet()
        self._readers_lock = RLock()
        self._thread = local()
        self._closed = False
        self._seen = -1

    def _writer(self) -> SQLiteSession:
        session = self._writing
        if session is None or session.broken:
            if session is not None:
                session.close()
            session = self._writing = self._session()
        return session

    def _read(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        session: SQLiteSession | None = getattr(self._thread, "reader", None)
        if session is None or self._closed:
            session = self._thread.reader = self._session()
            with self._readers_lock:
                self._readers.add(session)
        return session.query(statement, parameters)

    def _session(self) -> SQLiteSession:
        if self._closed:
            raise Unavailable("the store is closed", code="store-closed")
        return SQLiteSession(self._path)

    def news(self, stopped: Event) -> bool:
        """Whether the log grew since last asked; what cannot be told while the file is busy is told the next time."""
        if stopped.wait(POLL_SECONDS) or self._closed:
            return False
        try:
            seen, self._seen = self._seen, self.head().size
        except Unavailable:
            return False
        return seen != self._seen

    def _close(self) -> None:
        self._closed = True
        with self._readers_lock:
            readers = list(self._readers)
        for session in readers:
            session.close()
        if self._writing is not None:
            self._writing.close()
            self._writing = None


def create_file(path: Path) -> None:
    """An empty database file in WAL mode, on disk before anything is acknowledged. Leaves an existing one as it is."""
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    connect(path).close()
    for name in (path, path.absolute().parent):
        descriptor = os.open(name, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)


def truncate_log(path: Path) -> None:
    """Write the WAL back into the database file and cut it to nothing."""
    connection = connect(path)
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        connection.close()


def engine(path: Path) -> sa.Engine:
    """SQLAlchemy over connections of the same kind, for migrations and projections.

    With the execution option `reading` a transaction does not wait for who writes.
    """
    # A request never waits for a connection: a file has as many as there are threads that ask.
    made = sa.create_engine(SQLITE + str(path), creator=lambda: connect(path), max_overflow=-1)

    @sa.event.listens_for(made, "begin")
    def begin(connection: sa.Connection) -> None:
        # A deferred BEGIN could read, and find itself unable to write after somebody else did.
        reading = connection.get_execution_options().get("reading", False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return made
