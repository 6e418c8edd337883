"""A server that dies: whatever it answered is there when the ledger is opened again, looks and commands alike.

A real `integrity serve` is killed while clients read and write. A look is durable before its read is answered, a
command before it is acknowledged; a retry under its key after the restart gets the same acknowledgement.
"""

from __future__ import annotations

import http.client
import json
import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

import pytest

from ledger import fsck
from ledger.access import Viewer
from ledger.tokens import Tokens
from tests.support.golden import Copy
from tests.support.http import registration
from tests.support.server import Server, served

CLIENTS = 8
ROUNDS, NIGHTLY = 3, 40


def spelled(number: int) -> str:
    """A number as a purpose, which is a code of letters."""
    return "P_" + "".join("ABCDEFGHIJ"[int(digit)] for digit in str(number))


@dataclass
class Told:
    """What clients were told before their server died."""

    reads: set[str] = field(default_factory=set)
    commands: dict[int, dict[str, Any]] = field(default_factory=dict)
    asked: int = 0
    lock: Lock = field(default_factory=Lock)

    def number(self) -> int:
        with self.lock:
            self.asked += 1
            return self.asked


def ask(port: int, method: str, path: str, secret: str, body: Any = None, key: str = "") -> tuple[int, bytes]:
    """One request on a connection of its own."""
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json", "Idempotency-Key": key}
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        return answer.status, answer.read()


def until_it_dies(work: Callable[[], None]) -> None:
    try:
        while True:
            work()
    except (OSError, http.client.HTTPException):
        return


def reading(told: Told, port: int, path: str, secret: str) -> None:
    purpose = spelled(told.number())
    status, _ = ask(port, "GET", f"{path}?purpose={purpose}", secret)
    assert status == 200
    told.reads.add(purpose)


def writing(told: Told, port: int, secret: str) -> None:
    number = told.number()
    status, answer = ask(port, "POST", "/v1/subjects", secret, {"data": registration(number)}, f"kill-{number}")
    assert status == 201, answer
    told.commands[number] = json.loads(answer)


def kill_while_asked(server: Server, told: Told, subject: str, secrets: dict[str, str], seconds: float) -> None:
    """Readers and writers ask until the server is killed."""
    path = f"/v1/subjects/{subject}/integrity-file"
    works: list[Callable[[], None]] = [
        lambda: reading(told, server.port, path, secrets["AUDITOR"]),
        lambda: writing(told, server.port, secrets["HR"]),
    ]
    threads = [Thread(target=until_it_dies, args=(works[number % 2],)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    threads[0].join(seconds)
    server.kill()
    for thread in threads:
        thread.join()


def kill_again_and_again(copy: Copy, rounds: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, told = random.Random(seed), Told()
    with copy.opened() as ledger:
        tokens = Tokens(ledger)
        viewers = {"AUDITOR": Viewer("auditor-1", "AUDITOR"), "HR": Viewer("hr-1", "HR", "PERSONNEL")}
        secrets = {role: tokens.issue(viewer)[0] for role, viewer in viewers.items()}
        subject = ledger.uid("subject", "P1") or ""
    for _ in range(rounds):
        with served(copy) as server:
            kill_while_asked(server, told, subject, secrets, 0.3 + chance.random())
    assert len(told.reads) > rounds
    assert len(told.commands) > rounds

    with copy.keys_given(), served(copy) as server:
        for number in list(told.commands)[-20:]:
            body, key = {"data": registration(number)}, f"kill-{number}"
            status, answer = ask(server.port, "POST", "/v1/subjects", secrets["HR"], body, key)
            assert (status, json.loads(answer)) == (201, told.commands[number]), f"seed {seed}"
    with copy.keys_given(), copy.opened() as ledger:
        looks = [look.purpose for look in ledger.access.looks_at(subject)]
        assert len(looks) == len(set(looks)), f"seed {seed}: a read is one look"
        assert told.reads <= set(looks), f"seed {seed}: an answered read has no look"
        for number, told_of in told.commands.items():
            (entry,) = ledger.store.stream_entries(f"subject/{ledger.uid('subject', f'N{number}')}", None)
            assert (entry.index, entry.leaf.hex()) == (told_of["index"], told_of["leaf"]), f"seed {seed}"
        assert [finding.code for finding in fsck.verify(ledger).findings] == ["history"], f"seed {seed}"


def test_what_was_answered_outlives_the_server(golden: Copy) -> None:
    kill_again_and_again(golden, ROUNDS)


@pytest.mark.nightly
def test_what_was_answered_outlives_many_servers(golden: Copy) -> None:
    kill_again_and_again(golden, NIGHTLY)


def test_a_look_that_was_taken_away_would_be_seen(golden_file: Copy) -> None:
    """The control: the same comparison over an access log that lost one look."""
    told = Told()
    with golden_file.opened() as ledger:
        secret, _ = Tokens(ledger).issue(Viewer("auditor-1", "AUDITOR"))
        subject = ledger.uid("subject", "P1") or ""
    with served(golden_file) as server:
        for _ in range(3):
            reading(told, server.port, f"/v1/subjects/{subject}/integrity-file", secret)
        server.kill()
    golden_file.access.rows("DELETE FROM entry_subjects WHERE idx = 2")

    with golden_file.opened() as ledger:
        looks = {look.purpose for look in ledger.access.looks_at(subject)}
        assert len(told.reads - looks) == 1
