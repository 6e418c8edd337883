"""kill -9 of a looking process at any moment: no acknowledged look is lost, and what is left verifies in full.

Every login is new, so the kills also fall between the key of its pseudonym, its row in the ledger's blind index, its
look and its token. `INTEGRITY_TEST_KILLS` says how often (a quarter of it here).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from ledger import fsck
from ledger.application import Ledger
from ledger.opening import create
from ledger.tokens import Tokens

ROOT = Path(__file__).resolve().parents[2]
KILLS = max(1, int(os.environ.get("INTEGRITY_TEST_KILLS", "200")) // 4)


def test_no_acknowledged_look_is_lost_by_kills(tmp_path: Path) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    create(url).close()
    command = [sys.executable, "-m", "tests.fault.lookers"]
    acknowledged: dict[int, str] = {}
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as lookers:
        assert lookers.stdin is not None
        assert lookers.stdout is not None
        for _ in range(KILLS):
            lookers.stdin.write(url + "\n")
            lookers.stdin.flush()
            pid = int(lookers.stdout.readline().split()[1])
            lines = [lookers.stdout.readline()]  # it looks by now
            time.sleep(chance.uniform(0.0, 0.06))
            os.kill(pid, signal.SIGKILL)
            while (line := lookers.stdout.readline()) and not line.endswith("ended\n"):
                lines.append(line)
            for told in (line.split() for line in lines if line.endswith("\n") and len(line.split()) == 3):
                acknowledged[int(told[1])] = told[2]
        lookers.stdin.close()

    report = fsck.verify_at(url)
    ledger = Ledger.open(url)
    try:
        for row in ledger.access.store.entries():
            assert row.leaf.hex() == acknowledged.pop(row.index, row.leaf.hex()), f"seed {seed}, look {row.index}"
        Tokens(ledger).list()
    finally:
        ledger.close()
    assert report.ok, f"seed {seed}: {report.findings}"
    assert acknowledged == {}, f"seed {seed}: acknowledged and lost"
    assert report.access is not None
    assert report.access.size > KILLS
