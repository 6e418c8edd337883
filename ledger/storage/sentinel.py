"""The sentinel: a small append-only store outside the main database that remembers every checkpoint that was signed.

`advance` is a compare-and-swap: it succeeds for exactly one caller per newest checkpoint, and the new one is on disk
when it returns. A checkpoint is stored here before anybody outside can see it, so a crash may delay a head but never
fork the log; a database rolled back behind the sentinel is found out. One sentinel serves a ledger's logs by origin.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ledger.errors import Conflict, NotFound, Refused, Unavailable
from ledger.log.checkpoint import parse_checkpoint
from ledger.log.note import parse_note
from ledger.storage.key_files import sync_folder
from ledger.storage.sqlite import connect

_TABLE = """
CREATE TABLE checkpoints (
    place INTEGER PRIMARY KEY,
    origin TEXT NOT NULL,
    size INTEGER NOT NULL,
    note TEXT NOT NULL
)
"""
_APPEND_ONLY = """
CREATE TRIGGER checkpoints_{what} BEFORE {action} ON checkpoints
BEGIN SELECT RAISE(ABORT, 'the sentinel only grows'); END
"""
_NEWEST = "SELECT note FROM checkpoints WHERE origin = ? ORDER BY place DESC LIMIT 1"
_INSERT = "INSERT INTO checkpoints (origin, size, note) VALUES (?, ?, ?)"


class SentinelMoved(Conflict):
    """Another process signed a checkpoint meanwhile."""

    code = "sentinel-moved"


class Sentinel:
    """An open sentinel. Every call is a connection of its own: it is used once a second at most."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, path: Path) -> Sentinel:
        """A new, empty sentinel; `Conflict` where there is a file already."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise Conflict("there is a sentinel already", code="sentinel-exists") from None
        sentinel = cls(path)
        with sentinel._connection() as connection:
            connection.execute(_TABLE)
            for what, action in (("kept", "DELETE"), ("fixed", "UPDATE")):
                connection.execute(_APPEND_ONLY.format(what=what, action=action))
        sync_folder(path)
        return sentinel

    @classmethod
    def open(cls, path: Path) -> Sentinel:
        """The sentinel at a path; `NotFound` with code `no-sentinel` where there is none."""
        if not path.is_file():
            raise NotFound("there is no sentinel where one is expected", code="no-sentinel")
        return cls(path)

    def newest(self, origin: str) -> str | None:
        """The newest checkpoint of a log, a signed note; None before its first."""
        with self._connection() as connection:
            row = connection.execute(_NEWEST, (origin,)).fetchone()
        return None if row is None else str(row[0])

    def advance(self, origin: str, old: str | None, new: str) -> None:
        """Put a checkpoint behind `old`; `SentinelMoved` unless `old` is still the newest of that log.

        The new one is of this origin and not smaller; anything else is a mistake of ours and `Refused`.
        """
        checkpoint = parse_checkpoint(parse_note(new).text)
        size = 0 if old is None else parse_checkpoint(parse_note(old).text).size
        if checkpoint.origin != origin or checkpoint.size < size:
            raise Refused("a sentinel only grows, and each log by its own origin", code="sentinel-order")
        with self._connection() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                row = connection.execute(_NEWEST, (origin,)).fetchone()
                if (None if row is None else str(row[0])) != old:
                    raise SentinelMoved("another process signed a checkpoint meanwhile")
                connection.execute(_INSERT, (origin, checkpoint.size, new))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self.path)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise Unavailable(
                f"the sentinel cannot be used: {type(error).__name__}", code="sentinel-unavailable"
            ) from None
