"""The console command `integrity`: the operator's door to a ledger (DESIGN §8).

Data on stdout, everything else on stderr; exit status 0 ok, 1 unexpected, 2 usage, 3 refused, 4 not found,
5 conflict or clock, 6 verification found tampering, 7 incomplete.
"""

from __future__ import annotations

import io
import sys


def main() -> None:
    """Run the command line and end the process with its exit status."""
    from api.cli.application import app

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a page must not fail because of a terminal that lacks a character

    app()
