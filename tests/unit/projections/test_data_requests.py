"""Requests about personal data, read: who sees them, until when the desk answers, and what an answer shows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.folds.data_request import DataRequest, fold_data_request
from ledger.line import LineActor
from ledger.rulebook.edition import parse_edition, shipped_edition
from ledger.rulebook.windows import Activation, EditionTimeline
from projections.deadline_records import data_request_steps
from projections.deadlines import Asked, deadlines
from projections.evidence import evidence
from projections.integrity_file import integrity_file
from projections.notices import notices_of
from tests.support.erasure import order_class
from tests.support.scene import DOCUMENT, EDITION, HR, P2, Scene, a_scene

LATER = "JMS-DEMO-2025.2"
GROUNDS, REASONS = "行为日期记载有误", "与处罚决定书一致"
REFUSAL: dict[str, Any] = {"outcome": "REFUSED", "legal_basis": ["个人信息保护法 46"], "reasons": REASONS}
# Who is shown the requests of a person, by viewer and purpose: the person, the desk, the auditor (DOMAIN §8).
SHOWN = {
    ("SUBJECT", None): True,
    ("DPO", None): True,
    ("AUDITOR", None): True,
    ("HR", None): False,
    ("HR", "PROMOTE"): False,
    ("HR", "RECRUIT"): False,
    ("CREDIT", None): False,
    ("DECIDER", None): False,
    ("REVIEWER", None): False,
    ("UNIT_HEAD", None): False,
    ("PUBLIC", None): False,
    ("ASSESSOR", None): False,
    ("REPORTER", None): False,
    ("EXPERT", None): False,
    ("THIRD_PARTY", None): False,
}


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A finding, B1, and a request to correct it."""
    with a_scene(tmp_path / "scene") as made:
        made.found()
        made.ask_desk(right="CORRECTION", breach_id="B1", grounds=GROUNDS)
        yield made


def read(scene: Scene, on: str = "2025-09-01", viewer: str = "SUBJECT", **more: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"as_known": scene.ledger.size, "viewer": viewer} | more
    subject = options.pop("subject", "P1")
    return integrity_file(scene.ledger, scene.ledger.uid("subject", subject) or "", as_of=_day(on), **options)


def requests(scene: Scene, on: str = "2025-09-01", viewer: str = "SUBJECT", **more: Any) -> list[dict[str, Any]]:
    return list(read(scene, on, viewer, **more)["data_requests"])


def rows(scene: Scene, on: str, **asked: Any) -> list[dict[str, Any]]:
    answer = deadlines(scene.ledger, as_of=_day(on), as_known=scene.ledger.size, asked=Asked(**asked))
    return [row for row in answer["deadlines"] if row["kind"] == "ANSWER_DATA_REQUEST"]


def _day(text: str) -> date:
    return date.fromisoformat(text)


# The file.


def test_the_file_says_what_was_asked_and_what_became_of_it(scene: Scene) -> None:
    (open_one,) = requests(scene)
    scene.answer_request(**REFUSAL)
    (answered,) = requests(scene)

    assert (open_one["id"], open_one["right"], open_one["breach"]) == ("Q1", "CORRECTION", "B1")
    assert (open_one["state"], open_one["requested_on"], open_one["answer"]) == ("REQUESTED", "2025-04-01", None)
    assert (answered["state"], answered["answered_on"], answered["answer"]) == ("ANSWERED", "2025-04-10", "REFUSED")
    assert answered["legal_basis"] == ["个人信息保护法 46"]
    assert (answered["grounds"], answered["reasons"], open_one["reasons"]) == (GROUNDS, REASONS, None)
    said = [text["sections"] for text in answered["texts"]]
    assert said == [{"grounds": {"grounds": GROUNDS}}, {"reasons": {"reasons": REASONS}}]
    assert [step["route"] for step in answered["recourse"]["steps"]] == ["DATA_REQUEST", "LAWSUIT"]


