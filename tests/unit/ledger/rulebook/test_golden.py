"""The worked example of DOMAIN §6 with its facts fed by hand: the figures of `golden/expected.json`.

The entry of a line of the history has the line's number as index, since entry 0 opens the ledger.
"""

from __future__ import annotations

import json
from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from ledger.rulebook.balance import balance
from ledger.rulebook.eligibility import eligibility
from ledger.rulebook.facts import Assessment, ConsentFact, Finding, Promise
from ledger.rulebook.standing import reading_state
from ledger.rulebook.unit_score import unit_score
from tests.support.shared import shared_path
from tests.unit.ledger.rulebook.by_hand import DEMO_ALONE, day, finding, promise

EXPECTED: dict[str, Any] = json.loads(shared_path("golden", "expected.json").read_text(encoding="utf-8"))

B1 = [("2025-03-20", "CONFIRMED", 14), ("2025-04-08", "APPEALED", 16), ("2025-05-20", "UPHELD", 20)]
B1 += [("2025-07-10", "REPAIRED", 23)]
B2 = [("2025-04-15", "CONFIRMED", 18), ("2026-04-30", "REPAIRED", 34)]
B2_RECORDED = day("2025-04-18")
WEIGHTS = dict(zip(("daily", "quarter", "onsite", "cross", "public"), map(Fraction, (25, 30, 15, 10, 20)), strict=True))


def findings_on(on: date, known: date) -> list[Finding]:
    """B1 and B2 as they stand on a day, as known at another."""
    found = []
    for record, steps, severity, duty in (("B1", B1, "GENERAL", True), ("B2", B2, "SERIOUS", False)):
        past = [step for step in steps if day(step[0]) <= on and (record == "B1" or known >= B2_RECORDED)]
        if past:
            found.append(
                finding(
                    steps[0][0],
                    severity,
                    past[-1][1],
                    record=record,
                    entries=tuple(step[2] for step in past),
                    duty_related=duty,
                    record_kind="SEVERE_LIST" if record == "B2" else "LOCAL",
                )
            )
    return found


def promises_on(on: date, names: str) -> list[Promise]:
    facts = {
        "C1": ("2025-03-31", "2025-03-28", 2, (8, 15)),
        "C2": ("2025-06-30", "2025-07-14", 1, (9, 24)),
        "C3": ("2025-12-31", "2025-12-19", 1, (10, 29)),
    }
    promises = []
    for name in names.split():
        due_on, fulfilled_on, weight, entries = facts[name]
        kept = day(fulfilled_on) <= on
        promises.append(
            promise(
                due_on,
                fulfilled_on if kept else None,
                weight=weight,
                commitment=name,
                entries=entries if kept else entries[:1],
            )
        )
    return promises


def assessment_on(on: date) -> Assessment | None:
    for published_on, scores, entry in (
        ("2026-01-20", (92, 90, 90, 90, 85), 31),
        ("2025-04-21", (90, 88, 92, 85, 80), 19),
    ):
        if day(published_on) <= on:
            return Assessment("A", WEIGHTS, dict(zip(WEIGHTS, map(Fraction, scores), strict=True)), (entry,))
    return None


@pytest.mark.parametrize("case", EXPECTED["person_balance"], ids=lambda case: f"{case['as_of']}@{case['as_known']}")
def test_the_balance_of_the_worked_example(case: dict[str, str]) -> None:
    on = day(case["as_of"])
    outcome = balance(DEMO_ALONE, findings_on(on, day(case["as_known"])), promises_on(on, "C3"), on)

    assert outcome.value == case["value"]


@pytest.mark.parametrize("case", EXPECTED["unit_score"], ids=lambda case: case["as_of"])
def test_the_score_of_the_worked_example(case: dict[str, Any]) -> None:
    on = day(case["as_of"])
    linked = findings_on(on, day(case["as_known"]))
    outcome = unit_score(DEMO_ALONE, assessment_on(on), promises_on(on, "C1 C2"), [], linked, on)
    by_clause = {line.clause: Fraction(line.value) for line in outcome.lines[:2]}
    conduct = sum(Fraction(line.value) for line in outcome.lines[2:])

    assert outcome.value == case["value"]
    assert {**by_clause, "conduct": conduct} == {name: Fraction(value) for name, value in case["lines"].items()}


def test_the_lines_of_the_score_rest_on_the_rows_of_the_example() -> None:
    on = day("2025-07-05")
    outcome = unit_score(DEMO_ALONE, assessment_on(on), promises_on(on, "C1 C2"), [], findings_on(on, on), on)
    rows = EXPECTED["row_of_worked_table_to_line_of_history"]

    assert [(line.clause, line.value, line.events) for line in outcome.lines] == [
        ("R-U2", "52.32", (rows["12"],)),
        ("R-U3", "20.00", (rows["2"], rows["3"], rows["9"])),
        ("R-U1", "10.00", ()),
        ("R-U5", "-1.00", (rows["8"], rows["10"], rows["13"])),
    ]


@pytest.mark.parametrize(("case", "on"), list(zip(EXPECTED["eligibility"], ["2025-09-01", "2026-06-01"], strict=True)))
def test_the_checks_of_the_worked_example(case: dict[str, Any], on: str) -> None:
    verdict = eligibility(DEMO_ALONE, findings_on(day(on), day(on)), [], ConsentFact(valid=True), day(on))

    assert verdict.outcome == case["outcome"]
    assert [hit.rule for hit in verdict.hits] == case["hits"]
    assert list(verdict.records) == case["breaches_in_report"]


@pytest.mark.parametrize("case", [EXPECTED["integrity_file"][0], EXPECTED["integrity_file"][2]])
def test_the_states_of_the_worked_example(case: dict[str, Any]) -> None:
    on = day(case["as_of"])
    states = {one.record: reading_state(one, DEMO_ALONE, on) for one in findings_on(on, day(case["as_known"]))}

    assert states == case["breaches"]
