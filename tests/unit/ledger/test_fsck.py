"""The verification as a whole: what it reports, in which form, and that it neither misses nor invents.

Tampering with the golden ledger, entry by entry and table by table, is tried in `tests/fault/test_tampering.py`.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
import tracemalloc
from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path
from threading import Event, Thread

import pytest

from api.demo import EDITIONS, city_lines
from ledger import fsck
from ledger.application import Ledger
from ledger.catalogue import TYPES
from ledger.domain.sections import written_names
from ledger.errors import NotFound, Refused
from ledger.fsck import Finding, Grade
from ledger.fsck.names import REFS, VALUES
from ledger.fsck.report import MAX_FINDINGS, Findings
from ledger.fsck.sections import DOCUMENTS
from ledger.fsck.snapshot import PAGE
from ledger.fsck.spine import Spine, StoredHead
from ledger.line import Line, LineActor, line_of
from ledger.log.chain import genesis, leaf_hash, link
from ledger.log.merkle import root_of
from ledger.opening import create, create_from_history
from ledger.rulebook.edition import shipped_edition

ACTOR = LineActor("importer", "CREDIT")
SIZE = 2 * PAGE + 301  # three pages, five complete tiles
CHANGED = PAGE + 7


def record(number: int, source: str = "SOURCE") -> Line:
    data: dict[str, object] = {"source": source, "source_record": f"r{number}"}
    data |= {"kind": "PENALTY", "outcome": "CONFIRMED"}
    if number % 10 == 0:
        data["summary"] = {"facts": f"事实 {number}"}
    return Line("RecordImported", date(2025, 1, 1), ACTOR, data, source={"system": source, "record": f"r{number}"})


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of several pages and tiles, the newest entries under request keys, in a folder of its own."""
    folder = tmp_path_factory.mktemp("original")
    ledger = create(f"sqlite:///{folder / 'ledger.db'}")
    with ledger.transaction():
        for number in range(1, SIZE - 3):
            ledger.submit(record(number))
    for number in range(SIZE - 3, SIZE):
        ledger.submit(record(number), request=("writer", f"key {number}"))
    assert ledger.size == SIZE
    ledger.close()
    return folder


@pytest.fixture
def file(original: Path, tmp_path: Path) -> Path:
    """A copy of it, to be spoilt."""
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    return tmp_path / "ledger.db"


def run(file: Path, statement: str, *parameters: object) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement, parameters)


def verified(file: Path, *, quick: bool = False) -> fsck.Report:
    return fsck.verify_at(f"sqlite:///{file}", quick=quick)


def whats(report: fsck.Report) -> list[str]:
    return [finding.what for finding in report.findings]


# What it reports.


def test_an_untouched_ledger_of_many_pages_is_found_whole(original: Path) -> None:
    full, quick = verified(original / "ledger.db"), verified(original / "ledger.db", quick=True)

    assert full.ok
    assert quick.ok
    assert full.findings == quick.findings == ()
    assert full.size == SIZE
    with closing(sqlite3.connect(original / "ledger.db")) as connection:
        states = [state for (state,) in connection.execute("SELECT state FROM entries ORDER BY idx")]
    chain = genesis("localhost/ledger.db")
    for state in states:
        chain = link(chain, leaf_hash(state))
    assert full.chain == quick.chain == chain.hex()
    assert full.root == quick.root == root_of(map(leaf_hash, states)).hex()
    assert full.history_end is None


def test_the_report_has_the_shape_of_the_contract(file: Path) -> None:
    run(file, "UPDATE entries SET topic = 'x.y.v1' WHERE idx = ?", CHANGED)

    report = verified(file)
    answer = json.loads(json.dumps(report.as_json()))

    assert {"ok", "size", "root", "chain", "findings", "not_checked"} <= set(answer)
    assert answer["ok"] is False
    assert answer["findings"][0] == {
        "grade": "manipulation",
        "index": CHANGED,
        "what": f"entry {CHANGED}: the column topic is not what the entry says",
        "code": "column-topic",
    }


