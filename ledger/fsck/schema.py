"""The database's own shape: tables, columns, constraints, indexes and triggers are those the migrations build.

A trigger nobody here made, or one that is gone, changes what a write means without touching a row. On SQLite the shape
is what the migrations write into an empty file; on PostgreSQL it follows from `tables`, since one cannot build there
while reading. Lists (`view_…`) are the projections' own, but no trigger belongs on them either. SQLite keeps values of
any kind in any column, so their kinds are counted too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from ledger.fsck.report import Damaged, Findings, Grade
from ledger.fsck.snapshot import Snapshot
from ledger.storage import migrate, tables

_DIALECT: Final = sa.make_url("postgresql+psycopg://").get_dialect()()
CODE: Final = "schema-changed"
LISTS: Final = "view_"
DURABLE_FUNCTION: Final = "ledger_requires_durability"

_VERSION = f"SELECT version_num FROM {migrate.VERSION_TABLE}"  # noqa: S608 - a name of our own
_MASTER = "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY name"
_RELATIONS = """
    SELECT c.relname::text, c.relname::text,
        'relation ' || c.relkind::text || c.relpersistence::text
        || CASE WHEN c.relrowsecurity THEN ' with row security' ELSE '' END
    FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_COLUMNS = """
    SELECT c.relname::text, a.attname::text,
        'column ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END
        || coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_CONSTRAINTS = """
    SELECT c.relname::text, k.conname::text, 'constraint ' || pg_get_constraintdef(k.oid)
    FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND k.contype IN ('p', 'u', 'c', 'f', 'x')
"""
_INDEXES = """
    SELECT c.relname::text, i.relname::text,
        pg_get_indexdef(x.indexrelid) || CASE WHEN x.indisvalid THEN '' ELSE ' (not valid)' END
    FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_class i ON i.oid = x.indexrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
        AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid AND k.contype IN ('p', 'u', 'x'))
"""
_TRIGGERS = """
    SELECT c.relname::text, t.tgname::text,
        pg_get_triggerdef(t.oid)
        || CASE WHEN t.tgenabled = 'O' THEN '' ELSE ' (switched ' || t.tgenabled::text || ')' END
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE c.relnamespace = current_schema()::regnamespace AND NOT t.tgisinternal
"""
_RULES = """
    SELECT c.relname::text, r.rulename::text, 'rule'
    FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    WHERE c.relnamespace = current_schema()::regnamespace AND r.rulename <> '_RETURN'
"""
_HEIRS = """
    SELECT c.relname::text, i.inhrelid::regclass::text, 'heir'
    FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
"""
_FUNCTION = """
    SELECT p.proname::text, p.proname::text, 'function ' || p.prosrc FROM pg_proc p
    WHERE p.pronamespace = current_schema()::regnamespace AND p.proname = 'ledger_requires_durability'
"""
_POSTGRES: Final = (_RELATIONS, _COLUMNS, _CONSTRAINTS, _INDEXES, _TRIGGERS, _RULES, _HEIRS, _FUNCTION)
_BODY: Final = """
BEGIN
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        RAISE EXCEPTION 'synchronous_commit is not on' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END"""
_TRIGGER: Final = (
    f"CREATE TRIGGER entries_durable BEFORE INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION {DURABLE_FUNCTION}()"
)

# The table, the thing's name in it, and how it was made.
Shape = Mapping[tuple[str, str, str], str]


def check_version(snapshot: Snapshot, findings: Findings) -> bool:
    """The one row that says which release made the tables; whether it was this one, as far as it can be told."""
    rows = snapshot.rows(_VERSION)
    if rows == [(tables.SCHEMA,)]:
        return True
    if len(rows) == 1 and migrate.is_migration(str(rows[0][0])):
        what = f"{migrate.VERSION_TABLE}: the tables are said to be of another release, so their shape was not checked"
        findings.add(Grade.GAP, None, what, CODE)
        return False
    findings.place(migrate.VERSION_TABLE, "it does not say which release made the tables", CODE)
    return True


def check_schema(snapshot: Snapshot, findings: Findings) -> None:
    """A finding for each thing that is missing, was made otherwise, or acts on a table and was made by nobody here."""
    with findings.going_on(migrate.VERSION_TABLE):
        if not check_version(snapshot, findings):
            return
    if snapshot.sqlite:
        expected, actual = _of_migrations(), _of_file(snapshot)
    else:
        expected, actual = _of_tables(), _of_database(snapshot)
    for kind, place, name in sorted({*expected, *actual}):
        made, stands = expected.get((kind, place, name)), actual.get((kind, place, name))
        thing = f"the {kind}" if name == place else f"its {kind} {name}"
        if stands is None:
            findings.place(place, f"{thing} is missing", CODE)
        elif made is None:
            findings.place(place, f"{thing} is none that the ledger made", CODE)
        elif made != stands:
            findings.place(place, f"{thing} is not as the ledger made it", CODE)
    if snapshot.sqlite:
        for table in tables.metadata.sorted_tables:
            _check_kinds(snapshot, table, findings)


# SQLite.


@cache
def _of_migrations() -> Shape:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        migrate.migrate(connection)
        rows = [tuple(row) for row in connection.execute(sa.text(_MASTER))]
    engine.dispose()
    return _shape(rows)


def _of_file(snapshot: Snapshot) -> Shape:
    expected, found = _of_migrations(), _shape(snapshot.rows(_MASTER))
    # Whatever else lies in the file is nobody's concern, unless it acts on a table or stands for one.
    return {
        key: sql
        for key, sql in found.items()
        if key in expected
        or key[0] in ("trigger", "view")
        or (key[0] == "index" and ("table", key[1], key[1]) in expected)
    }


def _shape(rows: list[tuple[Any, ...]]) -> Shape:
    return {
        (str(kind), str(table), str(name)): " ".join(str(sql).split())
        for kind, name, table, sql in rows
        if sql is not None  # the index of a constraint comes and goes with its table
    }


def _check_kinds(snapshot: Snapshot, table: sa.Table, findings: Findings) -> None:
    """How many values of each column are of another kind than the column's."""
    columns = list(table.columns)
    counts = ", ".join(f"sum(typeof({column.name}) NOT IN ({_kinds(column)}))" for column in columns)
    try:
        (row,) = snapshot.rows(f"SELECT {counts} FROM {table.name}")  # noqa: S608 - names of our own
    except Damaged as error:
        findings.place(table.name, error.detail, "store-damaged")
        return
    for column, count in zip(columns, row, strict=True):
        if count:
            what = f"{count} of the values in its column {column.name} are of another kind than the column's"
            findings.place(table.name, what, "value-kind")


