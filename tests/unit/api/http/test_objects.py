"""Which records a viewer sees: their own, their unit's, their case's; everything else looks as if it were absent.

What may not be seen and what does not exist are answered alike, byte for byte but for the trace id, and so are commands
on it: nobody learns from an answer that a record exists (ASSURANCE §6, 13–16).
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.http import NOBODY, Caller, House

ON = "2026-06-30"


@pytest.fixture(scope="module")
def p1(door: House) -> Caller:
    return door.caller("P1", "SUBJECT")


@pytest.fixture(scope="module")
def p2(door: House) -> Caller:
    return door.caller("P2", "SUBJECT")


@pytest.fixture(scope="module")
def unit(door: House) -> Caller:
    return door.caller("unit-head-1", "SUBJECT", "U1")


@pytest.fixture(scope="module")
def head(door: House) -> Caller:
    return door.caller("unit-head-1", "UNIT_HEAD", "U1")


@pytest.fixture(scope="module")
def hr_elsewhere(door: House) -> Caller:
    return door.caller("hr-9", "HR", "U2")


def shown(answer: Any) -> tuple[int, dict[str, Any], set[str]]:
    """An answer less its trace id, and which headers it has."""
    body = answer.json()
    body.pop("trace_id")
    return answer.status_code, body, {name for name in answer.headers if name != "x-request-id"}


def assert_absent(caller: Caller, path: str, uid: str, **query: Any) -> None:
    """The record is answered like one that does not exist."""
    refused, absent = caller.get(path.format(uid), **query), caller.get(path.format(NOBODY), **query)

    assert refused.status_code == 404, refused.text
    assert shown(refused) == shown(absent)


OF_A_PERSON = {
    "/v1/subjects/{}": ("subject", "P1"),
    "/v1/subjects/{}/integrity-file": ("subject", "P1"),
    "/v1/subjects/{}/access-log": ("subject", "P1"),
    "/v1/subjects/{}/difference": ("subject", "P1"),
    "/v1/breaches/{}": ("breach", "B1"),
    "/v1/repairs/{}": ("breach", "B1"),
    "/v1/commitments/{}": ("commitment", "C3"),
    "/v1/consents/{}": ("consent", "CONSENT-1"),
    "/v1/eligibility-checks/{}": ("check", "K1"),
}


@pytest.mark.parametrize("path", OF_A_PERSON)
def test_a_person_sees_their_own_record(door: House, p1: Caller, path: str) -> None:
    kind, ref = OF_A_PERSON[path]

    assert p1.get(path.format(door.uid(kind, ref))).status_code == 200


@pytest.mark.parametrize("path", OF_A_PERSON)
def test_a_person_sees_nobody_elses_record(door: House, p2: Caller, path: str) -> None:
    kind, ref = OF_A_PERSON[path]

    assert_absent(p2, path, door.uid(kind, ref))


@pytest.mark.parametrize("path", OF_A_PERSON)
def test_a_unit_does_not_see_the_record_of_its_official(door: House, unit: Caller, path: str) -> None:
    kind, ref = OF_A_PERSON[path]

    assert_absent(unit, path, door.uid(kind, ref))


def test_a_unit_sees_itself_and_no_other(door: House, unit: Caller) -> None:
    own, other = door.uid("subject", "U1"), door.uid("subject", "U2")
    for path in ("/v1/subjects/{}", "/v1/subjects/{}/integrity-file", "/v1/units/{}/score"):
        assert unit.get(path.format(own), as_of=ON).status_code == 200, path
        assert_absent(unit, path, other)
    assert unit.get(f"/v1/assessments/{door.uid('assessment', 'A1')}").status_code == 200
    assert_absent(door.caller("unit-head-2", "SUBJECT", "U2"), "/v1/assessments/{}", door.uid("assessment", "A1"))


def test_a_unit_head_sees_who_has_a_post_there_and_nobody_else(door: House, head: Caller) -> None:
    assert head.get(f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file").status_code == 200
    assert head.post("/v1/subjects/lookup", {"ref": "P1"}).status_code == 200

    assert_absent(head, "/v1/subjects/{}/integrity-file", door.uid("subject", "P2"))
    assert shown(head.post("/v1/subjects/lookup", {"ref": "P2"})) == shown(
        head.post("/v1/subjects/lookup", {"ref": "nobody"})
    )


def test_a_score_is_a_units(door: House, head: Caller) -> None:
    assert_absent(door.caller("auditor-1", "AUDITOR"), "/v1/units/{}/score", door.uid("subject", "P1"))
    assert_absent(head, "/v1/units/{}/score", door.uid("subject", "PERSONNEL"))


def test_a_check_is_for_the_unit_that_requested_it(door: House, hr_elsewhere: Caller) -> None:
    requester = door.caller("hr-1", "HR", "PERSONNEL")
    check = door.uid("check", "K1")

    assert requester.get(f"/v1/eligibility-checks/{check}").status_code == 200
    assert_absent(hr_elsewhere, "/v1/eligibility-checks/{}", check)
    assert hr_elsewhere.get(f"/v1/eligibility-checks/{door.uid('check', 'K9')}").status_code == 200
    assert [row["check_id"] for row in hr_elsewhere.get("/v1/eligibility-checks").json()["items"]] == ["K9"]


def test_a_unit_may_be_named_by_its_pseudonym(door: House) -> None:
    hr = door.caller("hr-1", "HR", door.uid("subject", "PERSONNEL"))

    assert hr.get(f"/v1/eligibility-checks/{door.uid('check', 'K1')}").status_code == 200


def test_a_record_before_it_was_known_is_absent(door: House, p1: Caller) -> None:
    auditor = door.caller("auditor-1", "AUDITOR")
    for kind, ref, path in (
        ("subject", "P1", "/v1/subjects/{}/integrity-file"),
        ("subject", "U1", "/v1/units/{}/score"),
        ("breach", "B1", "/v1/breaches/{}"),
        ("check", "K1", "/v1/eligibility-checks/{}"),
        ("consent", "CONSENT-1", "/v1/consents/{}"),
    ):
        assert_absent(auditor, path, door.uid(kind, ref), as_known="1")
    assert_absent(p1, "/v1/breaches/{}", door.uid("breach", "B1"), as_of="2025-02-21")


def test_an_open_report_is_absent_to_whom_it_is_about(door: House, p2: Caller) -> None:
    report = door.uid("breach", "B9")

    assert door.caller("decider-1", "DECIDER", "CREDIT-OFFICE").get(f"/v1/breaches/{report}").status_code == 200
    assert_absent(p2, "/v1/breaches/{}", report)


def test_a_finding_that_own_hr_may_not_see_is_absent(door: House) -> None:
    hr = door.caller("hr-1", "HR", "PERSONNEL")

    assert_absent(hr, "/v1/breaches/{}", door.uid("breach", "B1"), purpose="PROMOTE")


def test_who_does_not_say_why_learns_nothing(door: House) -> None:
    """Whether there is such a record shows in no answer to HR that states no purpose."""
    hr = door.caller("hr-1", "HR", "PERSONNEL")
    for path, (kind, ref) in {
        "/v1/subjects/{}/integrity-file": ("subject", "P1"),
        "/v1/breaches/{}": ("breach", "B1"),
        "/v1/commitments/{}": ("commitment", "C3"),
        "/v1/repairs/{}": ("breach", "B1"),
    }.items():
        asked = shown(hr.get(path.format(door.uid(kind, ref))))
        assert asked == shown(hr.get(path.format(NOBODY)))
        assert (asked[0], asked[1]["code"]) == (400, "purpose-required")


@pytest.mark.parametrize("uid", ["P1", "1", "00000000-0000-4000-8000-00000000000", "%00", ".."])
def test_what_is_no_pseudonym_is_absent(door: House, uid: str) -> None:
    answer = door.caller("auditor-1", "AUDITOR").get(f"/v1/breaches/{uid}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


# Commands.

REPLY, RESPONSE, WITHDRAWAL = {"statement": "…"}, {"statement": "…"}, {"subject_id": "P1"}


@pytest.mark.parametrize(
    ("path", "kind", "ref", "data"),
    [
        ("/v1/breaches/{}/reply", "breach", "B1", REPLY),
        ("/v1/breaches/{}/appeal", "breach", "B1", {"route": "APPEAL", "filed_on": ON, "grounds": "…"}),
        ("/v1/eligibility-checks/{}/response", "check", "K1", RESPONSE),
        ("/v1/eligibility-checks/{}/dispute", "check", "K1", {"grounds": "…"}),
        ("/v1/eligibility-checks/{}/withdrawal", "check", "K1", {}),
        ("/v1/consents/{}/withdrawal", "consent", "CONSENT-1", WITHDRAWAL),
    ],
)
def test_nobody_acts_on_a_record_that_is_not_theirs(
    door: House, p2: Caller, unit: Caller, path: str, kind: str, ref: str, data: dict[str, Any]
) -> None:
    size = door.ledger.size
    for caller in (p2, unit):
        refused = caller.command(path.format(door.uid(kind, ref)), data)
        assert refused.status_code == 404
        assert shown(refused) == shown(caller.command(path.format(NOBODY), data))
    assert door.ledger.size == size


REPAIR = {"repair_id": "R7", "performed_on": ON, "proofs": ["x"]}
CONSENT = {"consent_id": "N7", "purpose": "RECRUIT", "scope": ["BREACH"], "recipient": "U1", "expires_on": "2099-01-01"}
PROMISE = {"commitment_id": "C7", "kind": "PERSONAL", "text": "…", "weight": 1, "due_on": "2099-01-01", "public": False}


@pytest.mark.parametrize(
    ("path", "member", "known", "data"),
    [
        ("/v1/repairs", "breach_id", "B1", REPAIR),
        ("/v1/consents", "subject_id", "P1", CONSENT),
        ("/v1/commitments", "promisor_id", "P1", PROMISE),
    ],
)
def test_a_new_record_in_anothers_name_looks_like_one_for_nobody(
    door: House, p2: Caller, path: str, member: str, known: str, data: dict[str, Any]
) -> None:
    refused, absent = (p2.command(path, {**data, member: ref}) for ref in (known, "nobody"))

    assert refused.status_code == 404, refused.text
    assert shown(refused) == shown(absent)
    answers = p2.batch([{"type": type_of(path), "data": {**data, member: ref}} for ref in (known, "nobody")]).json()
    assert answers["answers"][0] == answers["answers"][1]


def type_of(path: str) -> str:
    return {"/v1/repairs": "RepairApplied", "/v1/consents": "ConsentGiven", "/v1/commitments": "CommitmentMade"}[path]


def test_an_open_report_cannot_be_felt_for(door: House, p2: Caller) -> None:
    """Whoever is reported and not yet notified gets the answer for a case that does not exist."""
    repair = {"repair_id": "R8", "performed_on": ON, "proofs": ["x"]}
    for path, data in (("/v1/repairs", repair), ("/v1/breaches/{}/reply", REPLY)):
        given = [{**data, "breach_id": ref} if path == "/v1/repairs" else data for ref in ("B9", "nothing")]
        paths = [path.format(uid) for uid in (door.uid("breach", "B9"), NOBODY)]
        felt, absent = (p2.command(place, body) for place, body in zip(paths, given, strict=True))
        assert felt.status_code == 404, felt.text
        assert shown(felt) == shown(absent)
    commands = [{"type": "BreachReplied", "data": {"breach_id": ref, "statement": "…"}} for ref in ("B9", "nothing")]
    felt_in_batch, absent_in_batch = p2.batch(commands).json()["answers"]
    assert felt_in_batch == absent_in_batch


def test_hr_acts_on_the_checks_of_its_own_unit_only(door: House, hr_elsewhere: Caller) -> None:
    check, size = door.uid("check", "K1"), door.ledger.size
    for path, data in (
        ("notification", {}),
        ("finalisation", {}),
        ("redetermination", {"decision": "ELIGIBLE", "reasons": "…"}),
        ("notice", {"reply_due": "2099-01-01"}),
        ("response", {"statement": "…", "on_behalf_of": "P1", "doc": "示函"}),
    ):
        refused = hr_elsewhere.command(f"/v1/eligibility-checks/{check}/{path}", data)
        absent = hr_elsewhere.command(f"/v1/eligibility-checks/{NOBODY}/{path}", data)
        assert refused.status_code == 404, path
        assert shown(refused) == shown(absent)
    in_batch = hr_elsewhere.batch([{"type": "EligibilityNotified", "data": {"check_id": "K1"}}])
    assert in_batch.json()["answers"][0]["status"] == 404
    assert door.ledger.size == size


def test_hr_requests_a_check_for_its_own_unit_only(door: House, hr_elsewhere: Caller) -> None:
    request = {"check_id": "K8", "subject_id": "P2", "purpose": "RECRUIT", "post_ref": "8", "consent_id": "CONSENT-9"}

    assert hr_elsewhere.command("/v1/eligibility-checks", {**request, "requester": "PERSONNEL"}).status_code == 404
    assert hr_elsewhere.command("/v1/eligibility-checks", {**request, "requester": "U2"}).status_code == 201


def test_a_body_that_names_another_record_than_its_path_is_refused(door: House) -> None:
    decider = door.caller("decider-1", "DECIDER", "CREDIT-OFFICE")
    path = f"/v1/breaches/{door.uid('breach', 'B9')}/declination"
    answer = decider.command(path, {"breach_id": "B1", "reason": "NO_BASIS"})

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "id-mismatch", "data.breach_id")
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    other = credit.command(f"/v1/repairs/{door.uid('breach', 'B9')}/acceptance", {"repair_id": "R1", "accepted_on": ON})
    assert other.status_code == 404
