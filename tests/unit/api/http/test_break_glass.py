"""Break-glass at the door: what it opens, for whom, until which second; each read a look shown; the person told,
and the inspectorate with a last day to review it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from ledger.access import Viewer
from ledger.artefacts.bundle import parse_bundle
from ledger.clock import CST, format_time
from ledger.errors import Refused
from projections.access_log import access_log
from projections.break_glass import glass_of
from projections.deadlines import Asked, deadlines
from projections.integrity_file import integrity_file
from projections.notices import notices_of
from tests.support.http import NOBODY, Caller, House, house
from tests.support.scene import HR, REPORTER, REVIEWER, Scene, a_scene

DAY = "2025-06-03"
OPENING = {
    "glass_id": "G1", "subject_id": "P1", "ground": "LIFE_OR_SAFETY", "minutes": 30, "second_approver": "hr-2",
    "reasons": "值守失联，须立即核实",
}  # fmt: skip
REVIEW = {"outcome": "NOT_JUSTIFIED", "reasons": "当日可以取得授权"}
STATES = {
    "B1": "CONFIRMED", "B2": "REMOVED", "B4": "REPORTED", "B5": "DECLINED", "B6": "OVERTURNED", "B7": "REPAIRED",
    "B8": "EXPIRED", "B9": "NOTIFIED", "B10": "DISMISSED",
}  # fmt: skip


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """P1 with a finding that stands, B1, and a record of every other kind of state, on an ordinary morning."""
    with a_scene(tmp_path / "scene") as made:
        severities = {"B6": "GENERAL", "B7": "GENERAL", "B8": "MINOR", "B10": "GENERAL"}
        for breach, severity in severities.items():
            conduct = {"conduct_id": f"conduct of {breach}", "occurred_on": "2025-01-02"}
            made.report("2025-01-06", breach_id=breach, proposed_severity=severity, **conduct)
        for breach, severity in severities.items():
            made.notify("2025-01-07", breach_id=breach, proposed_finding=severity, reply_due="2025-02-10")
        for breach in severities:
            made.reply("2025-01-13", breach_id=breach)
        made.dismiss("2025-01-20", breach_id="B10")
        for breach in ("B6", "B7", "B8"):
            made.confirm("2025-01-20", breach_id=breach, severity=severities[breach])
        made.appeal("2025-02-10", breach_id="B6")
        made.decide_appeal("2025-02-18", breach_id="B6", outcome="OVERTURNED")
        made.found()
        made.take_over("2025-03-21", severity="GENERAL", record_kind="PENALTY")
        made.remove("2025-03-24")
        made.report("2025-03-25", breach_id="B4")
        made.report("2025-03-26", breach_id="B5")
        made.decline("2025-03-27", breach_id="B5")
        made.apply_for_repair("2025-04-21", breach_id="B7")
        made.accept_repair("2025-04-22")
        made.approve("2025-04-25")
        made.report("2025-05-20", breach_id="B9", conduct_id="conduct of B9")
        made.notify("2025-05-26", breach_id="B9", reply_due="2025-06-10")
        made.on_day(DAY)
        yield made


@pytest.fixture
def door(scene: Scene) -> Iterator[House]:
    with house(scene.ledger) as opened:
        yield opened


def hr(door: House, actor: str = "hr-1", unit: str = "PERSONNEL", role: str = "HR") -> Caller:
    return door.caller(actor, role, unit)


def path(door: House, subject: str = "P1") -> str:
    return f"/v1/subjects/{door.uid('subject', subject)}/integrity-file"


def opened(door: House, by: Caller, **changes: Any) -> str:
    answer = by.command("/v1/break-glass", {**OPENING, **changes})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["uid"])


def test_it_opens_what_own_hr_sees_without_a_consent_and_nothing_more(door: House) -> None:
    caller = hr(door)
    assert caller.get(path(door), purpose="RECRUIT").json()["code"] == "consent-missing"
    uid = opened(door, caller)

    file = caller.get(path(door), purpose="RECRUIT", break_glass=uid).json()
    own = caller.get(path(door), purpose="PROMOTE").json()

    assert [one["id"] for one in file["breaches"]] == ["B1"]
    stands_on = {"purpose", "glass", "size", "as_known"}
    assert {name: value for name, value in file.items() if name not in stands_on} == {
        name: value for name, value in own.items() if name not in stands_on
    }
    assert file["glass"] | {"until": ""} == {"id": "G1", "uid": uid, "ground": "LIFE_OR_SAFETY", "until": ""}
    assert not {"balance", "timeline", "checks", "consents", "break_glass"} & file.keys()
    said = json.dumps(file, ensure_ascii=False)
    hidden = (*(breach for breach in STATES if breach != "B1"), "R1")
    assert not [word for word in ("reporter", REPORTER.id, *hidden, "值守失联") if word in said]


@pytest.mark.parametrize("role", ["HR", "CREDIT"])
def test_what_was_undone_repaired_or_expired_or_is_being_heard_stays_shut(scene: Scene, door: House, role: str) -> None:
    ledger, on = scene.ledger, date.fromisoformat(DAY)
    whole = integrity_file(ledger, "P1", as_of=on, as_known=ledger.size, viewer="AUDITOR")
    assert {one["id"]: one["state"] for one in whole["breaches"]} == STATES
    assert [one["id"] for one in whole["repairs"]] == ["R1"]
    caller = hr(door, role=role)
    uid = opened(door, caller)

    answer = caller.get(path(door), break_glass=uid)

    file = answer.json()
    assert [(one["id"], one["state"]) for one in file["breaches"]] == [("B1", "CONFIRMED")]
    hidden = [one for one in whole["breaches"] if one["id"] != "B1"]
    named = {f'"{name}"' for one in (*hidden, *whole["repairs"]) for name in (one["id"], one.get("uid", one["id"]))}
    assert not {name for name in named if name in answer.text}
    assert not {state for state in STATES.values() if state != "CONFIRMED" and state in answer.text}
    shown = {event for one in file["breaches"] for event in one["events"]}
    assert not shown & {event for one in (*hidden, *whole["repairs"]) for event in one["events"]}


@pytest.mark.parametrize(
    "moment",
    [
        {"as_of": "2025-03-21"},
        {"as_of": "2025-03-21", "as_known": "2025-03-21"},
        {"as_known": "2025-03-21"},
        {"as_known": "12"},
        {"as_of": "2025-06-04"},
        {"as_of": "2025-06-02"},
    ],
    ids=str,
)
def test_it_opens_no_other_moment(door: House, moment: dict[str, str]) -> None:
    caller = hr(door)
    uid = opened(door, caller)

    answer = caller.get(path(door), break_glass=uid, **moment)

    field = "as_of" if moment.get("as_of", DAY) != DAY else "as_known"
    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "glass-reads-now", field)
    assert "B2" not in answer.text
    own = door.caller("P1", "SUBJECT").get(f"/v1/subjects/{door.uid('subject', 'P1')}/access-log").json()
    assert own["looks"] == []  # nothing was seen


def test_this_moment_may_be_named(door: House) -> None:
    caller = hr(door)
    uid = opened(door, caller)
    size = str(door.ledger.size)
    for moment in ({"as_of": DAY}, {"as_known": size}, {"as_of": DAY, "as_known": DAY}):
        file = caller.get(path(door), break_glass=uid, **moment)
        assert [one["id"] for one in file.json()["breaches"]] == ["B1"], file.text


def test_without_it_nothing_is_opened(door: House) -> None:
    caller = hr(door)
    opened(door, caller)

    assert caller.get(path(door), purpose="RECRUIT").json()["code"] == "consent-missing"
    assert caller.get(path(door)).json()["code"] == "purpose-required"


def test_the_ground_is_the_purpose_where_none_is_stated(scene: Scene, door: House) -> None:
    caller = hr(door, "credit-1", "CREDIT-OFFICE", "CREDIT")
    uid = opened(door, caller, ground="SYSTEM_FAILURE")

    assert caller.get(path(door), break_glass=uid).json()["purpose"] == "SYSTEM_FAILURE"
    *_, look = scene.ledger.access.looks_at(door.uid("subject", "P1"))
    assert (look.purpose, look.data["basis"], look.data["case"]) == ("SYSTEM_FAILURE", "BREAK_GLASS", uid)


def test_it_ends_to_the_second(scene: Scene, door: House) -> None:
    caller = hr(door)
    uid = opened(door, caller)
    began = scene.newest().recorded_at
    ends, viewer, person = began + timedelta(minutes=30), Viewer(HR.id, "HR", "PERSONNEL"), door.uid("subject", "P1")

    assert glass_of(scene.ledger, viewer, person, uid, began).ends_at == ends
    assert glass_of(scene.ledger, viewer, person, uid, ends - timedelta(microseconds=1)).uid == uid
    with pytest.raises(Refused) as over:
        glass_of(scene.ledger, viewer, person, uid, ends)
    assert over.value.code == "glass-over"

    scene.now = ends - timedelta(seconds=1)
    before = caller.get(path(door), break_glass=uid)
    assert (before.status_code, before.json()["glass"]["until"]) == (200, format_time(ends))
    scene.now = ends
    after = caller.get(path(door), break_glass=uid)
    assert (after.status_code, after.json()["code"]) == (422, "glass-over")
    assert scene.ledger.access.refusals()[-1].data == {
        "type": "RecordAccessed", "code": "glass-over", "target": person,
    }  # fmt: skip


def test_a_clock_that_was_set_back_makes_it_no_longer(scene: Scene, door: House) -> None:
    """The ledger's time is never before that of its newest entry, whichever server is asked."""
    caller = hr(door)
    uid = opened(door, caller)
    began = scene.newest().recorded_at
    scene.now = began - timedelta(seconds=2)
    assert caller.get(path(door), break_glass=uid).status_code == 200
    scene.now = began + timedelta(minutes=30)
    scene.promise(DAY, commitment_id="C7")

    scene.now = began + timedelta(minutes=30) - timedelta(seconds=4)

    assert caller.get(path(door), break_glass=uid).json()["code"] == "glass-over"


