"""The demonstration, from a fresh clone: makes the environment, then runs `integrity demo` in it.

    python3 scripts/demo.py

Everything after the script's name is passed on; `integrity demo --help` lists it.
"""

from __future__ import annotations

import subprocess
import sys

import _bootstrap


def main() -> int:
    """The exit status of `integrity demo`, or 1 with a plain text of what is missing."""
    try:
        python = _bootstrap.ensure()
    except _bootstrap.Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    command = [str(python.parent / "integrity"), "demo", *sys.argv[1:]]
    try:
        return subprocess.run(command, cwd=_bootstrap.ROOT, check=False).returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
