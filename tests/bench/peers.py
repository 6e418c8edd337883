"""Peers that are not Python libraries: message-db (SQL functions from npm) and UmaDB (a server in a wheel).

Both are given the same 500-byte state and the same condition: the stream is new. Each takes part in the runs of the
recorder; `Absent` says why one cannot.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from threading import local
from typing import Any
from uuid import uuid4

from tests.bench.databases import STATE, TOPIC
from tests.bench.turns import Act
from tests.support.postgres import Cluster

MESSAGE_DB = "@eventide/message-db@1.3.1"
_WRITE = b"SELECT write_message(%s::varchar, %s::varchar, %s::varchar, %s::jsonb, null, -1)"
# The order of the package's own install scripts.
_PARTS = (
    "roles/message-store", "schema/message-store", "extensions/pgcrypto", "tables/messages", "types/message",
    "functions/message-store-version", "functions/hash-64", "functions/acquire-lock", "functions/category",
    "functions/is-category", "functions/id", "functions/cardinal-id", "functions/stream-version",
    "functions/write-message", "functions/get-stream-messages", "functions/get-category-messages",
    "functions/get-last-stream-message", "indexes/messages-id", "indexes/messages-category", "indexes/messages-stream",
)  # fmt: skip
START_SECONDS = 20
_numbers = count()


class Absent(Exception):
    """A peer that this machine does not have."""


def message_db_scripts(folder: Path) -> Path:
    """The package's SQL, fetched by npm into the folder."""
    npm = shutil.which("npm")
    if npm is None:
        raise Absent("message-db: there is no npm")
    folder.mkdir()
    packed = subprocess.run([npm, "pack", "--silent", MESSAGE_DB], cwd=folder, capture_output=True, text=True)
    if packed.returncode != 0:
        raise Absent(f"message-db: npm could not fetch {MESSAGE_DB}")
    with tarfile.open(folder / packed.stdout.split()[-1]) as package:
        package.extractall(folder, filter="data")
    return folder / "package" / "database"


@contextmanager
def message_db(server: Cluster, scripts: Path) -> Iterator[Act]:
    """Its `write_message`, one message per call, a connection per thread."""
    import psycopg

    own, opened = local(), list[psycopg.Connection[Any]]()
    with server.database() as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET search_path TO message_store, public")
            for part in _PARTS:
                connection.execute((scripts / f"{part}.sql").read_bytes())

        def act() -> int:
            connection = getattr(own, "connection", None)
            if connection is None:
                connection = own.connection = psycopg.connect(url, autocommit=True)
                connection.execute("SET search_path TO message_store, public")
                opened.append(connection)
            stream, state = f"breach-{uuid4()}", STATE.decode()
            connection.execute(_WRITE, (str(uuid4()), stream, TOPIC, state), prepare=True)
            return 1

        try:
            yield act
        finally:
            for connection in opened:
                connection.close()


class UmaDB:
    """A running server; a client per thread."""

    def __init__(self, address: str) -> None:
        import umadb

        self._made = umadb
        self._address = address
        self._own = local()

    def client(self) -> Any:
        client = getattr(self._own, "client", None)
        if client is None:
            client = self._own.client = self._made.Client(self._address)
        return client

    def append(self, amount: int) -> Act:
        """Append so many events of one new stream by one call, on condition that the stream is new."""
        umadb: Any = self._made

        def act() -> int:
            stream = f"breach/{uuid4()}"
            new = umadb.AppendCondition(umadb.Query(items=[umadb.QueryItem(tags=[stream])]), after=None)
            events = [umadb.Event(event_type=TOPIC, data=STATE, tags=[stream]) for _ in range(amount)]
            self.client().append(events, new)
            return amount

        return act


@contextmanager
def umadb(folder: Path) -> Iterator[UmaDB]:
    """The server of the `umadb` wheel on a free port, ended by its own process id."""
    program = Path(sys.executable).with_name("umadb")
    if not program.exists():
        raise Absent("UmaDB: the package umadb is not installed (extra `bench`)")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / f"umadb{next(_numbers)}"
    data.mkdir()
    server = subprocess.Popen(
        [program, "--listen", f"127.0.0.1:{port}", "--db-path", data],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        peer = UmaDB(f"http://127.0.0.1:{port}")
        _wait(peer, server)
        yield peer
    finally:
        server.terminate()
        server.wait()


def _wait(peer: UmaDB, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            peer.client().head()
        except Exception:  # the client has no public type for "nobody answers yet"
            time.sleep(0.05)
        else:
            return
    raise Absent("UmaDB: its server did not start")
