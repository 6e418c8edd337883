"""From events to rows: seals, hashes and links them behind the tip of the log, and gathers what a transaction writes.

A `Tip` is the moving end of the log inside one transaction; it starts from the head row read there. `Rows` holds what
is still to be written. Nothing here touches a database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from eventsourcing.persistence import StoredEvent

from ledger.clock import Clock, format_time
from ledger.errors import ClockBehind
from ledger.log.chain import leaf_hashes, links
from ledger.log.merkle import EMPTY_ROOT, Frontier
from ledger.log.tiles import HashReader, complete_tiles
from ledger.storage.events import Acknowledgement, Head, Insertion, LedgerStoredEvent

Seal = Callable[[StoredEvent, datetime], bytes]
Row = tuple[Any, ...]


def unsealed(event: StoredEvent, recorded_at: datetime) -> bytes:
    """The default seal: the state as given."""
    return event.state


def empty_head(genesis: bytes) -> Head:
    """The head row of a log without entries: RFC 6962's root of the empty tree, and the chain's genesis."""
    return Head(0, EMPTY_ROOT, genesis, b"", "")


class Stamp(NamedTuple):
    """The time a group is recorded at, as a moment and as it is written."""

    moment: datetime
    text: str

    @classmethod
    def take(cls, clock: Clock, newest: str, max_skew: timedelta) -> Stamp:
        """max(clock, newest): recorded times never go back, so every `as_known` is a prefix of the log."""
        now = clock()
        text = format_time(now)
        if text >= newest:
            return cls(now, text)
        last = datetime.fromisoformat(newest)
        if last - now > max_skew:
            raise ClockBehind(f"the clock is behind the newest entry by {(last - now).total_seconds():.3f} seconds")
        return cls(last, newest)


class Rows:
    """What a transaction still has to write, table by table."""

    __slots__ = ("disclosures", "documents", "entries", "index_rows", "requests", "subjects", "tiles")

    def __init__(self) -> None:
        self.entries: list[Row] = []
        self.subjects: list[Row] = []
        self.disclosures: list[Row] = []
        self.requests: list[Row] = []
        self.index_rows: list[Row] = []
        self.documents: list[Row] = []
        self.tiles: list[Row] = []

    def __bool__(self) -> bool:
        return bool(self.entries or self.index_rows or self.documents)


class Tip:
    """The end of the log within one transaction: where the next entry goes, and what it is linked to.

    Leaves are gathered as entries are placed; `settle` takes them into the tree.
    """

    __slots__ = ("_leaves", "chain", "frontier", "recorded_at", "size")

    def __init__(self, head: Head) -> None:
        self.size = head.size
        self.chain = head.chain
        self.recorded_at = head.recorded_at
        self.frontier = Frontier.parse(head.size, head.frontier)
        self._leaves: list[bytes] = []

    def settle(self, read: HashReader, rows: Rows) -> None:
        """Append the leaves placed so far to the tree; the tiles they complete join the rows to write."""
        leaves, self._leaves = self._leaves, []
        tiles = complete_tiles(self.frontier, leaves, read)
        rows.tiles.extend((tile.level, tile.index, tile.hashes, tile.root) for tile in tiles)

    def head(self) -> Head:
        """The head row for what has been settled."""
        assert not self._leaves, "a head is taken after the leaves were settled"
        return Head(self.size, self.frontier.root(), self.chain, self.frontier.format(), self.recorded_at)

    def place(self, insertion: Insertion, stamp: Stamp, seal: Seal, rows: Rows) -> list[Row]:
        """Put an insertion behind the tip; returns its rows of `entries`, to be acknowledged after the commit."""
        recorded_at, first = stamp.text, self.size
        states = [seal(event, stamp.moment) for event in insertion.events]
        leaves = leaf_hashes(states)
        chain = links(self.chain, leaves)
        placed: list[Row] = []
        for index, (event, state, leaf, linked) in enumerate(
            zip(insertion.events, states, leaves, chain, strict=True), first
        ):
            subjects = ""
            if isinstance(event, LedgerStoredEvent):
                subjects = " ".join(event.subjects)
                rows.subjects.extend((subject, index) for subject in event.subjects)
                rows.disclosures.extend((index, d.section, d.subject, d.retention, d.sealed) for d in event.disclosures)
            stream, version = event.originator_id, event.originator_version
            placed.append((index, stream, version, event.topic, recorded_at, subjects, leaf, linked, state))
        if placed:  # the head's time is its newest entry's, not that of an index row written alone
            self.size, self.chain, self.recorded_at = first + len(placed), chain[-1], recorded_at
        self._leaves.extend(leaves)
        rows.entries.extend(placed)
        request = insertion.request
        if request is not None:
            rows.requests.append(request.row(first, leaves))
        rows.index_rows.extend((row.field, row.digest, row.uid, row.seal) for row in insertion.index_rows)
        rows.documents.extend(insertion.documents.items())
        return placed


def acknowledge(placed: Iterable[Row]) -> list[Acknowledgement]:
    """The acknowledgements of rows of `entries` (at least up to the leaf), once they are committed."""
    return [
        Acknowledgement(index, index + 1, bytes(leaf).hex(), recorded_at, version)
        for index, _, version, _, recorded_at, _, leaf, *_ in placed
    ]
