"""Looking processes for the fault tests: looks without end, by ever new logins, each told after it was acknowledged.

A told line is `look <index> <leaf>`. Run as a program, this module waits for URLs on stdin and forks a looker for each.
"""

from __future__ import annotations

import os
import sys
from threading import Lock, Thread
from uuid import uuid4

from ledger.access import Viewer
from ledger.application import Ledger
from ledger.tokens import Tokens

OFTEN = 3  # looks by one login
_told = Lock()


def look_without_end(url: str) -> None:
    """Threads that look, and issue a token for each login, until somebody kills this process."""
    ledger = Ledger.open(url)
    for _ in range(4):
        Thread(target=_look, args=(ledger,)).start()


def _look(ledger: Ledger) -> None:
    subject, tokens = ledger.book.uid, Tokens(ledger)
    while True:
        viewer = Viewer(f"looker-{uuid4().hex}", "AUDITOR")
        for _ in range(OFTEN):
            found = ledger.access.look(viewer, [subject], scope=["INTEGRITY_FILE"])
            with _told:
                os.write(1, f"look {found.index} {found.leaf}\n".encode())
        tokens.issue(viewer)


def main() -> None:
    """Fork a looker for each line of stdin (a URL) and say its process id."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.close(0)
            look_without_end(line.strip())
            return
        os.write(1, f"looker {pid}\n".encode())
        os.waitpid(pid, 0)
        os.write(1, b"ended\n")


if __name__ == "__main__":
    main()
