"""kill -9 of a writing ledger at any moment: what was acknowledged is there, a transaction is whole or not there at
all, and the store verifies in full (ASSURANCE T1), on both databases. `INTEGRITY_TEST_KILLS` says how often.

This says nothing about fsync (A9): `test_power_cut` does. The controls take away an acknowledged entry, and one of a
transaction's, and the very check that all the kills have passed must see it.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.opening import create
from ledger.storage.store import open_store
from tests.fault.writers import BATCH
from tests.support.golden import KEY_FILES

ROOT = Path(__file__).resolve().parents[2]
KILLS = {"sqlite": int(os.environ.get("INTEGRITY_TEST_KILLS", "200")), "postgresql": 40}
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


@dataclass
class Told:
    """What writers have told: acknowledged entries by index, commands of their own, and whole transactions."""

    leaves: dict[int, str] = field(default_factory=dict)
    records: set[str] = field(default_factory=set)
    batches: set[str] = field(default_factory=set)

    def take(self, lines: list[str]) -> None:
        for line in lines:
            kind, index, leaf, name = line.split()
            self.leaves[int(index)] = leaf
            (self.records if kind == "one" else self.batches).add(name)


def missing(url: str, told: Told) -> list[str]:
    """What was told and is not there, and transactions that are there in part."""
    with open_store(url) as store:
        there = {row.index: row.leaf.hex() for row in store.entries() if row.index in told.leaves}
    with Ledger.open(url) as ledger:
        taken_over = ledger.by_type("RecordImported", ledger.size)
    present = Counter(str(entry.data["source_record"]).partition("-")[0] for entry in taken_over)
    lost = [f"entry {index}" for index, leaf in told.leaves.items() if there.get(index) != leaf]
    lost += [f"command {name}" for name in told.records if not present[name]]
    lost += [f"transaction {name}" for name in told.batches if present[name] != BATCH]
    lost += [f"part of {name}" for name, count in present.items() if count not in (1, BATCH)]
    return sorted(lost)


def kill_again_and_again(url: str, kills: int, seed: int) -> tuple[int, int]:
    """Kill that often; how many acknowledgements were told, and the ledger's size at the end."""
    chance, told = random.Random(seed), Told()
    create(url).close()
    writers = Writers()
    try:
        for kill in range(kills):
            told.take(writers.run(url, chance.uniform(0.0, 0.08)))
            if kill % LOOK_EVERY == 0:
                report = fsck.verify_at(url, quick=True)
                assert report.ok, f"seed {seed}, kill {kill}: {report.findings}"
    finally:
        writers.end()
    report = fsck.verify_at(url)
    assert report.ok, f"seed {seed}: {report.findings}"
    assert missing(url, told) == [], f"seed {seed}"
    return len(told.records) + len(told.batches), report.size


@pytest.fixture
def url(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a ledger to be, whose keys the writing processes find as well."""
    for name, file in KEY_FILES.items():
        monkeypatch.setenv(name, str(tmp_path / file))
    return database_url


def test_no_acknowledged_command_is_lost_by_kills(url: str) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    kills = KILLS[url.partition(":")[0]]
    told, size = kill_again_and_again(url, kills, seed)

    assert told >= kills
    assert size > kills


@pytest.mark.nightly
def test_no_acknowledged_command_is_lost_by_a_thousand_kills(url: str) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    kill_again_and_again(url, 1000, seed)


# The controls.


@pytest.fixture
def written(url: str) -> Told:
    """A ledger in which a writer was killed once, with singles and a transaction told, all of it there."""
    create(url).close()
    told, writers = Told(), Writers()
    try:
        while not (told.records and told.batches):
            told.take(writers.run(url, 0.1))
    finally:
        writers.end()
    assert missing(url, told) == []
    return told


def take_away(url: str, condition: str, *parameters: object) -> None:
    with open_store(url) as store, store.engine.begin() as connection:
        mark = "?" if store.engine.dialect.name == "sqlite" else "%s"
        connection.exec_driver_sql(f"DELETE FROM entries WHERE {condition.replace('?', mark)}", parameters)  # noqa: S608


def test_a_lost_entry_would_be_seen(url: str, written: Told) -> None:
    index = max(written.leaves)
    take_away(url, "idx = ?", index)

    assert f"entry {index}" in missing(url, written)


def test_a_lost_tail_would_be_seen(url: str, written: Told) -> None:
    """What a roll-back of the newest commits would leave: a shorter log."""
    cut = sorted(written.leaves)[-5:]
    take_away(url, "idx >= ?", cut[0])

    assert {f"entry {index}" for index in cut} <= set(missing(url, written))


def test_half_a_transaction_would_be_seen(url: str, written: Told) -> None:
    with open_store(url) as store:
        batch = next(iter(written.batches))
        inner = next(row for row in store.entries() if f'"{batch}-3"'.encode() in row.state)
    assert inner.index not in written.leaves, "only the last of a transaction is told"
    take_away(url, "idx = ?", inner.index)

    assert {f"transaction {batch}", f"part of {batch}"} <= set(missing(url, written))
