"""The host a run was made on, in one line: figures mean nothing without it."""

from __future__ import annotations

import os
import platform
import sqlite3
import ssl
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from tests.bench.context import Context
from tests.support.postgres import Cluster

PEERS = ("eventsourcing", "msgspec", "pymerkle", "umadb")


def describe(context: Context) -> str:
    """Cores, memory, versions of what takes part."""
    parts = [
        f"{os.cpu_count()} cores",
        f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / (1 << 30):.0f} GiB",
        f"Linux {platform.release()}",
        f"Python {platform.python_version()}",
        ssl.OPENSSL_VERSION.rpartition(" ")[0].removesuffix(" "),
        f"SQLite {sqlite3.sqlite_version}",
        _postgres(context),
        *(f"{name} {_version(name)}" for name in PEERS),
    ]
    return " · ".join(parts)


def busy() -> str:
    """How busy the host was."""
    load = Path("/proc/loadavg")
    return f"load {load.read_text().split()[0]}" if load.exists() else "load unknown"


def _postgres(context: Context) -> str:
    if not isinstance(context.server, Cluster):
        return f"no PostgreSQL ({context.server})"
    import psycopg

    with psycopg.connect(context.server.url("postgres")) as connection:
        number = connection.info.server_version
        return f"PostgreSQL {number // 10_000}.{number % 10_000}, psycopg {psycopg.__version__}"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "missing"
