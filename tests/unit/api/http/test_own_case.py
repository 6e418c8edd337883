"""Nobody has more of their own case than a subject, and nobody acts in another's name by way of a file.

B9 is a report about P2 that P2 was not yet told of.
"""

from __future__ import annotations

import json
from datetime import timedelta

from ledger.clock import day_of
from tests.support.http import House


def test_a_decider_reads_nothing_of_a_case_about_himself(own_door: House) -> None:
    case = own_door.uid("breach", "B9")
    decider, himself = (own_door.caller(name, "DECIDER", "CREDIT-OFFICE") for name in ("decider-1", "P2"))
    person = decider.uid("P2")

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
    case = own_door.uid("breach", "B9")
    decider = own_door.caller("decider-1", "DECIDER", "CREDIT-OFFICE")
    own_door.caller("reporter-9", "REPORTER", "U2").uid("P2")
    decider.get(f"/v1/breaches/{case}")
    subject, auditor = own_door.caller("P2", "SUBJECT"), own_door.caller("auditor-1", "AUDITOR")
    log = f"/v1/subjects/{subject.uid('P2')}/access-log"

    assert {look["role"] for look in auditor.get(log).json()["looks"]} >= {"REPORTER", "DECIDER"}
    assert {look["role"] for look in subject.get(log).json()["looks"]} & {"REPORTER", "DECIDER"} == set()

    today = day_of(own_door.ledger.clock())
    notice = {
        "served_on": today.isoformat(),
        "reply_due": (today + timedelta(days=30)).isoformat(),
        "proposed_finding": "GENERAL",
        "facts": "…",
        "basis": ["R-P2"],
        "rights_text": "…",
    }
    assert decider.command(f"/v1/breaches/{case}/notice", notice).status_code == 201
    told = {look["role"] for look in subject.get(log).json()["looks"]}
    assert "DECIDER" in told
    assert "REPORTER" not in told


def test_a_file_gives_its_importer_no_role_they_do_not_have(own_door: House) -> None:
    size = own_door.ledger.size
    today = day_of(own_door.ledger.clock()).isoformat()
    credit = own_door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    for actor, type_, data in (
        ({"id": "decider-7", "role": "DECIDER"}, "ReportDeclined", {"breach_id": "B9", "reason": "NO_BASIS"}),
        ({"id": "P2", "role": "SUBJECT"}, "ConsentWithdrawn", {"consent_id": "CONSENT-9", "subject_id": "P2"}),
    ):
        line = {"type": type_, "effective_on": today, "actor": actor, "data": data}
        files = [("files", ("history.jsonl", json.dumps(line).encode()))]
        headers = credit.headers | {"Idempotency-Key": type_}
        answer = credit.send("POST", "/v1/imports", files=files, headers=headers)

        assert answer.status_code == 422, answer.text
        assert [row["code"] for row in answer.json()["refused"]] == ["not-the-callers-act"]
    assert own_door.ledger.size == size
