"""kill -9 of a writing ledger at any moment: what was acknowledged is there, a transaction is whole or not there at
all, and the store verifies in full (ASSURANCE T1). `INTEGRITY_TEST_KILLS` says how often.

This says nothing about fsync (A9): `test_power_cut` does.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import IO

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.fsck import Grade
from ledger.opening import create
from tests.fault.writers import BATCH

ROOT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("INTEGRITY_TEST_KILLS", "200"))
LOOK_EVERY = 20  # kills between two quick verifications


class Writers:
    """A process that forks a writer at a time, to be killed by its id."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.fault.writers"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def run(self, url: str, seconds: float) -> list[str]:
        """Let a writer write, kill it that long after its first acknowledgement; what it told."""
        source, told = self._pipes()
        source.write(url + "\n")
        source.flush()
        pid = int(told.readline().split()[1])
        lines = [told.readline()]  # it writes by now
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        while (line := told.readline()) and not line.endswith("ended\n"):
            lines.append(line)
        # A line that was half told when its writer died is not told.
        return [line for line in lines if line.endswith("\n") and len(line.split()) == 4]

    def end(self) -> None:
        source, told = self._pipes()
        source.close()
        self._process.wait()
        told.close()

    def _pipes(self) -> tuple[IO[str], IO[str]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        return self._process.stdin, self._process.stdout


def kill_again_and_again(url: str, kills: int, seed: int) -> tuple[int, int]:
    """Kill that often; how many acknowledgements were told, and the ledger's size at the end."""
    chance = random.Random(seed)
    create(url).close()
    acknowledged: dict[int, str] = {}
    records: set[str] = set()
    batches: set[str] = set()
    writers = Writers()
    try:
        for kill in range(kills):
            for line in writers.run(url, chance.uniform(0.0, 0.08)):
                kind, index, leaf, name = line.split()
                acknowledged[int(index)] = leaf
                (records if kind == "one" else batches).add(name)
            if kill % LOOK_EVERY == 0:
                report = fsck.verify_at(url, quick=True)
                assert report.ok, f"seed {seed}, kill {kill}: {report.findings}"
    finally:
        writers.end()
    report = fsck.verify_at(url)
    assert report.ok, f"seed {seed}: {report.findings}"
    ledger = Ledger.open(url)
    present: Counter[str] = Counter()
    for row in ledger.store.entries():
        if row.index in acknowledged:
            assert row.leaf.hex() == acknowledged.pop(row.index), f"seed {seed}, entry {row.index}"
    for entry in ledger.by_type("RecordImported", ledger.size):
        present[str(entry.data["source_record"]).partition("-")[0]] += 1
    ledger.close()
    assert not acknowledged, f"seed {seed}: acknowledged and lost"
    assert records <= set(present), f"seed {seed}"
    assert all(present[batch] == BATCH for batch in batches), f"seed {seed}"
    assert set(present.values()) <= {1, BATCH}, f"seed {seed}: a transaction is whole or not there"
    return len(records) + len(batches), report.size


def test_no_acknowledged_command_is_lost_by_kills(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    told, size = kill_again_and_again(f"sqlite:///{tmp_path / 'ledger.db'}", KILLS, seed)

    assert told >= KILLS
    assert size > KILLS


@pytest.mark.nightly
def test_no_acknowledged_command_is_lost_by_a_thousand_kills(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    kill_again_and_again(f"sqlite:///{tmp_path / 'ledger.db'}", 1000, seed)


def test_a_lost_entry_would_be_seen(tmp_path: Path) -> None:
    """The control: the same check over a store from which an acknowledged entry was taken away."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    create(url).close()
    writers = Writers()
    try:
        told = writers.run(url, 0.05)
    finally:
        writers.end()
    ledger = Ledger.open(url)
    with ledger.store.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM entries WHERE idx = ?", (int(told[-1].split()[1]),))
    ledger.close()

    report = fsck.verify_at(url, quick=True)

    assert not report.ok
    assert report.findings[0].grade is Grade.MANIPULATION
