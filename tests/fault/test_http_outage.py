"""Outages under the door: whatever the database does, an answer is an answer, or 503 and the same request again.

An outcome that nobody knows is answered 503; the retry under its key tells, and writes nothing twice. On PostgreSQL the
server's connections are cut while clients write and read.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg
import pytest

from ledger import fsck
from ledger.errors import Unavailable
from tests.support.http import BOTH, LINES, MORE, Caller, House, database, house, opened, registration

WRITERS, READERS, SECONDS = 6, 3, 4.0


@pytest.fixture(params=BOTH)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with (
        database(request, tmp_path, request.param) as url,
        opened(url, tmp_path, LINES + MORE) as ledger,
        house(ledger) as made,
    ):
        yield made
        assert [finding.code for finding in fsck.verify(ledger).findings] == ["history"]


@pytest.mark.parametrize("committed", [True, False])
def test_an_unknown_outcome_is_503_and_the_retry_tells(
    both: House, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    hr, size, queue = both.caller("hr-1", "HR", "PERSONNEL"), both.ledger.size, both.ledger.store.recorder._queue
    commit = queue._commit

    def nobody_knows(group: list[Any]) -> None:
        if committed:
            commit(group)
        raise Unavailable("the outcome is unknown; retry with the same key", code="outcome-unknown")

    with monkeypatch.context() as patch:
        patch.setattr(queue, "_commit", nobody_knows)
        unknown = hr.command("/v1/subjects", registration(1), key="unknown")
    assert both.ledger.size == size + committed
    if unknown.status_code == 201:  # in a file the ledger may look at once whether it is there (replays need no write)
        assert committed
        assert not both.ledger.store.recorder.replay_writes
    else:
        assert (unknown.status_code, unknown.json()["code"]) == (503, "outcome-unknown")
        assert int(unknown.headers["retry-after"]) > 0

    known = hr.command("/v1/subjects", registration(1), key="unknown")
    assert (known.status_code, known.json()["index"]) == (201, size)
    assert both.ledger.size == size + 1


@pytest.mark.parametrize("committed", [True, False])
def test_a_batch_of_unknown_outcome_is_503_and_the_retry_tells(
    both: House, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    from ledger.storage.transaction import Transaction

    hr, size, commit = both.caller("hr-1", "HR", "PERSONNEL"), both.ledger.size, Transaction.commit
    commands = [{"type": "SubjectRegistered", "data": registration(number)} for number in range(20)]

    def nobody_knows(transaction: Transaction, **options: Any) -> None:
        if committed:
            commit(transaction, **options)
        raise Unavailable("the outcome is unknown; retry with the same key", code="outcome-unknown")

    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "commit", nobody_knows)
        unknown = hr.batch(commands, key="unknown")
    assert (unknown.status_code, unknown.json()["code"]) == (503, "outcome-unknown")
    assert both.ledger.size == size + (20 if committed else 0)

    known = hr.batch(commands, key="unknown").json()["answers"]
    assert [answer["index"] for answer in known] == list(range(size, size + 20))
    assert both.ledger.size == size + 20


def cut_connections(url: str) -> None:
    """End every other session of a database."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.mark.postgres
def test_connections_that_are_cut_lose_nothing(postgres_url: str, tmp_path: Path) -> None:
    statuses: Counter[tuple[str, int, str]] = Counter()
    acknowledged: dict[int, Any] = {}
    over = Event()

    def write(hr: Caller, first: int) -> None:
        number = first
        while not over.is_set():
            answer = hr.command("/v1/subjects", registration(number), key=f"cut-{number}")
            statuses["write", answer.status_code, answer.json().get("code", "")] += 1
            if answer.status_code == 201:
                acknowledged[number] = answer.json()
                number += 1

    def read(auditor: Caller, path: str) -> None:
        while not over.is_set():
            answer = auditor.get(path)
            statuses["read", answer.status_code, answer.json().get("code", "")] += 1

    with opened(postgres_url, tmp_path, LINES + MORE) as ledger, house(ledger) as door:
        size = ledger.size
        hr, auditor = door.caller("hr-1", "HR", "PERSONNEL"), door.caller("auditor-1", "AUDITOR")
        paths = [f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file", "/v1/subjects", "/v1/ledger/entries"]
        threads = [Thread(target=write, args=(hr, which * 10_000)) for which in range(WRITERS)]
        threads += [Thread(target=read, args=(auditor, paths[which])) for which in range(READERS)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            time.sleep(0.15)
            cut_connections(postgres_url)
        time.sleep(0.5)  # whatever was cut is answered by now, and asked again
        over.set()
        for thread in threads:
            thread.join()
        print(dict(statuses))

        assert {status for _, status, _ in statuses} <= {200, 201, 503}, statuses
        assert len(acknowledged) > WRITERS
        for number, answer in acknowledged.items():
            again = hr.command("/v1/subjects", registration(number), key=f"cut-{number}")
            assert (again.status_code, again.json()) == (201, answer)
        indexes = {answer["index"] for answer in acknowledged.values()}
        assert len(indexes) == len(acknowledged)
        assert len(acknowledged) <= ledger.size - size <= len(acknowledged) + WRITERS
        wait_until_ready(door)
        assert [finding.code for finding in fsck.verify(ledger).findings] == ["history"]


def wait_until_ready(door: House) -> None:
    """It recovers by itself."""
    deadline = time.monotonic() + 20
    while door.stranger().get("/readyz").status_code != 200:
        assert time.monotonic() < deadline, door.stranger().get("/readyz").text
        time.sleep(0.1)
