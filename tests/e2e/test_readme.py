"""The README's commands, run for real: every line of its shell blocks, in order, in an empty folder with a SQLite file.

What a reader copies must work as it stands there, and a figure that a comment promises must be in the answer.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.serving import free_port

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(integrity [^`]*--db sqlite:///demo/[^`]*)`")
FIGURE = re.compile(r"-?\d+\.\d\d\b")
SCRIPT = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXPORT = re.compile(r"export (\w+)=(\S+)")
# Lines that this test does otherwise: this very test is part of the first, the second makes the environment it runs in.
ELSEWHERE = {
    "python3 scripts/test.py": None,
    ". .venv/bin/activate": None,
    "python3 scripts/demo.py": "integrity demo --no-serve",
}
SECONDS = 300


def blocks() -> list[list[str]]:
    """The lines of each shell block of the README."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [[line for line in block.splitlines() if line.strip()] for block in BLOCK.findall(text)]


def spoken_of() -> list[str]:
    """Commands in the running text that read the demonstration's ledger."""
    return INLINE.findall((ROOT / "README.md").read_text(encoding="utf-8").replace("\n", " "))


class Reader:
    """Somebody who follows the README in a shell, in a folder that looks like a fresh clone."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("scripts", "ledger"):
            (folder / name).symlink_to(ROOT / name)
        shim = folder / "bin" / "integrity"
        shim.parent.mkdir()
        shim.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from api.cli import main; main()' \"$@\"\n")
        shim.chmod(0o755)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("INTEGRITY_")}
        path = f"{shim.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        self.environment = {**kept, "PATH": path, "PYTHONPATH": str(ROOT), "LANG": "C.UTF-8"}
        self.ran: list[str] = []

    def follow(self, line: str) -> None:
        command, _, comment = (part.strip() for part in line.partition("  #"))
        exported = EXPORT.fullmatch(command)
        if exported:
            self.environment[exported[1]] = exported[2]
            return
        done = self.run(ELSEWHERE.get(command, command))
        if done is not None:
            for figure in FIGURE.findall(comment):
                assert figure in done.stdout, f"{command}: {figure} is promised\n{done.stdout}"

    def run(self, command: str | None) -> subprocess.CompletedProcess[str] | None:
        if command is None:
            return None
        done = subprocess.run(
            ["bash", "-c", command], cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}: exit status {done.returncode}\n{done.stdout}{done.stderr}"
        self.ran.append(command)
        return done


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return Reader(tmp_path)


def test_the_readmes_commands_work_as_they_stand_there(reader: Reader) -> None:
    for block in blocks():
        for line in block:
            reader.follow(line)
    for command in spoken_of():
        reader.run(command)

    used = {command.split()[1] for command in reader.ran if command.startswith("integrity ")}
    assert used >= {"demo", "init", "import", "file", "score", "check", "verify"}
    assert (reader.folder / "integrity.db").is_file()
    assert (reader.folder / "demo" / "city.db").is_file()


def test_the_readmes_lines_for_programs_go_from_a_token_to_a_figure(reader: Reader) -> None:
    reader.run("integrity demo --no-serve")
    port = free_port("127.0.0.1", 0)
    script = "\n".join(SCRIPT.findall((ROOT / "README.md").read_text(encoding="utf-8")))
    script = script.replace(":8000", f":{port}").replace("integrity serve", f"integrity serve --port {port}")
    # Whatever happens, the server ends with the shell.
    done = reader.run(f"set -eu; trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n{script}\nwait")

    assert done is not None
    assert '"status":"ok"' in done.stdout.replace(" ", "")
    assert '"subject":"U12"' in done.stdout.replace(" ", "")
    assert '"version":1' in done.stdout.replace(" ", "")


def test_every_line_done_otherwise_still_stands_in_the_readme() -> None:
    commands = {line.partition("  #")[0].strip() for block in blocks() for line in block}

    assert set(ELSEWHERE) <= commands


@pytest.mark.parametrize(
    "line", ["integrity score NOBODY", "integrity no-such-command", "integrity score U12  # 1000.01, line by line"]
)
def test_a_line_that_does_not_work_would_be_seen(reader: Reader, line: str) -> None:
    """The control: the empty folder has no ledger, and no ledger has that figure."""
    if "U12" in line:
        reader.run("integrity demo --no-serve")
        reader.environment["INTEGRITY_DB"] = "sqlite:///demo/city.db"

    with pytest.raises(AssertionError, match=r"exit status|is promised"):
        reader.follow(line)
