"""An outbox over a scene, its receivers on loopback, and a clock to set."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.outbox.backlog import Backlog
from api.outbox.channels import outbox_of
from api.outbox.outbox import Outbox
from api.settings import Settings
from tests.support.receivers import Mailbox, Receiver, keeping, receiving
from tests.support.scene import Scene, a_scene
from tests.support.tls import Authority

PAGE = 4096  # bytes of a page of the outbox's file: the first holds the schema
WRITTEN = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


class Clock:
    """The machine's time as a test sets it."""

    def __init__(self) -> None:
        self.now = 1_750_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def backlog(path: Path) -> Iterator[Backlog]:
    """A file with one target at 10, for which the notices 3 and 7 wait."""
    held = Backlog.take(path)
    assert held is not None
    held.begin("mail", 0)
    held.take_in("mail", [3, 7], 10)
    yield held
    held.release()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as kept:
        yield kept


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with keeping() as kept:
        yield kept


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority.make(tmp_path)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as opened:
        yield opened


@pytest.fixture
def sending(scene: Scene, clock: Clock, receiver: Receiver, tmp_path: Path) -> Iterator[Outbox]:
    """An outbox that has begun, with one webhook: what comes now is sent."""
    made = an_outbox(scene, clock, webhooks=webhooks(tmp_path, receiver.url), outbox_tries=3)
    assert run_once(made) == 0
    yield made
    made.stop()


def webhooks(folder: Path, *urls: str) -> Path:
    """A file of targets t0, t1, …"""
    path = folder / "webhooks.toml"
    targets = (f'[[target]]\nid = "t{n}"\nurl = "{url}"\nsecret = "{WRITTEN}"\n' for n, url in enumerate(urls))
    path.write_text("".join(targets))
    return path


def an_outbox(scene: Scene, clock: Clock, **given: object) -> Outbox:
    """An outbox with such settings; nothing of it runs yet."""
    settings = Settings(webhook_hosts=("127.0.0.1",), **given)
    made = outbox_of(scene.ledger, settings, clock)
    assert made is not None
    return made


def address_book(folder: Path, **known: str) -> None:
    """Who reads mail where."""
    lines = [f'[[address]]\nsubject = "{subject}"\nmail = "{mail}"\n' for subject, mail in known.items()]
    (folder / "addresses.toml").write_text("".join(lines))


def by_mail(scene: Scene, clock: Clock, mailbox: Mailbox, folder: Path, **given: object) -> Outbox:
    """An outbox that sends mail, to whoever stands in the address book."""
    return an_outbox(
        scene,
        clock,
        **{
            "smtp_url": f"smtp://127.0.0.1:{mailbox.port}",
            "smtp_from": "ledger@city.example",
            "smtp_addresses": folder / "addresses.toml",
            "public_url": "https://ledger.city.example/",
            **given,
        },
    )


def run_once(outbox: Outbox) -> int:
    """One round of every worker; how many notices were handed over."""
    return sum(outbox.run_once(worker) for worker in outbox.workers)


@dataclass(frozen=True)
class Kept:
    """A row of the outbox's file."""

    target: str
    index: int
    attempts: int
    undeliverable: bool
    error: str | None


def items(outbox: Outbox) -> list[Kept]:
    """What the outbox's file has, read beside it."""
    with closing(sqlite3.connect(outbox.path)) as connection:
        query = "SELECT target, idx, attempts, undeliverable, error FROM items ORDER BY target, idx"
        return [Kept(row[0], row[1], row[2], bool(row[3]), row[4]) for row in connection.execute(query)]


def types(receiver: Receiver) -> list[str]:
    return [json.loads(body)["type"] for _, body in receiver.received]
