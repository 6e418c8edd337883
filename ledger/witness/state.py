"""What a witness remembers, in one SQLite file: the checkpoints it cosigned, and logs that told two stories.

`turn` is the one way to write: it begins IMMEDIATE, so what is read in it stays so until it is committed, and one
caller at most gets a log from a size to the next. Everything is on disk when the block ends. Rows are never changed:
the table refuses a size that does not grow, whoever writes.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Conflict, NotFound, Unavailable, VerificationError
from ledger.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.note import SignedNote, VerifierKey, format_vkey, parse_note, parse_vkey
from ledger.storage.key_files import sync_folder
from ledger.storage.sqlite import connect

FORMAT = 1
MAX_EVIDENCE = 64  # for each log: one pair is proof, more only fill the disk
_SCHEMA = (
    "CREATE TABLE witness (one INTEGER PRIMARY KEY CHECK (one = 1), vkey TEXT NOT NULL)",
    "CREATE TABLE cosigned (place INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,"
    " note TEXT NOT NULL, cosignature TEXT NOT NULL, UNIQUE (origin, size))",
    "CREATE TABLE last_signed (origin TEXT PRIMARY KEY, time INTEGER NOT NULL)",
    "CREATE TABLE evidence (place INTEGER PRIMARY KEY, origin TEXT NOT NULL, size INTEGER NOT NULL, root BLOB NOT NULL,"
    " first TEXT NOT NULL, second TEXT NOT NULL, UNIQUE (origin, size, root))",
    "CREATE TRIGGER cosigned_grows BEFORE INSERT ON cosigned WHEN EXISTS"
    " (SELECT 1 FROM cosigned WHERE origin = NEW.origin AND size >= NEW.size)"
    " BEGIN SELECT RAISE(ABORT, 'a log only grows'); END",
    *(
        f"CREATE TRIGGER {table}_{action.lower()} BEFORE {action} ON {table}"
        f" BEGIN SELECT RAISE(ABORT, 'a witness forgets nothing'); END"
        for table in ("witness", "cosigned", "evidence")
        for action in ("UPDATE", "DELETE")
    ),
)
_COSIGNED = "SELECT note, cosignature FROM cosigned WHERE origin = ?"
_NEWEST = f"{_COSIGNED} ORDER BY size DESC LIMIT 1"
_AT = f"{_COSIGNED} AND size = ?"
_HISTORY = f"{_COSIGNED} ORDER BY size"
_EVIDENCE = "SELECT first, second FROM evidence ORDER BY place"
_KEEP = "INSERT INTO cosigned (origin, size, root, note, cosignature) VALUES (?, ?, ?, ?, ?)"
_SIGNED_AT = (
    "INSERT INTO last_signed (origin, time) VALUES (?, ?) ON CONFLICT (origin) DO UPDATE SET time = excluded.time"
)
_KEEP_EVIDENCE = "INSERT OR IGNORE INTO evidence (origin, size, root, first, second) VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A checkpoint that was cosigned: the note as it was received, and the first cosignature's line."""

    note: SignedNote
    cosignature: str

    @property
    def checkpoint(self) -> Checkpoint:
        """What the note says."""
        return parse_checkpoint(self.note.text)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two checkpoints of one log and one size with different roots, as they were received."""

    first: SignedNote
    second: SignedNote

    def verify(self, keys: list[VerifierKey]) -> None:
        """`VerificationError` unless keys of one log signed both and they contradict each other."""
        first = open_checkpoint(self.first, keys)
        second = open_checkpoint(self.second, keys, origin=first.origin)
        if first.size != second.size or first.root == second.root:
            raise VerificationError("the two checkpoints do not contradict each other", code="no-contradiction")


class State:
    """An open state. Every call is a connection of its own: a witness is asked once a second and log at most."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._connection() as connection:
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if version != FORMAT:
                raise Unavailable("the file is no witness's state", code="witness-state-unavailable")
            (vkey,) = connection.execute("SELECT vkey FROM witness").fetchone()
        self.key = parse_vkey(str(vkey))

    @classmethod
    def create(cls, path: Path, key: VerifierKey) -> State:
        """A new state for the witness of this key; `Conflict` where there is a file already."""
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError:
            raise Conflict("there is a witness's state already", code="witness-state-exists") from None
        with _opened(path) as connection, _transaction(connection):
            for statement in _SCHEMA:
                connection.execute(statement)
            vkey = format_vkey(key.name, key.public_key, key.kind)
            connection.execute("INSERT INTO witness (one, vkey) VALUES (1, ?)", (vkey,))
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        sync_folder(path)
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> State:
        """The state at a path; `NotFound` with code `no-witness-state` where there is none."""
        if not path.is_file():
            raise NotFound("there is no witness's state where one is expected", code="no-witness-state")
        return cls(path)

    def newest(self, origin: str) -> Cosigned | None:
        """The newest checkpoint of a log that was cosigned; None before its first."""
        with self._connection() as connection:
            return _one(connection, _NEWEST, origin)

    def history(self, origin: str) -> list[Cosigned]:
        """Every checkpoint of a log that was cosigned, by size."""
        with self._connection() as connection:
            return [_cosigned(row) for row in connection.execute(_HISTORY, (origin,))]

    def evidence(self) -> list[Evidence]:
        """Every contradiction that was seen, in the order they were."""
        with self._connection() as connection:
            rows = connection.execute(_EVIDENCE).fetchall()
        return [Evidence(parse_note(first), parse_note(second)) for first, second in rows]

    @contextmanager
    def turn(self, origin: str) -> Iterator[Turn]:
        """Read and write about one log, alone, until the block ends and all of it is on disk; an error undoes it."""
        with self._connection() as connection, _transaction(connection):
            yield Turn(connection, origin)

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with _opened(self._path) as connection:
            yield connection


