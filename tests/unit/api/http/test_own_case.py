"""Nobody has more of their own case than a subject, and nobody acts in another's name by way of a file."""

from __future__ import annotations

import json
from datetime import timedelta

from ledger.clock import day_of
from tests.support.http import House

OPEN_CASE = {
    "breach_id": "B9",
    "subject_id": "P1",
    "category": "DUTY_PROMISE",
    "proposed_severity": "MINOR",
    "duty_related": True,
    "summary": "…",
    "evidence": ["ev-9"],
}


def report_a_case(door: House) -> str:
    """A report about P1 that P1 was not yet told of; the case's pseudonym."""
    occurred = day_of(door.ledger.clock()) - timedelta(days=3)
    data = {**OPEN_CASE, "occurred_on": occurred.isoformat()}
    answer = door.caller("reporter-9", "REPORTER", "U1").command("/v1/breaches", data, seen=None)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["uid"])


def test_a_decider_reads_nothing_of_a_case_about_himself(own_door: House) -> None:
    case = report_a_case(own_door)
    decider, himself = (own_door.caller(name, "DECIDER", "CREDIT-OFFICE") for name in ("decider-1", "P1"))
    person = decider.uid("P1")

    assert decider.get(f"/v1/breaches/{case}").status_code == 200
    assert himself.get(f"/v1/breaches/{case}").status_code == 404
    assert himself.get(f"/v1/subjects/{person}/integrity-file").status_code == 404
    assert case in decider.get("/v1/breaches").text
    assert case not in himself.get("/v1/breaches").text


def test_hr_reads_no_check_of_its_own_officer_by_that_officer(own_door: House) -> None:
    uid = own_door.ledger.uid("check", "K1")

    assert own_door.caller("hr-1", "HR", "PERSONNEL").get(f"/v1/eligibility-checks/{uid}").status_code == 200
    assert own_door.caller("P1", "HR", "PERSONNEL").get(f"/v1/eligibility-checks/{uid}").status_code == 404


def test_who_looked_tells_the_subject_neither_who_reported_nor_of_a_report_not_yet_put_to_it(own_door: House) -> None:
    case = report_a_case(own_door)
    decider = own_door.caller("decider-1", "DECIDER", "CREDIT-OFFICE")
    own_door.caller("reporter-9", "REPORTER", "U1").uid("P1")
    decider.get(f"/v1/breaches/{case}")
    subject, auditor = own_door.caller("P1", "SUBJECT"), own_door.caller("auditor-1", "AUDITOR")
    log = f"/v1/subjects/{subject.uid('P1')}/access-log"

    assert {look["role"] for look in auditor.get(log).json()["looks"]} >= {"REPORTER", "DECIDER"}
    assert {look["role"] for look in subject.get(log).json()["looks"]} & {"REPORTER", "DECIDER"} == set()

    today = day_of(own_door.ledger.clock())
    notice = {
        "served_on": today.isoformat(),
        "reply_due": (today + timedelta(days=30)).isoformat(),
        "proposed_finding": "MINOR",
        "facts": "…",
        "basis": ["R-P2"],
        "rights_text": "…",
    }
    assert decider.command(f"/v1/breaches/{case}/notice", notice).status_code == 201
    told = {look["role"] for look in subject.get(log).json()["looks"]}
    assert "DECIDER" in told
    assert "REPORTER" not in told


def test_a_file_gives_its_importer_no_role_they_do_not_have(own_door: House) -> None:
    report_a_case(own_door)
    size = own_door.ledger.size
    today = day_of(own_door.ledger.clock()).isoformat()
    credit = own_door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    for actor, type_, data in (
        ({"id": "decider-7", "role": "DECIDER"}, "ReportDeclined", {"breach_id": "B9", "reason": "NO_BASIS"}),
        ({"id": "P1", "role": "SUBJECT"}, "ConsentWithdrawn", {"consent_id": "G1", "subject_id": "P1"}),
    ):
        line = {"type": type_, "effective_on": today, "actor": actor, "data": data}
        answer = credit.upload("/v1/imports", [("files", ("h.jsonl", json.dumps(line).encode()))])

        assert answer.status_code == 422, answer.text
        assert [row["code"] for row in answer.json()["refused"]] == ["not-the-callers-act"]
    assert own_door.ledger.size == size