def test_nobody_reads_what_turned_out_to_be_about_themselves(scene: Scene, door: House) -> None:
    caller = hr(door, "P2")
    uid = opened(door, caller)
    scene.merge(DAY, "P2", "P1")

    assert caller.get(path(door), break_glass=uid).status_code == 404


def test_it_opens_nothing_for_anybody_else_and_nobody_else_s_file(scene: Scene, door: House) -> None:
    uid = opened(door, hr(door))
    tries = [
        (hr(door, "hr-2"), "P1"),  # the second approver
        (hr(door, "hr-9"), "P1"),
        (hr(door, unit="U2"), "P1"),
        (hr(door, role="CREDIT"), "P1"),
        (hr(door, role="DECIDER"), "P1"),
        (door.caller("P2", "SUBJECT"), "P1"),
        (door.caller("unit-head-1", "UNIT_HEAD", "U1"), "P1"),
        (hr(door), "P2"),
        (hr(door), "U1"),
    ]
    answers = [caller.get(path(door, subject), purpose="RECRUIT", break_glass=uid) for caller, subject in tries]
    answers.append(hr(door).get(path(door), purpose="RECRUIT", break_glass=uuid4()))
    answers.append(hr(door).get(f"/v1/subjects/{NOBODY}/integrity-file", purpose="RECRUIT", break_glass=uid))

    assert {(one.status_code, one.json()["code"]) for one in answers} == {(422, "no-glass")}
    assert [entry.data["code"] for entry in scene.ledger.access.refusals()[-len(answers) :]] == ["no-glass"] * len(
        answers
    )
    assert scene.ledger.access.looks_at(door.uid("subject", "P1")) == []


