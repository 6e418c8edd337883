"""Two moments of one answer: what differs, by which entries, and that the differences lead from one to the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.errors import Invalid, NotFound, Refused
from projections.difference import At, Items, difference, items_of
from projections.eligibility import check
from projections.integrity_file import integrity_file
from projections.unit_score import unit_score
from tests.support.small_log import SmallLog, demo_edition, golden_log, registered_log, uid_of

P1, U1 = uid_of("subject", "P1"), uid_of("subject", "U1")


def at(log: SmallLog, as_of: str, as_known: str | None = None) -> At:
    return At(date.fromisoformat(as_of), log.size if as_known is None else log.size_on(as_known))


def of_file(log: SmallLog, first: At, second: At, **viewer: Any) -> dict[str, Any]:
    whole = viewer.get("viewer", "AUDITOR") == "AUDITOR"
    return difference(
        log,
        lambda on, size: integrity_file(log, "P1", as_of=on, as_known=size, **viewer),
        P1,
        first,
        second,
        all_entries=whole,
    )


def of_score(log: SmallLog, first: At, second: At, viewer: str = "AUDITOR") -> dict[str, Any]:
    return difference(
        log,
        lambda on, size: unit_score(log, "U1", as_of=on, as_known=size, viewer=viewer),
        U1,
        first,
        second,
        all_entries=viewer == "AUDITOR",
    )


def by_key(answer: Mapping[str, Any], section: str) -> dict[str, Any]:
    return {change["id"]: change for change in answer["changes"] if change["section"] == section}


def indexes(change: Mapping[str, Any]) -> list[int]:
    return [entry["index"] for entry in change["entries"]]


def applied(items: Items, answer: Mapping[str, Any]) -> Items:
    """The first answer's records with every difference put into them."""
    result = {key: dict(item) for key, item in items.items()}
    for change in answer["changes"]:
        key = (change["section"], change["key"])
        if change["change"] == "removed":
            assert {one["field"]: one["before"] for one in change["fields"]} == result.pop(key)
            continue
        item = result.setdefault(key, {})
        for one in change["fields"]:
            assert item.get(one["field"]) == one.get("before")
            if "after" in one:
                item[one["field"]] = one["after"]
            else:
                del item[one["field"]]
    return result


def test_the_day_read_again_shows_the_record_that_was_recorded_late() -> None:
    log = golden_log()
    (late,) = [entry.index for entry in log.entries if entry.type == "AuthorityRecordImported"]
    answer = of_file(log, at(log, "2025-04-16", "2025-04-16"), at(log, "2025-04-16", "2025-04-30"))

    assert answer["figure"] == {"before": "100.00", "after": "70.00", "difference": "-30.00", "lines": "-30.00"}
    assert [(change["section"], change["id"], change["change"]) for change in answer["changes"]] == [
        ("breaches", "B2", "added"),
        ("balance", "", "changed"),
        ("balance.lines", "B2", "added"),
    ]
    assert {tuple(indexes(change)) for change in answer["changes"]} == {(late,)}
    assert not any(change["by_day"] for change in answer["changes"])
    assert answer["entries"] == [
        {
            "index": late,
            "type": "AuthorityRecordImported",
            "effective_on": "2025-04-15",
            "recorded_at": "2025-04-18T01:18:00.000000Z",
        }
    ]


def test_a_later_day_changes_a_score_without_any_entry() -> None:
    log = golden_log()
    answer = of_score(log, at(log, "2025-06-01", "2025-06-01"), at(log, "2025-07-05", "2025-07-05"))

    assert answer["figure"] == {"before": "90.32", "after": "81.32", "difference": "-9.00", "lines": "-9.00"}
    lines = by_key(answer, "lines")
    assert {name: line["difference"] for name, line in lines.items()} == {"R-U3": "-10.00", "B1": "1.00"}
    assert all(line["by_day"] and not line["entries"] for line in lines.values())


def test_day_and_entries_are_told_apart() -> None:
    log = golden_log()
    answer = of_score(log, at(log, "2025-07-05", "2025-07-05"), at(log, "2025-09-30", "2025-09-30"))
    lines = by_key(answer, "lines")
    fulfilled = [entry.index for entry in log.entries if entry.type == "CommitmentFulfilled"][1]
    (approved, _) = [entry.index for entry in log.entries if entry.type == "RepairApproved"]

    assert answer["figure"]["difference"] == "6.00"
    assert (indexes(lines["R-U3"]), lines["R-U3"]["by_day"]) == ([fulfilled], False)
    assert (indexes(lines["B1"]), lines["B1"]["by_day"]) == ([approved], False)


def test_a_check_shows_what_became_of_it() -> None:
    log = golden_log()
    answer = difference(
        log,
        lambda on, size: check(log, "K1", as_of=on, as_known=size),
        P1,
        at(log, "2025-09-01", "2025-09-01"),
        at(log, "2025-09-30", "2025-09-30"),
    )
    (change,) = answer["changes"]
    fields = {one["field"]: (one.get("before"), one.get("after")) for one in change["fields"]}

    assert fields["state"] == ("EVALUATED", "DECIDED")
    assert fields["decision"] == (None, "NOT_ELIGIBLE")
    assert "outcome" not in fields
    assert [entry["type"] for entry in change["entries"]] == ["PreDecisionNoticeSent", "EligibilityDecided"]


def test_who_was_not_registered_then_has_everything_added() -> None:
    log = registered_log()
    answer = of_file(log, At(date(2025, 3, 1), 0), At(date(2025, 3, 1), log.size))

    assert answer["from"]["absent"]
    assert answer["changes"]
    assert {change["change"] for change in answer["changes"]} == {"added"}


