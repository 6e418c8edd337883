"""Writing processes for the fault tests: a real ledger, commands without end, each acknowledgement told after it came.

Told lines are `one <index> <leaf> <record>` for a command of its own and `all <index> <leaf> <batch>` for the last of a
transaction. Run as a program, this module waits for work on stdin and forks a writer for each line, so a writer begins
within milliseconds.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from threading import Lock, Thread
from uuid import uuid4

from ledger.application import Ledger
from ledger.line import Line, LineActor
from ledger.storage.events import Acknowledgement

SOURCE = "KILL-TEST"
BATCH = 25
_ACTOR = LineActor("importer", "CREDIT")
_told = Lock()


def record(name: str) -> Line:
    """A record taken over: an entry, a section under a key of its own, two rows of the index."""
    data = {"source": SOURCE, "source_record": name, "kind": "PENALTY", "outcome": "CONFIRMED", "summary": {"a": name}}
    return Line("RecordImported", date(2025, 1, 1), _ACTOR, data, source={"system": SOURCE, "record": name})


def tell(kind: str, found: Acknowledgement, name: str) -> None:
    with _told:
        os.write(1, f"{kind} {found.index} {found.leaf} {name}\n".encode())


def write_singly(ledger: Ledger, count: int) -> None:
    """Commands one after another."""
    for _ in range(count):
        name = uuid4().hex
        tell("one", ledger.submit(record(name), request=("writer", name)), name)


def write_together(ledger: Ledger, count: int) -> None:
    """Transactions of many commands, each told once it is committed as a whole."""
    for _ in range(count):
        batch = uuid4().hex
        with ledger.transaction():
            found = [ledger.submit(record(f"{batch}-{number}")) for number in range(BATCH)]
        tell("all", found[-1], batch)


def write_without_end(url: str) -> None:
    """Two threads with single commands and one with transactions, until somebody kills this process."""
    ledger = Ledger.open(url)
    for work in (write_singly, write_singly, write_together):
        Thread(target=work, args=(ledger, sys.maxsize)).start()


def main() -> None:
    """Fork a writer for each line of stdin (a URL) and say its process id."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.close(0)
            write_without_end(line.strip())
            return
        os.write(1, f"writer {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
