"""Batches: one commit, each command its own answer; a refused one dooms nobody; the same batch is the same batch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from api.routes.batch import MAX_COMMANDS
from ledger import fsck
from ledger.domain.access import CommandRefused
from tests.support.http import BOTH, LINES, MORE, Caller, House, database, house, opened, registration


@pytest.fixture(params=BOTH)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp(f"batch-{request.param}")
    with (
        database(request, folder, request.param) as url,
        opened(url, folder, LINES + MORE) as ledger,
        house(ledger) as made,
    ):
        yield made
        assert [finding.code for finding in fsck.verify(ledger).findings] == ["history"]


@pytest.fixture
def hr(both: House) -> Caller:
    return both.caller("hr-1", "HR", "PERSONNEL")


def registrations(*numbers: int) -> list[dict[str, Any]]:
    return [{"type": "SubjectRegistered", "data": registration(number)} for number in numbers]


def test_one_command_and_a_thousand(both: House, hr: Caller) -> None:
    size = both.ledger.size
    (one,) = hr.batch(registrations(0)).json()["answers"]
    many = hr.batch(registrations(*range(1, MAX_COMMANDS + 1))).json()["answers"]

    assert one["status"] == 201
    assert {answer["status"] for answer in many} == {201}
    assert [answer["index"] for answer in many] == list(range(size + 1, size + 1 + MAX_COMMANDS))
    assert both.ledger.size == size + 1 + MAX_COMMANDS
    for answer in (one, many[0], many[-1]):
        entry = both.ledger.store.entry(answer["index"])
        assert (entry.leaf.hex(), entry.stream) == (answer["leaf"], f"subject/{answer['uid']}")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"commands": []}, "out-of-range", "commands"),
        ({"commands": [{}] * (MAX_COMMANDS + 1)}, "out-of-range", "commands"),
        ({"commands": {}}, "out-of-range", "commands"),
        ({}, "missing-field", "commands"),
        ({"commands": [{}], "more": 1}, "unknown-field", "more"),
        ([], "not-an-object", None),
    ],
    ids=["none", "1001", "an object", "nothing", "more", "a list"],
)
def test_a_batch_is_one_to_a_thousand_commands(door: House, body: Any, code: str, field: str | None) -> None:
    size = door.ledger.size
    answer = door.caller("hr-1", "HR", "PERSONNEL").post("/v1/batch", body, Idempotency_Key=str(uuid4()))

    assert (answer.status_code, answer.json()["code"], answer.json().get("field")) == (400, code, field)
    assert door.ledger.size == size


def test_a_batch_has_a_key(door: House) -> None:
    answer = door.caller("hr-1", "HR", "PERSONNEL").post("/v1/batch", {"commands": registrations(1)})

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")


def test_refused_commands_leave_nothing_and_doom_nobody(both: House, hr: Caller) -> None:
    size, looks = both.ledger.size, both.looks()
    commands = [
        *registrations(1),
        {"type": "SubjectRegistered", "data": registration(1)},
        {"type": "BreachConfirmed", "data": {"breach_id": "B1"}},
        {"type": "NoSuchThing", "data": {}},
        {"type": "EligibilityEvaluated", "data": {}},
        {"type": "PostAssigned", "data": {"subject_id": "nobody", "unit_id": "U1", "from": "2026-01-01"}},
        {"data": {}},
        {"type": "SubjectRegistered", "data": [], "金丝雀": 1},
        {"type": "SubjectRegistered", "data": {}, "after": None},
        5,
        *registrations(2),
        {
            "type": "PostAssigned", "after": 1,
            "data": {"subject_id": "N2", "unit_id": "U1", "level": "L3", "post": "C3", "from": "2026-01-01"},
        },
        {
            "type": "PostAssigned", "after": 1,
            "data": {"subject_id": "N2", "unit_id": "U1", "level": "L3", "post": "C4", "from": "2026-01-01"},
        },
    ]  # fmt: skip
    answer = hr.batch(commands)
    told = [(one["status"], one.get("code")) for one in answer.json()["answers"]]

    assert answer.status_code == 200
    assert told == [
        (201, None),
        (422, "subject-exists"),
        (404, "not-found"),
        (400, "unknown-type"),
        (404, "not-found"),
        (422, "unknown-subject"),
        (400, "missing-field"),
        (400, "unknown-field"),
        (400, "wrong-type"),
        (400, "not-an-object"),
        (201, None),
        (201, None),
        (412, "stale-version"),
    ]
    assert "金丝雀" not in answer.text
    assert both.ledger.size == size + 3
    traces = list(both.ledger.access.logged(looks, both.looks()))
    assert [trace.type for trace in traces] == [CommandRefused.__name__] * 2
    assert [trace.data["code"] for trace in traces] == ["subject-exists", "unknown-subject"]


def test_the_same_batch_again_gets_the_same_answers(both: House, hr: Caller) -> None:
    commands = [*registrations(1, 2), {"type": "BreachConfirmed", "data": {}}, *registrations(3)]
    first = hr.batch(commands, key="batch").json()
    size = both.ledger.size
    touched = both.ledger.store.recorder.query("SELECT touched FROM head")[0][0]
    again = hr.batch(commands, key="batch").json()

    assert first == again
    assert both.ledger.size == size
    wrote = both.ledger.store.recorder.query("SELECT touched FROM head")[0][0] > touched
    assert wrote == both.ledger.store.recorder.replay_writes, "a replay is answered behind a write (ASSURANCE A2)"


def test_what_was_refused_the_first_time_is_judged_anew(both: House, hr: Caller) -> None:
    post = {"subject_id": "N1", "unit_id": "U1", "level": "L3", "post": "C3", "from": "2026-01-01"}
    commands = [{"type": "PostAssigned", "data": post}, *registrations(2)]
    first = hr.batch(commands, key="batch").json()["answers"]
    hr.command("/v1/subjects", registration(1))
    again = hr.batch(commands, key="batch").json()["answers"]

    assert [answer["status"] for answer in first] == [422, 201]
    assert [answer["status"] for answer in again] == [201, 201]
    assert again[1] == first[1]


def test_another_batch_under_the_same_key_is_refused_where_it_differs(both: House, hr: Caller) -> None:
    first = hr.batch(registrations(1, 2), key="batch").json()["answers"]
    size = both.ledger.size
    other = hr.batch(registrations(1, 3), key="batch").json()["answers"]

    assert other[0] == first[0]
    assert (other[1]["status"], other[1]["code"]) == (422, "request-key-reused")
    assert both.ledger.size == size


def test_a_batch_on_another_day_is_the_same_batch(own_door: House) -> None:
    hr, clock = own_door.caller("hr-1", "HR", "PERSONNEL"), own_door.ledger.clock
    first = hr.batch(registrations(1, 2), key="midnight").json()
    own_door.ledger.clock = lambda: clock() + timedelta(days=1)

    assert hr.batch(registrations(1, 2), key="midnight").json() == first


def test_a_batch_fails_as_a_whole_where_the_clock_stands_behind(own_door: House) -> None:
    hr, clock = own_door.caller("hr-1", "HR", "PERSONNEL"), own_door.ledger.clock
    hr.batch(registrations(0))
    size, looks = own_door.ledger.size, own_door.looks()
    own_door.ledger.clock = lambda: clock() - timedelta(minutes=1)
    answer = hr.batch(registrations(1, 2), key="late")
    own_door.ledger.clock = clock

    assert (answer.status_code, answer.json()["code"]) == (503, "clock-behind")
    assert int(answer.headers["retry-after"]) > 0
    assert (own_door.ledger.size, own_door.looks()) == (size, looks)
    assert [one["status"] for one in hr.batch(registrations(1, 2), key="late").json()["answers"]] == [201, 201]


def test_a_batch_fails_as_a_whole_where_we_are_mistaken(own_door: House, monkeypatch: pytest.MonkeyPatch) -> None:
    hr, size = own_door.caller("hr-1", "HR", "PERSONNEL"), own_door.ledger.size
    submit, calls = own_door.ledger.submit, []

    def fail_at_the_second(*given: Any, **options: Any) -> Any:
        calls.append(given)
        if len(calls) == 2:
            raise ZeroDivisionError
        return submit(*given, **options)

    monkeypatch.setattr(own_door.ledger, "submit", fail_at_the_second)
    answer = hr.batch(registrations(1, 2, 3), key="ours")

    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert own_door.ledger.size == size
    assert [one["status"] for one in hr.batch(registrations(1, 2, 3), key="ours").json()["answers"]] == [201] * 3


def test_a_check_may_be_requested_in_a_batch(both: House) -> None:
    hr, size = both.caller("hr-9", "HR", "U2"), both.ledger.size
    request = {"check_id": "K-1", "subject_id": "P2", "purpose": "RECRUIT", "consent_id": "CONSENT-9", "post_ref": "1"}
    commands = [{"type": "EligibilityCheckRequested", "data": request}, {"type": "NoSuch", "data": {}}]

    first = hr.batch(commands, key="check").json()
    assert [answer["status"] for answer in first["answers"]] == [201, 400]
    assert both.ledger.size == size + 2
    assert hr.batch(commands, key="check").json() == first


def test_a_batch_says_in_whose_name_it_acts_by_nothing_but_its_token(door: House) -> None:
    size = door.ledger.size
    for role, unit in (("UNIT_HEAD", "U1"), ("AUDITOR", None), ("EXPERT", None), ("DPO", None)):
        answers = door.caller("somebody", role, unit).batch(registrations(900)).json()["answers"]
        assert [(one["status"], one["code"]) for one in answers] == [(404, "not-found")], role
    assert door.ledger.size == size
    hr = door.caller("hr-1", "HR", "PERSONNEL")
    forged = [{**registrations(901)[0], "actor": {"id": "decider-1", "role": "DECIDER"}}]
    assert hr.batch(forged).json()["answers"][0]["code"] == "unknown-field"
