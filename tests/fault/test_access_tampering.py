"""Tampering with the access log by somebody who may write every table: each is found.

A quick verification finds what touches leaf, chain, root or the log as a whole. Where there is no log to leave a trace
in, a read is refused.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from datetime import date

import pytest

from ledger.access import Viewer
from ledger.anchoring import anchor_access
from ledger.errors import LedgerError, VerificationError
from ledger.fsck import Grade, Report
from ledger.fsck.checkpoints import UNCOVERED
from ledger.log.chain import leaf_hash, link
from tests.support.golden import GOLDEN_SIZE, Copy

LOOKS = 5
SIZE = LOOKS + 1
CHANGED = 3
FLIP_EVERY = int(os.environ.get("INTEGRITY_TEST_FLIP_EVERY", "997"))
HR = Viewer("hr-1", "HR", "PERSONNEL")
OPEN_WINDOW = f"access log: {UNCOVERED}"

Attack = Callable[[Copy], object]


@pytest.fixture
def looked(golden: Copy) -> Copy:
    """A golden ledger whose access log holds looks at one person, by a known and by an unknown login."""
    return look(golden)


@pytest.fixture
def looked_file(golden_file: Copy) -> Copy:
    """The same in a file, for what only a file can suffer."""
    return look(golden_file)


def look(copy: Copy) -> Copy:
    with copy.opened() as ledger:
        uid = ledger.uid("subject", "P1")
        assert uid is not None
        for number in range(LOOKS):
            viewer = HR if number % 2 else Viewer("curious", "AUDITOR")
            ledger.access.look(viewer, [uid], scope=["INTEGRITY_FILE"], purpose="RECRUIT", as_of=date(2026, 6, 1))
    return copy


def told(report: Report) -> list[str]:
    return [finding.what for finding in report.findings if finding.grade is Grade.MANIPULATION]


def found(report: Report, *words: str) -> None:
    """The report shows manipulation of the access log, in these words."""
    assert not report.ok
    assert any(what.startswith("access log: ") and all(word in what for word in words) for what in told(report)), told(
        report
    )
    assert all(finding.index is None for finding in report.findings if finding.what.startswith("access log: "))


def drop(copy: Copy) -> None:
    """Remove the access log itself."""
    if copy.sqlite:
        for suffix in ("", "-wal", "-shm"):
            copy.access.file.with_name(copy.access.file.name + suffix).unlink(missing_ok=True)
    else:
        copy.rows("ALTER SCHEMA access RENAME TO elsewhere")


@pytest.fixture(autouse=True)
def put_back(golden: Copy) -> object:
    yield
    if not golden.sqlite and golden.rows("SELECT 1 FROM pg_namespace WHERE nspname = 'elsewhere'"):
        golden.rows("ALTER SCHEMA elsewhere RENAME TO access")


def access(statement: str, *parameters: object) -> Attack:
    return lambda copy: copy.access.rows(statement, *parameters)


def rows(statement: str, *parameters: object) -> Attack:
    return lambda copy: copy.rows(statement, *parameters)


def rewrite(copy: Copy, index: int, old: bytes, new: bytes, *, rehash: bool, head: bool = True) -> None:
    state = copy.access.entry(index)
    assert old in state
    copy.access.write_entry(index, state.replace(old, new))
    if rehash:
        copy.access.rehash(head=head)


def drop_with_its_mark(copy: Copy) -> None:
    copy.rows("DELETE FROM access_log")
    drop(copy)


def outcome(copy: Copy) -> str:
    """What a verification makes of a damaged file; it never ends in anything but an answer or the ledger's error."""
    try:
        return "whole" if copy.verify().ok else "found"
    except LedgerError:
        return "refused"


def append_unlinked(copy: Copy) -> None:
    """A look that was never made, linked to the others but not in the head."""
    state = copy.access.entry(SIZE - 1)
    ((chain,),) = copy.access.rows("SELECT chain FROM head")
    leaf = leaf_hash(state)
    copy.access.rows(
        "INSERT INTO entries (idx, stream, version, topic, recorded_at, subjects, leaf, chain, state) "
        "SELECT idx + 1, stream, 2, topic, recorded_at, subjects, ?, ?, state FROM entries WHERE idx = ?",
        leaf, link(bytes(chain), leaf), SIZE - 1,
    )  # fmt: skip


