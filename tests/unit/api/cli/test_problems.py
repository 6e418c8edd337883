"""Each kind of error has its status and its sentence; nothing of what was given comes back."""

from __future__ import annotations

import json

import pytest

from api.cli import problems
from api.cli.application import ending
from api.text.catalogue import Text
from api.text.language import Language
from ledger.errors import (
    ClockBehind,
    Conflict,
    Group,
    Invalid,
    LedgerError,
    NotFound,
    Refused,
    Unavailable,
    VerificationError,
)

ZH, EN = Text(Language.ZH), Text(Language.EN)
REFUSAL = Refused("the repair window opens on 2025-06-20", code="repair-window-closed", field="data.performed_on")


def raising(error: BaseException) -> int:
    def run() -> None:
        raise error

    return ending(run, EN, as_json=False)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Invalid("x"), 3),
        (Refused("x"), 3),
        (NotFound("x"), 4),
        (Conflict("x"), 5),
        (ClockBehind("x"), 5),
        (Unavailable("x"), 5),
        (VerificationError("x"), 6),
        (RuntimeError("x"), 1),
    ],
)
def test_each_kind_of_error_has_its_status(error: Exception, status: int) -> None:
    assert raising(error) == status


def test_every_group_has_a_status() -> None:
    assert set(problems.STATUS) == set(Group)


def test_people_read_a_sentence_a_code_and_the_place(capsys: pytest.CaptureFixture[str]) -> None:
    problems.tell_ledger_error(REFUSAL, ZH, as_json=False)
    said = capsys.readouterr()

    assert said.out == ""
    assert said.err == (
        "未通过：还未到可申请修复的日期（repair-window-closed）\n"
        "  字段 data.performed_on\n"
        "  the repair window opens on 2025-06-20\n"
    )


def test_in_english_the_detail_is_the_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    problems.tell_ledger_error(REFUSAL, EN, as_json=False)

    assert capsys.readouterr().err.splitlines()[0] == (
        "Refused: the repair window opens on 2025-06-20 (repair-window-closed)"
    )


def test_an_error_without_detail_gets_the_catalogues_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    problems.tell_ledger_error(Refused(code="appeal-open"), EN, as_json=False)

    assert capsys.readouterr().err == "Refused: an appeal is open (appeal-open)\n"


def test_programs_read_code_detail_field_and_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = Invalid("not a day", code="bad-date", field="effective_on")
    error.line = 7  # type: ignore[attr-defined]
    problems.tell_ledger_error(error, ZH, as_json=True)
    said = capsys.readouterr()

    assert said.out == ""
    assert json.loads(said.err) == {
        "error": {"code": "bad-date", "detail": "not a day", "line": 7, "field": "effective_on"}
    }


@pytest.mark.parametrize("as_json", [False, True])
def test_an_unexpected_error_is_a_sentence_with_its_kind_and_place(
    capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """What whoever mends it needs, and nothing of what was given."""

    def fail() -> None:
        Text(Language.EN)("text.张三 11010519491231002X")

    status = ending(fail, EN, as_json=as_json)
    said = capsys.readouterr()

    assert (status, said.out) == (1, "")
    assert "KeyError" in said.err
    assert "api.text.catalogue:" in said.err
    assert "INTEGRITY_DEBUG=1" in said.err
    assert "Traceback" not in said.err
    assert "11010519491231002X" not in said.err
    if as_json:
        assert set(json.loads(said.err)["error"]) == {"code", "detail", "error", "place"}


def test_the_traceback_is_for_those_who_ask(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("INTEGRITY_DEBUG", "1")
    raising(RuntimeError("x"))
    raising(LedgerError("x"))

    assert capsys.readouterr().err.count("Traceback") == 2


def test_what_a_command_returns_is_its_status() -> None:
    assert ending(lambda: 7, EN, as_json=False) == 7
    assert ending(lambda: None, EN, as_json=False) == 0
