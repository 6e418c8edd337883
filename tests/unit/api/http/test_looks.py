"""Looks: every read of a person's record leaves exactly one, before it is answered; without one there is no answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ledger.domain.access import CommandRefused, RecordAccessed
from ledger.errors import Unavailable
from ledger.reading import Logged
from projections.runner import catch_up
from tests.support.http import Caller, House

ON = "2026-06-30"


@pytest.fixture(scope="module", autouse=True)
def caught_up(door: House) -> None:
    catch_up(door.ledger, door.ledger.store.engine)


@pytest.fixture
def hr(door: House) -> Caller:
    return door.caller("hr-1", "HR", "PERSONNEL")


@pytest.fixture
def auditor(door: House) -> Caller:
    return door.caller("auditor-1", "AUDITOR")


class Looks:
    """What was added to the access log while a block ran."""

    def __init__(self, door: House) -> None:
        self._door, self._before = door, door.looks()

    def __iter__(self) -> Iterator[Logged]:
        return self._door.ledger.access.logged(self._before, self._door.looks())

    def only(self) -> Logged:
        (look,) = self
        return look


def path_of(door: House, path: str, kind: str, ref: str) -> str:
    return path.format(door.uid(kind, ref))


READS: list[tuple[str, str, str, str, dict[str, str], str]] = [
    ("/v1/subjects/{}", "subject", "P1", "SUBJECT", {}, "AUDIT"),
    ("/v1/subjects/{}/integrity-file", "subject", "P1", "INTEGRITY_FILE", {"as_of": ON}, "AUDIT"),
    ("/v1/subjects/{}/integrity-file", "subject", "P1", "INTEGRITY_FILE", {"purpose": "COMPLAINT"}, "COMPLAINT"),
    ("/v1/subjects/{}/access-log", "subject", "P1", "ACCESS_LOG", {}, "AUDIT"),
    ("/v1/breaches/{}", "breach", "B1", "INTEGRITY_FILE", {"as_known": "20"}, "AUDIT"),
    ("/v1/repairs/{}", "breach", "B1", "INTEGRITY_FILE", {}, "AUDIT"),
    ("/v1/commitments/{}", "commitment", "C3", "INTEGRITY_FILE", {}, "AUDIT"),
    ("/v1/consents/{}", "consent", "CONSENT-1", "INTEGRITY_FILE", {}, "AUDIT"),
    ("/v1/eligibility-checks/{}", "check", "K1", "ELIGIBILITY_CHECK", {}, "RECRUIT"),
]


@pytest.mark.parametrize(("path", "kind", "ref", "scope", "query", "purpose"), READS)
def test_a_read_of_a_record_is_one_look_at_its_subject(
    door: House, auditor: Caller, path: str, kind: str, ref: str, scope: str, query: dict[str, str], purpose: str
) -> None:
    looks = Looks(door)
    answer = auditor.get(path_of(door, path, kind, ref), **query)
    look = looks.only()

    assert answer.status_code == 200
    assert look.type == RecordAccessed.__name__
    assert look.subjects == (door.uid("subject", "P1"),)
    assert (list(look.data["scope"]), look.purpose, look.actor["role"]) == ([scope], purpose, "AUDITOR")
    assert look.data.get("as_of") == (ON if "as_of" in query else look.data.get("as_of"))
    if "as_known" in query:
        assert look.data["as_known"] == int(query["as_known"])
    if kind == "check":
        assert look.data["case"] == door.uid("check", ref)


@pytest.mark.parametrize(
    ("path", "people"),
    [
        ("/v1/subjects", {"P1", "P2"}),
        ("/v1/breaches", {"P1", "P2"}),
        ("/v1/commitments", {"P1", "P2"}),
        ("/v1/eligibility-checks", {"P1", "P2"}),
    ],
)
def test_a_page_of_a_list_is_one_look_at_the_people_on_it(
    door: House, auditor: Caller, path: str, people: set[str]
) -> None:
    looks = Looks(door)
    assert auditor.get(path).status_code == 200

    assert set(looks.only().subjects) == {door.uid("subject", ref) for ref in people}


def test_a_page_of_entries_is_one_look_at_whoever_they_concern(door: House, auditor: Caller) -> None:
    looks = Looks(door)
    assert auditor.get("/v1/ledger/entries", start=10, limit=3).status_code == 200

    look = looks.only()
    assert look.data["scope"] == ["ENTRIES"]
    assert set(look.subjects) == {s for entry in door.ledger.logged(10, 13) for s in entry.subjects}
    assert door.uid("subject", "P1") in look.subjects


@pytest.mark.parametrize("query", [{"start": 0, "limit": 1}, {"start": 1_000_000}])
def test_entries_that_concern_nobody_are_no_look(door: House, auditor: Caller, query: dict[str, int]) -> None:
    """Else an auditor who read the opening entry would stand in everybody's access log."""
    looks = Looks(door)
    assert auditor.get("/v1/ledger/entries", **query).status_code == 200

    assert list(looks) == []


