"""Which lines of some files run while a test runs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any


class LineTracer:
    """Notes the lines that run in some files, for the test that runs."""

    def __init__(self, paths: set[str]) -> None:
        self.paths = paths
        self.seen: dict[str, set[int]] = {}

    def __call__(self, frame: FrameType, event: str, arg: object) -> Callable[..., Any] | None:
        path = frame.f_code.co_filename
        if path not in self.paths:
            return None
        lines = self.seen.setdefault(path, set())

        def local(frame: FrameType, event: str, arg: object) -> Callable[..., Any]:
            lines.add(frame.f_lineno)
            return local

        lines.add(frame.f_lineno)
        return local

    def taken(self) -> dict[str, set[int]]:
        seen, self.seen = self.seen, {}
        return seen


def trace(tracer: LineTracer | None) -> None:
    """Trace with it, in threads that begin from now on as well; None ends that."""
    sys.settrace(tracer)
    threading.settrace(tracer)
