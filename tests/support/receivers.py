"""Receivers on loopback that keep what they were sent: an HTTP one for webhooks, an SMTP one for mail, each with TLS or
without."""

from __future__ import annotations

import base64
import socketserver
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Receiver:
    """What came in, and what is answered next: statuses are used up one by one, then 204. `before` is called with a
    message's id before it is answered."""

    port: int = 0
    scheme: str = "http"
    received: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)  # message id → how it is always answered
    headers: dict[str, str] = field(default_factory=dict)  # of every answer
    before: Callable[[str], None] = lambda _: None

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook?of=city"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers, _ in self.received]


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """A receiver of webhooks, with TLS where a context is given."""
    kept = Receiver(scheme="http" if context is None else "https")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            kept.received.append((headers, body))
            kept.before(headers["webhook-id"])
            always = kept.refused.get(headers["webhook-id"])
            self.send_response(always or (kept.answers.pop(0) if kept.answers else 204))
            self.send_header("Location", "http://127.0.0.1:1/elsewhere")
            for name, value in kept.headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server) as port:
        kept.port = port
        yield kept


@dataclass
class Mailbox:
    """An SMTP server's letters: sender, recipients and the message as it came."""

    port: int = 0
    letters: list[tuple[str, list[str], str]] = field(default_factory=list)
    busy: int = 0  # how many times it says that it cannot take one
    at_rcpt: dict[str, str] = field(default_factory=dict)  # mailbox → what is said when it is named
    at_data: dict[str, str] = field(default_factory=dict)  # mailbox → what is said after its letter
    logins: list[tuple[str, bool]] = field(default_factory=list)  # what was sent to log in, and whether over TLS
    tried: list[str] = field(default_factory=list)  # mailboxes that were named
    silent: dict[str, float] = field(default_factory=dict)  # mailbox → seconds before the line is dropped
    farewell: str = "221 bye"

    @property
    def to(self) -> list[str]:
        return [one for _, to, _ in self.letters for one in to]


@contextmanager
def keeping(context: ssl.SSLContext | None = None, *, starttls: bool = False) -> Iterator[Mailbox]:
    """A mail server: plain, with TLS from the first byte, or with STARTTLS."""
    kept = Mailbox()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, *lines: str) -> None:
            self.wfile.write("".join(f"{line}\r\n" for line in lines).encode())

        def handle(self) -> None:
            self.secure = context is not None and not starttls
            self.say("220 mail.example")
            self.sender, self.to = "", list[str]()
            while line := self.rfile.readline().decode().strip():
                if not self.answered(line.partition(" ")[0].upper(), line):
                    return

        def answered(self, verb: str, line: str) -> bool:
            named = line.partition("<")[2].partition(">")[0]
            if verb == "EHLO":
                offered = ["250-STARTTLS"] if starttls and not self.secure else []
                self.say("250-mail.example", *offered, "250 AUTH PLAIN")
            elif verb == "STARTTLS" and context is not None:
                self.say("220 go on")
                self.request = context.wrap_socket(self.request, server_side=True)
                self.rfile, self.wfile = self.request.makefile("rb"), self.request.makefile("wb", 0)
                self.secure = True
            elif verb == "AUTH":
                kept.logins.append((base64.b64decode(line.split(" ")[2]).decode(), self.secure))
                self.say("235 welcome")
            elif verb == "MAIL" and kept.busy:
                kept.busy -= 1
                self.say("451 try later")
            elif verb == "RCPT" and named in kept.silent:
                kept.tried.append(named)
                time.sleep(kept.silent[named])
                return False
            elif verb == "RCPT" and named in kept.at_rcpt:
                kept.tried.append(named)
                self.say(kept.at_rcpt[named])
            elif verb == "DATA":
                self.data()
            elif verb == "QUIT":
                self.say(kept.farewell)
                return False
            else:
                if verb == "MAIL":
                    self.sender, self.to = named, []
                elif verb == "RCPT":
                    kept.tried.append(named)
                    self.to.append(named)
                self.say("250 ok")
            return True

        def data(self) -> None:
            self.say("354 go on")
            lines = []
            while (text := self.rfile.readline().decode()) != ".\r\n":
                lines.append(text)
            refusal = next((kept.at_data[one] for one in self.to if one in kept.at_data), None)
            if refusal is None:
                kept.letters.append((self.sender, list(self.to), "".join(lines)))
            self.say(refusal or "250 taken")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    if context is not None and not starttls:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    with _serving(server) as port:
        kept.port = port
        yield kept


@contextmanager
def _serving(server: socketserver.TCPServer) -> Iterator[int]:
    server.daemon_threads = True  # type: ignore[attr-defined]
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # whoever hung up is in the test
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
