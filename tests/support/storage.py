"""Helpers for tests of the store: events of no meaning, and the check that a log is whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from ledger.log.chain import genesis, leaf_hash, link
from ledger.log.merkle import Frontier, root_of
from ledger.storage.events import Disclosure, LedgerStoredEvent
from ledger.storage.store import Store

ORIGIN = "localhost/tests"
TILE = 256


def event(
    stream: str | None = None,
    version: int = 1,
    topic: str = "thing.done.v1",
    *,
    state: bytes | None = None,
    subjects: Sequence[str] = (),
    disclosures: Sequence[Disclosure] = (),
) -> LedgerStoredEvent:
    """An event of a fresh stream, unless a stream is given."""
    return LedgerStoredEvent(
        stream or f"thing/{uuid4()}",
        version,
        topic,
        os.urandom(24).hex().encode() if state is None else state,
        subjects=tuple(subjects),
        disclosures=tuple(disclosures),
    )


class SteppingClock:
    """A clock that a test sets; it goes on by a millisecond each time it is read."""

    def __init__(self, start: datetime = datetime(2025, 1, 1, 1, tzinfo=UTC)) -> None:
        self.now = start

    def __call__(self) -> datetime:
        self.now += timedelta(milliseconds=1)
        return self.now


def check_log(store: Store, origin: str = ORIGIN) -> int:
    """Recompute leaves, chain, root, frontier and tiles from the bytes; returns the number of entries."""
    chain, leaves, recorded_at = genesis(origin), [], ""
    subjects: dict[str, list[int]] = {}
    places = set()
    for expected, row in enumerate(store.entries()):
        assert row.index == expected, "indexes have no gap"
        assert row.leaf == leaf_hash(row.state), f"leaf {expected}"
        chain = link(chain, row.leaf)
        assert row.chain == chain, f"chain {expected}"
        assert row.recorded_at >= recorded_at, f"time goes back at {expected}"
        recorded_at = row.recorded_at
        assert (row.stream, row.version) not in places
        places.add((row.stream, row.version))
        leaves.append(row.leaf)
        for subject in row.subjects:
            subjects.setdefault(subject, []).append(row.index)
    frontier = Frontier()
    frontier.extend(leaves)
    head = store.head()
    assert head.size == len(leaves)
    assert head.chain == chain
    assert head.root == frontier.root()
    assert head.frontier == frontier.format()
    assert head.recorded_at == recorded_at
    for index in range(len(leaves) // TILE):
        assert store.tile(0, index) == b"".join(leaves[index * TILE : (index + 1) * TILE])
    assert store.tile(0, len(leaves) // TILE) is None
    for index in range(len(leaves) // TILE**2):
        roots = [root_of(leaves[first : first + TILE]) for first in range(index * TILE**2, (index + 1) * TILE**2, TILE)]
        assert store.tile(1, index) == b"".join(roots)
    for subject, indexes in subjects.items():
        assert [row.index for row in store.entries_of(subject)] == indexes
    return len(leaves)
