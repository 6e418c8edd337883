"""kill -9 at any moment: what was acknowledged is there, and the log is whole (ASSURANCE T1).

This says nothing about fsync (A9); it shows that no moment of a commit leaves half of it.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger.storage.store import create_store, open_store
from tests.support.storage import ORIGIN, check_log

ROOT = Path(__file__).resolve().parents[2]

# Four threads append without end and say each acknowledgement only once they have it.
WRITER = """
import sys
from threading import Lock, Thread
from ledger.storage.events import Disclosure
from ledger.storage.store import open_store
from tests.support.storage import event
store, say = open_store(sys.argv[1]), Lock()
def write():
    while True:
        found = store.recorder.append(
            [event(subjects=["p"], disclosures=[Disclosure("s", "p", "CASE", b"x")]), event()],
            documents={b"%d" % store.head().size: b"content"},
        )
        with say:
            for a in found:
                sys.stdout.write(f"{a.index} {a.leaf}\\n")
            sys.stdout.flush()
for _ in range(4):
    Thread(target=write).start()
"""


def kill_again_and_again(url: str, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    create_store(url, ORIGIN).close()
    acknowledged: dict[int, str] = {}
    for _ in range(kills):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert writer.stdout is not None
        told = [writer.stdout.readline()]  # it writes by now
        time.sleep(chance.uniform(0.0, 0.1))
        writer.send_signal(signal.SIGKILL)
        told += writer.stdout.readlines()
        writer.stdout.close()
        writer.wait()
        for line in told:
            if line.endswith("\n"):
                index, leaf = line.split()
                acknowledged[int(index)] = leaf
    with open_store(url) as store:
        size = check_log(store)
        rows = {row.index: row for row in store.entries()}
        sealed = store.disclosures(range(size))
    assert len(acknowledged) >= kills, f"seed {seed}"
    assert {index: rows[index].leaf.hex() for index in acknowledged} == acknowledged, f"seed {seed}"
    # A request writes all of itself: every entry with a subject has its disclosure.
    assert {(index, "s") for index, row in rows.items() if row.subjects} == set(sealed), f"seed {seed}"


def test_no_acknowledged_entry_is_lost_by_kills(database_url: str) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    kill_again_and_again(database_url, 8, seed)


@pytest.mark.nightly
def test_no_acknowledged_entry_is_lost_by_two_hundred_kills(database_url: str) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    kill_again_and_again(database_url, 200, seed)
