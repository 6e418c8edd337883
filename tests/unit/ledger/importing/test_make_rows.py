"""Made-up rows have the shape of the sample and are the same for the same seed, and can be imported."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from make_rows import COLUMNS, make_rows

from ledger.application import Ledger
from ledger.importing.batch import import_tables
from ledger.importing.mapping import TableMappings
from tests.unit.ledger.importing.conftest import SAMPLE

ROOT = SAMPLE.parents[1]
EXAMINE = """
import resource, sys
from pathlib import Path
from ledger.importing.mapping import load_mapping
from ledger.importing.plan import examine
from ledger.importing.scratch import Scratch
from ledger.importing.tables import find_tables
mapping = load_mapping("public-records")
with Scratch() as scratch:
    plan = examine(find_tables([Path(sys.argv[1])], mapping), mapping, scratch, lambda kind, ids: {})
assert not plan.rejected
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def contents(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_makes_the_same_bytes(tmp_path: Path) -> None:
    counts = make_rows(tmp_path / "a", 1_000, 7)
    make_rows(tmp_path / "b", 1_000, 7)
    make_rows(tmp_path / "c", 1_000, 8)

    assert sum(counts.values()) == 1_000
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a") != contents(tmp_path / "c")


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_the_columns_are_those_of_the_sample(table: str) -> None:
    assert COLUMNS[table] == (SAMPLE / f"{table}.csv").read_text(encoding="utf-8").partition("\n")[0]


def test_made_up_rows_are_imported(ledger: Ledger, mapping: TableMappings, tmp_path: Path) -> None:
    make_rows(tmp_path / "made", 1_500, 3)

    report = import_tables(ledger, [tmp_path / "made"], mapping)

    assert report.rejected == []
    assert sum(tally.rows for tally in report.tables.values()) == 1_500
    assert any("duplicate_of" in entry.data for entry in ledger.by_type("RecordImported", ledger.size))


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    peaks = []
    for rows in (2_000, 25_000):
        make_rows(tmp_path / str(rows), rows, 1)
        command = [sys.executable, "-c", EXAMINE, str(tmp_path / str(rows))]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
        peaks.append(int(done.stdout) // (1024 if sys.platform != "darwin" else 1_048_576))

    assert peaks[1] - peaks[0] < 16, f"MiB: {peaks}"
