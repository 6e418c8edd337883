"""Tiles: the tree cut into pieces of 256 hashes, as c2sp.org/tlog-tiles lays it out for static serving.

A complete tile never changes. `complete_tiles` promises every tile that an append completed, once, with its root: the
root is the hash that the tile above holds in its place, so no tile ever needs to be read twice to build another.
Partial tiles are not stored; they are a slice of the same hashes, cut when asked for. `parse_tile_path` and `tile_path`
undo each other.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from ledger.errors import Invalid, VerificationError
from ledger.log.chain import HASH_BYTES
from ledger.log.merkle import TILE_HEIGHT, Frontier

TILE_WIDTH = 1 << TILE_HEIGHT
MAX_LEVEL = 63
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]|[1-5][0-9]|6[0-3])/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)

HashReader = Callable[[int, int, int], bytes]
"""`read(level, start, stop)`: the concatenated hashes [start, stop) of a tile level that stood before the append.

Level 0 holds the leaves, level L the roots of the complete tiles of level L − 1.
"""


@dataclass(frozen=True, slots=True)
class Tile:
    """A complete tile: 256 hashes of 32 bytes, and the root over them."""

    level: int
    index: int
    hashes: bytes
    root: bytes


def complete_tiles(frontier: Frontier, leaves: Sequence[bytes], read: HashReader) -> list[Tile]:
    """Append `leaves` to the frontier and return the tiles that became complete, lower before higher.

    `read` is asked only when a tile completes, and only for hashes from before the append.
    """
    old = frontier.size
    fresh: dict[int, list[bytes]] = {0: list(leaves)}  # hashes this append adds, by level
    tiles = []
    for closed in frontier.extend(leaves):
        start, stop = closed.index << TILE_HEIGHT, (closed.index + 1) << TILE_HEIGHT
        known = old >> (TILE_HEIGHT * closed.level)
        before = read(closed.level, start, known) if start < known else b""
        added = fresh[closed.level][max(start - known, 0) : stop - known]
        hashes = before + b"".join(added)
        if len(hashes) != TILE_WIDTH * HASH_BYTES:
            raise VerificationError(f"tile {closed.level}/{closed.index}: hashes before the append are missing")
        tiles.append(Tile(closed.level, closed.index, hashes, closed.root))
        fresh.setdefault(closed.level + 1, []).append(closed.root)
    return tiles


def tile_path(level: int | Literal["entries"], index: int, width: int = TILE_WIDTH) -> str:
    """`tile/<L>/<N>` or `tile/<L>/<N>.p/<W>`; N in groups of three digits, all but the last with an x before them."""
    if level != "entries" and not 0 <= level <= MAX_LEVEL:
        raise Invalid(f"a tile level lies in [0, {MAX_LEVEL}]", code="out-of-range", field="level")
    if index < 0:
        raise Invalid("a tile index is not negative", code="out-of-range", field="index")
    if not 1 <= width <= TILE_WIDTH:
        raise Invalid(f"a tile width lies in [1, {TILE_WIDTH}]", code="out-of-range", field="width")
    index, digits = divmod(index, 1000)
    name = f"{digits:03}"
    while index:
        index, digits = divmod(index, 1000)
        name = f"x{digits:03}/{name}"
    return f"tile/{level}/{name}" if width == TILE_WIDTH else f"tile/{level}/{name}.p/{width}"


def parse_tile_path(path: str) -> tuple[int | Literal["entries"], int, int]:
    """Level, index and width of the tile at a path; `Invalid` unless `tile_path` would write exactly it."""
    match = _PATH.fullmatch(path)
    if match is None:
        raise Invalid("not the path of a tile", code="bad-tile-path")
    level: int | Literal["entries"] = "entries" if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("/", "").replace("x", ""))
    width = TILE_WIDTH if match["width"] is None else int(match["width"])
    if width > TILE_WIDTH or tile_path(level, index, width) != path:
        raise Invalid("not the path of a tile", code="bad-tile-path")
    return level, index, width
