"""A verification by several processes finds what one finds, in the same words and order, whatever was tampered with.

Most of it runs with helpers in threads, which is fast; that processes do the same is tried as well. Stretches are
small and helpers get all but the first, so that what was tampered with lies in a helper's part or at a border.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
from collections import deque
from collections.abc import Callable, Iterator
from multiprocessing import Pipe
from pathlib import Path
from threading import Thread

import pytest
from msgspec import structs

from ledger import fsck
from ledger.errors import LedgerError
from ledger.fsck import Grade, Report, crew, pages
from ledger.fsck.helper import Job, Task, help_with
from ledger.fsck.portion import Portion
from ledger.fsck.snapshot import PAGE
from ledger.importing.batch import import_tables
from ledger.importing.mapping import load_mapping
from ledger.log.chain import leaf_hash
from ledger.opening import create
from tests.bench.logs import made_rows
from tests.fault import test_tampering as tampering
from tests.fault import test_tampering_shape as shape
from tests.fault.test_tampering import BESIDE, LAST, insert_copy, soften
from tests.support.golden import CONFIRMED, GOLDEN_SIZE, Copy

Attack = Callable[[Copy], object]
SMALL = 8
ROWS = 2_500


class _Threaded:
    """A helper in a thread."""

    def __init__(self, job: Job) -> None:
        self.connection, theirs = Pipe()
        self.process = Thread(target=help_with, args=(theirs, job), daemon=True)
        self.process.start()
        self.given: deque[Task] = deque()

    def give(self, task: Task) -> None:
        self.given.append(task)
        self.connection.send(task)

    def end(self) -> None:
        self.connection.close()
        self.process.join()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages and stretches that a log of some tens of entries has several of."""
    monkeypatch.setattr(pages, "PAGE", SMALL)
    monkeypatch.setattr(crew, "PAGE", SMALL)
    monkeypatch.setattr(crew, "STRETCH", SMALL)


@pytest.fixture
def taken_over(monkeypatch: pytest.MonkeyPatch) -> list[Portion]:
    """The walk waits until helpers have everything, and the portions that it took over."""
    portion, is_clean, taken = crew.Crew.portion, crew.Crew.is_clean, list[Portion]()

    def waiting(self: crew.Crew, first: int) -> Portion | None:
        while self._helpers and (self._questions or (first in self._starts and self._starts.index(first) < self._left)):
            self._listen(None)
        found = portion(self, first)
        taken.extend([] if found is None else [found])
        return found

    def asked(self: crew.Crew, question: str) -> bool:
        while self._helpers and question in self._questions:
            self._listen(None)
        return is_clean(self, question)

    monkeypatch.setattr(crew.Crew, "portion", waiting)
    monkeypatch.setattr(crew.Crew, "is_clean", asked)
    return taken


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch, taken_over: list[Portion]) -> list[Portion]:
    monkeypatch.setattr(crew, "_Helper", _Threaded)
    return taken_over


def verified(copy: Copy, jobs: int, *, quick: bool = False) -> Report:
    with copy.keys_given():
        return fsck.verify_at(copy.url, quick=quick, jobs=jobs)


def assert_equal(copy: Copy) -> Report:
    for quick in (True, False):
        one = verified(copy, 1, quick=quick)
        assert verified(copy, 2, quick=quick) == one
    return one


def forged(change: Callable[[bytes], bytes], index: int = CONFIRMED) -> Attack:
    def attack(golden: Copy) -> None:
        golden.write_entry(index, change(golden.entry(index)))
        golden.rehash(head=True)

    return attack


def renewed(golden: Copy) -> None:
    soften(golden)
    golden.rows("UPDATE entries SET leaf = ? WHERE idx = ?", leaf_hash(golden.entry(CONFIRMED)), CONFIRMED)


def changed(*indexes: int) -> Attack:
    def attack(golden: Copy) -> None:
        for index in indexes:
            golden.write_entry(index, golden.entry(index)[:-1] + b" ")

    return attack


def rewritten(*, head: bool) -> Attack:
    def attack(golden: Copy) -> None:
        soften(golden)
        golden.rehash(head=head)

    return attack


def swapped(golden: Copy) -> None:
    golden.run([golden.moved(5, -9), golden.moved(30, 5), golden.moved(-9, 30)])


