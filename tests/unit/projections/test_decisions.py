"""The decisions of a period: each made again from its entries, and what they rest on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace as replaced
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from projections.decisions import Decided, decisions
from tests.support.small_log import SmallLog, demo_edition, golden_log, registered_log, uid_of


def pseudonym(uid: str) -> str:
    return f"~{uid}"


def taken(log: SmallLog, **period: date) -> list[Decided]:
    return list(decisions(log, pseudonym, size=log.size, **period))


def types(log: SmallLog, one: Decided) -> list[str]:
    return [log.entries[index].type for index in one.entries]


def changed(log: SmallLog, type_: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> int:
    """Change the data of the first entry of a type behind the log's back; its index."""
    entry = next(entry for entry in log.entries if entry.type == type_)
    log.entries[entry.index] = replace(entry, data=change(dict(entry.data)))
    return entry.index


def test_the_checks_of_the_worked_example_are_the_same_when_made_again() -> None:
    log = golden_log()
    first, second = taken(log)

    assert (first.item["outcome"], first.item["decision"], first.item["agrees"]) == ("BLOCK", "NOT_ELIGIBLE", True)
    assert (second.item["outcome"], second.item["decision"], second.item["agrees"]) == ("CLEAR", "ELIGIBLE", True)
    assert [hit["rule"] for hit in first.item["hits"]] == ["E1"]
    assert first.item["rulebook"] == {"id": "JMS-DEMO-2025.1", "digest": log.editions_by_id["JMS-DEMO-2025.1"].digest}
    assert first.item["report"] == [pseudonym("B2")]
    assert first.findings == second.findings == ()


def test_a_decision_names_every_entry_it_rests_on() -> None:
    log = golden_log()
    first, second = taken(log)
    acts = ["EligibilityCheckRequested", "EligibilityEvaluated", "PreDecisionNoticeSent", "EligibilityDecided"]

    assert types(log, first) == ["RulebookActivated", "AuthorityRecordImported", "ConsentGiven", *acts]
    assert types(log, second) == ["RulebookActivated", "ConsentGiven", acts[0], acts[1], acts[3]]
    assert [act["type"] for act in first.item["acts"]] == acts
    assert first.item["acts"][-1]["decision"] == "NOT_ELIGIBLE"


def test_who_is_named_is_named_by_the_pseudonym_of_the_purpose() -> None:
    first, _ = taken(golden_log())
    subject = uid_of("subject", "P1")

    assert first.subject == subject
    assert first.item["subject"] == pseudonym(subject)
    assert subject not in repr({**first.item, "subject": None})


def test_a_period_takes_the_decisions_of_its_days() -> None:
    log = golden_log()
    day = date(2025, 9, 12)

    assert len(taken(log, first=day, last=day)) == 1
    assert taken(log, first=date(2025, 9, 13), last=date(2026, 6, 2)) == []
    assert len(taken(log, last=date(2026, 6, 3))) == 2


def test_a_check_that_was_never_decided_is_no_decision() -> None:
    log = registered_log()
    request = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
    log.request_check("2025-04-01", request)

    assert taken(log) == []


@pytest.mark.parametrize(
    ("type_", "change", "what"),
    [
        ("EligibilityEvaluated", lambda data: {**data, "outcome": "CLEAR"}, "differs: outcome"),
        ("EligibilityEvaluated", lambda data: {**data, "hits": []}, "differs: hits"),
        ("EligibilityEvaluated", lambda data: {**data, "records": []}, "differs: records"),
        ("EligibilityEvaluated", lambda data: {**data, "rulebook": "OTHER"}, "differs: rulebook"),
        ("EligibilityEvaluated", lambda data: {**data, "as_known_seq": 3}, "the day and the size"),
        ("EligibilityEvaluated", lambda data: {**data, "as_of": "2025-08-31"}, "the day and the size"),
    ],
)
def test_an_evaluation_that_its_entries_do_not_give_is_a_finding(
    type_: str, change: Callable[[dict[str, Any]], dict[str, Any]], what: str
) -> None:
    log = golden_log()
    index = changed(log, type_, change)
    first, second = taken(log)

    found = first.findings[0]
    assert (found["code"], found["grade"], found["index"]) == ("decision-differs", "manipulation", index)
    assert what in found["what"]
    assert not first.item["agrees"]
    assert second.findings == ()


def test_a_fact_changed_afterwards_is_found_by_the_evaluation_that_rested_on_it() -> None:
    log = golden_log()
    changed(log, "AuthorityRecordImported", lambda data: {**data, "record_kind": "PENALTY"})
    first, _ = taken(log)

    assert "outcome, hits, records" in first.findings[0]["what"]


def test_what_was_learned_after_the_request_changes_no_evaluation() -> None:
    """An edition that blocks nobody is adopted later, back-dated: the evaluation stands on what was known."""
    log = golden_log()
    milder = replaced(demo_edition(), id="JMS-DEMO-2025.2", eligibility=demo_edition().eligibility[-1:])
    log.activate("2025-01-02", milder)

    assert all(one.item["agrees"] for one in taken(log))


def test_a_decision_without_an_evaluation_is_a_finding() -> None:
    log = registered_log()
    request = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
    log.append("EligibilityCheckRequested", "2025-04-01", request)
    log.append("EligibilityDecided", "2025-04-11", {"check_id": "K1", "decision": "ELIGIBLE"})
    (one,) = taken(log)

    assert "never evaluated" in one.findings[0]["what"]
    assert one.item["agrees"] is False


def test_a_dispute_and_what_was_decided_anew_stand_among_the_acts() -> None:
    log = golden_log()
    actor = {"id": "hr-2", "role": "HR", "unit": uid_of("subject", "PERSONNEL")}
    log.append("EligibilityNotified", "2025-09-13", {"check_id": "K1"}, actor=actor)
    log.append("EligibilityDisputed", "2025-09-15", {"check_id": "K1"}, actor={"id": "x", "role": "SUBJECT"})
    log.append("EligibilityRedetermined", "2025-10-08", {"check_id": "K1", "decision": "ELIGIBLE"}, actor=actor)
    (again,) = taken(log, first=date(2025, 10, 1), last=date(2025, 10, 31))

    assert [act.get("decision") for act in again.item["acts"] if "decision" in act] == ["NOT_ELIGIBLE", "ELIGIBLE"]
    assert (again.item["decision"], again.item["state"]) == ("ELIGIBLE", "REDETERMINED")
    assert again.item["acts"][-1]["role"] == "HR"
    assert again.item["acts"][-1]["unit"] == pseudonym(actor["unit"])


@pytest.mark.parametrize("departs", [True, None])
def test_a_departure_from_the_rule_must_say_that_it_is_one(departs: bool | None) -> None:
    log = golden_log()
    told = {} if departs is None else {"departs_from_rule": departs}
    index = changed(log, "EligibilityDecided", lambda data: {**data, "decision": "ELIGIBLE", **told})
    first, _ = taken(log)

    assert [finding["index"] for finding in first.findings] == ([] if departs else [index])
    assert first.item["departs_from_rule"] is bool(departs)