def test_what_is_nobodys_record_is_no_look(door: House, auditor: Caller) -> None:
    looks = Looks(door)
    for path in (
        f"/v1/units/{door.uid('subject', 'U1')}/score",
        f"/v1/subjects/{door.uid('subject', 'U1')}",
        f"/v1/assessments/{door.uid('assessment', 'A1')}",
        "/v1/subjects?kind=UNIT",
        "/version",
    ):
        assert auditor.get(path).status_code == 200, path
    assert auditor.post("/v1/subjects/lookup", {"ref": "U1"}).status_code == 200

    assert list(looks) == []


def test_a_look_up_that_finds_a_person_is_a_look(door: House, hr: Caller) -> None:
    for body in ({"ref": "P1"}, {"name": "示例", "id_number": "11010519491231002X"}):
        looks = Looks(door)
        answer = hr.post("/v1/subjects/lookup", body)
        assert answer.json() == {"uid": door.uid("subject", "P1")}
        look = looks.only()
        assert (look.subjects, look.data["scope"]) == ((door.uid("subject", "P1"),), ["LOOKUP"])
        assert door.ledger.caller_id(look.actor["unit"]) == "PERSONNEL"


@pytest.mark.parametrize(
    "body",
    [
        {"ref": "nobody"},
        {"ref": ""},
        {"name": "示例", "id_number": "23080318800101001X"},
        {"name": "别人", "id_number": "11010519491231002X"},
        {"name": "示", "id_number": "11010519491231002X"},
        {"name": "示例", "id_number": "11010519491231002x"},
    ],
)
def test_a_look_up_is_exact_and_who_is_not_found_was_not_looked_at(
    door: House, hr: Caller, body: dict[str, str]
) -> None:
    looks = Looks(door)
    answer = hr.post("/v1/subjects/lookup", body)

    assert answer.status_code == (400 if body.get("ref") == "" else 404)
    assert not any(value and value in answer.text for value in body.values())
    assert list(looks) == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": "示例"},
        {"id_number": "1"},
        {"ref": "P1", "name": "示例"},
        {"ref": 1},
        {"ref": None},
        {"ref": ["P1"]},
    ],
)
def test_a_look_up_names_one_subject_in_one_of_two_ways(door: House, hr: Caller, body: dict[str, Any]) -> None:
    answer = hr.post("/v1/subjects/lookup", body)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad-lookup")


