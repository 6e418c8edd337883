"""Memory while much is written: what an import needs does not grow with what it imports.

Each import runs in a process of its own, whose highest resident memory is asked of the system. The control keeps every
line and must be seen to grow.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FEW, MANY, NIGHTLY = 8_000, 20_000, 200_000
# Bounded memories (names, keys, pages of the database) fill first; an import that kept its rows took 1 MiB a thousand.
ROOM_MIB, NIGHTLY_ROOM_MIB = 8, 40
WRITER = """
import json, sys
from pathlib import Path
from ledger.opening import create
how, count, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
ledger = create(f"sqlite:///{folder / 'ledger.db'}")
if how == "tables":
    from ledger.importing.batch import import_tables
    from ledger.importing.mapping import load_mapping
    from make_rows import make_rows
    make_rows(folder / "tables", count, 1)
    tallies = import_tables(ledger, [folder / "tables"], load_mapping("public-records")).tables.values()
    imported = sum(tally.imported for tally in tallies)
else:
    from ledger.importing import history
    data = {"source": "S", "kind": "PENALTY", "outcome": "CONFIRMED", "summary": {"facts": "x" * 200}}
    actor = {"id": "importer", "role": "CREDIT"}
    with (folder / "history.jsonl").open("w") as file:
        for number in range(count):
            line = {"type": "RecordImported", "effective_on": "2025-01-01", "actor": actor}
            file.write(json.dumps({**line, "data": {**data, "source_record": str(number)}}) + "\\n")
    if how == "kept":
        lines, kept = history._lines, []
        history._lines = lambda *given: (kept.append(line) or line for line in lines(*given))
    imported = history.import_history(ledger, folder / "history.jsonl").imported
(peak,) = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(imported, int(peak) // 1024)
"""


def peak_mib(folder: Path, how: str, count: int) -> int:
    """The highest memory of a process that imports so many rows."""
    folder.mkdir()
    command = [sys.executable, "-c", WRITER, how, str(count), str(folder)]
    environment = {"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}", "PATH": "", "MALLOC_ARENA_MAX": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    imported, peak = done.stdout.split()
    assert int(imported) > 0.95 * count, done.stdout
    return int(peak)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> dict[str, int]:
    """What an import of few rows needs."""
    folder = tmp_path_factory.mktemp("few")
    return {how: peak_mib(folder / how, how, FEW) for how in ("history", "tables")}


@pytest.mark.parametrize("how", ["history", "tables"])
@pytest.mark.parametrize(
    ("count", "room_mib"), [(MANY, ROOM_MIB), pytest.param(NIGHTLY, NIGHTLY_ROOM_MIB, marks=pytest.mark.nightly)]
)
def test_memory_does_not_grow_with_what_is_imported(
    few: dict[str, int], tmp_path: Path, how: str, count: int, room_mib: int
) -> None:
    many = peak_mib(tmp_path / "many", how, count)
    print(f"{FEW} rows: {few[how]} MiB, {count} rows: {many} MiB")

    assert many - few[how] < room_mib, (few[how], many)


def test_an_import_that_keeps_its_lines_would_be_seen(few: dict[str, int], tmp_path: Path) -> None:
    many = peak_mib(tmp_path / "many", "kept", MANY)
    print(f"{FEW} rows: {few['history']} MiB, {MANY} rows kept: {many} MiB")

    assert many - few["history"] > 2 * ROOM_MIB, (few["history"], many)
