"""The chained store on PostgreSQL: safe with many processes, gap-free, one statement per group.

A group is one statement that compares-and-sets the head row and inserts from arrays only if that won. "Committed" means
that COMMIT returned without a warning while `synchronous_commit` is on or remote_apply (ASSURANCE A1); anything else is
`outcome-unknown`. A replay is answered only after a write behind it (A2). No write runs where it could be cancelled
half-way (A3): everything here is synchronous.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from threading import BoundedSemaphore, Event, Lock
from typing import Any

import psycopg
import sqlalchemy as sa
from psycopg import errors

from ledger.errors import LedgerError, Unavailable
from ledger.storage.events import Head
from ledger.storage.group_statement import CHANNEL, parameters, statement
from ledger.storage.judgement import Write
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.rows import Rows, Tip
from ledger.storage.session import HEAD, NotStored, Row, Session, UniqueClash, as_head
from ledger.storage.subscription import POLL_SECONDS

DURABLE = ("on", "remote_apply")
READERS = 16  # connections for reading, at most
ATTEMPTS = 2  # lost comparisons before the head row is locked instead

_UPDATE_HEAD = (
    "UPDATE head SET size = ?, root = ?, chain = ?, frontier = ?, recorded_at = ?, touched = touched + 1 WHERE one = 1"
)

# Not our mistakes: a server that went away, refuses, or has become a standby.
_TROUBLE = (psycopg.OperationalError, psycopg.InterfaceError, errors.ReadOnlySqlTransaction)


@lru_cache(maxsize=1024)
def _marked(text: str) -> bytes:
    return text.replace("?", "%s").encode()


def connect(url: str) -> psycopg.Connection[Row]:
    """A connection in autocommit, READ COMMITTED, whose commits are durable; refuses a server set up otherwise."""
    connection = psycopg.connect(url, autocommit=True)
    try:
        connection.execute("SET default_transaction_isolation TO 'read committed'")
        found = connection.execute("SHOW synchronous_commit").fetchone()
        if found is None or found[0] not in DURABLE:
            raise LedgerError(f"synchronous_commit is {found and found[0]}", code="store-not-durable")
    except BaseException:
        connection.close()
        raise
    return connection


class PostgresSession(Session):
    """A connection of one thread at a time."""

    def __init__(self, url: str) -> None:
        try:
            self._connection = connect(url)
        except psycopg.Error as error:
            raise Unavailable("the database cannot be reached", code="store-unavailable") from error
        self._warned = False
        self._connection.add_notice_handler(self._notice)
        self._cursor = self._connection.cursor(binary=True)

    @property
    def broken(self) -> bool:
        return self._connection.closed

    def query(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        return self._run(_marked(statement), parameters).fetchall()

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        return self._run(_marked(statement), parameters).rowcount

    def begin(self) -> None:
        self._run(b"BEGIN")

    def locked_head(self) -> Head:
        return as_head(self.query(HEAD + " FOR UPDATE")[0])

    def write(self, rows: Rows) -> None:
        if rows:
            self._run(statement(rows, compared=False), parameters(rows), prepare=True)

    def write_head(self, head: Head) -> None:
        if self.execute(_UPDATE_HEAD, (head.size, head.root, head.chain, head.frontier, head.recorded_at)) != 1:
            raise NotStored
        self._run(b"NOTIFY " + CHANNEL.encode())

    def commit(self) -> None:
        with self._committing():
            self._cursor.execute(b"COMMIT")

    def compare_and_write(self, old: Head, new: Head, rows: Rows) -> bool:
        """The whole group in one statement; False, and nothing written, if the head is no longer `old`."""
        head = [new.size, new.root, new.chain, new.frontier, new.recorded_at, old.size, old.chain]
        with self._committing():
            self._cursor.execute(statement(rows, compared=True), [*head, *parameters(rows)], prepare=True)
        return bool(self._cursor.fetchall())

    def rollback(self) -> None:
        if not self.broken and self._connection.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            try:
                self._cursor.execute(b"ROLLBACK")
            except psycopg.Error:
                self.close()

    def close(self) -> None:
        self._connection.close()

    def wait_for_notice(self, seconds: float) -> bool:
        """Listen for a moment; whether another session said that it wrote."""
        try:
            return any(True for _ in self._connection.notifies(timeout=seconds, stop_after=1))
        except psycopg.Error as error:
            self.close()
            raise Unavailable("the database cannot be reached", code="store-unavailable") from error

    def _run(
        self, query: bytes, parameters: Sequence[object] = (), *, prepare: bool | None = None
    ) -> psycopg.Cursor[Row]:
        try:
            return self._cursor.execute(query, parameters or None, prepare=prepare)
        except errors.UniqueViolation as error:
            raise UniqueClash(str(error.diag.constraint_name)) from error
        except errors.DivisionByZero as error:
            raise NotStored from error  # how the group's statement says it
        except _TROUBLE as error:
            self.close()  # what was not committed is gone with the connection
            raise Unavailable(f"the database refused: {type(error).__name__}", code="store-unavailable") from error

    @contextmanager
    def _committing(self) -> Iterator[None]:
        """What commits: only its quiet return is an acknowledgement."""
        self._warned = False
        try:
            yield
        except errors.UniqueViolation as error:
            raise UniqueClash(str(error.diag.constraint_name)) from error
        except errors.DivisionByZero as error:
            raise NotStored from error  # how the group's statement says it
        except _TROUBLE as error:
            # Closing the socket is the safe way to stop waiting: a row still unreplicated stays invisible.
            self.close()
            raise _unknown() from error
        if self._warned:
            self.close()
            raise _unknown()

    def _notice(self, diagnostic: errors.Diagnostic) -> None:
        # "committed locally, but might not have been replicated": success by name only.
        if diagnostic.severity_nonlocalized == "WARNING":
            self._warned = True


def _unknown() -> Unavailable:
    return Unavailable("the outcome is unknown; retry with the same key", code="outcome-unknown")


class ReadingPool:
    """Connections for reading, opened as needed and kept; a broken one is replaced once per read."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._free: list[PostgresSession] = []
        self._lock = Lock()
        self._room = BoundedSemaphore(READERS)
        self._closed = False

    def read(self, query: Callable[[PostgresSession], list[Row]]) -> list[Row]:
        with self._room:
            session, kept = self._take()
            try:
                return query(session)
            except Unavailable:
                if not kept:
                    raise
                session = PostgresSession(self._url)  # the kept one had died since; nothing is lost by reading again
                return query(session)
            finally:
                self._give(session)

    def _take(self) -> tuple[PostgresSession, bool]:
        with self._lock:
            if self._closed:
                raise Unavailable("the store is closed", code="store-closed")
            if self._free:
                return self._free.pop(), True
        return PostgresSession(self._url), False

    def _give(self, session: PostgresSession) -> None:
        with self._lock:
            if not self._closed and not session.broken:
                self._free.append(session)
                return
        session.close()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            free, self._free = self._free, []
        for session in free:
            session.close()