def test_another_registration_of_the_person_is_the_person(scene: Scene, door: House) -> None:
    scene.merge(DAY, "P2", "P1")
    caller = hr(door)
    uid = opened(door, caller, subject_id="P2")

    answer = caller.get(path(door), purpose="RECRUIT", break_glass=uid)

    assert (answer.status_code, answer.json()["uid"]) == (200, door.uid("subject", "P1"))


def test_each_read_stands_in_the_look_up_log_and_the_person_sees_it_at_once(scene: Scene, door: House) -> None:
    caller, me = hr(door), door.caller("P1", "SUBJECT")
    uid = opened(door, caller)
    for _ in range(2):
        assert caller.get(path(door), break_glass=uid).status_code == 200

    person = door.uid("subject", "P1")
    shown = me.get(f"/v1/subjects/{person}/access-log").json()["looks"]

    assert [(one["unit"], one["role"], one["purpose"], one["basis"], one["case"]) for one in shown] == [
        ("PERSONNEL", "HR", "LIFE_OR_SAFETY", "BREAK_GLASS", uid)
    ] * 2
    assert not [one for one in shown if "actor" in one]
    # However it came in, one in an emergency is never kept back.
    scene.ledger.access.look(
        Viewer(HR.id, "HR", "PERSONNEL"), [person], scope=["INTEGRITY_FILE"], purpose="LIFE_OR_SAFETY",
        basis="BREAK_GLASS", case=uid, defer_until=date(2099, 1, 1),
    )  # fmt: skip
    assert len(access_log(scene.ledger, "P1", viewer_role="SUBJECT", today=date(2025, 6, 3))["looks"]) == 3