def test_what_is_not_shown_leaves_no_look(door: House, hr: Caller) -> None:
    looks = Looks(door)
    other = door.caller("hr-9", "HR", "U2")
    assert other.get(f"/v1/eligibility-checks/{door.uid('check', 'K1')}").status_code == 404
    assert hr.get(f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file").status_code == 400
    assert door.caller("P2", "SUBJECT").get(f"/v1/subjects/{door.uid('subject', 'P1')}").status_code == 404

    assert list(looks) == []


def test_an_attempt_without_a_consent_is_logged_and_no_look(door: House, hr: Caller) -> None:
    """Nothing was seen; that somebody tried stands beside the refused commands."""
    looks, subject = Looks(door), door.uid("subject", "P2")
    answer = hr.get(f"/v1/subjects/{subject}/integrity-file", purpose="RECRUIT")
    attempt = looks.only()

    assert (answer.status_code, answer.json()["code"]) == (422, "consent-missing")
    assert attempt.type == CommandRefused.__name__
    assert dict(attempt.data) == {"type": RecordAccessed.__name__, "code": "consent-missing", "target": subject}


def test_recruiting_hr_looks_on_a_consent(door: House, hr: Caller) -> None:
    looks = Looks(door)
    path = f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file"

    assert hr.get(path, purpose="RECRUIT", as_of="2025-09-01").status_code == 200
    assert looks.only().data["consent"] == door.uid("consent", "CONSENT-1")


def test_the_person_sees_who_looked_and_never_an_officer(own_door: House) -> None:
    uid = own_door.uid("subject", "P1")
    hr, person = own_door.caller("hr-1", "HR", "PERSONNEL"), own_door.caller("P1", "SUBJECT")
    hr.get(f"/v1/subjects/{uid}/integrity-file", purpose="PROMOTE")
    before = own_door.looks()
    answer = person.get(f"/v1/subjects/{uid}/access-log")
    (look,) = answer.json()["looks"]

    assert (look["unit"], look["role"], look["purpose"]) == ("PERSONNEL", "HR", "PROMOTE")
    assert "actor" not in look
    assert "hr-1" not in answer.text
    assert own_door.looks() == before, "who reads their own access log has looked at nobody"
    dpo = own_door.caller("dpo-1", "DPO").get(f"/v1/subjects/{uid}/access-log").json()
    assert "actor" in dpo["looks"][0]


@pytest.mark.parametrize(("path", "kind", "ref", "scope", "query", "purpose"), READS)
def test_without_its_look_a_read_has_no_answer(
    door: House,
    auditor: Caller,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    kind: str,
    ref: str,
    scope: str,
    query: dict[str, str],
    purpose: str,
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable("the disk is full; nothing was written", code="disk-full")

    monkeypatch.setattr(door.ledger.access.store.recorder, "append", fail)
    answer = auditor.get(path_of(door, path, kind, ref), **query)

    assert (answer.status_code, answer.json()["code"]) == (503, "disk-full")
    assert int(answer.headers["retry-after"]) > 0
    assert set(answer.json()) == {"type", "title", "status", "code", "detail", "trace_id"}


def test_without_its_look_no_list_and_no_look_up_is_answered(
    door: House, auditor: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("gone")

    monkeypatch.setattr(door.ledger.access, "_append", fail)

    for path in ("/v1/subjects", "/v1/breaches", "/v1/eligibility-checks", "/v1/ledger/entries"):
        answer = auditor.get(path)
        assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
        assert "items" not in answer.text
    assert auditor.post("/v1/subjects/lookup", {"ref": "P1"}).status_code == 500
    assert auditor.get(f"/v1/units/{door.uid('subject', 'U1')}/score").status_code == 200


def test_a_refusal_that_cannot_be_logged_is_no_answer_either(door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable("gone", code="store-unavailable")

    monkeypatch.setattr(door.ledger.access.store.recorder, "append", fail)
    size, breach = door.ledger.size, door.uid("breach", "B1")
    decider = door.caller("decider-1", "DECIDER", "CREDIT-OFFICE")
    answer = decider.command(f"/v1/breaches/{breach}/dismissal", {"disposition": "NO_FAULT", "reasons": "…"})

    assert answer.status_code == 503
    assert door.ledger.size == size


def test_a_file_that_is_handed_out_is_a_look(door: House) -> None:
    hr, about = door.caller("hr-1", "HR", "PERSONNEL"), door.uid("subject", "P1")
    upload = {"file": ("note.txt", b"what was seen")}
    kept = hr.send("POST", "/v1/attachments", files=upload, data={"subject": about}, headers={"Idempotency-Key": "f"})
    looks = Looks(door)
    assert hr.get(f"/v1/attachments/{kept.json()['id']}").content == b"what was seen"

    look = looks.only()
    assert (look.subjects, look.data["scope"]) == ((about,), ["ATTACHMENT"])
