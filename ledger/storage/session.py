"""One database connection, as the recorder uses it: the same few operations on SQLite and on PostgreSQL.

Statements are written with `?` for a value and `?*` for a list (`spread`); each session puts its own mark. A session
belongs to one thread at a time. Whatever the driver raises comes out as `UniqueClash` (something was there first:
nothing is known to be wrong) or `Unavailable` (nobody may be acknowledged).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from ledger.errors import VerificationError
from ledger.storage.events import Head
from ledger.storage.rows import Rows

Row = tuple[Any, ...]

HEAD = "SELECT size, root, chain, frontier, recorded_at FROM head"
LEAVES = "SELECT leaf FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
TILE_ROOTS = "SELECT root FROM tiles WHERE level = ? AND idx >= ? AND idx < ? ORDER BY idx"


class UniqueClash(Exception):
    """A UNIQUE constraint refused a row; who loses by it is for the recorder to find out."""


class NotStored(VerificationError):
    """The database took a write and stored less than it was given: somebody put a trigger or a rule in its way."""

    code = "not-stored"

    def __init__(self) -> None:
        super().__init__("the database stored less than it was given; nothing was written")


class Session(ABC):
    """A connection and its open transaction, if any."""

    @abstractmethod
    def query(self, statement: str, parameters: Sequence[object] = ()) -> list[Row]:
        """All rows of a SELECT."""

    @abstractmethod
    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement; the number of rows it touched."""

    @abstractmethod
    def begin(self) -> None:
        """Open a transaction in which nobody else can write."""

    @abstractmethod
    def locked_head(self) -> Head:
        """The head row, as nobody else can change it before the open transaction ends."""

    @abstractmethod
    def write(self, rows: Rows) -> None:
        """Insert the rows in the open transaction."""

    @abstractmethod
    def write_head(self, head: Head) -> None:
        """Replace the head row in the open transaction, and count the commit."""

    @abstractmethod
    def commit(self) -> None:
        """Make the open transaction durable. Returns only when it is."""

    @abstractmethod
    def rollback(self) -> None:
        """Leave nothing of the open transaction; does nothing if there is none."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection."""

    def head(self) -> Head:
        """The head row as last committed."""
        (row,) = self.query(HEAD)
        return as_head(row)

    def tree_hashes(self, level: int, start: int, stop: int) -> bytes:
        """The `HashReader` of this connection: leaves, or roots of the tiles one level down."""
        if level == 0:
            return b"".join([bytes(leaf) for (leaf,) in self.query(LEAVES, (start, stop))])
        return b"".join([bytes(root) for (root,) in self.query(TILE_ROOTS, (level - 1, start, stop))])


def as_head(row: Row) -> Head:
    size, root, chain, frontier, recorded_at = row
    return Head(size, bytes(root), bytes(chain), bytes(frontier), recorded_at)


def spread(statement: str, count: int) -> str:
    """The statement with `?*` spread to marks for `count` values."""
    return statement.replace("?*", ", ".join("?" * count))
