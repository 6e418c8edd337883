"""Merged registrations and reorganised units over HTTP: who reads what before and after, and who is told who looked."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ledger.clock import day_of
from projections.runner import catch_up
from tests.support.http import Caller, House

PAPER = {"reason": "…", "doc": "示范户籍证明〔2026〕2号"}


def merge(door: House, into: str = "P1") -> None:
    hr = door.caller("hr-3", "HR", "CREDIT-OFFICE")
    body = {"into_id": into, "approvers": ["hr-2", "legal-1"], **PAPER}
    answer = hr.command(f"/v1/subjects/{door.uid('subject', 'P2')}/merger", body)
    assert answer.status_code == 201, answer.text


def file(caller: Caller, uid: str) -> dict[str, Any]:
    answer = caller.get(f"/v1/subjects/{uid}/integrity-file")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_person_reads_both_registrations_under_either_id(own_door: House) -> None:
    p1, p2 = own_door.uid("subject", "P1"), own_door.uid("subject", "P2")
    first, second = own_door.caller("P1", "SUBJECT"), own_door.caller("P2", "SUBJECT")
    assert second.get(f"/v1/subjects/{p1}/integrity-file").status_code == 404

    merge(own_door)

    for caller in (first, second):
        for uid in (p1, p2):
            assert file(caller, uid)["registrations"] == [p1, p2]
    assert {one["id"] for one in file(second, p2)["commitments"]} >= {"C3", "C9"}


def test_undone_they_are_two_again(own_door: House) -> None:
    p1, p2 = own_door.uid("subject", "P1"), own_door.uid("subject", "P2")
    second = own_door.caller("P2", "SUBJECT")
    merge(own_door)

    hr = own_door.caller("hr-3", "HR", "CREDIT-OFFICE")
    undone = hr.command(f"/v1/subjects/{p2}/merger/undoing", {"approvers": ["hr-2", "legal-1"], **PAPER})

    assert undone.status_code == 201, undone.text
    assert second.get(f"/v1/subjects/{p1}/integrity-file").status_code == 404
    assert {one["id"] for one in file(second, p2)["commitments"]} == {"C9"}


def test_a_look_at_either_is_a_look_at_both_and_both_are_told(own_door: House) -> None:
    p1, p2 = own_door.uid("subject", "P1"), own_door.uid("subject", "P2")
    auditor = own_door.caller("auditor-1", "AUDITOR")
    file(auditor, p2)  # before the merge
    merge(own_door)
    before = own_door.looks()
    file(auditor, p2)

    (look,) = own_door.ledger.access.logged(before)
    assert set(look.subjects) == {p1, p2}
    log = own_door.caller("P1", "SUBJECT").get(f"/v1/subjects/{p1}/access-log").json()
    assert [one["role"] for one in log["looks"]].count("AUDITOR") == 2


def test_nobody_decides_the_case_of_their_other_registration(own_door: House) -> None:
    case = own_door.uid("breach", "B9")  # about P2, who was not told of it yet
    decider, himself = (own_door.caller(name, "DECIDER", "CREDIT-OFFICE") for name in ("decider-1", "P1"))
    assert himself.get(f"/v1/breaches/{case}").status_code == 200

    merge(own_door)

    assert decider.get(f"/v1/breaches/{case}").status_code == 200
    assert himself.get(f"/v1/breaches/{case}").status_code == 404
    today = day_of(own_door.ledger.clock())
    notice = {"served_on": today.isoformat(), "reply_due": (today + timedelta(days=30)).isoformat(), "facts": "…"}
    notice |= {"proposed_finding": "GENERAL", "basis": ["R-P2"], "rights_text": "…"}  # type: ignore[dict-item]
    refused = himself.command(f"/v1/breaches/{case}/notice", notice)
    assert (refused.status_code, refused.json()["code"]) == (422, "own-case")


def reorganise(door: House) -> None:
    credit = door.caller("credit-3", "CREDIT", "CREDIT-OFFICE")
    body = {"from": ["U2"], "to": ["U1"], "successor_id": "U1", "doc": "示范编〔2026〕5号"}
    answer = credit.command("/v1/reorganisations", body)
    assert answer.status_code == 201, answer.text


def test_hr_of_the_successor_sees_its_checks_their_steps_and_their_reasons(own_door: House) -> None:
    hr, check = own_door.caller("hr-5", "HR", "U1"), own_door.ledger.uid("check", "K9")  # requested by U2

    def seen() -> tuple[bool, bool, int]:
        steps = {row["uid"] for row in hr.get("/v1/deadlines").json()["deadlines"]}
        catch_up(own_door.ledger, own_door.ledger.store.engine)
        listed = {row["uid"] for row in hr.get("/v1/eligibility-checks").json()["items"]}
        return check in steps, check in listed, hr.get(f"/v1/eligibility-checks/{check}").status_code

    assert seen() == (False, False, 404)
    reorganise(own_door)
    assert seen() == (True, True, 200)
    assert "reasons" in hr.get(f"/v1/eligibility-checks/{check}").json()


def readable(door: House, caller: Caller) -> set[str]:
    names = ("P1", "P2", "U1", "U2")
    paths = {name: f"/v1/subjects/{door.uid('subject', name)}/integrity-file" for name in names}
    return {name for name, path in paths.items() if caller.get(path).status_code == 200}


def test_a_reorganisation_opens_no_old_record_to_a_head(own_door: House) -> None:
    """ASSURANCE §6, 22: whoever leads the successor reads no file that they could not read before."""
    heads = [own_door.caller(f"unit-head-{unit}", "UNIT_HEAD", unit) for unit in ("U1", "U2")]
    before = [readable(own_door, head) for head in heads]

    reorganise(own_door)

    after = [readable(own_door, head) for head in heads]
    assert all(now <= earlier for now, earlier in zip(after, before, strict=True)), (before, after)
    assert "U2" not in readable(own_door, heads[0])
    assert "P2" not in readable(own_door, heads[0])


def test_who_acts_for_the_successor_reads_what_it_answers_for(own_door: House) -> None:
    acting = own_door.caller("unit-head-1", "SUBJECT", "U1")
    assert "U2" not in readable(own_door, acting)

    reorganise(own_door)

    assert readable(own_door, acting) == {"U1", "U2"}
