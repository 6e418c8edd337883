"""Sanctions and their periods (DOMAIN §3.1): the heaviest only, remainder + new, the cap, the month's end."""

from __future__ import annotations

from datetime import date
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

    assert (term.default, term.earliest) == (add_months(start, months),) * 2
    assert term.latest == add_months(start, 48)
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
    assert term_of("SUSPENSION", day("2025-01-01")).latest == day("2025-07-01")
    assert term_of("ADMONITION", day("2025-01-01")).latest is None
    assert term_of("RECRUITMENT_BAR", day("2025-01-01")).default is None


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


def test_a_period_that_was_given_in_days_keeps_its_days() -> None:
    old, new = imposed("WARNING", "2025-01-15"), imposed("DEMERIT", "2025-02-15", "2026-03-01")  # a year and 14 days

    assert ends(old, new)[1] == "2026-07-29"


def test_other_kinds_run_by_themselves() -> None:
    assert ends(
        imposed("WARNING", "2025-01-15"),
        imposed("ADMONITION", "2025-02-15"),
        imposed("RECRUITMENT_BAR", "2025-02-15"),
        imposed("DEMERIT", "2025-09-01"),
    ) == ["2025-07-15", "2025-08-15", None, "2026-09-01"]


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
            b'[[kind]]\nid = "A"\nblocks = ["promote"]\nclause = "c"\nsource = "published"\nat_most = 1',
            "kind[0].at_most",
        ),
    ],
)
def test_kinds_that_are_not_whole_are_refused(text: bytes, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_kinds(text)

    assert (caught.value.code, caught.value.field) == ("bad-sanctions", field)
