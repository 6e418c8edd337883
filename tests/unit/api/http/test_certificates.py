"""Certificates over HTTP: issued to whom they concern, checked without the server, and a public list of the revoked."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore, Event
from uuid import uuid4

import pytest
from httpx2 import Response

from api import status_lists
from ledger.application import Ledger
from ledger.clock import day_of, utc_now
from ledger.log.checkpoint import Checkpoint
from ledger.status_lists import status_list
from tests.support.certificates import Holds, by_ledger, by_script, same
from tests.support.http import BOTH, LINES, MORE, Caller, House, database, house, opened

ASKED = {"holder_asked": True}
SECONDS = 60  # until a test that waits for another thread gives up
CONSENT = {"subject_id": "P1", "purpose": "RECRUIT", "scope": ["BREACH"], "recipient": "U1", "expires_on": "2099-01-01"}


@pytest.fixture(autouse=True)
def without_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a short list takes long as well; the rest has a test of its own."""
    monkeypatch.setattr(status_lists, "REST", 0.0)


@pytest.fixture(scope="module")
def office(door: House) -> Caller:
    return door.caller("hr-1", "HR", "PERSONNEL")


@pytest.fixture(scope="module")
def p1(door: House) -> Caller:
    return door.caller("P1", "SUBJECT")


def decided(office: Caller, check: str) -> str:
    """A check on a statutory basis, decided today and not served."""
    today = day_of(utc_now()).isoformat()
    data = {"check_id": check, "subject_id": "P1", "purpose": "PROMOTE", "statutory_basis": "公务员法 44"}
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
    answer = office.command(f"{path}/decision", decision)
    assert answer.status_code == 201, answer.text
    return path


@pytest.fixture(scope="module")
def served(door: House, office: Caller) -> str:
    """A check that was decided and served today."""
    check = decided(office, "K-CERT")
    assert office.command(f"{check}/notification", {}).status_code == 201
    return check


@pytest.fixture(scope="module")
def listed(door: House, p1: Caller, served: str) -> str:
    """The public list with a certificate of that check in it."""
    issued = ask(p1, served)
    assert issued.status_code == 201, issued.text
    door.ledger.publish()
    return "/v1/status-lists/1"


