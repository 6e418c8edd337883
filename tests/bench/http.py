"""The HTTP door beside the same commands in process, at the same concurrency: one command a request, and in batches.

The server is `integrity serve` in a process of its own; its clients are plain sockets here, so they cost little of the
two cores. In process the commands go to `Ledger.submit` with a request key, a batch in one `transaction()`. Each side
has a ledger of its own; no limit of rates is in the way.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import local
from typing import Any

from ledger.application import Ledger
from ledger.clock import day_of, utc_now
from ledger.line import Line, LineActor
from ledger.opening import create
from tests.bench.context import Context
from tests.bench.databases import Side
from tests.bench.figures import Figure, Target, ratio
from tests.bench.turns import Act, Lane, in_turns

ROOT = Path(__file__).resolve().parents[2]
THREADS = 64
BATCHERS, BATCH = 8, 100
SINGLE, BATCHED = Target(0.25), Target(0.7)
START_SECONDS = 60
UNIT = "U1"
HR = LineActor("hr-1", "HR", UNIT)
_numbers = count()


class NotServed(Exception):
    """There is no server to measure, and why."""


def promise() -> dict[str, Any]:
    """A new commitment of the unit."""
    return {"commitment_id": f"C{next(_numbers)}", "promisor_id": UNIT, "kind": "SERVICE", "due_on": "2099-12-31",
            "text": "答复时限由十个工作日缩短为五个工作日。" * 3, "weight": 1, "public": True}  # fmt: skip


def _line() -> Line:
    return Line("CommitmentMade", day_of(utc_now()), HR, promise())


def opened(url: str) -> Ledger:
    """A ledger with the unit that promises."""
    ledger = create(url)
    unit = {"subject_id": UNIT, "kind": "UNIT", "name": "示范单位", "region": "230800",
            "uscc": "11230800000000019U"}  # fmt: skip
    ledger.submit(Line("SubjectRegistered", day_of(utc_now()), LineActor("credit-1", "CREDIT"), unit))
    return ledger


def in_process(ledger: Ledger) -> tuple[Act, Act]:
    """One command with its own commit; a batch of them in one."""

    def single() -> int:
        ledger.submit(_line(), request=("hr-1", f"k{next(_numbers)}"))
        return 1

    def batch() -> int:
        with ledger.transaction():
            for _ in range(BATCH):
                ledger.submit(_line(), request=("hr-1", f"k{next(_numbers)}"))
        return BATCH

    return single, batch


@dataclass(frozen=True, slots=True)
class Door:
    """A running server and a token for it."""

    port: int
    token: str

    def single(self) -> Act:
        own = local()

        def act() -> int:
            _post(self, own, "/v1/commitments", {"data": promise()}, 201)
            return 1

        return act

    def batch(self) -> Act:
        own = local()

        def act() -> int:
            commands = [{"type": "CommitmentMade", "data": promise()} for _ in range(BATCH)]
            answer = json.loads(_post(self, own, "/v1/batch", {"commands": commands}, 200))
            if any(one["status"] != 201 for one in answer["answers"]):
                raise RuntimeError(f"a command of a batch was refused: {answer['answers'][0]}")
            return BATCH

        return act


def _post(door: Door, own: Any, path: str, body: dict[str, Any], expected: int) -> bytes:
    """Post on this thread's connection, which is kept."""
    connection = getattr(own, "connection", None)
    if connection is None:
        connection = own.connection = socket.create_connection(("127.0.0.1", door.port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    content = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {door.token}\r\n"
        f"Idempotency-Key: k{next(_numbers)}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    connection.sendall(head.encode() + content)
    return answer(connection, expected)


def answer(connection: socket.socket, expected: int) -> bytes:
    """The content of the next answer on a connection, which has this status."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += _more(connection)
    head, _, content = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(content) < int(fields[b"content-length"]):
        content += _more(connection)
    status = int(head.split(b" ", 2)[1])
    if status != expected:
        raise RuntimeError(f"the server answered {status}: {content[:300].decode(errors='replace')}")
    return content


def _more(connection: socket.socket) -> bytes:
    piece = connection.recv(65_536)
    if not piece:
        raise RuntimeError("the server closed the connection")
    return piece


@contextmanager
def served(url: str) -> Iterator[Door]:
    """`integrity serve` on a free port, until the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {**os.environ, "INTEGRITY_DB": url, "INTEGRITY_RATE_LIMIT": "1000000000/minute"}
    integrity = [sys.executable, "-c", "from api.cli import main; main()"]
    issue = [*integrity, "token", "issue", "--actor", HR.id, "--role", HR.role, "--unit", UNIT, "--json"]
    issued = subprocess.run(issue, env=environment, capture_output=True, text=True, cwd=ROOT)
    if issued.returncode != 0:
        raise NotServed(f"no token could be issued: {issued.stdout.strip() or issued.returncode}")
    token = json.loads(issued.stdout)["secret"]
    command = [*integrity, "serve", "--port", str(port)]
    with subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _wait(port, server)
            yield Door(port, token)
        finally:
            server.terminate()


def _wait(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise NotServed("`integrity serve` did not start")


def _measure(side: Side, seconds: float) -> dict[str, float]:
    with ExitStack() as stack:
        ledger = opened(stack.enter_context(side.ledger_url()))
        stack.callback(ledger.close)
        single, batch = in_process(ledger)
        url = stack.enter_context(side.ledger_url())
        opened(url).close()
        door = stack.enter_context(served(url))
        return in_turns(
            {
                "in process": Lane(single, THREADS),
                "HTTP": Lane(door.single(), THREADS),
                "in process, batches": Lane(batch, BATCHERS),
                "HTTP, batches": Lane(door.batch(), BATCHERS),
            },
            seconds,
        )


def bench(context: Context) -> Iterator[Figure]:
    """Both ratios on both databases."""
    whats = (
        f"HTTP append ÷ in process, {THREADS} at once, one command a request",
        f"HTTP append ÷ in process, {BATCHERS} at once, {BATCH} commands a request",
    )
    for side in context.sides():
        rounds = []
        try:
            for number in range(context.rounds):
                context.tell(f"HTTP, {side.name}: round {number + 1} of {context.rounds}")
                rounds.append(_measure(side, 2 * context.seconds))
        except NotServed as reason:
            yield Figure(whats[0], side.name, target=SINGLE, note=f"not measured: {reason}")
            yield Figure(whats[1], side.name, target=BATCHED, note=f"not measured: {reason}")
            continue
        yield ratio(rounds, whats[0], side.name, "HTTP", "in process", SINGLE)
        yield ratio(rounds, whats[1], side.name, "HTTP, batches", "in process, batches", BATCHED)
    yield from context.missing(whats)
