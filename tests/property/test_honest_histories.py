"""No false alarm: whatever honest people do to a ledger, every verifier is content with it and with what left it.

Random commands by several writers at once, checkpoints at random moments, restarts, keys that succeed one another, acts
that a unit signs, looks, anchors, erasures; receipts, bundles, exports and checkpoints taken on the way. Then the whole
is verified, and every file is checked and compared with the newest export. The ledgers lie in memory where the machine
has that, since nothing here is about the disk; each begins as a copy of one that was opened once.
"""

from __future__ import annotations

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ledger import fsck
from ledger.access import Viewer
from ledger.anchoring import anchor_access
from ledger.application import Ledger
from ledger.artefacts.bundle import make_bundle
from ledger.artefacts.check import check_bytes
from ledger.artefacts.compare import compare
from ledger.artefacts.export import write_export
from ledger.artefacts.receipt import make_receipt
from ledger.artefacts.report import Report
from ledger.artefacts.trust import Trust
from ledger.clock import day_of
from ledger.errors import Refused
from ledger.fsck.report import Grade
from ledger.key_events import end_key, introduce_actor_key, possession, rotate_signing_key
from ledger.keyring import actor_key_name
from ledger.line import Line, LineActor
from ledger.log.entry import Signature, signed_message
from ledger.log.note import format_vkey
from ledger.signing import Signed
from tests.support.artefacts import a_key, public
from tests.support.erasure import HR, order_class
from tests.support.golden import Copy
from tests.support.ledgers import a_ledger, uid_of
from tests.support.scene import CREDIT
from tests.support.storage import SteppingClock
from tests.support.verifiers import Given, by_ledger, by_script

HISTORIES = 500
STEPS = (4, 9)
SCRIPT_EVERY = 10  # the independent verifier is slow, so it is asked of one history in so many
UNITS = {"U1": a_key("honest U1"), "U2": a_key("honest U2")}
AUDITOR = Viewer("auditor-1", "AUDITOR")


class Honest:
    """One random history of one ledger."""

    def __init__(self, copy: Copy, chance: random.Random, clock: SteppingClock) -> None:
        self.copy, self.chance, self.clock = copy, chance, clock
        self.taken: list[bytes] = []  # files that left the ledger, the older first
        self.done = Counter[str]()
        self.names = self.open_commitments = 0
        self.ledger = self._open()

    def _open(self) -> Ledger:
        ledger = Ledger.open(self.copy.url)
        ledger.clock = self.clock
        return ledger

    def step(self) -> None:
        """One thing that somebody does."""
        what = self.chance.choice(STEPS_OF)
        with suppress(Refused):  # what may not be done now is refused, and no harm
            what(self)
            self.done[what.__name__] += 1
        self.clock.now += timedelta(seconds=self.chance.randrange(200))

    # Writers.

    def name(self) -> str:
        self.names += 1
        return f"C{self.names}"

    def _promise(self, unit: str) -> Line:
        data: dict[str, Any] = {
            "commitment_id": self.name(),
            "promisor_id": unit,
            "kind": "SERVICE",
            "text": "三日内答复",
            "weight": 1,
        }
        data |= {"due_on": "2030-01-01", "public": True}
        return Line("CommitmentMade", self.today, LineActor(f"head-{unit}", "SUBJECT", unit), data)

    @property
    def today(self) -> Any:
        return day_of(self.clock())

    def _submit(self, line: Line) -> None:
        """As the unit's system does: signed where the unit has a key."""
        unit = line.actor.unit_id
        key = None if unit is None or self.ledger.uid("subject", unit) is None else self._valid_key(unit)
        if key is None or unit is None:
            self.ledger.submit(line)
            return
        prepared = self.ledger.prepare_signing(line)
        signature = Signature(key, UNITS[unit].sign(signed_message(self.ledger.origin, prepared.header)))
        self.ledger.submit(line, signed=Signed(prepared.material, [signature]))

    def _valid_key(self, unit: str) -> str | None:
        keys = self.ledger.publisher.keyring().keys_of(uid_of(self.ledger, unit), self.ledger.size)
        return keys[0].vkey.id if keys else None

    def promise(self) -> None:
        self._submit(self._promise(self.chance.choice(list(UNITS))))

    def promise_of_a_person(self) -> None:
        data: dict[str, Any] = {
            "commitment_id": self.name(),
            "promisor_id": self.chance.choice(["P1", "P2"]),
            "kind": "PERSONAL",
        }
        data |= {"text": "按时提交", "weight": 1, "due_on": "2030-01-01", "public": False}
        self.ledger.submit(Line("CommitmentMade", self.today, HR, data))

    def amend(self) -> None:
        if self.names:
            data = {"commitment_id": f"C{self.chance.randint(1, self.names)}", "new_due_on": "2031-01-01"}
            data |= {"reason": "依法变更", "authority_doc": "市政〔2025〕2号"}
            self.ledger.submit(Line("CommitmentAmended", self.today, CREDIT, data))

    def several_at_once(self) -> None:
        lines = [self._promise("U1"), self._promise("U2"), self._promise("U1"), self._promise("U2")]
        if self._valid_key("U1") or self._valid_key("U2"):
            return  # what is signed is written one at a time
        with ThreadPoolExecutor(2) as writers:
            list(writers.map(self.ledger.submit, lines))

    def twice(self) -> None:
        """A request that its sender repeats."""
        line, name = self._promise("U2"), self.name()
        if self._valid_key("U2") is None:
            first = self.ledger.submit(line, request=("sender", name))
            assert self.ledger.submit(line, request=("sender", name)) == first

    def look(self) -> None:
        person = uid_of(self.ledger, self.chance.choice(["P1", "P2"]))
        self.ledger.access.look(AUDITOR, [person], scope=["ENTRIES"], purpose="AUDIT")

    def erase(self) -> None:
        order_class(self.ledger, "CASE", self.chance.choice(["P1", "P2"]))

    # Keys.

    def rotate(self) -> None:
        rotate_signing_key(self.ledger)

    def retire(self) -> None:
        keys = self.ledger.publisher.keyring().log_keys(self.ledger.size)
        if len(keys) > 1:
            end_key(self.ledger, keys[0].vkey.id)

    def introduce(self) -> None:
        unit = self.chance.choice(list(UNITS))
        text = format_vkey(actor_key_name(self.ledger.origin, uid_of(self.ledger, unit)), public(UNITS[unit]))
        proof = UNITS[unit].sign(possession(self.ledger.origin, text))
        introduce_actor_key(self.ledger, unit, text, proof, required=self.chance.random() < 0.5)

    def revoke(self) -> None:
        for unit in UNITS:
            key = self._valid_key(unit)
            if key is not None:
                end_key(self.ledger, key, revoked_since=self.ledger.size)
                return

    # What leaves the ledger.

    def publish(self) -> None:
        self.taken.append(self.ledger.publish().note.encode())

    def restart(self) -> None:
        self.ledger.close()
        self.ledger = self._open()

    def anchor(self) -> None:
        self.clock.now += timedelta(days=1)
        anchor_access(self.ledger)

    def receipt(self) -> None:
        proof = make_receipt(self.ledger.store, self.ledger.publisher, self.chance.randrange(self.ledger.size))
        if proof is not None:
            self.taken.append(proof.format().encode())

    def bundle(self) -> None:
        indexes = self.chance.sample(range(self.ledger.size), 2)
        self.taken.append(make_bundle(self.ledger, indexes).format())

    def export(self) -> None:
        out = BytesIO()
        write_export(self.ledger, out)
        self.taken.append(out.getvalue())


