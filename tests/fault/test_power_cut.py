"""Power cuts: nothing acknowledged is lost, at any moment, with or without torn writes (ASSURANCE §3, T2).

The control writes without waiting for the disk and must lose: a replay that cannot see a loss proves nothing. Every
disk is opened with its own keys, so a key that was used before it was durable would be seen as well.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger import fsck
from ledger.opening import create
from ledger.storage.store import open_store
from tests.fault.power import Cut, Disk, replay, trace

# ASSURANCE §5: 120 cuts for each commit, after every third told line; in the night 1,000 whole ones and 1,000 torn.
COMMITS = int(os.environ.get("INTEGRITY_TEST_COMMITS", "360"))
CUTS = int(os.environ.get("INTEGRITY_TEST_CUTS", "120"))
NIGHTLY_COMMITS = NIGHTLY_CUTS = 1000


@pytest.fixture(scope="module", autouse=True)
def strace_at_hand() -> None:
    if shutil.which("strace") is None:
        missing = "strace is not installed (Debian: apt install strace)"
        if os.environ.get("CI") == "true":
            pytest.fail(missing, pytrace=False)
        pytest.skip(missing)


class Written:
    """A ledger that was written under strace: the disk before, and the trace."""

    def __init__(self, folder: Path, synchronous: str, commits: int = COMMITS) -> None:
        self.commits = commits
        self.folder = folder / "ledger"
        self.folder.mkdir()
        create(f"sqlite:///{self.folder / 'ledger.db'}").close()
        self.before = {path.name: path.read_bytes() for path in self.folder.iterdir() if not path.name.endswith("-shm")}
        self.trace = trace(self.folder, commits, synchronous)

    def cuts(self, disk: Disk, count: int = CUTS) -> Iterator[Cut]:
        return replay(self.folder, self.before, self.trace, disk, max(1, self.commits // count))


def after(cut: Cut, folder: Path) -> tuple[fsck.Report, int]:
    """What a full verification says of a disk, and how many told entries it has lost."""
    cut.write(folder)
    url = f"sqlite:///{folder / 'ledger.db'}"
    report = fsck.verify_at(url)
    with open_store(url) as store:
        present = {row.index: row.leaf.hex() for row in store.entries()}
    shutil.rmtree(folder)
    told = (line.split() for line in cut.told)
    return report, sum(present.get(int(index)) != leaf for _, index, leaf, _ in told)


@pytest.fixture(scope="module")
def durable(tmp_path_factory: pytest.TempPathFactory) -> Written:
    return Written(tmp_path_factory.mktemp("durable"), "FULL")


def assert_nothing_is_lost(written: Written, folder: Path, torn: bool, count: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    disk = Disk(random.Random(seed), torn)
    number, told = 0, 0
    for number, cut in enumerate(written.cuts(disk, count), start=1):
        report, lost = after(cut, folder / f"cut-{number}")
        told = len(cut.told)
        assert report.ok, f"seed {seed}, cut {number}: {report.findings}"
        assert lost == 0, f"seed {seed}, cut {number}: {lost} of {told} told entries are lost"

    assert number >= count
    assert told == written.commits + 25
    assert disk.syncs > written.commits, "every commit waits for the disk"


TORN = pytest.mark.parametrize("torn", [False, True], ids=["whole", "torn"])


@TORN
def test_no_power_cut_loses_what_was_acknowledged(durable: Written, tmp_path: Path, torn: bool) -> None:
    assert_nothing_is_lost(durable, tmp_path, torn, CUTS)


@pytest.mark.nightly
@TORN
def test_no_power_cut_of_a_whole_night_loses_what_was_acknowledged(tmp_path: Path, torn: bool) -> None:
    assert_nothing_is_lost(Written(tmp_path, "FULL", NIGHTLY_COMMITS), tmp_path, torn, NIGHTLY_CUTS)


@pytest.mark.parametrize("synchronous", ["NORMAL", "OFF"])
def test_the_control_loses_what_was_acknowledged(tmp_path: Path, synchronous: str) -> None:
    cuts = list(Written(tmp_path, synchronous).cuts(Disk(random.Random(1), torn=False)))[::4]

    losses = [after(cut, tmp_path / f"cut-{number}")[1] for number, cut in enumerate(cuts)]

    assert sum(lost > 0 for lost in losses) > len(cuts) // 2, losses
