"""A unit's score: each sentence of DOMAIN §5 about it."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from ledger.errors import Invalid
from ledger.rulebook.facts import Assessment, Finding, Promise
from ledger.rulebook.figure import FigureLine, Outcome
from ledger.rulebook.unit_score import unit_score
from ledger.rulebook.windows import EditionTimeline
from tests.unit.ledger.rulebook.by_hand import (
    DEMO,
    DEMO_ALONE,
    assessment,
    day,
    finding,
    promise,
    successor,
    timeline,
    values,
)

ON = "2025-07-15"


def score(
    promises: Sequence[Promise] = (),
    own: Sequence[Finding] = (),
    linked: Sequence[Finding] = (),
    *,
    on: str = ON,
    known: EditionTimeline = DEMO_ALONE,
) -> Outcome:
    return unit_score(known, assessment(), promises, own, linked, day(on))


def line(outcome: Outcome, clause: str) -> FigureLine:
    """The only line of a clause."""
    [found] = [line for line in outcome.lines if line.clause == clause]
    return found


def test_without_a_published_assessment_the_score_is_null_and_has_no_lines() -> None:
    outcome = unit_score(DEMO_ALONE, None, [promise("2025-07-01")], [], [], day(ON))

    assert (outcome.value, outcome.lines, outcome.reason) == (None, (), "not-yet-assessed")
    assert outcome.edition == DEMO.id


def test_the_lines_come_in_the_order_of_the_clauses() -> None:
    own = [finding("2025-06-20", "MINOR", own=True)]
    linked = [finding("2025-06-20", duty_related=True)]

    assert [line.clause for line in score(own=own, linked=linked).lines] == ["R-U2", "R-U3", "R-U1", "R-U4", "R-U5"]


def test_the_composite_is_the_weighted_sum_of_the_dimensions_unrounded() -> None:
    weights = {"a": Fraction(50), "b": Fraction(50)}
    scores = {"a": Fraction("83.2"), "b": Fraction("83.21")}
    a1 = Assessment("A1", weights, scores, (20,))
    outcome = unit_score(DEMO_ALONE, a1, [], [], [], day(ON))

    assert a1.composite == Fraction("83.205")
    assert line(outcome, "R-U2").value == "49.92"  # 0.6 × 83.205 = 49.923; from 83.21 it would be 49.93
    assert line(outcome, "R-U2").events == (20,)
    assert line(outcome, "R-U2").params["composite"] == "83.205"


def test_a_dimension_without_score_is_refused() -> None:
    with pytest.raises(Invalid):
        Assessment("A1", {"a": Fraction(50), "b": Fraction(50)}, {"a": Fraction(90)}, ())


@pytest.mark.parametrize(
    ("due_on", "counted"),
    [("2024-07-15", 0), ("2024-07-16", 1), ("2025-07-14", 1), ("2025-07-15", 0), ("2025-08-01", 0)],
)
def test_the_window_of_due_days_is_open_at_both_ends(due_on: str, counted: int) -> None:
    rho = line(score([promise(due_on, entries=(8,))]), "R-U3")

    assert rho.value == ("0.00" if counted else "30.00")
    assert rho.events == ((8,) if counted else ())
    assert rho.params["counted"] == str(counted)


def test_the_window_starts_on_a_clamped_day() -> None:
    on = "2024-02-29"  # twelve months before: 2023-02-28

    assert line(score([promise("2023-02-28")], on=on), "R-U3").value == "30.00"
    assert line(score([promise("2023-03-01")], on=on), "R-U3").value == "0.00"


def test_credit_is_one_on_time_half_when_late_and_nothing_while_open_or_broken() -> None:
    assert line(score([promise("2025-06-30", "2025-06-30")]), "R-U3").value == "30.00"
    assert line(score([promise("2025-06-30", "2025-07-15")]), "R-U3").value == "15.00"
    assert line(score([promise("2025-06-30", "2025-07-16")]), "R-U3").value == "0.00"
    assert line(score([promise("2025-06-30")]), "R-U3").value == "0.00"
    assert line(score([promise("2025-06-30", broken=True)]), "R-U3").value == "0.00"


def test_a_broken_promise_has_its_own_credit() -> None:
    known = timeline(successor(2, "2025-01-01", ('open = "0"', 'open = "0.2"'), ('broken = "0"', 'broken = "0.1"')))

    assert line(score([promise("2025-06-30")], known=known), "R-U3").value == "6.00"
    assert line(score([promise("2025-06-30", broken=True)], known=known), "R-U3").value == "3.00"
    assert line(score([promise("2025-06-30", "2025-07-01", broken=True)], known=known), "R-U3").value == "15.00"


def test_promises_count_by_weight_and_the_rate_is_not_rounded() -> None:
    rho = line(score([promise("2025-06-30", "2025-06-01", weight=2), promise("2025-06-30", weight=1)]), "R-U3")

    assert (rho.params["ratio"], rho.value) == ("2/3", "20.00")


def test_a_waived_promise_leaves_both_sums() -> None:
    kept, waived = promise("2025-06-30", "2025-06-01", entries=(1,)), promise("2025-06-30", weight=5, waived=True)

    assert line(score([kept, waived]), "R-U3").value == "30.00"
    assert line(score([waived]), "R-U3").params["counted"] == "0"


def test_without_any_promise_the_rate_is_one_and_rests_on_no_entry() -> None:
    rho = line(score(), "R-U3")

    assert (rho.value, rho.events) == ("30.00", ())


def test_without_findings_there_are_no_lines_about_them() -> None:
    assert [line.clause for line in score().lines] == ["R-U2", "R-U3", "R-U1"]


def test_own_findings_weigh_with_time_and_status() -> None:
    own = [
        finding("2025-06-20", "GENERAL", record="F1", entries=(1,), own=True),
        finding("2025-03-20", "GENERAL", record="F2", entries=(2,), own=True),
        finding("2025-06-20", "SERIOUS", "APPEALED", record="F3", entries=(3,), own=True),
    ]
    outcome = score(own=own)

    assert [(line.record, line.value) for line in outcome.lines[3:]] == [
        ("F1", "-3.00"),
        ("F2", "-1.50"),
        ("F3", "0.00"),
    ]
    assert outcome.value == "87.82"


def test_an_official_reaches_the_unit_through_a_share_of_the_persons_deduction() -> None:
    linked = finding("2025-03-20", duty_related=True, entries=(14, 16, 21))
    outcome = score(linked=[linked])

    assert line(outcome, "R-U5").value == "-1.00"
    assert line(outcome, "R-U5").events == (14, 16, 21)


def test_private_matters_and_the_units_own_findings_are_never_a_link() -> None:
    private = finding("2025-06-20", "SERIOUS")
    own = finding("2025-06-20", "SERIOUS", own=True, duty_related=True)

    assert [line.clause for line in score(linked=[private, own]).lines] == ["R-U2", "R-U3", "R-U1"]


def test_what_the_cap_of_links_gives_back_is_a_line() -> None:
    linked = [finding("2025-06-20", "SERIOUS", duty_related=True, entries=(n,)) for n in (1, 2)]
    outcome = score(linked=linked)

    assert values(outcome.lines)[3:] == [("R-U5", "-6.00"), ("R-U5", "-6.00"), ("R-U5", "8.00")]
    assert outcome.value == "88.32"
    assert outcome.lines[-1].events == (1, 2)


def test_what_a_limit_gives_rests_only_on_what_it_limits() -> None:
    linked = [finding("2025-06-20", "SERIOUS", duty_related=True, entries=(n,)) for n in (1, 2)]
    linked += [finding("2025-06-20", "SERIOUS", "APPEALED", duty_related=True, entries=(3,))]

    assert [line.events for line in score(linked=linked).lines[3:]] == [(1,), (2,), (3,), (1, 2)]


def test_links_of_exactly_the_cap_need_no_line() -> None:
    linked = [finding("2025-06-20", "GENERAL", duty_related=True, entries=(n,)) for n in (1, 2)]

    assert values(score(linked=linked).lines)[3:] == [("R-U5", "-2.00"), ("R-U5", "-2.00")]


def test_conduct_never_falls_below_zero_and_the_links_are_capped_first() -> None:
    own = [finding("2025-06-20", "SERIOUS", own=True, entries=(1,))]
    linked = [finding("2025-06-20", "SERIOUS", duty_related=True, entries=(2,))]
    outcome = score(own=own, linked=linked)

    assert values(outcome.lines)[2:] == [
        ("R-U1", "10.00"),
        ("R-U4", "-10.00"),
        ("R-U5", "-6.00"),
        ("R-U5", "2.00"),
        ("R-U1", "4.00"),
    ]
    assert outcome.value == "82.32"


def test_overturning_restores_the_exact_prior_value() -> None:
    linked = finding("2025-06-20", duty_related=True)
    overturned = finding("2025-06-20", state="OVERTURNED", duty_related=True)

    assert score(linked=[overturned]).value == score().value != score(linked=[linked]).value


def test_points_are_the_mildest_but_share_and_cap_those_of_the_day() -> None:
    second = successor(
        2,
        "2025-07-01",
        ('deduct = { MINOR = "3", GENERAL = "10"', 'deduct = { MINOR = "3", GENERAL = "40"'),
        ('own_breach  = { MINOR = "1", GENERAL = "3"', 'own_breach  = { MINOR = "1", GENERAL = "2"'),
        ('link        = { share = "0.2", cap = "4"', 'link        = { share = "0.5", cap = "3"'),
    )
    known = timeline(DEMO, second)
    one = finding("2025-06-20", duty_related=True)
    own = finding("2025-06-20", own=True)
    outcome = score(own=[own], linked=[one], known=known)

    assert values(outcome.lines)[2:] == [("R-U1", "10.00"), ("R-U4", "-2.00"), ("R-U5", "-5.00"), ("R-U5", "2.00")]
    assert [one.edition[-1] for one in outcome.lines[2:]] == ["2", "2", "2", "2"]
    assert outcome.lines[4].params["points_edition"] == "JMS-DEMO-2025.1"
    before = score(own=[own], linked=[one], known=known, on="2025-06-30")
    assert values(before.lines)[3:] == [("R-U4", "-3.00"), ("R-U5", "-2.00")]
