"""Lists and entries, a page at a time: nothing is left out, nothing comes twice, and no cursor is made up."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

import pytest

from ledger.log.chain import leaf_hash
from projections.runner import catch_up
from tests.support.http import Caller, House, registration


@pytest.fixture(scope="module")
def auditor(door: House) -> Caller:
    return door.caller("auditor-1", "AUDITOR")


@pytest.fixture(scope="module", autouse=True)
def caught_up(door: House) -> None:
    catch_up(door.ledger, door.ledger.store.engine)


def next_of(answer: Any) -> str | None:
    """The address of the next page, from the Link header."""
    link = answer.headers.get("link")
    if link is None:
        return None
    match = re.fullmatch(r'<(/[^<>]*)>; rel="next"', link)
    assert match, link
    return match[1]


def pages(caller: Caller, path: str, **query: Any) -> Iterator[list[dict[str, Any]]]:
    """Every page of a list, each from the link of the one before."""
    answer = caller.get(path, **query)
    while True:
        assert answer.status_code == 200, answer.text
        body = answer.json()
        yield body["items"] if "items" in body else body["entries"]
        address = next_of(answer)
        if address is None:
            return
        answer = caller.get(address)


@pytest.mark.parametrize("path", ["/v1/subjects", "/v1/breaches", "/v1/commitments", "/v1/eligibility-checks"])
@pytest.mark.parametrize("limit", [1, 2, 3])
def test_pages_of_a_list_are_the_list(auditor: Caller, path: str, limit: int) -> None:
    (whole,) = pages(auditor, path, limit=100)
    found = list(pages(auditor, path, limit=limit))

    assert [row for one in found for row in one] == whole
    assert all(len(one) == limit for one in found[:-1])
    assert 1 <= len(found[-1]) <= limit
    assert len({row["uid"] for row in whole}) == len(whole) >= 3


def test_pages_of_entries_are_the_log(door: House, auditor: Caller) -> None:
    size = door.ledger.size
    found = [entry for one in pages(auditor, "/v1/ledger/entries", limit=7) for entry in one]

    assert [entry["index"] for entry in found] == list(range(size))
    for entry in found:
        state = base64.b64decode(entry["entry"], validate=True)
        assert state == door.ledger.store.entry(entry["index"]).state
        assert leaf_hash(state).hex() == entry["leaf"]
    assert auditor.get("/v1/ledger/entries", start=size - 1).json()["entries"][0]["index"] == size - 1
    assert auditor.get("/v1/ledger/entries", start=size).json() == {"size": size, "entries": []}
    assert auditor.get("/v1/ledger/entries", start=2**53 - 1).json()["entries"] == []


def test_a_filter_stays_on_every_page(auditor: Caller) -> None:
    units = [row for one in pages(auditor, "/v1/subjects", kind="UNIT", limit=1) for row in one]
    people = [row for one in pages(auditor, "/v1/subjects", kind="PERSON", limit=1) for row in one]
    (whole,) = pages(auditor, "/v1/subjects", limit=100)

    assert {row["kind"] for row in units} == {"UNIT"}
    assert {row["kind"] for row in people} == {"PERSON"}
    assert len(units) + len(people) == len(whole)
    assert auditor.get("/v1/subjects", kind="ENTERPRISE").json()["items"] == []
    repaired = auditor.get("/v1/breaches", state="REPAIRED").json()["items"]
    assert [row["breach_id"] for row in repaired] == ["B1", "B2"]


def test_the_credit_office_lists_no_case_that_own_hr_does_not_see(door: House, auditor: Caller) -> None:
    """B1 and B2 were repaired, B9 is an open report."""
    credit = door.caller("credit-1", "CREDIT", "CREDIT-OFFICE")

    assert [row["breach_id"] for row in auditor.get("/v1/breaches").json()["items"]] == ["B1", "B2", "B9"]
    looks = door.looks()
    for state in (None, "REPAIRED", "REMOVED", "OVERTURNED", "DISMISSED", "REPORTED"):
        assert credit.get("/v1/breaches", state=state).json()["items"] == []
    assert door.looks() == looks
    assert door.caller("hr-1", "HR", "PERSONNEL").get("/v1/breaches").status_code == 404


def test_what_is_recorded_between_two_pages_comes_at_the_end(own_door: House) -> None:
    auditor, hr = own_door.caller("auditor-1", "AUDITOR"), own_door.caller("hr-1", "HR", "PERSONNEL")
    first = auditor.get("/v1/subjects", limit=3)
    hr.command("/v1/subjects", registration(1))
    catch_up(own_door.ledger, own_door.ledger.store.engine)
    rest = [row for one in pages(auditor, next_of(first) or "") for row in one]

    uids = [row["uid"] for row in first.json()["items"] + rest]
    assert len(set(uids)) == len(uids)
    assert uids[-1] == own_door.uid("subject", "N1")


CURSORS = ["x", "!!!!", "=", "MQ==", "MQ=", "-1", "MDE", "LTE", "2aM", "OTk5OTk5OTk5OTk5OTk5OTk5OQ", "%00", "A" * 201]


@pytest.mark.parametrize("cursor", CURSORS)
@pytest.mark.parametrize("path", ["/v1/subjects", "/v1/ledger/entries"])
def test_a_cursor_that_is_none_of_ours_is_refused(auditor: Caller, path: str, cursor: str) -> None:
    answer = auditor.get(path, cursor=cursor)

    assert answer.status_code == 400
    assert answer.json()["code"] in ("bad-cursor", "malformed")
    assert answer.json()["field"] == "cursor"


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/v1/subjects", {"limit": "0"}),
        ("/v1/subjects", {"limit": "101"}),
        ("/v1/subjects", {"limit": "-1"}),
        ("/v1/subjects", {"limit": "1.5"}),
        ("/v1/subjects", {"limit": "NaN"}),
        ("/v1/subjects", {"kind": "P" * 41}),
        ("/v1/ledger/entries", {"start": "-1"}),
        ("/v1/ledger/entries", {"start": "9007199254740992"}),
        ("/v1/ledger/entries", {"start": "x"}),
    ],
)
def test_a_parameter_out_of_its_range_is_refused(auditor: Caller, path: str, query: dict[str, str]) -> None:
    answer = auditor.get(path, **query)

    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert answer.json()["field"] == next(iter(query))
    assert not any(value in answer.text for value in query.values() if len(value) > 3)


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/v1/subjects", "kind", "person"),
        ("/v1/subjects", "kind", "' OR 1=1 --"),
        ("/v1/subjects", "kind", ""),
        ("/v1/breaches", "state", "REPORTED\n"),
        ("/v1/breaches", "state", "FOO"),
        ("/v1/commitments", "state", "FOO"),
        ("/v1/eligibility-checks", "state", "FOO"),
    ],
)
def test_a_filter_by_what_is_not_in_the_list_is_refused(
    door: House, auditor: Caller, path: str, name: str, value: str
) -> None:
    answer = auditor.get(path, **{name: value})
    parameters = door.stranger().get("/v1/openapi.json").json()["paths"][path]["get"]["parameters"]
    (listed,) = (parameter["schema"]["enum"] for parameter in parameters if parameter["name"] == name)

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (400, "not-in-list", name)
    assert answer.json()["detail"] == f"one of {', '.join(listed)}"
    assert all(auditor.get(path, **{name: one}).status_code == 200 for one in listed)


@pytest.mark.parametrize("path", ["/v1/subjects", "/v1/breaches", "/v1/commitments", "/v1/eligibility-checks"])
def test_every_value_in_a_list_can_be_asked_for(auditor: Caller, path: str) -> None:
    name = "kind" if path == "/v1/subjects" else "state"
    for row in auditor.get(path, limit=100).json()["items"]:
        found = auditor.get(path, limit=100, **{name: row[name]}).json()["items"]
        assert row["uid"] in {one["uid"] for one in found}


def test_no_link_names_anybody(door: House, auditor: Caller) -> None:
    link = auditor.get("/v1/subjects", limit=1, kind="PERSON", name="金丝雀").headers["link"]

    assert "P1" not in link
    assert "金丝雀" not in link
    assert "name" not in link
