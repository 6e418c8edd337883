"""Certificates over HTTP: issued to whom they concern, checked without the server, and a public list of the revoked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import sleep

import pytest

from api.routes import certificates
from ledger.application import Ledger
from ledger.clock import day_of, utc_now
from ledger.log.checkpoint import Checkpoint
from ledger.status_lists import status_list
from tests.support.certificates import Holds, by_ledger, by_script, same
from tests.support.http import BOTH, LINES, MORE, Caller, House, database, house, opened

ASKED = {"holder_asked": True}


@pytest.fixture(scope="module")
def office(door: House) -> Caller:
    return door.caller("hr-1", "HR", "PERSONNEL")


@pytest.fixture(scope="module")
def p1(door: House) -> Caller:
    return door.caller("P1", "SUBJECT")


@pytest.fixture(scope="module")
def check(door: House, office: Caller) -> str:
    """A check on a statutory basis, decided and served today."""
    today = day_of(utc_now()).isoformat()
    data = {"check_id": "K-CERT", "subject_id": "P1", "purpose": "PROMOTE", "statutory_basis": "公务员法 44"}
    made = office.command("/v1/eligibility-checks", data, effective_on=today)
    assert made.status_code == 201, made.text
    path = f"/v1/eligibility-checks/{made.json()['uid']}"
    weighed = dict.fromkeys(
        (
            "nature_of_position", "nature_and_seriousness", "circumstances", "recency", "age_at_the_time",
            "contributing_conditions", "rehabilitation",
        ),
        "…",
    )  # fmt: skip
    decision = {"decision": "ELIGIBLE", "reasons": "…", "considerations": weighed}
    decided = office.command(f"{path}/decision", decision)
    assert decided.status_code == 201, decided.text
    return path


def keys_of(door: House) -> tuple[str, ...]:
    return tuple(key.text for key in door.ledger.publisher.keyring().certificate_keys(door.ledger.size))


def test_before_the_result_was_served_a_rule_refuses_and_it_leaves_a_trace(door: House, p1: Caller, check: str) -> None:
    before = len(door.ledger.access.refusals())
    answer = p1.post(f"{check}/certificates", ASKED)

    assert (answer.status_code, answer.json()["code"]) == (422, "wrong-state")
    assert door.ledger.access.refusals()[before:][0].data["type"] == "CertificateIssued"


def test_before_the_first_certificate_there_is_no_list(door: House) -> None:
    answer = door.stranger().get("/v1/status-lists/1")

    assert (answer.status_code, answer.json()["code"]) == (404, "no-status-list")


def test_its_way(door: House, p1: Caller, office: Caller, check: str) -> None:
    assert office.command(f"{check}/notification", {}).status_code == 201
    mine, theirs = (caller.post(f"{check}/certificates", ASKED) for caller in (p1, office))
    assert (mine.status_code, theirs.status_code) == (201, 201), mine.text
    assert mine.headers["cache-control"] == "no-store"
    certificate, salt = mine.json()["certificate"].encode(), bytes.fromhex(mine.json()["salt"])
    door.ledger.publish()

    listed = door.stranger().get("/v1/status-lists/1")
    assert listed.headers["content-type"] == "application/statuslist+jwt"
    holds = Holds(keys_of(door), None, listed.content, ("11010519491231002X", salt), "PROMOTE")
    report = by_ledger(certificate, holds)
    assert report["findings"] == []
    assert report["claims"]["aud"] == "PROMOTE"
    assert same(report, by_script(certificate, holds))

    revoked = p1.post(f"{check}/certificates/revocation", {"digest": mine.json()["digest"], "reason": "LOST"})
    assert revoked.status_code == 201, revoked.text
    door.ledger.publish()
    again = holds.but(status_list=door.stranger().get("/v1/status-lists/1").content)
    assert "revoked" in [finding["code"] for finding in by_ledger(certificate, again)["findings"]]
    other = theirs.json()["certificate"].encode()
    assert "revoked" not in [finding["code"] for finding in by_ledger(other, again)["findings"]]


def test_a_list_is_made_once_however_many_ask_for_it_at_once(
    door: House, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    def slow(ledger: Ledger, number: int, checkpoint: Checkpoint) -> bytes:
        made.append(number)
        sleep(0.2)  # the others ask meanwhile
        return status_list(ledger, number, checkpoint)

    monkeypatch.setattr(certificates, "status_list", slow)
    certificates._list.cache_clear()
    with ThreadPoolExecutor(4) as askers:
        answers = list(askers.map(lambda _: door.stranger().get("/v1/status-lists/1"), range(4)))

    assert [answer.status_code for answer in answers] == [200] * 4
    assert made == [1]


@pytest.mark.parametrize("body", [{}, {"holder_asked": False}, {"holder_asked": True, "more": 1}, []])
def test_a_certificate_is_issued_at_its_holders_wish(p1: Caller, check: str, body: object) -> None:
    assert p1.post(f"{check}/certificates", body).status_code == 400


@pytest.mark.parametrize("who", [("P2", "SUBJECT", None), ("hr-9", "HR", "U2"), ("auditor-1", "AUDITOR", None)])
def test_for_anybody_else_nothing_is_there(door: House, check: str, who: tuple[str, str, str | None]) -> None:
    answer = door.caller(*who).post(f"{check}/certificates", ASKED)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


@pytest.mark.parametrize("number", ["0", "2", "x", "1000000000"])
def test_no_other_list_is_served(door: House, number: str) -> None:
    assert door.stranger().get(f"/v1/status-lists/{number}").status_code in (400, 404, 422)


@pytest.fixture(scope="module", params=BOTH)
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house of its own, on SQLite and on PostgreSQL: what these tests write is not for others to count."""
    folder: Path = tmp_path_factory.mktemp("certificates")
    with (
        database(request, folder, request.param) as url,
        opened(url, folder, LINES + MORE) as ledger,
        house(ledger) as made,
    ):
        yield made
