"""One number for each period of a remedy: what a file prints, what a deadline list says, and what a command enforces.

The editions here have other numbers than the shipped one, so that no number of ours can stand in for theirs.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ledger.rulebook.deadlines import file_within
from ledger.rulebook.edition import parse_edition, shipped_edition
from ledger.rulebook.remedies import RecordOf, remedies_for
from projections.deadlines import Asked, deadlines
from projections.eligibility import check
from projections.integrity_file import integrity_file
from tests.support.scene import EDITION, Scene

OTHER = (("appeal_days = 30", "appeal_days = 20\nfeedback_wd = 3"), ("pre_decision_wd = 5", "pre_decision_wd = 7"))


def edition_file(name: str, on: str, *changes: tuple[str, str]) -> bytes:
    text = shipped_edition(EDITION).decode()
    for old, new in ((f'id = "{EDITION}"', f'id = "{name}"'), ("2025-01-01", on), *changes):
        assert old in text
        text = text.replace(old, new, 1)
    return text.encode()


def adopt(scene: Scene, name: str, on: str, *changes: tuple[str, str]) -> None:
    scene.activate(on, rulebook_id=name, documents=[edition_file(name, on, *changes)])


def breach(scene: Scene, on: str, ref: str = "B1") -> dict[str, Any]:
    asked = {"as_of": date.fromisoformat(on), "as_known": scene.ledger.size}
    file = integrity_file(scene.ledger, "P1", viewer="SUBJECT", **asked)  # type: ignore[arg-type]
    found: dict[str, Any] = next(one for one in file["breaches"] if one["id"] == ref)
    return found


def rows(scene: Scene, on: str) -> dict[str, dict[str, Any]]:
    """The list of deadlines, by kind of step."""
    answer = deadlines(scene.ledger, as_of=date.fromisoformat(on), as_known=scene.ledger.size, asked=Asked())
    return {row["kind"]: row for row in answer["deadlines"]}


def step(row: dict[str, Any], route: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in row["steps"] if one["route"] == route)
    return found


def last_days(scene: Scene, on: str) -> set[str]:
    """Every last day for a review or an appeal that is printed anywhere on a day."""
    item, listed = breach(scene, on), rows(scene, on)
    printed = {remedy["until"] for remedy in item["remedies"]}
    printed |= {step(item["recourse"][0], route)["until"] for route in ("REVIEW", "APPEAL")}
    return printed | {listed[route]["due"] for route in ("REVIEW", "APPEAL")}


def test_the_days_to_appeal_are_the_edition_s_in_the_file_in_the_list_and_in_the_command(scene: Scene) -> None:
    adopt(scene, "OTHER-1", "2025-02-03", *OTHER)
    scene.found()  # decided on 2025-03-20; day 20 is 2025-04-09

    assert last_days(scene, "2025-03-25") == last_days(scene, "2025-04-09") == {"2025-04-09"}
    within = step(breach(scene, "2025-03-25")["recourse"][0], "APPEAL")["file_within"]
    assert within == {"count": 20, "unit": "days", "edition": "OTHER-1"}
    assert rows(scene, "2025-03-25")["REVIEW"]["edition"] == "OTHER-1"
    assert breach(scene, "2025-04-10")["remedies"] == []
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-04-10")
    scene.appeal("2025-04-09")


@pytest.mark.parametrize("days", [5, 60])
def test_an_edition_that_comes_later_moves_no_period_that_has_begun(scene: Scene, days: int) -> None:
    """The edition of the day of the decision counts, whose number the decision named (DOMAIN §9)."""
    scene.found()  # day 30 of the shipped edition is 2025-04-19
    adopt(scene, "LATER-1", "2025-04-01", ("appeal_days = 30", f"appeal_days = {days}"))

    assert last_days(scene, "2025-03-25") == last_days(scene, "2025-04-19") == {"2025-04-19"}
    assert rows(scene, "2025-04-19")["APPEAL"]["edition"] == EDITION
    assert breach(scene, "2025-04-20")["remedies"] == []
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-04-20")
    scene.appeal("2025-04-19")


def test_a_decision_that_was_recorded_late_is_contested_from_the_day_it_could_be_known(scene: Scene) -> None:
    """Decided on 20 March, recorded on 7 April: day 30 is 19 April, for who knew of it then; 7 May otherwise."""
    scene.report()
    scene.notify()
    scene.reply()
    scene.confirm(recorded="2025-04-07")

    def printed(on: str) -> list[tuple[str, str, str]]:
        return [(one["route"], one["until"], one["known_until"]) for one in breach(scene, on)["remedies"]]

    row = rows(scene, "2025-04-10")["REVIEW"]
    assert (
        printed("2025-04-10")[0]
        == ("REVIEW", "2025-04-19", "2025-05-07")
        == ("REVIEW", row["due"], row["extendable_to"])
    )
    row = rows(scene, "2025-05-07")["APPEAL"]
    assert printed("2025-05-07")[1] == ("APPEAL", "2025-05-07", "2025-05-07") == ("APPEAL", row["due"], "2025-05-07")
    assert "extendable_to" not in row
    assert printed("2025-05-08") == []
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-05-08", known_on="2025-04-07")
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-05-07")
    scene.appeal("2025-05-07", known_on="2025-04-07")


def test_after_a_review_statute_sets_the_last_day_and_the_list_cites_it(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-04-08")
    scene.decide_appeal("2025-05-20")

    row = rows(scene, "2025-05-21")["APPEAL"]
    assert (row["due"], row["clause"], row["edition"]) == ("2025-06-04", "公务员法 95-96", None)
    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-06-05", route="APPEAL")
    scene.appeal("2025-06-04", route="APPEAL")


def test_the_days_to_respond_are_the_edition_s(scene: Scene) -> None:
    """Seven working days after Tuesday 2 September end on Thursday the 11th."""
    adopt(scene, "OTHER-1", "2025-02-03", *OTHER)
    scene.blocked_check()
    with scene.refused("notice-period-too-short", "data.reply_due"):
        scene.notice("2025-09-02", reply_due="2025-09-10")
    scene.notice("2025-09-02", reply_due="2025-09-11")

    answer = check(scene.ledger, "K1", as_of=date(2025, 9, 3), as_known=scene.ledger.size)
    response = step(answer["recourse"], "RESPONSE")
    assert response["file_within"] == {"count": 7, "unit": "working_days", "edition": "OTHER-1"}
    assert response["until"] == answer["reply_due"] == rows(scene, "2025-09-03")["RESPOND"]["due"] == "2025-09-11"
    with scene.refused("notice-period-over"):
        scene.respond("2025-09-12")
    scene.respond("2025-09-11")


def test_a_check_that_was_not_noticed_yet_names_the_edition_of_the_day(scene: Scene) -> None:
    scene.blocked_check()
    adopt(scene, "OTHER-1", "2025-09-02", *OTHER)

    def within(on: str) -> tuple[int, str]:
        answer = check(scene.ledger, "K1", as_of=date.fromisoformat(on), as_known=scene.ledger.size)
        response = step(answer["recourse"], "RESPONSE")
        assert "until" not in response
        return response["file_within"]["count"], response["file_within"]["edition"]

    assert (within("2025-09-01"), within("2025-09-02")) == ((5, EDITION), (7, "OTHER-1"))


@pytest.mark.parametrize(
    ("stated", "last", "after"), [(None, "2025-04-15", "2025-04-16"), (2, "2025-04-14", "2025-04-15")]
)
def test_the_days_of_feedback_are_the_scheme_s_or_the_edition_s(
    scene: Scene, stated: int | None, last: str, after: str
) -> None:
    adopt(scene, "OTHER-1", "2025-01-02", *OTHER)
    scene.adopt_scheme("2025-01-02", **({} if stated is None else {"feedback_wd": stated}))
    scene.score("2025-04-10")  # a Thursday

    assert rows(scene, "2025-04-11")["FEEDBACK"]["due"] == last
    with scene.refused("feedback-open"):
        scene.publish(last)
    scene.publish(after)


def test_the_table_gives_the_number_of_whichever_edition_is_asked_for() -> None:
    feedback = remedies_for(RecordOf.UNIT_SCORE).step("FEEDBACK")
    shipped, other = (parse_edition(edition_file("E-1", "2025-01-01", *changes)) for changes in ((), OTHER))

    within = [file_within(feedback, edition) for edition in (None, shipped, other)]
    assert [None if one is None else (one.count, one.unit) for one in within] == [
        (5, "working_days"),  # of the defaults, where an edition says nothing
        (5, "working_days"),
        (3, "working_days"),
    ]
    assert file_within(remedies_for(RecordOf.ELIGIBILITY).step("RESPONSE"), None) is None


# Who decides until when.


def test_an_appeal_is_decided_within_sixty_days_that_may_become_ninety(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-04-08", route="APPEAL")

    row, appeal = rows(scene, "2025-04-10")["DECIDE_APPEAL"], step(breach(scene, "2025-04-10")["recourse"][0], "APPEAL")

    assert (row["due"], row["extendable_to"]) == ("2025-06-07", "2025-07-07")
    assert (appeal["decide_by"], appeal["extendable_to"]) == (row["due"], row["extendable_to"])
    assert appeal["extension"] == {"count": 30, "unit": "days"}
    assert rows(scene, "2025-06-08")["DECIDE_APPEAL"]["state"] == "OVERDUE"  # nobody recorded an extension


def test_a_review_is_not_extended(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-04-08")

    review = step(breach(scene, "2025-04-10")["recourse"][0], "REVIEW")

    assert "extendable_to" not in review
    assert "extendable_to" not in rows(scene, "2025-04-10")["DECIDE_APPEAL"]


def test_an_objection_has_longer_where_the_source_of_the_record_is_asked_and_is_marked_at_once(scene: Scene) -> None:
    scene.take_over("2025-03-20")
    scene.object_to("2025-04-03")  # a Thursday

    item, row = breach(scene, "2025-04-03", "B2"), rows(scene, "2025-04-03")["DECIDE_APPEAL"]
    here, source = item["recourse"]

    assert (row["due"], row["extendable_to"]) == ("2025-04-08", "2025-04-14")
    assert (here["steps"][0]["decide_by"], here["steps"][0]["extendable_to"]) == (row["due"], row["extendable_to"])
    assert here["steps"][0]["via_provider"] == {"count": 7, "unit": "working_days"}
    assert (here["mark_within"], item["marks"]) == ({"count": 1, "unit": "working_days"}, ["DISPUTED"])
    assert source["steps"][0]["extension"] == {"count": 30, "unit": "days"}
    assert "mark_within" not in source
