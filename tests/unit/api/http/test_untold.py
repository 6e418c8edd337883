"""A case its subject was not told of is absent to whoever holds the pen for them, exactly as one that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.http import NOBODY, Caller, House, house
from tests.support.scene import DOCUMENT, a_scene

PENS = [("hr-1", "HR", "PERSONNEL"), ("credit-1", "CREDIT", "CREDIT-OFFICE")]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[House]:
    """B1: an open report about P1; B5: a declined one about P2; B6: P1 was told of it."""
    with a_scene(tmp_path / "scene") as scene:
        scene.report()
        scene.report("2025-02-20", breach_id="B5", subject_id="P2")
        scene.decline("2025-02-21", breach_id="B5")
        scene.report("2025-02-21", breach_id="B6")
        scene.notify("2025-02-22", breach_id="B6")
        with house(scene.ledger) as opened:
            yield opened


def said(answer: Any) -> tuple[int, Any]:
    """What an answer says, less what differs from each to each."""
    body = answer.json()
    for one in body.get("answers", [body]):
        for name in ("instance", "request_id", "trace_id"):
            one.pop(name, None)
    return answer.status_code, body


def repair(pen: Caller, breach: str, whom: str, **changes: Any) -> tuple[int, Any]:
    body = {"repair_id": "RX", "breach_id": breach, "performed_on": "2025-01-05", "proofs": ["e"]}
    return said(pen.command("/v1/repairs", {**body, "on_behalf_of": whom, "doc": DOCUMENT, **changes}))


def asks(pen: Caller, breach: str, whom: str, **changes: Any) -> tuple[int, Any]:
    body = {"request_id": f"Q{uuid4()}", "subject_id": whom, "right": "ACCESS", "breach_id": breach}
    return said(pen.command("/v1/data-requests", {**body, "on_behalf_of": whom, "doc": DOCUMENT, **changes}))


def batched(pen: Caller, breach: str, whom: str, **changes: Any) -> tuple[int, Any]:
    data = {"breach_id": breach, "statement": "…", "on_behalf_of": whom, "doc": DOCUMENT, **changes}
    return said(pen.batch([{"type": "BreachReplied", "data": data}]))


@pytest.mark.parametrize("act", [repair, asks, batched], ids=lambda act: act.__name__)
@pytest.mark.parametrize("pen", PENS, ids=lambda pen: pen[1])
@pytest.mark.parametrize(
    "changes", [{}, {"doc": None}, {"no_such_member": 1}, {"performed_on": "x", "statement": 7}], ids=str
)
def test_who_holds_the_pen_learns_no_more_than_the_subject(
    door: House, act: Any, pen: tuple[str, str, str], changes: Mapping[str, Any]
) -> None:
    caller = door.caller(*pen)
    for whom in ("P1", "P2"):
        absent = act(caller, "NOPE", whom, **changes)
        for breach in ("B1", "B5", door.uid("breach", "B1")):
            assert act(caller, breach, whom, **changes) == absent


@pytest.mark.parametrize("act", [repair, asks, batched], ids=lambda act: act.__name__)
def test_another_s_case_is_as_absent(door: House, act: Any) -> None:
    caller = door.caller(*PENS[0])

    assert act(caller, "B6", "P2") == act(caller, "NOPE", "P2")


@pytest.mark.parametrize("changes", [{}, {"statement": 7}], ids=str)
def test_by_its_address_it_is_as_absent(door: House, changes: Mapping[str, Any]) -> None:
    data = {"statement": "…", "doc": DOCUMENT, **changes}
    for pen in PENS:
        caller = door.caller(*pen)
        absent = said(caller.command(f"/v1/breaches/{NOBODY}/reply", {**data, "on_behalf_of": "P1"}))
        assert absent[0] == 404
        for breach in ("B1", "B5"):
            at = f"/v1/breaches/{door.uid('breach', breach)}/reply"
            assert said(caller.command(at, {**data, "on_behalf_of": "P1"})) == absent
    at = f"/v1/breaches/{door.uid('breach', 'B1')}/reply"
    assert said(door.caller("P1", "SUBJECT").command(at, dict(data))) == absent


@pytest.mark.parametrize("changes", [{}, {"performed_on": "x"}, {"no_such_member": 1}], ids=str)
def test_to_the_subject_too_whatever_is_wrong_with_the_line(door: House, changes: Mapping[str, Any]) -> None:
    own = door.caller("P1", "SUBJECT")
    body = {"repair_id": "RX", "performed_on": "2025-01-05", "proofs": ["e"], **changes}

    untold, absent = (said(own.command("/v1/repairs", {**body, "breach_id": one})) for one in ("B1", "NOPE"))

    assert untold == absent


def test_of_what_they_were_told_the_paper_is_recorded(door: House) -> None:
    at = f"/v1/breaches/{door.uid('breach', 'B6')}/reply"
    paper = {"statement": "已按时办结", "on_behalf_of": "P1", "doc": DOCUMENT}

    assert door.caller(*PENS[0]).command(at, paper).status_code == 201


def test_what_the_desk_showed_is_there_for_the_person(tmp_path: Path) -> None:
    with a_scene(tmp_path / "scene") as scene:
        scene.report()
        scene.decline()
        scene.ask_desk()
        later = {"request_id": "Q2", "subject_id": "P1", "right": "DELETION", "breach_id": "B1", "grounds": "不实"}
        with house(scene.ledger) as opened:
            own = opened.caller("P1", "SUBJECT")
            assert own.command("/v1/data-requests", later).status_code == 404
            scene.answer_request(discloses=["B1"])
            assert own.command("/v1/data-requests", later).status_code == 201
