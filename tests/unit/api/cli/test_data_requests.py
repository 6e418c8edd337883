"""Requests about personal data by command line: imported as history lines, read in the file, listed with their day."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from api.cli.replay import entries
from ledger.application import Ledger
from tests.unit.api.cli.conftest import Run

OFFICER = {"id": "dpo-1", "role": "DPO"}
ASKED = {"request_id": "Q1", "subject_id": "P1", "right": "CORRECTION", "breach_id": "B2", "grounds": "日期有误"}
REFUSED = {"request_id": "Q1", "outcome": "REFUSED", "legal_basis": ["个人信息保护法 46"], "reasons": "与决定书一致"}


def line(type_: str, on: str, actor: dict[str, str], data: dict[str, Any]) -> str:
    said = {"type": type_, "effective_on": on, "actor": actor, "data": {**data, "doc": "签收单〔2026〕7号"}}
    return json.dumps(said, ensure_ascii=False) + "\n"


def taken_in(run: Run, *lines: str) -> Any:
    Path("more.jsonl").write_text("".join(lines), encoding="utf-8")
    return run("import", "more.jsonl", "--json")


@pytest.fixture
def asked(golden: Run) -> Run:
    """The worked example with a request of P1 of 2026-06-08."""
    result = taken_in(golden, line("PersonalDataRequested", "2026-06-08", {"id": "P1", "role": "SUBJECT"}, ASKED))
    assert result.exit_code == 0, result.stdout + result.stderr
    return golden


@pytest.mark.parametrize(
    ("language", "said"),
    [("zh", ["个人信息请求", "更正或补充", "待答复"]), ("en", ["Personal-data requests", "correction or completion"])],
)
def test_the_file_shows_it(asked: Run, language: str, said: list[str]) -> None:
    page = asked("file", "P1", "--as-of", "2026-06-09", "--lang", language).stdout

    assert all(word in page for word in said)
    assert "2026-06-29" in page


def test_the_deadline_list_names_the_desk_and_its_clause(asked: Run) -> None:
    answer = json.loads(asked("deadlines", "--role", "DPO", "--as-of", "2026-06-09", "--json").stdout)
    (row,) = [row for row in answer["deadlines"] if row["kind"] == "ANSWER_DATA_REQUEST"]

    assert (row["record"], row["due"], row["demonstration"]) == ("Q1", "2026-06-29", True)
    page = asked("deadlines", "--subject", "P1", "--as-of", "2026-06-09", "--lang", "zh").stdout
    assert "答复个人信息请求" in page
    assert "个人信息保护法" in page


def test_the_answer_ends_it_and_every_reader_says_so(asked: Run) -> None:
    result = taken_in(asked, line("PersonalDataRequestAnswered", "2026-06-10", OFFICER, REFUSED))
    assert result.exit_code == 0, result.stdout + result.stderr

    answer = json.loads(asked("deadlines", "--role", "DPO", "--as-of", "2026-06-11", "--json").stdout)
    assert [row for row in answer["deadlines"] if row["kind"] == "ANSWER_DATA_REQUEST"] == []
    page = asked("file", "P1", "--as-of", "2026-06-11", "--lang", "zh").stdout
    assert "已答复" in page
    assert "不予准许" in page
    assert "个人信息保护法 46  与决定书一致" in page
    with closing(Ledger.open("sqlite:///integrity.db")) as ledger:
        told = [one for one in entries(ledger, ledger.size) if one["type"].startswith("PersonalData")]
    assert [(one["about"][0], one["changed"][0]["after"]) for one in told] == [("Q1", "REQUESTED"), ("Q1", "ANSWERED")]
    verified = json.loads(asked("verify", "--json").stdout)
    assert [finding["code"] for finding in verified["findings"]] == ["history"]  # of the worked example


def test_another_role_s_answer_is_refused_by_its_code(asked: Run) -> None:
    result = taken_in(asked, line("PersonalDataRequestAnswered", "2026-06-10", {"id": "hr-1", "role": "HR"}, REFUSED))

    assert result.exit_code == 3
    assert "role-not-allowed" in result.stdout
