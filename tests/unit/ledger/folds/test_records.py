"""Commitments, consents, sanctions, checks and assessments, folded on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from ledger.folds import check as checks
from ledger.folds.assessment import fold_assessment, newest
from ledger.folds.check import Check
from ledger.folds.commitment import Commitment, fold_commitment
from ledger.folds.consent import fold_consent
from ledger.folds.facts import records_on
from ledger.folds.sanction import fold_sanctions
from ledger.reading import Logged
from tests.support.small_log import SmallLog, registered_log, uid_of


def day(text: str) -> date:
    return date.fromisoformat(text)


def promise(log: SmallLog, due: str = "2025-03-31") -> None:
    data = {"commitment_id": "C1", "promisor_id": "P1", "kind": "PERSONAL", "due_on": due, "weight": 1}
    log.append("CommitmentMade", "2025-01-10", {**data, "public": False})


def commitment(log: SmallLog, on: str) -> Commitment | None:
    return fold_commitment(log.stream(f"commitment/{uid_of('commitment', 'C1')}", log.size), day(on))


def commitment_state(log: SmallLog, on: str) -> str | None:
    found = commitment(log, on)
    return None if found is None else found.state


def test_overdue_begins_on_the_day_after_the_due_day_in_force() -> None:
    log = registered_log()
    promise(log)
    log.append("CommitmentAmended", "2025-03-20", {"commitment_id": "C1", "new_due_on": "2025-06-30"})
    days = ("2025-01-09", "2025-03-19", "2025-04-01", "2025-06-30", "2025-07-01")
    assert [commitment_state(log, on) for on in days] == [None, "OPEN", "OPEN", "OPEN", "OVERDUE"]
    before = commitment(log, "2025-03-19")
    assert before is not None
    assert before.due_on == date(2025, 3, 31)


@pytest.mark.parametrize(("on", "state"), [("2025-03-31", "FULFILLED_ON_TIME"), ("2025-04-01", "FULFILLED_LATE")])
def test_kept_on_the_due_day_is_on_time(on: str, state: str) -> None:
    log = registered_log()
    promise(log)
    log.append("CommitmentFulfilled", on, {"commitment_id": "C1", "fulfilled_on": on})
    assert commitment_state(log, on) == state


def test_a_kept_commitment_is_neither_amended_nor_waived_afterwards() -> None:
    log = registered_log()
    promise(log)
    log.append("CommitmentFulfilled", "2025-04-05", {"commitment_id": "C1", "fulfilled_on": "2025-04-05"})
    log.append("CommitmentAmended", "2025-04-06", {"commitment_id": "C1", "new_due_on": "2025-06-30"})
    log.append("CommitmentWaived", "2025-04-07", {"commitment_id": "C1", "reason": "LAW_CHANGE"})
    found = commitment(log, "2025-05-01")
    assert found is not None
    assert (found.state, found.due_on) == ("FULFILLED_LATE", date(2025, 3, 31))


def test_an_amendment_recorded_late_makes_a_late_keeping_one_on_time() -> None:
    log = registered_log()
    promise(log)
    log.append("CommitmentFulfilled", "2025-04-05", {"commitment_id": "C1", "fulfilled_on": "2025-04-05"})
    log.append("CommitmentAmended", "2025-03-01", {"commitment_id": "C1", "new_due_on": "2025-04-30"})
    assert commitment_state(log, "2025-04-05") == "FULFILLED_ON_TIME"


def test_a_consent_holds_from_its_day_to_its_last_and_not_on_the_day_it_is_withdrawn() -> None:
    log = registered_log()
    give_consent(log)
    entries = log.stream(f"consent/{uid_of('consent', 'X1')}", log.size)
    held = [on for on in ("2025-08-31", "2025-09-01", "2025-11-30", "2025-12-01") if holds(entries, on)]
    assert held == ["2025-09-01", "2025-11-30"]
    log.append("ConsentWithdrawn", "2025-10-01", {"consent_id": "X1", "subject_id": "P1"})
    entries = log.stream(f"consent/{uid_of('consent', 'X1')}", log.size)
    assert [on for on in ("2025-09-30", "2025-10-01") if holds(entries, on)] == ["2025-09-30"]


def holds(entries: Any, on: str) -> bool:
    consent = fold_consent(entries, day(on))
    return consent is not None and consent.holds(day(on))


def give_consent(log: SmallLog) -> None:
    data = {"consent_id": "X1", "subject_id": "P1", "purpose": "RECRUIT", "scope": ["BREACH"], "recipient": "U1"}
    log.append("ConsentGiven", "2025-09-01", {**data, "expires_on": "2025-11-30"})


def requested_log() -> SmallLog:
    log = registered_log()
    give_consent(log)
    data = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "consent_id": "X1", "requester": "U1"}
    log.request_check("2025-09-01", data)
    return log


def check_on(log: SmallLog, on: str) -> Check:
    found = checks.check_on(log, log.stream(f"check/{uid_of('check', 'K1')}", log.size), log.size, day(on))
    assert found is not None
    return found


def test_a_notice_lapses_on_the_day_after_its_reply_is_due() -> None:
    log = requested_log()
    log.append("PreDecisionNoticeSent", "2025-09-02", {"check_id": "K1", "reply_due": "2025-09-09"})
    assert [check_on(log, on).state for on in ("2025-09-01", "2025-09-09", "2025-09-10")] == [
        "EVALUATED", "NOTICED", "LAPSED",
    ]  # fmt: skip
    log.append("CandidateResponded", "2025-09-09", {"check_id": "K1"})
    assert check_on(log, "2025-09-10").state == "RESPONDED"


def test_a_check_runs_to_its_end() -> None:
    log = requested_log()
    steps = [
        ("EligibilityDecided", {"decision": "ELIGIBLE"}, "DECIDED"),
        ("EligibilityNotified", {}, "NOTIFIED"),
        ("EligibilityDisputed", {}, "DISPUTED"),
        ("EligibilityRedetermined", {"decision": "NOT_ELIGIBLE"}, "REDETERMINED"),
        ("EligibilityFinalised", {}, "FINAL"),
        ("EligibilityWithdrawn", {}, "FINAL"),
    ]
    for kind, data, state in steps:
        log.append(kind, "2025-09-12", {"check_id": "K1", **data})
        assert check_on(log, "2025-09-12").state == state
    assert check_on(log, "2025-09-12").decision == "NOT_ELIGIBLE"


def test_a_consent_withdrawn_before_the_decision_withdraws_the_check_and_leaves_its_evaluation() -> None:
    log = requested_log()
    log.append("ConsentWithdrawn", "2025-09-05", {"consent_id": "X1", "subject_id": "P1"})
    assert (check_on(log, "2025-09-04").state, check_on(log, "2025-09-05").state) == ("EVALUATED", "WITHDRAWN")
    assert check_on(log, "2025-09-05").outcome == "CLEAR"


def test_a_consent_withdrawn_after_the_decision_changes_nothing() -> None:
    log = requested_log()
    log.append("EligibilityDecided", "2025-09-05", {"check_id": "K1", "decision": "ELIGIBLE"})
    log.append("ConsentWithdrawn", "2025-09-05", {"consent_id": "X1", "subject_id": "P1"})
    assert check_on(log, "2025-09-06").state == "DECIDED"


def test_a_check_on_a_consent_that_does_not_hold_is_incomplete_and_reports_nothing() -> None:
    log = registered_log()
    give_consent(log)
    log.append("ConsentWithdrawn", "2025-09-01", {"consent_id": "X1", "subject_id": "P1"})
    data = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "consent_id": "X1", "requester": "U1"}
    log.request_check("2025-09-01", data)
    found = check_on(log, "2025-09-01")
    assert (found.outcome, [hit.rule for hit in found.hits], found.records) == ("INCOMPLETE", ["E0"], ())
    assert found.state == "EVALUATED"


@pytest.mark.parametrize(("purpose", "requester"), [("PROMOTE", "U1"), ("RECRUIT", "U2")])
def test_a_consent_is_for_its_purpose_and_its_recipient(purpose: str, requester: str) -> None:
    log = registered_log()
    give_consent(log)
    data = {"check_id": "K1", "subject_id": "P1", "purpose": purpose, "consent_id": "X1", "requester": requester}
    log.request_check("2025-09-01", data)
    assert check_on(log, "2025-09-01").outcome == "INCOMPLETE"


def test_a_statutory_basis_replaces_the_consent() -> None:
    log = registered_log()
    data = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
    log.request_check("2025-09-01", data)
    assert check_on(log, "2025-09-01").outcome == "CLEAR"


def test_a_bar_blocks_on_both_its_days_and_not_from_the_day_it_is_lifted() -> None:
    log = registered_log()
    data = {"subject_id": "P1", "kind": "RECRUITMENT_BAR", "from": "2025-02-01", "until": "2025-08-31"}
    log.append("SanctionImposed", "2025-01-20", data)
    entries = log.stream(f"subject/{uid_of('subject', 'P1')}", log.size)
    days = ("2025-01-31", "2025-02-01", "2025-08-31", "2025-09-01")
    assert [fold_sanctions(entries, day(on))[0].state(day(on)) for on in days] == [
        "PENDING",
        "ACTIVE",
        "ACTIVE",
        "OVER",
    ]
    log.append("SanctionLifted", "2025-05-01", {"subject_id": "P1", "kind": "RECRUITMENT_BAR"})
    entries = log.stream(f"subject/{uid_of('subject', 'P1')}", log.size)
    around = ("2025-04-30", "2025-05-01")
    assert [fold_sanctions(entries, day(on))[0].state(day(on)) for on in around] == ["ACTIVE", "LIFTED"]


def score(log: SmallLog, on: str, assessment: str, daily: str, kind: str = "AssessmentScored") -> None:
    data = {"assessment_id": assessment, "scores": {"daily": daily}}
    opening = {"scheme_id": "S", "unit_id": "U1", "period": "2025Q1"}
    log.append(kind, on, {**data, **(opening if kind == "AssessmentScored" else {})})


def test_a_restatement_replaces_the_scores_and_keeps_the_place_of_the_publication() -> None:
    log = registered_log()
    score(log, "2025-04-01", "A1", "80")
    score(log, "2025-04-02", "A1", "85")
    log.append("AssessmentPublished", "2025-04-10", {"assessment_id": "A1"})
    score(log, "2025-04-11", "A1", "99")  # too late: only a restatement changes what was published
    score(log, "2025-04-01", "A2", "70")
    log.append("AssessmentPublished", "2025-04-20", {"assessment_id": "A2"})
    score(log, "2025-05-01", "A1", "90", "AssessmentRestated")
    first, second = (log.stream(f"assessment/{uid_of('assessment', name)}", log.size) for name in ("A1", "A2"))
    before, after = fold_assessment(first, day("2025-04-30")), fold_assessment(first, day("2025-05-01"))
    other = fold_assessment(second, day("2025-05-01"))
    assert before is not None
    assert after is not None
    assert other is not None
    assert (before.scores["daily"], after.scores["daily"]) == ("85", "90")
    assert newest([after, other]) == other


class Counted(SmallLog):
    """A log that counts how often a subject's history is read."""

    histories = 0

    def history(self, subject: str, size: int) -> Sequence[Logged]:
        self.histories += 1
        return super().history(subject, size)


def test_a_subject_s_history_is_read_once_however_many_checks_there_are() -> None:
    log = requested_log()
    for number in range(2, 30):
        data = {"check_id": f"K{number}", "subject_id": "P1", "purpose": "RECRUIT", "consent_id": "X1"}
        log.append("EligibilityCheckRequested", "2025-09-02", data)
    log.append("ConsentWithdrawn", "2025-09-03", {"consent_id": "X1", "subject_id": "P1"})
    counted = Counted(log.entries, log.editions_by_id, log.texts, log.ids, log.repairs)

    records = records_on(counted, uid_of("subject", "P1"), day("2025-09-04"), log.size, None)

    assert counted.histories == 1
    assert [check.state for check in records.checks] == ["WITHDRAWN"] * 29
