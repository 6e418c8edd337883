"""A scratch index on disk: what an import must remember about the rows it has passed, in flat memory.

Keys are digests under a key drawn for this run, so nothing that names a person is written; values are the source's
own record ids. The file has no name, and is gone when the index is closed.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from types import TracebackType
from typing import NamedTuple, Self

_CACHE_KIB = 16_384


class Found(NamedTuple):
    """The value first put under a key, and how many times that key was put."""

    value: str
    times: int


class Scratch:
    """A context manager; used by one thread."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._database = sqlite3.connect("", isolation_level=None)
        for setting in ("journal_mode = OFF", "synchronous = OFF", f"cache_size = -{_CACHE_KIB}"):
            self._database.execute(f"PRAGMA {setting}")
        self._database.execute(
            "CREATE TABLE seen (key BLOB PRIMARY KEY, value TEXT NOT NULL, times INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def digest(self, *parts: str | tuple[str, ...]) -> bytes:
        """The key of some texts; `repr` quotes them, so `("ab", "c")` is never taken for `("a", "bc")`."""
        return hashlib.blake2b(repr(parts).encode("utf-8"), key=self._key, digest_size=16).digest()

    def put(self, key: bytes, value: str) -> str | None:
        """Remember a value under a key; answers the value that was there before, which stays."""
        if self._database.execute("INSERT OR IGNORE INTO seen VALUES (?, ?, 1)", (key, value)).rowcount:
            return None
        (earlier,) = self._database.execute("SELECT value FROM seen WHERE key = ?", (key,)).fetchone()
        self._database.execute("UPDATE seen SET times = times + 1 WHERE key = ?", (key,))
        return str(earlier)

    def get(self, key: bytes) -> Found | None:
        row = self._database.execute("SELECT value, times FROM seen WHERE key = ?", (key,)).fetchone()
        return None if row is None else Found(*row)
