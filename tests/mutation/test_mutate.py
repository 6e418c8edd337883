"""The mutator itself: what a weak test lets pass survives, what it notices does not, and no file is changed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.mutation.sites import mutants_of

ROOT = Path(__file__).resolve().parents[2]
BOUNDED = """
LIMIT = 3
WORDS = "unused"

def bounded(number: int) -> int:
    if number > LIMIT or number < 0:
        raise ValueError(f"beyond {LIMIT}")
    return number

def never() -> None:
    raise AssertionError
"""
TEST = """
import pytest
from bounded import bounded

def test_the_upper_bound():
    assert bounded(3) == 3
    with pytest.raises(ValueError):
        bounded(4)
"""


def test_a_weak_test_is_found_out(tmp_path: Path) -> None:
    target, tests = tmp_path / "bounded.py", tmp_path / "test_bounded.py"
    target.write_text(BOUNDED, encoding="utf-8")
    tests.write_text(TEST, encoding="utf-8")

    command = [sys.executable, "-m", "tests.mutation.mutate", str(target), "--", str(tests)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    said = [line.split(None, 4) for line in done.stdout.splitlines()[:-1]]
    outcomes = {line[4].split("  ", 1)[1]: line[0] for line in said}
    assert outcomes == {
        "3  →  4": "killed",  # only an import can show it
        "'unused'  →  'unusedX'": "survived",
        "number > LIMIT or number < 0  →  number < 0": "killed",
        "number > LIMIT or number < 0  →  number > LIMIT": "survived",
        "number > LIMIT or number < 0  →  number > LIMIT and number < 0": "killed",
        "number > LIMIT  →  number >= LIMIT": "killed",
        "number < 0  →  number <= 0": "survived",
        "0  →  1": "survived",
        "raise ValueError(f'beyond {LIMIT}')  →  pass": "killed",
        "return number  →  return None": "killed",
        "raise AssertionError  →  pass": "uncovered",
    }
    assert done.stdout.splitlines()[-1].startswith("11 mutants, 11 tried")
    assert done.returncode == 1
    assert target.read_text(encoding="utf-8") == BOUNDED


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("a[1:-2]", {":-2", "1:", "2", "3"}),
        ("x = a + b if c else d", {"a - b", "not c"}),
        ("try: f()\nexcept (A, B): g()", {"pass", "(B,)", "(A,)"}),
        ("def f(a: 'int' = 1) -> 'str':\n    'words'", {"2"}),
        ("raise BadNote('some words', code='c')", {"pass", "'cX'"}),
    ],
)
def test_what_is_changed_and_what_is_left_alone(source: str, expected: set[str], tmp_path: Path) -> None:
    (tmp_path / "it.py").write_text(source, encoding="utf-8")

    assert {mutant.after for mutant in mutants_of(tmp_path / "it.py")} == expected
