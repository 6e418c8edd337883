"""Who may knock at which door: every route × every role, against a table written by hand from DOMAIN §4 and §8.

A route of the interface without a row here is a red build. Cells are asked over HTTP, each with a request that cannot
succeed: whoever the route serves is told what is wrong with it, anybody else that nothing is known.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi import APIRouter
from starlette.routing import Route

import api.app
from api.policy import NoPolicy, every_route, open_to
from ledger.access import Viewer
from tests.support.http import Caller, House

WHO = {
    "SUBJECT": Viewer("P1", "SUBJECT"),
    "UNIT_HEAD": Viewer("unit-head-1", "UNIT_HEAD", "U1"),
    "REPORTER": Viewer("reporter-1", "REPORTER"),
    "DECIDER": Viewer("decider-1", "DECIDER", "CREDIT-OFFICE"),
    "REVIEWER": Viewer("reviewer-1", "REVIEWER", "PERSONNEL"),
    "HR": Viewer("hr-1", "HR", "PERSONNEL"),
    "CREDIT": Viewer("credit-1", "CREDIT", "CREDIT-OFFICE"),
    "ASSESSOR": Viewer("assessor-1", "ASSESSOR", "CREDIT-OFFICE"),
    "EXPERT": Viewer("expert-1", "EXPERT"),
    "THIRD_PARTY": Viewer("agency-1", "THIRD_PARTY"),
    "AUDITOR": Viewer("auditor-1", "AUDITOR"),
    "DPO": Viewer("dpo-1", "DPO"),
}
ALL = " ".join(WHO)
OPEN = "anybody"
BY_SUBJECT = "SUBJECT HR CREDIT"  # a subject's act, or recorded for it by HR or the credit office (DOMAIN §4.1)
FILE = "SUBJECT UNIT_HEAD DECIDER REVIEWER HR CREDIT AUDITOR DPO"

# The lines of DOMAIN §4.2 say who emits an event; §8 and §10 who reads what.
TABLE = {
    # Reading.
    "GET /livez": OPEN,
    "GET /readyz": OPEN,
    "GET /version": OPEN,
    "GET /metrics": OPEN,
    "GET /v1/openapi.json": OPEN,
    "POST /v1/subjects/lookup": f"{FILE} REPORTER ASSESSOR",
    "GET /v1/subjects": "HR CREDIT DECIDER REVIEWER ASSESSOR AUDITOR DPO",
    "GET /v1/subjects/{uid}": f"{FILE} ASSESSOR",
    "GET /v1/subjects/{uid}/integrity-file": FILE,
    "GET /v1/subjects/{uid}/access-log": "SUBJECT AUDITOR DPO",
    "GET /v1/subjects/{uid}/difference": "SUBJECT AUDITOR",
    "GET /v1/units/{uid}/score": ALL,
    "GET /v1/subjects/{uid}/deadlines": "SUBJECT UNIT_HEAD DECIDER REVIEWER HR CREDIT ASSESSOR AUDITOR DPO",
    "GET /v1/deadlines": "SUBJECT UNIT_HEAD DECIDER REVIEWER HR CREDIT ASSESSOR AUDITOR DPO",
    "GET /v1/breaches": "DECIDER REVIEWER CREDIT AUDITOR DPO",
    "GET /v1/breaches/{uid}": FILE,
    "GET /v1/commitments": "HR CREDIT AUDITOR DPO",
    "GET /v1/commitments/{uid}": FILE,
    "GET /v1/repairs/{uid}": FILE,
    "GET /v1/consents/{uid}": "SUBJECT AUDITOR",
    "GET /v1/data-requests/{uid}": "SUBJECT AUDITOR DPO",
    "GET /v1/eligibility-checks": "HR AUDITOR",
    "GET /v1/eligibility-checks/{uid}": "SUBJECT HR AUDITOR",
    "GET /v1/assessments/{uid}": "SUBJECT UNIT_HEAD DECIDER REVIEWER ASSESSOR AUDITOR",
    "GET /v1/subjects/{uid}/evidence-bundle": "SUBJECT AUDITOR",
    "GET /v1/ledger/entries": "AUDITOR",
    # What is public of units (DOMAIN §8).
    "GET /v1/units/ranking": OPEN,
    "GET /v1/public/units": OPEN,
    "GET /v1/public/units/{uid}/breaches": OPEN,
    # Proofs (DESIGN §7): public, all but the entries' own bytes.
    "GET /v1/ledger/checkpoint": OPEN,
    "GET /v1/ledger/access/checkpoint": OPEN,
    "GET /v1/ledger/tile/{level}/{place}": OPEN,
    "GET /v1/ledger/tile/entries/{place}": "AUDITOR",
    "GET /v1/ledger/proofs/inclusion": OPEN,
    "GET /v1/ledger/proofs/consistency": OPEN,
    "GET /v1/ledger/receipts/{index}": OPEN,
    "GET /v1/status-lists/{index}": OPEN,
    "GET /v1/attachments/{uid}": "SUBJECT REPORTER DECIDER REVIEWER HR CREDIT AUDITOR",
    # Many at once.
    "POST /v1/batch": ALL,
    # A unit's own system (DESIGN §3).
    "POST /v1/signing/keys": "SUBJECT HR",
    "POST /v1/signing/preparations": ALL,
    "POST /v1/signing/commands": ALL,
    "POST /v1/imports": "CREDIT",
    "POST /v1/attachments": "SUBJECT REPORTER DECIDER REVIEWER HR CREDIT",
    # Subjects.
    "POST /v1/subjects": "HR CREDIT",
    "POST /v1/subjects/{uid}/posts": "HR CREDIT",
    "POST /v1/subjects/{uid}/sanctions": "HR DECIDER",
    "POST /v1/subjects/{uid}/sanctions/lifting": "HR DECIDER",
    "POST /v1/subjects/{uid}/ranks": "HR CREDIT",
    "POST /v1/subjects/{uid}/identity-correction": "HR CREDIT",
    "POST /v1/subjects/{uid}/merger": "HR CREDIT",
    "POST /v1/subjects/{uid}/merger/undoing": "HR CREDIT",
    "POST /v1/reorganisations": "HR CREDIT",
    "POST /v1/subjects/{uid}/commendations": "HR CREDIT",
    # Commitments.
    "POST /v1/commitments": BY_SUBJECT,
    "POST /v1/commitments/taken-over": "CREDIT",
    "POST /v1/commitments/assessments": "CREDIT",
    "POST /v1/commitments/{uid}/amendment": "CREDIT",
    "POST /v1/commitments/{uid}/fulfilment": "HR CREDIT",
    "POST /v1/commitments/{uid}/waiver": "CREDIT",
    # Breaches.
    "POST /v1/breaches": "REPORTER",
    "POST /v1/breaches/authority-records": "CREDIT",
    "POST /v1/breaches/{uid}/declination": "DECIDER",
    "POST /v1/breaches/{uid}/notice": "DECIDER",
    "POST /v1/breaches/{uid}/reply": BY_SUBJECT,
    "POST /v1/breaches/{uid}/confirmation": "DECIDER",
    "POST /v1/breaches/{uid}/dismissal": "DECIDER",
    "POST /v1/breaches/{uid}/clearance-notice": "DECIDER CREDIT",
    "POST /v1/breaches/{uid}/removal": "CREDIT",
    "POST /v1/breaches/{uid}/appeal": BY_SUBJECT,
    "POST /v1/breaches/{uid}/appeal-decision": "REVIEWER",
    "POST /v1/breaches/{uid}/correction": "DECIDER CREDIT",
    "POST /v1/breaches/{uid}/voiding": "DECIDER CREDIT",
    # Repairs.
    "POST /v1/repairs": BY_SUBJECT,
    "POST /v1/repairs/{uid}/supplement": "CREDIT",
    "POST /v1/repairs/{uid}/acceptance": "CREDIT",
    "POST /v1/repairs/{uid}/publicity": "CREDIT",
    "POST /v1/repairs/{uid}/approval": "DECIDER CREDIT",
    "POST /v1/repairs/{uid}/rejection": "DECIDER CREDIT",
    "POST /v1/repairs/{uid}/revocation": "DECIDER CREDIT",
    "POST /v1/repairs/{uid}/sync-confirmation": "CREDIT THIRD_PARTY",
    "POST /v1/break-glass": "HR CREDIT",
    "POST /v1/break-glass/{uid}/review": "AUDITOR DPO",
    "POST /v1/conflicts": "DECIDER REVIEWER HR",
    "POST /v1/delegations": "DECIDER REVIEWER HR CREDIT ASSESSOR",
    "POST /v1/delegations/{uid}/ending": "DECIDER REVIEWER HR CREDIT ASSESSOR",
    # Measures: the catalogue is everybody's.
    "GET /v1/measures": ALL,
    "GET /v1/measures/{uid}": ALL,
    "POST /v1/measures": "CREDIT",
    "POST /v1/measures/{uid}/retirement": "CREDIT",
    "POST /v1/measures/{uid}/application": "CREDIT",
    "POST /v1/measures/{uid}/lifting": "CREDIT",
    # Taken over.
    "POST /v1/records": "CREDIT",
    "POST /v1/records/observations": "CREDIT",
    "POST /v1/records/batches": "CREDIT",
    # Consents and checks.
    "POST /v1/consents": BY_SUBJECT,
    "POST /v1/consents/{uid}/withdrawal": BY_SUBJECT,
    "POST /v1/data-requests": BY_SUBJECT,
    "POST /v1/data-requests/{uid}/answer": "DPO",
    "POST /v1/eligibility-checks": "HR",
    "POST /v1/eligibility-checks/{uid}/notice": "HR",
    "POST /v1/eligibility-checks/{uid}/response": BY_SUBJECT,
    "POST /v1/eligibility-checks/{uid}/credit-report": "HR",
    "POST /v1/eligibility-checks/{uid}/decision": "HR",
    "POST /v1/eligibility-checks/{uid}/notification": "HR",
    "POST /v1/eligibility-checks/{uid}/dispute": BY_SUBJECT,
    "POST /v1/eligibility-checks/{uid}/redetermination": "HR",
    "POST /v1/eligibility-checks/{uid}/finalisation": "HR",
    "POST /v1/eligibility-checks/{uid}/withdrawal": BY_SUBJECT,
    "POST /v1/eligibility-checks/{uid}/certificates": "SUBJECT HR",
    "POST /v1/eligibility-checks/{uid}/certificates/revocation": "SUBJECT HR",
    # Assessments and editions.
    "POST /v1/assessments": "ASSESSOR",
    "POST /v1/assessments/schemes": "ASSESSOR",
    "POST /v1/assessments/{uid}/review": "ASSESSOR",
    "POST /v1/assessments/{uid}/publication": "ASSESSOR",
    "POST /v1/assessments/{uid}/restatement": "ASSESSOR",
    "POST /v1/rulebooks": "CREDIT",
    "POST /v1/rulebooks/activation": "CREDIT",
    "POST /v1/rulebooks/{uid}/retirement": "CREDIT",
    "POST /v1/erasures": "DPO",
}
FILES = "GET /v1/attachments/{uid}"  # whoever may bring a file may have it back: asked for below
STATUS_LISTS = "GET /v1/status-lists/{index}"  # there is none before the first certificate (test_certificates.py)
ROUTES = [route for route in TABLE if route not in (FILES, STATUS_LISTS)]
PLACES = {"level": "0", "place": "000.p/1", "index": "0"}  # of entry 0, which every ledger has
SUBJECT_OF_UNIT = Viewer("unit-head-1", "SUBJECT", "U1")


@pytest.fixture(scope="module")
def callers(door: House) -> dict[str, Caller]:
    return {role: door.caller(who.actor, who.role, who.unit) for role, who in WHO.items()}


def asked(door: House, caller: Caller, route: str, limit: str = "none", as_of: str = "never") -> tuple[int, str]:
    """Status and code of a request that cannot succeed: no day, no such page, a body that says nothing."""
    method, path = route.split(" ")
    records = {"subjects": ("subject", "P1"), "units": ("subject", "U1"), "assessments": ("assessment", "A1")}
    records["public"] = records["units"]
    kind, ref = records.get(path.split("/")[2] if path.startswith("/v1/") else "", ("breach", "B1"))
    path = path.format(uid=door.uid(kind, ref), **PLACES)
    query = {"as_of": as_of, "limit": limit, "index": 0, "from": 1}
    answer = caller.post(path, {}) if method == "POST" else caller.get(path, **query)
    return answer.status_code, answer.json().get("code", "") if "json" in answer.headers["content-type"] else ""


@pytest.mark.parametrize("route", ROUTES)
def test_a_route_serves_exactly_its_roles(door: House, callers: dict[str, Caller], route: str) -> None:
    served = set(WHO) if TABLE[route] == OPEN else set(TABLE[route].split())

    for role, caller in callers.items():
        if role == "SUBJECT" and route == "GET /v1/assessments/{uid}":
            caller = door.caller(SUBJECT_OF_UNIT.actor, SUBJECT_OF_UNIT.role, SUBJECT_OF_UNIT.unit)
        status, code = asked(door, caller, route)
        assert status < 500, (role, status)
        if role in served:
            assert status != 404, role
        else:
            assert (status, code) == (404, "not-found"), (role, status)


@pytest.mark.parametrize("route", [route for route in TABLE if TABLE[route] != OPEN])
def test_without_a_sign_in_no_route_answers(door: House, route: str) -> None:
    for secret in (None, "ilt_guessed", ""):
        assert asked(door, door.stranger(secret), route) == (401, "sign-in-required")


@pytest.mark.parametrize("route", [route for route in ROUTES if TABLE[route] == OPEN])
def test_what_is_open_needs_no_sign_in(door: House, route: str) -> None:
    assert asked(door, door.stranger(), route, limit="1", as_of="2025-06-01")[0] == 200


def test_every_route_of_the_interface_has_its_row(door: House) -> None:
    routes = [route for route in every_route(door.app.routes) if isinstance(route, Route)]
    found = {f"{method} {route.path_format}" for route in routes for method in route.methods or () if method != "HEAD"}
    interface = {name for name in found if name.split("/")[1] in ("v1", "livez", "readyz", "version", "metrics")}

    assert interface == set(TABLE)


def test_whoever_may_bring_a_file_may_have_it_back(door: House, callers: dict[str, Caller]) -> None:
    about = door.uid("subject", "P1")
    for role, caller in callers.items():
        upload = {"file": ("note.txt", b"what was seen")}
        headers = {"Idempotency-Key": f"file-of-{role}"}
        kept = caller.send("POST", "/v1/attachments", files=upload, data={"subject": about}, headers=headers)
        if role not in TABLE["POST /v1/attachments"].split():
            assert kept.status_code == 404, role
            continue
        assert kept.status_code == 201, kept.text
        path = f"/v1/attachments/{kept.json()['id']}"
        for other, reader in callers.items():
            allowed = other == role or other in ("DECIDER", "REVIEWER", "AUDITOR")
            assert reader.get(path).status_code == (200 if allowed else 404), (role, other)


def test_a_route_without_a_policy_stops_the_application(door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    router = APIRouter()

    @router.get("/v1/nobody-said-for-whom")
    def forgotten() -> None: ...

    monkeypatch.setattr("api.app.entries.router", router)

    with pytest.raises(NoPolicy, match="/v1/nobody-said-for-whom"):
        api.app.create_app(door.ledger)


def test_a_policy_for_a_role_that_does_not_exist_is_none() -> None:
    for roles in (["KING"], [], ["SYSTEM"]):
        with pytest.raises(NoPolicy):
            open_to(roles)


@pytest.mark.parametrize("header", ["Basic YTpi", "Bearer", "Bearer ", "ilt_x", "bearer\tilt_x", ""])
def test_a_header_of_another_kind_is_no_sign_in(door: House, header: str) -> None:
    answer = door.stranger().send("GET", "/v1/subjects", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_session_of_a_page_is_no_token_for_programs(door: House) -> None:
    session, _ = door.tokens.issue(Viewer("auditor-1", "AUDITOR"), session_hours=1)

    assert door.stranger(session).get("/v1/ledger/entries").status_code == 401


def test_a_token_ends_at_the_next_request(own_door: House) -> None:
    secret, token = own_door.tokens.issue(Viewer("auditor-1", "AUDITOR"))
    other, _ = own_door.tokens.issue(Viewer("auditor-1", "AUDITOR"), days=1)
    assert own_door.stranger(secret).get("/v1/subjects").status_code == 200

    own_door.tokens.revoke(token.id)
    assert own_door.stranger(secret).get("/v1/subjects").status_code == 401

    assert own_door.stranger(other).get("/v1/subjects").status_code == 200
    now = own_door.ledger.clock
    own_door.ledger.clock = lambda: now() + timedelta(days=1, seconds=1)
    assert own_door.stranger(other).get("/v1/subjects").status_code == 401
