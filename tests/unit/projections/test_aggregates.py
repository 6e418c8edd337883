"""Counts over records taken over equal a count by hand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from projections.aggregates import PersonCounts, count_commitments, count_people, count_records
from projections.runner import catch_up
from tests.support.small_log import registered_log, uid_of

ROWS = [
    {"subject_id": "P1", "unit_id": "U1", "outcome": "CONFIRMED", "layer": "A", "occurred_on": "1999",
     "case_ref": "c1"},
    {"subject_id": "P1", "unit_id": "U1", "outcome": "DISMISSED", "layer": "A", "occurred_on": "1998-05-01",
     "case_ref": "c1", "duplicate_of": "x0"},
    {"unit_id": "U1", "outcome": "CONFIRMED", "layer": "B", "decided_on": "2001-02"},
    {"subject_id": "P2", "outcome": "CONFIRMED", "layer": "CN", "occurred_on": "1900"},
]  # fmt: skip


PROMISES = [
    {"promisor_id": "U1", "due": "2024-06"},
    {"promisor_id": "U1", "due": "2024-12-31", "start": "2020-01-01"},
    {"promisor_id": "U2"},
]


@pytest.fixture
def engine(fresh_engine: sa.Engine) -> sa.Engine:
    """A store with the list of ROWS."""
    log = registered_log()
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P2", "kind": "PERSON"})
    for number, row in enumerate(ROWS):
        data = {"source": "CHI", "source_record": f"x{number}", "kind": "ALLEGATION", **row}
        log.append("RecordImported", "2025-02-01", data)
    for number, promise in enumerate(PROMISES):
        data = {"source": "OGP", "source_record": f"k{number}", "commitment_id": f"k{number}", **promise}
        log.append("CommitmentImported", "2025-02-01", data)
    own = {"commitment_id": "C1", "kind": "SERVICE", "due_on": "2025-06-30", "weight": 1, "public": True}
    log.append("CommitmentMade", "2025-02-01", {**own, "promisor_id": "U1"})
    catch_up(log, fresh_engine)
    return fresh_engine


def test_records_are_counted(engine: sa.Engine) -> None:
    counts = count_records(engine, kind="ALLEGATION", without_layers=("CN",))
    assert (counts.rows, counts.people, counts.people_with_confirmed, counts.without_person) == (3, 1, 1, 1)
    assert (counts.cases, counts.duplicates) == (1, 1)
    assert counts.by_outcome == {"CONFIRMED": 2, "DISMISSED": 1}
    assert counts.by_layer == {"A": {"CONFIRMED": 1, "DISMISSED": 1}, "B": {"CONFIRMED": 1}}
    assert counts.by_unit == {uid_of("subject", "U1"): {"CONFIRMED": 2, "DISMISSED": 1}}
    assert counts.by_year["occurred_on"] == {"1998": 1, "1999": 1, "": 1}
    assert (counts.earliest["occurred_on"], counts.latest["occurred_on"]) == ("1998-05-01", "1999")
    assert (counts.earliest["reported_on"], counts.latest["decided_on"]) == (None, "2001-02")


def test_one_outcome_is_counted_by_itself(engine: sa.Engine) -> None:
    counts = count_records(engine, outcome="CONFIRMED")
    assert (counts.rows, counts.by_outcome) == (3, {"CONFIRMED": 3})
    assert counts.by_year["decided_on"] == {"": 2, "2001": 1}


def test_people_are_counted_the_most_confirmed_first(engine: sa.Engine) -> None:
    one, two = uid_of("subject", "P1"), uid_of("subject", "P2")
    assert count_people(engine) == [PersonCounts(one, 2, 1, 1), PersonCounts(two, 1, 1, 0)]
    assert count_people(engine, without_layers=("A",)) == [PersonCounts(two, 1, 1, 0)]


def test_commitments_taken_over_are_counted_and_the_ledgers_own_are_not(engine: sa.Engine) -> None:
    counts = count_commitments(engine)
    assert (counts.rows, counts.promisors, counts.by_due_year) == (3, 2, {"2024": 2, "": 1})
    assert counts.precision == {"made_on": {0: 2, 10: 1}, "due": {0: 1, 7: 1, 10: 1}}


def test_nothing_is_left_out_unless_it_is_asked_for(engine: sa.Engine) -> None:
    counts = count_records(engine)
    assert (counts.rows, counts.by_unit[""]) == (4, {"CONFIRMED": 1})
    assert count_records(engine, kind="OTHER").rows == 0


@pytest.mark.parametrize("count", [count_records, count_people, count_commitments])
def test_without_lists_the_count_says_so(fresh_engine: sa.Engine, count: Callable[[sa.Engine], object]) -> None:
    with pytest.raises(LookupError, match="catch up first"):
        count(fresh_engine)
