"""From report to finding: nobody is found in breach unheard, by whom reported them, or twice (DOMAIN §4.2, §4.3)."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from tests.support.scene import (
    ABSENT,
    CREDIT,
    DECIDER,
    DECIDER_2,
    DOCUMENT,
    FACTORS,
    P1,
    P2,
    REPORTER,
    SYSTEM,
    U1,
    U2,
    Scene,
)  # fmt: skip


def state(scene: Scene) -> str:
    return str(scene.state("breach", "B1").state)


# The report.


def test_a_report_carries_the_person_and_the_unit_of_the_time(scene: Scene) -> None:
    scene.report()

    entry = scene.newest()
    assert set(entry.subjects) == {scene.ledger.uid("subject", "P1"), scene.ledger.uid("subject", "U1")}
    assert entry.data["unit_at_time"] == scene.ledger.uid("subject", "U1")


def test_every_entry_of_a_case_carries_its_whole_list(scene: Scene) -> None:
    scene.found()
    scene.appeal()
    scene.decide_appeal()
    scene.apply_for_repair()

    entries = scene.ledger.stream(f"breach/{scene.ledger.uid('breach', 'B1')}", scene.ledger.size)
    assert len(entries) == 7
    assert {entry.subjects for entry in entries} == {entries[0].subjects}


def test_another_unit_than_the_posts_say_is_refused(scene: Scene) -> None:
    with scene.refused("unit-at-time-mismatch", "data.unit_at_time"):
        scene.report(unit_at_time="U2")

    scene.report(unit_at_time="U1")


def test_the_unit_is_the_one_of_the_day_of_the_conduct(scene: Scene) -> None:
    scene.assign("2025-02-15", "P1", "U2", "2025-02-15")
    scene.report(occurred_on="2025-02-14")

    assert scene.state("breach", "B1").unit_at_time == scene.ledger.uid("subject", "U1")


def test_a_post_recorded_later_changes_no_report(scene: Scene) -> None:
    scene.report()
    scene.assign("2025-03-01", "P1", "U2", "2025-01-01")

    assert scene.state("breach", "B1").unit_at_time == scene.ledger.uid("subject", "U1")


def test_a_report_about_a_unit_has_no_unit_of_the_time(scene: Scene) -> None:
    with scene.refused("unit-at-time-mismatch"):
        scene.report(subject_id="U1", unit_at_time="U1")

    scene.report(subject_id="U1")

    assert scene.state("breach", "B1").case == (scene.ledger.uid("subject", "U1"),)


def test_conduct_lies_before_its_report(scene: Scene) -> None:
    with scene.refused("occurred-after-report"):
        scene.report("2025-02-20", occurred_on="2025-02-21")


def test_an_unknown_subject_or_commitment_is_refused(scene: Scene) -> None:
    with scene.refused("unknown-subject", "data.subject_id"):
        scene.report(subject_id="NOBODY")
    with scene.refused("unknown-commitment"):
        scene.report(commitment_id="NOTHING")


def test_a_finding_breaks_no_promise_of_somebody_else(scene: Scene) -> None:
    scene.promise("2025-01-10", commitment_id="C2", promisor_id="P2", by=P2)
    scene.promise("2025-01-10", commitment_id="C3", promisor_id="U2", by=U2)
    for another in ("C2", "C3"):
        with scene.refused("commitment-of-another", "data.commitment_id"):
            scene.report(commitment_id=another)

    scene.report(breach_id="B2", subject_id="U2", commitment_id="C3")
    scene.report(breach_id="B3", subject_id="P2", commitment_id="C2", duty_related=False)


def test_what_breaks_the_unit_s_promise_is_a_matter_of_duty(scene: Scene) -> None:
    scene.promise("2025-01-10")
    with scene.refused("commitment-of-another"):
        scene.report(commitment_id="C1", duty_related=False)

    scene.report(commitment_id="C1")


def test_an_id_stands_for_one_breach(scene: Scene) -> None:
    scene.report()

    with scene.refused("breach-exists"):
        scene.report()
    with scene.refused("breach-exists"):
        scene.take_over(breach_id="B1")


def test_who_reported_is_in_no_entry(scene: Scene) -> None:
    scene.report()
    scene.report(breach_id="B3")

    entries = scene.ledger.history(scene.ledger.uid("subject", "P1") or "", scene.ledger.size)[-2:]
    reporters = [entry.actor for entry in entries]
    assert reporters[0]["id"] != reporters[1]["id"], "a fresh pseudonym for each case"
    assert all("unit" not in actor for actor in reporters)
    assert scene.ledger.sections(entries[0], ("reporter",))["reporter"] == {"id": "reporter-1", "unit": "U1"}


def test_without_a_limitation_in_the_edition_any_report_is_in_time(scene: Scene) -> None:
    scene.report(occurred_on="1999-01-01", unit_at_time=ABSENT)


# Declining.


def test_a_report_is_declined_before_the_person_hears_of_it(scene: Scene) -> None:
    scene.report()
    scene.decline()

    assert state(scene) == "DECLINED"


@pytest.mark.parametrize("next_step", ["decline", "notify", "reply", "lapse", "confirm", "dismiss"])
def test_a_declined_report_is_closed(scene: Scene, next_step: str) -> None:
    scene.report()
    scene.decline()

    with scene.refused("wrong-state"):
        getattr(scene, next_step)()


def test_a_notified_case_is_not_declined(scene: Scene) -> None:
    scene.report()
    scene.notify()

    with scene.refused("wrong-state"):
        scene.decline("2025-02-25")


# The notice.


def test_the_reply_period_is_ten_working_days_at_least(scene: Scene) -> None:
    scene.report()
    with scene.refused("reply-period-too-short", "data.reply_due", "2025-03-10 at the earliest"):
        scene.notify("2025-02-24", reply_due="2025-03-09")

    scene.notify("2025-02-24", reply_due="2025-03-10")


def test_a_notice_names_its_basis(scene: Scene) -> None:
    scene.report()

    with scene.refused("too-few", "data.basis"):
        scene.notify(basis=[])


@pytest.mark.parametrize("decide", ["decline", "notify", "confirm", "dismiss"])
def test_who_reported_does_not_decide(scene: Scene, decide: str) -> None:
    scene.report()
    if decide in ("confirm", "dismiss"):
        scene.notify()
        scene.reply()

    with scene.refused("reporter-may-not-decide"):
        getattr(scene, decide)("2025-03-20", by=replace(DECIDER, id=REPORTER.id))


@pytest.mark.parametrize("reported_as", ["caller-id", "pseudonym"])
def test_a_pseudonym_does_not_hide_who_reported(scene: Scene, reported_as: str) -> None:
    names = {"caller-id": "P2", "pseudonym": scene.ledger.uid("subject", "P2") or ""}
    scene.report(by=replace(REPORTER, id=names.pop(reported_as)))
    (other,) = names.values()

    with scene.refused("reporter-may-not-decide"):
        scene.notify(by=replace(DECIDER, id=other))


@pytest.mark.parametrize("decide", ["decline", "notify", "confirm", "dismiss", "decide_appeal"])
def test_nobody_decides_in_their_own_case(scene: Scene, decide: str) -> None:
    scene.report()
    if decide not in ("decline", "notify"):
        scene.notify()
        scene.reply()
    if decide == "decide_appeal":
        scene.confirm()
        scene.appeal()
    role = "REVIEWER" if decide == "decide_appeal" else "DECIDER"

    with scene.refused("own-case"):
        getattr(scene, decide)("2025-04-20", by=replace(DECIDER, id="P1", role=role))


# The hearing.


def test_a_reply_on_the_last_day_is_in_time(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply("2025-03-10")

    assert state(scene) == "REPLIED"


def test_a_reply_on_the_day_after_is_late(scene: Scene) -> None:
    scene.report()
    scene.notify()

    with scene.refused("reply-period-over"):
        scene.reply("2025-03-11")


def test_a_reply_said_to_be_in_time_but_recorded_late_is_late(scene: Scene) -> None:
    scene.report()
    scene.notify()

    with scene.refused("reply-period-over"):
        scene.reply("2025-03-10", recorded="2025-03-11", doc=DOCUMENT)


def test_the_period_lapses_on_the_day_after_it_ends(scene: Scene) -> None:
    scene.report()
    scene.notify()
    with scene.refused("reply-period-open"):
        scene.lapse("2025-03-10")

    scene.lapse("2025-03-11")

    assert state(scene) == "LAPSED"


def test_what_was_replied_to_does_not_lapse(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply()

    with scene.refused("wrong-state"):
        scene.lapse()
    with scene.refused("wrong-state"):
        scene.reply("2025-03-04")


@pytest.mark.parametrize("decide", ["confirm", "dismiss"])
def test_nobody_is_judged_unheard(scene: Scene, decide: str) -> None:
    scene.report()
    with scene.refused("reply-period-open"):
        getattr(scene, decide)("2025-02-21")
    scene.notify()
    with scene.refused("reply-period-open"):
        getattr(scene, decide)("2025-03-10")

    getattr(scene, decide)("2025-03-11")  # the lapse needs no entry

    assert state(scene) in ("CONFIRMED", "DISMISSED")


@pytest.mark.parametrize("decide", ["confirm", "dismiss"])
def test_after_a_reply_the_decision_need_not_wait(scene: Scene, decide: str) -> None:
    scene.report()
    scene.notify()
    scene.reply("2025-03-03")

    getattr(scene, decide)("2025-03-03")


@pytest.mark.parametrize("decide", ["confirm", "dismiss"])
def test_a_decision_dated_before_the_reply_is_unheard(scene: Scene, decide: str) -> None:
    scene.report()
    scene.notify()
    scene.reply("2025-03-03")

    with scene.refused("reply-period-open"):
        getattr(scene, decide)("2025-02-28", recorded="2025-03-20", doc=DOCUMENT)


@pytest.mark.parametrize("decide", ["confirm", "dismiss"])
def test_a_decision_dated_before_the_lapse_is_unheard(scene: Scene, decide: str) -> None:
    scene.report()
    scene.notify()
    scene.lapse()

    with scene.refused("reply-period-open"):
        getattr(scene, decide)("2025-03-10", recorded="2025-03-20", doc=DOCUMENT)


# The finding.


def test_a_finding_is_not_graver_than_the_notice(scene: Scene) -> None:
    scene.report()
    scene.notify(proposed_finding="MINOR")
    scene.reply()
    with scene.refused("finding-exceeds-notice", "data.severity"):
        scene.confirm(severity="GENERAL")

    scene.confirm(severity="MINOR")


def test_a_graver_finding_needs_a_new_notice_and_a_new_hearing(scene: Scene) -> None:
    scene.report()
    scene.notify(proposed_finding="MINOR")
    scene.reply()
    scene.notify("2025-03-12", reply_due="2025-03-26")
    with scene.refused("reply-period-open"):
        scene.confirm("2025-03-20")

    scene.confirm("2025-03-27")

    assert scene.state("breach", "B1").severity == "GENERAL"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"doc": ABSENT}, "document-required", "data.doc"),
        ({"reasons": ABSENT}, "missing-field", "data.reasons"),
        ({"factors": ABSENT}, "missing-field", "data.factors"),
        ({"factors": {**FACTORS, "mood": "…"}}, "unknown-field", "data.factors.mood"),
        ({"factors": {"nature": "…"}}, "missing-field", "data.factors.gravity"),
        ({"severity": "TERRIBLE"}, "not-in-list", "data.severity"),
    ],
    ids=["document", "reasons", "factors", "a-seventh-factor", "one-factor", "severity"],
)
def test_a_finding_is_decided_in_writing(scene: Scene, changes: dict[str, Any], code: str, field: str) -> None:
    scene.report()
    scene.notify()
    scene.reply()

    with scene.refused(code, field):
        scene.confirm(**changes)


@pytest.mark.parametrize("nothing", ["", " \t", "\u3164", "\u200b\u00a0"], ids=ascii)
@pytest.mark.parametrize("member", ["reasons", *FACTORS])
def test_a_finding_says_something(scene: Scene, member: str, nothing: str) -> None:
    scene.report()
    scene.notify()
    scene.reply()
    said: dict[str, Any] = {"factors": {**FACTORS, member: nothing}}
    field = f"data.factors.{member}"
    if member == "reasons":
        said, field = {"reasons": nothing}, "data.reasons"

    with scene.refused("empty", field):
        scene.confirm(**said)


def test_reasons_may_be_left_out_of_a_dismissal_but_not_be_empty(scene: Scene) -> None:
    scene.report()
    scene.notify()
    scene.reply()
    with scene.refused("empty", "data.reasons"):
        scene.dismiss(reasons="")

    scene.dismiss()


@pytest.mark.parametrize("member", ["facts", "rights_text"])
def test_a_notice_says_something(scene: Scene, member: str) -> None:
    scene.report()

    with scene.refused("empty", f"data.{member}"):
        scene.notify(**{member: " "})


@pytest.mark.parametrize("again", ["notify", "reply", "lapse", "confirm", "dismiss", "decline"])
def test_a_finding_is_made_once(scene: Scene, again: str) -> None:
    scene.found()

    with scene.refused("wrong-state"):
        getattr(scene, again)("2025-04-20")


def test_the_text_of_a_finding_is_personal(scene: Scene) -> None:
    scene.found()

    assert not {"reasons", "factors", "doc"} & set(scene.newest().data)
    assert set(scene.ledger.sections(scene.newest())) == {"reasons", "factors", "document"}


# The same conduct is decided once (政务处分法 16).


def two_cases_of_one_conduct(scene: Scene) -> None:
    for case in ("B1", "B3"):
        scene.report(breach_id=case, conduct_id="CONDUCT-1")
    for case in ("B1", "B3"):
        scene.notify(breach_id=case)
    for case in ("B1", "B3"):
        scene.reply(breach_id=case)


@pytest.mark.parametrize("spelt", ["conduct-1", "Ｃonduct-1"])
def test_it_is_the_same_conduct_however_its_id_is_spelt(scene: Scene, spelt: str) -> None:
    scene.report(conduct_id="CONDUCT-1")
    scene.notify()
    scene.reply()
    scene.confirm()

    with scene.refused("conduct-decided", "data.conduct_id"):
        scene.report("2025-03-21", breach_id="B3", conduct_id=spelt)


def test_what_two_did_together_is_decided_for_each_of_them(scene: Scene) -> None:
    scene.report(conduct_id="CONDUCT-1")
    scene.report(breach_id="B3", subject_id="P2", conduct_id="CONDUCT-1")
    for case in ("B1", "B3"):
        scene.notify(breach_id=case)
    scene.dismiss(breach_id="B1")
    scene.confirm(breach_id="B3")

    assert scene.state("breach", "B3").state == "CONFIRMED"


@pytest.mark.parametrize("decide", ["confirm", "dismiss"])
def test_conduct_that_was_decided_is_not_reported_again(scene: Scene, decide: str) -> None:
    scene.report(conduct_id="CONDUCT-1")
    scene.notify()
    scene.reply()
    getattr(scene, decide)()

    with scene.refused("conduct-decided", "data.conduct_id"):
        scene.report("2025-03-21", breach_id="B3", conduct_id="CONDUCT-1")


def test_conduct_that_was_decided_is_not_found_a_second_time(scene: Scene) -> None:
    two_cases_of_one_conduct(scene)
    scene.confirm()

    with scene.refused("conduct-decided"):
        scene.confirm(breach_id="B3")


def test_the_second_case_of_a_decided_conduct_can_be_closed(scene: Scene) -> None:
    two_cases_of_one_conduct(scene)
    scene.confirm()

    scene.dismiss(breach_id="B3")

    assert scene.state("breach", "B3").state == "DISMISSED"


def test_a_declined_report_decides_no_conduct(scene: Scene) -> None:
    scene.report(conduct_id="CONDUCT-1")
    scene.decline()

    scene.report("2025-02-22", breach_id="B3", conduct_id="CONDUCT-1")


def test_after_a_voided_record_the_conduct_is_decided_in_a_new_one_and_once(scene: Scene) -> None:
    two_cases_of_one_conduct(scene)
    scene.confirm()
    scene.void("2025-03-21")
    scene.report("2025-03-22", breach_id="B4", conduct_id="CONDUCT-1")

    scene.confirm("2025-03-23", breach_id="B3")

    with scene.refused("conduct-decided"):
        scene.report("2025-03-24", breach_id="B5", conduct_id="CONDUCT-1")


def reported_anew(scene: Scene, voided: str, *, subject: str = "P1") -> None:
    """B1 is voided; the same conduct is reported as B2, notified as SERIOUS, and heard by 2025-07-01."""
    scene.void(voided, by=DECIDER)
    scene.report("2025-06-02", breach_id="B2", subject_id=subject, conduct_id="CONDUCT-1", proposed_severity="SERIOUS")
    scene.notify("2025-06-03", breach_id="B2", proposed_finding="SERIOUS", reply_due="2025-06-30")
    scene.lapse("2025-07-01", breach_id="B2")


def found_of_one_conduct(scene: Scene, severity: str) -> None:
    scene.report(conduct_id="CONDUCT-1", proposed_severity="SERIOUS")
    scene.notify(proposed_finding="SERIOUS")
    scene.reply()
    scene.confirm(severity=severity)


@pytest.mark.parametrize("decided", [False, True], ids=["appeal-open", "varied"])
def test_voiding_what_was_appealed_does_not_make_it_graver(scene: Scene, decided: bool) -> None:
    found_of_one_conduct(scene, "SERIOUS" if decided else "GENERAL")
    scene.appeal()
    if decided:
        scene.decide_appeal(outcome="VARIED", new_severity="GENERAL")
    reported_anew(scene, "2025-05-21")

    with scene.refused("aggravation-not-allowed", "data.severity"):
        scene.confirm("2025-07-02", breach_id="B2", severity="SERIOUS")
    scene.confirm("2025-07-02", breach_id="B2", severity="GENERAL")


def test_another_s_finding_of_the_same_conduct_and_one_never_appealed_are_judged_afresh(scene: Scene) -> None:
    found_of_one_conduct(scene, "GENERAL")
    scene.appeal()
    reported_anew(scene, "2025-05-21", subject="P2")
    scene.confirm("2025-07-02", breach_id="B2", severity="SERIOUS")
    scene.void("2025-07-03", breach_id="B2", by=DECIDER)
    scene.report("2025-07-03", breach_id="B3", subject_id="P2", conduct_id="CONDUCT-1")
    scene.notify("2025-07-04", breach_id="B3", proposed_finding="SERIOUS", reply_due="2025-07-31")
    scene.lapse("2025-08-01", breach_id="B3")

    scene.confirm("2025-08-04", breach_id="B3", severity="SERIOUS")


# Clearance.


def test_a_dismissed_case_is_cleared(scene: Scene) -> None:
    scene.report()
    scene.notify()
    with scene.refused("wrong-state"):
        scene.clear("2025-03-01")
    scene.dismiss("2025-03-11")

    scene.clear("2025-03-12")

    assert state(scene) == "DISMISSED"


# Records of authorities.


@pytest.mark.parametrize("member", ["issuer", "doc_no"])
def test_a_record_of_an_authority_has_issuer_and_number(scene: Scene, member: str) -> None:
    with scene.refused("missing-field", f"data.{member}"):
        scene.take_over(**{member: ABSENT})
    with scene.refused("empty", f"data.{member}"):
        scene.take_over(**{member: ""})


def test_it_may_be_decided_before_the_day_it_counts_from(scene: Scene) -> None:
    scene.take_over("2025-04-15", decision_on="2025-03-01")

    assert str(scene.state("breach", "B2").decision_on) == "2025-03-01"


def test_it_is_not_decided_after_the_day_it_counts_from(scene: Scene) -> None:
    with scene.refused("dates-disagree", "data.decision_on"):
        scene.take_over("2025-04-15", decision_on="2025-04-16", recorded="2025-04-18")


def test_it_does_not_end_before_it_begins(scene: Scene) -> None:
    with scene.refused("dates-disagree", "data.ends_on"):
        scene.take_over(ends_on="2025-03-01")


def test_a_kind_nobody_knows_is_refused(scene: Scene) -> None:
    with scene.refused("not-in-list", "data.record_kind"):
        scene.take_over(record_kind="RUMOUR")


def test_without_a_unit_it_links_to_none(scene: Scene) -> None:
    scene.take_over(duty_related=True)

    assert scene.newest().subjects == (scene.ledger.uid("subject", "P1"),)


def test_it_leaves_when_its_source_delists_it(scene: Scene) -> None:
    scene.take_over()
    with scene.refused("document-required", "data.doc"):
        scene.remove("2025-06-01", doc=ABSENT)
    scene.remove("2025-06-01")

    assert scene.state("breach", "B2").state == "REMOVED"
    with scene.refused("wrong-state"):
        scene.remove("2025-06-02")


def test_a_finding_of_ours_is_not_removed(scene: Scene) -> None:
    scene.found()

    with scene.refused("not-an-authority-record"):
        scene.remove("2025-06-01", breach_id="B1")


@pytest.mark.parametrize("step", ["notify", "reply", "lapse", "confirm", "dismiss", "decline"])
def test_an_imported_record_has_no_hearing_of_ours(scene: Scene, step: str) -> None:
    scene.take_over()

    with scene.refused("wrong-state"):
        getattr(scene, step)("2025-04-20", breach_id="B2")


# Corrections and voiding.


def test_a_correction_holds_from_the_start_and_keeps_the_original(scene: Scene) -> None:
    scene.report()
    first = scene.newest()
    scene.correct("2025-02-22", "unit_at_time", "U2")

    assert scene.state("breach", "B1").unit_at_time == scene.ledger.uid("subject", "U2")
    (again,) = scene.ledger.logged(first.index, first.index + 1)
    assert again == first
    units = {scene.ledger.uid("subject", unit) for unit in ("U1", "U2")}
    assert units < set(scene.newest().subjects), "it moves the figures of both units"


@pytest.mark.parametrize("field", ["decision_on", "severity", "subject_id", "breach_id", "no_such_member"])
def test_what_was_decided_and_about_whom_cannot_be_corrected(scene: Scene, field: str) -> None:
    scene.found()

    with scene.refused("field-not-correctable", "data.field"):
        scene.correct("2025-04-01", field, "2025-01-01")


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("duty_related", "no", "wrong-type"),
        ("occurred_on", "2025-02-30", "impossible-date"),
        ("occurred_on", None, "bad-date"),
        ("ends_on", "soon", "bad-date"),
        ("category", 7, "wrong-type"),
        ("category", "某人住在某处", "bad-code"),
        ("category", "DUTY\n", "bad-code"),
        ("category", "X" * 65, "bad-code"),
        ("list_code", "某人的银行卡", "bad-code"),
        ("unit_at_time", "NOWHERE", "unknown-unit"),
        ("unit_at_time", 7, "wrong-type"),
        ("unit_at_time", "U\u202e1", "bad-value"),
    ],
)
def test_a_corrected_value_fits_its_member(scene: Scene, field: str, value: Any, code: str) -> None:
    scene.report()

    with scene.refused(code, "data.corrected_value"):
        scene.correct("2025-02-22", field, value)


LOCAL_ONLY = {"category": "OTHER", "occurred_on": "2025-02-01", "publicity": True}
IMPORTED_ONLY = {"record_kind": "PENALTY", "list_code": "TAX", "ends_on": "2026-01-01"}


@pytest.mark.parametrize(
    ("breach", "field"), [*(("B1", name) for name in IMPORTED_ONLY), *(("B2", name) for name in LOCAL_ONLY)]
)
def test_what_only_the_other_kind_of_record_has_is_not_corrected(scene: Scene, breach: str, field: str) -> None:
    scene.found()
    scene.take_over("2025-03-20")
    value = {**LOCAL_ONLY, **IMPORTED_ONLY}[field]

    with scene.refused("field-not-correctable", "data.field"):
        scene.correct("2025-04-01", field, value, breach_id=breach)


@pytest.mark.parametrize("field", ["duty_related", "unit_at_time", *IMPORTED_ONLY])
def test_a_member_of_an_imported_record_is_corrected(scene: Scene, field: str) -> None:
    scene.take_over("2025-03-20", ends_on="2025-12-31", list_code="OTHER")
    value = {"duty_related": True, "unit_at_time": "U2", **IMPORTED_ONLY}[field]

    scene.correct("2025-04-01", field, value, breach_id="B2")


def test_publicity_is_corrected_once_there_is_a_finding(scene: Scene) -> None:
    scene.report()
    with scene.refused("field-not-correctable", "data.field"):
        scene.correct("2025-02-21", "publicity", True, target_event="BreachConfirmed")
    scene.notify()
    scene.reply()
    scene.confirm()

    scene.correct("2025-04-01", "publicity", True, target_event="BreachConfirmed")


@pytest.mark.parametrize(
    "named",
    ["某人的银行卡号是", "BreachNotified", "BreachConfirmed", "AuthorityRecordImported", "RecordCorrected", 0, 10**6],
)
def test_a_correction_names_the_entry_that_holds_the_field(scene: Scene, named: str | int) -> None:
    scene.found()
    scene.take_over("2025-03-20")

    with scene.refused("unknown-target", "data.target_event"):
        scene.correct("2025-04-01", "duty_related", False, target_event=named)


def test_a_correction_names_its_entry_by_type_or_by_index(scene: Scene) -> None:
    scene.report()
    first = scene.newest().index
    scene.notify()
    for named in ("BreachReported", first, str(first)):
        scene.correct("2025-03-01", "duty_related", False, target_event=named)
    for other in (first + 1, f"0{first}"):
        with scene.refused("unknown-target", "data.target_event"):
            scene.correct("2025-03-01", "duty_related", False, target_event=other)


def test_an_entry_written_in_the_same_transaction_is_named_by_its_index(scene: Scene) -> None:
    with scene.ledger.transaction():
        made = scene.report()
        scene.correct("2025-02-20", "duty_related", False, target_event=made.index)


def test_a_record_is_not_corrected_to_end_before_it_begins(scene: Scene) -> None:
    scene.take_over("2025-03-20")

    with scene.refused("dates-disagree", "data.corrected_value"):
        scene.correct("2025-04-01", "ends_on", "2025-03-19", breach_id="B2")
    scene.correct("2025-04-01", "ends_on", "2025-03-20", breach_id="B2")


def test_a_record_becomes_a_lasting_one_by_the_document_that_says_so(scene: Scene) -> None:
    scene.take_over("2025-03-20", record_kind="DISCIPLINE", list_code="WARNING")
    lasting = partial(scene.correct, "2025-04-01", "list_code", "EXPELLED_FROM_OFFICE", breach_id="B2")

    with scene.refused("document-required", "data.doc"):
        lasting()
    lasting(doc=DOCUMENT)
    lasting()  # it is one already


@pytest.mark.parametrize("how", ["over", "removed"])
def test_what_is_spent_does_not_become_a_lasting_record(scene: Scene, how: str) -> None:
    scene.take_over("2025-03-20", record_kind="DISCIPLINE", list_code="WARNING", ends_on="2025-03-31")
    if how == "removed":
        scene.remove("2025-03-31", breach_id="B2")

    with scene.refused("correction-aggravates", "data.field"):
        scene.correct("2025-04-01", "list_code", "CRIMINAL_PUNISHMENT", breach_id="B2", doc=DOCUMENT)


def test_a_void_record_is_void_once(scene: Scene) -> None:
    scene.found()
    scene.void("2025-04-01")

    assert state(scene) == "VOIDED"
    with scene.refused("wrong-state"):
        scene.void("2025-04-02")
    with scene.refused("wrong-state"):
        scene.correct("2025-04-02", "duty_related", False)


def test_only_a_record_with_a_finding_is_voided(scene: Scene) -> None:
    scene.report()

    with scene.refused("wrong-state"):
        scene.void("2025-04-01")


@pytest.mark.parametrize("change", ["correct", "void"])
def test_nobody_corrects_or_voids_their_own_record(scene: Scene, change: str) -> None:
    scene.found()
    by = replace(CREDIT, id="P1")

    with scene.refused("own-case"):
        if change == "void":
            scene.void("2025-04-01", by=by)
        else:
            scene.correct("2025-04-01", "duty_related", False, by=by)


def test_an_unknown_breach_is_refused(scene: Scene) -> None:
    for step in (scene.notify, scene.reply, scene.confirm, scene.appeal, scene.decide_appeal):
        with scene.refused("unknown-breach"):
            step()


def test_the_person_and_the_system_report_nobody(scene: Scene) -> None:
    for actor in (P1, P2, U1, SYSTEM, DECIDER_2):
        with scene.refused("role-not-allowed"):
            scene.report(by=actor)


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("record_kind", "SEVERE_LIST", "document-required"),  # it would bar by law
        ("record_kind", "PENALTY", None),
        ("ends_on", "2025-12-30", None),
    ],
)
def test_a_record_is_made_one_that_bars_by_law_on_a_document(
    scene: Scene, field: str, value: str, code: str | None
) -> None:
    scene.take_over("2025-03-20", record_kind="PENALTY", ends_on="2025-12-31")
    correct = partial(scene.correct, "2025-04-01", field, value, breach_id="B2")
    if code is None:
        correct()
        return
    with scene.refused(code):
        correct()
    correct(doc=DOCUMENT)


@pytest.mark.parametrize("value", ["2026-12-31", None])
def test_what_is_over_by_its_day_is_not_made_to_count_again(scene: Scene, value: str | None) -> None:
    scene.take_over("2025-03-20", ends_on="2025-03-31")

    with scene.refused("correction-aggravates"):
        scene.correct("2025-04-01", "ends_on", value, breach_id="B2", doc=DOCUMENT)
    scene.correct("2025-04-01", "ends_on", "2025-03-25", breach_id="B2")


def test_only_the_organ_that_decided_makes_a_finding_public(scene: Scene) -> None:
    scene.found()
    publish = partial(scene.correct, "2025-04-01", "publicity", True, target_event="BreachConfirmed")

    with scene.refused("not-the-deciding-organ"):
        publish(by=replace(CREDIT, unit_id="U2"))
    publish()


def test_conduct_is_not_corrected_to_lie_behind_its_report(scene: Scene) -> None:
    scene.report()

    with scene.refused("occurred-after-report", "data.corrected_value"):
        scene.correct("2025-02-22", "occurred_on", "2030-01-01")
