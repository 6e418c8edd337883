"""The tree's hashes as a store holds them give the proofs that a tree in memory gives, at every size."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger.errors import VerificationError
from ledger.log.merkle import Frontier, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from ledger.storage.nodes import StoredNodes
from ledger.storage.store import create_store
from tests.support.storage import event

COUNT = 600  # two complete tiles and a part of a third


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: list[bytes]) -> bytes:
    """RFC 6962 §2.1, by its own words."""
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node(root_of(leaves[:split]), root_of(leaves[split:]))


def test_proofs_from_the_store_hold(database_url: str) -> None:
    with create_store(database_url, "localhost/nodes") as store:
        for start in range(0, COUNT, 200):
            store.recorder.append([event() for _ in range(start, start + 200)])
        leaves = [row.leaf for row in store.entries()]
        for size in (1, 2, 255, 256, 257, 511, 512, 513, COUNT):
            nodes, root = StoredNodes(store, size), root_of(leaves[:size])
            for index in {0, size // 2, size - 1}:
                verify_inclusion(leaves[index], index, size, inclusion_proof(nodes, index, size), root)
            for old in {1, size // 2 or 1, size}:
                proof = consistency_proof(nodes, old, size)
                verify_consistency(old, size, proof, root_of(leaves[:old]), root)
            frontier = Frontier()
            frontier.extend(leaves[:size])
            assert frontier.root() == root


def test_hashes_that_are_missing_are_no_proof(database_url: str) -> None:
    with create_store(database_url, "localhost/nodes") as store:
        store.recorder.append([event() for _ in range(3)])
        with pytest.raises(VerificationError) as refused:
            inclusion_proof(StoredNodes(store, 5), 0, 5)
        assert refused.value.code == "tile-missing"
