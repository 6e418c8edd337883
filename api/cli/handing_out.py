"""A file for whoever asked: under a new name, or on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def hand_out(out: Path | None, content: bytes | Callable[[BinaryIO], object]) -> None:
    """Content, or what writes it, into a new file or to stdout.

    A file of that name is never touched (FileExistsError); one that could not be finished does not stay.
    """
    if out is None:
        sys.stdout.flush()
        _write(sys.stdout.buffer, content)
        sys.stdout.buffer.flush()
        return
    file = out.open("xb")
    try:
        with file:
            _write(file, content)
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def _write(file: BinaryIO, content: bytes | Callable[[BinaryIO], object]) -> None:
    if isinstance(content, bytes):
        file.write(content)
    else:
        content(file)
