"""Every byte of a small ledger's files flipped, one at a time: found, or nothing that can be read is another (T3).

A flip is harmless where every row of every table reads back as it was and look-ups find it: it hit free space, or a
counter of SQLite's. Whatever else it does `integrity verify` says so, or the ledger does not open. Per
commit every 16th byte, beginning at a random one; nightly every byte.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ledger.errors import LedgerError
from ledger.line import Line
from tests.support.golden import Copy
from tests.support.ledgers import a_ledger
from tests.support.scene import U1
from tests.support.storage import SteppingClock

EVERY = 16
SMALL_PAGE = 512  # a small file, of which most bytes hold something
FILES = ("ledger.db", "ledger.db.access", "sentinel", "keys")
Rows = dict[str, list[tuple[object, ...]]]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A place for many small copies: in memory, where the machine has that."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with TemporaryDirectory(prefix="ledger-flips-", dir=memory if memory.is_dir() else None) as made:
        yield Path(made)


@pytest.fixture(scope="module")
def whole(folder: Path) -> Copy:
    """A small ledger, signed to its last entry, in small files and without a WAL."""
    made = Copy(f"sqlite:///{folder / 'whole' / 'ledger.db'}", folder / "whole")
    made.folder.mkdir()
    with a_ledger(made.url, made.folder, SteppingClock()) as ledger:
        ledger.publish()
    for name in FILES:
        with closing(sqlite3.connect(made.folder / name, isolation_level=None)) as connection:
            for statement in ("journal_mode = DELETE", f"page_size = {SMALL_PAGE}"):
                connection.execute(f"PRAGMA {statement}")
            connection.execute("VACUUM")
            connection.execute("PRAGMA journal_mode = WAL")
    return made


@pytest.fixture(scope="module")
def with_wal(whole: Copy, folder: Path) -> Copy:
    """The same with three more entries, signed, that stand in the WAL alone: as after a crash."""
    at_work, left = copied(whole, folder / "at-work"), folder / "with-wal"
    left.mkdir()
    clock = SteppingClock()
    clock.now = clock.now.replace(year=2026)
    with at_work.keys_given(), at_work.opened() as ledger:
        ledger.clock = clock
        for number in range(3):
            data: dict[str, Any] = {
                "commitment_id": f"C{number}",
                "promisor_id": "U1",
                "kind": "SERVICE",
                "text": "按时办结",
            }
            data |= {"weight": 1, "due_on": "2027-01-01", "public": True}
            ledger.submit(Line("CommitmentMade", clock.now.date(), U1, data))
        ledger.publish()
        for file in at_work.folder.iterdir():
            if not file.name.endswith("-shm"):
                shutil.copy(file, left)
    assert (left / "ledger.db-wal").stat().st_size > 0
    return Copy(f"sqlite:///{left / 'ledger.db'}", left)


def copied(copy: Copy, folder: Path) -> Copy:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(copy.folder, folder)
    return Copy(f"sqlite:///{folder / 'ledger.db'}", folder)


def rows_of(file: Path) -> Rows:
    """Every row of every table, in an order of their own, less the counter by which nothing is decided."""
    with closing(sqlite3.connect(file)) as connection:
        names = [str(name) for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {name: connection.execute(f'SELECT * FROM "{name}" NOT INDEXED').fetchall() for name in names}  # noqa: S608
    if "head" in rows:
        rows["head"] = [row[:-1] for row in rows["head"]]
    return {name: sorted(found, key=repr) for name, found in rows.items()}


def sound(file: Path) -> bool:
    """Whether SQLite finds the structure whole, so that a look-up finds what the table holds."""
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]


def harmless(file: Path, original: Rows) -> bool:
    """Whether everything reads back as it was; look-ups go by index in the ledger and its access log alone."""
    try:
        return rows_of(file) == original and (file.name in ("sentinel", "keys") or sound(file))
    except (sqlite3.Error, UnicodeDecodeError, OverflowError, ValueError):
        return False


def detected(copy: Copy) -> bool:
    """Whether a verification finds something or the ledger does not open: nothing else may happen."""
    try:
        return not copy.verify().ok
    except LedgerError:
        return True


def only_the_newest_checkpoint_is_gone(copy: Copy, original: Rows) -> bool:
    """What a crash between the sentinel and the store leaves behind; the next publication puts it back."""
    with copy.keys_given(), copy.opened() as ledger:
        ledger.publish()
    return harmless(copy.file, original)


def flip(whole: Copy, folder: Path, spoilt: str, read: str, every: int, chance: random.Random) -> Counter[str]:
    """Flip bytes of one file, one at a time; how many were found, and how many did no harm."""
    data, original = (whole.folder / spoilt).read_bytes(), rows_of(whole_copy(whole, folder) / read)
    outcomes = Counter[str]()
    for place in range(chance.randrange(every), len(data), every):
        changed = bytearray(data)
        changed[place] ^= 0xFF
        at = Copy(f"sqlite:///{folder / 'flipped' / 'ledger.db'}", whole_copy(whole, folder))
        (at.folder / spoilt).write_bytes(changed)
        if harmless(at.folder / read, original):
            outcomes["harmless"] += 1
            continue
        whole_copy(whole, folder)  # as nobody has read it yet
        (at.folder / spoilt).write_bytes(changed)
        if detected(at):
            outcomes["found"] += 1
            continue
        assert spoilt.endswith("-wal"), f"byte {place} of {spoilt} was changed and nothing was said"
        assert only_the_newest_checkpoint_is_gone(at, original), f"byte {place} of {spoilt}: entries are gone, unseen"
        outcomes["recovered"] += 1
    print(f"{spoilt}, {len(data)} bytes: {dict(outcomes)}")
    return outcomes


def whole_copy(whole: Copy, folder: Path) -> Path:
    copied(whole, folder / "flipped")
    return folder / "flipped"


def seed() -> random.Random:
    number = int(os.environ.get("INTEGRITY_TEST_SEED", random.randrange(1 << 32)))
    print(f"seed {number}")
    return random.Random(number)


def test_the_untouched_files_are_found_whole(whole: Copy, with_wal: Copy, tmp_path: Path) -> None:
    for number, copy in enumerate((whole, with_wal)):
        report = copied(copy, tmp_path / str(number)).verify()
        assert report.findings == ()
    assert report.size == 8


def places(*, wal: bool) -> Sequence[object]:
    names = ("ledger.db-wal",) if wal else FILES
    every = [pytest.param(name, EVERY) for name in names]
    return [*every, *(pytest.param(name, 1, marks=pytest.mark.nightly) for name in names)]


@pytest.mark.parametrize(("file", "every"), places(wal=False))
def test_no_flipped_byte_goes_unseen(
    whole: Copy, tmp_path_factory: pytest.TempPathFactory, folder: Path, file: str, every: int
) -> None:
    outcomes = flip(whole, folder, file, file, every, seed())

    assert outcomes["found"] > 0, "the flips hit nothing"


@pytest.mark.parametrize(("file", "every"), places(wal=True))
def test_no_flipped_byte_of_the_wal_goes_unseen(with_wal: Copy, folder: Path, file: str, every: int) -> None:
    """SQLite drops what stands behind a damaged frame: the ledger is an older one then, and the sentinel knows more."""
    outcomes = flip(with_wal, folder, file, "ledger.db", every, seed())

    assert outcomes["found"] > 0, "the flips hit nothing"
