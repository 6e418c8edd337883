"""`diff`: the two moments of the worked example, in JSON and on a page, and the looks they are."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.application import Ledger
from ledger.mapper import header_of
from tests.unit.api.cli.conftest import Run

URL = "sqlite:///integrity.db"


def looks() -> list[dict[str, Any]]:
    ledger = Ledger.open(URL)
    try:
        return [header_of(row.state) for row in ledger.access.store.entries(1)]
    finally:
        ledger.close()


def test_a_day_as_it_was_known_then_and_is_now(golden: Run) -> None:
    answer = json.loads(golden("diff", "P1", "--on", "2025-04-16", "--json").stdout)

    assert (answer["view"], answer["subject"]) == ("file", "P1")
    assert answer["from"] == {
        "as_of": "2025-04-16",
        "as_known": "2025-04-16",
        "size": 18,
        "rulebook": "JMS-DEMO-2025.1",
        "absent": False,
    }
    assert answer["figure"]["difference"] == "-30.00"
    assert [entry["index"] for entry in answer["entries"]] == [18]


def test_a_unit_is_compared_by_its_score_and_by_its_file_on_request(golden: Run) -> None:
    moments = ["--from-as-of", "2025-06-01", "--from-as-known", "2025-06-01"]
    moments += ["--to-as-of", "2025-07-05", "--to-as-known", "2025-07-05"]
    score = json.loads(golden("diff", "U1", *moments, "--json").stdout)
    file = json.loads(golden("diff", "U1", *moments, "--view", "file", "--json").stdout)

    assert score["figure"] == {"before": "90.32", "after": "81.32", "difference": "-9.00", "lines": "-9.00"}
    states = [field for change in file["changes"] for field in change["fields"] if field["field"] == "state"]
    assert ("OPEN", "OVERDUE") in [(state["before"], state["after"]) for state in states]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_what_was_learned_and_by_which_entry(golden: Run, language: str) -> None:
    page = golden("diff", "P1", "--on", "2025-04-16", "--lang", language).stdout

    assert "100.00 → 70.00" in page
    assert "−30.00" in page
    assert "#18" in page
    assert "权威记录导入" in page
    assert ("新增" if language == "zh" else "added") in page
    assert "2025-04-15" in page


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_check_and_moments_that_do_not_differ(golden: Run, language: str) -> None:
    later = golden("diff", "K1", "--on", "2025-09-01", "--to-as-of", "2025-09-30", "--lang", language).stdout
    same = golden("diff", "K1", "--on", "2025-09-01", "--lang", language).stdout

    assert "#28" in later
    assert "不合格" in later
    assert ("没有差别" if language == "zh" else "do not differ") in same


def test_both_answers_are_looks_at_whoever_they_are_about(golden: Run) -> None:
    answer = json.loads(golden("diff", "P1", "--on", "2025-04-16", "--json").stdout)
    first, second = looks()

    assert first["subjects"] == second["subjects"] == [answer["uid"]]
    assert [look["data"]["as_known"] for look in (first, second)] == [18, answer["to"]["size"]]
    assert first["data"]["scope"] == ["INTEGRITY_FILE"]


def test_the_entries_named_in_a_score_are_a_look_at_whom_they_concern(golden: Run) -> None:
    moments = ("--from-as-of", "2025-07-05", "--from-as-known", "2025-07-05", "--to-as-of", "2025-09-30")
    answer = json.loads(golden("diff", "U1", *moments, "--json").stdout)
    [look] = looks()

    assert look["data"]["scope"] == ["ENTRIES"]
    assert answer["uid"] in look["subjects"]
    assert len(look["subjects"]) == 2, "the unit, and the official whose repair it was"


@pytest.mark.parametrize(
    ("arguments", "status", "code"),
    [
        (["P1"], 2, "usage"),
        (["P1", "--on", "2025-04-16", "--view", "all"], 2, "usage"),
        (["P1", "--from-as-known", "99999"], 2, "usage"),
        (["P1", "--on", "2025-04-16", "--to-as-known", "3"], 3, "moments-reversed"),
        (["NOBODY", "--on", "2025-04-16"], 4, "unknown-subject"),
        (["P1", "--on", "2025-04-16", "--view", "score"], 4, "unknown-unit"),
        (["P1", "--on", "2025-04-16", "--viewer", "HR", "--purpose", "RECRUIT"], 3, "consent-missing"),
    ],
)
def test_what_cannot_be_compared_has_its_status_and_code(
    golden: Run, arguments: list[str], status: int, code: str
) -> None:
    result = golden("diff", *arguments, "--json")

    assert (result.exit_code, result.stdout) == (status, "")
    assert json.loads(result.stderr)["error"]["code"] == code


def test_a_refused_comparison_leaves_its_trace(golden: Run) -> None:
    golden("diff", "P1", "--on", "2025-04-16", "--viewer", "HR", "--purpose", "RECRUIT")

    assert [entry["type"] for entry in looks()] == ["command.refused.v1"]
