"""From figures to lines, clauses and entries, on the worked example."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import NotFound
from projections.trace import Trace
from tests.support.shared import shared_path
from tests.support.small_log import SmallLog, golden_log, registered_log

EXPECTED: dict[str, Any] = json.loads(shared_path("golden", "expected.json").read_text(encoding="utf-8"))


def a_leaf(index: int) -> bytes:
    return index.to_bytes(32, "big")


@pytest.mark.parametrize("row", EXPECTED["person_balance"], ids=lambda row: f"{row['as_of']}-{row['as_known']}")
def test_every_balance_is_the_sum_of_its_lines(row: dict[str, str]) -> None:
    log = golden_log()
    on = date.fromisoformat(row["as_of"])
    answer = Trace(log, a_leaf).balance("P1", as_of=on, as_known=log.size_on(row["as_known"]))

    assert (answer["value"], answer["sum"], answer["adds_up"]) == (row["value"], row["value"], True)
    assert sum(Decimal(line["value"]) for line in answer["lines"]) == Decimal(row["value"])


@pytest.mark.parametrize("row", EXPECTED["unit_score"], ids=lambda row: row["as_of"])
def test_every_score_is_the_sum_of_its_lines(row: dict[str, Any]) -> None:
    log = golden_log()
    on = date.fromisoformat(row["as_of"])
    answer = Trace(log, a_leaf).score("U1", as_of=on, as_known=log.size_on(row["as_known"]))

    assert (answer["value"], answer["sum"], answer["adds_up"]) == (row["value"], row["value"], True)
    by_clause = {line["clause"]: line["value"] for line in answer["lines"]}
    assert (by_clause["R-U2"], by_clause["R-U3"]) == (row["lines"]["R-U2"], row["lines"]["R-U3"])


def test_a_line_cites_its_clause_with_the_editions_own_values_and_names_its_entries() -> None:
    log = golden_log()
    answer = Trace(log, a_leaf).score("U1", as_of=date(2025, 7, 5), as_known=log.size_on("2025-07-05"), only="B1")
    (line,) = answer["lines"]
    clauses = {clause["clause"]: clause for clause in line["clauses"]}
    edition = log.editions_by_id["JMS-DEMO-2025.1"]

    assert list(clauses) == ["R-U5", "R-P2", "R-T1", "R-F1", "R-W1"]
    assert clauses["R-U5"]["terms"] == [{"name": "unit.link", "values": {"share": "0.2", "cap": "4"}}]
    assert clauses["R-W1"]["basis"] == "anticipates NDRC Order 36"
    assert {clause["edition"]["digest"] for clause in clauses.values()} == {edition.digest}
    assert [entry["type"] for entry in line["entries"]] == ["BreachConfirmed", "BreachAppealed", "AppealDecided"]
    assert all(entry["leaf"] == a_leaf(entry["index"]).hex() for entry in line["entries"])
    assert answer["sum"] == answer["value"] == "81.32", "the sum is that of all lines, whichever are shown"


def test_an_assessment_is_the_sum_of_its_dimensions_and_names_its_scores_and_its_scheme() -> None:
    log = golden_log()
    answer = Trace(log, a_leaf).score("U1", as_of=date(2025, 7, 5), as_known=log.size_on("2025-07-05"), only="R-U2")
    (line,) = answer["lines"]

    assert [part["value"] for part in line["parts"]] == ["22.5", "26.4", "13.8", "8.5", "16"]
    assert sum(Decimal(part["value"]) for part in line["parts"]) == Decimal(line["params"]["composite"])
    assert [entry["type"] for entry in line["entries"]] == ["AssessmentPublished"]
    assert "AssessmentScored" in [entry["type"] for entry in line["behind"]]


def test_a_check_cites_the_rule_that_matched_or_the_rule_for_all_others() -> None:
    log = golden_log()
    (hit,) = Trace(log, a_leaf).check("K1", as_of=date(2026, 6, 5), as_known=log.size)["lines"]
    (otherwise,) = Trace(log, a_leaf).check("K2", as_of=date(2026, 6, 5), as_known=log.size)["lines"]

    assert (hit["rule"], hit["clause"], hit["then"], hit["effect"]) == ("E1", "公务员法 26(4)", "BLOCK", "STATUTORY")
    assert [entry["type"] for entry in hit["entries"]] == ["AuthorityRecordImported"]
    assert (otherwise["rule"], otherwise["then"], otherwise["entries"]) == ("E5", "CLEAR", [])


def test_what_has_no_such_figure_or_line_is_not_found() -> None:
    log = golden_log()
    trace = Trace(log, a_leaf)
    with pytest.raises(NotFound, match="no-balance"):
        trace.balance("U1", as_of=date(2025, 7, 5), as_known=log.size)
    with pytest.raises(NotFound, match="unknown-line"):
        trace.score("U1", as_of=date(2025, 7, 5), as_known=log.size, only="R-P2")
    bare = SmallLog()
    bare.append("SubjectRegistered", "2025-01-01", {"subject_id": "P1", "kind": "PERSON"})
    with pytest.raises(NotFound, match="no-edition"):
        Trace(bare, a_leaf).balance("P1", as_of=date(2025, 7, 5), as_known=1)


def test_a_score_without_an_assessment_says_why_it_has_no_lines() -> None:
    log = registered_log()
    answer = Trace(log, a_leaf).score("U1", as_of=date(2025, 3, 1), as_known=log.size)

    assert (answer["value"], answer["sum"], answer["reason"]) == (None, None, "not-yet-assessed")
