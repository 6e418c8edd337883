"""Building the lists again beside the live ones, comparing the two, and putting the new ones in their place.

`compare` is what `verify` asks: a row that is not the fold of the log was edited, or lost, or put in. It writes nothing
to the ledger's database: the second build stands in a scratch file that goes away with the question.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from ledger.errors import Conflict, Unavailable
from projections import views
from projections.reader import Log
from projections.runner import BATCH, advance, begin_version, catch_up, swap
from projections.views import CHUNK, LISTS, Row, Version, positions

_SCRATCH_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """Where a live list is not what the log says: the table, the row's pseudonym, and what is wrong with it.

    `index` is the last entry that moved the row, where the log has one.
    """

    table: str
    uid: str | None
    what: str
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """The version now live, how far it has read, and what had been wrong with the one before."""

    version: int
    position: int
    differences: tuple[Difference, ...]


def compare(reader: Log, engine: sa.Engine, *, batch: int = BATCH) -> list[Difference]:
    """The differences between the live lists and a fold of the log up to their position.

    None where no lists were made, or those that are there are of another release's schema (`views.standing` says so).
    """
    with views.reading(engine) as actual:
        standing = views.live(actual)
        if standing is None:
            return []
        version, position = standing
        if not version.exists(actual):
            return [Difference(f"view_*_{version.number}", None, "a table is missing")]
        if misshapen := version.misshapen(actual):
            return [Difference(name, None, "its columns are not those of the list") for name in misshapen]
        if not 0 <= position <= reader.size:
            return [Difference(positions.name, None, "the position is not one of the log's sizes")]
        with _scratch() as scratch:
            fresh = views.version(_SCRATCH_VERSION)
            with scratch.begin() as connection:
                begin_version(connection, fresh, live=True)
            advance(reader, scratch, fresh, position, batch=batch)
            with scratch.connect() as expected:
                return list(_differences(expected, fresh, actual, version))


@contextmanager
def _scratch() -> Iterator[sa.Engine]:
    """A database of its own for one question."""
    try:
        scratch = tempfile.TemporaryDirectory(prefix="integrity-views-")
    except OSError as error:
        raise Unavailable("there is no folder for scratch files (TMPDIR)", code="store-unavailable") from error
    with scratch as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'views.db'}")
        try:
            yield engine
        finally:
            engine.dispose()


def rebuild(reader: Log, engine: sa.Engine, *, batch: int = BATCH) -> Rebuilt:
    """Build the next version from the log, compare it with the live one at the live one's position, and swap."""
    with engine.begin() as connection:
        views.alone(connection)
        standing = views.live(connection)
        if standing is not None:
            begin_version(connection, views.version(standing[0].number + 1), live=False)
    if standing is None:
        position = catch_up(reader, engine, batch=batch)
        return Rebuilt(_live_number(engine), position, ())
    old, position = standing
    new = views.version(old.number + 1)
    reached = advance(reader, engine, new, min(max(position, 0), reader.size), batch=batch)
    differences = _against(engine, new, old)
    if not swap(engine, old.number, new, reached):
        raise Conflict("another process is making the lists; try again", code="conflict")
    return Rebuilt(new.number, catch_up(reader, engine, batch=batch), tuple(differences))


def _live_number(engine: sa.Engine) -> int:
    with views.reading(engine) as connection:
        found = views.standing(connection)
    return 0 if found is None else found.number


def _against(engine: sa.Engine, new: Version, old: Version) -> list[Difference]:
    with views.reading(engine) as connection:
        if not old.exists(connection):
            return [Difference(f"view_*_{old.number}", None, "a table was missing")]
        return list(_differences(connection, new, connection, old))


def _differences(expected: sa.Connection, fresh: Version, actual: sa.Connection, live: Version) -> Iterator[Difference]:
    for name in LISTS:
        table, there = live.tables[name].name, 0
        for rows in _chunks(expected, fresh, name):
            found = live.read(actual, name, rows)
            there += len(found)
            for uid, row in rows.items():
                if uid not in found:
                    yield Difference(table, uid, "the row is missing", row["last_index"])
                elif found[uid] != row:
                    edited = ", ".join(_edited(row, found[uid]))
                    yield Difference(table, uid, f"edited: {edited}", row["last_index"])
        count = live.count(actual, name)
        if there == count:
            continue  # each of its rows was asked for
        for rows in _chunks(actual, live, name):
            for uid in sorted(rows.keys() - fresh.read(expected, name, rows).keys()):
                yield Difference(table, uid, "no entry of the log makes this row")
        if live.count(actual, name, distinct=True) != count:
            yield Difference(table, None, "a row stands in it twice")


def _edited(expected: Row, actual: Row) -> list[str]:
    return [column for column in expected if actual[column] != expected[column]]


def _chunks(connection: sa.Connection, version: Version, name: str) -> Iterator[dict[str, dict[str, Any]]]:
    """All rows of a list, some at a time."""
    chosen = sa.select(version.tables[name]).execution_options(yield_per=CHUNK)
    names = version.tables[name].columns.keys()
    for chunk in connection.execute(chosen).partitions():
        yield {str(row[0]): dict(zip(names, row, strict=True)) for row in chunk}
