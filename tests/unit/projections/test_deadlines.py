"""What is waited for on a day, whose turn it is and until when: a fold of dates, shaped by who asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.access import Viewer
from ledger.anchoring import anchor_access
from ledger.catalogue import event_of
from ledger.errors import NotFound
from ledger.rulebook.edition import parse_edition, shipped_edition
from projections.deadline_steps import KINDS, Nature
from projections.deadlines import Asked, deadlines, steps_of
from projections.eligibility import check
from projections.integrity_file import integrity_file
from tests.support.scene import ABSENT, HR_2, Scene, a_scene
from tests.support.small_log import DEMO_EDITION, SmallLog, golden_log, opened_log, registered_log, uid_of

P1, U1 = uid_of("subject", "P1"), uid_of("subject", "U1")


def on_chinese_calendar() -> SmallLog:
    """An opened log whose edition counts by the State Council's calendar, with U1 and P1."""
    text = shipped_edition(DEMO_EDITION).replace(b'calendar = "MON-FRI"', b'calendar = "CN-STATE-COUNCIL"')
    log = opened_log(edition=parse_edition(text))
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "U1", "kind": "UNIT", "name": "示范单位"})
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P1", "kind": "PERSON"})
    return log


def report(log: SmallLog, on: str = "2025-02-20", breach: str = "B1") -> None:
    data = {"breach_id": breach, "subject_id": "P1", "proposed_severity": "GENERAL", "duty_related": True}
    log.append("BreachReported", on, {**data, "unit_at_time": "U1", "occurred_on": "2025-02-01"})


def notify(log: SmallLog, on: str, due: str, breach: str = "B1") -> None:
    notice = {"breach_id": breach, "proposed_finding": "GENERAL", "served_on": on, "reply_due": due}
    log.append("BreachNotified", on, notice)


def confirm(log: SmallLog, on: str, breach: str = "B1") -> None:
    log.append("BreachConfirmed", on, {"breach_id": breach, "severity": "GENERAL", "decision_on": on})


def listed(log: SmallLog, on: str, size: int | None = None, **asked: Any) -> list[dict[str, Any]]:
    known = log.size if size is None else size
    answer = deadlines(log, as_of=date.fromisoformat(on), as_known=known, asked=Asked(**asked))
    return list(answer["deadlines"])


