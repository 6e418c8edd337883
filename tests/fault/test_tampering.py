"""Tampering by somebody who may write everything: each is found, and its place is named (ASSURANCE §4).

Where everything in the log was made to agree again, only what was signed about it tells; without that it stays unseen,
and the report says what was missing. Which attack needs which artefact is `test_tamper_matrix.py`.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.errors import LedgerError
from ledger.fsck import Grade, Report
from ledger.fsck.checkpoints import NO_CHECKPOINT, NO_SENTINEL
from ledger.log.chain import leaf_hash, link
from ledger.storage import tables
from tests.support.golden import CONFIRMED, GOLDEN_SIZE, Copy

LAST = GOLDEN_SIZE - 1
WITH_SECTIONS = 4
SIGNED_ABOUT = {"checkpoint", "sentinel-differs"}  # what was signed of another log than the one that is there
FLIP_EVERY = int(os.environ.get("INTEGRITY_TEST_FLIP_EVERY", "997"))


def found(report: Report, place: str, *words: str) -> None:
    """The report shows manipulation at this place, in these words."""
    assert not report.ok
    told = [finding.what for finding in report.findings if finding.grade is Grade.MANIPULATION]
    assert any(what.startswith(place + ":") and all(word in what for word in words) for what in told), told


def manipulations(report: Report) -> set[str]:
    """The codes of what the report calls manipulation."""
    return {finding.code for finding in report.findings if finding.grade is Grade.MANIPULATION}


def test_an_untouched_ledger_is_found_whole(golden: Copy) -> None:
    full, quick = golden.verify(), golden.verify(quick=True)

    assert full.ok
    assert quick.ok
    assert full.size == quick.size == GOLDEN_SIZE
    assert (full.root, full.chain) == (quick.root, quick.chain)
    ((root, chain),) = golden.rows("SELECT root, chain FROM head")
    assert (full.root, full.chain) == (bytes(root).hex(), bytes(chain).hex())
    assert [finding.grade for finding in full.findings] == [Grade.NOTICE]
    assert full.history_end == LAST
    assert "no witness configured" in full.not_checked
    assert {"disclosures", "views"} <= set(quick.not_checked)


@pytest.mark.parametrize("index", range(GOLDEN_SIZE))
def test_a_changed_byte_in_any_entry_is_found(golden: Copy, index: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    state = bytearray(golden.entry(index))
    state[random.Random(seed).randrange(len(state))] ^= 1 << random.Random(seed).randrange(8)
    golden.write_entry(index, bytes(state))

    for quick in (False, True):
        report = golden.verify(quick=quick)
        found(report, f"entry {index}", "contents do not match its hash")
        places = {finding.index for finding in report.findings if finding.grade is Grade.MANIPULATION}
        assert places == {index, None}, "the break is named once, and the head disagrees"


@pytest.mark.parametrize("index", [0, 1, 7, CONFIRMED, 20, LAST - 1])
def test_a_deleted_row_is_found(golden: Copy, index: int) -> None:
    golden.rows("DELETE FROM entries WHERE idx = ?", index)

    for quick in (False, True):
        found(golden.verify(quick=quick), f"entry {index}", "missing")


@pytest.mark.parametrize("count", [1, 3, LAST])
def test_a_cut_tail_is_found(golden: Copy, count: int) -> None:
    golden.rows("DELETE FROM entries WHERE idx >= ?", GOLDEN_SIZE - count)

    for quick in (False, True):
        report = golden.verify(quick=quick)
        found(report, "head", f"counts {GOLDEN_SIZE} entries; there are {GOLDEN_SIZE - count}")
        found(report, f"entry {LAST}" if count == 1 else f"entries {GOLDEN_SIZE - count}–{LAST}", "missing")


def test_an_empty_log_with_a_head_is_found(golden: Copy) -> None:
    golden.rows("DELETE FROM entries")

    found(golden.verify(), f"entries 0–{LAST}", "missing")


def test_an_inserted_row_is_found(golden: Copy) -> None:
    insert_copy(golden, 20)

    for quick in (False, True):
        report = golden.verify(quick=quick)
        found(report, "entry 20", "does not follow the entry before it")
        found(report, f"entry {GOLDEN_SIZE}", "beyond the head")


def test_an_appended_row_is_found_though_it_is_linked(golden: Copy) -> None:
    state = golden.entry(LAST)
    ((chain,),) = golden.rows("SELECT chain FROM head")
    leaf = leaf_hash(state)
    golden.rows(
        "INSERT INTO entries (idx, stream, version, topic, recorded_at, subjects, leaf, chain, state) "
        "SELECT idx + 1, stream, version + 1, topic, recorded_at, subjects, ?, ?, state FROM entries WHERE idx = ?",
        leaf, link(bytes(chain), leaf), LAST,
    )  # fmt: skip

    for quick in (False, True):
        found(golden.verify(quick=quick), f"entry {GOLDEN_SIZE}", "beyond the head")


def insert_copy(golden: Copy, at: int) -> None:
    """A copy of an entry put between others, which move up by one."""
    shifts = [golden.moved(index, index + 1) for index in range(LAST, at - 1, -1)]
    golden.run([
        *shifts,
        (
            "INSERT INTO entries (idx, stream, version, topic, recorded_at, subjects, leaf, chain, state) "
            "SELECT ?, 'subject/forged', 1, topic, recorded_at, subjects, leaf, chain, state "
            "FROM entries WHERE idx = ?",
            (at, at - 1),
        ),
    ])  # fmt: skip


@pytest.mark.parametrize(("one", "other"), [(0, 1), (12, 13), (5, 30)])
def test_swapped_rows_are_found(golden: Copy, one: int, other: int) -> None:
    golden.run([golden.moved(one, -9), golden.moved(other, one), golden.moved(-9, other)])

    for quick in (False, True):
        report = golden.verify(quick=quick)
        found(report, f"entry {one}", "does not follow")
        found(report, f"entry {other}", "does not follow")


def test_swapped_contents_are_found(golden: Copy) -> None:
    one, other = golden.entry(12), golden.entry(13)
    golden.write_entry(12, other)
    golden.write_entry(13, one)

    for quick in (False, True):
        report = golden.verify(quick=quick)
        found(report, "entry 12", "contents do not match its hash")
        found(report, "entry 13", "contents do not match its hash")


@pytest.mark.parametrize("to", [-1, GOLDEN_SIZE, 1 << 62])
def test_a_renumbered_row_is_found(golden: Copy, to: int) -> None:
    golden.run([golden.moved(20, to)])

    for quick in (False, True):
        report = golden.verify(quick=quick)
        found(report, "entry 20", "missing")
        found(report, f"entry {to}")


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("stream", "subject/another", "column-stream"),
        ("version", 99, "column-version"),
        ("topic", "breach.dismissed.v1", "column-topic"),
        ("recorded_at", "2025-01-01T00:00:00.000000Z", "column-recorded_at"),
        ("subjects", "somebody", "column-subjects"),
        ("leaf", b"\x01" * 32, "leaf"),
        ("leaf", b"", "leaf"),
        ("chain", b"\x01" * 32, "chain"),
    ],
)
def test_an_edited_derived_column_is_found(golden: Copy, column: str, value: object, code: str) -> None:
    golden.rows(f"UPDATE entries SET {column} = ? WHERE idx = ?", value, CONFIRMED)  # noqa: S608

    report = golden.verify()

    found(report, f"entry {CONFIRMED}")
    assert (CONFIRMED, code) in {(finding.index, finding.code) for finding in report.findings}


def test_every_derived_column_is_tried() -> None:
    tried = {"stream", "version", "topic", "recorded_at", "subjects", "leaf", "chain"}

    assert {column.name for column in tables.entries.columns} - tried == {"idx", "state"}


Attack = Callable[[Copy], object]


def rows(statement: str, *parameters: object) -> Attack:
    return lambda golden: golden.rows(statement, *parameters)


BESIDE: dict[str, tuple[Attack, str, str]] = {
    "removed disclosure": (
        rows("DELETE FROM disclosures WHERE idx = ? AND section = 'reasons'", CONFIRMED),
        f"entry {CONFIRMED}", "a section is missing",
    ),
    "removed disclosures of an entry": (
        rows("DELETE FROM disclosures WHERE idx = ?", CONFIRMED),
        f"entry {CONFIRMED}", "3 sections are missing",
    ),
    "removed disclosures, all": (rows("DELETE FROM disclosures"), f"entry {WITH_SECTIONS}", "missing"),
    "changed disclosure": (
        lambda golden: flip(golden, "disclosures", "sealed", f"idx = {CONFIRMED} AND section = 'factors'"),
        f"entry {CONFIRMED}", "section factors",
    ),
    "emptied disclosure": (
        rows("UPDATE disclosures SET sealed = ? WHERE idx = ?", b"", CONFIRMED),
        f"entry {CONFIRMED}", "section factors",
    ),
    "swapped disclosures of two entries": (
        lambda golden: swap_sealed(golden, (14, "reasons"), (20, "reasons")),
        "entry 20", "section reasons",
    ),
    "swapped disclosures of one entry": (
        lambda golden: swap_sealed(golden, (14, "reasons"), (14, "factors")),
        "entry 14", "section factors",
    ),
    "renamed section": (
        rows("UPDATE disclosures SET section = 'grounds' WHERE idx = ? AND section = 'reasons'", CONFIRMED),
        f"entry {CONFIRMED}", "section grounds",
    ),
    "another owner": (
        rows("UPDATE disclosures SET subject = 'somebody' WHERE idx = ? AND section = 'reasons'", CONFIRMED),
        f"entry {CONFIRMED}", "key",
    ),
    "another retention class": (
        rows("UPDATE disclosures SET retention = 'CHECK' WHERE idx = ? AND section = 'reasons'", CONFIRMED),
        f"entry {CONFIRMED}", "section reasons",
    ),
    "disclosure that nobody committed to": (
        rows("INSERT INTO disclosures SELECT 0, section, subject, retention, sealed FROM disclosures WHERE idx = 4"),
        "entry 0", "section identity",
    ),
    "disclosure beside no entry": (
        rows("INSERT INTO disclosures SELECT 900, section, subject, retention, sealed FROM disclosures WHERE idx = 4"),
        "entry 900", "lies beside no entry",
    ),
    "removed subject row": (
        rows("DELETE FROM entry_subjects WHERE idx = ?", CONFIRMED),
        f"entry {CONFIRMED}", "leads to it from one of its subjects is missing",
    ),
    "added subject row": (
        rows("INSERT INTO entry_subjects (subject, idx) VALUES ('somebody', ?)", CONFIRMED),
        f"entry {CONFIRMED}", "does not list",
    ),
    "another subject's row": (
        rows("INSERT INTO entry_subjects (subject, idx) SELECT subject, 0 FROM entry_subjects WHERE idx = 4"),
        "entry 0", "does not list",
    ),
    "changed document": (
        rows("UPDATE documents SET content = ?", b"changed"),
        "entry 7", "the document of digest was changed",
    ),
    "document of another digest": (
        rows("UPDATE documents SET content = ?, digest = ?", b"changed", sha256(b"changed").digest()),
        "entry 7", "the document of digest is missing",
    ),
    "removed document": (rows("DELETE FROM documents"), "entry 7", "the document of digest is missing"),
    "head's size": (rows("UPDATE head SET size = size - 1"), f"entry {LAST}", "beyond the head"),
    "head's root": (rows("UPDATE head SET root = ?", b"\x01" * 32), "head", "root"),
    "head's chain": (rows("UPDATE head SET chain = ?", b"\x01" * 32), "head", "chain"),
    "head's frontier": (rows("UPDATE head SET frontier = ?", b""), "head", "frontier"),
    "head's time": (rows("UPDATE head SET recorded_at = '2020-01-01T00:00:00.000000Z'"), "head", "recorded time"),
    "removed head": (rows("DELETE FROM head"), "head", "0 rows"),
    "planted tile": (
        rows("INSERT INTO tiles (level, idx, hashes, root) VALUES (0, 0, ?, ?)", b"\x01" * 8192, b"\x01" * 32),
        "tile 0/0", "not enough entries",
    ),
    "planted request key": (
        rows("INSERT INTO request_keys VALUES ('p', 'k', ?, 99, 1, NULL)", b"fingerprint"),
        "request_keys", "entry 99",
    ),
    "index row that leads elsewhere": (
        rows(
            "UPDATE blind_index SET uid = (SELECT substr(stream, 8) FROM entries WHERE idx = 18) "
            "WHERE field = 'breach-ref'"
        ),
        "entry 11", "breach-ref of the blind index leads elsewhere",
    ),
    "removed index row of a person's number": (
        rows("DELETE FROM blind_index WHERE field = 'id-number'"),
        "entry 4", "id-number of the blind index is missing",
    ),
    "removed index row of a conduct": (
        rows("DELETE FROM blind_index WHERE field = 'conduct'"),
        f"entry {CONFIRMED}", "conduct of the blind index is missing",
    ),
    "removed index rows of actors": (
        rows("DELETE FROM blind_index WHERE field = 'actor'"),
        "entry 1", "an actor's row of the blind index is missing",
    ),
    "planted index row": (
        rows(
            "INSERT INTO blind_index (field, digest, uid) "
            "SELECT field, ?, uid FROM blind_index WHERE field = 'id-number'",
            b"\x01" * 33,
        ),
        "blind index", "1 rows of id-number that no entry accounts for",
    ),
    "index row to nowhere": (
        rows("INSERT INTO blind_index (field, digest, uid) VALUES ('taken-over', ?, 'nobody')", b"\x01" * 33),
        "blind index", "taken-over lead to no record",
    ),
    "actor of no entry": (
        rows("INSERT INTO blind_index (field, digest, uid) VALUES ('actor', ?, 'nobody')", b"\x01" * 33),
        "blind index", "1 rows of actors",
    ),
}  # fmt: skip


def flip(golden: Copy, table: str, column: str, where: str) -> None:
    """Change one byte of a value."""
    ((value,),) = golden.rows(f"SELECT {column} FROM {table} WHERE {where}")  # noqa: S608
    changed = bytearray(value)
    changed[len(changed) // 2] ^= 1
    golden.rows(f"UPDATE {table} SET {column} = ? WHERE {where}", bytes(changed))  # noqa: S608


def swap_sealed(golden: Copy, one: tuple[int, str], other: tuple[int, str]) -> None:
    read, write = "SELECT sealed FROM disclosures", "UPDATE disclosures SET sealed = ?"
    where = " WHERE idx = ? AND section = ?"
    ((first,),), ((second,),) = golden.rows(read + where, *one), golden.rows(read + where, *other)
    golden.rows(write + where, bytes(second), *one)
    golden.rows(write + where, bytes(first), *other)


@pytest.mark.parametrize("attack", BESIDE)
def test_tampering_beside_the_entries_is_found(golden: Copy, attack: str) -> None:
    tamper, place, words = BESIDE[attack]
    tamper(golden)

    found(golden.verify(), place, words)


def test_a_destroyed_key_without_an_order_is_found(golden: Copy) -> None:
    with golden.opened() as ledger:
        person = ledger.uid("subject", "P1")
        assert person is not None
        ledger.keys.destroy(person, "IDENTITY")

    found(golden.verify(), "entry 4", "the key of section identity is missing without an order")


def test_a_key_store_that_is_gone_is_a_gap(golden: Copy) -> None:
    (golden.folder / "keys").unlink()

    report = golden.verify()

    assert not report.ok
    assert {finding.grade for finding in report.findings} == {Grade.GAP, Grade.NOTICE}
    assert golden.verify(quick=True).ok, "a quick verification needs no keys"


# An attacker who makes things agree again.


def soften(golden: Copy, index: int = CONFIRMED) -> None:
    """Make a finding milder, in canonical bytes."""
    state = golden.entry(index)
    assert b'"severity":"GENERAL"' in state
    golden.write_entry(index, state.replace(b'"severity":"GENERAL"', b'"severity":"MINOR"'))


def test_a_changed_entry_with_its_own_hash_renewed_is_found(golden: Copy) -> None:
    soften(golden)
    leaf = leaf_hash(golden.entry(CONFIRMED))
    golden.rows("UPDATE entries SET leaf = ? WHERE idx = ?", leaf, CONFIRMED)

    for quick in (False, True):
        found(golden.verify(quick=quick), f"entry {CONFIRMED}", "does not follow")


def test_a_rewritten_history_disagrees_with_the_head(golden: Copy) -> None:
    soften(golden)
    golden.rehash(head=False)

    for quick in (False, True):
        report = golden.verify(quick=quick)
        found(report, "head", "root")
        found(report, "head", "chain")


def test_a_rewritten_history_with_its_head_is_seen_by_what_was_signed_and_by_nothing_else(golden: Copy) -> None:
    soften(golden)
    golden.rehash(head=True)

    for quick in (False, True):
        assert manipulations(golden.verify(quick=quick)) == SIGNED_ABOUT


def test_a_rewritten_history_of_which_nothing_signed_is_left_stays_unseen_and_the_report_says_so(golden: Copy) -> None:
    soften(golden)
    golden.rehash(head=True)
    golden.rows("DELETE FROM checkpoints")
    assert manipulations(golden.verify()) == {"sentinel-differs"}, "the sentinel is not the database's"
    (golden.folder / "sentinel").unlink()

    report = golden.verify()

    assert report.ok
    assert {NO_CHECKPOINT, NO_SENTINEL, "no witness configured"} <= set(report.not_checked)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda state: state.replace(b'"severity"', b' "severity"'), "not canonical"),
        (lambda state: state.replace(b'"version":4}', b'"version":5}'), "column version"),
        (lambda state: state.replace(b'"role":"DECIDER"', b'"role":1'), "not of the form"),
        (lambda state: state.replace(b"breach.confirmed.v1", b"breach.forgotten.v1"), "topic is not of the catalogue"),
        (lambda state: state.replace(b'"origin":"', b'"origin":"x'), "another ledger"),
        (lambda state: b"\xff" * 40, "not of the form"),
        (lambda state: b"", "not of the form"),
        (lambda state: b"[" * 60_000, "not of the form"),
    ],
)
def test_a_forged_entry_is_found_though_every_hash_agrees(
    golden: Copy, change: Callable[[bytes], bytes], words: str
) -> None:
    golden.write_entry(CONFIRMED, change(golden.entry(CONFIRMED)))
    golden.rehash(head=True)

    assert manipulations(golden.verify(quick=True)) == SIGNED_ABOUT, "a quick look reads hashes, not what is written"
    found(golden.verify(), f"entry {CONFIRMED}", words)


def test_a_history_without_its_end_is_found_though_every_hash_agrees(golden: Copy) -> None:
    golden.rows("DELETE FROM entries WHERE idx = ?", LAST)
    golden.rehash(head=True)

    found(golden.verify(), "history", "never ended")


def test_another_suite_is_found_though_every_hash_agrees(golden: Copy) -> None:
    golden.write_entry(0, golden.entry(0).replace(b"sha256-ed25519", b"md5"))
    golden.rehash(head=True)

    found(golden.verify(), "entry 0", "suite")


def test_an_earlier_time_is_found_though_every_hash_agrees(golden: Copy) -> None:
    state = json.loads(golden.entry(20))
    old = state["p"]["recorded_at"]
    early = "2024-12-31T00:00:00.000000Z"
    golden.write_entry(20, golden.entry(20).replace(old.encode(), early.encode()))
    golden.rows("UPDATE entries SET recorded_at = ? WHERE idx = ?", early, 20)
    golden.rehash(head=True)

    found(golden.verify(), "entry 20", "recorded before")


# A file that was damaged.


def contents(copy: Copy) -> list[list[tuple[object, ...]]]:
    """Everything a reader could get from the store."""
    tables = ("entries", "head", "tiles", "entry_subjects", "disclosures", "request_keys", "blind_index", "documents")
    return [copy.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]  # noqa: S608


def outcome(copy: Copy) -> str:
    """What a verification makes of a damaged file; it never ends in anything but an answer or the ledger's error."""
    try:
        return "whole" if copy.verify().ok else "found"
    except LedgerError:
        return "refused"


def test_a_page_of_noise_becomes_a_finding(golden_file: Copy) -> None:
    data = golden_file.file.read_bytes()
    page = 4096
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    outcomes = []
    for start in range(page, len(data), page):
        noise = random.Random(seed).randbytes(page)
        golden_file.file.write_bytes(data[:start] + noise + data[start + page :])
        outcomes.append(outcome(golden_file))

    assert outcomes.count("found") > len(outcomes) // 2, outcomes
    assert "whole" not in outcomes, outcomes


def test_no_flipped_byte_of_the_file_changes_anything_unseen(golden_file: Copy) -> None:
    data = golden_file.file.read_bytes()
    original = contents(golden_file)
    seen = 0
    for place in range(random.randrange(FLIP_EVERY), len(data), FLIP_EVERY):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        golden_file.file.write_bytes(changed)
        if outcome(golden_file) == "whole":
            assert contents(golden_file) == original, f"byte {place} was changed and nothing was said"
        else:
            seen += 1

    assert seen > 0, "the flips hit nothing"


def test_a_file_that_is_no_database_is_refused(golden_file: Copy) -> None:
    Path(golden_file.file).write_bytes(b"\x00" * 8192)

    assert outcome(golden_file) in ("found", "refused")
