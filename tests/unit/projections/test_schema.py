"""Lists of another release: nobody reads them, no verification blames them, and the next catch-up makes them again."""

from __future__ import annotations

from threading import Barrier, Thread
from typing import Any

import pytest
import sqlalchemy as sa

from ledger.errors import VerificationError
from projections import runner, views
from projections.listing import page
from projections.lists import Rows, Unhandled, fold
from projections.rebuild import compare, rebuild
from projections.runner import catch_up
from projections.views import LISTS, Standing, positions
from tests.support.random_log import random_log
from tests.support.small_log import SmallLog

LARGE = 1 << 40


@pytest.fixture
def log() -> SmallLog:
    return random_log(seed=5, length=120)


def standing(engine: sa.Engine) -> Standing:
    with engine.connect() as connection:
        found = views.standing(connection)
    assert found is not None
    return found


def names(engine: sa.Engine) -> set[str]:
    with engine.connect() as connection:
        return {name for name in sa.inspect(connection).get_table_names() if name.startswith("view_")}


def stored(engine: sa.Engine) -> dict[str, dict[str, Any]]:
    with engine.connect() as connection:
        live = views.live(connection)
        assert live is not None
        return {
            name: {row["uid"]: dict(row) for row in connection.execute(sa.select(table)).mappings()}
            for name, table in live[0].tables.items()
        }


def folded(log: SmallLog) -> dict[str, dict[str, Any]]:
    rows = Rows()
    for entry in log.entries:
        fold(rows, entry)
    return rows.lists


def as_before_schemas(engine: sa.Engine, log: SmallLog) -> None:
    """Lists as the release before schemas kept them: no stamp, a list that is gone, and one that is not there yet."""
    catch_up(SmallLog(log.entries[:50], log.editions_by_id, {}, log.ids), engine)
    with engine.begin() as connection:
        positions.drop(connection)
        views.version(1).tables["checks"].drop(connection)
        connection.execute(sa.text("CREATE TABLE view_measures_1 (uid TEXT PRIMARY KEY)"))
        connection.execute(
            sa.text("CREATE TABLE view_position (version INTEGER PRIMARY KEY, position INTEGER, live BOOLEAN)")
        )
        connection.execute(sa.text("INSERT INTO view_position VALUES (1, 50, true)"))


def of_other_columns(engine: sa.Engine, log: SmallLog) -> None:
    """Lists of a release whose columns were others, as its stamp says."""
    catch_up(log, engine)
    with engine.begin() as connection:
        connection.execute(sa.update(positions).values(schema="0-0123456789abcdef"))
        connection.execute(sa.text("ALTER TABLE view_breaches_1 RENAME COLUMN category TO sort"))


OLDER = pytest.mark.parametrize("make", [as_before_schemas, of_other_columns])


@OLDER
def test_lists_of_another_release_are_no_finding(fresh_engine: sa.Engine, log: SmallLog, make: Any) -> None:
    make(fresh_engine, log)

    assert compare(log, fresh_engine) == []
    assert not standing(fresh_engine).current


@OLDER
def test_lists_of_another_release_are_not_read(fresh_engine: sa.Engine, log: SmallLog, make: Any) -> None:
    make(fresh_engine, log)

    assert page(fresh_engine, "breaches", {}, limit=10).rows == []


@OLDER
def test_lists_of_another_release_are_made_again(fresh_engine: sa.Engine, log: SmallLog, make: Any) -> None:
    make(fresh_engine, log)

    assert catch_up(log, fresh_engine, batch=40) == log.size
    assert standing(fresh_engine) == Standing(2, log.size, views.SCHEMA)
    assert names(fresh_engine) == {"view_position", *(f"view_{name}_2" for name in LISTS)}
    assert stored(fresh_engine) == folded(log)
    assert compare(log, fresh_engine) == []


def test_a_rebuild_of_lists_of_another_release_makes_them_again(fresh_engine: sa.Engine, log: SmallLog) -> None:
    as_before_schemas(fresh_engine, log)

    rebuilt = rebuild(log, fresh_engine)

    assert (rebuilt.version, rebuilt.position, rebuilt.differences) == (2, log.size, ())


def test_the_old_lists_stand_until_the_new_ones_are_whole(
    fresh_engine: sa.Engine, log: SmallLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_before_schemas(fresh_engine, log)

    def fail(*_: Any) -> None:
        raise Unhandled("a mistake of ours")

    with monkeypatch.context() as broken:
        broken.setattr(runner, "fold", fail)
        with pytest.raises(Unhandled):
            catch_up(log, fresh_engine)
    assert (standing(fresh_engine).number, standing(fresh_engine).position) == (1, 50)
    assert "view_measures_1" in names(fresh_engine)
    assert catch_up(log, fresh_engine) == log.size
    assert stored(fresh_engine) == folded(log)


@pytest.mark.parametrize("make", [as_before_schemas, of_other_columns, lambda engine, log: None])
def test_many_who_make_the_lists_at_once_make_them_once(fresh_engine: sa.Engine, log: SmallLog, make: Any) -> None:
    make(fresh_engine, log)
    together, reached = Barrier(4), list[object]()

    def run() -> None:
        together.wait()
        try:
            reached.append(catch_up(log, fresh_engine, batch=7))
        except Exception as error:
            reached.append(error)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert reached == [log.size] * 4
    assert stored(fresh_engine) == folded(log)
    assert len(names(fresh_engine)) == len(LISTS) + 1


def test_a_list_with_other_columns_than_its_stamp_says_is_found(fresh_engine: sa.Engine, log: SmallLog) -> None:
    catch_up(log, fresh_engine)
    with fresh_engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE view_records_1 RENAME COLUMN outcome TO result"))

    (difference,) = compare(log, fresh_engine)

    assert (difference.table, difference.what) == ("view_records_1", "its columns are not those of the list")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_position_that_is_no_number_is_found(fresh_engine: sa.Engine, log: SmallLog) -> None:
    """Only SQLite takes it; PostgreSQL's columns have types."""
    catch_up(log, fresh_engine)
    with fresh_engine.begin() as connection:
        connection.execute(sa.text("UPDATE view_position SET position = 'many'"))

    with pytest.raises(VerificationError, match="view_position"):
        compare(log, fresh_engine)


def test_indexes_and_positions_are_as_large_as_the_logs(fresh_engine: sa.Engine, log: SmallLog) -> None:
    catch_up(log, fresh_engine)
    table = views.version(1).tables["subjects"]
    row = {**next(iter(stored(fresh_engine)["subjects"].values())), "uid": "x"}
    with fresh_engine.begin() as connection:
        connection.execute(sa.update(positions).values(position=LARGE))
        connection.execute(sa.insert(table).values({**row, "first_index": LARGE, "last_index": LARGE + 1}))

    assert standing(fresh_engine).position == LARGE
    assert [row["last_index"] for row in page(fresh_engine, "subjects", {}, after=log.size, limit=2).rows] == [
        LARGE + 1
    ]
