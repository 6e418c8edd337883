"""The materialised lists: subjects, breaches, commitments and records taken over, each a table with a position.

Views are disposable: every row is a fold of entries of one stream, in log order, and can be rebuilt from the log. They
hold pseudonyms, codes, states, dates and indexes, never personal text; a unit's name and code are plain in its entry.
A version is one set of tables; `view_position` says how far each version has read and which one is live.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

Row = dict[str, Any]
CHUNK: Final = 500  # pseudonyms asked for in one statement
_WRITE: Final = 1_000  # rows sent in one statement's batch

positions = sa.Table(
    "view_position",
    sa.MetaData(),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", sa.Integer, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
)

# Columns by list: (name, type). `uid` is the pseudonym of the stream, so a list has one row per stream.
_TEXT, _INT, _FLAG = sa.String, sa.Integer, sa.Boolean
COLUMNS: Final[dict[str, tuple[tuple[str, type[sa.types.TypeEngine[Any]]], ...]]] = {
    "subjects": (
        ("kind", _TEXT),
        ("region", _TEXT),
        ("uscc", _TEXT),
        ("name", _TEXT),
        ("parent_unit", _TEXT),
        ("status", _TEXT),
        ("unit", _TEXT),
        ("level", _TEXT),
        ("post", _TEXT),
        ("post_from", _TEXT),
        ("post_to", _TEXT),
        ("registered_on", _TEXT),
    ),
    "breaches": (
        ("breach_id", _TEXT),
        ("subject", _TEXT),
        ("record_kind", _TEXT),
        ("list_code", _TEXT),
        ("category", _TEXT),
        ("state", _TEXT),
        ("severity", _TEXT),
        ("duty_related", _FLAG),
        ("unit_at_time", _TEXT),
        ("commitment_id", _TEXT),
        ("occurred_on", _TEXT),
        ("opened_on", _TEXT),
        ("reply_due", _TEXT),
        ("decision_on", _TEXT),
        ("ends_on", _TEXT),
        ("repair_id", _TEXT),
        ("repair_state", _TEXT),
        ("repair_due", _TEXT),
    ),
    "commitments": (
        ("commitment_id", _TEXT),
        ("promisor", _TEXT),
        ("kind", _TEXT),
        ("state", _TEXT),
        ("due", _TEXT),
        ("weight", _INT),
        ("public", _FLAG),
        ("made_on", _TEXT),
        ("closed_on", _TEXT),
        ("source", _TEXT),
        ("assessments", _INT),
    ),
    "records": (
        ("source", _TEXT),
        ("source_record", _TEXT),
        ("layer", _TEXT),
        ("kind", _TEXT),
        ("outcome", _TEXT),
        ("subject", _TEXT),
        ("unit", _TEXT),
        ("case_ref", _TEXT),
        ("occurred_on", _TEXT),
        ("reported_on", _TEXT),
        ("decided_on", _TEXT),
        ("duplicate_of", _TEXT),
        ("observations", _INT),
    ),
}
INDEXED: Final = {
    "subjects": ("kind", "unit"),
    "breaches": ("subject", "unit_at_time", "state"),
    "commitments": ("promisor", "state"),
    "records": ("subject", "unit", "outcome"),
}
LISTS: Final = tuple(COLUMNS)


def blank(of: str) -> Row:
    """A row of a list before anything happened to it."""
    row: Row = dict.fromkeys(name for name, _ in COLUMNS[of])
    row.update((name, 0) for name in ("assessments", "observations") if name in row)
    return row


@dataclass(frozen=True)
class Version:
    """The tables of one version, by list."""

    number: int
    metadata: sa.MetaData
    tables: dict[str, sa.Table]

    def create(self, connection: sa.Connection) -> None:
        """Make the tables, empty; what an interrupted rebuild left under this number goes first."""
        self.drop(connection)
        self.metadata.create_all(connection)

    def drop(self, connection: sa.Connection) -> None:
        self.metadata.drop_all(connection)

    def exists(self, connection: sa.Connection) -> bool:
        """Whether every table of the version stands."""
        present = set(sa.inspect(connection).get_table_names())
        return all(table.name in present for table in self.tables.values())

    def read(self, connection: sa.Connection, of: str, uids: Iterable[str]) -> dict[str, Row]:
        """The rows of a list by pseudonym; absent ones are left out."""
        table, wanted, found = self.tables[of], list(uids), {}
        for start in range(0, len(wanted), CHUNK):
            chosen = sa.select(table).where(table.c.uid.in_(wanted[start : start + CHUNK]))
            for row in connection.execute(chosen).mappings():
                found[str(row["uid"])] = dict(row)
        return found

    def write(self, connection: sa.Connection, of: str, rows: Sequence[Row]) -> None:
        """Insert or replace rows of a list."""
        if not rows:
            return
        statement = _upsert(connection, self.tables[of])
        for start in range(0, len(rows), _WRITE):
            connection.execute(statement, rows[start : start + _WRITE])


@cache
def version(number: int) -> Version:
    """The tables of a version by its number."""
    metadata = sa.MetaData()
    tables = {
        name: sa.Table(
            f"view_{name}_{number}",
            metadata,
            sa.Column("uid", sa.String, primary_key=True),
            *(sa.Column(column, type_, index=column in INDEXED[name]) for column, type_ in columns),
            sa.Column("first_index", sa.Integer, nullable=False),
            sa.Column("last_index", sa.Integer, nullable=False),
        )
        for name, columns in COLUMNS.items()
    }
    return Version(number, metadata, tables)


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection that sees one moment of the database and waits for no writer."""
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            yield connection.execution_options(isolation_level="REPEATABLE READ")
        else:
            yield connection.execution_options(reading=True)


def live(connection: sa.Connection) -> tuple[Version, int] | None:
    """The live version and its position, None before the first catch-up."""
    if not sa.inspect(connection).has_table(positions.name):
        return None
    row = connection.execute(sa.select(positions).where(positions.c.live)).mappings().first()
    return None if row is None else (version(row["version"]), int(row["position"]))


def _upsert(connection: sa.Connection, table: sa.Table) -> sa.Insert:
    insert = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    statement = insert(table)
    others = {column.name: statement.excluded[column.name] for column in table.columns if column.name != "uid"}
    return statement.on_conflict_do_update(index_elements=["uid"], set_=others)
