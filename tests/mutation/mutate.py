"""Mutation testing: one small fault at a time is put into a file, and the tests must notice.

    python -m tests.mutation.mutate TARGET [TARGET…] [OPTIONS] -- TESTS AND PYTEST OPTIONS

No mutant is ever written to disk. The tests are collected once; a forked child runs them once and notes which test ran
which line of the target; then each mutant is tried in a child of its own, in which the functions of the target have
the mutant's code, by the tests that ran its line, the quickest first. A line that also ran while tests were collected
(a constant, a default, a class body) is, unless that noticed, tried in a fresh process which imports the mutant.

`--only 3,7` tries these mutants, `--sample N` (`--seed S`) so many; `--no-imports` leaves out what needs a process.
Exit status 0: every mutant tried was killed. 1: some survived. 2: the tests fail without a mutant.
"""

from __future__ import annotations

import argparse
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from tests.mutation.lines import LineTracer, trace
from tests.mutation.sites import Mutant, mutants_of

LONGEST_SECONDS = 600
SLACK_SECONDS = 15  # beyond four times what the selected tests took: a mutant that loops is killed then
KILLED, SURVIVED, COLD, BROKEN = 0, 1, 3, 4
NOT_NOTICED = ("survived", "uncovered")


@dataclass
class Baseline:
    """What the tests do without a mutant: the lines of each target that each test runs, and its seconds."""

    lines: dict[str, dict[str, set[int]]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    failed: bool = False

    def selected(self, mutant: Mutant) -> list[str]:
        """The tests that ran a line of the mutant, the quickest first."""
        ran = [test for test, lines in self.lines.items() if lines.get(mutant.path, set()) & mutant.lines]
        return sorted(ran, key=lambda test: self.seconds.get(test, 0.0))


def _codes(code: CodeType) -> Iterator[tuple[tuple[str, int], CodeType]]:
    yield (code.co_qualname, code.co_firstlineno), code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)


def put_into_functions(mutant: Mutant) -> None:
    """Give every living function of the file the mutant's code. Raises ValueError where a closure would not fit."""
    mutated = dict(_codes(mutant.code()))
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename == mutant.path:
            one.__code__ = mutated[one.__code__.co_qualname, one.__code__.co_firstlineno]


