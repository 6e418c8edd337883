"""A slower disk than this one: the same benches in a child process in which every fsync takes 2 ms longer.

The shim is compiled from `slow_fsync.c` and preloaded into the child, which passes it on to the servers it starts:
SQLite, PostgreSQL and the peers all wait. The child prints nothing but its figures.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.figures import Figure

MICROSECONDS = 2000
ROOT = Path(__file__).resolve().parents[2]


class NoCompiler(Exception):
    """Without a C compiler there is no slower disk."""


def measure(names: Sequence[str], folder: Path, options: Sequence[str]) -> list[Figure]:
    """The figures of these benches on the slower disk; `NoCompiler` says why there are none."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise NoCompiler("no C compiler (Debian: apt install gcc libc6-dev)")
    shim, found = folder / "slow_fsync.so", folder / "slow.json"
    source = str(Path(__file__).with_name("slow_fsync.c"))
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(shim), source, "-ldl"], check=True)
    folder.chmod(0o755)  # PostgreSQL runs as somebody else and must find the shim
    environment = {
        **os.environ,
        "LD_PRELOAD": str(shim),
        "SLOW_FSYNC_MICROSECONDS": str(MICROSECONDS),
    }
    command = [sys.executable, "-m", "tests.bench", "--slow-child", str(found), *options]
    for name in names:
        command += ["--only", name]
    subprocess.run(command, check=True, cwd=ROOT, env=environment)
    return [Figure.from_json(value) for value in json.loads(found.read_text())]
