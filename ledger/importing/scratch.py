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
            "CREATE TABLE seen (key BLOB PRIMARY KEY, value TEXT NOT NULL, count INTEGER NOT NULL) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def digest(self, space: str, *parts: str) -> bytes:
        """The key of some texts within a space; the lengths keep `("ab", "c")` from being `("a", "bc")`."""
        text = "\x1f".join((space, *(f"{len(part)}:{part}" for part in parts)))
        return hashlib.blake2b(text.encode("utf-8"), key=self._key, digest_size=16).digest()

    def put(self, key: bytes, value: str) -> str | None:
        """Remember a value under a key; answers the value that was there before, which stays."""
        found = self.get(key)
        if found is None:
            self._database.execute("INSERT INTO seen VALUES (?, ?, 1)", (key, value))
            return None
        self._database.execute("UPDATE seen SET count = count + 1 WHERE key = ?", (key,))
        return found.value

    def get(self, key: bytes) -> Found | None:
        row = self._database.execute("SELECT value, count FROM seen WHERE key = ?", (key,)).fetchone()
        return None if row is None else Found(*row)