def test_every_not_checked_part_is_said_and_quick_says_more(original: Path) -> None:
    full, quick = verified(original / "ledger.db").not_checked, verified(original / "ledger.db", quick=True).not_checked

    assert {"no witness configured", "unsigned entries: the operator alone attests them"} <= set(full)
    assert any("no request key was taken away" in item for item in full)
    assert set(full) < set(quick)
    assert {"columns", "disclosures", "canonical bytes", "views"} <= set(quick) - set(full)


def test_progress_goes_to_the_end(original: Path) -> None:
    told: list[tuple[str, int, int]] = []
    fsck.verify_at(f"sqlite:///{original / 'ledger.db'}", progress=lambda *one: told.append(one))

    assert told[0] == ("access log", 1, 1)
    assert told[1:] == [("entries", PAGE, SIZE), ("entries", 2 * PAGE, SIZE), ("entries", SIZE, SIZE)]


def test_the_city_with_every_state_of_every_record_is_found_whole(tmp_path: Path) -> None:
    """Nothing that the ledger writes may look like tampering."""
    lines = [line_of(line, number) for number, line in enumerate(city_lines(), start=1)]
    editions = [shipped_edition(name) for name in EDITIONS]
    ledger = create_from_history(f"sqlite:///{tmp_path / 'city.db'}", lines, digest_of=b"city", editions=editions)

    report = fsck.verify(ledger)

    assert report.ok
    assert report.history_end == ledger.history_end() == ledger.size - 1
    boundary = f"up to entry {ledger.size - 2} the recorded times are asserted by whoever loaded the history"
    assert report.findings == (Finding(Grade.NOTICE, ledger.size - 2, boundary, "history"),)
    ledger.close()


def test_a_ledger_that_is_written_meanwhile_is_found_whole(tmp_path: Path) -> None:
    ledger = create(f"sqlite:///{tmp_path / 'ledger.db'}")
    with ledger.transaction():
        for number in range(2 * PAGE):
            ledger.submit(record(number))
    stop = Event()

    def write() -> None:
        number = 10_000
        while not stop.is_set():
            number += 1
            ledger.submit(record(number))

    writer = Thread(target=write)
    writer.start()
    try:
        reports = [fsck.verify(ledger, quick=turn % 2 == 0) for turn in range(6)]
    finally:
        stop.set()
        writer.join()

    assert [report.findings for report in reports] == [()] * 6
    assert reports[-1].size > reports[0].size
    ledger.close()


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    ledger = create(f"sqlite:///{tmp_path / 'ledger.db'}")
    peaks = []
    for first in (0, 3 * PAGE):
        with ledger.transaction():
            for number in range(first, first + 3 * PAGE):
                ledger.submit(record(number))
        fsck.verify(ledger)
        tracemalloc.start()
        assert fsck.verify(ledger).ok
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    ledger.close()

    assert peaks[1] < 1.25 * peaks[0], peaks


# What it opens.


