"""The worked example of DOMAIN §6: every figure of `golden/expected.json` comes out of the folds."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from ledger.errors import Refused
from projections.eligibility import check
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.shared import shared_path
from tests.support.small_log import SmallLog, golden_log

EXPECTED: dict[str, Any] = json.loads(shared_path("golden", "expected.json").read_text(encoding="utf-8"))
LINE_OF_ROW: dict[str, int] = EXPECTED["row_of_worked_table_to_line_of_history"]


@cache
def log() -> SmallLog:
    return golden_log()


def case_id(case: dict[str, Any]) -> str:
    return f"{case['as_of']}-known-{case['as_known']}"


def entry_of_row(row: int) -> int:
    """Rows up to the first evaluation stand at the index of their line; entry 0 opens the ledger."""
    return LINE_OF_ROW[str(row)]


@pytest.mark.parametrize("case", EXPECTED["person_balance"], ids=case_id)
def test_person_balance(case: dict[str, Any]) -> None:
    size = log().size_on(case["as_known"])
    file = integrity_file(log(), case["subject"], as_of=date.fromisoformat(case["as_of"]), as_known=size)
    balance = file["balance"]
    assert balance["value"] == case["value"]
    assert str(sum(Decimal(line["value"]) for line in balance["lines"])) == case["value"]


@pytest.mark.parametrize("case", EXPECTED["unit_score"], ids=case_id)
def test_unit_score(case: dict[str, Any]) -> None:
    size = log().size_on(case["as_known"])
    score = unit_score(log(), case["subject"], as_of=date.fromisoformat(case["as_of"]), as_known=size)
    assert score["value"] == case["value"]
    values = {line["clause"]: Decimal(0) for line in score["lines"]}
    for line in score["lines"]:
        values[line["clause"]] += Decimal(line["value"])
    assert values["R-U2"] == Decimal(case["lines"]["R-U2"])
    assert values["R-U3"] == Decimal(case["lines"]["R-U3"])
    conduct = sum((values.get(clause, Decimal(0)) for clause in ("R-U1", "R-U4", "R-U5")), Decimal(0))
    assert conduct == Decimal(case["lines"]["conduct"])
    assert sum(values.values()) == Decimal(case["value"])


def test_the_lines_of_a_score_rest_on_the_rows_of_the_worked_example() -> None:
    score = unit_score(log(), "U1", as_of=date(2025, 7, 5), as_known=log().size_on("2025-07-05"))
    lines = {line["clause"]: (line["value"], line["events"]) for line in score["lines"]}
    assert lines == {
        "R-U2": ("52.32", [entry_of_row(12)]),
        "R-U3": ("20.00", [entry_of_row(row) for row in (2, 3, 9)]),
        "R-U1": ("10.00", []),
        "R-U5": ("-1.00", [entry_of_row(row) for row in (8, 10, 13)]),
    }


@pytest.mark.parametrize("case", EXPECTED["eligibility"], ids=lambda case: case["check"])
def test_eligibility(case: dict[str, Any]) -> None:
    answer = check(log(), case["check"], as_of=date(2026, 6, 30), as_known=log().size)
    assert answer["outcome"] == case["outcome"]
    assert [hit["rule"] for hit in answer["hits"]] == case["hits"]
    assert answer["decision"] == case["decision"]
    assert answer["breaches_in_report"] == case["breaches_in_report"]
    assert answer["state"] == "DECIDED"


@pytest.mark.parametrize("case", EXPECTED["integrity_file"], ids=lambda case: f"{case['viewer']}-{case['as_of']}")
def test_integrity_file(case: dict[str, Any]) -> None:
    file = integrity_file(
        log(),
        case["subject"],
        as_of=date.fromisoformat(case["as_of"]),
        as_known=log().size_on(case["as_known"]),
        viewer=case["viewer"],
        purpose=case.get("purpose"),
    )
    assert {breach["id"]: breach["state"] for breach in file["breaches"]} == case["breaches"]
    if "commitments" in case:
        assert {one["id"]: one["state"] for one in file["commitments"]} == case["commitments"]


def test_recruiting_hr_sees_the_listing_that_blocked_the_first_check() -> None:
    size = log().size_on("2025-09-01")
    file = integrity_file(log(), "P1", as_of=date(2025, 9, 1), as_known=size, viewer="HR", purpose="RECRUIT")
    assert [(breach["id"], breach["state"]) for breach in file["breaches"]] == [("B2", "CONFIRMED")]
    assert [one["id"] for one in file["commitments"]] == ["C3"]
    assert "balance" not in file


def test_without_a_consent_on_the_day_recruiting_hr_is_refused() -> None:
    for day, unit in ((date(2025, 12, 1), None), (date(2025, 9, 1), "U1")):
        with pytest.raises(Refused) as refused:
            integrity_file(log(), "P1", as_of=day, as_known=log().size, viewer="HR", purpose="RECRUIT", unit=unit)
        assert refused.value.code == "consent-missing"


def test_the_auditor_reads_both_repairs_and_both_checks() -> None:
    file = integrity_file(log(), "P1", as_of=date(2026, 6, 30), as_known=log().size)
    assert [(repair["id"], repair["state"]) for repair in file["repairs"]] == [("R1", "APPROVED"), ("R2", "APPROVED")]
    assert [(one["id"], one["outcome"]) for one in file["checks"]] == [("K1", "BLOCK"), ("K2", "CLEAR")]
