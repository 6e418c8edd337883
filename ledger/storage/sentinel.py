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

from ledger.errors import Conflict, Refused, Unavailable
from ledger.log.checkpoint import MAX_SIZE, parse_checkpoint
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
_NEWEST = "SELECT note FROM checkpoints WHERE origin = ? AND place <= ? ORDER BY place DESC LIMIT 1"
_INSERT = "INSERT INTO checkpoints (origin, size, note) VALUES (?, ?, ?)"

_PAGE = "SELECT place, note FROM checkpoints WHERE origin = ? AND place > ? AND place <= ? ORDER BY place LIMIT ?"
PAGE = 1000
# Rows that were renumbered, taken out of the middle, or say another origin or size than their note's first lines.
_OUT_OF_PLACE = """
SELECT coalesce(max(place), 0) - count(*) + coalesce(sum(
    substr(note, 1, length(origin || size) + 2) <> origin || char(10) || size || char(10)), 0) FROM checkpoints
"""


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
            for trigger in _triggers():
                connection.execute(trigger)
        sync_folder(path)
        return sentinel

    def newest(self, origin: str, *, upto: int = MAX_SIZE) -> str | None:
        """The newest checkpoint of a log, a signed note; None before its first. With `upto` as of that mark."""
        with self._connection() as connection:
            row = connection.execute(_NEWEST, (origin, upto)).fetchone()
        return None if row is None else str(row[0])

    def mark(self) -> int:
        """How far the sentinel has come; `all` can be read up to here later."""
        with self._connection() as connection:
            (place,) = connection.execute("SELECT coalesce(max(place), 0) FROM checkpoints").fetchone()
        return int(place)

    def all(self, origin: str, *, after: int = 0, upto: int = MAX_SIZE) -> Iterator[str]:
        """Every checkpoint of a log in the order it was signed, a page at a time; between two marks if given."""
        last = after
        while True:
            with self._connection() as connection:
                page = connection.execute(_PAGE, (origin, last, upto, PAGE)).fetchall()
            if not page:
                return
            yield from (str(note) for _, note in page)
            last = page[-1][0]

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
                row = connection.execute(_NEWEST, (origin, MAX_SIZE)).fetchone()
                if (None if row is None else str(row[0])) != old:
                    raise SentinelMoved("another process signed a checkpoint meanwhile")
                connection.execute(_INSERT, (origin, checkpoint.size, new))
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def discard(self) -> None:
        """Remove a sentinel that was just made, with what belongs to its file."""
        for suffix in ("", "-wal", "-shm"):
            Path(f"{self.path}{suffix}").unlink(missing_ok=True)

    def whole(self) -> bool:
        """Whether the file is what `create` made, grown: its structure, its guards, and no row gone or renamed."""
        made = {_TABLE.strip(), *(trigger.strip() for trigger in _triggers())}
        with self._connection() as connection:
            return (
                connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
                and {str(sql).strip() for (sql,) in connection.execute("SELECT sql FROM sqlite_master")} == made
                and connection.execute(_OUT_OF_PLACE).fetchone() == (0,)
            )

    def require(self) -> None:
        """`Unavailable` with code `sentinel-unavailable` unless this is a sentinel that can be read."""
        self.newest("")

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(connect(self.path)) as connection:
                yield connection
        except sqlite3.Error as error:
            raise Unavailable(
                f"the sentinel cannot be used: {type(error).__name__}", code="sentinel-unavailable"
            ) from None


def _triggers() -> list[str]:
    return [_APPEND_ONLY.format(what=what, action=action) for what, action in (("kept", "DELETE"), ("fixed", "UPDATE"))]


def open_sentinel(path: Path | None) -> Sentinel:
    """The sentinel at its place; `Refused` with code `no-sentinel` where none is there, or no place was given."""
    if path is None or not path.is_file():
        raise Refused("the sentinel is not in its place", code="no-sentinel")
    sentinel = Sentinel(path)
    sentinel.require()
    return sentinel
