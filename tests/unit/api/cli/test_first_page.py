"""The README's first page works as it stands: a newcomer gets a file, a score and a check of a ledger of their own."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.unit.api.cli.conftest import Run

ROOT = Path(__file__).resolve().parents[4]


def commands_under(heading: str) -> list[list[str]]:
    """The `integrity` commands of the first block of shell under a heading of the README, without their comments."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    block = text.split(f"## {heading}\n")[1].split("```sh\n")[1].split("```")[0]
    lines = [re.split(r"\s{2,}#", line)[0] for line in block.splitlines() if line.startswith("integrity ")]
    return [shlex.split(line)[1:] for line in lines]


def in_the_tree(arguments: list[str]) -> list[str]:
    return [str(ROOT / one) if (ROOT / one).exists() else one for one in arguments]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_commands_for_a_ledger_of_ones_own_all_succeed(run: Run, language: str) -> None:
    said = {}
    for arguments in commands_under("Your own ledger"):
        spoken = [] if "--lang" in arguments else ["--lang", language]
        result = run(*in_the_tree(arguments), *spoken)
        assert result.exit_code == 0, (arguments, result.output)
        said[arguments[0]] = result.stdout

    assert list(said) == ["init", "file", "score", "check", "import", "verify"]
    assert "87.52" in said["score"]
    assert "HR-BUREAU" in said["check"]
    assert ("合格" if language == "zh" else "Not eligible") in said["check"]


def test_the_people_of_the_sample_history_are_not_those_of_the_worked_example() -> None:
    history = (ROOT / "scripts" / "sample" / "history.jsonl").read_text(encoding="utf-8")

    assert not re.search(r'"(P1|U1|B1|K1|示范[^"]*|示例[^"]*)"', history)
    assert {match[6:10] for match in re.findall(r'"id_number": "(\d{17}[\dX])"', history)} <= {"1888", "1890"}
