"""Addresses of databases: `sqlite:///PATH` or `postgresql://…`. Needs no driver, so a door may ask before it opens."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from ledger.errors import Invalid

SQLITE: Final = "sqlite:///"
POSTGRES: Final = ("postgresql://", "postgres://")


def is_address(url: str) -> bool:
    """Whether this begins like an address of ours."""
    return url.startswith((SQLITE, *POSTGRES))


def is_sqlite(url: str) -> bool:
    """Whether a URL names a SQLite file; `Invalid` if it is no database URL of ours."""
    if not is_address(url):
        raise Invalid("a database is sqlite:///PATH or postgresql://…", code="bad-database-url")
    return url.startswith(SQLITE)


def path_of(url: str) -> Path:
    """The file of a SQLite URL."""
    name = url.removeprefix(SQLITE)
    if not name or name.startswith(":"):
        raise Invalid("a ledger is a file: sqlite:///PATH", code="bad-database-url")
    return Path(name)
