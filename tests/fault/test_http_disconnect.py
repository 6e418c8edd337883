"""Clients that leave: whoever closes the connection has lost nothing and written nothing twice.

Requests go over a raw socket that is closed at some moment after they were sent, or in the middle of being sent; then
the same request is made again under its key. The writer is never cancelled half-way (ASSURANCE A3, §2.3 C and D).
"""

from __future__ import annotations

import logging
import random
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest

from api.app import create_app
from api.settings import Settings
from ledger import fsck
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.tokens import Tokens
from tests.support.http import (
    BOTH,
    LINES,
    MORE,
    UNLIMITED,
    Socket,
    database,
    in_thread,
    opened,
    registration,
    request_bytes,
)

TIMES = 60
RESET = struct.pack("ii", 1, 0)  # SO_LINGER that ends a connection at once, as a dying machine does


@dataclass(frozen=True, slots=True)
class Scene:
    ledger: Ledger
    at: Socket
    hr: str
    auditor: str

    def request(self, number: int) -> bytes:
        return request_bytes("POST", "/v1/subjects", self.hr, {"data": registration(number)}, key=f"gone-{number}")

    def registered(self, number: int) -> int:
        """How often somebody stands in the log."""
        uid = self.ledger.uid("subject", f"N{number}")
        return 0 if uid is None else len(self.ledger.stream(f"subject/{uid}", self.ledger.size))


@pytest.fixture(params=BOTH)
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Scene]:
    with database(request, tmp_path, request.param) as url, opened(url, tmp_path, LINES + MORE) as ledger:
        tokens = Tokens(ledger)
        hr, _ = tokens.issue(Viewer("hr-1", "HR", "PERSONNEL"))
        auditor, _ = tokens.issue(Viewer("auditor-1", "AUDITOR"))
        with in_thread(create_app(ledger, Settings(rate_limit=UNLIMITED))) as at:
            yield Scene(ledger, at, hr, auditor)
        assert [finding.code for finding in fsck.verify(ledger).findings] == ["history"]


def leave(connection: socket.socket, after: float, *, reset: bool) -> None:
    time.sleep(after)
    if reset:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()


def test_a_command_whose_client_leaves_is_there_once(scene: Scene) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    size = scene.ledger.size

    def leave_one(number: int, after: float, reset: bool) -> None:
        leave(scene.at.raw(scene.request(number)), after, reset=reset)

    threads = [
        Thread(target=leave_one, args=(number, chance.random() * 0.03, chance.random() < 0.5))
        for number in range(TIMES)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    for number in range(TIMES):  # some were written, some never read: each is asked for again
        status, answer = scene.at.ask(scene.request(number))
        assert status == 201, (seed, answer)
    assert [scene.registered(number) for number in range(TIMES)] == [1] * TIMES, f"seed {seed}"
    assert scene.ledger.size == size + TIMES, f"seed {seed}"


def test_a_command_sent_in_part_is_no_command(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    size, looks = scene.ledger.size, scene.ledger.access.size
    whole = scene.request(1)
    for cut in (5, 60, whole.index(b"\r\n\r\n") + 4, len(whole) - 1):
        leave(scene.at.raw(whole[:cut]), 0.02, reset=cut % 2 == 0)
    deadline = time.monotonic() + 10
    while not any(getattr(line, "status", 0) == 400 for line in caplog.records):
        assert time.monotonic() < deadline
        time.sleep(0.02)

    assert (scene.ledger.size, scene.ledger.access.size) == (size, looks)
    assert not [line for line in caplog.records if line.levelno >= logging.ERROR], "a client that leaves is no mistake"
    assert scene.at.ask(whole)[0] == 201


def test_a_batch_whose_client_leaves_is_there_whole_and_once(scene: Scene) -> None:
    commands = [{"type": "SubjectRegistered", "data": registration(number)} for number in range(100)]
    request = request_bytes("POST", "/v1/batch", scene.hr, {"commands": commands}, key="batch")
    size = scene.ledger.size
    for after in (0.0, 0.01, 0.05):
        leave(scene.at.raw(request), after, reset=True)
    status, answer = scene.at.ask(request)

    assert status == 200, answer
    assert answer.count(b'"status":201') == 100
    assert scene.ledger.size == size + 100


def test_a_reader_who_leaves_has_looked(scene: Scene) -> None:
    """Whoever closes before the answer may have had it sent: the look stands all the same."""
    looks = scene.ledger.access.size
    path = f"/v1/subjects/{scene.ledger.uid('subject', 'P1')}/integrity-file"
    for _ in range(10):
        leave(scene.at.raw(request_bytes("GET", path, scene.auditor)), 0.05, reset=True)
    deadline = time.monotonic() + 10
    while scene.ledger.access.size < looks + 10:
        assert time.monotonic() < deadline
        time.sleep(0.02)

    assert scene.ledger.access.size == looks + 10


def test_an_announced_body_that_is_too_large_is_refused_before_it_comes(scene: Scene) -> None:
    head = (
        f"POST /v1/subjects/lookup HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {scene.hr}\r\n"
        "Content-Type: application/json\r\nContent-Length: 2000000\r\nConnection: close\r\n\r\n"
    )
    with closing(scene.at.raw(head.encode())) as connection:
        answer = connection.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 413 "), answer
