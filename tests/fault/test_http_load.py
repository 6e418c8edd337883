"""Load: a real server under 64 clients that write, change, batch, read and retry, stopped while they are at it.

No error but documented push-back (503, 429), which a client answers by asking again under the same key. Afterwards each
acknowledged command is found once, where its acknowledgement says; what was never acknowledged is there once or not at
all; nothing else was written; and the ledger verifies.
"""

from __future__ import annotations

import http.client
import json
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from threading import Barrier, Event, Lock, Thread
from typing import Any

import pytest
from typer.testing import CliRunner

from api.cli.application import app as command_line
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.tokens import Tokens
from tests.support.golden import Copy, PostgresOriginal
from tests.support.http import BOTH, LINES, MORE, database, house, opened, registration
from tests.support.server import served

CLIENTS = 64
SECONDS, NIGHTLY_SECONDS = 10, 60
PUSH_BACK = (429, 503)
VIEWERS = {
    "HR": Viewer("hr-1", "HR", "PERSONNEL"),
    "AUDITOR": Viewer("auditor-1", "AUDITOR"),
    "SUBJECT": Viewer("P1", "SUBJECT"),
}


@dataclass
class Report:
    """What all clients saw."""

    acknowledged: dict[str, dict[str, Any]] = field(default_factory=dict)  # by request key
    sent: dict[str, str] = field(default_factory=dict)  # request key → the id it registers, or the stream it changes
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def said(self) -> str:
        spread = quantiles(self.seconds, n=100)
        rate = len(self.seconds) / CLIENTS
        return f"{dict(self.statuses)}, p50 {spread[49]:.3f} s, p99 {spread[98]:.3f} s, {rate:.0f} requests a client"