STEPS_OF: list[Callable[[Honest], None]] = [
    Honest.promise, Honest.promise, Honest.promise_of_a_person, Honest.amend, Honest.amend, Honest.several_at_once,
    Honest.twice, Honest.look, Honest.look, Honest.erase, Honest.rotate, Honest.retire, Honest.introduce, Honest.revoke,
    Honest.publish, Honest.publish, Honest.restart, Honest.anchor, Honest.receipt, Honest.bundle, Honest.export,
]  # fmt: skip


@pytest.fixture(scope="module")
def opened() -> Iterator[Copy]:
    """A ledger of two units and two people, to be copied."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    with TemporaryDirectory(prefix="ledger-honest-", dir=memory if memory.is_dir() else None) as name:
        folder = Path(name, "opened")
        folder.mkdir()
        made = Copy(f"sqlite:///{folder / 'ledger.db'}", folder)
        with a_ledger(made.url, folder, SteppingClock()):
            pass
        yield made


def play(opened: Copy, seed: int) -> Counter[str]:
    """One history, and everything that is to be said of it."""
    chance, clock = random.Random(seed), SteppingClock()
    clock.now += timedelta(days=chance.randrange(400))
    folder = opened.folder.parent / f"history-{os.getpid()}"
    shutil.copytree(opened.folder, folder)
    copy = Copy(f"sqlite:///{folder / 'ledger.db'}", folder)
    try:
        with copy.keys_given():
            honest = Honest(copy, chance, clock)
            try:
                for _ in range(chance.randint(*STEPS)):
                    honest.step()
                honest.export()
                assert_content(honest, by_the_script=seed % SCRIPT_EVERY == 0)
            finally:
                honest.ledger.close()
        return honest.done
    finally:
        shutil.rmtree(folder)


def assert_content(honest: Honest, *, by_the_script: bool) -> None:
    """Nobody finds anything but what was announced: a revoked key is a notice."""
    ledger = honest.ledger
    for quick in (False, True):
        report = fsck.verify(ledger, quick=quick)
        assert report.findings == (), report.findings
    trust = Trust([key.vkey for key in ledger.publisher.keyring().all() if key.unit is None])
    checked = [check_bytes(data, trust, to_compare=True) for data in honest.taken]
    for report_of_file in checked:
        assert only_notices(report_of_file), report_of_file.findings
    for older in checked:
        assert not compare(older, checked[-1]).findings, compare(older, checked[-1]).findings
    if by_the_script:
        given = Given([key.text for key in ledger.publisher.keyring().all() if key.unit is None])
        for data in honest.taken:
            assert by_script(data, given) == by_ledger(data, given)
        for data in honest.taken[:-1]:
            assert by_script(honest.taken[-1], given, data) == by_ledger(honest.taken[-1], given, data)


def only_notices(report: Report) -> bool:
    return report.ok and all(one.grade is Grade.NOTICE and one.code == "key-revoked" for one in report.findings)


@pytest.mark.parametrize("count", [HISTORIES, pytest.param(10_000, marks=pytest.mark.nightly)])
def test_no_honest_history_raises_an_alarm(opened: Copy, count: int) -> None:
    first = int(os.environ.get("INTEGRITY_TEST_SEED", random.randrange(1 << 32)))
    print(f"seeds from {first}")
    done = Counter[str]()
    for seed in range(first, first + count):
        try:
            done += play(opened, seed)
        except BaseException:
            print(f"INTEGRITY_TEST_SEED={seed}")
            raise

    print(done)
    assert done.keys() >= {step.__name__ for step in STEPS_OF}, "every kind of step was taken"
