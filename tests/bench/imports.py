"""Import: the real sample and a large made-up one, each by the command line in a process of its own.

The process's peak memory is the kernel's own figure. It is flat if a batch four times as large takes about the same.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.context import Context
from tests.bench.databases import Side
from tests.bench.figures import Figure, Target
from tests.bench.logs import made_rows

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT.parent / "shared" / "data" / "real-sample"
SAMPLE_SECONDS, ROWS_A_SECOND = Target(30, at_most=True), Target(2_000)


@dataclass(frozen=True, slots=True)
class Import:
    """One import: how many rows it was given, how long it took, how much memory it needed at most."""

    rows: int
    seconds: float
    peak_mebibytes: float


def run(tables: Path, url: str) -> Import:
    """Open a ledger and import a folder of tables into it."""
    environment = {**os.environ, "INTEGRITY_DB": url}
    subprocess.run([*_integrity("init")], env=environment, check=True, capture_output=True, cwd=ROOT)
    start = time.perf_counter()
    command = _integrity("import", str(tables), "--mapping", "public-records", "--skip-refused", "--json")
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) as one:
        assert one.stdout is not None
        answer = json.loads(one.stdout.read())
        _, status, usage = os.wait4(one.pid, 0)
        one.returncode = os.waitstatus_to_exitcode(status)
    took = time.perf_counter() - start
    if one.returncode not in (0, 7):
        raise RuntimeError(f"the import ended with {one.returncode}")
    rows = sum(table["rows"] for table in answer["tables"].values())
    return Import(rows, took, usage.ru_maxrss / 1024)


def _integrity(*arguments: str) -> list[str]:
    return [sys.executable, "-c", "from api.cli import main; main()", *arguments]


def bench(context: Context) -> Iterator[Figure]:
    """The sample in every round; the large batch and a quarter of it once."""
    for side in context.sides():
        yield _sample(context, side)
    for side in context.sides():
        yield from _large(context, side)
    yield from context.missing(["import of the real sample", "import, rows a second"])


def _sample(context: Context, side: Side) -> Figure:
    if not SAMPLE.is_dir():
        return Figure("import of the real sample", side.name, note="not measured: this checkout has no ../shared")
    found = []
    for number in range(context.rounds):
        context.tell(f"import of the real sample, {side.name}: round {number + 1} of {context.rounds}")
        with side.ledger_url() as url:
            found.append(run(SAMPLE, url))
    note = f"{found[0].rows:,} rows, {max(one.peak_mebibytes for one in found):.0f} MiB at most"
    seconds = tuple(one.seconds for one in found)
    return Figure("import of the real sample", side.name, seconds, "s", SAMPLE_SECONDS, note)


def _large(context: Context, side: Side) -> Iterator[Figure]:
    found = []
    for rows in (context.rows // 4, context.rows):
        context.tell(f"import of {rows:,} rows, {side.name}")
        folder = context.folder / f"rows{rows}"
        if not folder.exists():
            made_rows(folder, rows)
        with side.ledger_url() as url:
            found.append(run(folder, url))
    quarter, whole = found
    note = f"{whole.rows:,} rows in {whole.seconds:.0f} s"
    yield Figure("import of made-up rows", side.name, (whole.rows / whole.seconds,), "/s", ROWS_A_SECOND, note)
    note = f"{whole.peak_mebibytes:.0f} MiB ÷ {quarter.peak_mebibytes:.0f} MiB for {quarter.rows:,} rows"
    grown = whole.peak_mebibytes / quarter.peak_mebibytes
    yield Figure("import, peak memory ÷ that for a quarter of the rows", side.name, (grown,), note=note)