class _MutantFinder(importlib.abc.MetaPathFinder):
    """Imports the target as the mutant."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant

    def find_spec(
        self, name: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is None or spec.origin != self.mutant.path:
            return None
        code = self.mutant.code()

        class Loader(importlib.machinery.SourceFileLoader):
            def get_code(self, fullname: str) -> CodeType:
                return code

        return importlib.util.spec_from_file_location(name, spec.origin, loader=Loader(name, spec.origin))


class Trials:
    """A pytest plugin: instead of running what was collected, try every mutant on it."""

    def __init__(self, mutants: list[Mutant], report: Callable[[str], None], *, imports: bool) -> None:
        self.mutants, self.report, self.imports = mutants, report, imports
        self.tracer = LineTracer({mutant.path for mutant in mutants})
        self.outcomes: dict[int, str] = {}
        self.files: dict[str, str] = {}
        self.baseline = Baseline()
        trace(self.tracer)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        trace(None)
        at_import = self.tracer.taken()
        self.files = {item.nodeid: str(item.path) for item in session.items}
        if session.testsfailed:
            self.baseline.failed = True
            return True
        answer = _in_a_child(lambda: self._measure(session), LONGEST_SECONDS)[1]
        if not answer:
            self.baseline.failed = True
            return True
        said = json.loads(answer)
        self.baseline.seconds = said["seconds"]
        self.baseline.lines = {t: {p: set(n) for p, n in files.items()} for t, files in said["lines"].items()}
        self.baseline.failed = said["failed"]
        for mutant in [] if self.baseline.failed else self.mutants:
            began = time.monotonic()
            outcome = self._try(session, mutant, bool(at_import.get(mutant.path, set()) & mutant.lines))
            self.outcomes[mutant.number] = outcome
            self.report(f"{outcome:9} {time.monotonic() - began:6.1f} s  {mutant}")
        return True

    def _measure(self, session: pytest.Session) -> bytes:
        for item, following in zip(session.items, [*session.items[1:], None], strict=True):
            began = time.monotonic()
            trace(self.tracer)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            trace(None)
            self.baseline.lines[item.nodeid] = self.tracer.taken()
            self.baseline.seconds[item.nodeid] = time.monotonic() - began
        lines = {t: {p: sorted(n) for p, n in files.items()} for t, files in self.baseline.lines.items()}
        failed = session.testsfailed > 0
        return json.dumps({"lines": lines, "seconds": self.baseline.seconds, "failed": failed}).encode()

    def _try(self, session: pytest.Session, mutant: Mutant, at_import: bool) -> str:
        outcome = self._try_here(session, mutant)
        if outcome != "cold" and not (at_import and outcome in NOT_NOTICED):
            return outcome
        return self._try_anew(mutant) if self.imports else "left"

    def _try_here(self, session: pytest.Session, mutant: Mutant) -> str:
        tests = self.baseline.selected(mutant)
        if not tests:
            return "uncovered"
        by_id = {item.nodeid: item for item in session.items}
        seconds = SLACK_SECONDS + 4 * sum(self.baseline.seconds[test] for test in tests)
        status, _ = _in_a_child(lambda: _run(session, [by_id[test] for test in tests], mutant), seconds)
        if os.WIFSIGNALED(status):
            return "timeout" if os.WTERMSIG(status) == signal.SIGALRM else "killed"
        return {KILLED: "killed", SURVIVED: "survived", COLD: "cold"}.get(os.WEXITSTATUS(status), "broken")

    def _try_anew(self, mutant: Mutant) -> str:
        """In a fresh process, by the test files of which some test runs a line of the target."""
        using = sorted({self.files[test] for test, lines in self.baseline.lines.items() if mutant.path in lines})
        tests = [one for one in ARGUMENTS if not Path(one.split("::")[0]).exists()] + using if using else ARGUMENTS
        command = [sys.executable, "-m", "tests.mutation.mutate", mutant.path, "--import-as", str(mutant.number), "--"]
        seconds = SLACK_SECONDS + 4 * sum(self.baseline.seconds.values())
        try:
            done = subprocess.run([*command, *tests], check=False, capture_output=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return "timeout"
        if b"ImportError while loading conftest" in done.stderr:
            return "killed"
        return {0: "survived", 1: "killed", 2: "killed"}.get(done.returncode, "broken")


def _run(session: pytest.Session, items: list[pytest.Item], mutant: Mutant) -> bytes:
    """Run these tests with the mutant until one fails; ends the process."""
    try:
        put_into_functions(mutant)
    except (ValueError, KeyError):
        os._exit(COLD)
    for item, following in zip(items, [*items[1:], None], strict=True):
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        if session.testsfailed:
            os._exit(KILLED)
    os._exit(SURVIVED)


def _in_a_child(work: Callable[[], bytes], seconds: float) -> tuple[int, bytes]:
    """(wait status, what the work returned) of a forked child that is ended after so many seconds."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(int(seconds) + 1)
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(work())
        except BaseException:
            os._exit(BROKEN)
        os._exit(KILLED)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    return os.waitpid(child, 0)[1], answer


ARGUMENTS: list[str] = []


def main(arguments: list[str]) -> int:
    """The command; see the head of this file."""
    cut = arguments.index("--")
    parser = argparse.ArgumentParser(prog="python -m tests.mutation.mutate", usage=__doc__)
    parser.add_argument("targets", nargs="+", type=Path)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-imports", action="store_true")
    parser.add_argument("--import-as", type=int)
    asked = parser.parse_args(arguments[:cut])
    every = [mutant for target in asked.targets for mutant in mutants_of(target)]
    with tempfile.TemporaryDirectory() as folder:
        ARGUMENTS[:] = [*arguments[cut + 1 :], "-q", "-x", "-p", "no:cacheprovider", f"--basetemp={folder}/base"]
        sys.dont_write_bytecode = True
        if asked.import_as is not None:
            sys.meta_path.insert(0, _MutantFinder(next(one for one in every if one.number == asked.import_as)))
            return int(pytest.main(ARGUMENTS))
        only = {int(number) for number in asked.only.split(",") if number}
        chosen = [one for one in every if one.number in only] if only else every
        if asked.sample is not None and asked.sample < len(chosen):
            chosen = random.Random(asked.seed).sample(
                chosen, asked.sample
            )  # in random order: a cut run is a sample too
        out = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        trials = Trials(chosen, lambda line: print(line, file=out), imports=not asked.no_imports)
        pytest.main(ARGUMENTS, plugins=[trials])
    counts = {
        outcome: list(trials.outcomes.values()).count(outcome)
        for outcome in ("killed", "timeout", "survived", "uncovered", "left", "broken")
    }
    print(f"{len(every)} mutants, {len(trials.outcomes)} tried: {counts}", file=out)
    if trials.baseline.failed:
        print("the tests fail without a mutant", file=out)
        return 2
    return int(counts["survived"] + counts["uncovered"] + counts["broken"] > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
