"""What is waited for over HTTP: each role its turn, each subject its own, a page at a time, and a look."""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.access import Viewer
from tests.support.http import Caller, House

MOMENT = {"as_of": "2025-04-10", "as_known": "2025-04-10"}


def rows(caller: Caller, **query: Any) -> list[dict[str, Any]]:
    answer = caller.get("/v1/deadlines", **query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["deadlines"])


def seen(caller: Caller, **query: Any) -> set[tuple[str, str]]:
    return {(row["kind"], row["record"]) for row in rows(caller, **query)}


def test_each_role_reads_the_steps_that_are_its_turn(door: House) -> None:
    assert seen(door.caller("reviewer-1", "REVIEWER", "PERSONNEL"), **MOMENT) == {("DECIDE_APPEAL", "B1")}
    assert seen(door.caller("decider-1", "DECIDER", "CREDIT-OFFICE"), **MOMENT) == set()
    assert seen(door.caller("decider-1", "DECIDER", "CREDIT-OFFICE")) == {("NOTIFY", "B9")}
    assert seen(door.caller("credit-1", "CREDIT", "CREDIT-OFFICE"), as_of="2025-07-05", as_known="2025-07-05") == {
        ("DECIDE_REPAIR", "B1")
    }


def test_hr_reads_the_checks_of_its_own_unit(door: House) -> None:
    assert ("ANSWER_CHECK", "K9") in seen(door.caller("hr-9", "HR", "U2"))
    assert ("ANSWER_CHECK", "K9") not in seen(door.caller("hr-1", "HR", "PERSONNEL"))
    assert ("ANSWER_CHECK", "K9") in seen(door.caller("auditor-1", "AUDITOR"))


def test_a_person_reads_its_own_steps_and_nobody_else_s(door: House) -> None:
    own, other = door.caller("P1", "SUBJECT"), door.caller("P2", "SUBJECT")

    assert {record for _, record in seen(own, **MOMENT)} == {"B1", "C3"}
    assert ("KEEP_PROMISE", "C9") in seen(other)
    assert "B9" not in {record for _, record in seen(other)}  # reported, and nobody told them yet
    assert other.get(f"/v1/subjects/{door.uid('subject', 'P1')}/deadlines").status_code == 404
    mine = rows(own, **MOMENT)
    assert own.get(f"/v1/subjects/{door.uid('subject', 'P1')}/deadlines", **MOMENT).json()["deadlines"] == mine
    assert {row["subject"] for row in rows(own, **MOMENT)} == {"P1"}


def test_the_list_of_one_subject_is_its_part_of_everything(door: House) -> None:
    auditor, uid = door.caller("auditor-1", "AUDITOR"), door.uid("subject", "P1")
    of_subject = auditor.get(f"/v1/subjects/{uid}/deadlines", **MOMENT).json()

    assert of_subject["deadlines"] == [row for row in rows(auditor, **MOMENT) if row["subject_uid"] == uid]
    assert of_subject["subject"] == "P1"
    assert auditor.get("/v1/subjects/00000000-0000-4000-8000-000000000000/deadlines").status_code == 404


def test_a_unit_head_reads_the_unit_s_own_steps(door: House) -> None:
    head = door.caller("unit-head-1", "UNIT_HEAD", "U1")

    assert seen(head, **MOMENT) == {("KEEP_PROMISE", "C2"), ("FEEDBACK", "A1"), ("PUBLISH", "A1")}


def test_who_works_on_a_case_about_themselves_reads_no_step_of_it(door: House) -> None:
    assert seen(door.caller("P1", "REVIEWER", "PERSONNEL"), **MOMENT) == set()


def test_pages_of_the_list_are_the_list(door: House) -> None:
    auditor = door.caller("auditor-1", "AUDITOR")
    whole, found = rows(auditor, **MOMENT), []
    answer = auditor.get("/v1/deadlines", limit=2, **MOMENT)
    while True:
        found += answer.json()["deadlines"]
        link = answer.headers.get("link")
        if link is None:
            break
        answer = auditor.get(link.partition(">")[0].removeprefix("<"))

    assert found == whole
    assert len(whole) > 2


