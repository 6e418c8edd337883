"""A published log of fifteen entries: its partial tiles give the roots that its checkpoints were signed over."""

from __future__ import annotations

from base64 import b64decode

import pytest

from ledger.log.chain import HASH_BYTES, leaf_hash
from ledger.log.merkle import Tree, consistency_proof, inclusion_proof, root_of, verify_consistency, verify_inclusion
from ledger.log.tiles import tile_path
from tests.support.shared import shared_path

LOG = shared_path("vectors", "tlog-tiles", "tessera-log")
SIZES = range(1, 16)


def hashes_at(size: int) -> list[bytes]:
    data = (LOG / tile_path(0, 0, size)).read_bytes()
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def entries_at(size: int) -> list[bytes]:
    data, entries = (LOG / tile_path("entries", 0, size)).read_bytes(), []
    while data:
        length = int.from_bytes(data[:2], "big")
        entries.append(data[2 : 2 + length])
        data = data[2 + length :]
    return entries


def root_at(size: int) -> bytes:
    _, written, root, *_ = (LOG / f"checkpoint.{size}").read_text("utf-8").split("\n")
    assert int(written) == size
    return b64decode(root)


@pytest.mark.parametrize("size", SIZES)
def test_a_tile_holds_the_leaf_hashes_of_its_entries(size: int) -> None:
    assert hashes_at(size) == [leaf_hash(entry) for entry in entries_at(size)]
    assert len(hashes_at(size)) == size


@pytest.mark.parametrize("size", SIZES)
def test_a_tile_gives_the_root_of_the_checkpoint(size: int) -> None:
    assert root_of(hashes_at(size)) == root_at(size)


def test_the_root_of_an_empty_log_is_the_published_one() -> None:
    assert root_of([]) == root_at(0)


def test_every_entry_and_every_step_of_the_log_can_be_proven() -> None:
    leaves = hashes_at(15)
    tree = Tree(leaves)

    for new in SIZES:
        for old in range(1, new + 1):
            verify_inclusion(leaves[old - 1], old - 1, new, inclusion_proof(tree.node, old - 1, new), root_at(new))
            verify_consistency(old, new, consistency_proof(tree.node, old, new), root_at(old), root_at(new))
