"""Edited lists are found and named, and rebuilding puts them right (both databases)."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from projections import views
from projections.rebuild import Difference, compare, rebuild
from projections.runner import catch_up
from projections.views import LISTS, Version, positions
from tests.support.random_log import random_log
from tests.support.small_log import SmallLog


@pytest.fixture
def log() -> SmallLog:
    return random_log(seed=11, length=200)


@pytest.fixture
def engine(fresh_engine: sa.Engine, log: SmallLog) -> sa.Engine:
    """A store whose lists are up to the log."""
    catch_up(log, fresh_engine)
    return fresh_engine


def live(engine: sa.Engine) -> Version:
    with engine.connect() as connection:
        standing = views.live(connection)
    assert standing is not None
    return standing[0]


def some_row(engine: sa.Engine, name: str) -> tuple[sa.Table, str]:
    table = live(engine).tables[name]
    with engine.connect() as connection:
        return table, connection.execute(sa.select(table.c.uid).order_by(table.c.first_index)).scalars().all()[0]


@pytest.mark.parametrize("name", LISTS)
def test_an_edited_row_is_named_with_its_column(engine: sa.Engine, log: SmallLog, name: str) -> None:
    table, uid = some_row(engine, name)
    column = "state" if "state" in table.c else "kind"
    with engine.begin() as connection:
        last = connection.scalar(sa.select(table.c.last_index).where(table.c.uid == uid))
        connection.execute(sa.update(table).where(table.c.uid == uid).values({column: "EDITED"}))
    (difference,) = compare(log, engine)
    assert difference == Difference(table.name, uid, f"edited: {column}", last)


def test_a_deleted_row_is_missed(engine: sa.Engine, log: SmallLog) -> None:
    table, uid = some_row(engine, "breaches")
    with engine.begin() as connection:
        connection.execute(sa.delete(table).where(table.c.uid == uid))
    (difference,) = compare(log, engine)
    assert (difference.uid, difference.what) == (uid, "the row is missing")


def test_a_row_that_no_entry_makes_is_found(engine: sa.Engine, log: SmallLog) -> None:
    table, uid = some_row(engine, "records")
    with engine.begin() as connection:
        row = connection.execute(sa.select(table).where(table.c.uid == uid)).mappings().one()
        connection.execute(sa.insert(table).values({**row, "uid": "invented"}))
    (difference,) = compare(log, engine)
    assert (difference.uid, difference.what) == ("invented", "no entry of the log makes this row")


@pytest.mark.parametrize("position", [-1, 10_000])
def test_a_position_outside_the_log_is_found(engine: sa.Engine, log: SmallLog, position: int) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(positions).values(position=position))
    (difference,) = compare(log, engine)
    assert difference.table == "view_position"


def test_a_position_set_back_is_seen_in_the_rows(engine: sa.Engine, log: SmallLog) -> None:
    with engine.begin() as connection:
        connection.execute(sa.update(positions).values(position=log.size // 2))
    assert compare(log, engine)


def test_lists_that_are_behind_are_compared_where_they_stand(engine: sa.Engine, log: SmallLog) -> None:
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P9", "kind": "PERSON"})
    assert compare(log, engine) == []


def test_without_lists_there_is_nothing_to_compare(fresh_engine: sa.Engine, log: SmallLog) -> None:
    assert compare(log, fresh_engine) == []
    assert rebuild(log, fresh_engine).position == log.size


def test_a_rebuild_says_what_was_wrong_and_puts_it_right(engine: sa.Engine, log: SmallLog) -> None:
    table, uid = some_row(engine, "commitments")
    with engine.begin() as connection:
        connection.execute(sa.update(table).where(table.c.uid == uid).values(state="EDITED"))
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P9", "kind": "PERSON"})
    rebuilt = rebuild(log, engine)
    assert [(one.uid, one.what) for one in rebuilt.differences] == [(uid, "edited: state")]
    assert (rebuilt.version, rebuilt.position) == (2, log.size)
    assert compare(log, engine) == []
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
    assert not [name for name in names if name.startswith("view_") and name.endswith("_1")]


def test_a_rebuild_that_was_interrupted_is_begun_again(engine: sa.Engine, log: SmallLog) -> None:
    with engine.begin() as connection:
        views.version(2).create(connection)
        connection.execute(sa.insert(positions).values(version=2, position=17, live=False, schema="1-x"))
    assert rebuild(log, engine).version == 2
    assert compare(log, engine) == []
