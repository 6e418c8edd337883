"""The materialised lists: subjects, breaches, commitments, checks and records taken over, each a table with a position.

Views are disposable: every row is a fold of entries of one stream, in log order, and can be rebuilt from the log. They
hold pseudonyms, codes, states, dates and indexes, never personal text; a unit's name and code are plain in its entry.
A version is one set of tables; `view_position` says how far each version has read, which one is live, and of which
schema its lists are. Lists of another release's schema are nobody's to read: they are made again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from ledger.errors import VerificationError
from ledger.storage.tables import Index64
from projections.upsert import upsert

Row = dict[str, Any]
CHUNK: Final = 500  # pseudonyms asked for in one statement
FOLDS: Final = 1  # raised when a handler of `lists.py` comes to mean something else; a test remembers the handlers
_OF_A_VERSION: Final = re.compile("view_[a-z]+_[0-9]+")
_ALONE: Final = 0x76696577  # the advisory lock of those who make or swap versions

positions = sa.Table(
    "view_position",
    sa.MetaData(),
    sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("position", Index64, nullable=False),
    sa.Column("live", sa.Boolean, nullable=False),
    sa.Column("schema", sa.Text, nullable=False),
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
        ("merged_into", _TEXT),
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
    "checks": (
        ("check_id", _TEXT),
        ("subject", _TEXT),
        ("requester", _TEXT),
        ("purpose", _TEXT),
        ("post_ref", _TEXT),
        ("state", _TEXT),
        ("outcome", _TEXT),
        ("decision", _TEXT),
        ("requested_on", _TEXT),
        ("reply_due", _TEXT),
    ),
}
INDEXED: Final = {
    "subjects": ("kind", "unit"),
    "breaches": ("subject", "unit_at_time", "state"),
    "commitments": ("promisor", "state"),
    "records": ("subject", "unit", "outcome"),
    "checks": ("subject", "requester", "state"),
}
LISTS: Final = tuple(COLUMNS)
_SHAPE: Final = [f"{name}.{column} {type_.__name__}" for name, columns in COLUMNS.items() for column, type_ in columns]
SCHEMA: Final = f"{FOLDS}-{hashlib.sha256(' '.join(_SHAPE).encode()).hexdigest()[:16]}"


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
        """Make the tables, empty; whatever stood under this number goes first."""
        drop(connection, self.number)
        self.metadata.create_all(connection)

    def exists(self, connection: sa.Connection) -> bool:
        """Whether every table of the version stands."""
        present = set(sa.inspect(connection).get_table_names())
        return all(table.name in present for table in self.tables.values())

    def misshapen(self, connection: sa.Connection) -> list[str]:
        """The tables whose columns are not those of their list."""
        inspector = sa.inspect(connection)
        columns = {
            table: {str(column["name"]) for column in inspector.get_columns(table.name)}
            for table in self.tables.values()
        }
        return [table.name for table, names in columns.items() if names != {column.name for column in table.columns}]

    def read(self, connection: sa.Connection, of: str, uids: Iterable[str]) -> dict[str, Row]:
        """The rows of a list by pseudonym; absent ones are left out."""
        table, wanted, found = self.tables[of], list(uids), {}
        names = table.columns.keys()
        for start in range(0, len(wanted), CHUNK):
            chosen = sa.select(table).where(table.c.uid.in_(wanted[start : start + CHUNK]))
            for row in connection.execute(chosen):
                found[str(row[0])] = dict(zip(names, row, strict=True))
        return found

    def count(self, connection: sa.Connection, of: str, *, distinct: bool = False) -> int:
        """How many rows a list has, or how many pseudonyms its rows are of."""
        counted = sa.func.count(self.tables[of].c.uid.distinct()) if distinct else sa.func.count()
        return int(connection.scalar(sa.select(counted).select_from(self.tables[of])) or 0)

    def write(self, connection: sa.Connection, of: str, rows: Sequence[Row]) -> None:
        """Insert or replace rows of a list."""
        if rows:
            upsert(connection, self.tables[of], rows)


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
            sa.Column("first_index", Index64, nullable=False),
            sa.Column("last_index", Index64, nullable=False),
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


@dataclass(frozen=True, slots=True)
class Standing:
    """What `view_position` says of the live version: its number, how far it has read, the schema of its lists."""

    number: int
    position: int
    schema: str | None

    @property
    def current(self) -> bool:
        """Whether its lists are of this release's schema."""
        return self.schema == SCHEMA


def standing(connection: sa.Connection) -> Standing | None:
    """What is live, of whichever schema; None before the first catch-up."""
    if not sa.inspect(connection).has_table(positions.name):
        return None
    for row in connection.execute(sa.text("SELECT * FROM view_position")).mappings():
        if row["live"]:
            number, position = row["version"], row["position"]
            if not isinstance(number, int) or not isinstance(position, int):
                raise VerificationError("view_position: version and position are not numbers")
            return Standing(number, position, row.get("schema"))
    return None


def astray(connection: sa.Connection) -> str | None:
    """What is wrong with what says which lists are live; None where it is in order, or there are no lists."""
    names = sa.inspect(connection).get_table_names()
    lists = any(_OF_A_VERSION.fullmatch(name) for name in names)
    if positions.name not in names:
        return "it is missing, though lists stand" if lists else None
    count = sum(1 for row in connection.execute(sa.text("SELECT * FROM view_position")).mappings() if row["live"])
    if count > 1:
        return "it says of more than one version that it is live"
    return "it says of no version that it is live, though lists stand" if lists and not count else None


def live(connection: sa.Connection) -> tuple[Version, int] | None:
    """The live version and its position; None where there are no lists of this release's schema."""
    found = standing(connection)
    return None if found is None or not found.current else (version(found.number), found.position)


def alone(connection: sa.Connection) -> None:
    """Hold off others who would make or swap versions, until the transaction ends. SQLite's are alone already."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_ALONE)))


def prepare(connection: sa.Connection) -> None:
    """`view_position` in this release's form; what another release's said is kept, as lists of no schema."""
    inspector = sa.inspect(connection)
    if not inspector.has_table(positions.name):
        positions.create(connection)
        return
    if {str(column["name"]) for column in inspector.get_columns(positions.name)} == set(positions.c.keys()):
        return
    known = connection.execute(sa.text("SELECT * FROM view_position")).mappings().all()
    positions.drop(connection)
    positions.create(connection)
    for row in known:
        kept = {"version": row["version"], "position": row["position"], "live": bool(row["live"]), "schema": ""}
        connection.execute(sa.insert(positions).values(kept))


def drop(connection: sa.Connection, number: int) -> None:
    """Remove the tables of a version, whatever lists its release had."""
    of_version = re.compile(f"view_[a-z]+_{number}")
    for name in sa.inspect(connection).get_table_names():
        if of_version.fullmatch(name):
            sa.Table(name, sa.MetaData()).drop(connection)