class Turn:
    """One log's rows, read and written while nobody else can."""

    def __init__(self, connection: sqlite3.Connection, origin: str) -> None:
        self._connection, self._origin = connection, origin

    def newest(self) -> Cosigned | None:
        """The newest checkpoint that was cosigned; None before the first."""
        return _one(self._connection, _NEWEST, self._origin)

    def at(self, size: int) -> Cosigned | None:
        """The checkpoint of a size that was cosigned; None where another size was."""
        return _one(self._connection, _AT, self._origin, size)

    def last_signed(self) -> int:
        """The time of the newest cosignature, seconds since the epoch; 0 before the first."""
        query = "SELECT time FROM last_signed WHERE origin = ?"
        row = self._connection.execute(query, (self._origin,)).fetchone()
        return 0 if row is None else int(row[0])

    def keep(self, note: SignedNote, cosignature: str) -> None:
        """Keep a checkpoint that is larger than every one before."""
        checkpoint = parse_checkpoint(note.text)
        values = (self._origin, checkpoint.size, checkpoint.root, note.format(), cosignature)
        self._connection.execute(_KEEP, values)

    def signed_at(self, time: int) -> None:
        """Remember when the newest cosignature was made."""
        self._connection.execute(_SIGNED_AT, (self._origin, time))

    def keep_evidence(self, first: SignedNote, second: SignedNote) -> None:
        """Keep two checkpoints that contradict each other; one that is kept already stands once."""
        query = "SELECT count(*) FROM evidence WHERE origin = ?"
        (kept,) = self._connection.execute(query, (self._origin,)).fetchone()
        if kept < MAX_EVIDENCE:
            other = parse_checkpoint(second.text)
            values = (self._origin, other.size, other.root, first.format(), second.format())
            self._connection.execute(_KEEP_EVIDENCE, values)


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(connect(path)) as connection:
            yield connection
    except sqlite3.Error as error:
        detail = f"the witness's state cannot be used: {type(error).__name__}"
        raise Unavailable(detail, code="witness-state-unavailable") from None


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _one(connection: sqlite3.Connection, query: str, *values: object) -> Cosigned | None:
    row = connection.execute(query, values).fetchone()
    return None if row is None else _cosigned(row)


def _cosigned(row: tuple[str, str]) -> Cosigned:
    return Cosigned(parse_note(row[0]), row[1])
