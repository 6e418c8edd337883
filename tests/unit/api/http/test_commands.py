"""Commands over HTTP: a key makes a retry the same request, If-Match makes a stale one no request at all.

A retry is known by its key and its body before anything else is looked at: it gets its first answer whatever became of
the record, of the day, or of If-Match since. What raced is on SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import jsonschema_rs
import pytest
from httpx2 import Response

from api.openapi import EDITION_FILE, body_name, examples
from api.routes.command_table import COMMANDS, CommandRoute
from ledger import fsck
from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.commands.command import check_data
from ledger.domain.access import CommandRefused
from tests.support.http import BOTH, LINES, MORE, Caller, House, database, house, opened, registration

THREADS = 32
ROUNDS = 10


@pytest.fixture(scope="module", params=BOTH)
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp(f"commands-{request.param}")
    with (
        database(request, folder, request.param) as url,
        opened(url, folder, LINES + MORE) as ledger,
        house(ledger) as made,
    ):
        yield made
        report = fsck.verify(ledger)
        assert [finding.code for finding in report.findings] == ["history"]


@pytest.fixture
def hr(both: House) -> Caller:
    return both.caller("hr-1", "HR", "PERSONNEL")


def post_of(number: int) -> dict[str, Any]:
    return {"unit_id": "U1", "level": "L3", "post": "C3", "from": f"20{number % 90 + 10}-01-01"}


def together(work: Callable[[int], Response], count: int) -> list[Response]:
    """The answers to calls that begin at the same moment."""
    barrier, answers = Barrier(count), list[Response]()

    def one(number: int) -> None:
        barrier.wait()
        answers.append(work(number))

    threads = [Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == count
    return answers


# Bodies.


@pytest.mark.parametrize("route", COMMANDS, ids=lambda route: route.type)
@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_example_of_a_body_is_one(door: House, route: CommandRoute, language: str) -> None:
    shown = examples()[route.type]
    data = shown["data"] | shown[language]
    document = door.stranger().get("/v1/openapi.json").json()

    schema = {"$ref": f"#/components/schemas/{body_name(route)}", "components": document["components"]}
    jsonschema_rs.validator_for(schema).validate({"data": data})
    named = {route.names: "X"} if route.names is not None and route.kind is not None else {}
    check_data(route.event, {name: value for name, value in {**named, **data}.items() if name != EDITION_FILE})


def test_every_command_of_the_catalogue_has_its_route_and_its_example() -> None:
    by_the_ledger = {name for name, event in TYPES.items() if {role.value for role in event.ROLES} <= {"SYSTEM"}}

    assert {route.type for route in COMMANDS} == set(TYPES) - by_the_ledger == set(examples())
    assert len({route.path for route in COMMANDS}) == len(COMMANDS)


# Keys.


def test_a_command_without_a_key_is_no_command(both: House, hr: Caller) -> None:
    size, looks = both.ledger.size, both.looks()
    answer = hr.post("/v1/subjects", {"data": registration(1)})

    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")
    assert (both.ledger.size, both.looks()) == (size, looks)


@pytest.mark.parametrize("key", ["", " ", "a b", "a" * 201, "\t", "kl\x7f"])
def test_a_key_is_printable_and_not_long(door: House, key: str) -> None:
    hr = door.caller("hr-1", "HR", "PERSONNEL")
    answer = hr.send("POST", "/v1/subjects", json={"data": registration(1)}, headers={"Idempotency-Key": key})

    assert answer.status_code == 400
    assert answer.json()["code"] == "bad-idempotency-key"
    assert answer.json()["field"] == "Idempotency-Key"


def test_the_same_key_and_body_get_the_same_acknowledgement(both: House, hr: Caller) -> None:
    first = hr.command("/v1/subjects", registration(2), key="two")
    size = both.ledger.size
    again = hr.command("/v1/subjects", registration(2), key="two")

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"] == '"1"'
    assert first.headers["location"] == again.headers["location"] == f"/v1/subjects/{first.json()['uid']}"
    assert both.ledger.size == size


def test_members_in_another_order_are_the_same_body(both: House, hr: Caller) -> None:
    data = registration(3)
    first = hr.command("/v1/subjects", data, key="three")
    turned = json.dumps({"data": dict(reversed(data.items()))}, ensure_ascii=False, indent=2).encode()

    assert hr.post("/v1/subjects", content=turned, Idempotency_Key="three").json() == first.json()


def test_a_retry_is_answered_after_a_restart(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    with opened(url, tmp_path, LINES) as ledger:
        with house(ledger) as before:
            first = before.caller("hr-1", "HR", "PERSONNEL").command("/v1/subjects", registration(1), key="one")
        size = ledger.size
        restarted = Ledger.open(url)
        with house(restarted) as after:
            again = after.caller("hr-1", "HR", "PERSONNEL").command("/v1/subjects", registration(1), key="one")
            assert restarted.size == size
        restarted.close()

    assert first.status_code == 201
    assert again.json() == first.json()


def test_a_retry_is_answered_before_if_match_is_looked_at(both: House, hr: Caller) -> None:
    subject = hr.command("/v1/subjects", registration(4)).json()["uid"]
    path = f"/v1/subjects/{subject}/posts"
    first = hr.command(path, post_of(1), key="post", seen='"1"')
    assert first.status_code == 201
    assert hr.command(path, post_of(2), seen=first.headers["etag"]).status_code == 201

    for seen in ('"1"', '"2"', '"3"', '"77"', "*", None, "nonsense"):
        again = hr.command(path, post_of(1), key="post", seen=seen)
        assert (again.status_code, again.json()) == (201, first.json()), seen
        assert again.headers["etag"] == '"2"'


def test_a_retry_is_answered_when_the_step_is_no_longer_allowed(both: House, hr: Caller) -> None:
    decider = both.caller("decider-1", "DECIDER", "CREDIT-OFFICE")
    reporter = both.caller("reporter-1", "REPORTER", "U1")
    report = {
        "breach_id": f"B-{uuid4()}", "subject_id": "P2", "category": "DUTY_PROMISE", "proposed_severity": "MINOR",
        "occurred_on": "2026-06-01", "duty_related": False, "summary": "…",
    }  # fmt: skip
    opened_now = reporter.command("/v1/breaches", report, key="report")
    path = f"/v1/breaches/{opened_now.json()['uid']}/declination"
    declined = decider.command(path, {"reason": "NO_BASIS"}, key="decline")
    assert declined.status_code == 201

    assert decider.command(path, {"reason": "NO_BASIS"}).json()["code"] == "wrong-state"
    assert decider.command(path, {"reason": "NO_BASIS"}, key="decline").json() == declined.json()
    assert reporter.command("/v1/breaches", report, key="report").json() == opened_now.json()


def test_a_retry_on_another_day_is_the_same_request(own_door: House) -> None:
    """Without an `effective_on` it is the day the command is taken in: a retry after midnight is no other command."""
    hr, clock = own_door.caller("hr-1", "HR", "PERSONNEL"), own_door.ledger.clock
    first = hr.command("/v1/subjects", registration(1), key="midnight")
    own_door.ledger.clock = lambda: clock() + timedelta(days=1)
    again = hr.command("/v1/subjects", registration(1), key="midnight")

    assert first.status_code == 201
    assert (again.status_code, again.json()) == (201, first.json())


def test_the_same_key_with_another_body_is_refused(both: House, hr: Caller) -> None:
    data = registration(5)
    first = hr.command("/v1/subjects", data, key="five")
    size, looks = both.ledger.size, both.looks()
    subject = first.json()["uid"]
    others = [
        hr.command("/v1/subjects", registration(6), key="five"),
        hr.command("/v1/subjects", data, key="five", effective_on="2026-01-01"),
        hr.command("/v1/subjects", data, key="five", basis=["R-P1"]),
        hr.command(f"/v1/subjects/{subject}/posts", post_of(1), key="five"),
        hr.command(f"/v1/subjects/{subject}/posts", post_of(1), key="five", seen=None),
    ]

    assert {(one.status_code, one.json()["code"]) for one in others} == {(422, "request-key-reused")}
    assert (both.ledger.size, both.looks()) == (size, looks)


def test_another_caller_has_keys_of_their_own(both: House, hr: Caller) -> None:
    first = hr.command("/v1/subjects", registration(7), key="seven")
    other = both.caller("hr-2", "HR", "PERSONNEL").command("/v1/subjects", registration(8), key="seven")
    elsewhere = both.caller("hr-1", "HR", "U1").command("/v1/subjects", registration(9), key="seven")

    assert {answer.status_code for answer in (first, other, elsewhere)} == {201}
    assert len({answer.json()["uid"] for answer in (first, other, elsewhere)}) == 3


def test_a_refused_command_does_not_use_its_key_up(both: House, hr: Caller) -> None:
    data = registration(10)
    refused = hr.command("/v1/subjects", {**data, "name": None}, key="ten")
    accepted = hr.command("/v1/subjects", data, key="ten")

    assert refused.status_code in (400, 422)
    assert accepted.status_code == 201


def test_one_entry_for_32_requests_under_one_key(both: House, hr: Caller) -> None:
    for number in range(100, 103):
        size, data = both.ledger.size, registration(number)
        answers = together(partial(same, hr, data, f"all-{number}"), THREADS)
        assert {answer.status_code for answer in answers} == {201}
        assert len({answer.text for answer in answers}) == 1
        assert both.ledger.size == size + 1


def same(caller: Caller, data: dict[str, Any], key: str, _: int) -> Response:
    return caller.command("/v1/subjects", data, key=key)


def test_one_check_for_32_requests_under_one_key(both: House) -> None:
    """A request for a check is two entries in one transaction."""
    hr, size = both.caller("hr-9", "HR", "U2"), both.ledger.size
    request = {
        "check_id": "K-ALL",
        "subject_id": "P2",
        "purpose": "RECRUIT",
        "consent_id": "CONSENT-9",
        "post_ref": "1",
    }
    answers = together(lambda _: hr.command("/v1/eligibility-checks", request, key="check"), THREADS)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert {answer.headers["etag"] for answer in answers} == {'"2"'}
    assert both.ledger.size == size + 2


# If-Match.


def test_a_record_is_changed_at_the_version_that_was_seen(both: House, hr: Caller) -> None:
    subject = hr.command("/v1/subjects", registration(20)).json()["uid"]
    path = f"/v1/subjects/{subject}/posts"
    seen = hr.get(f"/v1/subjects/{subject}").headers["etag"]
    assert seen == '"1"'

    assert hr.command(path, post_of(1), seen=seen).headers["etag"] == '"2"'
    stale = hr.command(path, post_of(2), seen=seen)
    assert (stale.status_code, stale.json()["code"], stale.json()["field"]) == (412, "stale-version", "If-Match")
    ahead = hr.command(path, post_of(2), seen='"9"')
    assert ahead.status_code == 412
    assert hr.command(path, post_of(2), seen="*").status_code == 201
    assert hr.get(f"/v1/subjects/{subject}").headers["etag"] == '"3"'


def test_the_etag_is_that_of_the_version_that_was_read(door: House) -> None:
    """Whoever reads what was known then cannot change what is known now as if they had seen it."""
    auditor, breach = door.caller("auditor-1", "AUDITOR"), door.uid("breach", "B1")
    now = auditor.get(f"/v1/breaches/{breach}").headers["etag"]
    then = auditor.get(f"/v1/breaches/{breach}", as_known="13").headers["etag"]

    assert (then, now) == ('"2"', '"9"')
    check = door.uid("check", "K1")
    assert auditor.get(f"/v1/eligibility-checks/{check}", as_known="28").headers["etag"] == '"2"'


@pytest.mark.parametrize(
    ("seen", "status", "code"),
    [
        (None, 428, "precondition-required"),
        ("", 400, "bad-if-match"),
        ("1", 400, "bad-if-match"),
        ('"0"', 400, "bad-if-match"),
        ('"01"', 400, "bad-if-match"),
        ('W/"1"', 400, "bad-if-match"),
        ('"1", "2"', 400, "bad-if-match"),
        ('"9999999999999999"', 400, "bad-if-match"),
        ("**", 400, "bad-if-match"),
        ('"999999999999999"', 412, "stale-version"),
    ],
)
def test_if_match_says_a_version_or_a_star(door: House, seen: str | None, status: int, code: str) -> None:
    path, size = f"/v1/subjects/{door.uid('subject', 'P2')}/posts", door.ledger.size
    answer = door.caller("hr-1", "HR", "PERSONNEL").command(path, post_of(1), seen=seen)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (status, code, "If-Match")
    assert door.ledger.size == size


def test_two_who_saw_the_same_version_do_not_both_change_it(both: House, hr: Caller) -> None:
    both_callers = (hr, both.caller("credit-1", "HR", "CREDIT-OFFICE"))
    subject = hr.command("/v1/subjects", registration(30)).json()["uid"]
    path, outcomes = f"/v1/subjects/{subject}/posts", Counter[int]()
    for version in range(1, ROUNDS + 1):
        answers = together(partial(change, both_callers, path, f'"{version}"'), 2)
        outcomes.update(answer.status_code for answer in answers)

    assert outcomes[201] == ROUNDS
    assert set(outcomes) <= {201, 409, 412}
    assert len(both.ledger.stream(f"subject/{subject}", both.ledger.size)) == ROUNDS + 1


def change(callers: Sequence[Caller], path: str, seen: str, which: int) -> Response:
    return callers[which].command(path, post_of(which), seen=seen)


def test_of_many_on_whatever_version_none_is_lost(both: House, hr: Caller) -> None:
    """With `*` nobody cares which came first: every one is written, or told to try again."""
    subject = hr.command("/v1/subjects", registration(31)).json()["uid"]
    answers = together(lambda number: hr.command(f"/v1/subjects/{subject}/posts", post_of(number), seen="*"), 16)
    written = [answer.json()["version"] for answer in answers if answer.status_code == 201]

    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sorted(written) == list(range(2, len(written) + 2))
    assert len(both.ledger.stream(f"subject/{subject}", both.ledger.size)) == len(written) + 1


# What is refused, and what trace it leaves.


def test_a_refused_command_leaves_its_type_and_code_and_nothing_of_its_body(both: House, hr: Caller) -> None:
    canary, breach = "金丝雀", both.uid("breach", "B1")
    size, before = both.ledger.size, both.looks()
    decider = both.caller("decider-1", "DECIDER", "CREDIT-OFFICE")
    answer = decider.command(f"/v1/breaches/{breach}/dismissal", {"disposition": "NO_FAULT", "reasons": canary})

    assert answer.status_code == 422
    assert both.ledger.size == size
    assert both.looks() == before + 1
    (trace,) = both.ledger.access.logged(before, before + 1)
    assert trace.type == CommandRefused.__name__
    assert dict(trace.data) == {"type": "BreachDismissed", "code": answer.json()["code"], "target": breach}
    assert canary.encode() not in both.ledger.access.store.entry(before).state


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "missing-field"),
        ({"data": []}, "wrong-type"),
        ({"data": {}, "more": 1}, "unknown-field"),
        ({"data": {}}, "missing-field"),
        ({"data": {"subject_id": 1}}, "wrong-type"),
        ({"data": {"subject_id": "X", "kind": "ALIEN", "region": "230800"}}, "not-in-list"),
        ({"data": {"subject_id": "X", "kind": "UNIT", "region": "x"}}, "bad-format"),
        ({"data": {}, "effective_on": "2026-02-30"}, "impossible-date"),
        ({"data": {}, "effective_on": None}, "wrong-type"),
        ({"data": {}, "purpose": None}, "wrong-type"),
        ({"data": {}, "basis": "R-P1"}, "wrong-type"),
        ({"data": {}, "basis": [1]}, "wrong-type"),
    ],
)
def test_what_cannot_be_understood_leaves_no_trace(door: House, body: dict[str, Any], code: str) -> None:
    size, looks = door.ledger.size, door.looks()
    answer = door.caller("hr-1", "HR", "PERSONNEL").post("/v1/subjects", body, Idempotency_Key=str(uuid4()))

    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert (door.ledger.size, door.looks()) == (size, looks)


def test_what_is_absent_leaves_no_trace(door: House) -> None:
    size, looks = door.ledger.size, door.looks()
    decider = door.caller("decider-1", "DECIDER", "CREDIT-OFFICE")

    assert decider.command(f"/v1/breaches/{uuid4()}/dismissal", {"disposition": "NO_FAULT"}).status_code == 404
    assert (door.ledger.size, door.looks()) == (size, looks)


def test_the_acknowledgement_says_where_the_entry_stands(both: House, hr: Caller) -> None:
    answer = hr.command("/v1/subjects", registration(40)).json()
    entry = both.ledger.store.entry(answer["index"])

    assert answer["size"] == answer["index"] + 1 == both.ledger.size
    assert answer["leaf"] == entry.leaf.hex()
    assert answer["recorded_at"] == entry.recorded_at
    assert f"subject/{answer['uid']}" == entry.stream
    assert answer["version"] == entry.version == 1


def test_a_new_record_is_where_its_location_says(door: House) -> None:
    hr, assessor = door.caller("hr-1", "HR", "PERSONNEL"), door.caller("assessor-1", "ASSESSOR", "CREDIT-OFFICE")
    person = door.caller("P1", "SUBJECT")
    scheme = {"scheme_id": "S9", "dimensions": [{"id": "daily", "weight": 100}]}
    score = {"assessment_id": "A9", "scheme_id": "S9", "unit_id": "U1", "period": "2026Q1", "scores": {"daily": "90"}}
    promise = {
        "commitment_id": "C8", "promisor_id": "P1", "kind": "PERSONAL", "text": "…", "due_on": "2099-01-01",
        "weight": 1, "public": False,
    }  # fmt: skip

    for caller, path, data, read_by in (
        (hr, "/v1/subjects", registration(50), hr),
        (person, "/v1/commitments", promise, person),
        (assessor, "/v1/assessments/schemes", scheme, None),
        (assessor, "/v1/assessments", score, assessor),
    ):
        made = caller.command(path, data)
        assert made.status_code == 201, made.text
        if read_by is None:
            assert "location" not in made.headers  # a scheme is read nowhere yet
        else:
            assert read_by.get(made.headers["location"]).status_code == 200


def test_an_edition_comes_with_its_activation(own_door: House) -> None:
    credit = own_door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")
    data = {"rulebook_id": "X", "approvers": ["credit-1", "legal-1"]}

    for file, code in (("junk = = 1", "bad-edition"), ("\ud800", "lone-surrogate"), (7, "wrong-type")):
        content = json.dumps({"data": {**data, "file": file}}).encode()
        answer = credit.post("/v1/rulebooks/activation", content=content, Idempotency_Key=str(uuid4()))
        assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert credit.command("/v1/rulebooks/activation", data).status_code == 404  # its file was never given
