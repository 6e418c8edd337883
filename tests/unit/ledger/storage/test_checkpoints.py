"""Checkpoints in the store: the newest, the first that covers a size, and cosignatures that join later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import cosign
from ledger.log.note import parse_note, sign_note
from ledger.storage.checkpoints import PAGE, Checkpoints
from ledger.storage.store import create_store

ORIGIN = "localhost/kept"
KEY, WITNESS = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()


def note(size: int, root: int = 0) -> str:
    return sign_note(Checkpoint(ORIGIN, size, bytes([root]) * 32).format(), ORIGIN, KEY).format()


@pytest.fixture
def checkpoints(database_url: str) -> Iterator[Checkpoints]:
    with create_store(database_url, ORIGIN) as store:
        yield Checkpoints(store.recorder)


def test_there_is_none_at_first(checkpoints: Checkpoints) -> None:
    assert checkpoints.newest() is checkpoints.covering(0)
    assert list(checkpoints.all()) == []


def test_the_first_that_covers_a_size_is_found(checkpoints: Checkpoints) -> None:
    for size in (10, 3, 7):
        checkpoints.keep(note(size))
    assert checkpoints.newest() == note(10)
    assert [checkpoints.covering(size) for size in (1, 3, 4, 8, 11)] == [note(3), note(3), note(7), note(10), None]
    assert [size for size, _ in checkpoints.all()] == [3, 7, 10]


def test_cosignatures_join_and_stay(checkpoints: Checkpoints) -> None:
    checkpoints.keep(note(5))
    text = parse_note(note(5)).text
    seen = parse_note(note(5)).with_signatures([cosign(text, "w/one", WITNESS, 100)])
    checkpoints.keep(seen.format())
    checkpoints.keep(note(5))  # kept again without it, as after a restart

    assert checkpoints.newest() == seen.format()


def test_all_are_read_page_by_page(checkpoints: Checkpoints) -> None:
    for size in range(1, PAGE + 3):
        checkpoints.keep(note(size))
    assert [size for size, _ in checkpoints.all()] == list(range(1, PAGE + 3))
