"""Tiles: paths as c2sp.org/tlog-tiles writes them, and every complete tile handed over once with its root."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Literal

import pytest

from ledger.errors import Invalid, VerificationError
from ledger.log.chain import leaf_hash
from ledger.log.merkle import Frontier, Tree, root_of
from ledger.log.tiles import Tile, complete_tiles, parse_tile_path, tile_path

LEAVES = [leaf_hash(str(number).encode()) for number in range(3 * 256 + 100)]


class Shelf:
    """Keeps leaves and tiles as a store does, and answers reads from them."""

    def __init__(self) -> None:
        self.frontier = Frontier()
        self.leaves: list[bytes] = []
        self.tiles: dict[tuple[int, int], Tile] = {}
        self.reads = 0

    def read(self, level: int, start: int, stop: int) -> bytes:
        self.reads += 1
        if level == 0:
            return b"".join(self.leaves[start:stop])
        return b"".join(self.tiles[level - 1, index].root for index in range(start, stop))

    def append(self, leaves: list[bytes]) -> list[Tile]:
        tiles = complete_tiles(self.frontier, leaves, self.read)
        for tile in tiles:
            assert (tile.level, tile.index) not in self.tiles, "a tile completes once"
            self.tiles[tile.level, tile.index] = tile
        self.leaves += leaves
        return tiles


def pieces(leaves: list[bytes], largest: int, seed: int) -> Iterator[list[bytes]]:
    chance, at = random.Random(seed), 0
    while at < len(leaves):
        count = chance.randint(1, largest)
        yield leaves[at : at + count]
        at += count


@pytest.mark.parametrize("largest", [1, 7, 255, 256, 257, 600, 10_000])
def test_complete_tiles_hold_the_leaves_however_they_were_appended(largest: int) -> None:
    shelf = Shelf()
    for piece in pieces(LEAVES, largest, seed=largest):
        shelf.append(piece)

    assert sorted(shelf.tiles) == [(0, 0), (0, 1), (0, 2)]
    for (_, index), tile in shelf.tiles.items():
        held = LEAVES[256 * index : 256 * (index + 1)]
        assert tile.hashes == b"".join(held)
        assert tile.root == root_of(held)
    assert shelf.frontier.root() == root_of(LEAVES)


def test_nothing_is_read_while_no_tile_completes() -> None:
    shelf = Shelf()
    for leaf in LEAVES[:255]:
        assert shelf.append([leaf]) == []

    assert shelf.reads == 0
    assert len(shelf.append([LEAVES[255]])) == 1
    assert shelf.reads == 1


def test_an_append_that_brings_whole_tiles_reads_nothing() -> None:
    shelf = Shelf()

    assert len(shelf.append(LEAVES)) == 3
    assert shelf.reads == 0


@pytest.mark.parametrize("before", [65_535, 65_500, 65_280, 65_279, 40_000, 0])
def test_the_tile_above_holds_the_roots_of_the_tiles_below(before: int) -> None:
    leaves = [index.to_bytes(32, "big") for index in range(65_600)]
    shelf = Shelf()
    shelf.append(leaves[:before])

    shelf.append(leaves[before:])

    tree = Tree(leaves)
    above = shelf.tiles[1, 0]
    assert sum(level == 0 for level, _ in shelf.tiles) == 256
    assert above.hashes == b"".join(shelf.tiles[0, index].root for index in range(256))
    assert above.root == tree.node(16, 0)
    assert shelf.tiles[0, 255].root == tree.node(8, 255)
    assert sum(level > 0 for level, _ in shelf.tiles) == 1


def test_a_reader_that_lost_hashes_is_found_out() -> None:
    shelf = Shelf()
    shelf.append(LEAVES[:200])
    del shelf.leaves[150:]

    with pytest.raises(VerificationError, match="tile 0/0"):
        shelf.append(LEAVES[200:300])


@pytest.mark.parametrize(
    ("path", "level", "index", "width"),
    [
        ("tile/0/000", 0, 0, 256),
        ("tile/0/999", 0, 999, 256),
        ("tile/0/x001/000", 0, 1000, 256),
        ("tile/3/x001/x234/067", 3, 1234067, 256),
        ("tile/0/x001/x234/067.p/1", 0, 1234067, 1),
        ("tile/63/005.p/255", 63, 5, 255),
        ("tile/entries/x123/456", "entries", 123456, 256),
        ("tile/entries/000.p/12", "entries", 0, 12),
    ],
)
def test_a_tile_lies_where_the_specification_puts_it(path: str, level: int, index: int, width: int) -> None:
    assert tile_path(level, index, width) == path
    assert parse_tile_path(path) == (level, index, width)


@pytest.mark.parametrize("level", [0, 9, 10, 63, "entries"])
@pytest.mark.parametrize("index", [0, 999, 1000, 999_999, 1_000_000, 10**15, 2**63 // 256])
@pytest.mark.parametrize("width", [1, 9, 10, 99, 100, 255, 256])
def test_a_path_and_its_tile_lead_to_each_other(level: int | Literal["entries"], index: int, width: int) -> None:
    assert parse_tile_path(tile_path(level, index, width)) == (level, index, width)


@pytest.mark.parametrize(
    "path",
    [
        "", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/0000", "tile/00/000", "tile/64/000",
        "tile/-1/000", "tile/100/000", "tile/0/000.p/0", "tile/0/000.p/00", "tile/0/000.p/01", "tile/0/000.p/256",
        "tile/0/000.p/257", "tile/0/000.p/999", "tile/0/000.p/1000", "tile/0/000.p", "tile/0/000.p/", "tile/0/000.p/1/",
        "tile/0/x000/000", "tile/0/x000/x001/000", "tile/0/001/000", "tile/0/x001", "tile/0/x001/x000",
        "tile/entry/000", "tile/Entries/000", "/tile/0/000", "tile/0/000\n", "tile/0/000.p/1\n", " tile/0/000",
        "tile/0/０００", "tile/０/000", "tile/0/000.p/１", "tile/0/" + "x001/" * 7 + "000", "tile/0/" + "0" * 9999,
    ],
)  # fmt: skip
def test_what_is_written_another_way_is_no_path(path: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_tile_path(path)

    assert caught.value.code == "bad-tile-path"


@pytest.mark.parametrize(
    ("level", "index", "width", "field"),
    [(-1, 0, 1, "level"), (64, 0, 1, "level"), (0, -1, 1, "index"), (0, 0, 0, "width"), (0, 0, 257, "width")],
)
def test_a_tile_that_cannot_be_has_no_path(level: int, index: int, width: int, field: str) -> None:
    with pytest.raises(Invalid) as caught:
        tile_path(level, index, width)

    assert (caught.value.code, caught.value.field) == ("out-of-range", field)
