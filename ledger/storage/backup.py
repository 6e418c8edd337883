"""A store copied whole into another: every table as one moment saw it, whichever database either is.

A backup is a store in a SQLite file, so it can be verified like any other. Lists are not copied: they can be made
again.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Conflict, NotFound, Unavailable
from ledger.storage import migrate, sqlite, tables
from ledger.storage.address import is_sqlite, path_of
from ledger.storage.store import Store, engine_of

ROWS = 1000


def copy_store(source: Store, target_url: str) -> None:
    """Copy into a new store; `Conflict` with code `ledger-exists` where there is one. All of it or nothing."""
    engine = _empty(target_url)
    try:
        with _reading(source) as held, engine.begin() as writing:
            migrate.migrate(writing)
            for table in tables.metadata.sorted_tables:
                _copy_table(held, writing, table)
    except BaseException as error:
        engine.dispose()
        _discard_file(target_url)
        if isinstance(error, SQLAlchemyError):
            raise Unavailable(
                f"the database cannot be used: {type(error).__name__}", code="store-unavailable"
            ) from error
        raise
    engine.dispose()


def _discard_file(url: str) -> None:
    """Of a copy that failed nothing stays; on PostgreSQL its transaction saw to that."""
    if is_sqlite(url):
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path_of(url)}{suffix}").unlink(missing_ok=True)


def _reading(source: Store) -> sa.Connection:
    options = {"reading": True} if is_sqlite(source.url) else {"isolation_level": "REPEATABLE READ"}
    return source.engine.connect().execution_options(**options)


def _empty(url: str) -> sa.Engine:
    if is_sqlite(url):
        if path_of(url).exists():
            raise Conflict("there is a database already", code="ledger-exists")
        if not path_of(url).absolute().parent.is_dir():
            raise NotFound("the folder of the database does not exist", code="no-folder")
        sqlite.create_file(path_of(url))
    engine = engine_of(url)
    with engine.connect() as connection:
        if sa.inspect(connection).get_table_names():
            raise Conflict("there is a database already", code="ledger-exists")
    return engine


def _copy_table(held: sa.Connection, writing: sa.Connection, table: sa.Table) -> None:
    rows = held.execution_options(yield_per=ROWS).execute(sa.select(table).order_by(*table.primary_key.columns))
    for page in rows.mappings().partitions(ROWS):
        writing.execute(table.insert(), [dict(row) for row in page])
