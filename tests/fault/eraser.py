"""A process that orders an erasure, or resumes one, and kills itself at a boundary: `python -m tests.fault.eraser`.

    eraser order URL RETENTION BOUNDARY [COUNT] · eraser resume URL BOUNDARY [COUNT]

A boundary is `call NAME` or `return NAME` of a function of the ledger, met for the COUNT-th time. The process ends by
SIGKILL there: nothing of ours is replaced, and no handler, flush or rollback of ours runs.
"""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import Any

from ledger.application import Ledger
from ledger.erasing import resume_erasures
from tests.support.erasure import order_class


def kill_at(event: str, name: str, count: int) -> None:
    """From now on: die when a function of the ledger is called, or returns, for the `count`-th time."""
    left = count

    def watch(frame: FrameType, happened: str, argument: Any) -> None:
        nonlocal left
        code = frame.f_code
        if happened == event and code.co_name == name and "/ledger/" in code.co_filename:
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(watch)


def main(arguments: list[str]) -> None:
    """Order or resume, and die on the way; ends by itself if the boundary is never met."""
    what, url, *rest = arguments
    ledger = Ledger.open(url)
    retention = rest.pop(0) if what == "order" else ""
    event, name, *count = rest
    kill_at(event, name, int(count[0]) if count else 1)
    if what == "order":
        order_class(ledger, retention)
    else:
        resume_erasures(ledger)


if __name__ == "__main__":
    main(sys.argv[1:])
