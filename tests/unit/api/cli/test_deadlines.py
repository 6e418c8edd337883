"""`deadlines`: the list in JSON and as a page, and the look it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ledger.application import Ledger
from tests.unit.api.cli.conftest import Run

URL = "sqlite:///integrity.db"
MOMENT = ("--as-of", "2025-04-10", "--as-known", "2025-04-10")


def test_the_whole_ledgers_list_says_who_has_to_act_until_when_and_why(golden: Run) -> None:
    answer = json.loads(golden("deadlines", *MOMENT, "--json").stdout)
    rows = {(row["kind"], row["record"]): row for row in answer["deadlines"]}
    appeal = rows["DECIDE_APPEAL", "B1"]

    assert (appeal["due"], appeal["days_left"], appeal["roles"]) == ("2025-06-07", 58, ["REVIEWER"])
    assert (appeal["subject"], appeal["clause"], appeal["state"]) == ("P1", "公务员法 95-96", "OPEN")
    assert ("KEEP_PROMISE", "C2") in rows
    assert (answer["as_known"], answer["size"]) == ("2025-04-10", 18)


def test_a_list_is_of_a_subject_a_unit_or_a_role(golden: Run) -> None:
    def records(*options: str) -> set[str]:
        return {
            row["record"] for row in json.loads(golden("deadlines", *MOMENT, *options, "--json").stdout)["deadlines"]
        }

    assert records("--unit", "U1") == {"A1", "C2"}
    assert records("--subject", "P1") == {"B1", "C3"}
    assert records("--role", "reviewer") == {"B1"}
    assert records("--role", "HR") == set()


def test_hr_sees_the_checks_of_the_unit_it_says_it_is_of(golden: Run) -> None:
    def records(*options: str) -> set[str]:
        moment = ("--as-of", "2025-09-10", "--as-known", "2025-09-03")
        answer = json.loads(golden("deadlines", *moment, "--viewer", "HR", "--role", "HR", *options, "--json").stdout)
        return {row["record"] for row in answer["deadlines"]}

    assert records("--viewer-unit", "PERSONNEL") == {"K1"}
    assert records("--viewer-unit", "U1") == records() == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_marks_what_is_overdue(golden: Run, language: str) -> None:
    said = golden("deadlines", "--as-of", "2025-07-05", "--as-known", "2025-07-05", "--lang", language).stdout

    assert {"zh": "已过 5 天", "en": "5 days over"}[language] in said
    assert {"zh": "1 项逾期。", "en": "1 is overdue."}[language] in said
    assert "2025-07-16" in said


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", ("余期", "今天到期", "2025-06-20 起", "本单位")),
        ("en", ("left or over", "due today", "from 2025-06-20", "the unit itself")),
    ],
)
def test_the_page_says_of_each_day_what_it_is_and_of_each_step_whose(
    golden: Run, language: str, words: tuple[str, ...]
) -> None:
    moment, told = ("--as-known", "2025-04-10", "--lang", language), ""
    for day in ("2025-04-10", "2025-06-07"):
        told += golden("deadlines", "--as-of", day, *moment).stdout

    for word in words:
        assert word in told
    assert "还剩" not in told
    rows = json.loads(golden("deadlines", *MOMENT, "--json").stdout)["deadlines"]
    kinds = {row["record"]: row.get("subject_kind") for row in rows if "SUBJECT" in row["roles"]}
    assert (kinds["C2"], set(kinds.values())) == ("UNIT", {"UNIT", "PERSON"})
    assert all("subject_kind" not in row for row in rows if "SUBJECT" not in row["roles"])


@pytest.mark.parametrize(("language", "said"), [("zh", "最迟 2025-07-07"), ("en", "latest 2025-07-07")])
def test_the_page_says_until_when_a_period_may_be_extended(golden: Run, language: str, said: str) -> None:
    page = " ".join(golden("deadlines", *MOMENT, "--role", "REVIEWER", "--lang", language).stdout.split())

    assert said in page


def test_reading_the_list_is_a_look_at_the_people_on_it(golden: Run) -> None:
    golden("deadlines", *MOMENT, "--actor", "auditor-7")
    golden("deadlines", *MOMENT, "--unit", "U1", "--actor", "auditor-7")
    ledger = Ledger.open(URL)
    try:
        looks = ledger.access.looks_at(str(ledger.uid("subject", "P1")))
    finally:
        ledger.close()

    assert [(look.data["scope"], look.purpose) for look in looks] == [(["DEADLINES"], "AUDIT")]


def test_a_list_of_somebody_unknown_and_of_two_is_refused(golden: Run) -> None:
    assert golden("deadlines", "--subject", "P9").exit_code == 4
    assert golden("deadlines", "--subject", "P1", "--unit", "U1").exit_code == 2


@pytest.mark.parametrize(("language", "named"), [("zh", "核查结果的回应和异议"), ("en", "response to and dispute of")])
def test_a_clause_that_no_published_text_has_is_named(golden: Run, language: str, named: str) -> None:
    hr = {"id": "hr-1", "role": "HR", "unit_id": "PERSONNEL"}
    line = {"type": "EligibilityNotified", "effective_on": "2026-06-05", "actor": hr}
    Path("more.jsonl").write_text(json.dumps({**line, "data": {"check_id": "K2", "doc": "1"}}) + "\n", encoding="utf-8")
    assert golden("import", "more.jsonl").exit_code == 0
    said = golden("deadlines", "--subject", "P1", "--as-of", "2026-06-06", "--lang", language).stdout

    assert "eligibility-dispute" not in said
    assert named in said.replace("\n", " ")
