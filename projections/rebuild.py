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

from projections import views
from projections.reader import Reader
from projections.runner import BATCH, advance, begin_version, catch_up
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


def compare(reader: Reader, engine: sa.Engine, *, batch: int = BATCH) -> list[Difference]:
    """The differences between the live lists and a fold of the log up to their position; none where none were made."""
    with views.reading(engine) as actual:
        standing = views.live(actual)
        if standing is None:
            return []
        version, position = standing
        if not version.exists(actual):
            return [Difference(f"view_*_{version.number}", None, "a table is missing")]
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
    with tempfile.TemporaryDirectory(prefix="integrity-views-") as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'views.db'}")
        try:
            yield engine
        finally:
            engine.dispose()


def rebuild(reader: Reader, engine: sa.Engine, *, batch: int = BATCH) -> Rebuilt:
    """Build the next version from the log, compare it with the live one at the live one's position, and swap."""
    with engine.begin() as connection:
        standing = views.live(connection)
        if standing is not None:
            begin_version(connection, views.version(standing[0].number + 1), live=False)
    if standing is None:
        return Rebuilt(_SCRATCH_VERSION, catch_up(reader, engine, batch=batch), ())
    old, position = standing
    new = views.version(old.number + 1)
    advance(reader, engine, new, min(max(position, 0), reader.size), batch=batch)
    differences = _against(engine, new, old)
    with engine.begin() as connection:
        connection.execute(sa.delete(positions).where(positions.c.version == old.number))
        connection.execute(sa.update(positions).where(positions.c.version == new.number).values(live=True))
        old.drop(connection)
    return Rebuilt(new.number, catch_up(reader, engine, batch=batch), tuple(differences))


def _against(engine: sa.Engine, new: Version, old: Version) -> list[Difference]:
    with views.reading(engine) as connection:
        if not old.exists(connection):
            return [Difference(f"view_*_{old.number}", None, "a table was missing")]
        return list(_differences(connection, new, connection, old))


def _differences(expected: sa.Connection, fresh: Version, actual: sa.Connection, live: Version) -> Iterator[Difference]:
    for name in LISTS:
        table = live.tables[name].name
        for rows in _chunks(expected, fresh, name):
            found = live.read(actual, name, rows)
            for uid, row in rows.items():
                if uid not in found:
                    yield Difference(table, uid, "the row is missing", row["last_index"])
                elif found[uid] != row:
                    edited = ", ".join(_edited(row, found[uid]))
                    yield Difference(table, uid, f"edited: {edited}", row["last_index"])
        for rows in _chunks(actual, live, name):
            for uid in sorted(rows.keys() - fresh.read(expected, name, rows).keys()):
                yield Difference(table, uid, "no entry of the log makes this row")


def _edited(expected: Row, actual: Row) -> list[str]:
    return [column for column in expected if actual[column] != expected[column]]


def _chunks(connection: sa.Connection, version: Version, name: str) -> Iterator[dict[str, dict[str, Any]]]:
    """All rows of a list, some at a time."""
    chosen = sa.select(version.tables[name]).execution_options(yield_per=CHUNK)
    for chunk in connection.execute(chosen).mappings().partitions():
        yield {str(row["uid"]): dict(row) for row in chunk}