class Client:
    """One client on one connection, opened again when it breaks."""

    def __init__(self, number: int, port: int, secrets: dict[str, str], subject: str, report: Report) -> None:
        self._chance = random.Random(number)
        self._number, self._port, self._secrets, self._report = number, port, secrets, report
        self._subject = subject
        self._count = 0
        self._own: list[tuple[str, int]] = []  # the people it registered, with their versions
        self._connection: http.client.HTTPConnection | None = None

    def run(self, stopped: Event) -> None:
        """Ask until told to stop, or until the server is gone."""
        works = [self.register] * 5 + [self.change] * 2 + [self.batch] + [self.read] * 4
        while not stopped.is_set():
            try:
                self._chance.choice(works)()
            except (OSError, http.client.HTTPException) as error:
                if not stopped.is_set():
                    with self._report.lock:
                        self._report.faults.append(repr(error))
                return
        if self._connection is not None:
            self._connection.close()

    def _next(self) -> int:
        self._count += 1
        return self._number * 5_000 + self._count

    def register(self) -> None:
        number = self._next()
        key = f"register-{number}"
        body = {"data": registration(number)}
        self._report.sent[key] = f"N{number}"
        answer = self._command("/v1/subjects", body, key)
        self._own.append((answer["uid"], 1))
        if self._chance.random() < 0.1:  # the answer was lost on its way
            assert self._command("/v1/subjects", body, key) == answer

    def change(self) -> None:
        if not self._own:
            return
        place = self._chance.randrange(len(self._own))
        uid, version = self._own[place]
        key = f"change-{uid}-{version}"
        data = {"unit_id": "U1", "level": "L3", "post": "C3", "from": "2026-01-01"}
        self._report.sent[key] = uid
        answer = self._command(f"/v1/subjects/{uid}/posts", {"data": data}, key, seen=f'"{version}"')
        assert answer["version"] == version + 1
        self._own[place] = (uid, version + 1)

    def batch(self) -> None:
        numbers = [self._next() for _ in range(10)]
        commands = [{"type": "SubjectRegistered", "data": registration(number)} for number in numbers]
        key = f"batch-{numbers[0]}"
        self._report.sent |= {f"{key}/{place}": f"N{number}" for place, number in enumerate(numbers)}
        status, answers = self._ask("POST", "/v1/batch", "HR", {"commands": commands}, key)
        if status == 200:
            for place, answer in enumerate(answers["answers"]):
                assert answer["status"] == 201, answer
                self._report.acknowledged[f"{key}/{place}"] = answer

    def read(self) -> None:
        person = self._own[-1][0] if self._own else self._subject
        path, role = self._chance.choice([
            (f"/v1/subjects/{self._subject}/integrity-file", "SUBJECT"),
            (f"/v1/subjects/{person}/integrity-file", "AUDITOR"),
            (f"/v1/subjects/{self._subject}/access-log", "AUDITOR"),
            ("/v1/subjects?limit=20", "HR"),
            ("/v1/ledger/entries?limit=20", "AUDITOR"),
            ("/version", "HR"),
        ])  # fmt: skip
        self._ask("GET", path, role)

    def _command(self, path: str, body: Any, key: str, *, seen: str | None = None) -> dict[str, Any]:
        status, answer = self._ask("POST", path, "HR", body, key, seen)
        if status == 201:
            assert self._report.acknowledged.setdefault(key, answer) == answer
        return answer

    def _ask(
        self, method: str, path: str, role: str, body: Any = None, key: str = "", seen: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """One request, asked again while the server pushes back."""
        headers = {"Authorization": f"Bearer {self._secrets[role]}"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        if seen is not None:
            headers["If-Match"] = seen
        while True:
            began = time.perf_counter()
            if self._connection is None:
                self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            answer = self._connection.getresponse()
            content = json.loads(answer.read())
            with self._report.lock:
                self._report.statuses[answer.status] += 1
                self._report.seconds.append(time.perf_counter() - began)
            if answer.status not in PUSH_BACK:
                assert answer.status in (200, 201), (method, path, content)
                return answer.status, content
            assert int(answer.headers["Retry-After"]) > 0
            time.sleep(0.1)


def load(copy: Copy, seconds: float, *options: str) -> None:
    """The whole of it, over one ledger."""
    with copy.opened() as ledger:
        tokens = Tokens(ledger)
        secrets = {role: tokens.issue(viewer)[0] for role, viewer in VIEWERS.items()}
        subject, size = ledger.uid("subject", "P1") or "", ledger.size
    report, stopped = Report(), Event()
    with served(copy, *options) as server:
        clients = [Client(number, server.port, secrets, subject, report) for number in range(CLIENTS)]
        threads = [Thread(target=running, args=(client, stopped, report)) for client in clients]
        for thread in threads:
            thread.start()
        stopped.wait(seconds)
        assert report.faults == [], report.faults[:5]
        asked = sum(report.statuses.values())
        stopped.set()  # from now on a connection may end; requests are still under way
        status = server.stop()
        for thread in threads:
            thread.join()
        assert status == 0, server.log()[-2000:]
    print(report.said())
    assert report.faults == [], report.faults[:5]
    assert asked > 10 * seconds
    assert set(report.statuses) <= {200, 201, *PUSH_BACK}, report.said()
    errors = [line for line in server.lines() if line["level"] == "error"]
    assert errors == [], errors[:5]
    with copy.opened() as ledger:
        assert_whole(ledger, report, size)
    assert_verifies(copy)


def assert_verifies(copy: Copy) -> None:
    """`integrity verify` is content with the whole ledger, its access log and its lists."""
    with copy.keys_given():
        verified = CliRunner().invoke(command_line, ["verify", "--db", copy.url, "--json"])
    assert verified.exit_code == 0, verified.output + verified.stderr
    found = json.loads(verified.stdout)
    assert found["ok"] is True
    assert [finding["grade"] for finding in found["findings"] if finding["grade"] != "notice"] == []


def running(client: Client, stopped: Event, report: Report) -> None:
    try:
        client.run(stopped)
    except AssertionError as error:
        with report.lock:
            report.faults.append(str(error))


def assert_whole(ledger: Ledger, report: Report, size: int) -> None:
    """What was acknowledged is there, once; what was not is there once or not at all; there is nothing else."""
    indexes = {answer["index"] for answer in report.acknowledged.values()}
    assert len(indexes) == len(report.acknowledged), "no two acknowledgements name one entry"
    entries = {row.index: row for row in ledger.store.entries(size, ledger.size)}
    for answer in report.acknowledged.values():
        entry = entries[answer["index"]]
        assert (entry.leaf.hex(), entry.version) == (answer["leaf"], answer["version"])
        assert entry.stream == f"subject/{answer['uid']}"
        assert entry.recorded_at == answer["recorded_at"]
    streams = Counter(row.stream for row in entries.values())
    registered = {key: ref for key, ref in report.sent.items() if not key.startswith("change-")}
    found = ledger.uids("subject", list(registered.values()))
    assert set(found) >= {registered[key] for key in report.acknowledged if key in registered}
    assert len(set(found.values())) == len(found)
    assert {f"subject/{uid}" for uid in found.values()} == set(streams)
    unknown = len(report.sent) - len(report.acknowledged)
    assert 0 <= len(entries) - len(indexes) <= unknown


def test_64_clients_for_a_while(golden: Copy) -> None:
    load(golden, SECONDS)


@pytest.mark.nightly
def test_64_clients_for_a_minute(golden: Copy) -> None:
    load(golden, NIGHTLY_SECONDS)


@pytest.mark.nightly
@pytest.mark.postgres
def test_64_clients_on_two_processes(golden_postgres: PostgresOriginal, tmp_path: Path) -> None:
    with golden_postgres.copy(tmp_path) as copy:
        load(copy, NIGHTLY_SECONDS, "--workers", "2")


# Pressure.


@pytest.mark.parametrize("kind", BOTH)
def test_a_full_queue_pushes_back_and_nothing_is_lost(
    request: pytest.FixtureRequest, tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (
        database(request, tmp_path, kind) as url,
        opened(url, tmp_path, LINES + MORE) as ledger,
        house(ledger) as door,
    ):
        recorder, size = ledger.store.recorder, ledger.size
        commit = recorder._commit_group
        monkeypatch.setattr(recorder._queue, "_limit", 2)

        def slowly(group: list[Any]) -> None:
            time.sleep(0.1)
            commit(group)

        monkeypatch.setattr(recorder._queue, "_commit", slowly)
        hr, barrier = door.caller("hr-1", "HR", "PERSONNEL"), Barrier(16)

        def send(number: int) -> None:
            barrier.wait()
            answers[number] = hr.command("/v1/subjects", registration(number), key=f"queue-{number}")

        answers: dict[int, Any] = {}
        threads = [Thread(target=send, args=(number,)) for number in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        pushed = [answer for answer in answers.values() if answer.status_code == 503]
        assert {answer.status_code for answer in answers.values()} == {201, 503}
        assert {answer.json()["code"] for answer in pushed} == {"queue-full"}
        assert all(int(answer.headers["retry-after"]) > 0 for answer in pushed)
        assert ledger.size == size + 16 - len(pushed)
        monkeypatch.undo()
        again = [hr.command("/v1/subjects", registration(number), key=f"queue-{number}") for number in range(16)]
        assert {answer.status_code for answer in again} == {201}
        assert ledger.size == size + 16
        for number, answer in answers.items():
            if answer.status_code == 201:
                assert again[number].json() == answer.json()