def test_the_person_is_told_and_reads_ground_unit_and_outcome_and_not_the_words(scene: Scene, door: House) -> None:
    uid = opened(door, hr(door))
    person, me = door.uid("subject", "P1"), door.caller("P1", "SUBJECT")
    began = scene.newest()
    assert notices_of(scene.ledger, person, scene.ledger.size)[0].type == "BreakGlassOpened"
    (before,) = me.get(path(door)).json()["break_glass"]
    assert before == {
        "id": "G1", "uid": uid, "state": "OPENED", "ground": "LIFE_OR_SAFETY", "minutes": 30,
        "opened_at": format_time(began.recorded_at),
        "until": format_time(began.recorded_at + timedelta(minutes=30)), "unit": "PERSONNEL", "role": "HR",
        "review_due": "2025-06-10", "reviewed_on": None, "reviewed_by": None, "events": [began.index],
    }  # fmt: skip

    scene.on_day("2025-06-04")
    review = door.caller("auditor-1", "AUDITOR").command(f"/v1/break-glass/{uid}/review", REVIEW)
    assert review.status_code == 201, review.text
    scene.ledger.publish()
    file = door.caller("P1", "SUBJECT").get(path(door)).json()
    (after,) = file["break_glass"]

    assert (after["state"], after["reviewed_on"], after["reviewed_by"]) == ("NOT_JUSTIFIED", "2025-06-04", "AUDITOR")
    assert after["events"] == [began.index, review.json()["index"]]
    assert set(after["events"]) <= {one["index"] for one in file["timeline"]}
    assert "值守失联" not in json.dumps(file, ensure_ascii=False)
    assert "当日可以取得授权" not in json.dumps(file, ensure_ascii=False)
    assert notices_of(scene.ledger, person, scene.ledger.size)[0].type == "BreakGlassReviewed"
    bundle = door.caller("P1", "SUBJECT").get(f"/v1/subjects/{person}/evidence-bundle").content
    taken = {one.index: b"".join(one.disclosures).decode() for one in parse_bundle(bundle).entries}
    assert set(after["events"]) <= set(taken)
    assert "系统故障导致延误" in "".join(taken.values())
    assert [taken[index] for index in after["events"]] == ["", ""]


@pytest.mark.parametrize("role", ["AUDITOR", "DPO"])
def test_whoever_reviews_it_reads_its_words(scene: Scene, door: House, role: str) -> None:
    uid = opened(door, hr(door))
    scene.on_day("2025-06-04")

    (item,) = door.caller("inspector-1", role).get(path(door)).json()["break_glass"]

    assert item["uid"] == uid
    assert [one["sections"] for one in item["texts"]] == [{"reasons": {"reasons": OPENING["reasons"]}}]
    assert item["opener"] != item["second_approver"]


@pytest.mark.parametrize("viewer", ["HR", "CREDIT", "UNIT_HEAD", "DECIDER", "REVIEWER", "PUBLIC"])
def test_nobody_else_reads_that_there_was_one(scene: Scene, viewer: str) -> None:
    scene.open_glass(DAY)

    file = integrity_file(
        scene.ledger, "P1", as_of=date(2025, 6, 3), as_known=scene.ledger.size, viewer=viewer, purpose="PROMOTE"
    )

    assert "G1" not in json.dumps(file)


def steps(caller: Caller, place: str = "/v1/deadlines", **query: Any) -> list[dict[str, Any]]:
    answer = caller.get(place, limit=100, **query)
    assert answer.status_code == 200, answer.text
    return [one for one in answer.json()["deadlines"] if one["kind"] == "REVIEW_BREAK_GLASS"]


