"""Power cuts, replayed: what a disk would hold if the power failed right after an acknowledgement.

A real writing process is traced; its writes are followed, and only what it synced survives a cut, by itself or with a
random half of the sectors not yet synced (torn). Two things are taken as given: a file that was renamed, truncated or
removed is so once anything is synced after it (true of the journals of ext4 and xfs), and the shared-memory file of
SQLite is never on disk.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

SECTOR: Final = 512
ROOT: Final = Path(__file__).resolve().parents[2]
CALLS: Final = "openat,close,write,pwrite64,pwritev,fsync,fdatasync,ftruncate,unlink,rename,renameat2,dup,dup2,fcntl"
_CALL = re.compile(r"(?P<pid>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+)")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')

# The writer: a ledger as it is, but for how its connections are prepared. A small checkpoint makes those happen too.
WRITER: Final = """
import os, sys
from ledger.application import Ledger
from ledger.storage import sqlite
from tests.fault.writers import write_singly, write_together
url, count, synchronous = sys.argv[1], int(sys.argv[2]), sys.argv[3]
durable = sqlite.prepare
def prepare(connection):
    durable(connection)
    connection.execute("PRAGMA wal_autocheckpoint = 60")
    if synchronous != "FULL":
        connection.execute("PRAGMA synchronous = " + synchronous)
sqlite.prepare = prepare
ledger = Ledger.open(url)
write_singly(ledger, count)
write_together(ledger, 5)
write_singly(ledger, 20)
os._exit(0)
"""


@dataclass
class Cut:
    """A disk after a power cut: the lines told before it, and its files by name."""

    told: list[str]
    files: dict[str, bytes]

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
            (folder / name).chmod(0o600)


@dataclass
class Disk:
    """Files as the system sees them (`seen`), as they survive (`kept`), and what was written since (`loose`)."""

    chance: random.Random
    torn: bool
    seen: dict[str, bytearray] = field(default_factory=dict)
    kept: dict[str, bytes] = field(default_factory=dict)
    loose: dict[str, list[tuple[int, bytes]]] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    syncs: int = 0

    def write(self, name: str, offset: int, data: bytes) -> None:
        put(self.seen[name], offset, data)
        self.loose.setdefault(name, []).append((offset, data))

    def sync(self, name: str | None) -> None:
        self.syncs += 1
        for other in self.gone:
            self.kept.pop(other, None)
            self.loose.pop(other, None)
        self.gone.clear()
        if name is not None:
            self.kept[name] = bytes(self.seen[name])
            self.loose.pop(name, None)

    def remove(self, name: str) -> None:
        if name in self.seen:
            self.gone.add(name)
            self.seen[name] = bytearray()

    def cut(self) -> dict[str, bytes]:
        """What is left when the power fails now."""
        files = dict(self.kept)
        if self.torn:
            for name, writes in self.loose.items():
                data = bytearray(files.get(name, b""))
                for offset, written in writes:
                    for start in range(0, len(written), SECTOR):
                        if self.chance.random() < 0.5:
                            put(data, offset + start, written[start : start + SECTOR])
                files[name] = bytes(data)
        return files


def put(data: bytearray, offset: int, written: bytes) -> None:
    """Write into bytes as into a file: a hole before the offset is zeros."""
    data.extend(bytes(max(0, offset + len(written) - len(data))))
    data[offset : offset + len(written)] = written


def trace(folder: Path, count: int, synchronous: str) -> Path:
    """Let the writer write under strace; the trace. The folder's files were the disk before."""
    strace, output = shutil.which("strace"), folder.parent / f"trace-{synchronous}"
    assert strace is not None
    command = [
        strace, "-f", "-o", str(output), "-xx", "-s", "200000", "-e", f"trace={CALLS}",
        sys.executable, "-c", WRITER, f"sqlite:///{folder / 'ledger.db'}", str(count), synchronous,
    ]  # fmt: skip
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, check=True)
    return output


def replay(folder: Path, before: dict[str, bytes], trace_file: Path, disk: Disk, every: int) -> Iterator[Cut]:
    """Follow a trace; a cut after every so many told lines, and one at the end."""
    disk.seen = {name: bytearray(data) for name, data in before.items()}
    disk.kept = dict(before)
    handles: dict[tuple[str, int], str] = {}
    told: list[str] = []
    with trace_file.open(encoding="ascii") as lines:
        for pid, name, arguments, result in calls(lines):
            if result < 0:
                continue
            file = handles.get((pid, int(arguments.split(",")[0]))) if arguments.split(",")[0].isdigit() else None
            if name == "openat":
                opened = Path(text(arguments))
                if opened.parent == folder and not opened.name.endswith("-shm"):
                    handles[pid, result] = opened.name
                    disk.seen.setdefault(opened.name, bytearray())
                    if "O_TRUNC" in arguments:
                        disk.seen[opened.name] = bytearray()
            elif name == "close":
                handles.pop((pid, int(arguments)), None)
            elif name == "write" and arguments.startswith("1,"):
                told.append(text(arguments))
                if len(told) % every == 0:
                    yield Cut(list(told), disk.cut())
            elif name in ("dup", "dup2", "fcntl"):
                # SQLite does not duplicate handles; were one of ours, the replay would be wrong without saying so.
                assert file is None or name == "fcntl", f"{name} of {file}"
                assert file is None or "F_DUPFD" not in arguments, f"{name} of {file}"
            elif file is None and name not in ("fsync", "fdatasync", "unlink", "rename", "renameat2"):
                continue
            elif name == "pwrite64" and file is not None:
                disk.write(file, int(arguments.rsplit(",", 1)[1]), data(arguments)[:result])
            elif name == "write" and file is not None:
                disk.write(file, len(disk.seen[file]), data(arguments)[:result])
            elif name in ("fsync", "fdatasync"):
                disk.sync(file)
            elif name == "ftruncate" and file is not None:
                del disk.seen[file][int(arguments.split(",")[1]) :]
            elif name == "unlink":
                removed = Path(text(arguments))
                if removed.parent == folder:
                    disk.remove(removed.name)
            else:
                assert file is None, f"{name} of {file} is not followed"
                assert str(folder) not in text(arguments, missing=""), f"{name} is not followed"
    yield Cut(list(told), disk.cut())


def calls(lines: Iterator[str]) -> Iterator[tuple[str, str, str, int]]:
    """Process, name, arguments and result of each call; a call that was interrupted is put together again."""
    halves: dict[str, str] = {}
    for line in lines:
        pid, _, rest = line.rstrip("\n").partition(" ")
        rest = rest.lstrip()
        if rest.endswith("<unfinished ...>"):
            halves[pid] = rest.removesuffix("<unfinished ...>")
            continue
        if rest.startswith("<..."):
            rest = halves.pop(pid, "") + rest.partition("resumed>")[2]
        found = _CALL.match(f"{pid} {rest}")
        if found is not None:
            # Threads share their handles: one process writes.
            yield "", found["name"], found["arguments"], int(found["result"])


def data(arguments: str) -> bytes:
    """The bytes of a call's first string."""
    found = _STRING.search(arguments)
    assert found is not None
    assert not found[2], "the trace cut a string short"
    return bytes.fromhex(found[1].replace("\\x", ""))


def text(arguments: str, *, missing: str | None = None) -> str:
    if missing is not None and _STRING.search(arguments) is None:
        return missing
    return data(arguments).decode()
