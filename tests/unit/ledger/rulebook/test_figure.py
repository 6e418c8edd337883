"""One rounding, halves away from zero, and lines that sum to their figure."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.rulebook.figure import Part, plain, settle
from ledger.rulebook.labels import LABELS, label_text
from tests.unit.ledger.rulebook.by_hand import DEMO

CLAUSE = DEMO.person.base.authority


def parts(*numbers: str) -> list[Part]:
    return [Part(CLAUSE, DEMO, "base", Fraction(number)) for number in numbers]


@pytest.mark.parametrize(
    ("number", "text"),
    [
        ("0", "0.00"),
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("0.0049", "0.00"),
        ("-0.0049", "0.00"),
        ("1.005", "1.01"),
        ("2.675", "2.68"),
        ("-2.675", "-2.68"),
        ("2/3", "0.67"),
        ("-1/3", "-0.33"),
        ("99.995", "100.00"),
        ("52.32", "52.32"),
    ],
)
def test_half_up_rounds_halves_away_from_zero(number: str, text: str) -> None:
    outcome = settle(parts(number), DEMO)

    assert outcome.value == text
    assert [line.value for line in outcome.lines] == [text]


@pytest.mark.parametrize(
    ("number", "text"),
    [("1/2", "0.5"), ("2/3", "2/3"), ("30", "30"), ("-1/40", "-0.025"), ("87.2", "87.2"), ("1/3000", "1/3000")],
)
def test_a_parameter_is_written_exactly(number: str, text: str) -> None:
    assert plain(Fraction(number)) == text
    assert Fraction(text) == Fraction(number)


def test_a_difference_is_a_last_line_of_its_own() -> None:
    outcome = settle(parts("0.004", "0.004", "0.004"), DEMO)

    assert outcome.value == "0.01"
    assert [(line.clause, line.value) for line in outcome.lines[-1:]] == [("rounding", "0.01")]
    assert [line.value for line in outcome.lines[:-1]] == ["0.00"] * 3
    assert outcome.lines[-1].events == ()


def test_without_a_difference_there_is_no_such_line() -> None:
    assert [line.clause for line in settle(parts("0.004", "1"), DEMO).lines] == [CLAUSE.clause] * 2


@given(st.lists(st.fractions(-1000, 1000, max_denominator=7000), max_size=12))
def test_lines_sum_to_the_figure_and_the_figure_is_the_exact_sum_rounded_once(numbers: list[Fraction]) -> None:
    outcome = settle([Part(CLAUSE, DEMO, "base", number) for number in numbers], DEMO)

    error = Fraction(outcome.value or "") - sum(numbers, Fraction(0))
    assert abs(error) <= Fraction(1, 200)
    assert sum(Fraction(line.value) for line in outcome.lines) == Fraction(outcome.value or "")


def test_the_entries_of_a_line_are_sorted_and_named_once() -> None:
    assert Part(CLAUSE, DEMO, "base", Fraction(1), events=[9, 3, 9]).line().events == (3, 9)


@pytest.mark.parametrize("label", sorted(LABELS))
def test_every_label_has_words_in_both_languages(label: str) -> None:
    assert set(LABELS[label]) == {"zh", "en"}
    assert all(LABELS[label].values())


def test_a_line_is_put_into_words() -> None:
    line = settle(parts("100"), DEMO).lines[0]

    assert (label_text(line, "zh"), label_text(line, "en")) == ("基础分", "Base")