def earlier(golden: Copy) -> None:
    early = "2024-12-31T00:00:00.000000Z"
    state = golden.entry(16)
    start = state.rindex(b'"recorded_at":"') + len(b'"recorded_at":"')
    golden.write_entry(16, state[:start] + early.encode() + state[start + len(early) :])
    golden.rows("UPDATE entries SET recorded_at = ? WHERE idx = ?", early, 16)
    golden.rehash(head=True)


# What leads away from the path of a whole log before the first stretch ends, or leaves no word of how far it goes.
NOTHING_TAKEN = {
    "all", "no entries", "removed 0", "removed 7", "removed 8", "removed 15", "renumbered to -1", "removed head",
}  # fmt: skip
ENTRIES: dict[str, Attack] = {
    "nothing": lambda golden: None,
    "inserted": lambda golden: insert_copy(golden, 20),
    "swapped": swapped,
    "renewed hash": renewed,
    "rewritten": rewritten(head=False),
    "rewritten with head": rewritten(head=True),
    "not canonical": forged(lambda state: state.replace(b'"severity"', b' "severity"')),
    "another column": forged(lambda state: state.replace(b'"version":4}', b'"version":5}')),
    "another form": forged(lambda state: state.replace(b'"role":"DECIDER"', b'"role":1')),
    "no topic": forged(lambda state: state.replace(b"breach.confirmed.v1", b"breach.forgotten.v1")),
    "another origin": forged(lambda state: state.replace(b'"origin":"', b'"origin":"x')),
    "no text": forged(lambda state: b"\xff" * 40),
    "nothing in it": forged(lambda state: b""),
    "too deep": forged(lambda state: b"[" * 60_000),
    "another suite": forged(lambda state: state.replace(b"sha256-ed25519", b"md5"), 0),
    "recorded earlier": earlier,
    "another chain": lambda golden: golden.rows("UPDATE entries SET chain = ? WHERE idx = 15", b"\x01" * 32),
    "a chain cut short": lambda golden: golden.rows("UPDATE entries SET chain = ? WHERE idx = 15", b"\x01"),
    "two in two parts": changed(3, 35),
    "all": changed(*range(GOLDEN_SIZE)),
    "no entries": lambda golden: golden.rows("DELETE FROM entries"),
    "no keys": lambda golden: (golden.folder / "keys").unlink(),
    **{
        f"removed {index}": tampering.rows("DELETE FROM entries WHERE idx = ?", index)
        for index in (0, 7, 8, 15, 16, 39, LAST)
    },
    **{
        f"renumbered to {to}": tampering.rows("UPDATE entries SET idx = ? WHERE idx = 20", to)
        for to in (-1, GOLDEN_SIZE, 1 << 62)
    },
    **{
        f"changed {index}": changed(index)
        for index in range(0, GOLDEN_SIZE, 5)
    },
    **{
        f"column {name}": tampering.rows(f"UPDATE entries SET {name} = ? WHERE idx = ?", value, CONFIRMED)  # noqa: S608
        for name, value in (("stream", "subject/another"), ("version", 99), ("topic", "x"), ("subjects", "nobody"))
    },
    **{name: tamper for name, (tamper, _, _) in BESIDE.items()},
    **{f"index: {name}": tamper for name, tamper in shape.INDEX.items()},
}  # fmt: skip


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("attack", ENTRIES)
def test_parts_find_what_one_walk_finds(golden: Copy, threads: list[Portion], attack: str) -> None:
    ENTRIES[attack](golden)

    assert_equal(golden)
    assert threads or attack in NOTHING_TAKEN


@pytest.mark.usefixtures("small", "threads")
@pytest.mark.parametrize("attack", shape.ODD)
def test_parts_find_values_of_another_kind(golden_file: Copy, attack: str) -> None:
    golden_file.rows("UPDATE entries SET topic = 'x' WHERE idx = 3")
    golden_file.rows(shape.ODD[attack][0])

    assert not assert_equal(golden_file).ok


@pytest.mark.usefixtures("small", "threads")
def test_parts_find_a_page_of_noise(golden_file: Copy) -> None:
    data = golden_file.file.read_bytes()
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    compared = 0
    for start in range(4096, len(data), 4096 * 7):
        noise = random.Random(seed).randbytes(4096)
        golden_file.file.write_bytes(data[:start] + noise + data[start + 4096 :])
        try:
            one = verified(golden_file, 1)
        except LedgerError:
            continue
        assert verified(golden_file, 2) == one, start
        compared += 1

    assert compared


# A log that has tiles: whole ones lie in a helper's part.


