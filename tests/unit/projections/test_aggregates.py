"""Counts over records taken over equal a count by hand."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from projections.aggregates import count_records
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


@pytest.fixture
def engine(fresh_engine: sa.Engine) -> sa.Engine:
    """A store with the list of ROWS."""
    log = registered_log()
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P2", "kind": "PERSON"})
    for number, row in enumerate(ROWS):
        data = {"source": "CHI", "source_record": f"x{number}", "kind": "ALLEGATION", **row}
        log.append("RecordImported", "2025-02-01", data)
    catch_up(log, fresh_engine)
    return fresh_engine


def test_records_are_counted(engine: sa.Engine) -> None:
    counts = count_records(engine, kind="ALLEGATION", without_layers=("CN",))
    assert (counts.rows, counts.people, counts.people_with_confirmed, counts.without_person) == (3, 1, 1, 1)
    assert (counts.cases, counts.duplicates) == (1, 1)
    assert counts.by_outcome == {"CONFIRMED": 2, "DISMISSED": 1}
    assert counts.by_layer == {"A": 2, "B": 1}
    assert counts.by_unit == {uid_of("subject", "U1"): {"CONFIRMED": 2, "DISMISSED": 1}}
    assert (counts.earliest["occurred_on"], counts.latest["occurred_on"]) == ("1998-05-01", "1999")
    assert (counts.earliest["reported_on"], counts.latest["decided_on"]) == (None, "2001-02")


def test_nothing_is_left_out_unless_it_is_asked_for(engine: sa.Engine) -> None:
    counts = count_records(engine)
    assert (counts.rows, counts.by_unit[""]) == (4, {"CONFIRMED": 1})
    assert count_records(engine, kind="OTHER").rows == 0


def test_without_lists_the_count_says_so(fresh_engine: sa.Engine) -> None:
    with pytest.raises(LookupError, match="catch up first"):
        count_records(fresh_engine)
