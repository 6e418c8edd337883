"""A score's lines by viewer, and when there is no score."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import NotFound
from ledger.folds.facts import findings_for_unit, records_on
from projections.unit_score import unit_score
from tests.support.small_log import SmallLog, registered_log, uid_of

DAY = date(2025, 5, 1)
VIEWERS = ("SUBJECT", "HR", "CREDIT", "UNIT_HEAD", "PUBLIC", "REVIEWER", "DECIDER", "AUDITOR")


def assessed_log() -> SmallLog:
    log = registered_log()
    dimensions = [{"id": "daily", "weight": 60}, {"id": "public", "weight": 40}]
    log.append("AssessmentSchemeAdopted", "2025-01-01", {"scheme_id": "S", "dimensions": dimensions})
    data = {"assessment_id": "A1", "scheme_id": "S", "unit_id": "U1", "period": "2025Q1"}
    log.append("AssessmentScored", "2025-04-01", {**data, "scores": {"daily": "90", "public": "80"}})
    log.append("AssessmentPublished", "2025-04-20", {"assessment_id": "A1"})
    return log


def find(log: SmallLog, breach: str, severity: str = "SERIOUS", subject: str = "P1", **more: Any) -> None:
    data: dict[str, Any] = {"breach_id": breach, "subject_id": subject, "record_kind": "PENALTY", "severity": severity}
    data |= {"decision_on": "2025-04-01", "duty_related": True, "unit_at_time": "U1"}
    log.append("AuthorityRecordImported", "2025-04-01", {**data, **more})


def score(log: SmallLog, viewer: str = "AUDITOR", size: int | None = None) -> dict[str, Any]:
    return unit_score(log, "U1", as_of=DAY, as_known=log.size if size is None else size, viewer=viewer)


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_lines_sum_to_the_score_for_every_viewer(viewer: str) -> None:
    log = assessed_log()
    for number in range(3):
        find(log, f"B{number}")
    find(log, "OWN", "MINOR", subject="U1", unit_at_time=None)
    shown = score(log, viewer)
    assert sum(Decimal(line["value"]) for line in shown["lines"]) == Decimal(shown["value"])
    assert shown["value"] == score(log)["value"]


def test_to_all_but_decider_and_auditor_the_officials_are_one_line_without_entries() -> None:
    log = assessed_log()
    findings = set()
    for number in range(3):
        find(log, f"B{number}")
        findings.add(log.size - 1)
    for viewer in VIEWERS:
        links = [line for line in score(log, viewer)["lines"] if line["clause"] == "R-U5"]
        if viewer in ("DECIDER", "AUDITOR"):
            assert len(links) == 4  # three findings and what their cap gives back
            continue
        (line,) = links
        assert (line["value"], line["events"], line["events_withheld"], line["record"]) == ("-4.00", [], 3, None)
        named = {index for line in score(log, viewer)["lines"] for index in line["events"]}
        assert not named & findings


def test_a_floor_does_not_name_the_officials_it_rests_on() -> None:
    log = assessed_log()
    find(log, "OWN", "SERIOUS", subject="U1", unit_at_time=None)
    find(log, "B1")
    own, linked = log.size - 2, log.size - 1
    (floor,) = [line for line in score(log, "PUBLIC")["lines"] if line["label"] == "conduct-floor"]
    assert own in floor["events"]
    assert linked not in floor["events"]
    assert floor["events_withheld"] == 1


@pytest.mark.parametrize(
    ("severity", "ended", "named"),
    [
        ("MINOR", False, {"SUBJECT", "HR", "CREDIT", "UNIT_HEAD", "REVIEWER", "DECIDER", "AUDITOR"}),
        ("SERIOUS", False, {*VIEWERS}),
        ("SERIOUS", True, {"SUBJECT", "REVIEWER", "DECIDER", "AUDITOR"}),
    ],
)
def test_a_finding_about_the_unit_is_named_to_those_alone_who_see_it(
    severity: str, ended: bool, named: set[str]
) -> None:
    log = assessed_log()
    find(log, "OWN", severity, subject="U1", unit_at_time=None)
    imported = log.size - 1
    if ended:
        log.append("AuthorityRecordRemoved", "2025-04-20", {"breach_id": "OWN", "removed_on": "2025-04-20"})
    for viewer in VIEWERS:
        lines = score(log, viewer)["lines"]
        found = [line for line in lines if line["label"] == "own-finding"]
        rests_on_it = [line for line in lines if imported in line["events"]]
        if viewer in named:
            (own,) = found
            assert (own["record"], own in rests_on_it) == ("OWN", True), viewer
        elif ended:  # it weighs nothing: a line would only say that there was something
            assert (found, rests_on_it) == ([], []), viewer
            assert not any(line.get("events_withheld") for line in lines), viewer
        else:
            (own,) = found
            assert (own["record"], own["params"], own["events_withheld"], rests_on_it) == (None, {}, 1, []), viewer


@pytest.mark.parametrize("viewer", VIEWERS)
def test_findings_that_weigh_nothing_are_counted_to_those_alone_who_see_them(viewer: str) -> None:
    """One finding of an official weighs, one was removed; to whom officials are one line, it rests on the first."""
    log = assessed_log()
    find(log, "B1", "MINOR")
    find(log, "B2", subject="P1")
    log.append("AuthorityRecordRemoved", "2025-04-20", {"breach_id": "B2", "removed_on": "2025-04-20"})
    shown = score(log, viewer)
    links = [line for line in shown["lines"] if line["clause"] == "R-U5"]

    assert sum(Decimal(line["value"]) for line in shown["lines"]) == Decimal(shown["value"])
    if viewer in ("DECIDER", "AUDITOR"):
        assert [line["record"] for line in links] == ["B1", "B2"]
        return
    (line,) = links
    assert (line["events_withheld"], line["value"]) == (1, score(log)["lines"][-2]["value"])
    log.append("AuthorityRecordRemoved", "2025-04-20", {"breach_id": "B1", "removed_on": "2025-04-20"})
    assert [line for line in score(log, viewer)["lines"] if line["clause"] == "R-U5"] == []


def test_private_matters_and_findings_elsewhere_never_reach_a_unit() -> None:
    log = assessed_log()
    before = score(log)["value"]
    find(log, "B1", duty_related=False)
    find(log, "B2", unit_at_time="U2")
    assert score(log)["value"] == before


def test_overturning_restores_the_exact_score_on_every_day() -> None:
    log = assessed_log()
    before = score(log)
    find(log, "B1")
    assert score(log)["value"] != before["value"]
    log.append("RecordVoided", "2025-06-01", {"breach_id": "B1", "reason": "MISATTRIBUTED"})
    assert score(log)["value"] == before["value"]


def test_a_corrected_unit_moves_the_link_to_it_from_the_start() -> None:
    log = assessed_log()
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "U2", "kind": "UNIT"})
    before = score(log)["value"]
    find(log, "B1")
    uids = [uid_of("subject", name) for name in ("P1", "U1", "U2")]
    data = {"breach_id": "B1", "target_event": "AuthorityRecordImported", "field": "unit_at_time"}
    log.append("RecordCorrected", "2025-06-01", {**data, "corrected_value": uids[2]}, subjects=uids)
    assert score(log)["value"] == before
    records = records_on(log, uids[2], DAY, log.size, log.editions(log.size))
    assert [finding.record for finding in findings_for_unit(records)] == ["B1"]


def test_without_a_published_assessment_the_score_is_null_with_its_reason() -> None:
    shown = score(registered_log())
    assert (shown["value"], shown["reason"], shown["lines"]) == (None, "not-yet-assessed", [])


def test_a_score_needs_a_unit_and_an_edition() -> None:
    log = assessed_log()
    with pytest.raises(NotFound, match="unknown-unit"):
        unit_score(log, "P1", as_of=DAY, as_known=log.size)
    unruled = SmallLog()
    unruled.append("SubjectRegistered", "2025-01-01", {"subject_id": "U1", "kind": "UNIT"})
    with pytest.raises(NotFound, match="no-edition"):
        unit_score(unruled, "U1", as_of=DAY, as_known=unruled.size)
