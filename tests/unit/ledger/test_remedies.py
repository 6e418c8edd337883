"""The remedy table of DOMAIN §7, row by row: route, deadline, deciding body, whether effects stop; and what uses it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from api.text.catalogue import VOCABULARY, table
from ledger.errors import Invalid, Refused
from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.deadlines import file_within
from ledger.rulebook.edition import parse_edition, shipped_edition
from ledger.rulebook.remedies import (
    Effects,
    NoticePeriod,
    Period,
    RecordOf,
    Where,
    parse_remedies,
    remedies_for,
    routes_of,
)
from projections.eligibility import check
from projections.integrity_file import integrity_file
from tests.support.scene import ABSENT, CREDIT, DOCUMENT, EDITION, P1, REVIEWER_2, Scene

DAYS, MONTHS, WORKING = "days", "months", "working_days"
Figures = tuple[int, str] | None

# kind → effects while pending, then (route, body, file within, decide within) in their order. Written from DOMAIN §7.
TABLE: dict[RecordOf, tuple[Effects, list[tuple[str, str, Figures, Figures]]]] = {
    RecordOf.ORGAN_DECISION: (
        Effects.CONTINUE,
        [
            ("REVIEW", "SAME_ORGAN", (30, DAYS), (30, DAYS)),
            ("APPEAL", "HIGHER_ORGAN", (30, DAYS), (60, DAYS)),
            ("FURTHER_APPEAL", "NEXT_HIGHER_ORGAN", None, None),
        ],
    ),
    RecordOf.SUPERVISORY_SANCTION: (
        Effects.CONTINUE,
        [
            ("RE_EXAMINATION", "SAME_ORGAN", (1, MONTHS), (1, MONTHS)),
            ("RE_REVIEW", "HIGHER_ORGAN", (1, MONTHS), (2, MONTHS)),
        ],
    ),
    RecordOf.AUTHORITY_DECISION: (
        Effects.CONTINUE_WITH_EXCEPTIONS,
        [
            ("RECONSIDERATION", "RECONSIDERATION_ORGAN", (60, DAYS), (60, DAYS)),
            ("LAWSUIT", "COURT", (6, MONTHS), None),
        ],
    ),
    RecordOf.COURT_LISTING: (Effects.CONTINUE, [("CORRECTION", "EXECUTING_COURT", None, (15, DAYS))]),
    RecordOf.CREDIT_RECORD: (
        Effects.DISCRETIONARY_OFF,
        [
            ("OBJECTION", "CREDIT_OFFICE", None, (3, WORKING)),
            ("RECONSIDERATION_OR_LAWSUIT", "RECONSIDERATION_ORGAN", None, None),
        ],
    ),
    RecordOf.BANK_CREDIT_REPORT: (
        Effects.MARKED,
        [
            ("CREDIT_REPORT_OBJECTION", "CREDIT_REPORTING_BODY", None, (20, DAYS)),
            ("COMPLAINT", "CENTRAL_BANK", None, None),
        ],
    ),
    RecordOf.PERSONAL_DATA: (
        Effects.CONTINUE,
        [("DATA_REQUEST", "DATA_PROTECTION_DESK", None, (15, WORKING)), ("LAWSUIT", "COURT", None, None)],
    ),
    RecordOf.UNIT_SCORE: (
        Effects.MARKED,
        [("FEEDBACK", "ASSESSOR", (5, WORKING), (5, WORKING)), ("SCORE_APPEAL", "ASSESSOR", (10, WORKING), None)],
    ),
    RecordOf.ELIGIBILITY: (
        Effects.PENDING,
        [
            ("RESPONSE", "REQUESTING_ORGAN", (5, WORKING), None),
            ("DISPUTE", "REQUESTING_ORGAN", (5, WORKING), (5, WORKING)),
            ("HR_APPEAL", "SUPERVISING_HR_ORGAN", None, None),
        ],
    ),
}
HERE = {"REVIEW", "APPEAL", "OBJECTION", "DATA_REQUEST", "RESPONSE", "DISPUTE"}
UNVERIFIED = {("AUTHORITY_DECISION", "LAWSUIT"), ("BANK_CREDIT_REPORT", "COMPLAINT"), ("PERSONAL_DATA", "DATA_REQUEST")}


def figures(period: Period | None) -> Figures:
    return None if period is None else (period.count, period.unit)


@pytest.mark.parametrize("kind", RecordOf, ids=str)
def test_a_row_says_route_deadline_body_and_whether_effects_stop(kind: RecordOf) -> None:
    row = remedies_for(kind)
    edition = parse_edition(shipped_edition(EDITION))
    steps = [(one.route, one.body, figures(file_within(one, edition)), figures(one.decide)) for one in row.steps]

    assert (row.effects, steps) == TABLE[kind]
    assert row.authority.clause
    assert all((step.where is Where.HERE) == (step.route in HERE) for step in row.steps)


def test_what_no_text_was_found_for_says_so() -> None:
    whole = {"CREDIT_RECORD", "COURT_LISTING", "UNIT_SCORE", "ELIGIBILITY"}
    shown = {
        (row.kind.value, step.route) for row in map(remedies_for, RecordOf) for step in row.steps if step.demonstration
    }

    assert {one for one in shown if one[0] not in whole} == UNVERIFIED
    assert {one[0] for one in shown} >= whole


def test_further_periods_of_the_table() -> None:
    review = remedies_for(RecordOf.ORGAN_DECISION)
    objection = remedies_for(RecordOf.CREDIT_RECORD)

    assert (figures(review.step("APPEAL").after), figures(review.step("APPEAL").extension)) == ((15, DAYS), (30, DAYS))
    assert figures(remedies_for(RecordOf.AUTHORITY_DECISION).step("RECONSIDERATION").extension) == (30, DAYS)
    assert (figures(objection.mark), figures(objection.step("OBJECTION").via_provider)) == ((1, WORKING), (7, WORKING))


def test_a_period_that_editions_set_has_no_number_of_its_own_in_the_table() -> None:
    named = {
        (row.kind.value, step.route): step.notice
        for row in map(remedies_for, RecordOf)
        for step in row.steps
        if step.notice is not None
    }

    assert named == {
        ("ORGAN_DECISION", "REVIEW"): NoticePeriod.APPEAL_DAYS,
        ("ORGAN_DECISION", "APPEAL"): NoticePeriod.APPEAL_DAYS,
        ("UNIT_SCORE", "FEEDBACK"): NoticePeriod.FEEDBACK_WD,
        ("ELIGIBILITY", "RESPONSE"): NoticePeriod.PRE_DECISION_WD,
    }
    assert all(remedies_for(RecordOf(kind)).step(route).file is None for kind, route in named)


def test_a_period_ends_with_its_last_day() -> None:
    working = calendar_of("MON-FRI").add_working_days
    friday = date(2025, 1, 31)

    assert Period(30, DAYS).last_day(friday, working) == date(2025, 3, 2)
    assert Period(1, MONTHS).last_day(friday, working) == date(
        2025, 2, 28
    )  # no such day: the month's last (民法典 202)
    assert Period(3, WORKING).last_day(friday, working) == date(2025, 2, 5)
    assert Period(30, DAYS).last_day(date.max, working) == date.max


@pytest.mark.parametrize(
    ("record_kind", "rows"),
    [
        (None, ["ORGAN_DECISION"]),
        ("LOCAL", ["ORGAN_DECISION"]),
        ("PENALTY", ["CREDIT_RECORD", "AUTHORITY_DECISION"]),
        ("SEVERE_LIST", ["CREDIT_RECORD", "AUTHORITY_DECISION"]),
        ("COURT_LIST", ["CREDIT_RECORD", "COURT_LISTING"]),
        ("DISCIPLINE", ["CREDIT_RECORD", "ORGAN_DECISION", "SUPERVISORY_SANCTION"]),
    ],
)
def test_the_router_knows_every_kind_of_breach(record_kind: str | None, rows: list[str]) -> None:
    assert [row.kind.value for row in routes_of(record_kind)] == rows


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b"", "record"),
        (b'[[record]]\nkind = "NONE"', "record[0].kind"),
        (
            b'[[record]]\nkind = "UNIT_SCORE"\nclause = "c"\nsource = "published"\neffects = "MARKED"\n'
            b'[[record.step]]\nroute = "R"\nwhere = "HERE"\nbody = "B"\nfile = { weeks = 1 }',
            "record[0].step[0].file",
        ),
        (
            b'[[record]]\nkind = "UNIT_SCORE"\nclause = "c"\nsource = "published"\neffects = "MARKED"\n'
            b'[[record.step]]\nroute = "R"\nwhere = "HERE"\nbody = "B"\nfile = { notice = "reply" }',
            "record[0].step[0].file.notice",
        ),
        (
            b'[[record]]\nkind = "UNIT_SCORE"\nclause = "c"\nsource = "published"\neffects = "MARKED"\n'
            b'[[record.step]]\nroute = "R"\nwhere = "HERE"\nbody = "B"\nfile = { notice = "feedback_wd", days = 1 }',
            "record[0].step[0].file.days",
        ),
        (
            b'[[record]]\nkind = "UNIT_SCORE"\nclause = "c"\nsource = "published"\neffects = "MARKED"\n'
            b'[[record.step]]\nroute = "R"\nwhere = "HERE"\nbody = "B"',
            "record",
        ),
    ],
)
def test_a_table_that_is_not_whole_is_refused(text: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_remedies(text)

    assert (caught.value.code, caught.value.field) == ("bad-remedies", field)


# What uses it.


@pytest.mark.parametrize(
    ("record_kind", "route", "named"),
    [
        ("SEVERE_LIST", "APPEAL", "OBJECTION"),
        ("DISCIPLINE", "REVIEW", "OBJECTION"),
        ("PENALTY", "REVIEW", "OBJECTION"),
        ("COURT_LIST", "APPEAL", "OBJECTION"),
        (None, "OBJECTION", "REVIEW, APPEAL"),
    ],
)
def test_a_refusal_names_the_right_route(scene: Scene, record_kind: str | None, route: str, named: str) -> None:
    if record_kind is None:
        scene.found()
    else:
        scene.take_over(breach_id="B1", record_kind=record_kind)

    with pytest.raises(Refused, match=f"contested by {named} ") as caught:
        scene.appeal("2025-04-01", route=route)

    assert (caught.value.code, caught.value.field) == ("wrong-route", "data.route")


def recourse(scene: Scene, on: str, ref: str = "B1") -> list[dict[str, Any]]:
    file = integrity_file(
        scene.ledger, "P1", as_of=date.fromisoformat(on), as_known=scene.ledger.size, viewer="SUBJECT"
    )
    rows: list[dict[str, Any]] = next(one for one in file["breaches"] if one["id"] == ref)["recourse"]
    return rows


def test_a_file_shows_the_row_of_a_finding_with_its_days(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-04-08")

    (row,) = recourse(scene, "2025-04-10")

    review, appeal, further = row["steps"]
    assert (row["record"], row["effects"], row["clause"]) == ("ORGAN_DECISION", "CONTINUE", "公务员法 95-96")
    assert review["decide_by"] == "2025-05-08"
    assert (appeal["after_review"], "decide_by" in appeal) == ({"count": 15, "unit": "days"}, False)
    assert further["where"] == "ELSEWHERE"


def test_a_row_and_the_open_remedies_name_the_same_last_days(scene: Scene) -> None:
    def last_days(on: str) -> dict[str, str | None]:
        asked = {"as_of": date.fromisoformat(on), "as_known": scene.ledger.size, "viewer": "SUBJECT"}
        breach = integrity_file(scene.ledger, "P1", **asked)["breaches"][0]  # type: ignore[arg-type]
        of_row = {step["route"]: step["until"] for step in breach["recourse"][0]["steps"] if "until" in step}
        of_row.pop("FURTHER_APPEAL", None)  # asked elsewhere
        assert of_row == {remedy["route"]: remedy["until"] for remedy in breach["remedies"]}
        return of_row

    scene.found()
    assert last_days("2025-03-25") == {"REVIEW": "2025-04-19", "APPEAL": "2025-04-19"}
    scene.appeal("2025-04-08")
    assert last_days("2025-04-10") == {}  # one is under way: nothing else may be filed
    scene.decide_appeal("2025-05-20")
    assert last_days("2025-05-21") == {"APPEAL": "2025-06-04"}  # 15 days from the review
    assert last_days("2025-06-05") == {}


def test_a_record_taken_over_shows_what_is_asked_here_and_what_of_its_source(scene: Scene) -> None:
    scene.take_over("2025-03-20")
    scene.object_to("2025-04-03")

    here, source = recourse(scene, "2025-04-04", "B2")

    assert here["effects"] == "DISCRETIONARY_OFF"
    assert (here["steps"][0]["route"], here["steps"][0]["decide_by"]) == ("OBJECTION", "2025-04-08")
    assert (source["steps"][0]["route"], source["steps"][0]["until"]) == ("RECONSIDERATION", "2025-05-19")


def test_a_finding_that_is_over_has_no_row(scene: Scene) -> None:
    scene.found()
    scene.void("2025-04-01")

    assert recourse(scene, "2025-04-02") == []


def test_a_check_names_what_its_candidate_can_do(scene: Scene) -> None:
    scene.consent()
    scene.request_check()

    answer = check(scene.ledger, "K1", as_of=date(2025, 9, 1), as_known=scene.ledger.size)

    assert [one["route"] for one in answer["recourse"]["steps"]] == ["RESPONSE", "DISPUTE", "HR_APPEAL"]


# On the edge of a period.


def test_an_appeal_filed_on_the_last_day(scene: Scene) -> None:
    scene.found()  # decided on 2025-03-20; day 30 is 2025-04-19
    last = date(2025, 3, 20) + timedelta(days=30)
    with scene.refused("appeal-out-of-time"):
        scene.appeal((last + timedelta(days=1)).isoformat())

    scene.appeal(last.isoformat())

    assert scene.state("breach", "B1").state == "APPEALED"


def test_a_paper_signed_on_the_last_day_and_recorded_after_it_is_late(scene: Scene) -> None:
    scene.found()

    with scene.refused("appeal-out-of-time"):
        scene.appeal("2025-04-19", recorded="2025-04-21", by=P1, doc=DOCUMENT)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_word_of_the_table_that_a_reader_meets_has_its_words(lang: str) -> None:
    words = table(VOCABULARY)["remedy_effects"]

    assert {row.effects.value for row in map(remedies_for, RecordOf)} <= set(words)
    assert all(words[effects][lang] for effects in words)


def test_a_sanction_shows_whom_it_is_contested_before_and_until_when(scene: Scene) -> None:
    scene.impose("2025-03-20", kind="WARNING", from_="2025-03-20", until=ABSENT)

    def shown(viewer: str) -> list[dict[str, Any]]:
        asked = {"as_of": date(2025, 3, 25), "as_known": scene.ledger.size, "viewer": viewer}
        return integrity_file(scene.ledger, "P1", **asked)["sanctions"][0]["recourse"]  # type: ignore[arg-type,no-any-return]

    organ, commission = shown("SUBJECT")
    assert (organ["record"], organ["effects"]) == ("ORGAN_DECISION", "CONTINUE")
    assert [(step["route"], step["where"], step.get("until")) for step in organ["steps"]] == [
        ("REVIEW", "ELSEWHERE", "2025-04-19"),
        ("APPEAL", "ELSEWHERE", "2025-04-19"),
        ("FURTHER_APPEAL", "ELSEWHERE", None),
    ]
    assert (commission["record"], commission["steps"][0]["until"]) == ("SUPERVISORY_SANCTION", "2025-04-20")
    assert shown("AUDITOR") == [organ, commission]
    assert shown("HR") == []


def test_what_lies_under_a_record_taken_over_is_asked_of_its_source(scene: Scene) -> None:
    scene.take_over("2025-03-20", record_kind="DISCIPLINE", list_code="WARNING")

    _, *under = recourse(scene, "2025-04-04", "B2")

    assert {step["where"] for row in under for step in row["steps"]} == {"ELSEWHERE"}


def open_remedies(scene: Scene, on: str) -> list[tuple[str, str]]:
    asked = {"as_of": date.fromisoformat(on), "as_known": scene.ledger.size, "viewer": "SUBJECT"}
    (breach,) = integrity_file(scene.ledger, "P1", **asked)["breaches"]  # type: ignore[arg-type]
    return [(remedy["route"], remedy["until"]) for remedy in breach["remedies"]]


def test_what_a_clerk_appealed_leaves_the_persons_own_remedies_on_show(scene: Scene) -> None:
    scene.found()
    scene.appeal("2025-03-25", route="APPEAL", by=CREDIT, on_behalf_of="P1", doc=DOCUMENT)
    scene.decide_appeal("2025-03-26")

    assert [route for route, _ in open_remedies(scene, "2025-03-27")] == ["REVIEW", "APPEAL"]

    scene.appeal("2025-03-27", route="APPEAL")
    scene.decide_appeal("2025-03-28", by=REVIEWER_2)
    assert open_remedies(scene, "2025-03-31") == []


def test_a_correction_that_weighs_more_shows_the_remedies_again(scene: Scene) -> None:
    scene.report(duty_related=False)
    scene.notify()
    scene.reply()
    scene.confirm()
    scene.appeal("2025-04-08", route="APPEAL")
    scene.decide_appeal("2025-04-28")
    assert open_remedies(scene, "2025-05-01") == []

    scene.correct("2025-06-02", "duty_related", True)

    assert open_remedies(scene, "2025-06-01") == []
    both = [("REVIEW", "2025-07-02"), ("APPEAL", "2025-07-02")]
    assert open_remedies(scene, "2025-07-02") == both  # the last day on which the command takes it
    assert open_remedies(scene, "2025-07-03") == []
    scene.appeal("2025-07-02", route="REVIEW")
