"""What each target still waits for, in one SQLite file beside the ledger: nothing handed over is handed over again.

A notice is an item of its own: how often it was tried, when it may be tried next, and, after its last try, that it is
undeliverable; it stays in the file until an operator says what becomes of it. One process at a time sends (`take`);
others may look (`standings`) and change what is waiting. Each change is on the disk when its call returns, so after a
crash at most the one message that each target was being given is sent a second time, under the same id.

Whatever is wrong with the file is an `OutboxUnavailable` with one of the codes of `backlog_file.py`, in every call.
"""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO, Any, Final, Self

from api.outbox.backlog_file import OutboxUnavailable, failures_named, looking, open_file, transaction
from ledger.errors import NotFound

DUE: Final = (
    "SELECT idx, attempts FROM items JOIN targets ON name = target WHERE target = ? AND undeliverable = 0"
    " AND items.not_before <= ? AND targets.not_before <= ? AND NOT gone"
    " ORDER BY items.not_before, idx LIMIT 1"  # in this form, and no other, the index has the first row at hand
)


@dataclass(frozen=True, slots=True)
class Item:
    """One notice for one target: the index of its entry, and how many tries of it failed."""

    index: int
    attempts: int


@dataclass(frozen=True, slots=True)
class Standing:
    """How one target stands: how much of the log was gone through, how many notices wait and how many are
    undeliverable, whether it wants no more, tries in a row at which it took nothing, and why the last one failed."""

    target: str
    position: int
    waiting: int
    undeliverable: int
    gone: bool
    failures: int
    error: str | None


@dataclass(frozen=True, slots=True)
class Undeliverable:
    """A notice that a target did not take at its last try: the entry's index, how often it was tried, and why not."""

    target: str
    index: int
    attempts: int
    error: str


