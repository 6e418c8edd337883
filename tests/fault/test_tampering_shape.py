"""Tampering with what lies under the rows: tables, triggers, values of a wrong kind, seals, keys (ASSURANCE §4).

Each ends with 6, or 7 where only keys are wrong; its place is named, and what else was found is kept.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from hashlib import sha256

import pytest

from ledger.application import Ledger
from ledger.errors import VerificationError
from ledger.fsck import Grade, Report
from ledger.storage.row_seals import RequestSealing
from ledger.storage.tables import SCHEMA
from tests.fault.test_tampering import flip
from tests.support.golden import CONFIRMED, Copy
from tests.support.ledgers import person_registered

Attack = Callable[[Copy], object]


def told(report: Report, grade: Grade = Grade.MANIPULATION) -> list[str]:
    return [finding.what for finding in report.findings if finding.grade is grade]


def found(report: Report, words: str) -> None:
    assert not report.ok
    assert any(words in what for what in told(report)), report.findings


def rows(*statements: str) -> Attack:
    return lambda golden: golden.run([(statement, ()) for statement in statements])


# Values that a column should never hold: SQLite keeps whatever is written.

ODD: dict[str, tuple[str, str]] = {
    "an index that is text": ("UPDATE disclosures SET idx = 'zz' WHERE idx = 4", "disclosures: "),
    "a subject's index that is text": ("UPDATE entry_subjects SET idx = 'a' WHERE idx = 4", "entry_subjects: "),
    "a field that is bytes": (
        "UPDATE blind_index SET field = CAST(field AS BLOB) WHERE field = 'conduct'", "blind_index: ",
    ),
    "a digest that is text": ("UPDATE blind_index SET digest = 'x' WHERE field = 'conduct'", "blind_index: "),
    "a section that is bytes": ("UPDATE disclosures SET section = CAST(section AS BLOB)", "disclosures: "),
    "a request's index that is text": (
        "INSERT INTO request_keys VALUES ('p', 'k', x'00', 'zz', 1, NULL)", "request_keys: ",
    ),
    "a document that is text": ("UPDATE documents SET content = 'x'", "documents: "),
    "a tile that is text": ("INSERT INTO tiles VALUES (0, 'a', x'00', x'00')", "tiles: "),
    "a head that is text": ("UPDATE head SET root = 'x', touched = 'y'", "head: "),
    "contents that are text": ("UPDATE entries SET state = 'x', leaf = zeroblob(32) WHERE idx = 5", "entry 5: "),
}  # fmt: skip


@pytest.mark.parametrize("attack", ODD)
def test_a_value_of_another_kind_is_found_and_hides_nothing(golden_file: Copy, attack: str) -> None:
    statement, place = ODD[attack]
    golden_file.rows("UPDATE entries SET topic = 'x' WHERE idx = 3")
    golden_file.rows(statement)

    report = golden_file.verify()

    found(report, place)
    found(report, "entry 3: the column topic")


# Tables that are gone or not what they were.

PUT_BACK = f"INSERT INTO alembic_version VALUES ('{SCHEMA}')"  # noqa: S608 - the release's own name

SHAPE: dict[str, tuple[Attack, Attack, str]] = {
    "no head": (
        rows("CREATE TABLE kept AS SELECT * FROM head", "DROP TABLE head"),
        rows(
            "CREATE TABLE head (one integer NOT NULL, size bigint NOT NULL, root bytea NOT NULL, "
            "chain bytea NOT NULL, frontier bytea NOT NULL, recorded_at text NOT NULL, touched bigint NOT NULL, "
            "CONSTRAINT head_is_one_row CHECK (one = 1), PRIMARY KEY (one))",
            "INSERT INTO head SELECT * FROM kept",
            "DROP TABLE kept",
        ),
        "head: the database cannot read this",
    ),
    "no release": (
        rows("DELETE FROM alembic_version"),
        rows(PUT_BACK),
        "alembic_version: ",
    ),
    "no table of the release": (
        rows("DROP TABLE alembic_version"),
        rows(
            "CREATE TABLE alembic_version (version_num varchar(32) NOT NULL, "
            "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))",
            PUT_BACK,
        ),
        "alembic_version: ",
    ),
    "a release that is none": (
        rows("UPDATE alembic_version SET version_num = 'zzz'"),
        rows("DELETE FROM alembic_version", PUT_BACK),
        "alembic_version: ",
    ),
    "a dropped index": (
        rows("DROP INDEX entries_topic"),
        rows("CREATE INDEX entries_topic ON entries (topic, idx)"),
        "entries: its index entries_topic is missing",
    ),
    "a view in place of a table": (
        rows("ALTER TABLE tiles RENAME TO kept", "CREATE VIEW tiles AS SELECT * FROM kept"),
        rows("DROP VIEW tiles", "ALTER TABLE kept RENAME TO tiles"),
        "tiles: ",
    ),
    "another column": (
        rows("ALTER TABLE documents ADD COLUMN note text"),
        rows("ALTER TABLE documents DROP COLUMN note"),
        "documents: ",
    ),
}
POSTGRES: dict[str, tuple[Attack, Attack, str]] = {
    "no trigger": (
        rows("ALTER TABLE entries RENAME TO e", "DROP TRIGGER entries_durable ON e", "ALTER TABLE e RENAME TO entries"),
        rows(
            "CREATE TRIGGER entries_durable BEFORE INSERT ON entries FOR EACH STATEMENT "
            "EXECUTE FUNCTION ledger_requires_durability()"
        ),
        "entries: its trigger entries_durable is missing",
    ),
    "a trigger that is off": (
        rows("ALTER TABLE entries DISABLE TRIGGER entries_durable"),
        rows("ALTER TABLE entries ENABLE TRIGGER entries_durable"),
        "entries: its trigger entries_durable is not as",
    ),
    "a function that does nothing": (
        rows(
            "ALTER FUNCTION ledger_requires_durability() RENAME TO kept",
            "CREATE FUNCTION ledger_requires_durability() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        ),
        rows(
            "DROP FUNCTION ledger_requires_durability()",
            "ALTER FUNCTION kept() RENAME TO ledger_requires_durability",
        ),
        "ledger_requires_durability: the function is not as",
    ),
    "no primary key, and a row twice": (
        rows("ALTER TABLE documents DROP CONSTRAINT documents_pkey", "INSERT INTO documents SELECT * FROM documents"),
        rows("DELETE FROM documents", "ALTER TABLE documents ADD PRIMARY KEY (digest)"),
        "documents: its constraint documents_pkey is missing",
    ),
    "a table that is not logged": (
        rows("ALTER TABLE tracking SET UNLOGGED"),
        rows("ALTER TABLE tracking SET LOGGED"),
        "tracking: the relation is not as",
    ),
    "a rule": (
        rows("CREATE RULE away AS ON INSERT TO tiles DO INSTEAD NOTHING"),
        rows("DROP RULE away ON tiles"),
        "tiles: its rule away is none",
    ),
}


@pytest.fixture
def undone(golden: Copy) -> Iterator[list[Attack]]:
    """What makes the shared database whole again after a test."""
    steps: list[Attack] = []
    yield steps
    if not golden.sqlite:
        for step in steps:
            step(golden)


@pytest.mark.parametrize(
    ("golden", "attack"),
    [
        *(pytest.param("sqlite", attack) for attack in SHAPE),
        *(pytest.param("postgres", attack, marks=pytest.mark.postgres) for attack in (*SHAPE, *POSTGRES)),
    ],
    indirect=["golden"],
)
def test_a_changed_shape_is_found_and_hides_nothing(golden: Copy, undone: list[Attack], attack: str) -> None:
    tamper, undo, place = (SHAPE | POSTGRES)[attack]
    golden.rows("UPDATE entries SET state = ? WHERE idx = 3", b"\0")
    undone.append(undo)
    tamper(golden)

    report = golden.verify()

    found(report, place)
    found(report, "entry 3: contents do not match its hash")
    if "release" in attack:
        found(golden.verify(quick=True), place)


def test_a_trigger_that_swallows_rows_is_found_and_nothing_is_acknowledged(golden: Copy, undone: list[Attack]) -> None:
    if golden.sqlite:
        golden.rows("CREATE TRIGGER away BEFORE INSERT ON entries BEGIN SELECT RAISE(IGNORE); END")
    else:
        undone.append(rows("DROP TRIGGER away ON entries", "DROP FUNCTION away()"))
        golden.rows("CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")
        golden.rows("CREATE TRIGGER away BEFORE INSERT ON entries FOR EACH ROW EXECUTE FUNCTION away()")
    head = golden.rows("SELECT size, chain FROM head")

    for together in (False, True):
        with golden.opened() as ledger, pytest.raises(VerificationError) as refused:
            submit(ledger, together=together)
        assert refused.value.code == "not-stored"

    assert golden.rows("SELECT size, chain FROM head") == head
    found(golden.verify(), "entries: its trigger away is none that the ledger made")


def submit(ledger: Ledger, request: tuple[str, str] | None = None, *, together: bool) -> None:
    with ledger.transaction() if together else nullcontext():
        ledger.submit(LINE, request=request)


LINE = person_registered("P2")


# Rows whose seals do not hold.

ACTORS = "SELECT digest, uid FROM blind_index WHERE field = 'actor' ORDER BY digest"


def swap_actors(golden: Copy) -> None:
    (one, first), (other, second) = golden.rows(ACTORS)[:2]
    golden.rows("UPDATE blind_index SET uid = ? WHERE field = 'actor' AND digest = ?", second, bytes(one))
    golden.rows("UPDATE blind_index SET uid = ? WHERE field = 'actor' AND digest = ?", first, bytes(other))


INDEX: dict[str, Attack] = {
    "two actors swapped": swap_actors,
    "another login": lambda golden: golden.rows(
        "UPDATE blind_index SET digest = ? WHERE field = 'actor' AND digest = ?",
        b"\x01" * 33, bytes(golden.rows(ACTORS)[0][0]),
    ),
    "one more login": lambda golden: golden.rows(
        "INSERT INTO blind_index VALUES ('actor', ?, ?, ?)", b"\x01" * 33, golden.rows(ACTORS)[0][1], b"\x01" * 33
    ),
    "no seals": rows("UPDATE blind_index SET seal = NULL WHERE field = 'actor'"),
}  # fmt: skip


@pytest.mark.parametrize("attack", INDEX)
def test_a_changed_row_of_an_actor_is_found(golden: Copy, attack: str) -> None:
    INDEX[attack](golden)

    found(golden.verify(), "rows of actor are not as the ledger wrote them")


def test_nobody_is_known_by_a_changed_row(golden: Copy) -> None:
    with golden.opened() as ledger:
        decider, _ = ledger.actor_uid("decider-1")
    swap_actors(golden)
    golden.rows("UPDATE blind_index SET uid = 'x' WHERE field = 'actor' AND uid = ?", decider)

    with golden.opened() as ledger, pytest.raises(VerificationError) as refused:
        ledger.actor_uid("decider-1")

    assert refused.value.code == "index-row-changed"


REQUESTS: dict[str, str] = {
    "another entry": "UPDATE request_keys SET idx = 0",
    "more entries": "UPDATE request_keys SET idx = 0, entries = 2",
    "another body": "UPDATE request_keys SET fingerprint = seal",
    "another name": "UPDATE request_keys SET request = 'other'",
    "no seal": "UPDATE request_keys SET seal = NULL",
}


@pytest.mark.parametrize("attack", REQUESTS)
def test_nobody_is_answered_from_a_changed_request_row(golden: Copy, attack: str) -> None:
    with golden.opened() as ledger:
        first = ledger.submit(LINE, request=("writer", "key"))
        assert ledger.submit(LINE, request=("writer", "key")) == first
    assert golden.verify().ok
    golden.rows(REQUESTS[attack])

    found(golden.verify(), "request_keys: the row of the key that points to entry ")
    name = "other" if attack == "another name" else "key"
    for together in (False, True):
        with golden.opened() as ledger, pytest.raises(VerificationError) as refused:
            submit(ledger, ("writer", name), together=together)
        assert refused.value.code == "request-row-changed"


def test_the_recorder_itself_answers_nobody_from_a_changed_row(golden: Copy) -> None:
    with golden.opened() as ledger:
        ledger.submit(LINE, request=("writer", "key"))
    golden.rows("UPDATE request_keys SET idx = 0")

    with golden.opened() as ledger, pytest.raises(VerificationError) as refused:
        ledger.store.recorder.confirm_request("writer", "key", RequestSealing(ledger.keys))

    assert refused.value.code == "request-row-changed"


# Keys.

KEYS: dict[str, Callable[[Copy], object]] = {
    "gone": lambda golden: (golden.folder / "keys").unlink(),
    "junk": lambda golden: (golden.folder / "keys").write_bytes(b"junk" * 4096),
    "no subject keys": lambda golden: in_keys(golden, "DROP TABLE subject_keys"),
    "no index keys": lambda golden: in_keys(golden, "DROP TABLE index_keys"),
    "an index key cut": lambda golden: in_keys(golden, "UPDATE index_keys SET wrapped = x'00'"),
    "an index key of text": lambda golden: in_keys(golden, "UPDATE index_keys SET wrapped = 'x'"),
}


def in_keys(golden: Copy, statement: str) -> None:
    with closing(sqlite3.connect(golden.folder / "keys")) as connection, connection:
        connection.execute(statement)


@pytest.mark.parametrize("attack", KEYS)
def test_key_trouble_is_a_gap_and_hides_nothing(golden: Copy, attack: str) -> None:
    for ending in ("-wal", "-shm"):
        (golden.folder / f"keys{ending}").unlink(missing_ok=True)
    KEYS[attack](golden)

    untouched = golden.verify()
    assert not untouched.ok
    assert {finding.grade for finding in untouched.findings} == {Grade.GAP, Grade.NOTICE}

    golden.rows("UPDATE entries SET state = ? WHERE idx = 3", b"\0")
    found(golden.verify(), "entry 3: contents do not match its hash")


def test_subject_keys_of_text_are_found(golden: Copy) -> None:
    in_keys(golden, "UPDATE subject_keys SET wrapped = 'x'")
    flip(golden, "entries", "state", f"idx = {CONFIRMED}")

    report = golden.verify()

    found(report, f"entry {CONFIRMED}: contents")
    found(report, "the key of section")


# A tree whose pointers were changed.


@pytest.mark.parametrize("bit", range(8))
def test_a_changed_pointer_ends_a_verification_with_a_finding(golden_file: Copy, bit: int) -> None:
    with closing(sqlite3.connect(golden_file.file)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        ((root,),) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'entries'").fetchall()
        ((size,),) = connection.execute("PRAGMA page_size").fetchall()
    data = bytearray(golden_file.file.read_bytes())
    assert data[(root - 1) * size] == 5, "an interior page of a table"
    data[(root - 1) * size + 11] ^= 1 << bit
    golden_file.file.write_bytes(data)

    for quick in (False, True):
        assert told(golden_file.verify(quick=quick))


def test_a_document_that_no_entry_names_is_noticed(golden: Copy) -> None:
    golden.rows("INSERT INTO documents VALUES (?, ?)", sha256(b"more").digest(), b"more")

    report = golden.verify()

    assert report.ok
    assert any(what.endswith("no entry names it") for what in told(report, Grade.NOTICE))