def test_an_answer_counts_from_its_day_and_once_it_is_known(scene: Scene) -> None:
    size = scene.ledger.size
    scene.answer_request()

    assert requests(scene, "2025-03-31") == []
    assert requests(scene, "2025-04-09")[0]["state"] == "REQUESTED"
    assert requests(scene, "2025-04-10")[0]["state"] == "ANSWERED"
    assert requests(scene, "2025-04-10", as_known=size)[0]["state"] == "REQUESTED"


@pytest.mark.parametrize(("viewer", "purpose"), SHOWN, ids=str)
def test_nobody_but_the_person_the_desk_and_the_auditor_sees_a_request(
    scene: Scene, viewer: str, purpose: str | None
) -> None:
    scene.consent("2025-08-01", recipient="PERSONNEL")
    scene.answer_request("2025-08-02", **REFUSAL)
    unit = "PERSONNEL" if purpose == "RECRUIT" else None
    file = read(scene, viewer=viewer, purpose=purpose, unit=unit)

    shown = "data_requests" in file
    assert shown is SHOWN[viewer, purpose]
    assert ((GROUNDS in str(file)) and (REASONS in str(file))) is shown
    assert ("Q1" in str(file)) is shown


def test_a_unit_s_file_has_none_and_its_own_people_s_are_not_in_it(scene: Scene) -> None:
    for viewer in ("SUBJECT", "UNIT_HEAD", "AUDITOR", "DPO"):
        file = read(scene, viewer=viewer, subject="U1")
        assert "data_requests" not in file
        assert "Q1" not in str(file)
        assert GROUNDS not in str(file)


def test_no_figure_and_no_state_moves(scene: Scene) -> None:
    size = scene.ledger.size - 1
    scene.answer_request(**{**REFUSAL, "outcome": "GRANTED"})
    before, after = read(scene, as_known=size), read(scene)

    assert after["balance"] == before["balance"]
    assert [one["state"] for one in after["breaches"]] == [one["state"] for one in before["breaches"]]
    assert [one["effects"] for one in after["breaches"]] == [one["effects"] for one in before["breaches"]]


def test_every_entry_is_in_the_person_s_timeline_and_bundle(scene: Scene) -> None:
    scene.answer_request(**REFUSAL)
    file = read(scene)
    (item,) = file["data_requests"]
    indexes, disclose = evidence(scene.ledger, file)

    assert set(item["events"]) <= {line["index"] for line in file["timeline"]}
    assert set(item["events"]) <= set(indexes)
    assert GROUNDS in b"".join(disclose(item["events"][0])).decode()


def test_two_registrations_of_one_person_are_read_as_one(scene: Scene) -> None:
    scene.ask_desk("2025-04-02", request_id="Q2", subject_id="P2", by=P2)
    apart = [one["id"] for one in requests(scene)]
    scene.merge("2025-04-05", "P2", "P1")
    scene.answer_request("2025-04-08", request_id="Q2")

    assert apart == ["Q1"]
    assert [one["id"] for one in requests(scene)] == ["Q1", "Q2"]
    assert [row["record"] for row in rows(scene, "2025-04-09", viewer="SUBJECT", subject="P2")] == ["Q1"]
    scene.undo_merge("2025-04-09", "P2")
    assert [[one["id"] for one in requests(scene, subject=who)] for who in ("P1", "P2")] == [["Q1"], ["Q2"]]


def test_a_second_answer_in_the_log_changes_nothing(scene: Scene) -> None:
    """An aggregate refuses it; a fold that meets one keeps the first."""
    scene.answer_request(**REFUSAL)
    asked, answered = scene.ledger.stream(f"data-request/{scene.ledger.uid('data-request', 'Q1')}", scene.ledger.size)

    folded = fold_data_request([asked, answered, answered], _day("2025-09-01"))

    assert folded is not None
    assert folded.events == (asked.index, answered.index)
    assert fold_data_request([answered], _day("2025-09-01")) is None