def test_its_review_has_a_last_day_and_is_overdue_behind_it(scene: Scene, door: House) -> None:
    """Five working days behind Tuesday, 3 June 2025: Tuesday, 10 June."""
    uid = opened(door, hr(door))
    auditor, dpo = door.caller("auditor-1", "AUDITOR"), door.caller("dpo-1", "DPO")

    (step,) = steps(auditor, as_of="2025-06-10")
    assert (step["state"], step["due"], step["uid"], step["subject"]) == ("OPEN", "2025-06-10", uid, "P1")
    assert (step["clause"], step["demonstration"], step["roles"]) == ("break-glass", True, ["AUDITOR", "DPO"])
    (late,) = steps(auditor, as_of="2025-06-11")
    assert (late["state"], late["working_days_left"]) == ("OVERDUE", -1)
    assert [one["state"] for one in steps(dpo, as_of="2025-06-11")] == ["OVERDUE"]
    mine = f"/v1/subjects/{door.uid('subject', 'P1')}/deadlines"
    assert [one["state"] for one in steps(door.caller("P1", "SUBJECT"), mine, as_of="2025-06-11")] == ["OVERDUE"]
    for role in ("HR", "CREDIT", "DECIDER", "REVIEWER"):
        assert steps(hr(door, "somebody", role=role), as_of="2025-06-11") == []

    known = scene.ledger.size
    for viewer in ("HR", "CREDIT", "DECIDER", "REVIEWER", "UNIT_HEAD", "ASSESSOR", "PUBLIC"):  # at the operator's door
        asked = Asked(viewer=viewer, subject="P1")
        told = deadlines(scene.ledger, as_of=date(2025, 6, 11), as_known=known, asked=asked)["deadlines"]
        assert "REVIEW_BREAK_GLASS" not in {one["kind"] for one in told}

    scene.review_glass("2025-06-12")
    assert steps(door.caller("auditor-1", "AUDITOR"), as_of="2025-06-12") == []
    assert len(steps(door.caller("auditor-1", "AUDITOR"), as_of="2025-06-11")) == 1


def test_one_that_runs_past_midnight_is_reviewed_from_the_day_it_ended(scene: Scene, door: House) -> None:
    scene.now = datetime(2025, 6, 3, 23, 50, tzinfo=CST)
    opened(door, hr(door))

    (step,) = steps(door.caller("auditor-1", "AUDITOR"), as_of="2025-06-03")

    assert (step["state"], step["from"], step["due"]) == ("UPCOMING", "2025-06-04", "2025-06-11")


def test_a_review_by_the_opener_s_delegate_is_refused_at_the_door(scene: Scene, door: House) -> None:
    uid = opened(door, hr(door))
    scene.delegate(DAY, by=HR, delegate_id="auditor-1", scope=["PreDecisionNoticeSent"])
    scene.on_day("2025-06-04")
    review = f"/v1/break-glass/{uid}/review"

    refused = door.caller("auditor-1", "AUDITOR").command(review, REVIEW)
    accepted = door.caller("auditor-2", "AUDITOR").command(review, REVIEW)
    again = door.caller("auditor-3", "DPO").command(review, REVIEW)

    assert (refused.status_code, refused.json()["code"]) == (422, "opener-may-not-review")
    assert accepted.status_code == 201, accepted.text
    assert (again.status_code, again.json()["code"]) == (422, "wrong-state")


def test_a_file_tells_of_it_as_known_then_and_as_of_that_day(scene: Scene) -> None:
    before = scene.ledger.size
    scene.open_glass(DAY)
    scene.review_glass("2025-06-04")

    def items(as_of: date, as_known: int) -> list[str]:
        file = integrity_file(scene.ledger, "P1", as_of=as_of, as_known=as_known, viewer="SUBJECT")
        return [one["state"] for one in file["break_glass"]]

    now = scene.ledger.size
    assert items(date(2025, 6, 4), before) == []
    assert items(date(2025, 6, 2), now) == []
    assert items(date(2025, 6, 3), now) == items(date(2025, 6, 4), now - 1) == ["OPENED"]
    assert items(date(2025, 6, 4), now) == ["JUSTIFIED"]


def test_it_was_never_opened_for_whoever_decides(door: House) -> None:
    answer = hr(door, REVIEWER.id, role="REVIEWER").command("/v1/break-glass", OPENING)

    assert answer.status_code == 404
