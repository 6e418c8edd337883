"""The reading of a breach, state by state and day by day (DOMAIN §4.3)."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.folds.breach import STANDING, TRANSITIONS, Breach, fold_breach
from ledger.folds.facts import over_by, reads
from tests.support.small_log import SmallLog, registered_log, uid_of

STREAM = f"breach/{uid_of('breach', 'B1')}"


def report(log: SmallLog, **more: Any) -> None:
    data: dict[str, Any] = {"breach_id": "B1", "subject_id": "P1", "category": "DUTY", "proposed_severity": "GENERAL"}
    data |= {"occurred_on": "2025-02-01", "duty_related": True, "unit_at_time": "U1"}
    log.append("BreachReported", "2025-02-20", {**data, **more})


def notify(log: SmallLog, on: str = "2025-02-24", due: str = "2025-03-10") -> None:
    data = {"served_on": on, "reply_due": due, "proposed_finding": "GENERAL"}
    log.append("BreachNotified", on, {"breach_id": "B1", **data})


def confirm(log: SmallLog, on: str = "2025-03-20", severity: str = "GENERAL") -> None:
    data = {"breach_id": "B1", "severity": severity, "decision_on": on, "publicity": False}
    log.append("BreachConfirmed", on, data)


def appeal(log: SmallLog, on: str, route: str = "APPEAL") -> None:
    log.append("BreachAppealed", on, {"breach_id": "B1", "route": route, "filed_on": on})


def decide(log: SmallLog, on: str, outcome: str, **more: Any) -> None:
    log.append("AppealDecided", on, {"breach_id": "B1", "outcome": outcome, **more})


def repair(log: SmallLog, applied: str, approved: str, repair_id: str = "R1") -> None:
    log.append("RepairApplied", applied, {"repair_id": repair_id, "breach_id": "B1", "performed_on": applied})
    log.append("RepairAccepted", applied, {"repair_id": repair_id, "accepted_on": applied})
    log.append("RepairApproved", approved, {"repair_id": repair_id, "decision_on": approved, "effects": []})


def take_over(log: SmallLog, on: str = "2025-04-15", **more: Any) -> None:
    data = {"breach_id": "B1", "subject_id": "P1", "record_kind": "SEVERE_LIST", "severity": "SERIOUS"}
    log.append("AuthorityRecordImported", on, {**data, "decision_on": on, **more})


def found_log() -> SmallLog:
    log = registered_log()
    report(log)
    notify(log)
    log.append("BreachReplied", "2025-03-03", {"breach_id": "B1"})
    confirm(log)
    return log


def on_day(log: SmallLog, day: str, size: int | None = None) -> Breach | None:
    known = log.size if size is None else size
    timeline = log.editions(known)
    return fold_breach(log.stream(STREAM, known), date.fromisoformat(day), over=over_by(timeline))


def state(log: SmallLog, day: str, size: int | None = None) -> str | None:
    known = log.size if size is None else size
    breach = on_day(log, day, size)
    return None if breach is None else reads(breach, log.editions(known), date.fromisoformat(day))


def test_a_record_is_absent_before_its_first_entry_counts() -> None:
    assert state(found_log(), "2025-02-19") is None
    assert state(found_log(), "2025-02-20") == "REPORTED"


def test_a_reply_on_its_last_day_is_in_time_and_the_lapse_begins_on_the_next() -> None:
    log = registered_log()
    report(log)
    notify(log)
    assert state(log, "2025-03-10") == "NOTIFIED"
    assert state(log, "2025-03-11") == "LAPSED"
    log.append("BreachReplied", "2025-03-10", {"breach_id": "B1"})
    assert state(log, "2025-03-11") == "REPLIED"


def test_a_finding_after_the_lapse_needs_no_entry_of_the_lapse() -> None:
    log = registered_log()
    report(log)
    notify(log)
    confirm(log, "2025-03-11")
    assert state(log, "2025-03-11") == "CONFIRMED"


def test_a_finding_that_meets_an_open_reply_period_changes_nothing() -> None:
    log = registered_log()
    report(log)
    notify(log)
    confirm(log, "2025-03-10")
    assert state(log, "2025-03-10") == "NOTIFIED"


def test_the_day_of_filing_counts_as_appealed_and_the_day_of_the_decision_as_decided() -> None:
    log = found_log()
    appeal(log, "2025-04-08")
    decide(log, "2025-05-20", "UPHELD")
    assert [state(log, day) for day in ("2025-04-07", "2025-04-08", "2025-05-19", "2025-05-20")] == [
        "CONFIRMED", "APPEALED", "APPEALED", "UPHELD",
    ]  # fmt: skip


def test_a_variation_takes_its_severity_from_the_day_of_the_decision() -> None:
    log = found_log()
    appeal(log, "2025-04-08")
    decide(log, "2025-05-20", "VARIED", new_severity="MINOR")
    before, after = on_day(log, "2025-05-19"), on_day(log, "2025-05-20")
    assert before is not None
    assert after is not None
    assert (before.severity, after.severity, after.decision_on) == ("GENERAL", "MINOR", date(2025, 3, 20))


def test_an_overturning_reaches_back_to_the_finding_but_no_further() -> None:
    log = found_log()
    appeal(log, "2025-04-08")
    known_before = log.size
    decide(log, "2025-05-20", "OVERTURNED")
    assert state(log, "2025-03-25") == "OVERTURNED"
    assert state(log, "2025-03-25", known_before) == "CONFIRMED"
    assert state(log, "2025-03-19") == "REPLIED"


def test_what_an_overturned_finding_rests_on_names_the_overturning() -> None:
    log = found_log()
    appeal(log, "2025-04-08")
    decide(log, "2025-05-20", "OVERTURNED")
    breach = on_day(log, "2025-03-25")
    assert breach is not None
    assert breach.void_by == log.size - 1
    assert log.size - 1 in breach.events


@pytest.mark.parametrize("on", ["2025-06-01", "2025-03-01"])
def test_a_voided_record_is_void_from_its_finding_on_whatever_the_day_of_the_voiding(on: str) -> None:
    log = found_log()
    log.append("RecordVoided", on, {"breach_id": "B1", "reason": "DUPLICATE"})
    assert state(log, "2025-03-20") == "OVERTURNED"
    assert state(log, "2025-03-19") == "REPLIED"


def test_a_correction_holds_from_the_start_as_known_after_it() -> None:
    log = found_log()
    known_before = log.size
    data = {"breach_id": "B1", "target_event": "BreachReported", "field": "duty_related", "corrected_value": False}
    log.append("RecordCorrected", "2025-08-01", data)
    corrected, uncorrected = on_day(log, "2025-03-25"), on_day(log, "2025-03-25", known_before)
    assert corrected is not None
    assert uncorrected is not None
    assert (corrected.duty_related, uncorrected.duty_related) == (False, True)
    assert corrected.weight_events[-1] == log.size - 1


def test_a_field_that_was_left_out_is_corrected_in_the_opening_entry() -> None:
    log = registered_log()
    take_over(log)
    data = {"breach_id": "B1", "target_event": 3, "field": "ends_on", "corrected_value": "2025-06-01"}
    log.append("RecordCorrected", "2025-05-01", data)
    assert state(log, "2025-06-01") == "CONFIRMED"
    assert state(log, "2025-06-02") == "EXPIRED"


def test_a_removal_recorded_late_leaves_a_later_appeal_without_effect() -> None:
    log = registered_log()
    take_over(log)
    appeal(log, "2025-05-10", "OBJECTION")
    assert state(log, "2025-05-10") == "APPEALED"
    log.append("AuthorityRecordRemoved", "2025-05-05", {"breach_id": "B1", "removed_on": "2025-05-05"})
    assert [state(log, day) for day in ("2025-05-04", "2025-05-05", "2025-05-10")] == [
        "CONFIRMED", "REMOVED", "REMOVED",
    ]  # fmt: skip


def test_a_repair_ends_the_finding_and_its_revocation_resumes_it() -> None:
    log = found_log()
    repair(log, "2025-07-01", "2025-07-10")
    log.append("RepairRevoked", "2025-09-01", {"repair_id": "R1", "reason": "FALSE_MATERIAL"})
    days = ("2025-07-09", "2025-07-10", "2025-08-31", "2025-09-01", "2026-03-19", "2026-03-20")
    assert [state(log, day) for day in days] == [
        "CONFIRMED", "REPAIRED", "REPAIRED", "CONFIRMED", "CONFIRMED", "EXPIRED",
    ]  # fmt: skip


def test_a_revocation_keeps_a_varied_severity_and_reads_confirmed() -> None:
    log = found_log()
    appeal(log, "2025-04-08")
    decide(log, "2025-05-20", "VARIED", new_severity="MINOR")
    repair(log, "2025-05-21", "2025-05-22")
    log.append("RepairRevoked", "2025-05-30", {"repair_id": "R1", "reason": "FALSE_MATERIAL"})
    breach = on_day(log, "2025-05-30")
    assert breach is not None
    assert (breach.state, breach.severity) == ("CONFIRMED", "MINOR")


def test_a_repair_after_max_repairs_nothing() -> None:
    log = found_log()
    repair(log, "2026-03-19", "2026-03-20")
    assert state(log, "2026-03-20") == "EXPIRED"


def test_an_appeal_open_at_max_reads_expired_and_is_decided_all_the_same() -> None:
    log = found_log()
    appeal(log, "2025-04-08")
    assert state(log, "2026-03-20") == "EXPIRED"
    decide(log, "2026-04-01", "OVERTURNED")
    assert state(log, "2026-04-01") == "OVERTURNED"


def test_a_repaired_record_never_turns_into_an_expired_one() -> None:
    log = found_log()
    repair(log, "2025-07-01", "2025-07-10")
    assert state(log, "2027-01-01") == "REPAIRED"


def test_an_expulsion_never_expires() -> None:
    log = registered_log()
    take_over(log, record_kind="DISCIPLINE", list_code="EXPELLED_FROM_OFFICE")
    assert state(log, "2060-01-01") == "CONFIRMED"


def test_the_entries_of_a_repair_follow_its_own_states() -> None:
    log = found_log()
    log.append("RepairApplied", "2025-07-01", {"repair_id": "R1", "breach_id": "B1", "performed_on": "2025-06-30"})
    log.append("RepairApproved", "2025-07-02", {"repair_id": "R1", "decision_on": "2025-07-02"})  # never accepted
    breach = on_day(log, "2025-07-02")
    assert breach is not None
    assert (breach.state, breach.repairs[0].state) == ("CONFIRMED", "APPLIED")


def test_a_returned_repair_is_applied_for_again_under_its_id() -> None:
    log = found_log()
    log.append("RepairApplied", "2025-07-01", {"repair_id": "R1", "breach_id": "B1", "performed_on": "2025-06-30"})
    log.append("RepairReturned", "2025-07-02", {"repair_id": "R1", "missing": ["PROOF"]})
    repair(log, "2025-07-05", "2025-07-10")
    breach = on_day(log, "2025-07-10")
    assert breach is not None
    assert [one.state for one in breach.repairs] == ["APPROVED"]
    assert breach.state == "REPAIRED"


def test_a_declined_or_dismissed_report_ends_there() -> None:
    declined = registered_log()
    report(declined)
    declined.append("ReportDeclined", "2025-02-21", {"breach_id": "B1", "reason": "NO_BASIS"})
    notify(declined)
    assert state(declined, "2025-03-01") == "DECLINED"
    dismissed = registered_log()
    report(dismissed)
    notify(dismissed)
    dismissed.append("BreachDismissed", "2025-03-11", {"breach_id": "B1", "disposition": "NOT_PROVEN"})
    confirm(dismissed)
    assert state(dismissed, "2025-04-01") == "DISMISSED"


def test_entries_of_one_day_keep_the_order_of_the_log() -> None:
    log = found_log()
    appeal(log, "2025-04-08")
    decide(log, "2025-04-08", "UPHELD")
    assert state(log, "2025-04-08") == "UPHELD"


def reached(state: str) -> SmallLog:
    """A log whose breach reads a state on 2025-05-01."""
    log = registered_log()
    if state == "EXPIRED":
        take_over(log, ends_on="2025-04-30")
        return log
    report(log)
    if state in ("REPORTED", "DECLINED"):
        if state == "DECLINED":
            log.append("ReportDeclined", "2025-02-21", {"breach_id": "B1", "reason": "NO_BASIS"})
        return log
    notify(log, due="2025-05-30" if state in ("NOTIFIED", "REPLIED") else "2025-03-10")
    if state == "REPLIED":
        log.append("BreachReplied", "2025-03-03", {"breach_id": "B1"})
    elif state == "DISMISSED":
        log.append("BreachDismissed", "2025-03-11", {"breach_id": "B1", "disposition": "NOT_PROVEN"})
    elif state not in ("NOTIFIED", "LAPSED"):
        confirm(log, severity="MINOR" if state == "REPAIRED" else "GENERAL")
        if state in ("APPEALED", "UPHELD", "VARIED", "OVERTURNED"):
            appeal(log, "2025-03-25")
        if state in ("UPHELD", "VARIED", "OVERTURNED"):
            decide(log, "2025-04-01", state)
        if state == "REPAIRED":
            repair(log, "2025-04-01", "2025-04-02")
        if state == "REMOVED":
            log.append("AuthorityRecordRemoved", "2025-04-01", {"breach_id": "B1", "removed_on": "2025-04-01"})
    return log


STATES = (
    "REPORTED", "DECLINED", "NOTIFIED", "REPLIED", "LAPSED", "DISMISSED", "CONFIRMED", "APPEALED", "UPHELD", "VARIED",
    "OVERTURNED", "REPAIRED", "REMOVED", "EXPIRED",
)  # fmt: skip
OFFERED: dict[str, Any] = {
    "breach_id": "B1", "subject_id": "P1", "record_kind": "PENALTY", "severity": "MINOR", "decision_on": "2025-05-01",
    "reply_due": "2025-06-01", "proposed_finding": "GENERAL", "route": "APPEAL", "outcome": "UPHELD",
}  # fmt: skip
OF_THE_BREACH = [name for name in TRANSITIONS if not name.startswith("Repair")]


@pytest.mark.parametrize("before", STATES)
@pytest.mark.parametrize("kind", OF_THE_BREACH)
def test_an_entry_moves_a_record_as_the_table_says_or_not_at_all(kind: str, before: str) -> None:
    log = reached(before)
    assert state(log, "2025-05-01") == before
    log.append(kind, "2025-05-01", OFFERED)
    sources, target = TRANSITIONS[kind]
    assert state(log, "2025-05-01") == ((target or "UPHELD") if before in sources else before)


@pytest.mark.parametrize("before", STATES)
def test_a_repair_is_applied_for_only_while_a_finding_stands(before: str) -> None:
    log = reached(before)
    log.append("RepairApplied", "2025-05-01", {"repair_id": "R9", "breach_id": "B1", "performed_on": "2025-05-01"})
    breach = on_day(log, "2025-05-01")
    assert breach is not None
    assert ("R9" in [one.id for one in breach.repairs]) == (before in STANDING)
