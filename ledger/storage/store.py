"""A ledger's database: made by `create_store`, opened by `open_store`, read and written through one `Store`.

A URL is `sqlite:///PATH` or `postgresql://…`. Creation writes the tables and the head of the empty log, whose chain is
the origin's genesis; it refuses where a ledger stands already, opening where none does or a migration is pending.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from ledger.errors import Conflict, NotFound, Refused, Unavailable, VerificationError
from ledger.log.chain import genesis
from ledger.storage import migrate, sqlite, tables
from ledger.storage.address import is_sqlite, path_of
from ledger.storage.reads import Reads
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.rows import empty_head


class Store(Reads):
    """An open database: its recorder, its reads, and an engine for projections."""

    def __init__(self, url: str, recorder: ChainedRecorder) -> None:
        super().__init__(recorder)
        self.url = url

    @cached_property
    def engine(self) -> sa.Engine:
        """SQLAlchemy on the same database, with connections as durable as the recorder's."""
        return engine_of(self.url)

    def pending_migrations(self) -> list[str]:
        """The migrations this database has not seen, oldest first."""
        with self.engine.connect().execution_options(reading=True) as connection:
            return migrate.pending(connection)

    def is_current(self) -> bool:
        """Whether no migration is pending; cheap enough to be asked at every moment."""
        rows = self.recorder.query("SELECT version_num FROM alembic_version")
        return len(rows) == 1 and migrate.is_current(rows[0][0])

    def migrate(self) -> None:
        """Run the pending migrations, all or none."""
        with self.engine.begin() as connection:
            migrate.migrate(connection)

    def close(self) -> None:
        """End subscriptions and connections; a write under way is finished first."""
        self.recorder.close()
        if "engine" in self.__dict__:
            self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def create_store(url: str, origin: str, **options: Any) -> Store:
    """A new store: tables, and the head of an empty log of this origin. `options` go to the recorder."""
    if is_sqlite(url):
        path = path_of(url)
        if not path.absolute().parent.is_dir():
            raise NotFound("the folder of the database does not exist", code="no-folder")
        sqlite.create_file(path)
    opening = empty_head(genesis(origin))
    engine = engine_of(url)
    try:
        with engine.begin() as connection:
            if sa.inspect(connection).get_table_names():
                raise Conflict("there is a database already", code="ledger-exists")
            migrate.migrate(connection)
            connection.execute(
                tables.head.insert().values(
                    one=1,
                    size=opening.size,
                    root=opening.root,
                    chain=opening.chain,
                    frontier=opening.frontier,
                    recorded_at=opening.recorded_at,
                    touched=0,
                )
            )
    except SQLAlchemyError as error:
        raise _unreachable(error) from error
    finally:
        engine.dispose()
    return open_store(url, **options)


def open_store(url: str, *, allow_pending: bool = False, **options: Any) -> Store:
    """The store at a URL. `options` go to the recorder: `seal`, `clock`, `max_clock_skew_seconds`, `queue_limit`.

    With `allow_pending` also one whose tables are of an older release, to be migrated.
    """
    if is_sqlite(url) and not path_of(url).is_file():
        raise NotFound("there is no ledger at this address", code="no-ledger")
    version = _version(url)
    if version is None:
        raise NotFound("there is no ledger at this address", code="no-ledger")
    if not migrate.is_migration(version):
        raise VerificationError("which release made its tables is not said: run `integrity verify`", code="no-release")
    if not migrate.is_current(version) and not allow_pending:
        raise Refused("run `integrity migrate` first", code="migration-pending")
    return _opened(url, **options)


def open_anyhow(url: str) -> Store:
    """The store at a URL for who looks at what was done to it: also one that does not say which release made it.

    `NotFound` like `open_store`, and `Refused` where the tables are of an older release indeed.
    """
    try:
        return open_store(url)
    except VerificationError:
        return _opened(url)
    except Refused:
        store = _opened(url)
        with store.engine.connect().execution_options(reading=True) as connection:
            if sa.inspect(connection).has_table(tables.checkpoints.name):
                return store  # it only says that it is older
        store.close()
        raise


def _opened(url: str, **options: Any) -> Store:
    if is_sqlite(url):
        return Store(url, sqlite.SQLiteRecorder(path_of(url), **options))
    from ledger.storage.postgres import PostgresRecorder

    return Store(url, PostgresRecorder(url, **options))


def discard_store(store: Store) -> None:
    """Close a store and remove all of it: what is left of an opening that did not come to its end."""
    if is_sqlite(store.url):
        store.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{path_of(store.url)}{suffix}").unlink(missing_ok=True)
        return
    with store.engine.begin() as connection:
        tables.metadata.drop_all(connection)
        connection.execute(sa.text("DROP FUNCTION IF EXISTS ledger_requires_durability"))
        connection.execute(sa.text("DROP TABLE IF EXISTS alembic_version"))
    store.close()


def _version(url: str) -> str | None:
    """The newest migration a database has seen; None if it is no ledger, empty if it is one that does not say."""
    engine = engine_of(url)
    try:
        with engine.connect().execution_options(reading=True) as connection:
            names = {*sa.inspect(connection).get_table_names(), *sa.inspect(connection).get_view_names()}
            said: list[Any] = []
            if migrate.VERSION_TABLE in names:
                said = list(connection.scalars(sa.text(f"SELECT version_num FROM {migrate.VERSION_TABLE}")))  # noqa: S608
            if len(said) == 1:
                return str(said[0])
            return "" if tables.entries.name in names else None
    except SQLAlchemyError as error:
        raise _unreachable(error) from error
    finally:
        engine.dispose()


def engine_of(url: str) -> sa.Engine:
    """A SQLAlchemy engine for a URL, whose connections are durable."""
    if is_sqlite(url):
        return sqlite.engine(path_of(url))
    from ledger.storage.postgres import engine

    return engine(url)


def _unreachable(error: SQLAlchemyError) -> Unavailable:
    # The driver's own text may repeat the URL with its password.
    return Unavailable(f"the database cannot be used: {type(error).__name__}", code="store-unavailable")
