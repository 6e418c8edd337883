"""The city keeps to the periods of its editions, whatever those are: no number of a rulebook is written twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from api.demo import city_lines, rules
from api.demo.diary import working_days_after
from ledger.rulebook.edition import parse_edition, shipped_edition
from ledger.rulebook.windows import Activation, EditionTimeline, add_months

CHANGES = {
    b"breach_reply_wd = 10": b"breach_reply_wd = 12",
    b"pre_decision_wd = 5": b"pre_decision_wd = 7",
    b"repair_decide_wd = 10": b"repair_decide_wd = 14",
    b"min_months = 3": b"min_months = 4",
}


@pytest.fixture
def other_periods(monkeypatch: pytest.MonkeyPatch) -> None:
    """An edition with other periods, in force all the time."""
    content = shipped_edition(rules.EDITIONS[0])
    for old, new in CHANGES.items():
        assert content.count(old) == 1, old
        content = content.replace(old, new)
    timeline = EditionTimeline([Activation(date(2023, 1, 1), parse_edition(content), 0)])
    monkeypatch.setattr(rules, "_timeline", lambda: timeline)


def of_type(name: str) -> Iterator[tuple[date, Mapping[str, Any]]]:
    for line in city_lines():
        if line["type"] == name:
            yield date.fromisoformat(line["effective_on"]), line["data"]


@pytest.mark.usefixtures("other_periods")
@pytest.mark.parametrize(
    ("name", "member", "working_days"),
    [("BreachNotified", "reply_due", 12), ("PreDecisionNoticeSent", "reply_due", 7), ("RepairAccepted", "due_on", 14)],
)
def test_a_period_is_the_editions(name: str, member: str, working_days: int) -> None:
    periods = [(date.fromisoformat(data[member]), working_days_after(on, working_days)) for on, data in of_type(name)]

    assert periods
    assert [stated for stated, _ in periods] == [due for _, due in periods]


@pytest.mark.usefixtures("other_periods")
def test_a_repair_is_applied_for_when_the_editions_window_opens() -> None:
    findings = {data["breach_id"]: (on, data["severity"]) for on, data in of_type("BreachConfirmed")}
    general = [
        (on, findings[data["breach_id"]][0])
        for on, data in of_type("RepairApplied")
        if findings.get(data["breach_id"], (None, None))[1] == "GENERAL"
    ]

    assert general
    assert all(applied >= add_months(decided, 4) for applied, decided in general)


def test_the_editions_of_the_city_are_in_force_from_their_days() -> None:
    assert [rules.edition_on(day).id for day in (date(2024, 12, 31), date(2025, 1, 1))] == list(rules.EDITIONS)
