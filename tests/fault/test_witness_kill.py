"""kill -9 of a witness: whatever it cosigned it remembers, whenever it died; a log it followed is followed on."""

from __future__ import annotations

import http.client
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from ledger.log.cosignature import verify_cosignatures
from ledger.log.note import parse_signature_lines
from ledger.witness.request import AddCheckpoint
from ledger.witness.state import State
from tests.support.witnesses import SignedLog, a_witness, witness_key

ROOT = Path(__file__).resolve().parents[2]
LOG = SignedLog(400)
FORK = SignedLog(400, story="'", fork_at=3)
KILLS = 8


@contextmanager
def served(folder: Path, where: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A witness in a process of its own, and its port; ended by its id, if it has not ended itself."""
    command = [sys.executable, "-m", "tests.fault.witness_server", str(folder), LOG.vkey, where]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def add(port: int, request: AddCheckpoint) -> tuple[int, bytes] | None:
    """Status and answer; None where the witness died instead."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)) as connection:
        try:
            connection.request("POST", "/add-checkpoint", request.format().encode())
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None


def newest(folder: Path) -> int:
    kept = State.open(folder / "witness-1.state").newest(LOG.origin)
    return 0 if kept is None else kept.checkpoint.size


@pytest.fixture
def at_five(tmp_path: Path) -> Path:
    """The folder of a witness that has cosigned five entries."""
    a_witness(tmp_path, LOG.key).add(LOG.request(0, 5))
    return tmp_path


def test_killed_between_store_and_answer_it_remembers(at_five: Path) -> None:
    with served(at_five, "before-answer") as (process, port):
        assert add(port, LOG.request(5, 9)) is None
        assert process.wait(60) == -signal.SIGKILL
    assert newest(at_five) == 9

    with served(at_five, "never") as (_, port):
        # The other story had the same old size, and its turn is over.
        assert add(port, FORK.request(5, 9)) == (409, b"9\n")
        assert add(port, LOG.request(5, 9)) == (409, b"9\n")
        answer = add(port, LOG.request(9, 9))
    assert answer is not None
    assert answer[0] == 200
    lines = parse_signature_lines(answer[1].decode())
    assert verify_cosignatures(LOG.note(9).with_signatures(lines), [witness_key(1)])


def test_killed_before_the_commit_it_has_promised_nothing(at_five: Path) -> None:
    """The control: killed a step earlier there is nothing to remember, and nothing was handed out either."""
    with served(at_five, "before-commit") as (process, port):
        assert add(port, LOG.request(5, 9)) is None
        assert process.wait(60) == -signal.SIGKILL
    assert newest(at_five) == 5

    with served(at_five, "never") as (_, port):
        answer = add(port, LOG.request(5, 9))
    assert answer is not None
    assert answer[0] == 200


def test_killed_again_and_again_it_never_goes_back(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, told, size = random.Random(seed), 0, 0
    for _ in range(KILLS):
        with served(tmp_path, "never") as (process, port):
            timer = threading.Timer(chance.uniform(0.05, 0.4), process.kill)
            timer.start()
            until = time.monotonic() + 60
            while time.monotonic() < until and size < 399:
                answer = add(port, LOG.request(size, size + 1))
                if answer is None:
                    break
                status, body = answer
                if status == 200:
                    told = size = size + 1
                else:
                    assert status == 409, seed
                    # What was not answered may have been stored: one step, never less than what was told.
                    assert told <= int(body) <= told + 1, seed
                    size = int(body)
            timer.cancel()
        assert newest(tmp_path) >= told, seed
    history = [kept.checkpoint for kept in State.open(tmp_path / "witness-1.state").history(LOG.origin)]

    assert told > KILLS
    assert [one.size for one in history] == list(range(1, len(history) + 1))
    assert all(one.root == LOG.tree.root(one.size) for one in history)
