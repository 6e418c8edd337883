"""The statement that writes a group on PostgreSQL: one round trip, all or nothing, also where a row was swallowed.

Compared, it first sets the head row if it still is the one the group was linked to, and inserts only if that won; the
answer has a row exactly then. Only the tables a group writes to are named, so a plain append stays cheap. A group's
rows go in as an array for each column; those of a single entry as they are, since the driver packs arrays in Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

from ledger.storage.rows import Rows
from ledger.storage.session import Row

CHANNEL = "ledger_entries"
FEW = 3  # rows beside a single entry, in one table; each number of them is a statement of its own


@dataclass(frozen=True)
class Target:
    """One table: its columns, with the array type each is sent as."""

    table: str
    columns: tuple[tuple[str, str], ...]
    on_conflict: str = ""

    def insert(self, few: int, *, compared: bool) -> str:
        """The insertion of `few` rows as they are, or of any number from arrays where it is 0."""
        names = ", ".join(name for name, _ in self.columns)
        if few:
            row = "(" + ", ".join(f"%b::{kind}" for _, kind in self.columns) + ")"
            source = "(VALUES " + ", ".join([row] * few) + ")"
        else:
            source = "unnest(" + ", ".join(f"%b::{kind}[]" for _, kind in self.columns) + ")"
        parts = ["INSERT INTO", self.table, "(", names, ") SELECT * FROM", source, "u"]
        if compared:
            parts.append("WHERE EXISTS (SELECT 1 FROM won)")
        return " ".join([*parts, self.on_conflict or "RETURNING 1"])


TARGETS = (
    Target(
        "entries",
        (
            ("idx", "bigint"),
            ("stream", "text"),
            ("version", "bigint"),
            ("topic", "text"),
            ("recorded_at", "text"),
            ("subjects", "text"),
            ("leaf", "bytea"),
            ("chain", "bytea"),
            ("state", "bytea"),
        ),
    ),
    Target("entry_subjects", (("subject", "text"), ("idx", "bigint"))),
    Target(
        "disclosures",
        (("idx", "bigint"), ("section", "text"), ("subject", "text"), ("retention", "text"), ("sealed", "bytea")),
    ),
    Target(
        "request_keys",
        (
            ("principal", "text"),
            ("request", "text"),
            ("fingerprint", "bytea"),
            ("idx", "bigint"),
            ("entries", "int"),
            ("seal", "bytea"),
        ),
    ),
    Target("blind_index", (("field", "text"), ("digest", "bytea"), ("uid", "text"), ("seal", "bytea"))),
    Target("documents", (("digest", "bytea"), ("content", "bytea")), "ON CONFLICT (digest) DO NOTHING"),
    Target("tiles", (("level", "int"), ("idx", "bigint"), ("hashes", "bytea"), ("root", "bytea"))),
)

_COMPARE = (
    "won AS (UPDATE head SET size = %b, root = %b, chain = %b, frontier = %b, recorded_at = %b, touched = touched + 1 "
    "WHERE one = 1 AND size = %b AND chain = %b RETURNING 1)"
)
_TELL = ", pg_notify('ledger_entries', '') FROM won"


def _tables(rows: Rows) -> tuple[list[Row], ...]:
    """The rows in the order of `TARGETS`."""
    return (
        rows.entries,
        rows.subjects,
        rows.disclosures,
        rows.requests,
        rows.index_rows,
        rows.documents,
        rows.tiles,
    )


def statement(rows: Rows, *, compared: bool) -> bytes:
    """The statement for the tables these rows go to."""
    return _statement(_shapes(rows), compared)


def _shapes(rows: Rows) -> tuple[int | None, ...]:
    """For each table: None without rows, how many go in as they are, 0 for arrays."""
    few = FEW if len(rows.entries) <= 1 else 0
    return tuple([(len(table) if len(table) <= few else 0) if table else None for table in _tables(rows)])


@lru_cache(maxsize=256)
def _statement(shapes: tuple[int | None, ...], compared: bool) -> bytes:
    inserts = [
        target.insert(few, compared=compared) for target, few in zip(TARGETS, shapes, strict=True) if few is not None
    ]
    parts = [f"w{number} AS ({insert})" for number, insert in enumerate(inserts)]
    if compared:
        parts.insert(0, _COMPARE)
    # A trigger or a rule of somebody else's may swallow rows: whatever was not stored lets the statement fail.
    counted = [
        f"(SELECT count(*) FROM w{number})"  # noqa: S608 - a name of our own
        for number, target in enumerate(target for target, few in zip(TARGETS, shapes, strict=True) if few is not None)
        if not target.on_conflict
    ]
    whole = f"1 / (({' + '.join(counted)}) = %b::bigint)::int" if counted else "1"
    answer = f"SELECT {whole}{_TELL if compared else ''}"
    return " ".join(("WITH", ", ".join(parts), answer)).encode()


def parameters(rows: Rows) -> list[Any]:
    """What the statement's marks stand for: rows value by value, or a list for each column."""
    given: list[Any] = []
    for table, few in zip(_tables(rows), _shapes(rows), strict=True):
        if few:
            given.extend(chain.from_iterable(table))
        elif table:
            given.extend(map(list, zip(*table, strict=True)))
    counted = sum(len(table) for target, table in zip(TARGETS, _tables(rows), strict=True) if not target.on_conflict)
    return [*given, counted] if counted else given
