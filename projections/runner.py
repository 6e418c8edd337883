"""Keeping the lists up with the log: batches, each with its position in one transaction.

A batch is read, folded in memory over the rows it touches and written back; the position moves by compare-and-set in
the same transaction, so two that catch up at once do the work once. A crash between batches loses nothing.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from projections import views
from projections.lists import Rows, fold, touched
from projections.reader import Reader
from projections.views import Version, positions

BATCH: Final = 5_000
FIRST_VERSION: Final = 1


def catch_up(reader: Reader, engine: sa.Engine, *, batch: int = BATCH) -> int:
    """Bring the live lists up to the log's size, making them where there are none; returns the position reached."""
    with views.reading(engine) as connection:
        standing = _standing(connection)
    if standing is None:
        with engine.begin() as connection:
            standing = _standing(connection) or _make(connection)
    return advance(reader, engine, standing, reader.size, batch=batch)


def advance(reader: Reader, engine: sa.Engine, version: Version, size: int, *, batch: int = BATCH) -> int:
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
    positions.metadata.create_all(connection)
    version.create(connection)
    connection.execute(sa.delete(positions).where(positions.c.version == version.number))
    connection.execute(sa.insert(positions).values(version=version.number, position=0, live=live))


def _standing(connection: sa.Connection) -> Version | None:
    """The live version, if all its tables stand."""
    found = views.live(connection)
    return found[0] if found is not None and found[0].exists(connection) else None


def _make(connection: sa.Connection) -> Version:
    """The first version, or the live one again where its tables were deleted."""
    found = views.live(connection)
    version = views.version(FIRST_VERSION) if found is None else found[0]
    begin_version(connection, version, live=True)
    return version


def _step(reader: Reader, engine: sa.Engine, version: Version, start: int, stop: int) -> int:
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
        for name in uids:
            version.write(connection, name, rows.of_changed(name))
    return stop