@pytest.fixture(scope="module")
def long_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("long")
    long_log(Copy(f"sqlite:///{folder / 'ledger.db'}", folder))
    return folder


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def long(
    request: pytest.FixtureRequest, tmp_path: Path, long_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Copy]:
    """A ledger of some thousand entries of one's own, with stretches of one page."""
    monkeypatch.setattr(crew, "STRETCH", PAGE)
    if request.param == "sqlite":
        shutil.copytree(long_sqlite, tmp_path, dirs_exist_ok=True)
        yield Copy(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path)
        return
    with request.getfixturevalue("postgres_cluster").database() as url:
        copy = Copy(url, tmp_path)
        long_log(copy)
        yield copy


def long_log(copy: Copy) -> None:
    with copy.keys_given():
        ledger = create(copy.url)
        made_rows(copy.folder / "rows", ROWS)
        import_tables(ledger, [copy.folder / "rows"], load_mapping("public-records"), skip_refused=True)
        ledger.close()


LONG: dict[str, Attack] = {
    "nothing": lambda copy: None,
    "a tile": lambda copy: copy.rows("UPDATE tiles SET hashes = ? WHERE level = 0 AND idx = 5", b"\x01" * 8192),
    "a tile's root": lambda copy: copy.rows("UPDATE tiles SET root = ? WHERE level = 0 AND idx = 3", b"\x01" * 32),
    "no tile": lambda copy: copy.rows("DELETE FROM tiles WHERE level = 0 AND idx = 4"),
    "an entry at a border": changed(1024),
    "the last of a stretch": lambda copy: copy.rows("DELETE FROM entries WHERE idx = 1535"),
    "the link before a stretch": lambda copy: copy.rows("UPDATE entries SET chain = ? WHERE idx = 1023", b"\x01" * 32),
    "a subject's row": lambda copy: copy.rows("DELETE FROM entry_subjects WHERE idx = 1500"),
    "a section": lambda copy: copy.rows("DELETE FROM disclosures WHERE idx > 1400 AND idx < 1500"),
    "rows of names": lambda copy: copy.rows("DELETE FROM blind_index WHERE field = 'record-ref'"),
    "a stream's version": lambda copy: copy.rows("UPDATE entries SET version = 7 WHERE idx = 1200"),
}


@pytest.mark.parametrize(
    ("long", "attack"),
    [
        *(("sqlite", attack) for attack in LONG),
        *(pytest.param("postgres", attack, marks=pytest.mark.postgres) for attack in ("nothing", "a tile")),
    ],
    indirect=["long"],
)
def test_parts_with_tiles_find_what_one_walk_finds(long: Copy, threads: list[Portion], attack: str) -> None:
    LONG[attack](long)

    report = assert_equal(long)

    assert report.ok == (attack == "nothing")
    assert report.size > 3 * PAGE
    assert any(portion.tiles for portion in threads)


@pytest.mark.parametrize("attack", ["an entry at a border"])
def test_processes_find_what_one_finds(long: Copy, taken_over: list[Portion], attack: str) -> None:
    LONG[attack](long)

    assert_equal(long)

    assert taken_over


def test_a_helper_that_is_killed_is_a_gap_and_hides_nothing(long: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    long.write_entry(1500, long.entry(1500)[:-1] + b" ")
    one = verified(long, 1)
    give = crew._Helper.give

    def give_and_kill(helper: crew._Helper, task: Task) -> None:
        give(helper, task)
        assert helper.process.pid is not None
        os.kill(helper.process.pid, signal.SIGKILL)

    monkeypatch.setattr(crew._Helper, "give", give_and_kill)
    two = verified(long, 2)

    lost = [finding for finding in two.findings if finding.code == "helper-lost"]
    assert [finding.grade for finding in lost] == [Grade.GAP]
    assert not two.ok
    assert [finding for finding in two.findings if finding not in lost] == list(one.findings)
    assert (two.root, two.chain, two.size) == (one.root, one.chain, one.size)


@pytest.mark.parametrize("long", ["sqlite"], indirect=True)
def test_a_helper_that_cannot_open_the_store_leaves_all_to_the_walk(
    long: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "_Helper", lambda job: _Threaded(structs.replace(job, url="sqlite:///nowhere")))

    assert_equal(long)


def test_a_short_log_is_verified_by_one_process() -> None:
    assert crew.usual_jobs(crew.FEW - 1) == 1
    assert crew.usual_jobs(crew.FEW) in (1, 2)