def of_kind(rows: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    (row,) = [row for row in rows if row["kind"] == kind]
    return row


def kinds(rows: list[dict[str, Any]]) -> list[str]:
    return [row["kind"] for row in rows]


# The golden history.


@pytest.mark.parametrize(
    ("on", "kind", "due", "left"),
    [
        ("2025-02-25", "REPLY", "2025-03-10", 13),  # the notice of B1, 10 working days
        ("2025-03-25", "APPEAL", "2025-04-19", 25),  # 30 days from the finding
        ("2025-04-10", "DECIDE_APPEAL", "2025-06-07", 58),  # filed 2025-04-08, 60 days by law
        ("2025-07-05", "DECIDE_REPAIR", "2025-07-16", 11),  # accepted 2025-07-02, 10 working days
        ("2025-07-05", "KEEP_PROMISE", "2025-06-30", -5),  # C2, late
        ("2025-09-03", "RESPOND", "2025-09-09", 6),  # the pre-decision notice of K1, 5 working days
        ("2025-09-03", "CONSENT_ENDS", None, None),
    ],
)
def test_the_worked_example_has_its_deadlines(on: str, kind: str, due: str | None, left: int | None) -> None:
    log = golden_log()
    rows = [row for row in listed(log, on, log.size_on(on)) if row["kind"] == kind]

    assert rows
    if due is not None:
        assert (due, left) in {(row["due"], row["days_left"]) for row in rows}


def test_a_period_in_working_days_names_clause_edition_and_calendar() -> None:
    log = golden_log()
    row = of_kind(listed(log, "2025-02-25", log.size_on("2025-02-25")), "REPLY")

    assert (row["clause"], row["edition"], row["calendar"]) == ("R-N1", DEMO_EDITION, "MON-FRI")
    assert (row["nature"], row["roles"], row["state"]) == ("RIGHT", ["SUBJECT"], "OPEN")
    assert (row["working_days_left"], row["demonstration"], row["provisional"]) == (9, True, False)


def test_a_promise_not_kept_is_overdue_from_the_day_after_and_gone_once_kept() -> None:
    log = golden_log()

    for on, state in (("2025-06-30", "OPEN"), ("2025-07-01", "OVERDUE"), ("2025-07-13", "OVERDUE")):
        rows = {row["record"]: row["state"] for row in listed(log, on) if row["kind"] == "KEEP_PROMISE"}
        assert rows["C2"] == state
    assert "C2" not in {row["record"] for row in listed(log, "2025-07-14")}


# A case, step by step.


def test_a_case_asks_each_role_in_its_turn() -> None:
    log = registered_log()
    report(log)
    assert kinds(listed(log, "2025-02-21")) == ["NOTIFY"]
    notify(log, "2025-02-24", "2025-03-10")
    assert kinds(listed(log, "2025-03-10")) == ["REPLY"]
    lapsed = of_kind(listed(log, "2025-03-11"), "DECIDE")
    assert (lapsed["from"], lapsed["roles"]) == ("2025-03-11", ["DECIDER"])
    log.append("BreachReplied", "2025-03-03", {"breach_id": "B1"})
    assert of_kind(listed(log, "2025-03-05"), "DECIDE")["from"] == "2025-03-03"
    confirm(log, "2025-03-20")
    after = listed(log, "2025-03-25")
    assert {"REVIEW", "APPEAL", "APPLY_FOR_REPAIR", "WEIGHT_HALVES", "EXPIRES"} == set(kinds(after))
    assert of_kind(after, "APPLY_FOR_REPAIR")["state"] == "UPCOMING"
    assert of_kind(after, "APPLY_FOR_REPAIR")["from"] == "2025-06-20"
    assert of_kind(after, "EXPIRES")["due"] == "2026-03-20"
    assert "APPEAL" not in kinds(listed(log, "2025-04-20"))


def test_a_review_has_thirty_days_and_an_appeal_sixty() -> None:
    for route, due in (("REVIEW", "2025-05-08"), ("APPEAL", "2025-06-07")):
        log = registered_log()
        report(log)
        notify(log, "2025-02-24", "2025-03-10")
        confirm(log, "2025-03-20")
        log.append("BreachAppealed", "2025-04-08", {"breach_id": "B1", "route": route, "filed_on": "2025-04-08"})
        row = of_kind(listed(log, "2025-04-10"), "DECIDE_APPEAL")

        assert (row["due"], row["clause"], row["demonstration"]) == (due, "公务员法 95-96", False)
        assert of_kind(listed(log, "2025-06-30"), "DECIDE_APPEAL")["state"] == "OVERDUE"


def test_no_case_waits_for_a_repair_that_was_decided() -> None:
    log = golden_log()
    rows = listed(log, "2025-07-11", log.size_on("2025-07-11"))

    assert "DECIDE_REPAIR" not in kinds(rows)
    assert "EXPIRES" not in {row["kind"] for row in rows if row["record"] == "B1"}


# The calendar.


def test_over_spring_festival_the_working_days_left_are_those_of_the_calendar() -> None:
    log = on_chinese_calendar()
    report(log, "2026-02-05")
    notify(log, "2026-02-10", "2026-03-04")  # ten working days: 11 to 14, 24 to 28 February, 2 March and on
    row = of_kind(listed(log, "2026-02-14"), "REPLY")

    assert (row["calendar"], row["provisional"]) == ("CN-STATE-COUNCIL", False)
    assert row["working_days_left"] == 8  # 24, 25, 26, 27, 28 February, 2, 3, 4 March
    assert of_kind(listed(log, "2026-02-22"), "REPLY")["working_days_left"] == 8


def test_a_deadline_that_rests_on_a_year_without_a_notice_says_so() -> None:
    log = on_chinese_calendar()
    report(log, "2026-12-20")
    notify(log, "2026-12-25", "2027-01-11")
    answer = deadlines(log, as_of=date(2026, 12, 28), as_known=log.size, asked=Asked())

    assert of_kind(answer["deadlines"], "REPLY")["provisional"] is True
    assert answer["provisional"] is True


def test_a_file_says_it_too() -> None:
    log = on_chinese_calendar()
    report(log, "2026-12-20")
    notify(log, "2026-12-25", "2027-01-11")
    report(log, "2026-11-02", "B2")
    notify(log, "2026-11-03", "2026-11-17", "B2")
    file = integrity_file(log, "P1", as_of=date(2026, 12, 28), as_known=log.size)

    assert {one["id"]: one.get("provisional", False) for one in file["breaches"]} == {"B1": True, "B2": False}


def test_a_repair_and_a_check_whose_period_runs_into_an_unpublished_year_say_so() -> None:
    log = on_chinese_calendar()
    report(log, "2026-02-02")
    notify(log, "2026-02-03", "2026-03-02")
    confirm(log, "2026-03-10")
    log.append("RepairApplied", "2026-12-20", {"repair_id": "R1", "breach_id": "B1"})
    log.append("RepairAccepted", "2026-12-25", {"repair_id": "R1", "due_on": "2027-01-11"})
    log.request_check(
        "2026-12-24",
        {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "x", "requester": "U1"},
    )
    log.append("PreDecisionNoticeSent", "2026-12-28", {"check_id": "K1", "reply_due": "2027-01-05"})
    file = integrity_file(log, "P1", as_of=date(2026, 12, 29), as_known=log.size)

    assert [repair.get("provisional") for repair in file["repairs"]] == [True]
    assert check(log, "K1", as_of=date(2026, 12, 29), as_known=log.size)["provisional"] is True
    assert of_kind(listed(log, "2026-12-29"), "DECIDE_REPAIR")["provisional"] is True
    assert of_kind(listed(log, "2026-12-29"), "RESPOND")["provisional"] is True


# Who sees what.


def test_whom_a_case_is_about_learns_of_no_report_before_the_notice() -> None:
    log = registered_log()
    report(log)
    assert listed(log, "2025-02-21", viewer="SUBJECT", subject="P1") == []
    notify(log, "2025-02-24", "2025-03-10")
    assert kinds(listed(log, "2025-02-25", viewer="SUBJECT", subject="P1")) == ["REPLY"]


def test_own_hr_and_the_unit_see_no_step_of_a_case_that_is_being_heard() -> None:
    log = registered_log()
    report(log)
    notify(log, "2025-02-24", "2025-03-10")
    for viewer in ("HR", "CREDIT", "UNIT_HEAD", "ASSESSOR"):
        assert listed(log, "2025-02-25", viewer=viewer, unit=frozenset({U1})) == []
    assert kinds(listed(log, "2025-02-25", viewer="DECIDER")) == ["REPLY"]


def test_a_role_is_shown_its_own_steps() -> None:
    log = golden_log()
    rows = listed(log, "2025-04-10", log.size_on("2025-04-10"), viewer="REVIEWER", role="REVIEWER")

    assert kinds(rows) == ["DECIDE_APPEAL"]
    assert listed(log, "2025-04-10", log.size_on("2025-04-10"), viewer="REVIEWER", role="REVIEWER", viewer_uid=P1) == []


def test_a_unit_s_steps_are_its_own_and_not_those_of_its_officials() -> None:
    log = golden_log()
    rows = listed(log, "2025-03-25", log.size_on("2025-03-25"), subject="U1")

    assert {row["record"] for row in rows} == {"C1", "C2"}


def test_hr_sees_the_checks_that_its_unit_requested() -> None:
    log = golden_log()
    requester = next(entry.data["requester"] for entry in log.entries if entry.type == "EligibilityCheckRequested")
    size = log.size_on("2025-09-03")

    def checks(*units: str) -> list[str]:
        asked: dict[str, Any] = {"viewer": "HR", "unit": frozenset(units), "role": "HR"}
        return [row["record"] for row in listed(log, "2025-09-10", size, **asked)]

    assert checks(requester) == checks(uid_of("subject", "U9"), requester) == ["K1"]
    assert checks(uid_of("subject", "U9")) == checks() == []


def test_nobody_but_the_auditor_and_the_subject_reads_callers_ids() -> None:
    log = golden_log()
    size = log.size_on("2025-04-10")

    assert all("subject" not in row for row in listed(log, "2025-04-10", size, viewer="REVIEWER"))
    assert all(row["subject"] for row in listed(log, "2025-04-10", size) if row["subject_uid"])


def test_a_subject_that_is_not_registered_is_not_found() -> None:
    with pytest.raises(NotFound) as caught:
        listed(golden_log(), "2025-04-10", subject="P9")
    assert caught.value.code == "unknown-subject"


# What holds for every day.


def test_every_step_is_a_role_s_to_take_by_a_type_that_role_may_write() -> None:
    for name, kind in KINDS.items():
        for type_ in kind.awaits:
            may = {role.value for role in event_of(type_).ROLES} or {"SYSTEM"}
            if name != "KEEP_PROMISE" and name != "ANCHOR":  # kept by the promisor, confirmed by another hand
                assert set(kind.roles) & may, (name, type_)
        assert (kind.nature is Nature.AUTOMATIC) == (
            kind.roles == ("SYSTEM",) and name != "ANCHOR"
        )  # the ledger's duty


@given(st.integers(-30, 900), st.integers(0, 60))
def test_a_subject_s_list_is_its_part_of_the_whole_ledger_s(offset: int, size: int) -> None:
    log = golden_log()
    on, known = date(2025, 1, 1) + timedelta(days=offset), min(size, log.size)
    whole = steps_of(log, on, known)

    for subject in (P1, U1):
        own = [step for step in whole if step.subject == subject]
        assert sorted(map(repr, steps_of(log, on, known, subject))) == sorted(map(repr, own))


@given(st.integers(-30, 900))
def test_rights_that_passed_are_gone_and_nothing_happens_before_its_day(offset: int) -> None:
    log = golden_log()
    on = date(2025, 1, 1) + timedelta(days=offset)
    for row in listed(log, on.isoformat()):
        if row["nature"] == "RIGHT" and row["due"] is not None and row["kind"] != "DISPUTE_CHECK":  # open until final
            assert row["due"] >= on.isoformat()
        assert (row["state"] == "UPCOMING") == (row["from"] > on.isoformat())
        assert (row["state"] == "OVERDUE") <= (row["nature"] == "DUTY")


def impose(log: SmallLog, on: str, until: str | None) -> None:
    log.append("SanctionImposed", on, {"subject_id": "P1", "kind": "RECRUITMENT_BAR", "from": on, "until": until})


def test_a_sanction_ends_by_its_day_and_one_that_was_not_clean_waits_for_somebody() -> None:
    log = registered_log()
    impose(log, "2025-02-10", "2025-03-31")
    assert of_kind(listed(log, "2025-03-31"), "SANCTION_ENDS")["due"] == "2025-03-31"
    assert listed(log, "2025-04-01") == []
    impose(log, "2025-03-01", None)
    row = of_kind(listed(log, "2025-04-01"), "LIFT_SANCTION")

    assert (row["from"], row["roles"], row["nature"]) == ("2025-04-01", ["HR", "DECIDER"], "DUTY")


# Two registrations of one person, and units that ended.


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as opened:
        yield opened


def in_scene(scene: Scene, on: str, **asked: Any) -> list[dict[str, Any]]:
    ledger = scene.ledger
    answer = deadlines(ledger, as_of=date.fromisoformat(on), as_known=ledger.size, asked=Asked(**asked))
    return list(answer["deadlines"])


def of_check(scene: Scene, on: str) -> dict[str, tuple[str, str | None, str]]:
    rows = in_scene(scene, on)
    return {row["kind"]: (row["from"], row["due"], row["state"]) for row in rows if row["record_kind"] == "check"}


def test_sanctions_of_a_person_registered_twice_run_together(scene: Scene) -> None:
    scene.impose("2025-02-01", kind="WARNING", until=ABSENT)  # to 2025-08-01
    scene.impose("2025-06-01", subject_id="P2", kind="DEMERIT", until=ABSENT)
    scene.merge("2025-06-10", "P2", "P1")
    file = integrity_file(scene.ledger, "P1", as_of=date(2025, 7, 1), as_known=scene.ledger.size)
    of_file = [(one["kind"], one["until"]) for one in file["sanctions"]]

    for subject in ("P1", "P2", None):
        rows = in_scene(scene, "2025-07-01", subject=subject)
        assert [(row["record"], row["due"]) for row in rows if row["kind"] == "SANCTION_ENDS"] == of_file
    waiting = of_kind(in_scene(scene, "2025-08-02"), "LIFT_SANCTION")
    assert (waiting["record"], waiting["subject"]) == ("WARNING", "P1")  # not clean: another was imposed meanwhile


def test_nobody_reads_a_step_of_their_own_case_under_another_registration(scene: Scene) -> None:
    scene.report("2025-02-20", subject_id="P2")
    scene.merge("2025-03-01", "P2", "P1")
    ledger = scene.ledger

    for ref in ("P1", "P2"):
        own = ledger.uid("subject", ref)
        assert in_scene(scene, "2025-03-02", viewer="DECIDER", role="DECIDER", viewer_uid=own) == []
    assert kinds(
        in_scene(scene, "2025-03-02", viewer="DECIDER", role="DECIDER", viewer_uid=ledger.uid("subject", "P3"))
    )


# A check.


def test_what_stands_beside_a_check_moves_none_of_its_days(scene: Scene) -> None:
    scene.blocked_check()
    scene.notice("2025-09-02")
    before = of_check(scene, "2025-09-05")
    scene.step_back_from_check("2025-09-05", by=HR_2)

    assert before == of_check(scene, "2025-09-05") == {"RESPOND": ("2025-09-02", "2025-09-09", "OPEN")}


def test_a_result_may_be_disputed_until_it_is_final_and_is_made_final_after_the_dispute_s_last_day(
    scene: Scene,
) -> None:
    scene.consent()
    scene.request_check()
    scene.decide("2025-09-12", "ELIGIBLE")
    scene.notify_result("2025-09-15")
    window = {"DISPUTE_CHECK": ("2025-09-15", "2025-09-22", "OPEN"), "FINALISE_CHECK": ("2025-09-23", None, "UPCOMING")}
    assert of_check(scene, "2025-09-18") == window
    scene.step_back_from_check("2025-09-18", by=HR_2)
    assert of_check(scene, "2025-09-18") == of_check(scene, "2025-09-22") == window

    late = in_scene(scene, "2025-11-01")
    assert of_kind(late, "DISPUTE_CHECK")["days_left"] == -40
    assert of_kind(late, "FINALISE_CHECK")["state"] == "OPEN"
    scene.dispute("2025-11-01")
    assert list(of_check(scene, "2025-11-01")) == ["REDETERMINE"]


# Days that are far off, and a day that was missed.


def test_a_day_that_is_far_off_is_told_in_days() -> None:
    log = registered_log()
    report(log)
    notify(log, "2025-02-24", "9999-12-31")
    row = of_kind(listed(log, "2025-02-25"), "REPLY")

    assert (row["working_days_left"], row["days_left"]) == (None, (date.max - date(2025, 2, 25)).days)
    assert of_kind(listed(log, "9999-12-20"), "REPLY")["working_days_left"] == 9


def test_an_access_log_that_was_not_anchored_for_a_day_is_overdue(scene: Scene) -> None:
    scene.on_day("2025-02-03")
    scene.ledger.access.look(Viewer("auditor-1", "AUDITOR"), [str(scene.ledger.uid("subject", "P1"))], scope=["FILE"])
    assert anchor_access(scene.ledger) is not None

    for on, state in (("2025-02-03", "UPCOMING"), ("2025-02-04", "OPEN"), ("2025-02-05", "OVERDUE")):
        row = of_kind(in_scene(scene, on), "ANCHOR")
        assert (row["due"], row["state"], row["nature"]) == ("2025-02-04", state, "DUTY")