def test_no_ledger_is_no_finding(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        fsck.verify_at(f"sqlite:///{tmp_path / 'nothing.db'}")


def test_an_older_ledger_is_migrated_first(file: Path) -> None:
    run(file, "UPDATE alembic_version SET version_num = '0001'")
    assert "alembic_version: the tables are said to be of another release" in "; ".join(whats(verified(file)))
    run(file, "DROP TABLE checkpoints")

    with pytest.raises(Refused):
        verified(file)


def test_an_opening_that_cannot_be_read_is_a_finding(file: Path) -> None:
    """`Ledger.open` cannot open such a ledger; the verification says what is wrong with it."""
    run(file, "UPDATE entries SET state = ? WHERE idx = 0", b"\xff")

    for quick in (False, True):
        assert "entry 0: contents do not match its hash" in whats(verified(file, quick=quick))


def test_another_origin_in_the_opening_does_not_hide_behind_the_rest(file: Path) -> None:
    run(
        file,
        "UPDATE entries SET state = CAST(replace(CAST(state AS TEXT), 'localhost', 'elsewhere') AS BLOB) WHERE idx = 0",
    )

    report = verified(file)

    assert {finding.index for finding in report.findings} == {0, None}, "the other entries are not blamed"


def test_a_key_store_of_another_ledger_is_a_gap(file: Path, tmp_path: Path) -> None:
    create(f"sqlite:///{tmp_path / 'other.db'}").close()
    shutil.copy(tmp_path / "other.db.master-key", tmp_path / "ledger.db.master-key")

    report = verified(file)

    assert not report.ok
    assert [finding.grade for finding in report.findings] == [Grade.GAP]
    assert "wrong-master-key" in report.findings[0].what


# Places beside the entries that the golden ledger is too small for.


@pytest.mark.parametrize(
    ("statement", "parameters", "what"),
    [
        ("UPDATE tiles SET hashes = ? WHERE idx = 2", (b"\x01" * 8192,), "tile 0/2: its hashes are not those"),
        ("UPDATE tiles SET root = ? WHERE idx = 0", (b"\x01" * 32,), "tile 0/0: its hashes are not those"),
        ("DELETE FROM tiles WHERE idx = 1", (), "tile 0/1: missing"),
        ("INSERT INTO tiles VALUES (0, 5, ?, ?)", (b"", b""), "tile 0/5: there are not enough entries for it"),
        ("INSERT INTO tiles VALUES (1, 0, ?, ?)", (b"", b""), "tile 1/0: there are not enough entries for it"),
        ("UPDATE request_keys SET idx = 999999", (), "request_keys: a key points to entry 999999"),
        ("UPDATE request_keys SET entries = 7", (), "request_keys: a key points to entry"),
        ("UPDATE request_keys SET idx = 3", (), "request_keys: two keys point to entry 3"),
        ("DELETE FROM blind_index WHERE field = 'taken-over'", (), "rows of taken-over are missing"),
        ("DROP INDEX entries_topic", (), "entries: its index entries_topic is missing"),
    ],
)
def test_what_follows_from_the_entries_is_compared(
    file: Path, statement: str, parameters: tuple[object, ...], what: str
) -> None:
    run(file, statement, *parameters)

    found = whats(verified(file))

    assert any(what in one for one in found), found


def test_an_index_that_hides_a_row_is_found(file: Path) -> None:
    """An index of the database that lacks a row: the table is whole, but a look-up by topic would not find it."""
    with closing(sqlite3.connect(file)) as connection, connection:
        ((sql,),) = connection.execute("SELECT sql FROM sqlite_master WHERE name = 'entries_topic'").fetchall()
        connection.execute("DROP INDEX entries_topic")
        connection.execute(f"{sql} WHERE idx <> {CHANGED}")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'entries_topic'", (sql,))

    assert any(what.startswith("database file: ") for what in whats(verified(file))), whats(verified(file))


def test_a_stream_with_a_hole_is_found_though_every_hash_agrees(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        ((state,),) = connection.execute("SELECT state FROM entries WHERE idx = ?", (SIZE - 1,)).fetchall()
        forged = state.replace(b'"version":1}', b'"version":2}')
        connection.execute("UPDATE entries SET state = ?, version = 2 WHERE idx = ?", (forged, SIZE - 1))
        rehash(connection)

    assert f"entry {SIZE - 1}: its version does not follow the one before it in its stream" in whats(verified(file))


def rehash(connection: sqlite3.Connection) -> None:
    """Make leaves, chain and head agree with the contents again, as somebody who may write everything could."""
    chain, leaves = genesis("localhost/ledger.db"), []
    for index, state in connection.execute("SELECT idx, state FROM entries ORDER BY idx").fetchall():
        leaves.append(leaf_hash(state))
        chain = link(chain, leaves[-1])
        connection.execute("UPDATE entries SET leaf = ?, chain = ? WHERE idx = ?", (leaves[-1], chain, index))
    connection.execute("UPDATE head SET chain = ?, root = ?", (chain, root_of(leaves)))


# Rows that cannot be read.


def test_values_of_another_type_are_findings(file: Path) -> None:
    run(file, "UPDATE entries SET state = 7 WHERE idx = 3")
    run(file, "UPDATE entries SET state = 'text' WHERE idx = 4")
    run(file, "UPDATE entries SET leaf = 'text', chain = 1 WHERE idx = 5")
    run(file, "UPDATE entries SET subjects = ? WHERE idx = 6", b"\xff")
    run(file, "UPDATE entries SET version = 'one' WHERE idx = 7")

    report = verified(file)

    assert {3, 4, 5, 6, 7} <= {finding.index for finding in report.findings}


def test_text_that_is_none_is_found_at_its_row(file: Path) -> None:
    run(file, "UPDATE entries SET stream = CAST(? AS TEXT) WHERE idx = ?", b"\xff\xfe", CHANGED)

    report = verified(file)

    assert f"entry {CHANGED}: the database cannot read this" in whats(report)
    assert f"entry {CHANGED}: missing" not in whats(report)
    assert report.size == SIZE - 1


def test_an_absurd_head_is_found(file: Path) -> None:
    for size in (-1, 10**15, "many"):
        run(file, "UPDATE head SET size = ?", size)
        assert not verified(file, quick=True).ok


# Its parts.


def test_findings_are_bounded_and_say_how_many_there_were() -> None:
    findings = Findings()
    for index in range(MAX_FINDINGS + 5):
        findings.entry(index, "wrong", "code")
    findings.add(Grade.NOTICE, None, "notice", "code")

    listed = findings.listed()

    assert len(listed) == MAX_FINDINGS + 2
    assert listed[-1].what == "and 5 more findings"
    assert not findings.ok


@pytest.mark.parametrize(("grade", "ok"), [(Grade.MANIPULATION, False), (Grade.GAP, False), (Grade.NOTICE, True)])
def test_only_a_notice_leaves_a_ledger_whole(grade: Grade, ok: bool) -> None:
    findings = Findings()
    findings.add(grade, None, "what", "code")

    assert findings.ok is ok


def test_a_page_that_is_as_it_must_be_is_taken_as_a_whole() -> None:
    """Were it not, every page would be read row by row, and verification would be slow without anybody noticing."""
    leaf = leaf_hash(b"state")
    spine = Spine("origin", StoredHead(1, None, None, None, None), Findings())

    assert spine._take_whole([(0, leaf, link(genesis("origin"), leaf), b"state")]) is not None


def test_the_tables_of_members_name_members_of_their_types() -> None:
    named = [(type_, member) for type_, members in DOCUMENTS.items() for member in members]
    named += [(type_, member) for type_, members in VALUES.items() for member, _ in members]
    named += [(type_, member) for type_, (_, member) in REFS.items()]
    for type_, member in named:
        data = TYPES[type_].Data
        assert member in {*data.model_fields, *written_names(data).values()}, (type_, member)


def test_every_document_that_an_entry_may_name_is_checked() -> None:
    """A new member `…_digest` that is plain names a document, or is listed here with what it is instead."""
    from ledger.domain.sections import sections_of

    others = {("RulebookPublished", "digest"), ("SourceBatchImported", "digest"), ("HistoryLoaded", "digest")}
    others |= {("CertificateIssued", "digest"), ("CertificateRevoked", "digest")}  # held by its bearer
    plain = {
        (name, member)
        for name, event in TYPES.items()
        for member in event.Data.model_fields
        if member.endswith("digest") and member not in sections_of(event.Data)
    }

    assert plain - others == {(type_, member) for type_, members in DOCUMENTS.items() for member in members}


@pytest.fixture
def opened(file: Path) -> Iterator[Ledger]:
    ledger = Ledger.open(f"sqlite:///{file}")
    yield ledger
    ledger.close()


def test_an_open_ledger_verifies_as_its_address_does(opened: Ledger, file: Path) -> None:
    assert fsck.verify(opened) == verified(file)
    assert fsck.verify(opened, quick=True) == verified(file, quick=True)
