"""One try to hand a notice over: how it fails, and its connection, whose time is bounded whatever the other side does.

A call ends when its time is over or when `hang_up` is called from another thread, whether it waits for the connection,
the TLS handshake or bytes. Certificates and names are always verified, against the system's authorities or those of one
file.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import suppress
from pathlib import Path
from threading import Lock, Timer
from time import monotonic
from typing import Final, Self

from ledger.errors import Invalid

LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
WAIT_SECONDS: Final = 15.0  # for a connection, or for the next bytes
CALL_SECONDS: Final = 30.0  # for a whole try: Standard Webhooks' upper bound
SHORTEST_WAIT_SECONDS: Final = 0.01


class Undelivered(Exception):
    """A try that failed: this notice may be tried again later, unless

    `refused`: it never will be taken; `gone`: the target wants no more at all; `unreachable`: the target takes nothing
    just now. `retry_after`: the seconds that the target asked to be left alone for.
    """

    def __init__(
        self,
        why: str,
        *,
        refused: bool = False,
        gone: bool = False,
        unreachable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(why)
        self.refused, self.gone, self.unreachable, self.retry_after = refused, gone, unreachable, retry_after


def trust(authorities: Path | None) -> ssl.SSLContext:
    """Whose certificates count: the system's authorities, or those of a PEM file alone; `Invalid` `bad-outbox-ca`."""
    try:
        return ssl.create_default_context(cafile=None if authorities is None else str(authorities))
    except OSError:  # an SSLError is one
        raise Invalid(
            "no file of certificates in PEM form", code="bad-outbox-ca", field="INTEGRITY_OUTBOX_CA"
        ) from None


class Call:
    """The time and the connection of one try. Its exit closes what it opened."""

    def __init__(self, seconds: float = CALL_SECONDS) -> None:
        self._until = monotonic() + seconds
        self._lock = Lock()
        self._opened: list[socket.socket] = []
        self._handles: list[socket.socket] = []  # a second one for each: TLS takes the first one over
        self._over = False
        self._timer = Timer(seconds, self.hang_up)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._over = True
            for handle in (*self._opened, *self._handles):
                handle.close()
            self._opened.clear()
            self._handles.clear()

    def hang_up(self) -> None:
        """End the call: whoever waits in it gets an error or the end of the bytes."""
        with self._lock:
            self._over = True
            for handle in self._handles:
                with suppress(OSError):  # not connected yet, or no more
                    handle.shutdown(socket.SHUT_RDWR)

    def connect(self, host: str, port: int, context: ssl.SSLContext | None = None) -> socket.socket:
        """A connection to the first address of a host that answers, with TLS where a context is given; `OSError`."""
        failure: OSError = ConnectionError("no address")
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            connection = socket.socket(family, kind, protocol)
            try:
                self._keep(connection)
                connection.connect(address)
                connection.settimeout(WAIT_SECONDS)
                if context is None:
                    return connection
                secured = context.wrap_socket(connection, server_hostname=host)
                self._opened.append(secured)
                return secured
            except OSError as error:
                connection.close()
                failure = error
        raise failure

    def why(self, error: Exception) -> str:
        """What a failure is called: the time that is over, or the error's name; nothing that the other side said."""
        late = self._over or any(isinstance(one, TimeoutError) for one in (error, error.__context__))
        return "Timeout" if late else type(error).__name__

    def _keep(self, connection: socket.socket) -> None:
        connection.settimeout(max(SHORTEST_WAIT_SECONDS, min(WAIT_SECONDS, self._until - monotonic())))
        with self._lock:
            if self._over:
                raise TimeoutError
            self._opened.append(connection)
            self._handles.append(connection.dup())