class Backlog:
    """The file, held by the process that sends. Its calls may come from any thread."""

    def __init__(self, path: Path, lock: IO[bytes]) -> None:
        self.path, self._held, self._lock = path, lock, Lock()
        self._connection: sqlite3.Connection | None = open_file(path)

    @classmethod
    def take(cls, path: Path) -> Self | None:
        """The file, held by this process alone until `release`; None where another process holds it."""
        with failures_named():
            lock = open(f"{path}.lock", "ab")  # noqa: SIM115 - held beyond this call
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return cls(path, lock)
            except BlockingIOError:
                lock.close()
                return None
            except BaseException:
                lock.close()
                raise

    def release(self) -> None:
        """Let another process have it."""
        with self._lock:
            self._close()
            self._held.close()

    def begin(self, target: str, size: int) -> int:
        """How much of the log a target has gone through; one that is new begins behind what there is already. Where the
        log was put back to an earlier state, what came after that is forgotten, and what comes now is followed."""
        with self._change() as change:
            change.execute("INSERT OR IGNORE INTO targets (name, position) VALUES (?, ?)", (target, size))
            ((position,),) = change.execute("SELECT position FROM targets WHERE name = ?", (target,))
            if position > size:
                change.execute("DELETE FROM items WHERE target = ? AND idx >= ?", (target, size))
                change.execute("UPDATE targets SET position = ? WHERE name = ?", (size, target))
        return min(int(position), size)

    def take_in(self, target: str, indices: Sequence[int], position: int) -> None:
        """Let these notices wait, all there are for it among the first `position` entries."""
        with self._change() as change:
            change.executemany(
                "INSERT OR IGNORE INTO items (target, idx) VALUES (?, ?)", [(target, index) for index in indices]
            )
            change.execute("UPDATE targets SET position = ? WHERE name = ?", (position, target))

    def due(self, target: str, now: float) -> Item | None:
        """What to try next: of what may be tried now, what has waited longest; None also for a target that pauses."""
        found = self._row(DUE, (target, now, now))
        return None if found is None else Item(*found)

    def done(self, target: str, index: int) -> None:
        """It was handed over, or nobody wants it any more."""
        with self._change() as change:
            change.execute("DELETE FROM items WHERE target = ? AND idx = ?", (target, index))

    def answered(self, target: str) -> None:
        """The target takes notices: what waited because it took none is due at once."""
        with self._change() as change:
            back = change.execute(
                "UPDATE targets SET failures = 0, not_before = 0, error = NULL WHERE name = ? AND error IS NOT NULL",
                (target,),
            )
            if back.rowcount:
                change.execute("UPDATE items SET not_before = 0 WHERE target = ? AND unreachable", (target,))

    def later(self, target: str, index: int, not_before: float, why: str, *, unreachable: bool) -> None:
        """A try failed; the next one may be made from `not_before` (seconds since 1970)."""
        with self._change() as change:
            change.execute(
                "UPDATE items SET attempts = attempts + 1, not_before = ?, unreachable = ?, error = ?"
                " WHERE target = ? AND idx = ?",
                (not_before, unreachable, why, target, index),
            )

    def give_up(self, target: str, index: int, why: str) -> None:
        """The last try failed: it is undeliverable and stays so."""
        with self._change() as change:
            change.execute(
                "UPDATE items SET attempts = attempts + 1, undeliverable = 1, error = ? WHERE target = ? AND idx = ?",
                (why, target, index),
            )

    def failures(self, target: str) -> int:
        """Tries in a row at which a target took nothing."""
        found = self._row("SELECT failures FROM targets WHERE name = ?", (target,))
        return 0 if found is None else int(found[0])

    def pause(self, target: str, not_before: float, why: str) -> None:
        """The target takes nothing just now: leave it alone until `not_before`."""
        with self._change() as change:
            change.execute(
                "UPDATE targets SET failures = failures + 1, not_before = ?, error = ? WHERE name = ?",
                (not_before, why, target),
            )

    def close_target(self, target: str, why: str) -> None:
        """The target wants no more: what waits for it stays, and nothing is sent."""
        with self._change() as change:
            change.execute("UPDATE targets SET gone = 1, error = ? WHERE name = ?", (why, target))

    def is_gone(self, target: str) -> bool:
        """Whether the target said that it wants no more."""
        return self._row("SELECT 1 FROM targets WHERE name = ? AND gone", (target,)) is not None

    def _row(self, query: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        with self._open() as connection:
            found: tuple[Any, ...] | None = connection.execute(query, values).fetchone()
            return found

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        with self._open() as connection, transaction(connection):
            yield connection

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The file; after a failure it is opened anew, since somebody may have mended it or put it back."""
        with self._lock, failures_named():
            if self._held.closed:
                raise OutboxUnavailable("another process may hold the outbox by now", code="outbox-busy")
            if self._connection is None:
                self._connection = open_file(self.path)
            try:
                yield self._connection
            except BaseException:
                self._close()
                raise

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def standings(path: Path) -> tuple[Standing, ...]:
    """How each target stands, whoever sends; empty without a file."""
    query = (
        "SELECT name, position, coalesce(sum(undeliverable = 0), 0), coalesce(sum(undeliverable), 0), gone, failures,"
        " targets.error FROM targets LEFT JOIN items ON target = name GROUP BY name ORDER BY name"
    )
    with looking(path) as connection:
        return tuple(
            Standing(name, position, waiting, undeliverable, bool(gone), failures, error)
            for name, position, waiting, undeliverable, gone, failures, error in _rows(connection, query)
        )


def undeliverables(path: Path) -> tuple[Undeliverable, ...]:
    """The notices that no target took, by target and index."""
    query = "SELECT target, idx, attempts, error FROM items WHERE undeliverable ORDER BY target, idx"
    with looking(path) as connection:
        return tuple(Undeliverable(*row) for row in _rows(connection, query))


def resume(path: Path, target: str) -> int:
    """Let whatever is undeliverable be tried anew, and a target that was given up be told again; how many notices.
    `NotFound` with code `no-such-outbox-target`."""
    with _of_target(path, target) as connection:
        resumed = connection.execute(
            "UPDATE items SET attempts = 0, not_before = 0, unreachable = 0, undeliverable = 0"
            " WHERE target = ? AND undeliverable",
            (target,),
        )
        connection.execute(
            "UPDATE targets SET gone = 0, failures = 0, not_before = 0, error = NULL WHERE name = ?", (target,)
        )
        return resumed.rowcount


def forget(path: Path, target: str) -> int:
    """Forget a target with whatever waits for it or is undeliverable; how many notices. One that is still set begins
    anew. `NotFound` with code `no-such-outbox-target`."""
    with _of_target(path, target) as connection:
        forgotten = connection.execute("DELETE FROM items WHERE target = ?", (target,))
        connection.execute("DELETE FROM targets WHERE name = ?", (target,))
        return forgotten.rowcount


@contextmanager
def _of_target(path: Path, target: str) -> Iterator[sqlite3.Connection]:
    with looking(path) as connection:
        if connection is not None:
            with transaction(connection):
                if connection.execute("SELECT 1 FROM targets WHERE name = ?", (target,)).fetchone() is not None:
                    yield connection
                    return
    raise NotFound("the outbox knows no such target", code="no-such-outbox-target")


def _rows(connection: sqlite3.Connection | None, query: str) -> Iterable[tuple[Any, ...]]:
    return () if connection is None else connection.execute(query)
