"""The difference of two moments of a file over HTTP: the command line's answer, two looks, nothing of anybody else."""

from __future__ import annotations

import jsonschema_rs
import pytest

from tests.support.http import Caller, House

DAY = {"from_as_of": "2025-04-16", "from_as_known": "2025-04-16", "to_as_of": "2025-04-16"}


@pytest.fixture
def auditor(door: House) -> Caller:
    return door.caller("auditor-1", "AUDITOR")


@pytest.fixture
def p1(door: House) -> Caller:
    return door.caller("P1", "SUBJECT")


def path(door: House, ref: str = "P1") -> str:
    return f"/v1/subjects/{door.uid('subject', ref)}/difference"


def test_the_day_read_again(door: House, auditor: Caller) -> None:
    answer = auditor.get(path(door), **DAY, to_as_known="2025-04-30").json()

    assert answer["figure"] == {"before": "100.00", "after": "70.00", "difference": "-30.00", "lines": "-30.00"}
    assert [change["id"] for change in answer["changes"] if change["section"] == "breaches"] == ["B2"]
    assert [entry["type"] for entry in answer["entries"]] == ["AuthorityRecordImported"]
    assert (answer["from"]["as_known"], answer["to"]["as_known"]) == ("2025-04-16", "2025-04-30")


def test_both_answers_are_looks(door: House, auditor: Caller) -> None:
    before = door.looks()
    assert auditor.get(path(door), **DAY).status_code == 200
    looks = list(door.ledger.access.logged(before, door.looks()))

    assert [look.data["as_known"] for look in looks] == [door.ledger.size, 18]
    assert {look.subjects for look in looks} == {(door.uid("subject", "P1"),)}


def test_the_subject_reads_its_own_and_no_entry_that_its_file_does_not_show(door: House, p1: Caller) -> None:
    answer = p1.get(path(door), from_as_of="2025-02-21", from_as_known="2025-02-19", to_as_of="2025-02-21",
                    to_as_known="2025-02-21").json()  # fmt: skip

    assert answer["changes"] == [], "a report is not put to the person before it is notified"
    assert p1.get(path(door, "U1")).status_code == 404


def test_before_it_was_registered_there_was_nothing(door: House, auditor: Caller) -> None:
    answer = auditor.get(path(door), from_as_known="2").json()

    assert answer["from"]["absent"]
    assert {change["change"] for change in answer["changes"]} == {"added"}


@pytest.mark.parametrize(
    ("query", "code", "field"),
    [
        ({"from_as_of": "2025-02-30"}, "impossible-date", "from_as_of"),
        ({"to_as_known": "yesterday"}, "bad-time", "to_as_known"),
        ({"from_as_known": "20", "to_as_known": "19"}, "moments-reversed", None),
    ],
)
def test_moments_that_are_none_are_refused_by_their_names(
    door: House, auditor: Caller, query: dict[str, str], code: str, field: str | None
) -> None:
    answer = auditor.get(path(door), **query)

    assert (answer.status_code, answer.json()["code"], answer.json().get("field")) == (400, code, field)


def test_the_answer_has_the_shape_of_the_document(door: House, auditor: Caller, p1: Caller) -> None:
    document = door.app.openapi()
    operation = document["paths"]["/v1/subjects/{uid}/difference"]["get"]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    validator = jsonschema_rs.validator_for({**schema, "components": document["components"]}, validate_formats=True)
    for caller in (auditor, p1):
        for query in (DAY, {"from_as_known": "2"}, {"from_as_of": "2025-03-25", "from_as_known": "2025-03-25"}):
            answer = caller.get(path(door), **query).json()
            validator.validate(answer)
            assert answer["changes"]
