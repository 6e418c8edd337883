"""kill -9 of a server while it hands notices over: every notice arrives, and the one under way at most once more.

A real `integrity serve` sends the worked example's notices to a real receiver, and is killed before that answers, then
at any moment; another process sends the rest. Whatever arrives has the id that the log gives it.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep, time

import pytest

from api.outbox.backlog import Backlog, standings
from api.outbox.channels import outbox_of
from api.outbox.webhooks import message_of
from api.settings import Settings
from ledger.log.chain import leaf_hash
from projections.notices import notice_of
from tests.support.golden import Copy
from tests.support.receivers import Receiver, receiving
from tests.support.server import Server, served

SECRET = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
KILLS = 2
BEFORE_KILL = 3  # messages that came in by then
ANSWER_SECONDS = 0.05
SECONDS = 60


@dataclass
class Posting:
    """A ledger whose notices all go to one receiver; `ids` are those that the log gives."""

    copy: Copy
    receiver: Receiver
    ids: list[str]
    server: Server | None = None

    @property
    def file(self) -> Path:
        return self.copy.folder / "outbox"

    @property
    def settings(self) -> dict[str, str]:
        return {
            "INTEGRITY_OUTBOX": str(self.file),
            "INTEGRITY_OUTBOX_INTERVAL_SECONDS": "0.1",
            "INTEGRITY_OUTBOX_FIRST_WAIT_SECONDS": "0.1",
            "INTEGRITY_WEBHOOKS": str(self.copy.folder / "webhooks.toml"),
            "INTEGRITY_WEBHOOK_HOSTS": '["127.0.0.1"]',
        }

    def arrived(self) -> bool:
        return set(self.ids) <= set(self.receiver.ids)

    @contextmanager
    def served(self) -> Iterator[Server]:
        self.server = None
        with served(self.copy, **self.settings) as self.server:
            yield self.server

    def slowly(self, _: str) -> None:
        """Keep an answer back, and all of them until the server says that it is ready."""
        until(lambda: self.server is not None)
        sleep(ANSWER_SECONDS)

    def kill(self) -> None:
        """End the server, which may be sending before it says that it is ready."""
        until(lambda: self.server is not None)
        assert self.server is not None
        self.server.kill()

    def to_the_end(self) -> None:
        """The next process, which is this one, sends until nothing waits."""
        settings = Settings(outbox=self.file, webhooks=self.copy.folder / "webhooks.toml", webhook_hosts=("127.0.0.1",))
        with self.copy.opened() as ledger:
            outbox = outbox_of(ledger, settings, lambda: time() + SECONDS)  # what was put off is due
            assert outbox is not None
            for worker in outbox.workers:
                outbox.run_once(worker)
            outbox.stop()
        assert [one.waiting for one in standings(self.file)] == [0]


def until(holds: Callable[[], object], seconds: float = SECONDS) -> None:
    end = monotonic() + seconds
    while not holds():
        assert monotonic() < end
        sleep(0.02)


@pytest.fixture
def posting(golden_file: Copy) -> Iterator[Posting]:
    """The worked example with a target that begins at its first entry."""
    with golden_file.opened() as ledger:
        ids = []
        for entry in ledger.logged(0, ledger.size):
            notice = notice_of(ledger, entry)
            if notice is not None:
                ids.append(message_of(notice, leaf_hash(ledger.store.entry(entry.index).state), "").id)
    with receiving() as receiver:
        posting = Posting(golden_file, receiver, ids)
        target = f'[[target]]\nid = "t"\nurl = "{receiver.url}"\nsecret = "{SECRET}"\n'
        (golden_file.folder / "webhooks.toml").write_text(target)
        backlog = Backlog.take(posting.file)
        assert backlog is not None
        backlog.begin("webhook:t", 0)
        backlog.release()
        yield posting
    assert len(ids) == len(set(ids)) > 2 * KILLS


def test_killed_before_an_answer_and_at_any_moment_everything_arrives_and_a_death_costs_one_repetition_at_most(
    posting: Posting,
) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    under_way: list[str] = []

    def kill(message: str) -> None:
        if len(posting.receiver.received) == BEFORE_KILL:
            under_way.append(message)
            posting.kill()

    posting.receiver.before = kill
    with posting.served() as server:
        until(lambda: under_way)
        server.process.wait(SECONDS)
    assert not posting.arrived()
    posting.receiver.before = posting.slowly
    with posting.served() as server:
        sleep(random.Random(seed).uniform(0, ANSWER_SECONDS * (len(posting.ids) - BEFORE_KILL)))
        server.kill()
    posting.receiver.before = lambda _: None
    posting.to_the_end()

    again = Counter(posting.receiver.ids) - Counter(posting.ids)
    assert set(posting.receiver.ids) == set(posting.ids), f"seed {seed}"
    assert again[under_way[0]] >= 1, f"seed {seed}"  # nobody knows that it arrived
    assert again.total() <= KILLS, f"seed {seed}"


def test_a_notice_that_was_lost_or_noted_too_early_would_be_seen(posting: Posting) -> None:
    """The control: the same comparison where the file forgets the message under way before it was answered."""
    under_way: list[str] = []

    def forget(message: str) -> None:
        if len(posting.receiver.received) == BEFORE_KILL:
            posting.kill()
            posting.receiver.received.pop()  # it never arrived
            under_way.append(message)
            with closing(sqlite3.connect(posting.file)) as connection, connection:
                (first,) = connection.execute("SELECT min(idx) FROM items").fetchone()
                connection.execute("DELETE FROM items WHERE idx = ?", (first,))

    posting.receiver.before = forget
    with posting.served():
        until(lambda: under_way)
    posting.receiver.before = lambda _: None
    posting.to_the_end()

    assert set(posting.ids) - set(posting.receiver.ids) == set(under_way)
    assert not posting.arrived()
