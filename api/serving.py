"""Running the HTTP door: what must hold before it opens, one server for a SQLite ledger, several on PostgreSQL.

A server refuses to start, with one sentence and what to do, on a ledger whose head does not verify, without its keys,
with a migration pending, and where another server holds the same file. It listens on loopback only: what faces a
network is a proxy that speaks TLS. A signal ends it after the requests under way.
"""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from api.app import create_app
from api.observing import log_to_stderr
from api.settings import Settings
from ledger.application import Ledger
from ledger.erasing import resume_erasures
from ledger.errors import Conflict, Invalid, LedgerError, Unavailable
from ledger.fsck.head import verify_head
from ledger.storage.address import is_sqlite, path_of

if TYPE_CHECKING:
    from fastapi import FastAPI

    from api.pages.demo_roles import Demo

LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")
DATABASE: Final = "INTEGRITY_DB"
GRACE_SECONDS: Final = 10
LOCK: Final = ".serving"
# What a sentence about the ledger alone does not say.
WHAT_TO_DO: Final = {
    "head-not-verified": "run `integrity verify`",
    "no-key-file": "put it back, or say where it is (INTEGRITY_MASTER_KEY, INTEGRITY_SIGNING_KEY)",
    "no-key-store": "put it back, or say where it is (INTEGRITY_KEYS)",
    "wrong-master-key": "put its own back, or say where it is (INTEGRITY_MASTER_KEY)",
    "wrong-signing-key": "put that one back, or say where it is (INTEGRITY_SIGNING_KEY)",
    "access-log-missing": "put it back, nobody's record is shown without it",
    "access-log-replaced": "put its own back",
    "no-sentinel": "put it back, or say where it is (INTEGRITY_SENTINEL); where it is lost, `integrity sentinel adopt`",
    "sentinel-ahead": "put the newer database back, or run `integrity verify`",
    "sentinel-differs": "run `integrity verify`",
    "sentinel-foreign": "put its own back; where that is lost, move this one away and `integrity sentinel adopt`; "
    "after an opening that was interrupted, `integrity migrate`",
    "sentinel-unavailable": "see that it can be read and written (INTEGRITY_SENTINEL)",
}
_OPTIONS: Final[dict[str, Any]] = {
    "log_config": None,
    "access_log": False,
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": GRACE_SECONDS,
    "timeout_keep_alive": 30,
}


def open_checked(url: str) -> Ledger:
    """The ledger at a URL if it may be served; each reason why not is a `LedgerError` with its own code.

    What was ordered to be erased and not done is done before anybody reads.
    """
    try:
        ledger = Ledger.open(url)
        try:
            _check(ledger, url)
        except BaseException:
            ledger.close()
            raise
    except LedgerError as error:
        if error.code in WHAT_TO_DO:
            error.detail = f"{error.detail}: {WHAT_TO_DO[error.code]}"
        raise
    return ledger


def _check(ledger: Ledger, url: str) -> None:
    verify_head(ledger.store, ledger.origin)
    ledger.publisher.check()
    ledger.access.publisher.check()
    resume_erasures(ledger)


@contextmanager
def only_server(url: str) -> Iterator[None]:
    """Hold a SQLite ledger for this server alone; `Conflict` with code `already-served` where another holds it."""
    if not is_sqlite(url) or not path_of(url).is_file():
        yield
        return
    path = path_of(url)
    descriptor = os.open(Path(f"{path}{LOCK}"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict("another server holds this ledger: stop it first", code="already-served") from None
        yield
    finally:
        os.close(descriptor)


def listening(host: str, port: int) -> socket.socket:
    """A socket at the address; `Conflict` with code `cannot-listen` where there can be none."""
    found = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
    except OSError:
        found.close()
        raise Conflict("nobody can listen there: name another --port", code="cannot-listen", field="port") from None
    return found


def serve(
    url: str,
    *,
    host: str,
    port: int,
    workers: int = 1,
    demo: Demo | None = None,
    announce: Callable[[], None] = lambda: None,
) -> None:
    """Serve until a signal, which ends it after the requests under way. `workers` beyond one need PostgreSQL.

    `announce` is called once nothing is in the way any more.
    """
    if host not in LOOPBACK:
        raise Invalid(
            "a server listens on loopback; put a proxy with TLS before it", code="loopback-only", field="host"
        )
    if workers > 1 and is_sqlite(url):
        raise Invalid(
            "a SQLite ledger has one server process; more need PostgreSQL", code="one-server", field="workers"
        )
    settings = Settings()
    with only_server(url), closing(open_checked(url)) as ledger, closing(listening(host, port)) as socket_:
        app = create_app(ledger, settings, demo=demo, timers=demo is None) if workers == 1 else None
        announce()
        # A demonstration's terminal is for its addresses.
        log_to_stderr(logging.INFO if demo is None else logging.WARNING)
        if app is not None:
            run_on(app, socket_)
            return
    os.environ[DATABASE] = url
    uvicorn.run("api.serving:worker", factory=True, workers=workers, host=host, port=port, **_OPTIONS)


def run_on(app: FastAPI, at: socket.socket) -> None:
    """Serve an application on a socket until a signal."""
    with _ended_by_signal():
        server = uvicorn.Server(uvicorn.Config(app, **_OPTIONS))
        server.run(sockets=[at])
        if not server.started:
            raise Unavailable("the server could not start: its log says where", code="not-started")


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Let a signal end the server and then the program, with everything closed and status 0."""

    def end(*_: object) -> None:
        raise SystemExit(0)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def worker() -> FastAPI:
    """The application of one of several processes; each opens the ledger for itself."""
    log_to_stderr()
    return create_app(open_checked(os.environ[DATABASE]), timers=True)


def free_port(host: str, wanted: int) -> int:
    """The wanted port, or another where somebody listens on it just now."""
    for port in (wanted, 0):
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    raise Unavailable("no port is free", code="no-port")
