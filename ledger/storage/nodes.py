"""The tree's hashes as a store holds them: complete tiles whole, what is not yet a tile from leaves and tile roots.

A `NodeReader` for proofs. It is made for one size and reads nothing beyond it, so a log that grows meanwhile does not
disturb it; a tile is read once.
"""

from __future__ import annotations

from ledger.errors import VerificationError
from ledger.log.chain import HASH_BYTES
from ledger.log.merkle import TILE_HEIGHT, root_of
from ledger.log.tiles import TILE_WIDTH
from ledger.storage.reads import Reads
from ledger.storage.session import LEAVES, TILE_ROOTS


class StoredNodes:
    """`nodes(height, index)`: the hash of a complete subtree within the first `size` leaves."""

    def __init__(self, store: Reads, size: int) -> None:
        self._store = store
        self._size = size
        self._tiles: dict[tuple[int, int], bytes] = {}

    def __call__(self, height: int, index: int) -> bytes:
        level, within = divmod(height, TILE_HEIGHT)
        start = index << within
        tile, offset = divmod(start, TILE_WIDTH)
        hashes = self.tile(level, tile)[offset * HASH_BYTES : (offset + (1 << within)) * HASH_BYTES]
        if len(hashes) != HASH_BYTES << within:
            raise VerificationError(f"tile {level}/{tile}: hashes are missing", code="tile-missing")
        if within == 0:
            return hashes
        return root_of([hashes[place : place + HASH_BYTES] for place in range(0, len(hashes), HASH_BYTES)])

    def tile(self, level: int, index: int) -> bytes:
        """The hashes of a tile as it stands at the size: 256 of them, or as many as there are by then."""
        known = self._tiles.get((level, index))
        if known is None:
            known = self._tiles[level, index] = self._read(level, index)
        return known

    def _read(self, level: int, index: int) -> bytes:
        start = index * TILE_WIDTH
        stop = min(start + TILE_WIDTH, self._size >> (TILE_HEIGHT * level))
        if stop <= start:
            return b""
        if stop - start == TILE_WIDTH:
            whole = self._store.tile(level, index)
            if whole is not None:
                return whole
        if level == 0:
            rows = self._store.recorder.query(LEAVES, (start, stop))
        else:
            rows = self._store.recorder.query(TILE_ROOTS, (level - 1, start, stop))
        return b"".join(bytes(row[0]) for row in rows)