def test_every_page_says_how_many_of_the_whole_list_are_overdue(door: House) -> None:
    """C2 of U1 is late on 2025-07-05, and two days later the repair of B1 would have been: on whichever page."""
    auditor, moment = door.caller("auditor-1", "AUDITOR"), {"as_of": "2025-07-20", "as_known": "2025-07-05"}
    whole, told, late = rows(auditor, **moment), [], []
    answer = auditor.get("/v1/deadlines", limit=1, **moment)
    while True:
        page = answer.json()
        told.append((page["overdue"], page["provisional"]))
        late.append(sum(row["state"] == "OVERDUE" for row in page["deadlines"]))
        link = answer.headers.get("link")
        if link is None:
            break
        answer = auditor.get(link.partition(">")[0].removeprefix("<"))

    overdue = sum(row["state"] == "OVERDUE" for row in whole)
    assert (overdue, sum(late), set(told)) == (2, 2, {(2, False)})
    assert 0 in late  # the count of a page would have been another


def test_a_page_is_a_look_at_the_people_on_it(door: House) -> None:
    before = door.looks()
    rows(door.caller("reviewer-1", "REVIEWER", "PERSONNEL"), **MOMENT)
    rows(door.caller("P1", "SUBJECT"), **MOMENT)
    rows(door.caller("unit-head-1", "UNIT_HEAD", "U1"), **MOMENT)  # a unit's record is no person's
    looks = list(door.ledger.access.logged(before))

    assert [(look.data["scope"], look.purpose) for look in looks] == [(["DEADLINES"], "CASE"), (["DEADLINES"], "OWN")]
    assert {look.subjects for look in looks} == {(door.uid("subject", "P1"),)}


def test_to_ask_for_a_person_s_steps_is_a_look_for_a_purpose_also_where_there_are_none(door: House) -> None:
    path, before = f"/v1/subjects/{door.uid('subject', 'P1')}/deadlines", door.looks()
    hr, reviewer = door.caller("hr-9", "HR", "U2"), door.caller("reviewer-1", "REVIEWER", "PERSONNEL")
    refused = hr.get(path, as_of="2025-01-10")
    assert (refused.status_code, refused.json()["code"]) == (400, "purpose-required")
    assert hr.get(path, as_of="2025-01-10", purpose="RECRUIT").json()["deadlines"] == []
    assert reviewer.get(path, as_of="2025-01-10").json()["deadlines"] == []
    looks = list(door.ledger.access.logged(before))

    assert [(look.data["scope"], look.purpose) for look in looks] == [
        (["DEADLINES"], "RECRUIT"), (["DEADLINES"], "CASE"),
    ]  # fmt: skip
    assert {look.subjects for look in looks} == {(door.uid("subject", "P1"),)}


def test_a_person_reads_their_steps_under_either_registration(own_door: House) -> None:
    p1, p2 = (own_door.uid("subject", ref) for ref in ("P1", "P2"))
    second = own_door.caller("P2", "SUBJECT")
    assert second.get(f"/v1/subjects/{p1}/deadlines").status_code == 404
    body = {"into_id": "P1", "approvers": ["hr-2", "legal-1"], "reason": "…", "doc": "示范户籍证明〔2026〕2号"}
    own_door.caller("hr-3", "HR", "CREDIT-OFFICE").command(f"/v1/subjects/{p2}/merger", body)

    mine = rows(second)
    assert "C9" in {row["record"] for row in mine}
    for uid in (p1, p2):
        assert second.get(f"/v1/subjects/{uid}/deadlines").json()["deadlines"] == mine


def test_the_list_of_an_earlier_day_is_what_it_was(door: House) -> None:
    auditor = door.caller("auditor-1", "AUDITOR")
    answer = auditor.get("/v1/deadlines", **MOMENT).json()

    assert (answer["as_known"], answer["size"], answer["overdue"]) == ("2025-04-10", 18, 0)
    assert (
        auditor.get("/v1/deadlines", as_of="2025-04-10", as_known=str(answer["size"])).json()["deadlines"]
        == answer["deadlines"]
    )


def test_a_look_that_is_hidden_from_its_subject_stands_in_the_auditors_list_with_its_day(own_door: House) -> None:
    uid = own_door.uid("subject", "P1")
    viewer = Viewer("auditor-2", "AUDITOR")
    own_door.ledger.access.look(viewer, [uid], scope=["INTEGRITY_FILE"], defer_until=date(2199, 1, 1))

    def hidden(caller: Caller) -> list[str]:
        answer = caller.get(f"/v1/subjects/{uid}/deadlines").json()
        return [row["due"] for row in answer["deadlines"] if row["kind"] == "LOOK_SHOWN"]

    assert hidden(own_door.caller("auditor-1", "AUDITOR")) == ["2199-01-01"]
    assert hidden(own_door.caller("P1", "SUBJECT")) == hidden(own_door.caller("decider-1", "DECIDER", "U2")) == []