def test_of_an_erased_request_the_codes_and_days_are_left(scene: Scene) -> None:
    scene.answer_request(**REFUSAL)
    order_class(scene.ledger, "CASE")
    (item,) = requests(scene)

    assert (item["right"], item["answer"], item["answered_on"]) == ("CORRECTION", "REFUSED", "2025-04-10")
    assert (item["grounds"], item["reasons"]) == (None, None)
    assert [text["destroyed"] for text in item["texts"]] == [1, 1]
    assert GROUNDS not in str(read(scene))


# Declined reports.


def test_a_declined_report_is_shown_to_the_person_from_the_desk_s_answer_on(scene: Scene) -> None:
    scene.report("2025-05-10", breach_id="B3", summary="匿名线索", occurred_on="2025-05-01")
    scene.decline("2025-05-12", breach_id="B3")
    scene.ask_desk("2025-06-01", request_id="Q2")
    before = read(scene)
    scene.answer_request("2025-06-10", request_id="Q2", discloses=["B3"])

    def states(on: str, viewer: str = "SUBJECT") -> dict[str, str]:
        return {one["id"]: one["state"] for one in read(scene, on, viewer)["breaches"]}

    assert "B3" not in str(before)
    assert "匿名线索" not in str(before)
    assert "B3" not in states("2025-06-09")
    assert states("2025-06-10")["B3"] == "DECLINED"
    assert all("B3" not in states("2025-06-10", viewer) for viewer in ("HR", "CREDIT", "UNIT_HEAD", "PUBLIC"))
    assert requests(scene)[-1]["discloses"] == ["B3"]
    after = str(read(scene))
    assert "匿名线索" in after
    assert "reporter" not in after


def test_what_was_not_named_stays_hidden(scene: Scene) -> None:
    for breach in ("B3", "B4"):
        scene.report("2025-05-12", breach_id=breach, occurred_on="2025-05-01")
        scene.decline("2025-05-12", breach_id=breach)
    scene.ask_desk("2025-06-01", request_id="Q2")
    scene.answer_request("2025-06-10", request_id="Q2", discloses=["B3"])

    assert {one["id"] for one in read(scene)["breaches"]} == {"B1", "B3"}


# Deadlines.


def test_the_desk_has_fifteen_working_days_by_the_remedy_table(scene: Scene) -> None:
    (row,) = rows(scene, "2025-04-02", viewer="DPO")

    assert (row["from"], row["due"], row["working_days_left"]) == ("2025-04-01", "2025-04-22", 14)
    assert (row["nature"], row["roles"], row["awaits"]) == ("DUTY", ["DPO"], ["PersonalDataRequestAnswered"])
    assert (row["clause"], row["demonstration"]) == ("个人信息保护法 44-50", True)
    assert (row["record_kind"], row["record"]) == ("data-request", "Q1")
    assert requests(scene)[0]["answer_by"] == row["due"]
    assert requests(scene)[0]["demonstration"]


@pytest.mark.parametrize(
    ("on", "state"), [("2025-04-22", "OPEN"), ("2025-04-23", "OVERDUE"), ("2026-04-23", "OVERDUE")]
)
def test_it_is_overdue_the_day_after(scene: Scene, on: str, state: str) -> None:
    assert rows(scene, on, viewer="DPO")[0]["state"] == state


def test_an_answer_ends_the_step(scene: Scene) -> None:
    scene.answer_request("2025-04-10")

    assert rows(scene, "2025-04-09", viewer="DPO") != []
    assert rows(scene, "2025-04-10", viewer="DPO") == []


def test_working_days_are_the_calendar_s(scene: Scene) -> None:
    """Over the Spring Festival of 2025: 28 January to 4 February off, Sunday 26 January and Saturday 8 February on."""
    text = shipped_edition(EDITION).replace(b'calendar = "MON-FRI"', b'calendar = "CN-STATE-COUNCIL"')
    edition = parse_edition(text)
    timeline = EditionTimeline([Activation(edition.effective_on, edition, 0)])
    request = DataRequest("Q1", "u", "p", "ACCESS", _day("2025-01-20"), events=(1,))

    (step,) = data_request_steps(timeline, request)

    assert step.due == _day("2025-02-14")
    assert step.basis is not None
    assert step.basis.calendar == "CN-STATE-COUNCIL"
    assert not step.basis.provisional


