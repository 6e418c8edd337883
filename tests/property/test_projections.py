"""Whatever the log: rebuilt lists equal live ones equal the fold; figures by subject equal a fold over everything.

A failing example prints the seed of its log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.pool import StaticPool

from ledger.folds.breach import STANDING, fold_breach
from ledger.folds.facts import over_by, reads
from ledger.reading import Logged
from projections import views
from projections.integrity_file import integrity_file
from projections.lists import LIST_OF_KIND, Rows, fold
from projections.rebuild import compare, rebuild
from projections.runner import catch_up
from projections.unit_score import unit_score
from projections.views import Row
from tests.support.random_log import FIRST, PEOPLE, UNITS, random_log
from tests.support.small_log import SmallLog

SEEDS = st.integers(min_value=0, max_value=2**32 - 1)
LENGTHS = st.integers(min_value=0, max_value=120)
DAYS = st.integers(min_value=-10, max_value=900).map(lambda days: FIRST + timedelta(days=days))


@contextmanager
def database() -> Iterator[sa.Engine]:
    """An empty SQLite database for one example."""
    engine = sa.create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    try:
        yield engine
    finally:
        engine.dispose()


def stored(engine: sa.Engine) -> dict[str, dict[str, Row]]:
    with engine.connect() as connection:
        standing = views.live(connection)
        assert standing is not None
        tables = standing[0].tables
        return {
            name: {row["uid"]: dict(row) for row in connection.execute(sa.select(tables[name])).mappings()}
            for name in LIST_OF_KIND.values()
        }


@dataclass
class Unindexed(SmallLog):
    """The same log for a reader without an index by subject: every history is the whole log."""

    def history(self, subject: str, size: int) -> Sequence[Logged]:
        return self.entries[:size]


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS, length=LENGTHS, batch=st.integers(min_value=1, max_value=50), cut=st.integers(0, 120))
def test_rebuilt_equals_live_equals_the_fold_over_the_whole_log(seed: int, length: int, batch: int, cut: int) -> None:
    log = random_log(seed, length)
    folded = Rows()
    for entry in log.entries:
        fold(folded, entry)
    with database() as engine:
        earlier = SmallLog(log.entries[:cut], log.editions_by_id, {}, log.ids)
        catch_up(earlier, engine, batch=batch)
        assert catch_up(log, engine, batch=batch) == log.size
        assert stored(engine) == folded.lists
        assert compare(log, engine, batch=batch) == []
        rebuilt = rebuild(log, engine, batch=batch + 1)
        assert (rebuilt.version, rebuilt.position, rebuilt.differences) == (2, log.size, ())
        assert stored(engine) == folded.lists


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, length=LENGTHS, on=DAYS, share=st.integers(0, 100))
def test_figures_by_subject_equal_a_fold_over_the_whole_log(seed: int, length: int, on: date, share: int) -> None:
    log = random_log(seed, length)
    size = max(log.size * share // 100, 8)
    everything = Unindexed(log.entries, log.editions_by_id, log.texts, log.ids, log.repairs)
    for person in PEOPLE:
        assert figure_of(log, person, on, size) == figure_of(everything, person, on, size)
    for unit in UNITS:
        assert unit_score(log, unit, as_of=on, as_known=size) == unit_score(everything, unit, as_of=on, as_known=size)


def figure_of(log: SmallLog, person: str, on: date, size: int) -> Any:
    file = integrity_file(log, person, as_of=on, as_known=size)
    return file["balance"], file["breaches"], file["commitments"], file["sanctions"], file["timeline"]


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, length=LENGTHS, on=DAYS)
def test_lines_always_sum_to_the_figure(seed: int, length: int, on: date) -> None:
    log = random_log(seed, length)
    figures = [integrity_file(log, person, as_of=on, as_known=log.size)["balance"] for person in PEOPLE]
    for viewer in ("AUDITOR", "PUBLIC"):
        figures += [unit_score(log, unit, as_of=on, as_known=log.size, viewer=viewer) for unit in UNITS]
    for figure in figures:
        if figure["value"] is None:
            assert figure["lines"] == []
        else:
            assert sum(Decimal(line["value"]) for line in figure["lines"]) == Decimal(figure["value"])


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, length=LENGTHS, on=DAYS)
def test_nothing_recorded_later_changes_what_was_known_before(seed: int, length: int, on: date) -> None:
    """A read at a size is the read of the log that ends there."""
    log = random_log(seed, length)
    size = 8 + (log.size - 8) // 2
    ended = SmallLog(log.entries[:size], log.editions_by_id, log.texts, log.ids, log.repairs)
    for person in PEOPLE:
        assert integrity_file(log, person, as_of=on, as_known=size) == integrity_file(
            ended, person, as_of=on, as_known=size
        )


@settings(max_examples=40, deadline=None)
@given(seed=SEEDS, length=LENGTHS, on=DAYS)
def test_a_void_finding_weighs_nothing_on_any_day_and_reads_overturned_from_its_own_day(
    seed: int, length: int, on: date
) -> None:
    log = random_log(seed, length)
    timeline = log.editions(log.size)
    for stream in {entry.stream for entry in log.entries if entry.kind == "breach"}:
        entries = log.stream(stream, log.size)
        at_the_end = fold_breach(entries, date(2030, 1, 1), over=over_by(timeline))
        breach = fold_breach(entries, on, over=over_by(timeline))
        if at_the_end is None or at_the_end.void_by is None or breach is None:
            continue
        assert at_the_end.found_on is not None
        if on >= at_the_end.found_on:
            assert breach.state == "OVERTURNED"
        else:
            assert reads(breach, timeline, on) not in STANDING