QUICK: dict[str, tuple[Attack, tuple[str, ...]]] = {
    "the log dropped": (drop, ("one was made, and it is gone",)),
    "a look deleted": (access("DELETE FROM entries WHERE idx = ?", CHANGED), (f"entry {CHANGED}", "missing")),
    "the newest look deleted": (access("DELETE FROM entries WHERE idx = ?", LOOKS), (f"entry {LOOKS}", "missing")),
    "all looks deleted": (access("DELETE FROM entries WHERE idx > 0"), (f"entries 1–{LOOKS}", "missing")),
    "who looked rewritten": (
        lambda copy: rewrite(copy, CHANGED, b'"role":"AUDITOR"', b'"role":"REVIEWER"', rehash=False),
        (f"entry {CHANGED}", "contents do not match its hash"),
    ),
    "a look rewritten and linked again": (
        lambda copy: rewrite(copy, CHANGED, b'"role":"AUDITOR"', b'"role":"REVIEWER"', rehash=True, head=False),
        ("head", "root"),
    ),
    "a look added": (append_unlinked, (f"entry {SIZE}", "beyond the head")),
    "looks swapped": (
        lambda copy: copy.access.run([
            copy.access.moved(1, -9), copy.access.moved(2, 1), copy.access.moved(-9, 2),
        ]),
        ("entry 1", "does not follow"),
    ),
    "the head's root": (access("UPDATE head SET root = ?", b"\x01" * 32), ("head", "root")),
    "the opening rewritten, everything hashed again": (
        lambda copy: rewrite(copy, 0, b'"clock":"real"', b'"clock":"true"', rehash=True),
        ("entry 0", "not the one that this ledger marked"),
    ),
    "another ledger's name, everything hashed again": (
        lambda copy: rewrite(copy, 0, b"/access", b"/bccess", rehash=True),
        ("entry 0", "another ledger"),
    ),
    "the log emptied, its head too": (
        lambda copy: (copy.access.rows("DELETE FROM entries"), copy.access.rows("UPDATE head SET size = 0")),
        ("entry 0", "not the one that this ledger marked"),
    ),
    "the mark removed": (rows("DELETE FROM access_log"), ("one was made, and its mark is gone",)),
    "the mark and the log removed": (
        drop_with_its_mark,
        ("one was made, and its mark is gone",),
    ),
    "the mark rewritten": (rows("UPDATE access_log SET leaf = ?", b"\x01" * 32), ("its mark",)),
    "the mark's seal rewritten": (rows("UPDATE access_log SET seal = ?", b"\x01" * 33), ("its mark",)),
}  # fmt: skip

FULL: dict[str, tuple[Attack, tuple[str, ...]]] = {
    "a column": (
        access("UPDATE entries SET topic = 'command.refused.v1' WHERE idx = ?", CHANGED),
        (f"entry {CHANGED}", "column topic"),
    ),
    "the column of subjects": (
        access("UPDATE entries SET subjects = 'somebody' WHERE idx = ?", CHANGED),
        (f"entry {CHANGED}", "column subjects"),
    ),
    "the row that shows a look to its subject": (
        access("DELETE FROM entry_subjects WHERE idx = ?", CHANGED),
        (f"entry {CHANGED}", "one of its subjects is missing"),
    ),
    "a look shown to somebody else": (
        access("INSERT INTO entry_subjects (subject, idx) VALUES ('somebody', ?)", CHANGED),
        (f"entry {CHANGED}", "does not list"),
    ),
    "bytes that are not canonical, everything hashed again": (
        lambda copy: rewrite(copy, CHANGED, b'"role"', b' "role"', rehash=True),
        (f"entry {CHANGED}", "not canonical"),
    ),
    "a type of the main log, everything hashed again": (
        lambda copy: rewrite(copy, CHANGED, b"record.accessed.v1", b"breach.confirmed.v1", rehash=True),
        (f"entry {CHANGED}", "topic is not of the catalogue"),
    ),
    "a time before the others, everything hashed again": (
        lambda copy: rewrite(copy, CHANGED, b'"recorded_at":"20', b'"recorded_at":"19', rehash=True),
        (f"entry {CHANGED}", "recorded before"),
    ),
    "a section nobody committed to": (
        access("INSERT INTO disclosures VALUES (1, 'identity', 'somebody', 'CASE', ?)", b"\x01" * 64),
        ("entry 1", "section identity"),
    ),
    "a token where none is": (
        access("INSERT INTO tokens (digest, id, subject, sealed) VALUES (?, 'x', 'y', ?)", b"\x01" * 33, b"\x02"),
        ("tokens", "1 rows"),
    ),
    "a row of the blind index where none is": (
        access("INSERT INTO blind_index (field, digest, uid) VALUES ('actor', ?, 'x')", b"\x01" * 33),
        ("blind_index", "1 rows"),
    ),
    "the row that tells which login looked": (
        lambda copy: copy.rows("DELETE FROM blind_index WHERE field = 'actor'"),
        ("entry 1", "an actor's row of the blind index is missing"),
    ),
}  # fmt: skip


def test_an_untouched_access_log_is_found_whole(looked: Copy) -> None:
    for quick in (False, True):
        report = looked.verify(quick=quick)
        assert report.ok
        assert [finding.grade for finding in report.findings] == [Grade.NOTICE]
        assert report.size == GOLDEN_SIZE
        assert report.access is not None
        ((root, chain),) = looked.access.rows("SELECT root, chain FROM head")
        assert report.access.size == SIZE
        assert (report.access.root, report.access.chain) == (bytes(root).hex(), bytes(chain).hex())
        assert OPEN_WINDOW in report.not_checked, "no checkpoint covers the newest looks yet"


