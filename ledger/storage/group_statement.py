"""The statement that writes a group on PostgreSQL: one round trip, arrays in, all or nothing.

Compared, it first sets the head row if it still is the one the group was linked to, and inserts only if that won; the
answer has a row exactly then. Only the tables a group writes to are named, so a plain append stays cheap.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ledger.storage.rows import Rows
from ledger.storage.session import Row

CHANNEL = "ledger_entries"


@dataclass(frozen=True)
class Target:
    """One table: its columns, with the array type each is sent as."""

    table: str
    columns: tuple[tuple[str, str], ...]
    on_conflict: str = ""

    def insert(self, *, compared: bool) -> str:
        names = ", ".join(name for name, _ in self.columns)
        given = ", ".join(f"%b::{kind}[]" for _, kind in self.columns)
        parts = ["INSERT INTO", self.table, "(", names, ") SELECT * FROM unnest(", given, ") u"]
        if compared:
            parts.append("WHERE EXISTS (SELECT 1 FROM won)")
        return " ".join([*parts, self.on_conflict])


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
        (("principal", "text"), ("request", "text"), ("fingerprint", "bytea"), ("idx", "bigint"), ("entries", "int")),
    ),
    Target("blind_index", (("field", "text"), ("digest", "bytea"), ("uid", "text"))),
    Target("documents", (("digest", "bytea"), ("content", "bytea")), "ON CONFLICT (digest) DO NOTHING"),
    Target("tiles", (("level", "int"), ("idx", "bigint"), ("hashes", "bytea"), ("root", "bytea"))),
)

_COMPARE = (
    "won AS (UPDATE head SET size = %b, root = %b, chain = %b, frontier = %b, recorded_at = %b, touched = touched + 1 "
    "WHERE one = 1 AND size = %b AND chain = %b RETURNING 1)"
)
_TELL = "SELECT pg_notify('ledger_entries', '') FROM won"


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
    return _statement(tuple(bool(table) for table in _tables(rows)), compared)


@lru_cache(maxsize=256)
def _statement(present: tuple[bool, ...], compared: bool) -> bytes:
    inserts = [target.insert(compared=compared) for target, wanted in zip(TARGETS, present, strict=True) if wanted]
    parts = [f"w{number} AS ({insert})" for number, insert in enumerate(inserts)]
    if compared:
        parts.insert(0, _COMPARE)
    answer = _TELL if compared else "SELECT 1"
    return " ".join(("WITH", ", ".join(parts), answer)).encode()


def arrays(rows: Rows) -> list[Any]:
    """The parameters: each table's columns as lists."""
    return [list(column) for table in _tables(rows) if table for column in zip(*table, strict=True)]
