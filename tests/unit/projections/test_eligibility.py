"""A check as an answer: as it was made, cut at the day and the size asked about."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.errors import NotFound
from projections.eligibility import check
from projections.integrity_file import integrity_file
from tests.support.small_log import SmallLog, registered_log, uid_of


def checked_log() -> SmallLog:
    """P1 is listed; the check finds the listing; the listing is voided and the person found ineligible afterwards."""
    log = registered_log()
    data = {"breach_id": "B1", "subject_id": "P1", "record_kind": "COURT_LIST", "severity": "SERIOUS"}
    log.append("AuthorityRecordImported", "2025-03-03", {**data, "decision_on": "2025-03-03"})
    request = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
    log.request_check("2025-04-01", request)
    log.append("PreDecisionNoticeSent", "2025-04-02", {"check_id": "K1", "reply_due": "2025-04-10"})
    log.append("RecordVoided", "2025-04-05", {"breach_id": "B1", "reason": "MISATTRIBUTED"})
    log.append("EligibilityDecided", "2025-04-11", {"check_id": "K1", "decision": "NOT_ELIGIBLE"})
    return log


def ask(log: SmallLog, on: date, size: int | None = None, name: str = "K1") -> dict[str, Any]:
    return check(log, name, as_of=on, as_known=log.size if size is None else size)


def test_the_evaluation_is_shown_as_it_was_made_whatever_was_voided_since() -> None:
    answer = ask(checked_log(), date(2025, 5, 1))
    assert (answer["outcome"], answer["breaches_in_report"]) == ("BLOCK", ["B1"])
    assert answer["hits"] == [{"rule": "E1", "clause": "公务员法 26(4)", "events": [4]}]
    assert (answer["evaluated_on"], answer["evaluated_size"]) == ("2025-04-01", 5)


def test_state_and_decision_are_those_of_the_day_and_the_size() -> None:
    log = checked_log()
    assert (ask(log, date(2025, 4, 11))["state"], ask(log, date(2025, 4, 11))["decision"]) == (
        "DECIDED",
        "NOT_ELIGIBLE",
    )
    assert (ask(log, date(2025, 4, 10))["state"], ask(log, date(2025, 4, 10))["decision"]) == ("NOTICED", None)
    assert ask(log, date(2025, 4, 11), log.size - 1)["state"] == "LAPSED"


def test_a_check_is_absent_before_its_request() -> None:
    log = checked_log()
    for day, size, name in ((date(2025, 3, 31), log.size, "K1"), (date(2025, 5, 1), 5, "K1"), (date.max, 9, "K2")):
        with pytest.raises(NotFound, match="unknown-check"):
            ask(log, day, size, name)


def test_a_check_is_found_by_its_pseudonym() -> None:
    assert ask(checked_log(), date(2025, 5, 1), name=uid_of("check", "K1"))["check"] == "K1"


WEIGHED = {"nature_of_position": "综合管理"}


def decided_log() -> SmallLog:
    """A check of P1 for PERSONNEL: noticed, answered, decided with reasons, disputed and determined again."""
    log = registered_log()
    for unit in ("PERSONNEL", "OTHER-HR"):
        log.append("SubjectRegistered", "2025-01-01", {"subject_id": unit, "kind": "UNIT"})
    hr = {"id": "somebody", "role": "HR", "unit": uid_of("subject", "PERSONNEL")}
    request = {"check_id": "K1", "subject_id": "P1", "purpose": "PROMOTE", "statutory_basis": "公务员法 26"}
    log.request_check("2025-04-01", {**request, "requester": "PERSONNEL"})
    log.append("PreDecisionNoticeSent", "2025-04-02", {"check_id": "K1", "reply_due": "2025-04-10"})
    said = {"statement": {"statement": "已改正"}}
    log.append("CandidateResponded", "2025-04-03", {"check_id": "K1"}, texts=said)
    texts: dict[str, Any] = {"reasons": {"reasons": "初次理由"}, "considerations": {"considerations": WEIGHED}}
    decision = {"check_id": "K1", "decision": "NOT_ELIGIBLE", "departs_from_rule": True}
    log.append("EligibilityDecided", "2025-04-11", decision, actor=hr, texts=texts)
    log.append("EligibilityNotified", "2025-04-12", {"check_id": "K1"})
    log.append("EligibilityDisputed", "2025-04-14", {"check_id": "K1"}, texts={"grounds": {"grounds": "已移出"}})
    again = {"check_id": "K1", "decision": "ELIGIBLE"}
    log.append("EligibilityRedetermined", "2025-04-20", again, actor=hr, texts={"reasons": {"reasons": "复查属实"}})
    return log


@pytest.mark.parametrize(("viewer", "unit"), [("AUDITOR", None), ("SUBJECT", None), ("HR", "PERSONNEL"), ("HR", None)])
def test_who_decided_and_why_is_for_the_candidate_the_asking_hr_and_the_auditor(viewer: str, unit: str | None) -> None:
    units = None if unit is None else {uid_of("subject", unit)}
    answer = check(decided_log(), "K1", as_of=date(2025, 4, 30), as_known=100, viewer=viewer, units=units)

    assert answer["decided_by"] == {"role": "HR", "unit": "PERSONNEL"}
    assert (answer["reasons"], answer["considerations"], answer["departs_from_rule"]) == ("复查属实", WEIGHED, True)
    assert (answer["statement"], answer["grounds"]) == ("已改正", "已移出")


@pytest.mark.parametrize(("viewer", "unit"), [("HR", "OTHER-HR"), ("DPO", None), ("DECIDER", None)])
def test_others_read_none_of_it(viewer: str, unit: str | None) -> None:
    units = None if unit is None else {uid_of("subject", unit)}
    answer = check(decided_log(), "K1", as_of=date(2025, 4, 30), as_known=100, viewer=viewer, units=units)

    assert not {"decided_by", "reasons", "considerations", "statement", "grounds"} & answer.keys()
    assert "初次理由" not in str(answer)


@pytest.mark.parametrize("viewer", ["UNIT_HEAD", "PUBLIC", "REPORTER", "ASSESSOR"])
def test_who_sees_no_record_of_a_person_sees_no_check(viewer: str) -> None:
    with pytest.raises(NotFound, match="unknown-check"):
        check(checked_log(), "K1", as_of=date(2025, 5, 1), as_known=100, viewer=viewer, units={"U1"})


def test_reasons_are_those_of_the_day_and_absent_once_erased() -> None:
    log = decided_log()
    earlier = check(log, "K1", as_of=date(2025, 4, 13), as_known=100)
    assert (earlier["decision"], earlier["reasons"], earlier["grounds"]) == ("NOT_ELIGIBLE", "初次理由", None)
    assert check(log, "K1", as_of=date(2025, 4, 2), as_known=100)["decided_by"] is None
    log.texts.clear()
    assert check(log, "K1", as_of=date(2025, 4, 30), as_known=100)["reasons"] is None


@pytest.mark.parametrize(("recorded", "late"), [("2025-04-02", False), ("2025-04-10", False), ("2025-04-11", True)])
def test_a_notice_that_no_candidate_could_answer_here_says_so(recorded: str, late: bool) -> None:
    log = registered_log()
    request = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
    log.request_check("2025-04-01", request, known="2025-04-01T01:00:00.000000Z")
    notice = {"check_id": "K1", "reply_due": "2025-04-10"}
    sent = log.append("PreDecisionNoticeSent", "2025-04-02", notice, known=f"{recorded}T01:00:00.000000Z")

    days = {"sent_on": "2025-04-02", "recorded_on": recorded, "recorded_late": late, "reply_due": "2025-04-10"}
    assert ask(log, date(2025, 5, 1))["notice"] == {"event": sent.index, **days}
    (check_,) = file_of(log, date(2025, 5, 1))["checks"]
    assert check_["notice"] == {"event": sent.index, **days}
    assert "notice" not in ask(log, date(2025, 4, 1))


@pytest.mark.parametrize(("recorded", "shown"), [("2025-04-01", None), ("2025-04-03", "2025-04-03")])
def test_a_request_recorded_later_than_its_day_says_when(recorded: str, shown: str | None) -> None:
    log = registered_log()
    request = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
    log.request_check("2025-04-01", request, known=f"{recorded}T01:00:00.000000Z")

    answers = [ask(log, date(2025, 5, 1)), *file_of(log, date(2025, 5, 1))["checks"]]
    assert [(one["requested_on"], one.get("recorded_on")) for one in answers] == [("2025-04-01", shown)] * 2


def file_of(log: SmallLog, on: date) -> dict[str, Any]:
    return integrity_file(log, "P1", as_of=on, as_known=log.size, viewer="SUBJECT")
