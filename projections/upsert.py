"""Writing rows of a list at the driver's own speed: one statement for all of them, made once for each table.

A row is inserted, or replaces the one with its `uid`. SQLAlchemy would look at every value; here the driver alone does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any, Final

import sqlalchemy as sa

_ARRAYS: Final = {sa.String: "text", sa.Integer: "bigint", sa.BigInteger: "bigint", sa.Boolean: "boolean"}


def upsert(connection: sa.Connection, table: sa.Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert or replace these rows, each with all columns of the table."""
    values = list(map(itemgetter(*table.columns.keys()), rows))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(_from_arrays(table), _arrays(table, values))
    else:
        connection.exec_driver_sql(_from_rows(table), values)


@cache
def _from_rows(table: sa.Table) -> str:
    return _statement(table, f"VALUES ({', '.join('?' * len(table.columns))})")


@cache
def _from_arrays(table: sa.Table) -> str:
    arrays = ", ".join(f"%b::{_ARRAYS[type(column.type)]}[]" for column in table.columns)
    return _statement(table, " ".join(("SELECT * FROM unnest(", arrays, ")")))


def _statement(table: sa.Table, source: str) -> str:
    names = table.columns.keys()
    replaced = ", ".join(f"{name} = excluded.{name}" for name in names if name != "uid")
    into = f"INSERT INTO {table.name} ({', '.join(names)})"
    return " ".join((into, source, "ON CONFLICT (uid) DO UPDATE SET", replaced))


def _arrays(table: sa.Table, rows: Sequence[tuple[Any, ...]]) -> tuple[list[Any], ...]:
    """The rows column by column."""
    columns = zip(*rows, strict=True)
    texts = [type(column.type) is sa.String for column in table.columns]
    return tuple(_texts(values) if text else list(values) for text, values in zip(texts, columns, strict=True))


def _texts(values: Sequence[Any]) -> list[str | None]:
    """A corrected value may be a number where the list has text. It becomes the text that SQLite makes of it."""
    return [value if value is None or type(value) is str else f"{value:d}" for value in values]
