"""Keeping the lists up with the log: batches, each with its position in one transaction.

A batch is read, folded in memory over the rows it touches and written back; the position moves by compare-and-set in
the same transaction, so two that catch up at once do the work once. A crash between batches loses nothing. Lists of
another release's schema are made again beside the old ones and take their place when they are whole.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from ledger.errors import Conflict
from projections import views
from projections.lists import Rows, fold, touched
from projections.reader import Log
from projections.views import Version, positions

BATCH: Final = 10_000
FIRST_VERSION: Final = 1
_ATTEMPTS: Final = 3


def catch_up(reader: Log, engine: sa.Engine, *, batch: int = BATCH) -> int:
    """Bring the live lists up to the log's size, making them where there are none; returns the position reached."""
    with views.reading(engine) as connection:
        version = _standing(connection)
    return advance(reader, engine, version or _make(reader, engine, batch), reader.size, batch=batch)


def advance(reader: Log, engine: sa.Engine, version: Version, size: int, *, batch: int = BATCH) -> int:
    """Read a version's tables on to a size; returns the position reached."""
    position = position_of(engine, version)
    while position < size:
        position = _step(reader, engine, version, position, min(position + batch, size))
    return position


def position_of(engine: sa.Engine, version: Version) -> int:
    """How many entries a version has read."""
    with views.reading(engine) as connection:
        found = connection.scalar(sa.select(positions.c.position).where(positions.c.version == version.number))
    return int(found or 0)


def begin_version(connection: sa.Connection, version: Version, *, live: bool) -> None:
    """Empty tables of a version, at position 0."""
    views.prepare(connection)
    # First the row that every batch takes, then the tables: the other way round two could wait for one another.
    connection.execute(sa.delete(positions).where(positions.c.version == version.number))
    version.create(connection)
    row = {"version": version.number, "position": 0, "live": live, "schema": views.SCHEMA}
    connection.execute(sa.insert(positions).values(row))


def swap(engine: sa.Engine, old: int, new: Version, reached: int) -> bool:
    """Put a version that has read so far in the place of the live one; False if it has not, after all."""
    with engine.begin() as connection:
        views.alone(connection)
        whole = (positions.c.version == new.number) & (positions.c.position >= reached)
        if connection.execute(sa.update(positions).where(whole).values(live=True)).rowcount != 1:
            return False
        connection.execute(sa.delete(positions).where(positions.c.version == old))
        views.drop(connection, old)
    return True


def _standing(connection: sa.Connection) -> Version | None:
    """The live version, if all its tables stand."""
    found = views.live(connection)
    return found[0] if found is not None and found[0].exists(connection) else None


def _make(reader: Log, engine: sa.Engine, batch: int) -> Version:
    """The first version; the live one again where its tables were deleted; the next where it is of another schema."""
    for _ in range(_ATTEMPTS):
        with engine.begin() as connection:
            views.alone(connection)
            version = _standing(connection)
            if version is not None:  # somebody else was here first
                return version
            found = views.standing(connection)
            if found is None or found.current:
                version = views.version(FIRST_VERSION if found is None else found.number)
                begin_version(connection, version, live=True)
                return version
            version = views.version(found.number + 1)
            begin_version(connection, version, live=False)
        if swap(engine, found.number, version, advance(reader, engine, version, reader.size, batch=batch)):
            return version
    raise Conflict("other processes are making the lists; try again", code="conflict")


def _step(reader: Log, engine: sa.Engine, version: Version, start: int, stop: int) -> int:
    """One batch: read it, fold it over its rows, write them and the position; the position then stored."""
    events = list(reader.logged(start, stop))
    uids = touched(events)
    with engine.begin() as connection:
        moved = connection.execute(
            sa.update(positions)
            .where(positions.c.version == version.number, positions.c.position == start)
            .values(position=stop)
        )
        if moved.rowcount != 1:  # somebody else was here first; go on from where they are
            found = connection.scalar(sa.select(positions.c.position).where(positions.c.version == version.number))
            return stop if found is None else int(found)
        rows = Rows()
        for name, wanted in uids.items():
            rows.lists[name] = version.read(connection, name, wanted)
        for event in events:
            fold(rows, event)
        for name in rows.changed:
            version.write(connection, name, rows.of_changed(name))
    return stop
