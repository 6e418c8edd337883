"""`ranking`: the worked example's units by their published assessments, in JSON and as a page."""

from __future__ import annotations

import json

import pytest

from tests.unit.api.cli.conftest import Run


def test_the_places_come_with_code_name_figure_and_the_place_before(golden: Run) -> None:
    result = golden("ranking", "--as-of", "2026-02-01", "--json")
    answer = json.loads(result.stdout)

    assert result.stderr == ""
    assert (answer["period"], answer["previous_period"]) == ("2025Q4", "2025Q1")
    (row,) = answer["ranking"]
    assert {name: row[name] for name in ("subject", "value", "rank", "previous_rank")} == {
        "subject": "U1", "value": "89.50", "rank": 1, "previous_rank": 1,
    }  # fmt: skip
    assert "U1" not in {one["subject"] for one in answer["not_assessed"]}
    before = json.loads(golden("ranking", "--as-of", "2025-04-25", "--as-known", "2025-04-25", "--json").stdout)
    assert (before["period"], before["ranking"][0]["value"], before["as_known"]) == ("2025Q1", "87.20", "2025-04-25")


@pytest.mark.parametrize(("language", "said"), [("zh", "考核排名"), ("en", "Published ranking")])
def test_the_page_names_who_has_no_place(golden: Run, language: str, said: str) -> None:
    page = golden("ranking", "--as-of", "2026-02-01", "--lang", language).stdout
    early = golden("ranking", "--as-of", "2025-02-01", "--lang", language).stdout

    assert said in page
    assert "89.50" in page
    assert {"zh": "这一期没有公布考核的单位", "en": "Not assessed in this period"}[language] in page
    assert {"zh": "还没有公布的考核", "en": "No assessment is published yet"}[language] in early
