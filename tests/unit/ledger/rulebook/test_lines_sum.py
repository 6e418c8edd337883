"""Whatever the facts and editions: the lines sum to the figure, and later editions never make a finding graver."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ledger.rulebook.balance import balance
from ledger.rulebook.cost import cost_of, deduct, own_breach
from ledger.rulebook.facts import Assessment, Finding, Promise, SubjectKind
from ledger.rulebook.figure import Outcome
from ledger.rulebook.labels import label_text
from ledger.rulebook.parameters import FindingState, Severity
from ledger.rulebook.unit_score import unit_score
from ledger.rulebook.windows import EditionTimeline
from tests.unit.ledger.rulebook.by_hand import DEMO, successor, timeline

ODD = successor(
    2,
    "2025-06-15",
    ('before_max = "0.5"', 'before_max = "0.333"'),
    ('APPEALED = "0"', 'APPEALED = "0.07"'),
    ('deduct = { MINOR = "3", GENERAL = "10"', 'deduct = { MINOR = "3.335", GENERAL = "7.777"'),
    ('points = "2", valid_months = 12, active_cap = "10"', 'points = "1.115", valid_months = 5, active_cap = "3.3"'),
    ('own_breach  = { MINOR = "1", GENERAL = "3"', 'own_breach  = { MINOR = "0.125", GENERAL = "3.333"'),
    ('link        = { share = "0.2", cap = "4"', 'link        = { share = "0.111", cap = "1.237"'),
    ('assessment  = { share = "0.60"', 'assessment  = { share = "0.599"'),
    ("GENERAL = { min_months = 3,  max_months = 12 }", "GENERAL = { min_months = 1,  max_months = 24 }"),
)
TIMELINES = st.sampled_from([timeline(DEMO), timeline(ODD), timeline(DEMO, ODD)])
DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
PAST = st.integers(0, 1500).map(timedelta)


@st.composite
def findings(draw: st.DrawFn, on: date, *, own: bool = False) -> list[Finding]:
    return [
        Finding(
            record=f"F{number}",
            subject_kind=SubjectKind.UNIT if own else SubjectKind.PERSON,
            severity=draw(st.sampled_from(Severity)),
            state=draw(st.sampled_from([state for state in FindingState if state is not FindingState.EXPIRED])),
            decision_on=on - draw(PAST),
            entries=(number, 100 + number),
            first_entry=number,
            duty_related=draw(st.booleans()),
            own=own,
        )
        for number in range(draw(st.integers(0, 6)))
    ]


@st.composite
def promises(draw: st.DrawFn, on: date) -> list[Promise]:
    return [
        Promise(
            commitment=f"C{number}",
            due_on=on + timedelta(days=draw(st.integers(-500, 30))),
            weight=draw(st.integers(1, 7)),
            entries=(200 + number,),
            fulfilled_on=draw(st.none() | PAST.map(lambda past: on - past)),
            waived=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 9)))
    ]


def sums_up(outcome: Outcome) -> None:
    assert outcome.value is not None
    assert sum(Fraction(line.value) for line in outcome.lines) == Fraction(outcome.value)
    assert all(line.clause != "rounding" for line in outcome.lines[:-1])
    assert all(label_text(line, lang) for line in outcome.lines for lang in ("zh", "en"))


@given(st.data(), TIMELINES, DAYS)
def test_the_lines_of_a_balance_sum_to_it_and_it_keeps_its_limits(
    data: st.DataObject, known: EditionTimeline, on: date
) -> None:
    outcome = balance(known, data.draw(findings(on)), data.draw(promises(on)), on)

    sums_up(outcome)
    assert 0 <= Fraction(outcome.value or "") <= 120


@given(st.data(), TIMELINES, DAYS, st.lists(st.decimals(0, 100, places=3), min_size=3, max_size=3))
def test_the_lines_of_a_score_sum_to_it(
    data: st.DataObject, known: EditionTimeline, on: date, marks: list[object]
) -> None:
    weights = {"a": Fraction(33), "b": Fraction(33), "c": Fraction(34)}
    scores = {name: Fraction(str(mark)) for name, mark in zip(weights, marks, strict=True)}
    own, linked = data.draw(findings(on, own=True)), data.draw(findings(on))
    outcome = unit_score(known, Assessment("A", weights, scores, (1,)), data.draw(promises(on)), own, linked, on)

    sums_up(outcome)
    conduct = sum(Fraction(line.value) for line in outcome.lines if line.clause in ("R-U1", "R-U4", "R-U5"))
    assert -Fraction(1, 10) < conduct <= 10


@given(st.data(), st.dates(date(2025, 6, 15), date(2028, 12, 31)))
def test_a_later_edition_never_makes_an_earlier_finding_dearer(data: st.DataObject, on: date) -> None:
    for one in data.draw(findings(on)):
        if one.decision_on < ODD.effective_on:
            for table in (deduct, own_breach):
                alone, both = (cost_of(one, known, table, on) for known in (timeline(DEMO), timeline(DEMO, ODD)))
                assert both.points.value <= alone.points.value
                assert both.weight.step.value <= alone.weight.step.value
                assert both.weight.maximum.value <= alone.weight.maximum.value
