"""Memory while a log is verified does not grow with the log, in the walk and in its helpers, and progress is told.

Each verification runs in a process of its own, whose highest resident memory is asked of the system. Ledgers are made
by the importer, in another process, so that every table has its rows.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY, NIGHTLY = 9_000, 28_000, (1_000_000, 5_000_000)
# Bounded memories (keys at hand, the database's own pages) fill first.
ROOM_MIB, NIGHTLY_ROOM_MIB = 12, 60
MAKER = """
import sys
from pathlib import Path
from ledger.importing.batch import import_tables
from ledger.importing.mapping import load_mapping
from ledger.opening import create
from make_rows import make_rows
folder = Path(sys.argv[2])
ledger = create(f"sqlite:///{folder / 'ledger.db'}")
make_rows(folder / "tables", int(sys.argv[1]), 1)
import_tables(ledger, [folder / "tables"], load_mapping("public-records"), skip_refused=True)
ledger.close()
"""
VERIFIER = """
import json, resource, sys
from ledger import fsck
from ledger.fsck import crew
if __name__ == "__main__":
    url, quick, jobs, kept = sys.argv[1], sys.argv[2] == "quick", int(sys.argv[3]), sys.argv[4] == "kept"
    if kept:
        from ledger.fsck import spine
        everything, take = [], spine.Spine.take
        spine.Spine.take = lambda self, rows: (everything.append(rows), take(self, rows))[1]
    told = []
    report = fsck.verify_at(url, quick=quick, jobs=jobs, progress=lambda *how_far: told.append(how_far))
    (peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
    helpers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(json.dumps({
        "findings": [finding.what for finding in report.findings], "size": report.size, "told": len(told),
        "last": told[-1], "walk": int(peak) // 1024, "helpers": helpers // 1024,
    }))
"""


def run(program: str, *arguments: object) -> str:
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}", "PATH": "", "MALLOC_ARENA_MAX": "1"}
    command = [sys.executable, "-c", program, *map(str, arguments)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def verified(folder: Path, how: str, jobs: int, *, kept: bool = False) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(
        run(VERIFIER, f"sqlite:///{folder / 'ledger.db'}", how, jobs, "kept" if kept else "")
    )
    assert answer["findings"] == []
    assert answer["last"] == ["entries", answer["size"], answer["size"]]
    return answer


def made(folder: Path, rows: int) -> Path:
    folder.mkdir()
    run(MAKER, rows, folder)
    return folder


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("few") / "ledger", FEW)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made(tmp_path_factory.mktemp("many") / "ledger", MANY)


@pytest.mark.parametrize(("how", "jobs"), [("full", 1), ("full", 2), ("quick", 1)])
def test_memory_does_not_grow_with_the_log(few: Path, many: Path, how: str, jobs: int) -> None:
    of_few, of_many = verified(few, how, jobs), verified(many, how, jobs)
    print(of_few, of_many)

    assert of_many["size"] > 3 * of_few["size"]
    assert of_many["told"] > 3, "how far it is was shown"
    assert of_many["walk"] - of_few["walk"] < ROOM_MIB
    assert of_many["helpers"] - of_few["helpers"] < ROOM_MIB


def test_a_verification_that_keeps_its_rows_would_be_seen(few: Path, many: Path) -> None:
    grown = verified(many, "full", 1, kept=True)["walk"] - verified(few, "full", 1, kept=True)["walk"]

    assert grown > ROOM_MIB


@pytest.mark.nightly
@pytest.mark.parametrize("rows", NIGHTLY)
@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_is_flat_at_millions_of_entries(few: Path, tmp_path: Path, rows: int, jobs: int) -> None:
    of_few, of_many = verified(few, "full", jobs), verified(made(tmp_path / "ledger", rows), "full", jobs)
    print(of_few, of_many)

    assert of_many["walk"] - of_few["walk"] < NIGHTLY_ROOM_MIB
    assert of_many["helpers"] - of_few["helpers"] < NIGHTLY_ROOM_MIB
