"""The published ranking: places by the newest period, ties, the place before, restatements, and who has no place."""

from __future__ import annotations

from datetime import date
from typing import Any

from projections.ranking import ranking
from tests.support.small_log import SmallLog, opened_log, uid_of

DIMENSIONS = [{"id": "daily", "weight": 60}, {"id": "public", "weight": 40}]
UNITS = ("U1", "U2", "U3", "U4")


def units_log() -> SmallLog:
    """Four units, U4 registered later than the others, and one scheme for quarters, one for years."""
    log = opened_log()
    for unit in UNITS:
        on = "2025-06-01" if unit == "U4" else "2025-01-01"
        data = {"subject_id": unit, "kind": "UNIT", "name": f"示范{unit}", "uscc": f"CODE-{unit}"}
        log.append("SubjectRegistered", on, data)
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P1", "kind": "PERSON"})
    for scheme, kind in (("S", "QUARTER"), ("Y", "YEAR")):
        adopted: dict[str, Any] = {"scheme_id": scheme, "period_kind": kind, "dimensions": DIMENSIONS}
        log.append("AssessmentSchemeAdopted", "2025-01-01", adopted)
    return log


def publish(log: SmallLog, unit: str, period: str, on: str, scores: tuple[str, str], scheme: str = "S") -> str:
    name = f"{unit}-{period}"
    data = {"assessment_id": name, "scheme_id": scheme, "unit_id": unit, "period": period}
    log.append("AssessmentScored", on, {**data, "scores": dict(zip(("daily", "public"), scores, strict=True))})
    log.append("AssessmentPublished", on, {"assessment_id": name})
    return name


def ranked(log: SmallLog, on: str, size: int | None = None) -> dict[str, Any]:
    return ranking(log, as_of=date.fromisoformat(on), as_known=log.size if size is None else size)


def places(answer: dict[str, Any]) -> list[tuple[str, str, int, int | None]]:
    return [(row["subject"], row["value"], row["rank"], row["previous_rank"]) for row in answer["ranking"]]


def two_quarters() -> SmallLog:
    log = units_log()
    for unit, scores in (("U1", ("90", "80")), ("U2", ("86", "86")), ("U3", ("70", "70"))):
        publish(log, unit, "2025Q1", "2025-04-20", scores)
    for unit, scores in (("U1", ("70", "70")), ("U2", ("80", "90.005")), ("U3", ("84", "84.005"))):
        publish(log, unit, "2025Q2", "2025-07-20", scores)
    return log


def test_places_follow_the_newest_period_and_equal_figures_share_one() -> None:
    """Q1: 86.00 twice, and the next place is the third. Q2: 84.002 and 84.002, which both read 84.00."""
    log = two_quarters()

    assert places(ranked(log, "2025-04-30")) == [
        ("U1", "86.00", 1, None), ("U2", "86.00", 1, None), ("U3", "70.00", 3, None),
    ]  # fmt: skip
    answer = ranked(log, "2025-07-31")
    assert (answer["period"], answer["previous_period"]) == ("2025Q2", "2025Q1")
    assert places(answer) == [("U2", "84.00", 1, 1), ("U3", "84.00", 1, 3), ("U1", "70.00", 3, 1)]
    first = answer["ranking"][0]
    assert (first["code"], first["name"]) == ("CODE-U2", "示范U2")


def test_a_half_is_rounded_away_from_zero() -> None:
    log = units_log()
    publish(log, "U1", "2025Q1", "2025-04-20", ("80.005", "80.0050"))
    assert ranked(log, "2025-04-30")["ranking"][0]["value"] == "80.01"


def test_who_was_not_published_in_the_period_has_no_place_and_no_zero() -> None:
    log = units_log()
    publish(log, "U1", "2025Q1", "2025-04-20", ("90", "80"))
    publish(log, "U2", "2025Q1", "2025-04-20", ("0", "0"))
    data = {"assessment_id": "open", "scheme_id": "S", "unit_id": "U3", "period": "2025Q1"}
    log.append("AssessmentScored", "2025-04-20", {**data, "scores": {"daily": "99", "public": "99"}})
    answer = ranked(log, "2025-04-30")

    assert [row[:3] for row in places(answer)] == [("U1", "86.00", 1), ("U2", "0.00", 2)]
    assert [one["subject"] for one in answer["not_assessed"]] == ["U3"]  # U4 was not registered yet
    assert [one["subject"] for one in ranked(log, "2025-06-01")["not_assessed"]] == ["U3", "U4"]


def test_before_the_first_publication_nobody_is_ranked() -> None:
    answer = ranked(units_log(), "2025-04-30")

    assert (answer["period"], answer["previous_period"], answer["ranking"]) == (None, None, [])
    assert [one["subject"] for one in answer["not_assessed"]] == ["U1", "U2", "U3"]


def test_a_restated_figure_ranks_from_its_day_on_and_the_old_one_stays_with_its_reason() -> None:
    log = two_quarters()
    data = {"assessment_id": "U1-2025Q2", "scores": {"daily": "95", "public": "95"}, "reason": "样本更正"}
    log.append("AssessmentRestated", "2025-08-10", data)
    restated = log.size - 1

    assert [row[0] for row in places(ranked(log, "2025-08-09"))] == ["U2", "U3", "U1"]
    answer = ranked(log, "2025-08-10")
    first = answer["ranking"][0]
    assert (first["subject"], first["value"], first["rank"]) == ("U1", "95.00", 1)
    assert first["restated"] == [
        {"value": "70.00", "until": "2025-08-10", "reason": "样本更正", "event": restated},
    ]  # fmt: skip
    assert first["events"][-1] == restated
    assert answer["period"] == "2025Q2"


def test_the_ranking_of_a_past_day_as_known_then_never_moves() -> None:
    log = two_quarters()
    size, before = log.size, ranked(log, "2025-07-31")
    data = {"assessment_id": "U1-2025Q2", "scores": {"daily": "95", "public": "95"}, "reason": "样本更正"}
    log.append("AssessmentRestated", "2025-07-25", data)
    publish(log, "U4", "2025Q2", "2025-07-26", ("99", "99"))

    assert ranked(log, "2025-07-31", size) == before
    assert [row[0] for row in places(ranked(log, "2025-07-31"))] == ["U4", "U1", "U2", "U3"]


def test_a_late_publication_of_an_earlier_period_is_no_newer_period() -> None:
    log = two_quarters()
    publish(log, "U4", "2025Q1", "2025-08-01", ("60", "60"))
    answer = ranked(log, "2025-08-02")

    assert answer["period"] == "2025Q2"
    assert [one["subject"] for one in answer["not_assessed"]] == ["U4"]


def test_a_year_is_compared_with_no_quarter() -> None:
    log = two_quarters()
    publish(log, "U1", "2025", "2025-12-30", ("80", "80"), scheme="Y")
    answer = ranked(log, "2025-12-31")

    assert (answer["period"], answer["previous_period"]) == ("2025", None)
    assert places(answer) == [("U1", "80.00", 1, None)]


def test_an_appealed_figure_is_marked() -> None:
    log = two_quarters()
    log.append("AssessmentAppealed", "2025-07-25", {"assessment_id": "U3-2025Q2"})
    marks = {row["subject"]: row["marks"] for row in ranked(log, "2025-07-31")["ranking"]}

    assert marks == {"U1": [], "U2": [], "U3": ["DISPUTED"]}
    assert uid_of("subject", "U3") in {row["uid"] for row in ranked(log, "2025-07-31")["ranking"]}
