"""A person's balance: each sentence of DOMAIN §5 about it."""

from __future__ import annotations

import pytest

from ledger.rulebook.balance import balance
from ledger.rulebook.facts import Promise
from ledger.rulebook.labels import label_text
from tests.unit.ledger.rulebook.by_hand import DEMO, DEMO_ALONE, day, finding, promise, successor, timeline, values


def test_the_base_rests_on_its_clause_alone() -> None:
    outcome = balance(DEMO_ALONE, [], [], day("2025-03-01"))

    assert (outcome.value, outcome.reason, outcome.edition) == ("100.00", None, "JMS-DEMO-2025.1")
    assert [(line.clause, line.value, line.events) for line in outcome.lines] == [("R-P1", "100.00", ())]


def test_every_finding_has_a_line_with_its_entries_also_when_it_weighs_nothing() -> None:
    repaired = finding("2025-03-20", state="REPAIRED", record="B1", entries=(14, 16, 21, 24))
    listed = finding("2025-04-15", "SERIOUS", record="B2", entries=(18,))
    outcome = balance(DEMO_ALONE, [listed, repaired], [], day("2025-09-01"))

    assert outcome.value == "70.00"
    assert [(line.record, line.value, line.events) for line in outcome.lines[1:]] == [
        ("B1", "0.00", (14, 16, 21, 24)),
        ("B2", "-30.00", (18,)),
    ]


def test_a_line_says_why() -> None:
    line = balance(DEMO_ALONE, [finding("2025-03-20")], [], day("2025-06-20")).lines[1]

    assert (line.params["step_on"], line.params["max_on"]) == ("2025-06-20", "2026-03-20")
    assert label_text(line, "en") == "Finding: 10 × time 0.5 × status 1"


@pytest.mark.parametrize(
    ("on", "value"),
    [
        ("2025-12-18", "100.00"),
        ("2025-12-19", "102.00"),
        ("2026-12-19", "102.00"),
        ("2026-12-20", "100.00"),
    ],
)
def test_a_kept_promise_counts_from_its_day_for_twelve_months_both_days_included(on: str, value: str) -> None:
    assert balance(DEMO_ALONE, [], [promise("2025-12-31", "2025-12-19")], day(on)).value == value


@pytest.mark.parametrize(
    "one",
    [
        promise("2025-06-30"),
        promise("2025-06-30", "2025-07-01"),
        promise("2025-06-30", "2025-06-01", waived=True),
        promise("2025-06-30", broken=True),
    ],
    ids=["open", "late", "waived", "broken"],
)
def test_only_a_promise_kept_on_time_adds_points(one: Promise) -> None:
    assert values(balance(DEMO_ALONE, [], [one], day("2025-08-01")).lines) == [("R-P1", "100.00")]


def test_a_promise_kept_on_its_due_day_is_on_time_whatever_its_weight() -> None:
    outcome = balance(DEMO_ALONE, [], [promise("2025-06-30", "2025-06-30", weight=9)], day("2025-06-30"))

    assert values(outcome.lines) == [("R-P1", "100.00"), ("R-P3", "2.00")]
    assert outcome.lines[1].params["until"] == "2026-06-30"


def test_what_the_cap_of_promises_takes_is_a_line() -> None:
    kept = [promise("2025-06-30", "2025-06-01", commitment=f"C{n}", entries=(n,)) for n in range(7)]
    outcome = balance(DEMO_ALONE, [], kept, day("2025-08-01"))

    assert outcome.value == "110.00"
    assert values(outcome.lines)[1:] == [("R-P3", "2.00")] * 7 + [("R-P3", "-4.00")]
    assert outcome.lines[-1].events == tuple(range(7))


def test_what_the_floor_gives_and_the_cap_takes_are_lines() -> None:
    grave = [finding("2025-03-20", "SERIOUS", record=f"F{n}", entries=(n,)) for n in range(4)]
    low = balance(DEMO_ALONE, grave, [promise("2025-06-30", "2025-03-21")], day("2025-04-01"))
    generous = timeline(successor(2, "2025-01-01", ('active_cap = "10"', 'active_cap = "50"')))
    kept = [promise("2025-06-30", "2025-03-21", entries=(n,)) for n in range(15)]
    high = balance(generous, [], kept, day("2025-04-01"))

    assert (low.value, values(low.lines)[-1]) == ("0.00", ("R-P1", "18.00"))
    assert (high.value, values(high.lines)[-1]) == ("120.00", ("R-P1", "-10.00"))


def test_a_varied_finding_weighs_with_its_new_severity() -> None:
    assert balance(DEMO_ALONE, [finding("2025-03-20", "MINOR", "VARIED")], [], day("2025-05-20")).value == "97.00"


def test_a_line_names_the_edition_whose_points_are_the_mildest() -> None:
    deduct = 'deduct = { MINOR = "3", GENERAL = "10", SERIOUS = "30", clause = "R-P2" }'
    second = successor(2, "2025-05-01", (deduct, deduct.replace('"10"', '"8"').replace("R-P2", "R-P2a")))
    known = timeline(DEMO, second, successor(3, "2025-06-01"))

    before, during, after = (
        balance(known, [finding("2025-03-20")], [], day(on)) for on in ("2025-04-30", "2025-05-01", "2025-06-19")
    )
    assert [outcome.value for outcome in (before, during, after)] == ["90.00", "92.00", "92.00"]
    lines = [outcome.lines[1] for outcome in (before, during, after)]
    assert [(line.clause, line.edition) for line in lines] == [
        ("R-P2", "JMS-DEMO-2025.1"),
        ("R-P2a", "JMS-DEMO-2025.2"),
        ("R-P2a", "JMS-DEMO-2025.2"),
    ]
    assert [outcome.edition[-1] for outcome in (before, during, after)] == ["1", "2", "3"]
    assert after.lines[0].edition == "JMS-DEMO-2025.3"
    assert lines[2].params["max_edition"] == "JMS-DEMO-2025.1"


def test_a_figure_on_demonstration_values_says_so() -> None:
    published = ('source = "demonstration"                  #', 'basis = "b"\nsource = "published"  #')
    known = timeline(successor(2, "2025-01-01", published))

    assert balance(DEMO_ALONE, [], [], day("2025-04-01")).demonstration
    assert not balance(known, [], [], day("2025-04-01")).demonstration
    with_finding = balance(known, [finding("2025-03-20")], [], day("2025-04-01"))
    assert [line.demonstration for line in with_finding.lines] == [False, True]  # its windows are
    assert with_finding.demonstration
