"""Leaf, chain and root: the entries' own bytes hashed again, in order, against what is stored beside them.

`take` is given the rows page by page; `finish` compares the end with the head row. A broken place is named once: what
follows it is measured against what is stored, not against the break.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ledger.fsck.portion import Portion
from ledger.fsck.report import Findings
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.log.chain import HASH_BYTES, genesis, leaf_hash, leaf_hashes, link, links
from ledger.log.merkle import Closed, Frontier
from ledger.storage.session import Row

_UNKNOWN: Final = b"\0" * HASH_BYTES  # stands for a hash that cannot be known
_NO_END: Final = 1 << 63
_LINK: Final = "SELECT chain FROM entries WHERE idx = ?"


@dataclass(frozen=True, slots=True)
class StoredHead:
    """The head row as it is stored, whatever it holds."""

    size: int
    root: Any
    chain: Any
    frontier: Any
    recorded_at: Any


@dataclass(frozen=True, slots=True)
class Taken:
    """A page of entries taken in: those whose contents are not what was hashed, all leaves, the tiles they complete."""

    doubtful: set[int]
    leaves: list[bytes]
    closed: list[Closed]


def nodes_of(taken: Taken, *, tiles: bool) -> list[bytes]:
    """What a page adds to a portion: the roots of the tiles of leaves it completes, or its leaves."""
    return [tile.root for tile in taken.closed if tile.level == 0] if tiles else taken.leaves


def read_head(snapshot: Snapshot, findings: Findings) -> StoredHead | None:
    """The one head row; a finding and None if there is not exactly one that makes sense."""
    try:
        rows = snapshot.rows("SELECT size, root, chain, frontier, recorded_at FROM head")
    except Damaged as error:
        findings.place("head", error.detail, "head-unreadable")
        return None
    if len(rows) != 1 or type(rows[0][0]) is not int or rows[0][0] < 0:
        findings.place("head", f"there are {len(rows)} rows; one, with a size, is expected", "head-missing")
        return None
    return StoredHead(*rows[0])


def link_before(snapshot: Snapshot, index: int) -> bytes | None:
    """The link stored with the entry before; None where there is none that is one."""
    rows = snapshot.rows(_LINK, (index - 1,))
    whole = len(rows) == 1 and type(rows[0][0]) is bytes and len(rows[0][0]) == HASH_BYTES
    return rows[0][0] if whole else None


class Spine:
    """The log as hashed so far. `size` counts the entries seen."""

    def __init__(self, origin: str | None, head: StoredHead | None, findings: Findings) -> None:
        self.size = 0
        self.aligned = True  # no entry was missing so far: positions in the tree are those of the entries
        self.chain = _UNKNOWN if origin is None else genesis(origin)  # recomputed from the contents alone
        self.unreadable: set[int] = set()
        self._stored: object = None if origin is None else self.chain  # the link stored before the next entry
        self._expected = 0
        self._beyond: list[int] = []  # the first and the last index behind the head
        self._head, self._findings = head, findings
        self._frontier = Frontier()

    @property
    def expected(self) -> int:
        """The index of the entry that comes next."""
        return self._expected

    def begin_at(self, index: int, chain: bytes) -> None:
        """Take entries from there on, behind this link. Root and size are of the part then."""
        self._expected, self.chain, self._stored = index, chain, chain

    def go_on(self, size: int, chain: bytes, frontier: Frontier) -> None:
        """Take entries from there on, behind that many whose leaves and link are these."""
        self.begin_at(size, chain)
        self.size, self._frontier = size, frontier

    def take_over(self, portion: Portion) -> list[Closed]:
        """Entries that follow and were hashed elsewhere; the tiles above those of leaves that they complete."""
        self.chain = self._stored = portion.chain
        self.size += portion.stop - portion.first
        self._expected = portion.stop
        extend = self._frontier.extend_tiles if portion.tiles else self._frontier.extend
        return extend(portion.nodes)

    @property
    def root(self) -> bytes:
        """The root over the entries seen."""
        return self._frontier.root()

    def take(self, rows: list[Row]) -> Taken:
        """Hash a page of rows on; each begins with its index and ends with leaf, chain and contents."""
        taken = self._take_whole(rows)
        return self._take_singly(rows) if taken is None else taken

    def _take_whole(self, rows: list[Row]) -> Taken | None:
        """The page at full speed; None, and nothing taken, if anything in it is not as it must be."""
        indexes, *_, stored, linked, states = zip(*rows, strict=True)
        first, last = self._expected, self._expected + len(rows)
        end = _NO_END if self._head is None else self._head.size
        if last > end or indexes != tuple(range(first, last)) or set(map(type, states)) != {bytes}:
            return None
        leaves = leaf_hashes(states)
        chain = links(self.chain, leaves)
        if tuple(leaves) != stored or tuple(chain) != linked:
            return None
        self.chain = self._stored = chain[-1]
        self._expected = last
        self.size += len(leaves)
        return Taken(set(), leaves, self._frontier.extend(leaves))

    def _take_singly(self, rows: list[Row]) -> Taken:
        """The page row by row, each broken place named."""
        chain, leaves, doubtful = self.chain, list[bytes](), set[int]()
        for index, *_, leaf, linked, state in rows:
            computed = leaf_hash(state) if type(state) is bytes else _UNKNOWN
            chain = link(chain, computed)
            leaves.append(computed)
            if index < 0:
                self._findings.entry(index, "indexes count from 0", "entry-beyond")
                self.aligned = False
                doubtful.add(index)
                continue
            if index != self._expected:
                self._missing(self._expected, index)
                self._stored = None  # what came before it is not there to compare with
            if self._head is not None and index >= self._head.size:
                self._beyond = [*self._beyond[:1], index]
            if computed != leaf or type(state) is not bytes:
                self._findings.entry(index, "contents do not match its hash", "leaf")
                doubtful.add(index)
            if not _follows(self._stored, leaf, linked):
                self._findings.entry(index, "does not follow the entry before it: its chain is broken", "chain")
            self._expected = index + 1
            self._stored = linked
        self.chain = chain
        self.size += len(leaves)
        return Taken(doubtful, leaves, self._frontier.extend(leaves))

    def _missing(self, first: int, stop: int) -> None:
        """Entries [first, stop) are not there; those behind the head were never promised."""
        self.aligned = False
        if self._head is not None:
            stop = min(stop, self._head.size)
        for index in sorted(index for index in self.unreadable if first <= index < stop):
            self._findings.entries(first, index, "missing", "entry-missing")
            first = index + 1
        self._findings.entries(first, stop, "missing", "entry-missing")

    def finish(self, recorded_at: object = None) -> None:
        """Compare the end of the log with the head row; `recorded_at` is the newest entry's time, where it was read."""
        head, found = self._head, self._findings
        if self._beyond:
            first, last = self._beyond[0], self._beyond[-1]
            places = f"entry {first}" if first == last else f"entries from {first} to {last}"
            what = "beyond the head row, which was written with every entry"
            found.place(places, what, "entry-beyond", index=first)
        if head is None:
            return
        if self._expected < head.size:
            self._missing(self._expected, head.size)
        if self.size != head.size:
            found.place("head", f"counts {head.size} entries; there are {self.size}", "head-size")
        derived = {"chain": self.chain, "root": self.root, "frontier": self._frontier.format()}
        wrong = [name for name, value in derived.items() if getattr(head, name) != value]
        if wrong:
            verb = "is not that" if len(wrong) == 1 else "are not those"
            found.place("head", f"its {', '.join(wrong)} {verb} of the entries", "head")
        if recorded_at is not None and head.recorded_at != recorded_at:
            found.place("head", "its recorded time is not that of the newest entry", "head-recorded-at")


def _follows(stored: object, leaf: object, linked: object) -> bool:
    """Whether a stored link follows the one stored before it; what cannot be known is not held against it."""
    if stored is None:
        return True
    if not all(type(value) is bytes and len(value) == HASH_BYTES for value in (stored, leaf)):
        return False
    return link(stored, leaf) == linked  # type: ignore[arg-type]
