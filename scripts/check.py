"""What to run before asking anyone to read: formats, lints, type-checks and tests, in the environment that stands.

    python scripts/check.py [--quick] [pytest arguments]

`--quick` leaves the tests out. `scripts/test.py` is the long form that a clean machine runs: it installs what is
missing, changes no file and tries a second Python.
"""

from __future__ import annotations

import subprocess
import sys

import _bootstrap


def steps(python: str, tests: list[str] | None) -> list[tuple[str, list[str]]]:
    """The steps by name, in order; `tests` is None where the tests are left out."""
    wanted = [
        ("format", [python, "-m", "ruff", "format", "--quiet", "."]),
        ("lint", [python, "-m", "ruff", "check", "--quiet", "."]),
        ("types", [python, "-m", "mypy"]),
    ]
    if tests is not None:
        wanted.append(("tests", [python, "-m", "pytest", "-n", "2", "--quiet", *tests]))
    return wanted


def main(arguments: list[str]) -> int:
    """0 when every step is content; the steps go on after one that is not."""
    python = _bootstrap.python_of(_bootstrap.ROOT / ".venv")
    if not python.exists():
        print("There is no .venv yet: python3 scripts/test.py makes it.", file=sys.stderr)
        return 1
    quick = "--quick" in arguments
    tests = None if quick else [argument for argument in arguments if argument != "--quick"]
    failed = []
    for name, command in steps(str(python), tests):
        print(f"— {name}", flush=True)
        if subprocess.run(command, cwd=_bootstrap.ROOT, check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"Not content: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