def test_who_is_not_registered_at_the_second_moment_is_unknown() -> None:
    with pytest.raises(NotFound, match="unknown-subject"):
        of_file(registered_log(), At(date(2025, 3, 1), 0), At(date(2025, 3, 1), 0))


def test_the_second_moment_never_knows_less() -> None:
    log = golden_log()
    with pytest.raises(Invalid, match="moments-reversed"):
        of_file(log, At(date(2025, 4, 16), 20), At(date(2025, 4, 16), 19))


def test_a_new_edition_is_named_by_its_activation() -> None:
    """It concerns nobody in particular, and moves everybody's figures."""
    log = registered_log()
    before = log.size
    log.activate("2025-02-01", replace(demo_edition(), id="JMS-DEMO-2025.2"))
    answer = of_file(log, At(date(2025, 3, 1), before), At(date(2025, 3, 1), log.size))

    assert [entry["type"] for entry in answer["entries"]] == ["RulebookActivated"]
    (change,) = [change for change in answer["changes"] if change["section"] == "answer"]
    assert change["fields"] == [{"field": "rulebook", "before": "JMS-DEMO-2025.1", "after": "JMS-DEMO-2025.2"}]


@pytest.mark.parametrize("viewer", ["UNIT_HEAD", "PUBLIC"])
def test_entries_of_officials_are_counted_and_not_named(viewer: str) -> None:
    log = golden_log()
    answer = of_score(log, at(log, "2025-03-25", "2025-03-19"), at(log, "2025-05-25"), viewer=viewer)
    linked = next(change for change in answer["changes"] if change.get("label") == "linked-findings")

    assert linked["entries"] == []
    assert linked["entries_withheld"] > 0
    confirmed = [entry.index for entry in log.entries if entry.type == "BreachConfirmed"]
    assert not {entry["index"] for entry in answer["entries"]} & set(confirmed)


def test_a_recruiting_officer_is_refused_where_no_consent_holds() -> None:
    log = golden_log()
    viewer = {"viewer": "HR", "purpose": "RECRUIT"}
    with pytest.raises(Refused, match="consent-missing"):
        of_file(log, at(log, "2025-04-16", "2025-04-16"), at(log, "2025-09-01", "2025-09-01"), **viewer)
    answer = of_file(log, at(log, "2025-09-01", "2025-09-01"), at(log, "2025-09-01"), **viewer)
    assert answer["changes"] == []


DAYS = ("2025-03-25", "2025-04-10", "2025-04-16", "2025-06-01", "2025-09-01", "2026-04-20", "2026-06-05")
VIEWERS = ("AUDITOR", "SUBJECT", "HR", "DPO")


@pytest.mark.parametrize("viewer", VIEWERS)
def test_a_moment_does_not_differ_from_itself(viewer: str) -> None:
    log = golden_log()
    for day in DAYS:
        moment = at(log, day, day)
        answer = of_file(log, moment, moment, viewer=viewer)
        assert (answer["changes"], answer["entries"]) == ([], [])


@pytest.mark.parametrize("viewer", VIEWERS)
def test_the_differences_lead_from_the_first_answer_to_the_second(viewer: str) -> None:
    """Over every pair of days and of what was known: put into the first answer they give the second, and nothing
    is named that was known before."""
    log = golden_log()
    pairs = [(first, second) for first in DAYS for second in DAYS if first <= second]
    for first_day, second_day in pairs:
        for as_of in (second_day, "2025-05-15"):
            first, second = at(log, first_day, first_day), at(log, as_of, second_day)
            answer = of_file(log, first, second, viewer=viewer)
            old, new = (
                integrity_file(log, "P1", as_of=one.as_of, as_known=one.as_known, viewer=viewer)
                for one in (first, second)
            )
            assert applied(items_of(old), answer) == items_of(new)
            assert all(first.as_known <= entry["index"] < second.as_known for entry in answer["entries"])
            for change in answer["changes"]:
                assert change["by_day"] or change["entries"] or change.get("entries_withheld")


@pytest.mark.parametrize("of", [of_file, of_score], ids=["balance", "score"])
def test_the_differences_of_the_lines_sum_to_that_of_the_figure(of: Callable[..., dict[str, Any]]) -> None:
    log = golden_log()
    days = ("2025-04-25", *DAYS[3:])
    for first, second in [(first, second) for first in days for second in days if first <= second]:
        figure = of(log, at(log, first, first), at(log, second, second))["figure"]
        assert Decimal(figure["difference"]) == Decimal(figure["lines"])


def test_a_rounding_line_comes_and_goes_like_any_other() -> None:
    def ask(on: date, size: int) -> dict[str, Any]:
        line: dict[str, Any] = {
            "clause": "R-U3",
            "label": "commitments",
            "record": None,
            "value": "33.33",
            "events": [],
        }
        rounding: dict[str, Any] = {
            "clause": "rounding",
            "label": "rounding",
            "record": None,
            "value": "0.01",
            "events": [],
        }
        later = on > date(2025, 1, 1)
        return {"value": "33.34" if later else "33.33", "lines": [line, rounding] if later else [line]}

    answer = difference(SmallLog(), ask, P1, At(date(2025, 1, 1), 0), At(date(2025, 1, 2), 0))

    assert answer["figure"] == {"before": "33.33", "after": "33.34", "difference": "0.01", "lines": "0.01"}
    assert by_key(answer, "lines")["rounding"]["difference"] == "0.01"