class Making:
    """The lists that are made, by the size they are of; until it `goes_on`, one that is being made waits."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.begun, self.goes_on = Event(), Event()
        self.goes_on.set()

    def __call__(self, ledger: Ledger, number: int, checkpoint: Checkpoint) -> bytes:
        self.sizes.append(checkpoint.size)
        self.begun.set()
        assert self.goes_on.wait(SECONDS)
        return status_list(ledger, number, checkpoint)

    def hold(self) -> None:
        """Let the next one wait."""
        self.begun.clear()
        self.goes_on.clear()


class Room(BoundedSemaphore):
    """The room for those who wait, of this many places; `full` once all are taken."""

    def __init__(self, places: int) -> None:
        super().__init__(places)
        self.free, self.full = places, Event()

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        taken = super().acquire(blocking, timeout)
        self.free -= taken
        if self.free == 0:
            self.full.set()
        return taken


@pytest.fixture
def making(monkeypatch: pytest.MonkeyPatch) -> Making:
    """No list is kept, and the making of each is seen."""
    making = Making()
    monkeypatch.setattr(status_lists, "status_list", making)
    status_lists._KEPT.clear()
    return making


def ask(caller: Caller, check: str, body: object = ASKED, key: str | None = None) -> Response:
    return caller.post(f"{check}/certificates", body, Idempotency_Key=key or uuid4().hex)


def keys_of(door: House) -> tuple[str, ...]:
    return tuple(key.text for key in door.ledger.publisher.keyring().certificate_keys(door.ledger.size))


def test_before_the_result_was_served_a_rule_refuses_and_it_leaves_a_trace(
    door: House, p1: Caller, office: Caller
) -> None:
    check, before = decided(office, "K-KEPT"), len(door.ledger.access.refusals())
    answer = ask(p1, check)

    assert (answer.status_code, answer.json()["code"]) == (422, "wrong-state")
    assert door.ledger.access.refusals()[before:][0].data["type"] == "CertificateIssued"


def test_before_the_first_certificate_there_is_no_list(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, LINES) as ledger, house(ledger) as empty:
        answer = empty.stranger().get("/v1/status-lists/1")

    assert (answer.status_code, answer.json()["code"]) == (404, "no-status-list")


def test_its_way(door: House, p1: Caller, office: Caller, served: str) -> None:
    mine, theirs = (ask(caller, served) for caller in (p1, office))
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

    lost = {"digest": mine.json()["digest"], "reason": "LOST"}
    revoked = p1.post(f"{served}/certificates/revocation", lost, Idempotency_Key="lost-1")
    assert revoked.status_code == 201, revoked.text
    door.ledger.publish()
    again = holds.but(status_list=door.stranger().get("/v1/status-lists/1").content)
    assert "revoked" in [finding["code"] for finding in by_ledger(certificate, again)["findings"]]
    other = theirs.json()["certificate"].encode()
    assert "revoked" not in [finding["code"] for finding in by_ledger(other, again)["findings"]]
    assert p1.post(f"{served}/certificates/revocation", lost, Idempotency_Key="lost-1").json() == revoked.json()
    assert (
        p1.post(f"{served}/certificates/revocation", lost, Idempotency_Key="lost-2").json()["code"] == "already-revoked"
    )


def test_a_retry_gets_the_same_answer_and_writes_nothing(door: House, p1: Caller, office: Caller, served: str) -> None:
    first = ask(p1, served, key="retry-me")
    size = door.ledger.size
    again = ask(p1, served, key="retry-me")

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["cache-control"] == "no-store"
    assert door.ledger.size == size
    assert ask(office, served, key="retry-me").json()["salt"] != first.json()["salt"]  # another person's request


def test_sent_twice_at_once_it_is_one_certificate(door: House, p1: Caller, served: str) -> None:
    before = door.ledger.size
    with ThreadPoolExecutor(4) as askers:
        answers = list(askers.map(lambda _: ask(p1, served, key="at-once").json(), range(4)))

    assert [answer["digest"] for answer in answers] == [answers[0]["digest"]] * 4
    written = [entry for entry in door.ledger.by_type("CertificateIssued", door.ledger.size) if entry.index >= before]
    assert len(written) == 1


def test_a_key_is_of_one_request(door: House, p1: Caller, served: str) -> None:
    made = ask(p1, served, key="one-request").json()
    size = door.ledger.size
    lost = {"digest": made["digest"], "reason": "LOST"}
    assert p1.post(f"{served}/certificates/revocation", lost, Idempotency_Key="of-another").status_code == 201
    for key, body in (("one-request", {"holder_asked": True, "more": 1}), ("of-another", ASKED)):
        answer = ask(p1, served, body, key)
        assert answer.status_code in (400, 422)
    assert ask(p1, served, key="of-another").json()["code"] == "request-key-reused"
    assert door.ledger.size == size + 1


def test_without_a_key_nothing_is_issued_or_revoked(door: House, p1: Caller, served: str) -> None:
    size = door.ledger.size
    for path, body in (("", ASKED), ("/revocation", {"digest": "0" * 64, "reason": "LOST"})):
        answer = p1.post(f"{served}/certificates{path}", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "idempotency-key-required")
    assert door.ledger.size == size


def test_a_list_is_made_once_however_many_ask_for_it_at_once(
    door: House, listed: str, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = Room(4)
    monkeypatch.setattr(status_lists, "_ROOM", room)
    making.hold()
    with ThreadPoolExecutor(4) as askers:
        asked = [askers.submit(lambda: door.stranger().get(listed)) for _ in range(4)]
        assert room.full.wait(SECONDS)
        making.goes_on.set()
        answers = [one.result() for one in asked]

    assert [answer.status_code for answer in answers] == [200] * 4
    assert len(making.sizes) == 1


def test_a_list_that_takes_long_rests_and_whoever_asks_meanwhile_gets_the_last_one(
    door: House, p1: Caller, listed: str, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command may bring a new checkpoint, and anybody may ask: the work is bounded by the time it takes."""

    def newer_checkpoint() -> None:
        answer = p1.command("/v1/consents", {**CONSENT, "consent_id": uuid4().hex})
        assert answer.status_code == 201, answer.text
        door.ledger.publish()

    monkeypatch.setattr(status_lists, "REST", 1e9)
    first = door.stranger().get(listed).content
    newer_checkpoint()
    assert door.stranger().get(listed).content == first
    assert len(making.sizes) == 1

    monkeypatch.setattr(status_lists, "REST", 0.0)
    status_lists._KEPT.clear()
    first = door.stranger().get(listed).content
    newer_checkpoint()
    making.hold()
    with ThreadPoolExecutor(1) as other:
        newer = other.submit(lambda: door.stranger().get(listed).content)
        assert making.begun.wait(SECONDS)
        assert door.stranger().get(listed).content == first  # while the newer one is being made
        making.goes_on.set()
        assert newer.result() != first
    assert len(making.sizes) == 3


def test_where_too_many_wait_for_a_first_list_the_others_come_back(
    door: House, listed: str, making: Making, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_lists, "_ROOM", BoundedSemaphore(1))
    making.hold()
    with ThreadPoolExecutor(1) as first:
        served = first.submit(lambda: door.stranger().get(listed))
        assert making.begun.wait(SECONDS)
        refused = door.stranger().get(listed)
        making.goes_on.set()

    assert (refused.status_code, refused.json()["code"]) == (503, "list-being-made")
    assert "retry-after" in refused.headers
    assert served.result().status_code == 200
    assert door.stranger().get(listed).status_code == 200


@pytest.mark.parametrize("body", [{}, {"holder_asked": False}, {"holder_asked": True, "more": 1}, []])
def test_a_certificate_is_issued_at_its_holders_wish(p1: Caller, served: str, body: object) -> None:
    assert ask(p1, served, body).status_code == 400


@pytest.mark.parametrize("who", [("P2", "SUBJECT", None), ("hr-9", "HR", "U2"), ("auditor-1", "AUDITOR", None)])
def test_for_anybody_else_nothing_is_there(door: House, served: str, who: tuple[str, str, str | None]) -> None:
    answer = ask(door.caller(*who), served)

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
