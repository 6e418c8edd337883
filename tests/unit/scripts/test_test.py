"""`scripts/test.py`: which Pythons it asks for, how often the recorder cases run, and that it forgets no failure."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import _bootstrap
import pytest

ROOT = Path(__file__).resolve().parents[3]
OLD, MIDDLE, NEW = (3, 11), (3, 12), (3, 13)


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script, on a machine that has everything but Pythons."""
    spec = importlib.util.spec_from_file_location("scripts_test", ROOT / "scripts" / "test.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    monkeypatch.setattr(loaded, "provide_packages", lambda: True)
    monkeypatch.delenv("RECORDER_CASE_REPEATS", raising=False)
    return loaded


class Machine:
    """A machine with some Pythons, the first of which runs; it notes each command instead of running it."""

    def __init__(self, script: ModuleType, monkeypatch: pytest.MonkeyPatch, *versions: tuple[int, int]) -> None:
        found = {
            version: _bootstrap.Interpreter(Path(f"python{version[0]}.{version[1]}"), version, has_ensurepip=True)
            for version in versions
        }
        self.commands: list[list[str]] = []
        self.repeats: list[str | None] = []
        monkeypatch.setattr(_bootstrap, "interpreters", lambda: found)
        monkeypatch.setattr(_bootstrap, "probe", lambda path: found[versions[0]])
        monkeypatch.setattr(_bootstrap, "ensure", lambda name=".venv", interpreter=None: Path(name))
        monkeypatch.setattr(script.subprocess, "run", self._run)
        self._script, self._monkeypatch = script, monkeypatch

    def _run(self, command: Sequence[str], **_: Any) -> SimpleNamespace:
        self.commands.append(list(command))
        self.repeats.append(os.environ.get("RECORDER_CASE_REPEATS"))
        return SimpleNamespace(returncode=0)

    def test(self, *arguments: str, ci: bool) -> int:
        self._monkeypatch.setattr(self._script, "CI", ci)
        self._monkeypatch.setattr(self._script.sys, "argv", ["test.py", *arguments])
        try:
            status: int = self._script.main()
        finally:
            os.environ.pop("RECORDER_CASE_REPEATS", None)
        return status

    @property
    def environments(self) -> list[str]:
        """Where pytest ran, in order."""
        return [command[0] for command in self.commands if "pytest" in command]


@pytest.mark.parametrize(
    ("found", "lacking"),
    [
        ({OLD, NEW}, []),
        ({OLD, MIDDLE}, []),
        ({OLD, MIDDLE, NEW}, []),
        ({OLD, (3, 15)}, []),
        ({OLD}, ["a newer Python"]),
        ({NEW}, ["Python 3.11"]),
        ({MIDDLE, NEW}, ["Python 3.11"]),
        (set(), ["Python 3.11", "a newer Python"]),
    ],
)
def test_ci_needs_3_11_and_one_newer(script: ModuleType, found: set[tuple[int, int]], lacking: list[str]) -> None:
    assert script.lacking_pythons(found) == lacking


def test_a_machine_with_only_3_11_fails_in_ci_and_says_what_it_did_not_find(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(script, monkeypatch, OLD)

    assert machine.test(ci=True) == 1
    told = capsys.readouterr()
    assert "Not found on this machine, so not tried: Python 3.12, 3.13." in told.out
    assert "Not content: a newer Python." in told.err
    assert machine.environments == [".venv"], "what can be tested is tested"


def test_elsewhere_one_python_is_enough_and_the_others_are_named(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine(script, monkeypatch, OLD)

    assert machine.test(ci=False) == 0
    assert "Python 3.12, 3.13" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("versions", "absent"), [((OLD, NEW), "Python 3.12."), ((OLD, MIDDLE), "Python 3.13."), ((OLD, MIDDLE, NEW), "")]
)
def test_one_newer_is_enough_for_ci(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    versions: tuple[tuple[int, int], ...],
    absent: str,
) -> None:
    machine = Machine(script, monkeypatch, *versions)

    assert machine.test(ci=True) == 0
    assert machine.environments == [f".venv-{versions[-1][0]}.{versions[-1][1]}", ".venv"]
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Not found")]
    assert said == ([f"Not found on this machine, so not tried: {absent}"] if absent else [])


def test_where_the_first_is_newer_3_11_is_the_second(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(script, monkeypatch, NEW, OLD, MIDDLE)

    assert machine.test(ci=True) == 0
    assert machine.environments == [".venv-3.11", ".venv"]


def test_the_night_tries_every_python_and_every_mark(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(script, monkeypatch, OLD, MIDDLE, NEW)

    assert machine.test("--nightly", ci=False) == 0
    assert machine.environments == [".venv-3.12", ".venv-3.13", ".venv"]
    assert all(command[command.index("-m", 3) + 1] == "" for command in machine.commands if "pytest" in command)


@pytest.mark.parametrize(
    ("arguments", "ci", "repeats"), [((), True, "20"), (("--nightly",), False, "20"), ((), False, None)]
)
def test_the_recorder_cases_run_twenty_times_on_each_python_in_ci_and_in_the_night(
    script: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    ci: bool,
    repeats: str | None,
) -> None:
    machine = Machine(script, monkeypatch, OLD, NEW)
    machine.test(*arguments, ci=ci)

    asked = [told for told, command in zip(machine.repeats, machine.commands, strict=True) if "pytest" in command]
    assert asked == [repeats, repeats]


def test_who_asks_for_another_number_of_repeats_gets_it(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(script, monkeypatch, OLD, NEW)
    monkeypatch.setenv("RECORDER_CASE_REPEATS", "3")
    machine.test(ci=True)

    assert set(machine.repeats) == {"3"}


def test_a_step_that_is_not_content_fails_the_whole(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    machine = Machine(script, monkeypatch, OLD, NEW)
    monkeypatch.setattr(script, "step", lambda name, command, failed: failed.append(name))

    assert machine.test(ci=False) == 1
