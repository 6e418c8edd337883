"""A PostgreSQL cluster for the tests: real, on loopback, thrown away at the end.

It runs as a user other than root (PostgreSQL insists), with fsync and synchronous commit as in production, on a free
port, in a folder of its own. It is ended by the process id it was started with.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

START_SECONDS = 60
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "log_min_messages": "warning",
    "autovacuum": "on",
}


class NoPostgres(Exception):
    """There are no PostgreSQL programs on this machine, or nobody to run them as."""


@dataclass(frozen=True)
class Cluster:
    """A running server; every test takes a database of its own. `folder` holds its data directory and its log."""

    port: int
    user: str
    pid: int
    numbers: Iterator[int]
    folder: Path

    def url(self, database: str) -> str:
        return f"postgresql://{self.user}@127.0.0.1:{self.port}/{database}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a fresh database, dropped at the end."""
        import psycopg

        name = f"ledger_{next(self.numbers)}_{os.getpid()}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield self.url(name)
        finally:
            with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster for a while; `NoPostgres` says why there cannot be one."""
    programs = _programs()
    user, prefix = _somebody()
    folder = Path(tempfile.mkdtemp(prefix="ledger-postgres-"))
    try:
        if os.geteuid() == 0:
            entry = pwd.getpwnam(user)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        data = folder / "data"
        subprocess.run(
            [*prefix, str(programs / "initdb"), "-D", str(data), "-U", user, "-A", "trust", "-E", "UTF8", "--locale=C"],
            check=True, capture_output=True, cwd=folder,
        )  # fmt: skip
        port = _free_port()
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        arguments = [f"--port={port}", f"--unix_socket_directories={folder}", *settings]
        log = folder / "log"
        with log.open("wb") as output:
            server = subprocess.Popen(
                [*prefix, str(programs / "postgres"), "-D", str(data), *arguments],
                stdout=output, stderr=output, cwd=folder, start_new_session=True,
            )  # fmt: skip
        try:
            pid = _wait(data / "postmaster.pid", port, user, server, log)
            yield Cluster(port, user, pid, count(1), folder)
        finally:
            _end(data / "postmaster.pid", server)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs() -> Path:
    """The newest folder with `initdb` and `postgres` in it."""
    folders = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    folders.sort(key=lambda folder: int("".join(c for c in folder.parent.name if c.isdigit()) or 0), reverse=True)
    on_path = shutil.which("initdb")
    for folder in [*folders, *([Path(on_path).parent] if on_path else [])]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise NoPostgres("no PostgreSQL server programs (Debian: apt install postgresql)")


def _somebody() -> tuple[str, list[str]]:
    """A user who may run a server, and how to become that user."""
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name, []
    setpriv = shutil.which("setpriv")
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if setpriv:
            return name, [setpriv, f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    raise NoPostgres("PostgreSQL does not run as root, and there is no way to become somebody else")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(pid_file: Path, port: int, user: str, server: subprocess.Popen[bytes], log: Path) -> int:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            psycopg.connect(f"postgresql://{user}@127.0.0.1:{port}/postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return int(pid_file.read_text().split()[0])
    raise RuntimeError("PostgreSQL did not start: " + log.read_text(errors="replace")[-2000:])


def _end(pid_file: Path, server: subprocess.Popen[bytes]) -> None:
    try:
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGINT)  # fast shutdown
    except (FileNotFoundError, ProcessLookupError, ValueError, IndexError):
        server.terminate()
    try:
        server.wait(timeout=START_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
