"""The head alone: what a server checks before it opens, in a few reads whatever the size of the log.

The newest entry hashes to its leaf and links to the head's chain; every root of the frontier is that of the leaves or
tiles it stands for, and together they are the head's root. That the tiles are those of the entries is for `verify`.
"""

from __future__ import annotations

from typing import Final

from ledger.errors import VerificationError
from ledger.log.chain import genesis, leaf_hash, link
from ledger.log.merkle import TILE_HEIGHT, Frontier, root_of
from ledger.storage.reads import Reads
from ledger.storage.session import LEAVES, TILE_ROOTS

_CODE: Final = "head-not-verified"


def verify_head(store: Reads, origin: str) -> None:
    """`VerificationError` with code `head-not-verified` says what does not hold; nothing is returned."""
    head = store.head()
    newest = list(store.entries(max(head.size - 2, 0), head.size))
    if not newest or newest[-1].index != head.size - 1:
        raise VerificationError("head: its size is not that of the entries", code=_CODE)
    last = newest[-1]
    before = newest[-2].chain if len(newest) > 1 else genesis(origin)
    if leaf_hash(last.state) != last.leaf:
        raise VerificationError(f"entry {last.index}: contents do not match its hash", code=_CODE)
    if link(before, last.leaf) != last.chain or last.chain != head.chain:
        raise VerificationError(f"entry {last.index}: its link is not the head's chain", code=_CODE)
    frontier = Frontier.parse(head.size, head.frontier)
    if b"".join(_roots(store, head.size)) != head.frontier or frontier.root() != head.root:
        raise VerificationError("head: its root is not that of the leaves and tiles", code=_CODE)


def _roots(store: Reads, size: int) -> list[bytes]:
    """The roots of the complete subtrees of a tree of `size`, largest first, from tiles and leaves."""
    roots, start = [], 0
    for height in reversed(range(size.bit_length())):
        if size >> height & 1:
            level, within = divmod(height, TILE_HEIGHT)
            first = start >> (TILE_HEIGHT * level)
            roots.append(root_of(_hashes(store, level, first, first + (1 << within))))
            start += 1 << height
    return roots


def _hashes(store: Reads, level: int, start: int, stop: int) -> list[bytes]:
    if level == 0:
        rows = store.recorder.query(LEAVES, (start, stop))
    else:
        rows = store.recorder.query(TILE_ROOTS, (level - 1, start, stop))
    if len(rows) != stop - start:
        raise VerificationError("head: leaves or tiles under it are missing", code=_CODE)
    return [bytes(row[0]) for row in rows]
