"""The worked examples beside each edition, and that every edition has some."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

import ledger.rulebook
from ledger.rulebook.balance import balance
from ledger.rulebook.edition import parse_edition
from ledger.rulebook.eligibility import eligibility
from ledger.rulebook.facts import ConsentFact, Finding, Promise
from ledger.rulebook.unit_score import unit_score
from ledger.rulebook.windows import EditionTimeline
from tests.unit.ledger.rulebook.by_hand import assessment, finding, promise, timeline, values

EDITIONS = Path(ledger.rulebook.__path__[0]) / "editions"
FILES = sorted(path for path in EDITIONS.glob("*.toml") if not path.name.endswith(".examples.toml"))


def examples(kind: str) -> list[Any]:
    """The examples of one kind from every edition, each with the edition's timeline."""
    cases = []
    for path in FILES:
        known = timeline(parse_edition(path.read_bytes()))
        text = path.with_name(f"{path.stem}.examples.toml").read_text(encoding="utf-8")
        cases += [pytest.param(known, case, id=f"{path.stem}: {case['name']}") for case in tomllib.loads(text)[kind]]
    return cases


def as_text(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts of an example with their days as text, the way `by_hand` takes them."""
    return {key: value.isoformat() if key.endswith("_on") else value for key, value in facts.items()}


def findings(case: dict[str, Any], key: str) -> list[Finding]:
    return [
        finding(**as_text(facts), record=f"F{number}", entries=(10 * number,))
        for number, facts in enumerate(case.get(key, ()), start=1)
    ]


def promises(case: dict[str, Any]) -> list[Promise]:
    return [
        promise(**as_text(facts), commitment=f"C{number}", entries=(100 * number,))
        for number, facts in enumerate(case.get("promises", ()), start=1)
    ]


def test_an_edition_is_named_by_its_id_and_has_examples_of_every_figure() -> None:
    assert FILES != []
    for path in FILES:
        assert parse_edition(path.read_bytes()).id == path.stem
    for kind in ("balance", "unit_score", "eligibility"):
        assert len(examples(kind)) >= len(FILES)


@pytest.mark.parametrize(("known", "case"), examples("balance"))
def test_a_worked_balance(known: EditionTimeline, case: dict[str, Any]) -> None:
    outcome = balance(known, findings(case, "findings"), promises(case), case["on"])

    assert outcome.value == case["value"]
    assert values(outcome.lines) == [tuple(line) for line in case["lines"]]


@pytest.mark.parametrize(("known", "case"), examples("unit_score"))
def test_a_worked_score(known: EditionTimeline, case: dict[str, Any]) -> None:
    assessed = assessment(case["composite"]) if "composite" in case else None
    outcome = unit_score(known, assessed, promises(case), findings(case, "own"), findings(case, "linked"), case["on"])

    assert (outcome.value, outcome.reason) == (case.get("value"), case.get("reason"))
    assert values(outcome.lines) == [tuple(line) for line in case["lines"]]


@pytest.mark.parametrize(("known", "case"), examples("eligibility"))
def test_a_worked_check(known: EditionTimeline, case: dict[str, Any]) -> None:
    consent = ConsentFact(valid=case.get("consent", True))
    verdict = eligibility(known, findings(case, "findings"), [], consent, case["on"])

    assert verdict.outcome == case["outcome"]
    assert [hit.rule for hit in verdict.hits] == case.get("hits", [])
    assert list(verdict.records) == case.get("records", [])
