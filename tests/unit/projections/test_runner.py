"""Keeping lists up with the log, on both databases: batches, positions, two at once, tables that went away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.reading import Logged
from projections import runner, views
from projections.lists import Unhandled
from projections.rebuild import compare
from projections.runner import catch_up, position_of
from projections.views import Version
from tests.support.random_log import random_log
from tests.support.small_log import SmallLog


@pytest.fixture
def log() -> SmallLog:
    return random_log(seed=7, length=150)


def live(engine: sa.Engine) -> Version:
    with engine.connect() as connection:
        standing = views.live(connection)
    assert standing is not None
    return standing[0]


def test_lists_are_made_and_brought_up_to_the_log(fresh_engine: sa.Engine, log: SmallLog) -> None:
    assert catch_up(log, fresh_engine, batch=40) == log.size
    assert position_of(fresh_engine, live(fresh_engine)) == log.size
    assert compare(log, fresh_engine) == []
    assert catch_up(log, fresh_engine) == log.size


def test_what_is_appended_later_is_read_from_the_position_on(fresh_engine: sa.Engine, log: SmallLog) -> None:
    catch_up(log, fresh_engine)
    read_from: list[int] = []

    class Watched(SmallLog):
        def logged(self, start: int, stop: int) -> Iterator[Logged]:
            read_from.append(start)
            return super().logged(start, stop)

    before = log.size
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P9", "kind": "PERSON"})
    watched = Watched(log.entries, log.editions_by_id, log.texts, log.ids, log.repairs)
    assert catch_up(watched, fresh_engine) == log.size
    assert read_from == [before]


def test_an_interrupted_batch_leaves_neither_rows_nor_position(
    fresh_engine: sa.Engine, log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    catch_up(SmallLog(log.entries[:100], log.editions_by_id, {}, log.ids), fresh_engine)

    def fail(*_: Any) -> None:
        raise Unhandled("a mistake of ours")

    with monkeypatch.context() as broken:
        broken.setattr(runner, "fold", fail)
        with pytest.raises(Unhandled):
            catch_up(log, fresh_engine)
    assert position_of(fresh_engine, live(fresh_engine)) == 100
    assert compare(log, fresh_engine) == []
    assert catch_up(log, fresh_engine) == log.size


def test_who_comes_second_goes_on_from_where_the_first_left_off(fresh_engine: sa.Engine, log: SmallLog) -> None:
    class Overtaken(SmallLog):
        """Before it hands out its first batch somebody else has read the whole log."""

        raced = False

        def logged(self, start: int, stop: int) -> Iterator[Logged]:
            if not self.raced:
                self.raced = True
                catch_up(log, fresh_engine)
            return super().logged(start, stop)

    catch_up(SmallLog(log.entries[:50], log.editions_by_id, {}, log.ids), fresh_engine)
    slow = Overtaken(log.entries, log.editions_by_id, log.texts, log.ids, log.repairs)
    assert catch_up(slow, fresh_engine, batch=10) == log.size
    assert compare(log, fresh_engine) == []


def test_deleted_tables_are_made_again(fresh_engine: sa.Engine, log: SmallLog) -> None:
    catch_up(log, fresh_engine)
    records = live(fresh_engine).tables["records"]
    with fresh_engine.begin() as connection:
        records.drop(connection)
    assert [difference.what for difference in compare(log, fresh_engine)] == ["a table is missing"]
    assert catch_up(log, fresh_engine) == log.size
    assert compare(log, fresh_engine) == []


def test_no_row_holds_a_persons_name(fresh_engine: sa.Engine) -> None:
    log = SmallLog()
    log.append("SubjectRegistered", "2025-01-01", {"subject_id": "P1", "kind": "PERSON", "name": "示例"})
    catch_up(log, fresh_engine)
    with fresh_engine.connect() as connection:
        (row,) = connection.execute(sa.select(live(fresh_engine).tables["subjects"])).mappings()
    assert "示例" not in [str(value) for value in row.values()]
