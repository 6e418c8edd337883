"""The tree: appending, the root, inclusion and consistency proofs at a million entries, beside pymerkle.

pymerkle keeps an object for each node, so its tree has 2¹⁷ leaves here; its proofs grow with the logarithm of the size
like ours. Its append hashes the entry itself, so ours is given the same work.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from importlib import import_module
from random import Random
from typing import Any

from ledger.log.chain import leaf_hash
from ledger.log.merkle import Frontier, Tree, consistency_proof, inclusion_proof, verify_inclusion
from tests.bench.context import Context
from tests.bench.databases import STATE
from tests.bench.figures import Figure, Target, rates, ratio
from tests.bench.turns import Act, Lane, in_turns

SIZE = 1_000_000
PEER_SIZE = 1 << 17
MANY = 200


def _inclusion(tree: Tree, chance: Random) -> Act:
    node, size = tree.node, tree.size

    def act() -> int:
        for _ in range(MANY):
            inclusion_proof(node, chance.randrange(size), size)
        return MANY

    return act


def _consistency(tree: Tree, chance: Random) -> Act:
    def act() -> int:
        for _ in range(MANY):
            consistency_proof(tree.node, chance.randrange(1, tree.size), tree.size)
        return MANY

    return act


def _verification(tree: Tree) -> Act:
    index, size, root = SIZE // 3, tree.size, tree.root()
    proof, leaf = inclusion_proof(tree.node, index, size), tree.node(0, index)

    def act() -> int:
        for _ in range(MANY):
            verify_inclusion(leaf, index, size, proof, root)
        return MANY

    return act


def _append(frontier: Frontier) -> Act:
    entries = [STATE] * MANY

    def act() -> int:
        frontier.extend([leaf_hash(entry) for entry in entries])
        return MANY

    return act


def _peer(chance: Random) -> dict[str, Lane]:
    InmemoryTree: Any = import_module("pymerkle").InmemoryTree  # noqa: N806 - a class of a package without types
    tree = InmemoryTree(algorithm="sha256")
    for number in range(PEER_SIZE):
        tree.append_entry(number.to_bytes(8, "big"))
    other = InmemoryTree(algorithm="sha256")

    def append() -> int:
        for _ in range(MANY):
            other.append_entry(STATE)
        return MANY

    def inclusion() -> int:
        for _ in range(MANY):
            tree.prove_inclusion(chance.randrange(1, PEER_SIZE), PEER_SIZE)
        return MANY

    def consistency() -> int:
        for _ in range(MANY):
            tree.prove_consistency(chance.randrange(1, PEER_SIZE), PEER_SIZE)
        return MANY

    return {
        "pymerkle append": Lane(append),
        "pymerkle inclusion": Lane(inclusion),
        "pymerkle consistency": Lane(consistency),
    }


def bench(context: Context) -> Iterator[Figure]:
    """Times in microseconds, and ratios to pymerkle."""
    context.tell(f"proofs: a tree of {SIZE:,}")
    chance = Random(1)
    tree = Tree(sha256(number.to_bytes(8, "big")).digest() for number in range(SIZE))
    lanes = {
        "append": Lane(_append(Frontier())),
        "inclusion": Lane(_inclusion(tree, chance)),
        "consistency": Lane(_consistency(tree, chance)),
        "verification": Lane(_verification(tree)),
    }
    absent = ""
    try:
        lanes |= _peer(chance)
    except ImportError:
        absent = "not measured: the package pymerkle is missing (extra `bench`)"
    rounds = []
    for number in range(context.rounds):
        context.tell(f"proofs: round {number + 1} of {context.rounds}")
        rounds.append(in_turns(lanes, context.seconds))
    times = [{name: 1e6 / rate for name, rate in found.items()} for found in rounds]
    where = f"{SIZE:,} entries in memory"
    inclusion = rates(times, "inclusion", "inclusion proof", where, "µs")
    yield Figure(inclusion.what, where, inclusion.values, "µs", Target(40, at_most=True))
    yield rates(times, "consistency", "consistency proof", where, "µs")
    yield rates(times, "verification", "verification of an inclusion proof", where, "µs")
    yield rates(times, "append", "append to the tree, with the hash of 500 bytes", "", "µs")
    later = "not measured: comes with the proof issue"
    yield Figure("inclusion proof over HTTP, p99", unit="ms", target=Target(10, at_most=True), note=later)
    for name in ("inclusion", "consistency", "append"):
        size = "" if name == "append" else f" at {PEER_SIZE:,}"
        what = f"{name}{'' if name == 'append' else f' proof at {SIZE:,}'} ÷ pymerkle's{size}"
        yield Figure(what, note=absent) if absent else ratio(rounds, what, "memory", name, f"pymerkle {name}")
