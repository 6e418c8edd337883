"""One HTTP exchange, bounded in time and size: no redirect is followed, no proxy used, TLS certificates are verified.

Plain HTTP goes to loopback only. Whatever goes wrong on the way is `NoAnswer`; what the answer means is the caller's.
"""

from __future__ import annotations

import socket
import ssl
from contextlib import closing, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from ipaddress import ip_address
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from ledger.errors import Invalid, Unavailable

MAX_ANSWER_BYTES = 65_536


class NoAnswer(Unavailable):
    """Nobody answered in time, or with more than is read."""

    code = "no-answer"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of any status, read whole."""

    status: int
    content_type: str
    body: bytes


def check_url(url: str) -> SplitResult:
    """The parts of an address that may be asked; `Invalid` with code `bad-witness-url` for any other."""
    try:
        parts = urlsplit(url)
        port_is_one = parts.port != 0
    except ValueError:
        raise Invalid("not an address", code="bad-witness-url") from None
    plain = url.isascii() and url.isprintable() and " " not in url and "#" not in url
    if not (plain and port_is_one and parts.hostname) or "@" in parts.netloc:
        raise Invalid("an address is http(s)://HOST[:PORT]/PATH in ASCII", code="bad-witness-url")
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname)):
        raise Invalid("an address is https, or http on loopback", code="bad-witness-url")
    return parts


def exchange(method: str, url: str, body: bytes | None, *, timeout_seconds: float) -> Answer:
    """The answer to one request, within `timeout_seconds` from start to end; `NoAnswer` otherwise."""
    parts = check_url(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = {"Connection": "close"} | ({} if body is None else {"Content-Type": "text/plain; charset=utf-8"})
    connection = (HTTPSConnection if secure else HTTPConnection)(host, parts.port, timeout=timeout_seconds)
    line = _Line()
    # The socket's own timeout starts anew with every byte; this one does not.
    timer = Timer(timeout_seconds, line.cut)
    timer.daemon = True
    timer.start()
    try:
        with closing(connection):
            connection.sock = line.open(host, connection.port, timeout_seconds, secure=secure)
            connection.request(method, target, body, headers)
            response = connection.getresponse()
            content = response.read(MAX_ANSWER_BYTES + 1)
            line.check()  # an answer that was cut looks like one that is over
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(f"no answer: {type(error).__name__}") from None
    finally:
        timer.cancel()
        line.close()
    if len(content) > MAX_ANSWER_BYTES:
        raise NoAnswer(f"the answer is longer than {MAX_ANSWER_BYTES} bytes", code="answer-too-large")
    return Answer(response.status, response.headers.get_content_type(), content)


class _Line:
    """A socket that another thread may cut at any moment, be it in a handshake or in an answer."""

    def __init__(self) -> None:
        self._socket: socket.socket | None = None
        self._cut = False

    def open(self, host: str, port: int, timeout_seconds: float, *, secure: bool) -> socket.socket:
        found = self._socket = socket.create_connection((host, port), timeout_seconds)
        if secure:
            context = ssl.create_default_context()
            found = self._socket = context.wrap_socket(found, server_hostname=host, do_handshake_on_connect=False)
            found.do_handshake()
        self.check()
        return found

    def check(self) -> None:
        if self._cut:
            raise TimeoutError

    def cut(self) -> None:
        self._cut = True
        if self._socket is not None:
            with suppress(OSError):  # it is closed already
                self._socket.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
