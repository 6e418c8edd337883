"""The outbox's SQLite file: opened or made, changed in transactions, and what fails in it told by one of three codes.

`outbox-busy`: another process holds it, and later it can be had. `outbox-unreadable`: it is damaged, or something else.
`outbox-unwritable`: the folder, the rights, the disk or its space. Nothing of `sqlite3` goes past `failures_named`.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from ledger.errors import Invalid, Unavailable

FORMAT: Final = 1
BUSY_SECONDS: Final = 10.0  # for another process that looks or changes something
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_AROUND_IT: Final = frozenset(
    {
        sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOLFS,
    }
)  # fmt: skip
_TABLES: Final = (
    "CREATE TABLE targets (name TEXT PRIMARY KEY, position INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,"
    " not_before REAL NOT NULL DEFAULT 0, gone INTEGER NOT NULL DEFAULT 0, error TEXT)",
    "CREATE TABLE items (target TEXT NOT NULL REFERENCES targets (name), idx INTEGER NOT NULL,"
    " attempts INTEGER NOT NULL DEFAULT 0, not_before REAL NOT NULL DEFAULT 0,"
    " unreachable INTEGER NOT NULL DEFAULT 0, undeliverable INTEGER NOT NULL DEFAULT 0, error TEXT,"
    " PRIMARY KEY (target, idx))",
    "CREATE INDEX items_due ON items (target, undeliverable, not_before, idx)",
    f"PRAGMA user_version = {FORMAT}",
)


class OutboxUnavailable(Unavailable):
    """The outbox's file cannot be used just now; `code` says why."""


def check_place(path: Path) -> None:
    """Whether the file can be kept there, without making it; `Invalid` with code `bad-outbox` otherwise."""
    folder = path.absolute().parent
    fit = os.path.isdir(folder) and os.access(folder, os.W_OK | os.X_OK, effective_ids=True)
    if fit and path.exists():
        fit = path.is_file() and os.access(path, os.R_OK | os.W_OK, effective_ids=True)
    if not fit:
        raise Invalid("no file in a folder that can be written to", code="bad-outbox", field="INTEGRITY_OUTBOX")


@contextmanager
def failures_named() -> Iterator[None]:
    """What the database or the system says of the file comes out as `OutboxUnavailable`."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.NotSupportedError):
        raise  # mistakes of ours
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:  # a damaged schema is quoted, and cannot be decoded
        raise _named(error) from None
    except OSError:
        raise _unwritable() from None


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to the file, which is made where there is none; fails as `sqlite3` does."""
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA synchronous = EXTRA")
        if _format(connection) == 0:
            with transaction(connection):
                for statement in _TABLES if _format(connection) == 0 else ():  # unless another was first
                    connection.execute(statement)
        if _format(connection) != FORMAT:
            raise sqlite3.DatabaseError
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def looking(path: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection for one look; None without a file, and none is made."""
    with failures_named():
        if not path.exists():
            yield None
            return
        with closing(open_file(path)) as connection:
            yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """One change: the whole of it is on the disk at the end, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some failures have ended it already
            connection.execute("ROLLBACK")
        raise


def _named(error: Exception) -> OutboxUnavailable:
    number = getattr(error, "sqlite_errorcode", None)  # none where text is no text: damage as well
    primary = None if number is None else number & 0xFF
    if primary in _BUSY:
        return OutboxUnavailable("another process holds the outbox's file: try again", code="outbox-busy")
    if primary in _AROUND_IT:
        return _unwritable()
    return OutboxUnavailable(
        "the outbox's file is damaged, or another one: put back a copy; without one, move it aside and begin anew",
        code="outbox-unreadable",
    )


def _unwritable() -> OutboxUnavailable:
    return OutboxUnavailable(
        "the outbox's file cannot be opened or written: check folder, rights and space", code="outbox-unwritable"
    )


def _format(connection: sqlite3.Connection) -> int:
    ((format_,),) = connection.execute("PRAGMA user_version")
    return int(format_)
