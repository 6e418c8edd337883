"""Who sees what of a file (DOMAIN §8), and what each item says."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.errors import Invalid, NotFound, Refused
from projections.integrity_file import integrity_file
from tests.support.small_log import SmallLog, registered_log, uid_of

DAY = date(2025, 4, 1)
VIEWERS = ("SUBJECT", "HR", "RECRUIT", "UNIT_HEAD", "PUBLIC", "AUDITOR")


def report(log: SmallLog, breach: str, subject: str = "P1", **more: Any) -> None:
    data: dict[str, Any] = {
        "breach_id": breach,
        "subject_id": subject,
        "category": "DUTY",
        "proposed_severity": "SERIOUS",
    }
    data |= {"occurred_on": "2025-01-05", "duty_related": True}
    texts = {"summary": {"summary": f"about {breach}"}, "reporter": {"id": "somebody"}}
    log.append("BreachReported", "2025-01-06", {**data, **more}, texts=texts)


def find(log: SmallLog, breach: str, severity: str, subject: str = "P1", **more: Any) -> None:
    """A finding of 2025-03-03."""
    report(log, breach, subject, **more)
    notice = {"served_on": "2025-01-10", "reply_due": "2025-01-31", "proposed_finding": "SERIOUS"}
    log.append("BreachNotified", "2025-01-10", {"breach_id": breach, **notice})
    found = {"severity": severity, "decision_on": "2025-03-03", "publicity": more.get("publicity", False)}
    log.append("BreachConfirmed", "2025-03-03", {"breach_id": breach, **found})


def listing(log: SmallLog, breach: str, on: str = "2025-03-03") -> None:
    data = {"breach_id": breach, "subject_id": "P1", "record_kind": "SEVERE_LIST", "severity": "SERIOUS"}
    log.append("AuthorityRecordImported", on, {**data, "decision_on": on})


def consent(log: SmallLog, scope: tuple[str, ...] = ("BREACH",)) -> None:
    data = {"consent_id": "X1", "subject_id": "P1", "purpose": "RECRUIT", "scope": list(scope), "recipient": "U1"}
    log.append("ConsentGiven", "2025-03-01", {**data, "expires_on": "2025-12-31"})


def seen(log: SmallLog, viewer: str, subject: str = "P1", **more: Any) -> dict[str, Any]:
    purpose = "RECRUIT" if viewer == "RECRUIT" else None
    role = "HR" if viewer == "RECRUIT" else viewer
    options: dict[str, Any] = {"as_of": DAY, "as_known": log.size, "viewer": role, "purpose": purpose} | more
    return integrity_file(log, subject, **options)


def states(log: SmallLog, viewer: str, subject: str = "P1") -> dict[str, str]:
    return {breach["id"]: breach["state"] for breach in seen(log, viewer, subject)["breaches"]}


def reported(log: SmallLog) -> None:
    report(log, "B1")


def declined(log: SmallLog) -> None:
    report(log, "B1")
    log.append("ReportDeclined", "2025-01-08", {"breach_id": "B1", "reason": "NO_BASIS"})


def lapsed(log: SmallLog) -> None:
    report(log, "B1")
    notice = {"served_on": "2025-01-10", "reply_due": "2025-01-31", "proposed_finding": "SERIOUS"}
    log.append("BreachNotified", "2025-01-10", {"breach_id": "B1", **notice})


def minor(log: SmallLog) -> None:
    find(log, "B1", "MINOR")


def general(log: SmallLog) -> None:
    find(log, "B1", "GENERAL", unit_at_time="U1")


def general_private(log: SmallLog) -> None:
    find(log, "B1", "GENERAL", duty_related=False)


def serious_on_no_list(log: SmallLog) -> None:
    find(log, "B1", "SERIOUS", duty_related=False)


def serious_list(log: SmallLog) -> None:
    listing(log, "B1")


def appealed(log: SmallLog) -> None:
    find(log, "B1", "GENERAL")
    log.append("BreachAppealed", "2025-03-20", {"breach_id": "B1", "route": "APPEAL", "filed_on": "2025-03-20"})


def appealed_listing(log: SmallLog) -> None:
    listing(log, "B1")
    log.append("BreachAppealed", "2025-03-20", {"breach_id": "B1", "route": "OBJECTION", "filed_on": "2025-03-20"})


def dismissed(log: SmallLog) -> None:
    lapsed(log)
    log.append("BreachDismissed", "2025-03-01", {"breach_id": "B1", "disposition": "NOT_PROVEN"})


def overturned(log: SmallLog) -> None:
    appealed(log)
    log.append("AppealDecided", "2025-03-25", {"breach_id": "B1", "outcome": "OVERTURNED"})


def removed(log: SmallLog) -> None:
    listing(log, "B1")
    log.append("AuthorityRecordRemoved", "2025-03-20", {"breach_id": "B1", "removed_on": "2025-03-20"})


def repaired(log: SmallLog) -> None:
    find(log, "B1", "MINOR")
    log.append("RepairApplied", "2025-03-10", {"repair_id": "R1", "breach_id": "B1", "performed_on": "2025-03-09"})
    log.append("RepairAccepted", "2025-03-11", {"repair_id": "R1", "accepted_on": "2025-03-11"})
    log.append("RepairApproved", "2025-03-12", {"repair_id": "R1", "decision_on": "2025-03-12", "effects": []})


def expired(log: SmallLog) -> None:
    data = {"breach_id": "B1", "subject_id": "P1", "record_kind": "PENALTY", "severity": "GENERAL"}
    log.append("AuthorityRecordImported", "2025-03-03", {**data, "decision_on": "2024-04-01"})


# (what happened, its state, who sees it) as in the table of DOMAIN §8; the auditor sees all.
TABLE = [
    (reported, "REPORTED", set()),
    (declined, "DECLINED", set()),
    (lapsed, "LAPSED", {"SUBJECT"}),
    (minor, "CONFIRMED", {"SUBJECT", "HR"}),
    (general, "CONFIRMED", {"SUBJECT", "HR", "RECRUIT"}),
    (general_private, "CONFIRMED", {"SUBJECT", "HR"}),
    (serious_on_no_list, "CONFIRMED", {"SUBJECT", "HR"}),
    (serious_list, "CONFIRMED", {"SUBJECT", "HR", "RECRUIT"}),
    (appealed, "APPEALED", {"SUBJECT", "HR"}),
    (appealed_listing, "APPEALED", {"SUBJECT", "HR", "RECRUIT"}),
    (dismissed, "DISMISSED", {"SUBJECT"}),
    (overturned, "OVERTURNED", {"SUBJECT"}),
    (removed, "REMOVED", {"SUBJECT"}),
    (repaired, "REPAIRED", {"SUBJECT"}),
    (expired, "EXPIRED", {"SUBJECT"}),
]


@pytest.mark.parametrize("viewer", VIEWERS)
@pytest.mark.parametrize(("happened", "state", "viewers"), TABLE, ids=[row[0].__name__ for row in TABLE])
def test_the_table_of_who_sees_what(happened: Any, state: str, viewers: set[str], viewer: str) -> None:
    log = registered_log()
    consent(log)
    happened(log)
    expected = {"B1": state} if viewer in viewers | {"AUDITOR"} else {}
    assert states(log, viewer) == expected


@pytest.mark.parametrize("happened", [reported, declined])
def test_an_open_report_leaves_no_trace_in_the_persons_own_file(happened: Any) -> None:
    log = registered_log()
    happened(log)
    text = str(seen(log, "SUBJECT"))
    assert "BreachReported" not in text
    assert uid_of("breach", "B1") not in text


def test_who_reported_is_open_to_the_auditor_and_the_deciders_only() -> None:
    log = registered_log()
    find(log, "B1", "GENERAL")
    readers = [role for role in ("SUBJECT", "HR", "CREDIT", "DECIDER", "REVIEWER", "AUDITOR", "DPO")
               if "reporter" in str(seen(log, role)["breaches"])]  # fmt: skip
    assert readers == ["DECIDER", "REVIEWER", "AUDITOR"]
    assert "about B1" in str(seen(log, "SUBJECT"))


def test_what_was_destroyed_is_counted_for_the_person() -> None:
    log = registered_log()
    find(log, "B1", "GENERAL")
    opening = next(entry for entry in log.entries if entry.type == "BreachReported")
    del log.texts[opening.index]["summary"]
    (breach,) = seen(log, "SUBJECT")["breaches"]
    assert breach["texts"][0]["destroyed"] == 1


def test_the_balance_is_for_the_person_and_the_auditor() -> None:
    log = registered_log()
    consent(log)
    holders = [viewer for viewer in (*VIEWERS, "DECIDER", "CREDIT", "DPO") if "balance" in seen(log, viewer)]
    assert holders == ["SUBJECT", "AUDITOR"]


def test_a_unit_head_finds_nothing_of_findings_in_a_persons_file() -> None:
    log = registered_log()
    find(log, "B1", "GENERAL", unit_at_time="U1")
    for unit in (None, "U1"):
        file = seen(log, "UNIT_HEAD", unit=unit)
        assert file["breaches"] == file["repairs"] == []
        assert "breaches_withheld" not in file
        assert "B1" not in str(file)


@pytest.mark.parametrize("viewer", ["UNIT_HEAD", "SUBJECT"])
def test_a_units_own_file_says_how_many_findings_of_its_officials_count_and_never_whose(viewer: str) -> None:
    log = registered_log()
    find(log, "B1", "GENERAL", unit_at_time="U1")
    find(log, "B2", "MINOR", duty_related=False, unit_at_time="U1")
    find(log, "B3", "GENERAL")
    file = seen(log, viewer, "U1")
    assert (file["breaches"], file["breaches_withheld"], file["demonstration"]) == ([], 1, True)
    assert "P1" not in str(file)
    for other in ("PUBLIC", "HR"):
        assert "breaches_withheld" not in seen(log, other, "U1")


def test_own_hr_reads_a_disputed_record_as_disputed_and_without_its_story() -> None:
    log = registered_log()
    appealed(log)
    (breach,) = seen(log, "HR")["breaches"]
    assert breach["marks"] == ["DISPUTED"]
    assert "texts" not in breach
    assert [effect["effect"] for effect in breach["effects"]] == []


def test_an_open_appeal_lifts_no_statutory_effect() -> None:
    log = registered_log()
    appealed_listing(log)
    (breach,) = seen(log, "AUDITOR")["breaches"]
    assert [(effect["class"], effect["effect"], effect["rule"]) for effect in breach["effects"]] == [
        ("STATUTORY", "listing", "E1")
    ]


def test_a_standing_finding_says_its_effects_its_end_its_repair_and_its_remedies() -> None:
    log = registered_log()
    general(log)
    (breach,) = seen(log, "SUBJECT")["breaches"]
    assert [effect["effect"] for effect in breach["effects"]] == ["referral", "points", "unit-link"]
    assert (breach["repair_from"], breach["expires_on"]) == ("2025-06-03", "2026-03-03")
    assert breach["remedies"] == [{"route": route, "until": "2025-04-02"} for route in ("REVIEW", "APPEAL")]
    assert breach["unit"] == "U1"


def hearing(log: SmallLog, reply_due: str = "2025-01-31", **more: Any) -> None:
    report(log, "B1")
    notice = {"served_on": "2025-01-10", "reply_due": reply_due, "proposed_finding": "GENERAL"}
    rights: dict[str, Any] = {"basis": ["R-P2", "公务员法 63"], "rights_text": "可陈述申辩"}
    data = {"breach_id": "B1", **notice, **rights}
    log.append("BreachNotified", "2025-01-10", data, texts={"summary": {"facts": "…"}}, **more)


@pytest.mark.parametrize(("recorded", "late"), [("2025-01-10", False), ("2025-01-31", False), ("2025-02-01", True)])
def test_a_notice_that_nobody_could_answer_here_says_so(recorded: str, late: bool) -> None:
    log = registered_log()
    hearing(log, known=f"{recorded}T01:00:00.000000Z")
    (breach,) = seen(log, "SUBJECT", as_of=date(2025, 2, 3))["breaches"]
    assert (breach["notice"]["recorded_on"], breach["notice"]["recorded_late"]) == (recorded, late)


@pytest.mark.parametrize("viewer", ["SUBJECT", "AUDITOR", "DECIDER"])
def test_what_is_put_to_a_person_is_a_proposal_with_its_basis_and_their_rights(viewer: str) -> None:
    log = registered_log()
    hearing(log)
    (breach,) = seen(log, viewer, as_of=date(2025, 1, 20))["breaches"]
    assert (breach["severity"], breach["proposed_severity"]) == (None, "GENERAL")
    assert (breach["notice"]["basis"], breach["notice"]["rights_text"]) == (["R-P2", "公务员法 63"], "可陈述申辩")
    assert breach["notice"]["reply_due"] == "2025-01-31"


def test_own_hr_does_not_read_the_notice_of_a_finding() -> None:
    log = registered_log()
    hearing(log)
    log.append("BreachConfirmed", "2025-03-03", {"breach_id": "B1", "severity": "GENERAL", "decision_on": "2025-03-03"})
    (breach,) = seen(log, "HR")["breaches"]
    assert "notice" not in breach


def rejected(log: SmallLog, until: str | None) -> None:
    """A repair of a GENERAL finding of 2025-03-03, applied for on 06-10, rejected on 06-20."""
    general(log)
    log.append("RepairApplied", "2025-06-10", {"repair_id": "R1", "breach_id": "B1", "performed_on": "2025-06-01"})
    log.append("RepairAccepted", "2025-06-11", {"repair_id": "R1", "accepted_on": "2025-06-11"})
    log.append("RepairRejected", "2025-06-20", {"repair_id": "R1", "reapply_after": until})


def repair_on(log: SmallLog, day: date, viewer: str = "SUBJECT") -> tuple[str | None, str | None]:
    (breach,) = seen(log, viewer, as_of=day)["breaches"]
    return breach["repair_from"], breach["repair_open"]


def test_while_a_repair_is_open_none_is_offered() -> None:
    log = registered_log()
    rejected(log, None)
    assert repair_on(log, date(2025, 6, 9)) == ("2025-06-03", None)
    assert repair_on(log, date(2025, 6, 10)) == repair_on(log, date(2025, 6, 19)) == (None, "R1")
    assert repair_on(log, date(2025, 6, 20)) == ("2025-06-03", None)


def test_a_bar_moves_the_first_day_of_repair_behind_its_last() -> None:
    log = registered_log()
    rejected(log, "2025-08-19")
    assert repair_on(log, date(2025, 6, 20)) == ("2025-08-20", None)
    assert repair_on(log, date(2025, 9, 1)) == ("2025-08-20", None)


def test_a_bar_that_outlasts_the_finding_leaves_no_day() -> None:
    log = registered_log()
    rejected(log, "9999-12-31")
    assert repair_on(log, date(2025, 6, 20)) == (None, None)


def test_while_an_appeal_is_open_no_repair_is_offered() -> None:
    log = registered_log()
    appealed(log)
    (breach,) = seen(log, "SUBJECT")["breaches"]
    assert (breach["state"], breach["repair_from"]) == ("APPEALED", None)


def test_recruiting_hr_reads_the_end_and_the_routes_of_the_kind_of_record() -> None:
    log = registered_log()
    serious_list(log)
    consent(log)
    (listed,) = seen(log, "RECRUIT")["breaches"]
    assert (listed["remedies"], listed["expires_on"]) == ([{"route": "OBJECTION", "until": None}], "2028-03-03")
    assert "repair_from" not in listed


@pytest.mark.parametrize(
    ("viewer", "subject"), [("HR", "P1"), ("RECRUIT", "P1"), ("PUBLIC", "U1"), ("UNIT_HEAD", "U1")]
)
def test_whoever_reads_a_state_or_a_date_that_rests_on_demonstration_is_told(viewer: str, subject: str) -> None:
    log = registered_log()
    consent(log)
    assert seen(log, viewer, subject)["demonstration"] is (viewer == "RECRUIT"), "the rules of recruitment are ones"
    find(log, "B1", "GENERAL", subject=subject, duty_related=subject == "P1", publicity=True)
    file = seen(log, viewer, subject)
    assert file["demonstration"] is True
    assert [breach["demonstration"] for breach in file["breaches"]] == [True]


def test_a_post_is_in_the_file_from_the_day_its_entry_counts() -> None:
    log = registered_log()
    data = {"subject_id": "P1", "unit_id": "U1", "level": "L3", "post": "C3"}
    log.append("PostAssigned", "2025-03-10", {**data, "from": "2023-01-01"})
    log.append("PostAssigned", "2025-05-01", {**data, "from": "2025-05-01"})
    days = [date(2025, 3, 9), date(2025, 3, 10), date(2025, 5, 1)]
    assert [[post["from"] for post in seen(log, "HR", as_of=day)["posts"]] for day in days] == [
        [],
        ["2023-01-01"],
        ["2023-01-01", "2025-05-01"],
    ]


def test_after_a_decided_review_only_an_appeal_is_open_for_fifteen_days() -> None:
    log = registered_log()
    find(log, "B1", "GENERAL")
    log.append("BreachAppealed", "2025-03-28", {"breach_id": "B1", "route": "REVIEW", "filed_on": "2025-03-28"})
    log.append("AppealDecided", "2025-04-01", {"breach_id": "B1", "outcome": "UPHELD"})
    (breach,) = seen(log, "SUBJECT", as_of=date(2025, 4, 16))["breaches"]
    assert breach["remedies"] == [{"route": "APPEAL", "until": "2025-04-16"}]
    (breach,) = seen(log, "SUBJECT", as_of=date(2025, 4, 17))["breaches"]
    assert breach["remedies"] == []


def test_a_listing_is_objected_to_while_it_stands_and_a_court_listing_is_never_repaired() -> None:
    log = registered_log()
    data = {"breach_id": "B1", "subject_id": "P1", "record_kind": "COURT_LIST", "severity": "SERIOUS"}
    log.append("AuthorityRecordImported", "2025-03-03", {**data, "decision_on": "2025-03-03"})
    (breach,) = seen(log, "SUBJECT")["breaches"]
    assert breach["remedies"] == [{"route": "OBJECTION", "until": None}]
    assert "repair_from" not in breach


def test_recruiting_hr_sees_a_bar_and_promises_only_where_the_consent_says_so() -> None:
    log = registered_log()
    promise = {"commitment_id": "C1", "promisor_id": "P1", "kind": "PERSONAL", "due_on": "2025-12-31", "weight": 1}
    log.append("CommitmentMade", "2025-01-10", {**promise, "public": False})
    bar = {"subject_id": "P1", "kind": "RECRUITMENT_BAR", "from": "2025-02-01", "until": None}
    log.append("SanctionImposed", "2025-02-01", bar)
    consent(log)
    file = seen(log, "RECRUIT")
    assert ([one["kind"] for one in file["sanctions"]], file["commitments"]) == (["RECRUITMENT_BAR"], [])
    log = registered_log()
    log.append("CommitmentMade", "2025-01-10", {**promise, "public": False})
    consent(log, ("BREACH", "COMMITMENT"))
    assert [one["id"] for one in seen(log, "RECRUIT")["commitments"]] == ["C1"]


def test_a_consent_to_another_unit_does_not_open_the_file() -> None:
    log = registered_log()
    consent(log)
    seen(log, "RECRUIT", unit="U1")
    with pytest.raises(Refused, match="consent-missing"):
        seen(log, "RECRUIT", unit="U2")


def test_a_commitment_reads_broken_while_the_finding_that_names_it_weighs_something() -> None:
    log = registered_log()
    promise = {"commitment_id": "C1", "promisor_id": "P1", "kind": "PERSONAL", "due_on": "2025-02-01", "weight": 1}
    log.append("CommitmentMade", "2025-01-10", {**promise, "public": False})
    find(log, "B1", "GENERAL", commitment_id="C1")
    log.append("BreachAppealed", "2025-03-20", {"breach_id": "B1", "route": "APPEAL", "filed_on": "2025-03-20"})
    days = [date(2025, 2, 1), date(2025, 2, 2), date(2025, 3, 3), date(2025, 3, 20)]
    read = [seen(log, "SUBJECT", as_of=day)["commitments"][0]["state"] for day in days]
    assert read == ["OPEN", "OVERDUE", "BROKEN", "OVERDUE"]


def take_over(log: SmallLog, record: str, **more: Any) -> None:
    data = {"source": "CHI", "source_record": record, "kind": "ALLEGATION", "outcome": "CONFIRMED"}
    log.append("RecordImported", "2025-03-01", {**data, **more})


def test_records_taken_over_are_for_the_person_and_the_auditor() -> None:
    log = registered_log()
    consent(log)
    take_over(log, "x1", subject_id="P1", unit_id="U1", occurred_on="1999-05")
    log.append("SourceStateObserved", "2025-03-02", {"source": "CHI", "source_record": "x1", "observed_on": "2023",
                                                     "field": "finding"})  # fmt: skip
    holders = [viewer for viewer in VIEWERS if seen(log, viewer)["imported"]]
    assert holders == ["SUBJECT", "AUDITOR"]
    (record,) = seen(log, "AUDITOR")["imported"]
    assert (record["occurred_on"], record["unit"], len(record["observations"])) == ("1999-05", "U1", 1)


def test_a_units_file_holds_its_own_records_and_nothing_of_its_officials() -> None:
    log = registered_log()
    find(log, "B1", "GENERAL", unit_at_time="U1")
    find(log, "B2", "GENERAL", subject="U1", duty_related=False, publicity=True)
    take_over(log, "x1", subject_id="P1", unit_id="U1")
    take_over(log, "x2", unit_id="U1")
    for viewer in ("SUBJECT", "UNIT_HEAD", "PUBLIC", "AUDITOR", "HR"):
        file = seen(log, viewer, "U1")
        assert [breach["id"] for breach in file["breaches"]] == ["B2"], viewer
        assert uid_of("breach", "B1") not in str(file), viewer
        assert "balance" not in file
    assert [one["source_record"] for one in seen(log, "SUBJECT", "U1")["imported"]] == ["x2"]


def test_a_units_finding_is_public_where_its_decision_says_so() -> None:
    log = registered_log()
    find(log, "B1", "GENERAL", subject="U1", publicity=False)
    assert states(log, "PUBLIC", "U1") == {}


def test_the_public_sees_the_public_promises_of_a_unit_and_none_of_a_person() -> None:
    log = registered_log()
    for number, (promisor, public) in enumerate([("U1", True), ("U1", False), ("P1", True)]):
        data = {"commitment_id": f"C{number}", "promisor_id": promisor, "kind": "SERVICE", "weight": 1}
        log.append("CommitmentMade", "2025-01-10", {**data, "due_on": "2025-12-31", "public": public})
    assert [one["id"] for one in seen(log, "PUBLIC", "U1")["commitments"]] == ["C0"]
    assert [one["id"] for one in seen(log, "UNIT_HEAD", "U1")["commitments"]] == ["C0", "C1"]
    assert seen(log, "PUBLIC", "P1")["commitments"] == []


def test_a_subject_is_found_by_its_id_and_its_pseudonym_once_it_is_registered() -> None:
    log = registered_log()
    assert seen(log, "AUDITOR", uid_of("subject", "P1"))["subject"] == "P1"
    for subject, size in (("P1", 3), ("nobody", log.size)):
        with pytest.raises(NotFound, match="unknown-subject"):
            seen(log, "AUDITOR", subject, as_known=size)


def test_a_viewer_is_a_role_we_know() -> None:
    with pytest.raises(Invalid, match="unknown-viewer"):
        seen(registered_log(), "NEIGHBOUR")


def test_before_any_edition_the_file_reads_and_the_balance_says_why_it_is_null() -> None:
    log = SmallLog()
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P1", "kind": "PERSON"})
    listing(log, "B1")
    file = seen(log, "AUDITOR")
    assert (file["balance"]["value"], file["balance"]["reason"], file["rulebook"]) == (None, "no-edition", None)
    assert states(log, "AUDITOR") == {"B1": "CONFIRMED"}
