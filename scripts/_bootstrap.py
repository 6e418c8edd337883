"""The scripts' own ground: a Python, a virtual environment and exactly the packages of the lock file.

`ensure` is idempotent: a stamp beside the environment holds the digest of what was installed, so a second call costs
nothing. It works where `python3-venv` is missing as long as some pip can be found; where it cannot go on it raises
`Missing`, whose text says what to install. Needs only the standard library and runs on any Python from 3.8 on, so
that an old `python3` on PATH still finds the newer one beside it.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / "requirements.lock"
MINIMUM = (3, 11)
NEWEST_LOOKED_FOR = 15  # python3.11 … python3.15 on PATH
PIP_WITH_PYTHON_OPTION = (22, 3)


class Missing(Exception):
    """Something this machine lacks, in words a person can act on."""


class Interpreter(NamedTuple):
    """A Python that was run and answered."""

    path: Path
    version: tuple[int, int]
    has_ensurepip: bool


PROBE = (
    "import importlib.util as u, sys, venv;"
    "print(sys.executable);"
    "print(sys.version_info[0], sys.version_info[1], int(u.find_spec('ensurepip') is not None))"
)


def probe(path: Path) -> Interpreter | None:
    """The interpreter at `path`, or None if it does not run (a version manager's shim may exist and still fail)."""
    try:
        answer = subprocess.run([str(path), "-c", PROBE], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = answer.stdout.splitlines()
    if answer.returncode != 0 or len(lines) != 2:
        return None
    major, minor, ensurepip = (int(number) for number in lines[1].split())
    return Interpreter(Path(lines[0]), (major, minor), bool(ensurepip))


def candidates() -> Iterator[Path]:
    """Where a Python may be: the one running this, every folder of PATH, the version manager's own folder."""
    yield Path(sys.executable)
    names = ["python3"] + [f"python3.{minor}" for minor in range(MINIMUM[1], NEWEST_LOOKED_FOR + 1)]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for name in names:
            if folder and os.access(os.path.join(folder, name), os.X_OK):
                yield Path(folder, name)
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from sorted(pyenv.glob("versions/*/bin/python"))


def interpreters() -> dict[tuple[int, int], Interpreter]:
    """One working Python per version from 3.11 on, the one running this first; never one of our own environments."""
    found: dict[tuple[int, int], Interpreter] = {}
    seen = set()
    for path in candidates():
        if path in seen:
            continue
        seen.add(path)
        interpreter = probe(path)
        if interpreter is None or interpreter.version < MINIMUM or ROOT in interpreter.path.parents:
            continue
        known = found.get(interpreter.version)
        if known is None or (interpreter.has_ensurepip and not known.has_ensurepip):
            found[interpreter.version] = interpreter
    return found


def preferred(found: dict[tuple[int, int], Interpreter]) -> Interpreter:
    """The version running this where it is new enough, else the oldest one that is."""
    if not found:
        raise Missing(
            "Python 3.11 or newer is needed and none was found on PATH.\n"
            "  Debian 12 or newer, Ubuntu 24.04 or newer:  apt-get install python3 python3-venv"
        )
    running = (sys.version_info[0], sys.version_info[1])
    return found[running] if running in found else found[min(found)]


def find_pip(found: dict[tuple[int, int], Interpreter], version: tuple[int, int]) -> list[str] | None:
    """A pip that can install into another environment (`pip --python`): this version's own, else the newest, or None.

    An old pip does not run on a Python newer than itself, which is why the newest is taken.
    """
    own = [[str(found[version].path), "-m", "pip"]] if version in found else []
    others = [[str(other.path), "-m", "pip"] for other in found.values() if other.version != version]
    others += [[path] for path in (shutil.which("pip3"), shutil.which("pip")) if path]
    able = [(pip_version(command), command) for command in own + others]
    able = [pair for pair in able if pair[0] >= PIP_WITH_PYTHON_OPTION]
    if able and able[0][1] in own:
        return able[0][1]
    return max(able)[1] if able else None


def pip_version(command: Sequence[str]) -> tuple[int, int]:
    """The version of a pip; (0, 0) where it does not run."""
    try:
        answer = subprocess.run([*command, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return (0, 0)
    version = re.match(r"pip (\d+)\.(\d+)", answer.stdout)
    return (int(version[1]), int(version[2])) if answer.returncode == 0 and version else (0, 0)


def python_of(environment: Path) -> Path:
    """The interpreter inside an environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def wanted_stamp(version: tuple[int, int]) -> str:
    """What an up-to-date environment says of itself: Python version, lock file, project metadata, place."""
    digest = hashlib.sha256()
    for file in (LOCK, ROOT / "pyproject.toml"):
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    digest.update(str(ROOT).encode())
    return f"{version[0]}.{version[1]} {digest.hexdigest()}\n"


def run(command: Sequence[str], what: str) -> None:
    """Run one installation step; its output is shown only when it fails."""
    answer = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT, check=False)
    if answer.returncode != 0:
        tail = "\n".join(answer.stdout.strip().splitlines()[-15:])
        raise Missing(f"{what} failed (exit status {answer.returncode}):\n{tail}")


def make(environment: Path, interpreter: Interpreter, found: dict[tuple[int, int], Interpreter]) -> list[str]:
    """Make an empty environment; the answer is the pip command that installs into it."""
    inside = python_of(environment)
    if interpreter.has_ensurepip:
        run([str(interpreter.path), "-m", "venv", "--clear", str(environment)], f"making {environment.name}")
        return [str(inside), "-m", "pip"]
    pip = find_pip(found, interpreter.version)
    if pip is None:
        raise Missing(
            f"{interpreter.path} has neither ensurepip nor pip, so nothing can be installed.\n"
            "  Debian, Ubuntu:  apt-get install python3-venv   (or python3-pip)"
        )
    run([str(interpreter.path), "-m", "venv", "--clear", "--without-pip", str(environment)], "making an environment")
    return [*pip, "--python", str(inside)]


def reusable_pip(
    environment: Path, version: tuple[int, int], found: dict[tuple[int, int], Interpreter]
) -> list[str] | None:
    """The pip command for an environment that already stands and runs the right Python, or None."""
    inside = python_of(environment)
    current = probe(inside) if inside.exists() else None
    if current is None or current.version != version:
        return None
    own = [str(inside), "-m", "pip"]
    if pip_version(own) > (0, 0):
        return own
    pip = find_pip(found, version)
    return [*pip, "--python", str(inside)] if pip else None


def ensure(name: str = ".venv", interpreter: Interpreter | None = None) -> Path:
    """The Python of the environment `name`, made and filled from the lock file if it is not as it should be."""
    environment = ROOT / name
    stamp = environment / "installed-from"
    existing = probe(python_of(environment)) if interpreter is None and python_of(environment).exists() else None
    if existing is not None and existing.version >= MINIMUM:
        version = existing.version
    else:
        interpreter = interpreter or preferred(interpreters())
        version = interpreter.version
    if stamp.is_file() and stamp.read_text() == wanted_stamp(version) and probe(python_of(environment)) is not None:
        return python_of(environment)

    print(f"Installing the packages of {LOCK.name} into {name} (once) …", file=sys.stderr, flush=True)
    found = interpreters()
    pip = reusable_pip(environment, version, found)
    if pip is None:
        pip = make(environment, interpreter or preferred(found), found)
    if stamp.exists():
        stamp.unlink()
    quiet = ["--quiet", "--disable-pip-version-check"]
    run([*pip, "install", *quiet, "--require-hashes", "-r", str(LOCK)], "installing the locked packages")
    run([*pip, "install", *quiet, "--no-deps", "--no-build-isolation", "-e", str(ROOT)], "installing the project")
    stamp.write_text(wanted_stamp(version))
    return python_of(environment)
