"""Measures: the department's own, on a clause, for those it is for, because of a record that stands, once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ledger.importing.history import import_history
from ledger.line import LineActor
from tests.support.scene import (
    CREDIT,
    CREDIT_CODES,
    CREDIT_ELSEWHERE,
    DECIDER,
    DOCUMENT,
    HR,
    SYSTEM,
    U1,
    Scene,
)

LOCAL_NOTICE = ["示政发〔2025〕1号"]
OF_THE_LIST = ["全国失信惩戒措施基础清单（2024年版） 2"]
REWARD: dict[str, Any] = {"kind": "REWARD", "effect": "GREEN_CHANNEL", "legal_basis": LOCAL_NOTICE}
OF_FINDINGS: dict[str, Any] = {"trigger": "FINDING", "legal_basis": OF_THE_LIST}


@pytest.fixture
def listed(scene: Scene) -> Scene:
    """M1 of the credit office, and P1 on a list since 2025-03-20 (B2)."""
    scene.adopt_measure()
    scene.take_over("2025-03-20")
    return scene


# Adopted and retired.


def test_the_ledger_names_the_department_and_the_force(scene: Scene) -> None:
    scene.adopt_measure()

    entry = scene.newest()
    assert entry.data["department_id"] == scene.ledger.uid("subject", "CREDIT-OFFICE")
    assert entry.data["force"] == "STATUTORY"
    assert entry.subjects == ()


def test_what_only_the_list_allows_is_discretionary(scene: Scene) -> None:
    scene.adopt_measure(legal_basis=OF_THE_LIST)

    assert scene.state("measure", "M1").force == "DISCRETIONARY"


@pytest.mark.parametrize(
    ("trigger", "clause"),
    [
        ("FINDING", "公务员法 26(99)不存在"),
        ("FINDING", "公务员法 26(4)"),
        ("PENALTY", "公务员法 26"),
        ("LISTING", "公务员法 26(99)不存在"),
    ],
)
def test_a_statute_about_other_records_is_no_basis(scene: Scene, trigger: str, clause: str) -> None:
    with scene.refused("no-legal-basis", "data.legal_basis"):
        scene.adopt_measure(trigger=trigger, legal_basis=[clause])
    scene.adopt_measure(trigger=trigger, legal_basis=[clause, *OF_THE_LIST])

    assert scene.state("measure", "M1").force == "DISCRETIONARY"


@pytest.mark.parametrize("effect", ["LIMIT_OFFICE", "LIMIT_EXIT", "LIMIT_LIBRARY"])
def test_a_restriction_without_a_clause_is_refused(scene: Scene, effect: str) -> None:
    with scene.refused("no-legal-basis", "data.legal_basis"):
        scene.adopt_measure(effect=effect, legal_basis=LOCAL_NOTICE)


def test_a_restriction_without_a_clause_is_refused_at_import(scene: Scene, tmp_path: Path) -> None:
    scene.adopt_measure()
    data = {"measure_id": "M2", "domain": "养老", "department_uscc": CREDIT_CODES["CREDIT-OFFICE"], "kind": "RESTRICT"}
    data |= {"trigger": "LISTING", "effect": "LIMIT_BENEFITS", "from": "2025-02-01"}
    lists: dict[str, Any] = {"subject_kinds": ["PERSON"], "legal_basis": LOCAL_NOTICE}
    actor = {"id": "credit-1", "role": "CREDIT", "unit_id": "CREDIT-OFFICE"}
    line = {"type": "MeasureAdopted", "effective_on": "2025-02-01", "actor": actor, "data": data | lists}
    based = {**line, "data": {**data, **lists, "measure_id": "M3", "legal_basis": ["全国失信惩戒措施基础清单 8"]}}
    file = tmp_path / "measures.jsonl"
    file.write_text(f"{json.dumps(line)}\n{json.dumps(based)}\n", encoding="utf-8")
    scene.on_day("2025-02-01")

    report = import_history(scene.ledger, file, skip_refused=True)

    assert [(one["line"], one["code"]) for one in report.refused] == [(1, "no-legal-basis")]
    assert scene.state("measure", "M3").force == "DISCRETIONARY"


def test_a_reward_may_rest_on_a_local_text(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="COMMITMENT_KEPT")

    assert scene.state("measure", "M1").kind == "REWARD"


@pytest.mark.parametrize("clauses", [[], [""], [" "]])
def test_a_measure_names_a_clause(scene: Scene, clauses: list[str]) -> None:
    with scene.refused("empty" if clauses else "too-few"):
        scene.adopt_measure(**{**REWARD, "legal_basis": clauses}, trigger="COMMITMENT_KEPT")


@pytest.mark.parametrize(
    ("kind", "trigger"), [("RESTRICT", "COMMITMENT_KEPT"), ("REWARD", "LISTING"), ("RESTRICT", "UNPOPULAR")]
)
def test_a_trigger_belongs_to_its_kind_of_measure(scene: Scene, kind: str, trigger: str) -> None:
    with scene.refused("unknown-trigger", "data.trigger"):
        scene.adopt_measure(kind=kind, trigger=trigger)


def test_a_department_adopts_its_own_measures(scene: Scene) -> None:
    with scene.refused("not-the-department"):
        scene.adopt_measure(by=CREDIT_ELSEWHERE)
    with scene.refused("role-not-allowed"):
        scene.adopt_measure(by=DECIDER)
    with scene.refused("human-decision-required"):
        scene.adopt_measure(by=SYSTEM)


def test_a_department_is_a_registered_unit(scene: Scene) -> None:
    with scene.refused("unknown-unit", "data.department_uscc"):
        scene.adopt_measure(department_uscc=CREDIT_CODES["U3"])
    with scene.refused("bad-uscc", "data.department_uscc"):
        scene.adopt_measure(department_uscc="91110000600037342L")
    scene.register_unit("2025-01-04", "U3", kind="ENTERPRISE")
    with scene.refused("unknown-unit", "data.department_uscc"):
        scene.adopt_measure(department_uscc=CREDIT_CODES["U3"])


def test_a_department_that_ended_adopts_nothing(scene: Scene) -> None:
    scene.reorganise("2025-01-04", ["CREDIT-OFFICE"], ["U2"])
    with scene.refused("unit-ended", "data.department_uscc"):
        scene.adopt_measure()


def test_what_the_ledger_works_out_is_not_the_caller_s(scene: Scene) -> None:
    with scene.refused("computed-by-ledger"):
        scene.adopt_measure(force="DISCRETIONARY")
    with scene.refused("computed-by-ledger"):
        scene.adopt_measure(department_id="U2")
    scene.adopt_measure(force="STATUTORY", department_id="CREDIT-OFFICE")


def test_its_days_and_kinds_are_in_order(scene: Scene) -> None:
    with scene.refused("measure-ends-before-it-begins", "data.to"):
        scene.adopt_measure(to="2025-01-04")
    with scene.refused("not-distinct", "data.subject_kinds"):
        scene.adopt_measure(subject_kinds=["PERSON", "PERSON"])
    with scene.refused("too-few"):
        scene.adopt_measure(subject_kinds=[])
    scene.adopt_measure(to="2025-01-05")
    with scene.refused("measure-exists"):
        scene.adopt_measure()


def test_it_is_retired_once_by_its_department(scene: Scene) -> None:
    scene.adopt_measure()
    with scene.refused("not-the-department"):
        scene.retire_measure("2025-02-01", by=CREDIT_ELSEWHERE)
    with scene.refused("unknown-measure"):
        scene.retire_measure("2025-02-01", measure_id="M9")
    scene.retire_measure("2025-02-01")
    with scene.refused("wrong-state"):
        scene.retire_measure("2025-02-02")


# Applied.


def test_it_is_applied_to_whom_the_record_is_about(listed: Scene) -> None:
    listed.apply_measure("2025-03-25")

    entry, ledger = listed.newest(), listed.ledger
    assert entry.subjects == (ledger.uid("subject", "P1"),)
    assert entry.data["cause_event"] == str(entry.index - 1)
    assert entry.data["cause_uid"] == ledger.uid("breach", "B2")
    assert entry.data["measure_uid"] == ledger.uid("measure", "M1")


def test_the_cause_is_named_by_its_entry_or_its_record(listed: Scene) -> None:
    cause = str(listed.newest().index)

    listed.apply_measure("2025-03-25", cause_event=cause)

    assert listed.newest().data["cause_event"] == cause
    with listed.refused("application-exists"):
        listed.apply_measure("2025-03-26", cause_event="B2")


def test_another_department_neither_applies_nor_lifts_it(listed: Scene) -> None:
    with listed.refused("not-the-department"):
        listed.apply_measure("2025-03-25", by=CREDIT_ELSEWHERE)
    listed.apply_measure("2025-03-25")
    with listed.refused("not-the-department"):
        listed.lift_measure("2025-03-26", by=CREDIT_ELSEWHERE)
    with listed.refused("role-not-allowed"):
        listed.lift_measure("2025-03-26", by=HR)


def test_the_successor_of_a_department_that_ended_lifts_its_measures(listed: Scene) -> None:
    listed.apply_measure("2025-03-25")
    listed.reorganise("2025-04-01", ["CREDIT-OFFICE"], ["U2"])
    listed.lift_measure("2025-04-02", by=CREDIT_ELSEWHERE)


def test_nobody_applies_a_measure_to_themselves(scene: Scene) -> None:
    scene.adopt_measure(**OF_FINDINGS)
    scene.found()
    with scene.refused("own-case"):
        scene.apply_measure("2025-03-25", cause_event="B1", by=LineActor("P1", "CREDIT", "CREDIT-OFFICE"))


def test_a_department_rewards_itself_for_nothing(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="COMMITMENT_KEPT", subject_kinds=["UNIT"])
    scene.promise("2025-01-10", promisor_id="CREDIT-OFFICE", by=LineActor("x", "SUBJECT", "CREDIT-OFFICE"))
    scene.fulfil("2025-03-28", by=HR)
    with scene.refused("own-case"):
        scene.apply_measure("2025-03-29", subject_id="CREDIT-OFFICE", cause_event="C1")


@pytest.mark.parametrize(
    ("days", "on"),
    [({"from_": "2025-04-01"}, "2025-03-31"), ({"to": "2025-03-31"}, "2025-04-01")],
    ids=["before", "after"],
)
def test_it_is_applied_while_it_is_in_force(scene: Scene, days: dict[str, str], on: str) -> None:
    scene.adopt_measure(**days)
    scene.take_over("2025-03-20")
    with scene.refused("measure-not-in-force", "data.measure_id"):
        scene.apply_measure(on)


def test_a_retired_measure_is_not_applied_on_either_day(listed: Scene) -> None:
    listed.retire_measure("2025-03-24")
    with listed.refused("measure-not-in-force"):
        listed.apply_measure("2025-03-24")
    with listed.refused("measure-not-in-force"):
        listed.apply_measure("2025-03-23", recorded="2025-03-25", doc=DOCUMENT)


def test_it_is_for_the_kinds_of_subjects_it_names(scene: Scene) -> None:
    scene.adopt_measure(subject_kinds=["UNIT", "ENTERPRISE"])
    scene.take_over("2025-03-20")
    with scene.refused("subject-kind-not-covered", "data.subject_id"):
        scene.apply_measure("2025-03-25")


def test_nobody_answers_for_somebody_else_s_record(listed: Scene) -> None:
    with listed.refused("cause-of-another", "data.cause_event"):
        listed.apply_measure("2025-03-25", subject_id="P2")


@pytest.mark.parametrize("cause", ["B9", "999", "9" * 40, "０"])
def test_a_cause_is_there(listed: Scene, cause: str) -> None:
    with listed.refused("unknown-cause", "data.cause_event"):
        listed.apply_measure("2025-03-25", cause_event=cause)


def test_a_report_is_no_cause(scene: Scene) -> None:
    scene.adopt_measure(**OF_FINDINGS)
    scene.report()
    scene.notify()
    with scene.refused("unknown-cause"):
        scene.apply_measure("2025-03-01", cause_event="B1")
    with scene.refused("trigger-not-met", "data.cause_event"):
        scene.apply_measure("2025-03-01", cause_event=str(scene.newest().index))


@pytest.mark.parametrize(
    ("trigger", "found"),
    [
        ("SEVERE_LIST", {"record_kind": "COURT_LIST"}),
        ("FINDING", {"record_kind": "SEVERE_LIST"}),
        ("LISTING", {"record_kind": "PENALTY"}),
    ],
)
def test_a_record_of_another_kind_sets_nothing_off(scene: Scene, trigger: str, found: dict[str, str]) -> None:
    scene.adopt_measure(trigger=trigger, legal_basis=OF_THE_LIST)
    scene.take_over("2025-03-20", **found)
    with scene.refused("trigger-not-met", "data.cause_event"):
        scene.apply_measure("2025-03-25")


def test_a_finding_that_is_not_grave_enough_sets_nothing_off(scene: Scene) -> None:
    scene.adopt_measure(trigger="SERIOUS_FINDING", legal_basis=OF_THE_LIST)
    scene.found("GENERAL")
    with scene.refused("trigger-not-met"):
        scene.apply_measure("2025-03-25", cause_event="B1")


@pytest.mark.parametrize("ended", ["removed", "voided", "repaired", "over"])
def test_a_record_that_does_not_stand_is_no_cause(scene: Scene, ended: str) -> None:
    scene.adopt_measure(trigger="PENALTY", legal_basis=OF_THE_LIST)
    scene.take_over("2025-03-20", record_kind="PENALTY", severity="MINOR")
    if ended == "removed":
        scene.remove("2025-03-24")
    elif ended == "voided":
        scene.void("2025-03-24", breach_id="B2")
    elif ended == "repaired":
        scene.apply_for_repair("2025-03-22", breach_id="B2", performed_on="2025-03-21")
        scene.accept_repair("2025-03-23")
        scene.approve("2025-03-24", by=CREDIT)
    on = "2025-06-20" if ended == "over" else "2025-03-25"
    with scene.refused("cause-not-standing", "data.cause_event"):
        scene.apply_measure(on)


def test_while_an_appeal_is_open_only_a_statute_is_applied(scene: Scene) -> None:
    scene.adopt_measure()
    scene.adopt_measure(measure_id="M2", legal_basis=OF_THE_LIST)
    scene.take_over("2025-03-20")
    scene.object_to("2025-03-24")
    with scene.refused("appeal-open", "data.cause_event"):
        scene.apply_measure("2025-03-25", measure_id="M2")

    scene.apply_measure("2025-03-25")


@pytest.mark.parametrize("since", ["2025-03-21", "2025-01-01"])
def test_a_restriction_does_not_answer_what_was_decided_before_it_was_adopted(scene: Scene, since: str) -> None:
    scene.take_over("2025-03-20")
    scene.adopt_measure("2025-03-21", from_=since)
    with scene.refused("measure-after-cause"):
        scene.apply_measure("2025-03-25")


def test_a_paper_does_not_make_a_restriction_older_than_its_recording(scene: Scene) -> None:
    scene.take_over("2025-03-20")
    scene.adopt_measure("2025-01-05", recorded="2025-06-01", doc=DOCUMENT)
    with scene.refused("measure-after-cause"):
        scene.apply_measure("2025-06-02")

    scene.take_over("2025-06-02", breach_id="B3", decision_on="2025-06-01")
    scene.apply_measure("2025-06-03", cause_event="B3")


def test_nothing_is_applied_before_the_measure_was_adopted(scene: Scene) -> None:
    scene.promise("2025-01-10")
    scene.fulfil("2025-02-01")
    scene.adopt_measure("2025-06-01", **REWARD, trigger="COMMITMENT_KEPT", subject_kinds=["UNIT"], from_="2025-01-01")
    late: dict[str, Any] = {"recorded": "2025-06-02", "doc": DOCUMENT, "subject_id": "U1", "cause_event": "C1"}
    with scene.refused("before-its-cause", "effective_on"):
        scene.apply_measure("2025-03-01", **late)
    with scene.refused("before-its-cause", "effective_on"):
        scene.apply_measure("2025-05-31", **late)

    scene.apply_measure("2025-06-01", **late)


def test_a_name_that_could_be_an_entry_or_a_record_is_not_guessed(scene: Scene) -> None:
    scene.adopt_measure()
    first = scene.take_over("2025-03-20", breach_id="B7").index
    other = scene.take_over("2025-03-20", breach_id=str(first)).index
    with scene.refused("ambiguous-cause", "data.cause_event"):
        scene.apply_measure("2025-03-21", cause_event=str(first))
    with scene.refused("ambiguous-cause", "data.cause_event"):
        scene.lift_measure("2025-03-21", cause_event=str(first))

    scene.apply_measure("2025-03-21", cause_event="B7")
    assert scene.newest().data["cause_event"] == str(first)
    scene.apply_measure("2025-03-21", cause_event=scene.ledger.uid("breach", str(first)))
    assert scene.newest().data["cause_event"] == str(other)
    scene.lift_measure("2025-03-21", cause_event=str(other))


def test_a_record_whose_id_is_a_number_is_found_by_it(scene: Scene) -> None:
    scene.adopt_measure()
    own = scene.take_over("2025-03-20", breach_id="5").index
    with scene.refused("unknown-cause", "data.cause_event"):
        scene.apply_measure("2025-03-21", cause_event=f"00{own}")
    scene.apply_measure("2025-03-21", cause_event="5")

    assert scene.newest().data["cause_event"] == str(own)


def test_a_merged_registration_is_the_same_person(listed: Scene) -> None:
    listed.merge("2025-03-22", "P2", "P1")

    listed.apply_measure("2025-03-25", subject_id="P2")

    assert listed.newest().data["subject_id"] == listed.ledger.uid("subject", "P1")


def test_the_streams_are_the_ledger_s_to_find(listed: Scene) -> None:
    with listed.refused("computed-by-ledger"):
        listed.apply_measure("2025-03-25", cause_uid=listed.ledger.uid("breach", "B2"))


# Rewards.


def test_a_promise_kept_in_time_is_rewarded_a_late_one_is_not(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="COMMITMENT_KEPT", subject_kinds=["UNIT"])
    scene.promise("2025-01-10")
    scene.promise("2025-01-10", commitment_id="C2", due_on="2025-03-01")
    with scene.refused("unknown-cause"):
        scene.apply_measure("2025-02-01", subject_id="U1", cause_event="C1")
    scene.fulfil("2025-03-28")
    scene.fulfil("2025-03-28", commitment_id="C2")
    with scene.refused("trigger-not-met"):
        scene.apply_measure("2025-03-29", subject_id="U1", cause_event="C2")
    with scene.refused("cause-of-another"):
        scene.apply_measure("2025-03-29", subject_id="U2", cause_event="C1")

    scene.apply_measure("2025-03-29", subject_id="U1", cause_event="C1")

    assert scene.newest().subjects == (scene.ledger.uid("subject", "U1"),)


def test_a_successor_is_rewarded_for_the_promise_it_kept(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="COMMITMENT_KEPT", subject_kinds=["UNIT"])
    scene.promise("2025-01-10")
    scene.reorganise("2025-02-01", ["U1"], ["U2"])
    scene.fulfil("2025-03-28")

    scene.apply_measure("2025-03-29", subject_id="U2", cause_event="C1")

    assert scene.newest().subjects == (scene.ledger.uid("subject", "U2"),)


def test_a_repair_is_rewarded_until_it_is_revoked(scene: Scene) -> None:
    scene.adopt_measure(**REWARD, trigger="REPAIR_APPROVED")
    scene.found("MINOR")
    scene.apply_for_repair("2025-04-01")
    scene.accept_repair("2025-04-02")
    with scene.refused("unknown-cause"):
        scene.apply_measure("2025-04-03", cause_event="R1")
    scene.approve("2025-04-03")
    scene.apply_measure("2025-04-03", cause_event="R1")
    scene.revoke("2025-05-01")
    scene.adopt_measure("2025-05-02", measure_id="M2", **REWARD, trigger="REPAIR_APPROVED")
    with scene.refused("cause-not-standing"):
        scene.apply_measure("2025-05-02", measure_id="M2", cause_event="R1")


# Lifted.


def test_it_is_lifted_once_with_a_reason(listed: Scene) -> None:
    with listed.refused("unknown-application"):
        listed.lift_measure("2025-03-25")
    listed.apply_measure("2025-03-25")
    with listed.refused("unknown-application"):
        listed.lift_measure("2025-03-26", subject_id="P2")
    with listed.refused("not-in-list", "data.reason"):
        listed.lift_measure("2025-03-26", reason="因表现良好")
    listed.lift_measure("2025-03-26")
    with listed.refused("wrong-state"):
        listed.lift_measure("2025-03-27")
    with listed.refused("application-exists"):
        listed.apply_measure("2025-03-27")


def test_the_department_s_official_does_not_lift_what_binds_them(scene: Scene) -> None:
    scene.adopt_measure(**OF_FINDINGS)
    scene.found()
    scene.apply_measure("2025-03-25", cause_event="B1")
    with scene.refused("own-case"):
        scene.lift_measure("2025-03-26", cause_event="B1", by=LineActor("P1", "CREDIT", "CREDIT-OFFICE"))


def test_a_unit_does_not_speak_for_a_department(listed: Scene) -> None:
    with listed.refused("role-not-allowed"):
        listed.apply_measure("2025-03-25", by=U1)


def test_a_restriction_answers_what_is_decided_on_its_first_day_and_a_reward_what_was_done_before(scene: Scene) -> None:
    scene.adopt_measure("2025-03-20")
    scene.take_over("2025-03-20")
    scene.promise("2025-01-10", by=U1, doc=DOCUMENT, recorded="2025-03-20")
    scene.fulfil("2025-03-21")
    scene.adopt_measure("2025-03-22", measure_id="M2", **REWARD, trigger="COMMITMENT_KEPT", subject_kinds=["UNIT"])

    scene.apply_measure("2025-03-22")
    scene.apply_measure("2025-03-22", measure_id="M2", subject_id="U1", cause_event="C1")


def test_it_is_not_applied_for_a_day_on_which_its_cause_was_not_yet_there(listed: Scene) -> None:
    with listed.refused("before-its-cause", "effective_on"):
        listed.apply_measure("2025-03-19", recorded="2025-03-25", doc=DOCUMENT)
