"""What was recorded for somebody from the signed paper is told to them, and their file says by whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.catalogue import TYPES
from ledger.clock import day_of
from ledger.domain.values import Role
from ledger.line import LineActor
from projections.eligibility import check
from projections.integrity_file import integrity_file
from projections.notices import MAY_BE_TOLD, TOLD, notice_of, notices_of
from tests.support.scene import DOCUMENT, Scene, a_scene

CLERK = LineActor("hr-9", "HR", "U2")
BY = {"role": "HR", "unit": "U2"}
FOR_P1: dict[str, Any] = {"by": CLERK, "on_behalf_of": "P1", "doc": DOCUMENT}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as made:
        yield made


def file_of(scene: Scene, viewer: str = "SUBJECT", subject: str = "P1", **more: Any) -> dict[str, Any]:
    return integrity_file(
        scene.ledger, subject, as_of=date(2025, 11, 20), as_known=scene.ledger.size, viewer=viewer, **more
    )


def told(scene: Scene, subject: str = "P1") -> list[str]:
    uid = scene.ledger.uid("subject", subject)
    assert uid is not None
    return [notice.type for notice in notices_of(scene.ledger, uid, scene.ledger.size)]


def _reply(scene: Scene, **how: Any) -> None:
    scene.report()
    scene.notify()
    scene.reply(**how)


def _appeal(scene: Scene, **how: Any) -> None:
    scene.found()
    scene.appeal(**how)


def _repair(scene: Scene, **how: Any) -> None:
    scene.found()
    scene.apply_for_repair(**how)


def _withdraw_consent(scene: Scene, **how: Any) -> None:
    scene.consent()
    scene.withdraw_consent("2025-09-10", **how)


def _respond(scene: Scene, **how: Any) -> None:
    scene.blocked_check()
    scene.notice()
    scene.respond(**how)


def _dispute(scene: Scene, **how: Any) -> None:
    scene.blocked_check()
    scene.notice()
    scene.decide("2025-09-12")
    scene.notify_result("2025-09-12")
    scene.dispute("2025-09-15", **how)


def _withdraw_check(scene: Scene, **how: Any) -> None:
    scene.blocked_check()
    scene.withdraw_check("2025-09-02", **how)


# The act, the type it is recorded as, and the section of the file that shows it.
ACTS: list[tuple[Callable[..., None], str, str]] = [
    (_reply, "BreachReplied", "breaches"),
    (_appeal, "BreachAppealed", "breaches"),
    (_repair, "RepairApplied", "repairs"),
    (lambda scene, **how: scene.consent(**how), "ConsentGiven", "consents"),
    (_withdraw_consent, "ConsentWithdrawn", "consents"),
    (_respond, "CandidateResponded", "checks"),
    (_dispute, "EligibilityDisputed", "checks"),
    (_withdraw_check, "EligibilityWithdrawn", "checks"),
    (lambda scene, **how: scene.ask_desk(**how), "PersonalDataRequested", "data_requests"),
    (lambda scene, **how: scene.promise("2025-03-01", promisor_id="P1", **how), "CommitmentMade", "commitments"),
]
each_act = pytest.mark.parametrize(("act", "type_", "section"), ACTS, ids=[type_ for _, type_, _ in ACTS])


def test_every_act_that_can_be_recorded_for_its_subject_stands_in_the_table() -> None:
    own = {name for name, event in TYPES.items() if Role.SUBJECT in event.ROLES}

    assert {type_ for _, type_, _ in ACTS} == own == MAY_BE_TOLD - TOLD


@each_act
def test_an_act_recorded_for_somebody_is_told_to_them(
    scene: Scene, act: Callable[..., None], type_: str, section: str
) -> None:
    act(scene, **FOR_P1)
    entry = scene.newest()

    assert (entry.type, told(scene)[0]) == (type_, type_)
    notice = notice_of(scene.ledger, entry)
    assert notice is not None
    assert (notice.index, notice.subject) == (entry.index, scene.ledger.uid("subject", "P1"))


@each_act
def test_the_file_says_by_which_unit_and_role_and_when(
    scene: Scene, act: Callable[..., None], type_: str, section: str
) -> None:
    act(scene, **FOR_P1)
    entry = scene.newest()
    by = {**BY, "on": day_of(entry.recorded_at).isoformat()}
    for viewer in ("SUBJECT", "AUDITOR"):
        file = file_of(scene, viewer)
        (row,) = [one for one in file[section] if entry.index in one["events"]]
        assert row["on_behalf"] == [{"event": entry.index, "type": type_, **by}]
        (line,) = [one for one in file["timeline"] if one["index"] == entry.index]
        assert line["recorded_by"] == by
        assert not [one for one in file["timeline"] if one["index"] != entry.index and "recorded_by" in one]


@each_act
def test_what_somebody_said_themselves_is_no_notice_and_names_nobody(
    scene: Scene, act: Callable[..., None], type_: str, section: str
) -> None:
    act(scene, by=LineActor("P1", "SUBJECT"))

    assert scene.newest().type == type_
    assert type_ not in told(scene)
    file = file_of(scene)
    assert not [one for one in file[section] if "on_behalf" in one]
    assert not [one for one in file["timeline"] if "recorded_by" in one]


def test_an_appeal_says_it_itself(scene: Scene) -> None:
    _appeal(scene, **FOR_P1)
    (breach,) = file_of(scene)["breaches"]

    assert breach["appeals"][0]["on_behalf"] == breach["on_behalf"]


@pytest.mark.parametrize(("viewer", "purpose"), [("HR", "AWARD"), ("DECIDER", None), ("DPO", None), ("PUBLIC", None)])
def test_nobody_else_reads_who_recorded_it(scene: Scene, viewer: str, purpose: str | None) -> None:
    scene.promise("2025-02-01", promisor_id="P1", **FOR_P1)
    _repair(scene, **FOR_P1)
    scene.ask_desk("2025-07-01", **FOR_P1)

    assert "on_behalf" not in str(file_of(scene, viewer, purpose=purpose))
    assert "on_behalf" in str(file_of(scene, "AUDITOR"))


@pytest.mark.parametrize(("viewer", "said"), [("SUBJECT", True), ("AUDITOR", True), ("HR", False), ("DECIDER", False)])
def test_a_check_says_it_to_its_candidate_and_the_auditor(scene: Scene, viewer: str, said: bool) -> None:
    _respond(scene, **FOR_P1)
    answer = check(scene.ledger, "K1", as_of=date(2025, 12, 1), as_known=scene.ledger.size, viewer=viewer)

    expected = {"event": scene.newest().index, "type": "CandidateResponded", **BY, "on": "2025-09-05"}
    assert answer.get("on_behalf") == ([expected] if said else None)


def test_a_clerk_who_writes_a_consent_to_the_own_unit_is_seen_by_whose_file_it_opens(scene: Scene) -> None:
    scene.found()
    scene.consent(recipient="U2", **FOR_P1)
    opened = file_of(scene, "HR", unit="U2", purpose="RECRUIT")

    assert opened["consent"]["id"] == "N1"
    assert told(scene)[0] == "ConsentGiven"
    (consent,) = file_of(scene)["consents"]
    assert consent["on_behalf"][0] | {"event": 0} == {"event": 0, "type": "ConsentGiven", **BY, "on": "2025-09-01"}


def test_a_unit_is_told_of_a_promise_that_was_recorded_for_it(scene: Scene) -> None:
    scene.promise("2025-03-01", promisor_id="U1", on_behalf_of="U1", by=CLERK, doc=DOCUMENT)

    assert told(scene, "U1") == ["CommitmentMade"]
    assert file_of(scene, subject="U1")["commitments"][0]["on_behalf"][0]["unit"] == "U2"


def test_under_whichever_registration_it_is_told_to_the_same_person(scene: Scene) -> None:
    scene.register_person("2025-01-02", "P3")
    scene.merge("2025-04-01", "P3", "P1")
    scene.consent(on_behalf_of="P3", by=CLERK, doc=DOCUMENT)

    assert told(scene, "P1")[0] == told(scene, "P3")[0] == "ConsentGiven"
