"""Requests about personal data at the door: asked, seen by those it concerns, answered by the desk; on a page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import pages
from tests.support.http import NOBODY, House, house
from tests.support.scene import DOCUMENT, Scene, a_scene

ASKED = {"request_id": "Q1", "subject_id": "P1", "right": "CORRECTION", "breach_id": "B1", "grounds": "日期有误"}
REFUSAL = {"outcome": "REFUSED", "legal_basis": ["个人信息保护法 46"], "reasons": "与决定书一致"}
REQUESTS = "/v1/data-requests"


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A finding, B1, some days after its decision."""
    with a_scene(tmp_path / "scene") as made:
        made.found()
        made.on_day("2025-04-01")
        yield made


@pytest.fixture
def door(scene: Scene) -> Iterator[House]:
    with house(scene.ledger) as opened:
        yield opened


def test_a_request_goes_from_the_person_to_the_desk_and_back(scene: Scene, door: House) -> None:
    person, officer = door.caller("P1", "SUBJECT"), door.caller("dpo-1", "DPO")
    asked = person.command(REQUESTS, ASKED)
    assert asked.status_code == 201, asked.text
    at = asked.headers["location"]
    assert at == f"{REQUESTS}/{asked.json()['uid']}"

    listed = officer.get("/v1/deadlines", role="DPO").json()["deadlines"]
    assert [(row["kind"], row["uid"], row["due"]) for row in listed if row["record_kind"] == "data-request"] == [
        ("ANSWER_DATA_REQUEST", asked.json()["uid"], "2025-04-22")
    ]
    seen = officer.get(at)
    assert (seen.json()["state"], seen.headers["etag"]) == ("REQUESTED", '"1"')
    assert "日期有误" in seen.text
    answered = officer.command(f"{at}/answer", REFUSAL, seen=seen.headers["etag"])
    assert answered.status_code == 201, answered.text

    read = person.get(at)
    assert (read.json()["state"], read.json()["answer"]) == ("ANSWERED", "REFUSED")
    assert "与决定书一致" in read.text
    again = officer.command(f"{at}/answer", REFUSAL)
    assert (again.status_code, again.json()["code"]) == (422, "wrong-state")


def test_what_the_officer_saw_must_still_hold(scene: Scene, door: House) -> None:
    at = door.caller("P1", "SUBJECT").command(REQUESTS, ASKED).headers["location"]
    stale = door.caller("dpo-1", "DPO").command(f"{at}/answer", REFUSAL, seen='"7"')

    assert stale.status_code == 412


@pytest.mark.parametrize(
    ("actor", "role", "unit", "status"),
    [
        ("P1", "SUBJECT", None, 200), ("auditor-1", "AUDITOR", None, 200), ("dpo-1", "DPO", None, 200),
        ("P2", "SUBJECT", None, 404), ("P1", "DPO", None, 404), ("P1", "AUDITOR", None, 404),
        ("hr-1", "HR", "PERSONNEL", 404), ("unit-head-1", "UNIT_HEAD", "U1", 404),
        ("unit-head-1", "SUBJECT", "U1", 404), ("credit-1", "CREDIT", "CREDIT-OFFICE", 404),
    ],
)  # fmt: skip
def test_who_reads_a_request(scene: Scene, door: House, actor: str, role: str, unit: str | None, status: int) -> None:
    at = door.caller("P1", "SUBJECT").command(REQUESTS, ASKED).headers["location"]
    looks = door.looks()

    assert door.caller(actor, role, unit).get(at).status_code == status
    assert (door.looks() > looks) is (status == 200)
    assert door.caller("dpo-1", "DPO").get(f"{REQUESTS}/{NOBODY}").status_code == 404


@pytest.mark.parametrize(
    ("path", "named"),
    [("breach_id", "B7"), ("breach_id", "B3"), ("check_id", "K7")],
    ids=["no-such-breach", "an-open-report", "no-such-check"],
)
def test_a_person_learns_nothing_of_what_they_are_not_told_of(scene: Scene, door: House, path: str, named: str) -> None:
    scene.report("2025-04-01", breach_id="B3", occurred_on="2025-03-25")
    asked = {"request_id": "Q1", "subject_id": "P1", "right": "ACCESS", path: named}
    answer = door.caller("P1", "SUBJECT").command(REQUESTS, asked)

    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_nobody_asks_for_another(scene: Scene, door: House) -> None:
    answer = door.caller("P2", "SUBJECT").command(REQUESTS, {**ASKED, "breach_id": None})

    assert answer.status_code == 404


def test_hr_records_a_paper_and_does_not_answer_it(scene: Scene, door: House) -> None:
    paper = {**ASKED, "on_behalf_of": "P1", "doc": DOCUMENT}
    asked = door.caller("hr-1", "HR", "PERSONNEL").command(REQUESTS, paper)
    assert asked.status_code == 201, asked.text
    at = f"{asked.headers['location']}/answer"

    same_hand = door.caller("hr-1", "DPO").command(at, REFUSAL)
    assert (same_hand.status_code, same_hand.json()["code"]) == (422, "acted-for-the-subject")
    assert door.caller("hr-1", "HR", "PERSONNEL").command(at, REFUSAL).status_code == 404
    assert door.caller("dpo-1", "DPO").command(at, REFUSAL).status_code == 201


def test_an_officer_s_own_request_is_another_s_to_answer(scene: Scene, door: House) -> None:
    at = door.caller("P1", "SUBJECT").command(REQUESTS, ASKED).headers["location"]
    own = door.caller("P1", "DPO").command(f"{at}/answer", REFUSAL)

    assert (own.status_code, own.json()["code"]) == (422, "own-case")


def test_the_person_s_page_shows_the_request_its_day_and_the_answer(scene: Scene) -> None:
    scene.ask_desk(right="CORRECTION", breach_id="B1", grounds="日期有误")
    with pages(scene.ledger) as open_pages:
        before = open_pages.reader("P1", "SUBJECT").read("/my-file").first("section", id="data_requests").text
        listed = open_pages.reader("P1", "SUBJECT").read("/deadlines")
        scene.answer_request("2025-04-10", **REFUSAL)
        after = open_pages.reader("P1", "SUBJECT").read("/my-file")

    assert "更正或补充" in before
    assert "待答复" in before
    assert "2025-04-22" in before.replace("年", "-")
    shown = after.first("section", id="data_requests").text
    assert "日期有误" in before
    assert "个人信息保护法 46" in shown
    assert "与决定书一致" in shown
    assert "已答复" in shown
    assert "不予准许" in shown
    assert "人民法院" in shown
    assert "个人信息请求答复" in after.first("section", id="notices").text
    assert "/my-file#data_requests" in listed.source
    assert "个人信息请求" in after.first("section", id="course").text