def _kinds(column: sa.Column[Any]) -> str:
    kind = "integer" if isinstance(column.type, sa.Integer) else "blob" if _is_bytes(column) else "text"
    return f"'{kind}'" + (", 'null'" if column.nullable else "")


def _is_bytes(column: sa.Column[Any]) -> bool:
    return isinstance(column.type, sa.LargeBinary)


# PostgreSQL.


def _of_database(snapshot: Snapshot) -> Shape:
    ((schema,),) = snapshot.rows("SELECT quote_ident(current_schema())")
    names = {*(table.name for table in tables.metadata.sorted_tables), migrate.VERSION_TABLE}
    found = {}
    for statement in _POSTGRES:
        for table, name, text in snapshot.rows(statement):
            kind, _, made = _of_text(text)
            if table in names or kind in ("trigger", "function") or (kind == "rule" and table.startswith(LISTS)):
                found[(kind, table, name)] = re.sub(rf"\b{re.escape(schema)}\.", "", made).rstrip()
    return found


def _of_text(text: str) -> tuple[str, str, str]:
    """What a thing is, and how it was made."""
    if text.startswith("CREATE "):
        kind = "trigger" if "TRIGGER" in text.split(" ", 4)[:4] else "index"
        return kind, "", text
    return text.partition(" ")


@cache
def _of_tables() -> Shape:
    return {(kind, table, name): made for kind, table, name, made in _things()}


def _things() -> Iterator[tuple[str, str, str, str]]:
    for table in tables.metadata.sorted_tables:
        yield "relation", table.name, table.name, "rp"
        for column in table.columns:
            made = column.type.compile(dialect=_DIALECT).lower()
            yield "column", table.name, column.name, made if column.nullable else f"{made} NOT NULL"
        for constraint in table.constraints:
            name = str(constraint.name or f"{table.name}_pkey")
            yield "constraint", table.name, name, _constraint(constraint)
        for index in table.indexes:
            columns = ", ".join(column.name for column in index.columns)
            made = f"CREATE INDEX {index.name} ON {table.name} USING btree ({columns})"
            yield "index", table.name, str(index.name), made
    version = migrate.VERSION_TABLE
    yield "relation", version, version, "rp"
    yield "column", version, "version_num", "character varying(32) NOT NULL"
    yield "constraint", version, f"{version}_pkc", "PRIMARY KEY (version_num)"
    yield "trigger", "entries", "entries_durable", _TRIGGER
    yield "function", DURABLE_FUNCTION, DURABLE_FUNCTION, _BODY


def _constraint(constraint: sa.Constraint) -> str:
    if isinstance(constraint, sa.CheckConstraint):
        return f"CHECK (({constraint.sqltext}))"
    assert isinstance(constraint, sa.PrimaryKeyConstraint | sa.UniqueConstraint)
    word = "PRIMARY KEY" if isinstance(constraint, sa.PrimaryKeyConstraint) else "UNIQUE"
    return f"{word} ({', '.join(column.name for column in constraint.columns)})"
