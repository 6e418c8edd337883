"""The store as one moment saw it: every read of a verification comes from the same snapshot.

Writers are not held up, and what they add meanwhile is not seen. Pages are read by key, so memory stays flat, and rows
with impossible indexes are seen too. What the database itself cannot read is `Damaged`, never a driver's error.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from itertools import pairwise
from types import TracebackType
from typing import Any, Final, Self

from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Unavailable
from ledger.fsck.report import Damaged
from ledger.storage.address import is_sqlite
from ledger.storage.session import Row, spread
from ledger.storage.store import Store

__all__ = ["BELOW_ALL", "PAGE", "Damaged", "Snapshot"]

PAGE: Final = 512  # two tiles of leaves, so that parts of a log have whole pages and whole tiles
BELOW_ALL: Final = -(1 << 63)
_NOT_DAMAGE: Final = frozenset({
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT,
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_FULL,
})  # fmt: skip
_RANKS: Final = {int: 1, float: 1, str: 2, bytes: 3}  # the order of SQLite's kinds of values


def _grow(keys: list[tuple[object, ...]]) -> bool:
    """Whether each key comes after the one before it, as SQLite sorts values of any kind."""
    ranked: list[Any] = [[(_RANKS.get(type(value), 0), value) for value in key] for key in keys]
    return all(one < other for one, other in pairwise(ranked))


class Snapshot:
    """One read-only transaction; one that was `shared` by another process sees what that one sees."""

    def __init__(self, store: Store, shared: str | None = None) -> None:
        self.store = store  # as it is by now
        self.sqlite = is_sqlite(store.url)
        try:
            self._held = store.engine.connect().execution_options(reading=True)
            self._held.begin()
        except SQLAlchemyError as error:
            raise Unavailable("the database cannot be read", code="store-unavailable") from error
        driver: Any = self._held.connection.driver_connection
        self._connection, self._shared = driver, shared
        self._cursor: Any = driver.cursor() if self.sqlite else driver.cursor(binary=True)
        self._isolate()

    def _isolate(self) -> None:
        if not self.sqlite:
            self._cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            if self._shared is not None:
                self._cursor.execute(f"SET TRANSACTION SNAPSHOT '{self._shared}'")

    def share(self) -> str | None:
        """The name under which another process can read the same moment while this is open; SQLite has none."""
        return None if self.sqlite else str(self.rows("SELECT pg_export_snapshot()")[0][0])

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a SELECT; `?` marks a value."""
        try:
            if self.sqlite:
                rows: list[Row] = self._cursor.execute(statement, parameters).fetchall()
            else:
                rows = self._cursor.execute(statement.replace("?", "%s"), parameters).fetchall()
        except sqlite3.Error as error:
            # SQLite says of undecodable text only that it is an operational error, without a number.
            number = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
            if number & 0xFF in _NOT_DAMAGE:
                raise Unavailable(f"the database cannot be read: {type(error).__name__}") from error
            raise Damaged("the database cannot read this") from error
        except Exception as error:
            raise self._told(error) from error
        return rows

    def _told(self, error: Exception) -> Exception:
        if self.sqlite:
            # The message of an error may quote what cannot be decoded.
            return Damaged("the database cannot read this") if isinstance(error, UnicodeDecodeError) else error
        import psycopg

        if not isinstance(error, psycopg.Error):
            return error
        if isinstance(error, (psycopg.OperationalError, psycopg.InterfaceError)) or self._connection.closed:
            return Unavailable(f"the database cannot be read: {type(error).__name__}")
        self._connection.rollback()  # nothing can be read in a transaction that failed
        self._isolate()
        return Damaged("the database cannot read this")

    def among(self, statement: str, values: Sequence[object], *before: object, chunk: int = 400) -> Iterator[Row]:
        """The rows of a SELECT with `?*`, some hundreds of the values at a time, behind other parameters."""
        for start in range(0, len(values), chunk):
            part = values[start : start + chunk]
            yield from self.rows(spread(statement, len(part)), [*before, *part])

    def pages(self, statement: str, start: tuple[object, ...], size: int = PAGE) -> Iterator[list[Row]]:
        """The pages of a SELECT `… WHERE (key) > (?) ORDER BY key LIMIT ?` that lists its key first.

        `Damaged` where the keys do not grow: a tree whose pointers were changed answers the same rows for ever.
        """
        last, seen = start, set[tuple[object, ...]]()
        while page := self.rows(statement, (*last, size)):
            before, last = last, page[-1][: len(start)]
            if last in seen or (self.sqlite and not _grow([before, *(row[: len(start)] for row in page)])):
                raise Damaged("its rows do not come in the order of their keys")
            seen.add(
                last
            )  # PostgreSQL sorts text by rules of its own, so there it is only told whether one comes again
            yield page

    def close(self) -> None:
        self._cursor.close()
        self._held.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