@pytest.mark.parametrize("attack", QUICK)
def test_what_touches_the_log_is_found_quickly_too(looked: Copy, attack: str) -> None:
    tamper, words = QUICK[attack]
    tamper(looked)

    for quick in (True, False):
        found(looked.verify(quick=quick), *words)


@pytest.mark.parametrize("attack", FULL)
def test_what_lies_beside_the_looks_is_found(looked: Copy, attack: str) -> None:
    tamper, words = FULL[attack]
    tamper(looked)

    found(looked.verify(), *words)


@pytest.mark.parametrize("index", range(SIZE))
def test_a_changed_byte_in_any_look_is_found(looked: Copy, index: int) -> None:
    state = bytearray(looked.access.entry(index))
    state[len(state) * (index + 1) // (SIZE + 1)] ^= 1
    looked.access.write_entry(index, bytes(state))

    for quick in (False, True):
        found(looked.verify(quick=quick), f"entry {index}", "contents do not match its hash")


@pytest.mark.parametrize(
    "attack", ["the log dropped", "the mark removed", "the mark and the log removed", "the mark rewritten"]
)
def test_without_its_log_a_ledger_shows_nobodys_record(looked: Copy, attack: str) -> None:
    QUICK[attack][0](looked)

    with looked.opened() as ledger, pytest.raises(VerificationError):
        ledger.access.look(HR, [ledger.book.uid], scope=["ENTRIES"])


def test_without_the_keys_a_dropped_log_is_found_and_a_dropped_mark_is_a_gap(looked: Copy) -> None:
    (looked.folder / "keys").unlink()
    assert looked.verify(quick=True).ok, "a quick verification needs no keys"
    drop(looked)
    found(looked.verify(quick=True), "it is gone")

    looked.rows("DELETE FROM access_log")
    report = looked.verify(quick=True)
    assert not report.ok
    assert {finding.grade for finding in report.findings} == {Grade.GAP, Grade.NOTICE}


def cut_tail(copy: Copy) -> None:
    """The newest look is gone, and the log agrees with itself."""
    copy.access.rows("DELETE FROM entries WHERE idx = ?", LOOKS)
    copy.access.rows("DELETE FROM entry_subjects WHERE idx = ?", LOOKS)
    copy.access.rehash(head=True)
    copy.access.rows("UPDATE head SET recorded_at = (SELECT recorded_at FROM entries ORDER BY idx DESC LIMIT 1)")


def test_a_tail_cut_before_anything_was_signed_of_it_stays_unseen_and_the_report_says_so(looked: Copy) -> None:
    cut_tail(looked)

    report = looked.verify()

    assert report.ok
    assert OPEN_WINDOW in report.not_checked


@pytest.mark.parametrize("anchored", [False, True])
def test_a_tail_that_was_signed_is_missed_by_checkpoint_and_sentinel_and_where_it_is_by_the_anchor(
    looked: Copy, anchored: bool
) -> None:
    with looked.keys_given(), looked.opened() as ledger:
        if anchored:
            anchor_access(ledger)
        ledger.publish()
    assert looked.verify().ok
    cut_tail(looked)

    for quick in (False, True):
        codes = {one.code for one in looked.verify(quick=quick).findings if one.grade is Grade.MANIPULATION}
        assert codes == {"checkpoint", "sentinel-ahead"} | ({"anchor"} if anchored else set())


def test_a_file_of_noise_in_its_place_is_found(golden_file: Copy) -> None:
    for noise in (b"", b"not a database, but long enough to look at" * 500):
        golden_file.access.file.write_bytes(noise)
        for quick in (True, False):
            found(golden_file.verify(quick=quick))


def test_a_page_of_noise_becomes_a_finding(golden_file: Copy) -> None:
    data = golden_file.access.file.read_bytes()
    page, outcomes = 4096, list[str]()
    for start in range(page, len(data), page):
        golden_file.access.file.write_bytes(data[:start] + b"\xa5" * page + data[start + page :])
        outcomes.append(outcome(golden_file))

    assert outcomes.count("found") > len(outcomes) // 2, outcomes
    assert "whole" not in outcomes, outcomes


def test_no_flipped_byte_of_the_file_changes_anything_unseen(looked_file: Copy) -> None:
    tables = ("entries", "head", "tiles", "entry_subjects")

    def contents() -> list[list[tuple[object, ...]]]:
        return [looked_file.access.rows(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]  # noqa: S608

    data, original, seen = looked_file.access.file.read_bytes(), contents(), 0
    for place in range(random.randrange(FLIP_EVERY), len(data), FLIP_EVERY):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        looked_file.access.file.write_bytes(changed)
        if outcome(looked_file) == "whole":
            assert contents() == original, f"byte {place} was changed and nothing was said"
        else:
            seen += 1

    assert seen > 0, "the flips hit nothing"


def test_a_table_of_the_mark_that_is_gone_is_found(golden: Copy) -> None:
    golden.rows("ALTER TABLE access_log RENAME TO access_log_gone")
    try:
        found(golden.verify(quick=True), "its mark")
    finally:
        golden.rows("ALTER TABLE access_log_gone RENAME TO access_log")
