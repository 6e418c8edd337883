"""Everything that must hold, on a clean machine: installs what the tests need, then checks and tests.

    python3 scripts/test.py [--nightly] [pytest arguments]
    python3 scripts/test.py --bench [NAME]

Formatting, lint and types first, then the unit and conformance tests on a second Python, then all tests on the first;
pytest's closing line comes last. As root on Debian or Ubuntu what is missing is installed; elsewhere it is named and
the tests that need it skip themselves, except with CI=true, where anything missing is a failure. No Python can be
installed, so which were not found is said; with CI=true Python 3.11 and one newer must be there. In CI and in the night
the framework's recorder cases run twenty times on each. `--nightly` adds the long tests and every other Python.
`--bench` measures instead of testing: all of `tests/bench`, or one of its benches.
"""

from __future__ import annotations

import argparse
import glob
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Collection

import _bootstrap

CI = os.environ.get("CI") == "true"
OTHER_PYTHONS = ((3, 11), (3, 12), (3, 13))
SECOND_PYTHON_TESTS = ["tests/unit", "tests/conformance"]
# Not on the second Python by day: thousands of calls at the same door, and the other database.
ONE_PYTHON_IS_ENOUGH = ["--ignore=tests/conformance/test_openapi.py", "-k", "not postgres"]
REPEATS_VARIABLE, REPEATS = "RECORDER_CASE_REPEATS", "20"


def has_postgresql() -> bool:
    """Whether the server's own programs are there, not just a client."""
    return bool(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or shutil.which("initdb") is not None


def missing_packages() -> list[str]:
    """Debian's names of what the tests need and this machine does not have."""
    missing = []
    if not has_postgresql():
        missing.append("postgresql")
    if shutil.which("strace") is None:
        missing.append("strace")
    if shutil.which("curl") is None:
        missing.append("curl")
    if not os.path.exists("/usr/bin/chromium"):
        missing.append("chromium")
    if not glob.glob("/usr/share/fonts/**/NotoSansCJK*", recursive=True):
        missing.append("fonts-noto-cjk")
    found = _bootstrap.interpreters()
    if found:
        first = _bootstrap.preferred(found)
        if not first.has_ensurepip and _bootstrap.find_pip(found, first.version) is None:
            missing.append("python3-venv")
    return missing


def apt_install(packages: list[str]) -> None:
    """Install Debian packages; where that fails the lists are fetched and each is tried alone, so one that this release
    does not have keeps no other away."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends"]
    print(f"Installing {', '.join(packages)} …", flush=True)
    if subprocess.run([*install, *packages], env=environment, stdout=subprocess.DEVNULL, check=False).returncode == 0:
        return
    update = ["apt-get", "update", "--quiet"]
    subprocess.run(update, env=environment, stdout=subprocess.DEVNULL, check=False)
    for package in packages:
        subprocess.run([*install, package], env=environment, stdout=subprocess.DEVNULL, check=False)


def provide_packages() -> bool:
    """Whether everything the tests need is there, after installing what may be installed."""
    missing = missing_packages()
    if missing and os.name == "posix" and os.geteuid() == 0 and shutil.which("apt-get"):
        apt_install(missing)
        missing = missing_packages()
    if missing:
        print(f"Missing: {', '.join(missing)}. On Debian or Ubuntu:  apt-get install {' '.join(missing)}", flush=True)
    return not missing


def step(name: str, command: list[str], failed: list[str]) -> None:
    """Run one step and remember its name if it is not content."""
    print(f"\n— {name}", flush=True)
    started = time.monotonic()
    # pytest's exit status 5 (no test ran) is a failure like any other.
    if subprocess.run(command, cwd=_bootstrap.ROOT, check=False).returncode != 0:
        failed.append(name)
    print(f"  {time.monotonic() - started:.0f} s", flush=True)


def lacking_pythons(found: Collection[tuple[int, int]]) -> list[str]:
    """What CI cannot do without among the Pythons: the oldest supported one, and one newer."""
    oldest = _bootstrap.MINIMUM
    lacking = [] if oldest in found else [f"Python {oldest[0]}.{oldest[1]}"]
    return lacking + ([] if any(version > oldest for version in found) else ["a newer Python"])


def other_pythons(first: tuple[int, int], everything: bool, failed: list[str]) -> list[_bootstrap.Interpreter]:
    """The Pythons to try besides the first: the newest (3.11 where the first is not), or all of them.

    Says which were not found, and remembers those that CI cannot do without.
    """
    found = _bootstrap.interpreters()
    others = [found[version] for version in sorted(found) if version != first]
    absent = [f"{major}.{minor}" for major, minor in OTHER_PYTHONS if (major, minor) not in {*found, first}]
    if absent:
        print(f"Not found on this machine, so not tried: Python {', '.join(absent)}.", flush=True)
    if CI:
        failed += lacking_pythons({*found, first})
    if everything or not others:
        return others
    return [others[0] if first != (3, 11) and others[0].version == (3, 11) else others[-1]]


def main() -> int:
    """0 when every step is content."""
    parser = argparse.ArgumentParser(description="Install what the tests need, then check and test everything.")
    parser.add_argument("--nightly", action="store_true", help="the long tests too, on every Python found")
    parser.add_argument(
        "--bench", nargs="?", const="", metavar="NAME", help="run the benches, or one, and nothing else"
    )
    options, pytest_arguments = parser.parse_known_args()

    failed = [] if provide_packages() or not CI else ["system packages"]
    try:
        python = _bootstrap.ensure()
    except _bootstrap.Missing as missing:
        print(missing, file=sys.stderr)
        return 1
    first = _bootstrap.probe(python)
    if first is None:
        print(f"{python} does not run.", file=sys.stderr)
        return 1

    if options.bench is not None:
        only = ["--only", options.bench] if options.bench else []
        command = [str(python), "-m", "tests.bench", *only, *pytest_arguments]
        return subprocess.run(command, cwd=_bootstrap.ROOT, check=False).returncode

    ruff = [str(python), "-m", "ruff"]
    step("format", [*ruff, "format", "--check", "--quiet", "."], failed)
    step("lint", [*ruff, "check", "--quiet", "."], failed)
    step("types", [str(python), "-m", "mypy"], failed)

    marks = ["-m", ""] if options.nightly else []
    if CI or options.nightly:
        os.environ.setdefault(REPEATS_VARIABLE, REPEATS)
    for interpreter in other_pythons(first.version, options.nightly, failed):
        label = f"{interpreter.version[0]}.{interpreter.version[1]}"
        try:
            other = _bootstrap.ensure(f".venv-{label}", interpreter)
        except _bootstrap.Missing as missing:
            print(missing, file=sys.stderr)
            failed.append(f"environment of Python {label}")
            continue
        fewer = [] if options.nightly else ONE_PYTHON_IS_ENOUGH
        folders = [folder for folder in SECOND_PYTHON_TESTS if (_bootstrap.ROOT / folder).is_dir()]
        command = [str(other), "-m", "pytest", "-n", "2", "--quiet", *marks, *fewer, *folders]
        step(f"unit and conformance tests on Python {label}", command, failed)

    label = f"{first.version[0]}.{first.version[1]}"
    command = [str(python), "-m", "pytest", "-n", "2", "--durations", "5", *marks, *pytest_arguments]
    if failed:
        print(f"\nNot content so far: {', '.join(failed)}.", flush=True)
    print(f"\n— all tests on Python {label}", flush=True)
    tests = subprocess.run(command, cwd=_bootstrap.ROOT, check=False).returncode
    if failed:
        print(f"Not content: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed or tests != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