class PostgresRecorder(ChainedRecorder):
    """The recorder over a database made by `create_store`."""

    replay_writes = True

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(**options)
        self._url = url
        self._writing: PostgresSession | None = None
        self._newest: Head | None = None  # of our own last commit; the comparison decides whether it still is
        self._pool = ReadingPool(url)
        self._listening: PostgresSession | None = None
        self._closed = False

    def _writer(self) -> PostgresSession:
        if self._closed:
            raise Unavailable("the store is closed", code="store-closed")
        if self._writing is None or self._writing.broken:
            self._newest = None
            self._writing = PostgresSession(self._url)
        return self._writing

    def _commit_locked(self, writes: list[Write]) -> None:
        if not any(write.confirms for write in writes):
            session = self._writer()
            try:
                if any(self._commit_at_once(session, writes) for _ in range(ATTEMPTS)):
                    return
            except UniqueClash:
                pass  # somebody of the group loses: find out who, with the head row locked
        self._newest = None
        self._write_all(self._writer(), writes, judged=True)

    def _commit_at_once(self, session: PostgresSession, writes: list[Write]) -> bool:
        head, self._newest = self._newest or session.head(), None
        rows, tip = Rows(), Tip(head)
        self._place(writes, tip, rows, session)
        new = tip.head()
        if not session.compare_and_write(head, new, rows):
            return False
        self._newest = new
        return True

    def _ended(self, head: Head | None) -> None:
        self._newest = head

    def _read(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        return self._pool.read(lambda session: session.query(statement, parameters))

    def news(self, stopped: Event) -> bool:
        """Whether any process said that it wrote; also after losing the connection, when nobody can tell."""
        try:
            if self._listening is None or self._listening.broken:
                self._listening = PostgresSession(self._url)
                self._listening.execute("LISTEN " + CHANNEL)
                return True
            return self._listening.wait_for_notice(POLL_SECONDS)
        except Unavailable:
            return not stopped.wait(POLL_SECONDS)

    def _close(self) -> None:
        self._closed = True
        self._pool.close()
        for session in (self._writing, self._listening):
            if session is not None:
                session.close()


def engine(url: str) -> sa.Engine:
    """SQLAlchemy over connections of the same kind, for migrations, keys and projections."""
    made = sa.create_engine("postgresql+psycopg://" + url.split("://", 1)[1], creator=lambda: connect(url))

    @sa.event.listens_for(made, "connect")
    def transactional(connection: psycopg.Connection[Row], record: object) -> None:
        connection.autocommit = False

    return made
