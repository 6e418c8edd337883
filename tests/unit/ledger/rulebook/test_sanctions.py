"""Sanctions and their periods (DOMAIN §3.1): the heaviest only, remainder + new, the cap, the month's end."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import get_args

import pytest

from ledger.domain.sanctions import SanctionKind
from ledger.errors import Invalid
from ledger.rulebook.sanctions import Imposed, Running, parse_kinds, run_together, shipped_kinds, term_of
from ledger.rulebook.windows import add_months


def day(text: str) -> date:
    return date.fromisoformat(text)


def imposed(kind: str, start: str, until: str | None = None, lifted: str | None = None) -> Imposed:
    last = term_of(kind, day(start)).default if until is None else day(until)
    return Imposed(kind, day(start), last, None if lifted is None else day(lifted))


def ends(*sanctions: Imposed) -> list[str | None]:
    """The last day of each, or what absorbed it."""
    return [
        f"in {run.absorbed_by}" if run.absorbed_by is not None else None if run.until is None else run.until.isoformat()
        for run in run_together(sanctions)
    ]


@pytest.mark.parametrize(
    ("kind", "months"),
    [("WARNING", 6), ("DEMERIT", 12), ("MAJOR_DEMERIT", 18), ("DOWNGRADE", 24), ("REMOVAL_FROM_POST", 24)],
)
def test_the_periods_of_the_statute(kind: str, months: int) -> None:
    start = day("2025-03-10")
    term = term_of(kind, start)

    assert (term.default, term.earliest, term.latest) == (add_months(start, months),) * 3
    assert not term.begins_freely
    assert not shipped_kinds().of[kind].authority.demonstration


@pytest.mark.parametrize("kind", ["DEMERIT", "MAJOR_DEMERIT", "DOWNGRADE", "REMOVAL_FROM_POST"])
def test_from_a_demerit_on_there_is_no_pay_step_either(kind: str) -> None:
    assert "pay_step" in shipped_kinds().of[kind].blocks
    assert "pay_step" not in shipped_kinds().of["WARNING"].blocks


def test_the_ledger_and_the_rulebook_know_the_same_kinds() -> None:
    assert set(get_args(SanctionKind)) == set(shipped_kinds().of)


def test_what_has_no_national_period_says_so() -> None:
    shown = {kind.id for kind in shipped_kinds().of.values() if kind.authority.demonstration}

    assert {"ADMONITION", "SUSPENSION", "LOWERED_POST"} <= shown
    for kind in ("SUSPENSION", "ADMONITION"):
        term = term_of(kind, day("2025-01-01"))
        assert (term.earliest, term.latest) == (None, day("2025-07-01"))
    bar = term_of("RECRUITMENT_BAR", day("2025-01-01"))
    assert (bar.default, bar.latest, bar.begins_freely) == (None, None, True)


def test_five_months_left_and_a_new_eighteen_are_twenty_three() -> None:
    """The worked figure: a warning of 15 January has five months left on 15 February."""
    old, new = imposed("WARNING", "2025-01-15"), imposed("MAJOR_DEMERIT", "2025-02-15")

    assert old.until == add_months(day("2025-02-15"), 5)
    assert run_together([old, new])[1] == Running(add_months(day("2025-02-15"), 23), extends=(0,))
    assert ends(old, new) == ["2025-07-15", "2027-01-15"]


def test_of_different_kinds_imposed_together_the_heaviest_only() -> None:
    together = [imposed(kind, "2025-03-10") for kind in ("DEMERIT", "DOWNGRADE", "WARNING")]

    assert ends(*together) == ["in 1", "2027-03-10", "in 1"]


def test_of_one_kind_imposed_together_the_one_that_was_given_longer() -> None:
    """Between one period and the sum, as decided (政务处分法 15)."""
    assert ends(imposed("WARNING", "2025-03-10"), imposed("WARNING", "2025-03-10", "2025-12-10")) == [
        "in 1",
        "2025-12-10",
    ]


def test_what_was_imposed_together_adds_to_what_ran_before() -> None:
    old = imposed("DEMERIT", "2025-01-10")  # until 2026-01-10

    assert ends(old, imposed("WARNING", "2025-07-10"), imposed("MAJOR_DEMERIT", "2025-07-10")) == [
        "2026-01-10",
        "in 2",
        "2027-07-10",
    ]


def test_a_new_one_on_the_last_day_of_the_old_adds_nothing_left() -> None:
    old = imposed("WARNING", "2025-01-15")

    assert ends(old, imposed("DEMERIT", "2025-07-15")) == ["2025-07-15", "2026-07-15"]
    assert run_together([old, imposed("DEMERIT", "2025-07-15")])[1].extends == (0,)


def test_a_new_one_after_one_that_ended_yesterday_runs_by_itself() -> None:
    old = imposed("WARNING", "2025-01-15")

    assert run_together([old, imposed("DEMERIT", "2025-07-16")])[1] == Running(day("2026-07-16"))


def test_one_that_was_lifted_before_leaves_no_remainder() -> None:
    old = imposed("WARNING", "2025-01-15", lifted="2025-02-15")

    assert ends(old, imposed("MAJOR_DEMERIT", "2025-02-15")) == ["2025-07-15", "2026-08-15"]


def test_one_that_is_lifted_while_the_new_one_runs_leaves_what_was_served() -> None:
    """Lifted on 1 May, it was served until 30 April: the new one runs eighteen months from there."""
    old = imposed("WARNING", "2025-01-15", lifted="2025-05-01")

    assert ends(old, imposed("MAJOR_DEMERIT", "2025-02-15")) == ["2025-07-15", "2026-10-30"]


def test_no_period_is_longer_than_forty_eight_months() -> None:
    first, second = imposed("DOWNGRADE", "2025-01-10"), imposed("DOWNGRADE", "2025-02-10")
    third = imposed("REMOVAL_FROM_POST", "2025-03-10")

    assert ends(first, second) == ["2027-01-10", "2029-01-10"]
    assert ends(first, second, third)[2] == "2029-03-10"


def test_three_in_a_row() -> None:
    first, second = imposed("WARNING", "2025-01-15"), imposed("WARNING", "2025-03-15")
    third = imposed("WARNING", "2025-12-15")

    assert ends(first, second, third) == ["2025-07-15", "2026-01-15", "2026-07-15"]


@pytest.mark.parametrize(
    ("start", "last"), [("2024-08-29", "2025-02-28"), ("2024-08-31", "2025-02-28"), ("2023-08-31", "2024-02-29")]
)
def test_a_month_without_that_day_ends_the_period_on_its_last(start: str, last: str) -> None:
    assert term_of("WARNING", day(start)).default == day(last)


def test_a_remainder_is_clamped_once_at_its_end() -> None:
    old = imposed("WARNING", "2024-08-31")  # until 2025-02-28

    assert ends(old, imposed("DEMERIT", "2024-10-31")) == ["2025-02-28", "2026-02-28"]


@pytest.mark.parametrize(
    ("stated", "runs_until"),
    [("2026-08-15", "2027-01-15"), ("2026-12-31", "2027-01-15"), ("2027-01-15", "2027-01-15")],
    ids=["own period", "between", "merged by the decision"],
)
def test_what_remained_is_counted_once_whoever_adds_it(stated: str, runs_until: str) -> None:
    """The worked figure again: the organ that writes twenty-three months has added the five that were left."""
    old, new = imposed("WARNING", "2025-01-15"), imposed("MAJOR_DEMERIT", "2025-02-15", stated)

    assert ends(old, new) == ["2025-07-15", runs_until]


def test_what_a_decision_merged_stands_whatever_becomes_of_the_old_one() -> None:
    old = imposed("WARNING", "2025-01-15", lifted="2025-05-01")

    assert ends(old, imposed("MAJOR_DEMERIT", "2025-02-15", "2027-01-15"))[1] == "2027-01-15"


def latest(kind: str, start: str, *others: Imposed) -> str:
    last = term_of(kind, day(start), others).latest
    assert last is not None
    return last.isoformat()


def test_a_period_may_be_longer_than_its_own_only_where_it_can_be_a_merging() -> None:
    warning = imposed("WARNING", "2025-01-15")  # until 2025-07-15

    assert latest("MAJOR_DEMERIT", "2025-02-15") == "2026-08-15"
    assert latest("MAJOR_DEMERIT", "2025-02-15", warning) == "2027-01-15"  # twenty-three months
    assert latest("MAJOR_DEMERIT", "2025-07-16", warning) == "2027-01-16"  # the old one is over
    assert latest("MAJOR_DEMERIT", "2025-01-14", warning) == "2026-07-14"  # it began later
    assert latest("MAJOR_DEMERIT", "2025-02-15", imposed("ADMONITION", "2025-01-15")) == "2026-08-15"  # runs by itself


@pytest.mark.parametrize(("lifted", "last"), [("2025-02-15", "2026-08-15"), ("2025-02-16", "2027-01-15")])
def test_one_that_was_lifted_by_then_has_nothing_left_to_merge(lifted: str, last: str) -> None:
    assert latest("MAJOR_DEMERIT", "2025-02-15", imposed("WARNING", "2025-01-15", lifted=lifted)) == last


def test_of_one_kind_decided_together_the_sum_at_most() -> None:
    """同一种: between one period and the sum; of another kind the heavier alone is carried out."""
    warning, demerit = imposed("WARNING", "2025-03-10"), imposed("DEMERIT", "2025-03-10")

    assert latest("WARNING", "2025-03-10", warning) == "2026-03-10"
    assert latest("WARNING", "2025-03-10", warning, warning) == "2026-09-10"
    assert latest("WARNING", "2025-03-10", demerit) == "2025-09-10"
    assert latest("DOWNGRADE", "2025-03-10", *[imposed("DOWNGRADE", "2025-03-10")] * 4) == "2029-03-10"  # the cap


def test_a_sum_and_a_remainder_together() -> None:
    old, together = imposed("DEMERIT", "2024-10-10"), imposed("WARNING", "2025-03-10")  # seven months left

    assert latest("WARNING", "2025-03-10", old, together) == "2026-10-10"


def test_a_remainder_that_is_itself_merged_and_the_cap() -> None:
    first, second = imposed("DOWNGRADE", "2025-01-10"), imposed("DOWNGRADE", "2025-02-10")  # to 2029-01-10

    assert latest("WARNING", "2025-03-10", first, second) == "2029-03-10"


def test_at_the_end_of_a_month_either_way_of_adding_is_in_order() -> None:
    """Six months after what remained end on 28 August; two months, what remained, after the six on the 30th."""
    old = imposed("WARNING", "2024-08-31")  # until 2025-02-28

    assert ends(old, imposed("WARNING", "2024-12-31"))[1] == "2025-08-28"
    assert latest("WARNING", "2024-12-31", old) == "2025-08-30"


def test_other_kinds_run_by_themselves() -> None:
    assert ends(
        imposed("WARNING", "2025-01-15"),
        imposed("ADMONITION", "2025-02-15"),
        imposed("RECRUITMENT_BAR", "2025-02-15"),
        imposed("DEMERIT", "2025-09-01"),
    ) == ["2025-07-15", "2025-08-15", None, "2026-09-01"]


def test_to_state_the_merged_last_day_or_to_leave_it_to_the_ledger_comes_to_the_same() -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, merging = random.Random(seed), [kind.id for kind in shipped_kinds().of.values() if kind.rank is not None]
    for _ in range(2000):
        days = [day("2024-01-29") + timedelta(days=chance.randrange(700)) for _ in range(chance.randrange(1, 5))]
        known = [imposed(chance.choice(merging), start.isoformat()) for start in days]
        known = [
            replace(one, lifted_on=one.start + timedelta(days=chance.randrange(1, 400)))
            if chance.random() < 0.3
            else one
            for one in known
        ]
        new = imposed(chance.choice(merging), chance.choice([*days, day("2025-06-30")]).isoformat())
        term, left = term_of(new.kind, new.start, known), run_together([*known, new])[-1]
        if left.absorbed_by is not None or left.until is None:
            continue
        assert term.earliest is not None
        assert term.latest is not None
        assert term.earliest <= left.until <= term.latest <= add_months(new.start, 48)
        assert run_together([*known, replace(new, until=left.until)])[-1] == left


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (b"", "merging"),
        (b'[merging]\nclause = "c"\nsource = "published"\ncap_months = 0', "merging.cap_months"),
        (
            b'[merging]\nclause = "c"\nsource = "published"\ncap_months = 48\n'
            + b'[[kind]]\nid = "A"\nblocks = ["promote"]\nclause = "c"\nsource = "published"\n' * 2,
            "kind",
        ),
        (
            b'[merging]\nclause = "c"\nsource = "published"\ncap_months = 48\n'
            b'[[kind]]\nid = "A"\nrank = 1\nblocks = ["promote"]\nclause = "c"\nsource = "published"',
            "kind[0].months",
        ),
        (
            b'[merging]\nclause = "c"\nsource = "published"\ncap_months = 48\n'
            b'[[kind]]\nid = "A"\nblocks = ["promote"]\nclause = "c"\nsource = "published"\nbegins_freely = 1',
            "kind[0].begins_freely",
        ),
    ],
)
def test_kinds_that_are_not_whole_are_refused(text: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_kinds(text)

    assert (caught.value.code, caught.value.field) == ("bad-sanctions", field)