def test_words_kept_as_long_as_their_class_allows_wait_for_the_desk_once_answered(tmp_path: Path) -> None:
    with a_scene(tmp_path / "kept") as scene:
        content = shipped_edition(EDITION).replace(EDITION.encode(), LATER.encode(), 1)
        content = content.replace(b"effective_on = 2025-01-01", b"effective_on = 2025-03-01", 1)
        scene.ledger.offer_edition(content + b"\n[retention]\ncase_months = 12\n")
        scene.activate("2025-03-01", rulebook_id=LATER)
        for number in (1, 2):
            scene.ask_desk(request_id=f"Q{number}", right="CORRECTION", grounds=GROUNDS)
        scene.answer_request("2025-04-10", request_id="Q1")
        asked = Asked(viewer="DPO")

        def kept_too_long(on: str) -> list[str]:
            answer = deadlines(scene.ledger, as_of=_day(on), as_known=scene.ledger.size, asked=asked)
            return [row["record"] for row in answer["deadlines"] if row["kind"] == "ERASE"]

        assert kept_too_long("2026-04-10") == []
        assert kept_too_long("2026-04-11") == ["Q1"]


def test_without_an_edition_no_day_is_made_up() -> None:
    (step,) = data_request_steps(None, DataRequest("Q1", "u", "p", "ACCESS", _day("2025-01-20"), events=(1,)))

    assert (step.due, step.basis) == (None, None)


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        ("DPO", True), ("AUDITOR", True), ("SUBJECT", True), ("HR", False), ("CREDIT", False), ("DECIDER", False),
        ("REVIEWER", False), ("ASSESSOR", False), ("UNIT_HEAD", False), ("PUBLIC", False),
    ],
)  # fmt: skip
def test_whose_list_has_the_step(scene: Scene, viewer: str, seen: bool) -> None:
    assert bool(rows(scene, "2025-04-02", viewer=viewer, subject="P1")) is seen


def test_an_officer_is_not_shown_the_step_of_their_own_request(scene: Scene) -> None:
    assert rows(scene, "2025-04-02", viewer="DPO", viewer_uid=scene.ledger.uid("subject", "P1")) == []


def test_the_role_s_list_has_it(scene: Scene) -> None:
    assert [row["record"] for row in rows(scene, "2025-04-02", viewer="DPO", role="DPO")] == ["Q1"]
    assert rows(scene, "2025-04-02", viewer="AUDITOR", role="HR") == []


# Notices.


def test_the_person_is_told_of_the_answer(scene: Scene) -> None:
    person = scene.ledger.uid("subject", "P1") or ""
    before = [notice.type for notice in notices_of(scene.ledger, person, scene.ledger.size)]
    scene.answer_request(by=LineActor("dpo-9", "DPO"))
    newest = notices_of(scene.ledger, person, scene.ledger.size)[0]

    assert "PersonalDataRequestAnswered" not in before
    assert (newest.type, newest.subject) == ("PersonalDataRequestAnswered", person)


def test_a_request_from_paper_is_the_person_s_all_the_same(scene: Scene) -> None:
    scene.ask_desk("2025-04-02", request_id="Q2", by=HR, on_behalf_of="P1", doc=DOCUMENT)

    assert [one["id"] for one in requests(scene)] == ["Q1", "Q2"]


@pytest.mark.parametrize(("recorded", "shown"), [("2025-04-01", None), ("2025-04-03", "2025-04-03")])
def test_a_request_recorded_later_than_its_day_says_when(scene: Scene, recorded: str, shown: str | None) -> None:
    scene.ask_desk("2025-04-01", request_id="Q2", recorded=recorded, doc=DOCUMENT)
    (request,) = [one for one in read(scene)["data_requests"] if one["id"] == "Q2"]

    assert (request["requested_on"], request.get("recorded_on")) == ("2025-04-01", shown)
