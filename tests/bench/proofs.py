"""The tree: appending, the root, inclusion and consistency proofs at a million entries, beside pymerkle; over HTTP.

pymerkle keeps an object for each node, so its tree has 2¹⁷ leaves here; its proofs grow with the logarithm of the size
like ours. Its append hashes the entry itself, so ours is given the same work.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from importlib import import_module
from random import Random
from statistics import median, quantiles
from typing import Any
from uuid import UUID, uuid4

from ledger.catalogue import TYPES
from ledger.log.chain import leaf_hash
from ledger.log.encoding import canonical
from ledger.log.merkle import Frontier, Tree, consistency_proof, inclusion_proof, verify_inclusion
from ledger.storage.events import LedgerStoredEvent
from tests.bench.context import Context
from tests.bench.databases import STATE
from tests.bench.figures import Figure, Target, rates, ratio
from tests.bench.http import Door, NotServed, answer, opened, served
from tests.bench.logs import ACTOR
from tests.bench.turns import Act, Lane, in_turns

SIZE = 1_000_000
CALLS = 2000
GROUP, PEOPLE = 3000, 10_000  # entries written at a time; whom they are about
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


def _consents(origin: str, entries: int) -> Iterator[list[LedgerStoredEvent]]:
    """Entries that no list is made of, so that nothing else keeps the server busy."""
    for start in range(0, entries, GROUP):
        yield [_consent(origin, number) for number in range(start, min(start + GROUP, entries))]


def _consent(origin: str, number: int) -> LedgerStoredEvent:
    person, uid, topic = str(UUID(int=number % PEOPLE)), str(uuid4()), TYPES["ConsentGiven"].TOPIC
    data = {"consent_id": f"C{number}", "subject_id": person, "purpose": "RECRUIT", "scope": ["BREACH"],
            "recipient": ACTOR["unit"], "expires_on": "2099-12-31"}  # fmt: skip
    header = {"v": 0, "origin": origin, "id": str(uuid4()), "type": topic, "stream": f"consent/{uid}",
              "effective_on": "2025-01-02", "actor": ACTOR, "data": data, "subjects": [person], "sd": []}  # fmt: skip
    return LedgerStoredEvent(f"consent/{uid}", 1, topic, canonical(header, nfc=True), subjects=(person,))


def over_http(context: Context) -> Iterator[Figure]:
    """One call after another on a kept connection, each for the proof of an entry anywhere in the log.

    In turns with calls that ask for nothing: on a busy host their slowest is the host's, and so is the proofs'.
    """
    what, nothing, chance = "inclusion proof over HTTP, p99", "an answer without any work over HTTP, p99", Random(2)
    for side in context.sides():
        context.tell(f"proofs, {side.name}: a ledger of {SIZE:,}")
        with side.ledger_url() as url:
            ledger = opened(url)
            for group in _consents(ledger.origin, SIZE):
                ledger.store.recorder.append(group)
            ledger.close()
            try:
                with served(url) as door:
                    rounds = [_asked(door, chance) for _ in range(context.rounds)]
            except NotServed as reason:
                yield Figure(what, side.name, target=Target(10, at_most=True), note=f"not measured: {reason}")
                continue
        where = f"{SIZE:,} entries, {side.name}"
        yield _slowest(what, where, [proofs for proofs, _ in rounds], Target(10, at_most=True))
        yield _slowest(nothing, where, [idle for _, idle in rounds])
    yield from context.missing([what, nothing])


def _slowest(what: str, where: str, rounds: list[list[float]], target: Target | None = None) -> Figure:
    values = tuple(1e3 * quantiles(taken, n=100)[98] for taken in rounds)
    middle = median(1e3 * median(taken) for taken in rounds)
    return Figure(what, where, values, "ms", target, f"{CALLS:,} calls a round; the median call took {middle:.1f} ms")


def _asked(door: Door, chance: Random) -> tuple[list[float], list[float]]:
    """The seconds that each of so many calls took: for proofs, and for nothing."""
    taken: tuple[list[float], list[float]] = ([], [])
    with closing(socket.create_connection(("127.0.0.1", door.port))) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(CALLS):
            paths = (f"/v1/ledger/proofs/inclusion?index={chance.randrange(SIZE)}", "/livez")
            for path, times in zip(paths, taken, strict=True):
                start = time.perf_counter()
                connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
                answer(connection, 200)
                times.append(time.perf_counter() - start)
    return taken


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
    yield from over_http(context)
    for name in ("inclusion", "consistency", "append"):
        size = "" if name == "append" else f" at {PEER_SIZE:,}"
        what = f"{name}{'' if name == 'append' else f' proof at {SIZE:,}'} ÷ pymerkle's{size}"
        yield Figure(what, note=absent) if absent else ratio(rounds, what, "memory", name, f"pymerkle {name}")
