"""A command line that cannot be understood: status 2, one sentence on stderr, nothing on stdout, nothing repeated."""

from __future__ import annotations

import json

import pytest

from tests.unit.api.cli.conftest import Run

PERSONAL = "张三-11010519491231002X"


@pytest.mark.parametrize(
    "arguments",
    [
        ["file"],
        ["file", "P1", "--no-such-option"],
        ["file", "P1", "--as-of"],
        ["file", "P1", "--as-of", "2025-02-30"],
        ["file", "P1", "--as-of", "2025-2-3"],
        ["file", "P1", "--as-known", "yesterday"],
        ["file", "P1", "--as-known", "2025-01-01T10:00:00"],
        ["file", "P1", "--as-known", "-1"],
        ["file", "P1", "--viewer", "NOBODY"],
        ["file", "P1", "--purpose", "CURIOSITY"],
        ["file", "P1", "--lang", "fr"],
        ["file", "P1", "--db", "mysql://host/name"],
        ["file", "P1", "--db", "sqlite:///"],
        ["file", "P1", "P2"],
        ["replay", "--to", "many"],
        ["import"],
        ["import", "no-such-file.jsonl"],
        ["import", "."],
        ["init", "--rulebook", "."],
        ["init", "--from-history", "no-such-file.jsonl"],
        ["rulebook"],
        ["rulebook", "adopt", ".", "--approver", "a"],
        ["rulebook", "adopt", ".", "--approver", "a", "--approver", "a"],
        ["no-such-command"],
        [],
    ],
)
def test_a_wrong_command_line_ends_with_status_2(run: Run, arguments: list[str]) -> None:
    result = run(*arguments)

    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["file", "P1", PERSONAL],
        ["file", "P1", "--as-of", PERSONAL],
        ["file", "P1", "--as-known", PERSONAL],
        ["file", "P1", "--viewer", PERSONAL],
        ["file", "P1", "--" + PERSONAL],
        ["file", "P1", "--db", PERSONAL],
        [PERSONAL],
        ["import", PERSONAL],
    ],
)
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_what_was_given_is_not_repeated(run: Run, arguments: list[str], form: list[str]) -> None:
    result = run(*form, *arguments)

    assert result.exit_code == 2
    assert "张三" not in result.output
    assert "11010519491231002X" not in result.output


def test_programs_get_the_error_as_json_on_stderr(run: Run) -> None:
    result = run("file", "P1", "--as-of", "2025-02-30", "--json")

    assert result.stdout == ""
    assert json.loads(result.stderr)["error"] == {"code": "usage", "detail": "--as-of: a day YYYY-MM-DD is expected"}


def test_the_sentence_is_in_the_chosen_language(run: Run) -> None:
    assert run("file", "--lang", "zh").stderr.startswith("用法有误：缺少 SUBJECT")
    assert run("file", "--lang", "en").stderr.startswith("Usage error: SUBJECT is missing")


def test_the_locale_chooses_without_an_option(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    assert run("file").stderr.startswith("用法有误")
    assert "一个人或单位的诚信档案" in run("--help").stdout


@pytest.mark.parametrize("language", ["zh", "en"])
def test_help_is_data_and_speaks_the_language(run: Run, language: str) -> None:
    result = run("file", "--help", "--lang", language)

    assert result.exit_code == 0
    assert ("所述日期" in result.stdout) == (language == "zh")
    assert result.stderr == ""


def test_an_option_may_stand_before_the_command_or_behind_its_arguments(run: Run) -> None:
    results = [
        run("--lang", "zh", "file", "P1"),
        run("file", "--lang", "zh", "P1"),
        run("file", "P1", "--lang", "zh"),
        run("--lang", "en", "file", "P1", "--lang", "zh"),
    ]

    assert {result.exit_code for result in results} == {4}
    assert {result.stderr for result in results} == {
        "没有找到：这里没有账本（no-ledger）\n  " + _detail(results[0].stderr)
    }


def _detail(stderr: str) -> str:
    return stderr.partition("\n  ")[2]
