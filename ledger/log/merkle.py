"""The tree over all leaves, exactly RFC 6962 §2.1 / RFC 9162 §2.1: one root for each size, short proofs for each entry.

A `Frontier` appends and knows the root in O(log size) memory; its bytes stand in the head row. Proofs read hashes of
complete subtrees through a `NodeReader`, so the same code proves from memory, from tiles and from a database.
`verify_inclusion` and `verify_consistency` return nothing and raise `VerificationError`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from hmac import compare_digest

from ledger.errors import Invalid, VerificationError
from ledger.log.chain import HASH_BYTES

TILE_HEIGHT = 8
EMPTY_ROOT = sha256(b"").digest()
_NODE = b"\x01"
_TILE_MASK = (1 << TILE_HEIGHT) - 1
_MANY = 100  # leaves, from which on level by level is faster than one by one

NodeReader = Callable[[int, int], bytes]
"""`node(height, index)`: the hash of the complete subtree over leaves [index·2^height, (index + 1)·2^height)."""


@dataclass(frozen=True, slots=True)
class Closed:
    """A subtree of 256, 65,536, … leaves that an append completed: the root of tile (`level`, `index`)."""

    level: int
    index: int
    root: bytes


def _completed(tile: Closed) -> tuple[int, int]:
    """The size of the tree that completed a tile; of two at once the lower is first."""
    return (tile.index + 1) << (TILE_HEIGHT * (tile.level + 1)), tile.level


class Frontier:
    """The roots of the complete subtrees that make up a tree, largest first: all that appending needs.

    There is one for each set bit of the size. The written form is their concatenation, 32 bytes each.
    """

    __slots__ = ("_nodes", "_size")

    def __init__(self) -> None:
        self._size = 0
        self._nodes: list[bytes] = []

    @classmethod
    def parse(cls, size: int, data: bytes) -> Frontier:
        """The frontier of a tree of `size` leaves from its bytes."""
        if size < 0 or len(data) != size.bit_count() * HASH_BYTES:
            raise VerificationError(f"{len(data)} bytes are not the frontier of a tree of {size}")
        frontier = cls()
        frontier._size = size
        frontier._nodes = [data[start : start + HASH_BYTES] for start in range(0, len(data), HASH_BYTES)]
        return frontier

    def format(self) -> bytes:
        """The bytes that `parse` reads."""
        return b"".join(self._nodes)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def append(self, leaf: bytes) -> None:
        """Append one leaf. Equal to `extend` with it, without the report of closed subtrees."""
        nodes, carry = self._nodes, self._size
        while carry & 1:
            leaf = sha256(_NODE + nodes.pop() + leaf).digest()
            carry >>= 1
        nodes.append(leaf)
        self._size += 1

    def extend(self, leaves: Iterable[bytes]) -> list[Closed]:
        """Append leaves in order; returns the roots of the tiles they completed, in the order of completion."""
        leaves = list(leaves)
        if len(leaves) >= _MANY:
            return self._extend_by_levels(leaves)
        nodes, size, closed = self._nodes, self._size, []
        pop, push, sha = nodes.pop, nodes.append, sha256
        for leaf in leaves:
            carry = size
            size += 1
            if size & _TILE_MASK:
                while carry & 1:
                    leaf = sha(_NODE + pop() + leaf).digest()
                    carry >>= 1
            else:
                height = 0
                while carry & 1:
                    leaf = sha(_NODE + pop() + leaf).digest()
                    carry >>= 1
                    height += 1
                    if height % TILE_HEIGHT == 0:
                        closed.append(Closed(height // TILE_HEIGHT - 1, carry, leaf))
            push(leaf)
        self._size = size
        return closed

    def extend_tiles(self, roots: Iterable[bytes]) -> list[Closed]:
        """Append complete tiles of leaves by their roots, behind complete ones; closed subtrees above as `extend`."""
        if self._size & _TILE_MASK:
            raise Invalid("a tile stands behind complete tiles only", code="out-of-range", field="size")
        above = Frontier()
        above._size, above._nodes = self._size >> TILE_HEIGHT, self._nodes
        closed = above.extend(roots)
        self._size, self._nodes = above._size << TILE_HEIGHT, above._nodes
        return [Closed(tile.level + 1, tile.index, tile.root) for tile in closed]

    def _extend_by_levels(self, fresh: list[bytes]) -> list[Closed]:
        """What an append adds at a height, behind the node that stood open there, pairs up to what it adds above."""
        sha = sha256
        size, height, kept, closed = self._size, 0, self._nodes, list[Closed]()
        self._size += len(fresh)
        edge: list[bytes] = []  # the new right edge, lowest first
        while fresh:
            if (size >> height) & 1:
                fresh.insert(0, kept.pop())
            if len(fresh) & 1:
                edge.append(fresh[-1])
            # Where the first of them stands among all nodes of its height, once paired.
            start = (size >> height) >> 1
            height += 1
            pairs = iter(fresh)
            fresh = [sha(_NODE + left + right).digest() for left, right in zip(pairs, pairs, strict=False)]
            if height % TILE_HEIGHT == 0:
                level = height // TILE_HEIGHT - 1
                closed += [Closed(level, index, root) for index, root in enumerate(fresh, start)]
        kept += reversed(edge)
        return closed if len(closed) < 2 else sorted(closed, key=_completed)

    def root(self) -> bytes:
        """The root of the tree: RFC 6962's MTH."""
        if not self._nodes:
            return EMPTY_ROOT
        *larger, root = self._nodes
        for node in reversed(larger):
            root = sha256(_NODE + node + root).digest()
        return root


class Tree:
    """All complete subtrees in memory, 63 bytes for each leaf: a `NodeReader` for proofs."""

    __slots__ = ("_levels", "_size")

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._size = 0
        self._levels = [bytearray()]
        self.extend(leaves)

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Append leaves in order, level by level."""
        levels, start = self._levels, self._size
        levels[0] += b"".join(leaves)
        end = self._size = len(levels[0]) // HASH_BYTES
        for height in range(end.bit_length() - 1):
            if height + 1 == len(levels):
                levels.append(bytearray())
            start, below, end = start >> 1, end, end >> 1
            pairs = bytes(levels[height][2 * HASH_BYTES * start : HASH_BYTES * (below & ~1)])
            levels[height + 1] += b"".join(
                [sha256(_NODE + pairs[at : at + 64]).digest() for at in range(0, len(pairs), 2 * HASH_BYTES)]
            )

    def node(self, height: int, index: int) -> bytes:
        """The hash of a complete subtree."""
        at = HASH_BYTES * index
        return bytes(self._levels[height][at : at + HASH_BYTES])

    def root(self, size: int | None = None) -> bytes:
        """The root at `size`, by default now."""
        size = self._size if size is None else size
        if not 0 <= size <= self._size:
            raise Invalid(f"the tree has {self._size} leaves", code="out-of-range", field="size")
        return _range_root(self.node, 0, size) if size else EMPTY_ROOT


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaves."""
    frontier = Frontier()
    frontier.extend(leaves)
    return frontier.root()


def inclusion_proof(node: NodeReader, index: int, size: int) -> list[bytes]:
    """The audit path of leaf `index` in the tree of `size` leaves (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise Invalid(f"an index lies in [0, {size})", code="out-of-range", field="index")
    return _path(node, 0, index, size)


def consistency_proof(node: NodeReader, old: int, new: int) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with the tree of `old` leaves (RFC 9162 §2.1.4.1)."""
    if not 0 < old <= new:
        raise Invalid(f"an older size lies in [1, {new}]", code="out-of-range", field="old")
    if old == new:
        return []
    # The path starts at the smallest complete subtree of the old tree. If that is the whole old tree, the verifier
    # has its root already.
    height = (old & -old).bit_length() - 1
    index = (old - 1) >> height
    path = _path(node, height, index, new)
    return [node(height, index), *path] if index else path


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Refuse unless `proof` shows that `leaf` stands at `index` under `root` (RFC 9162 §2.1.3.2)."""
    _check_hashes(leaf, root, *proof)
    if not 0 <= index < size:
        raise VerificationError(f"index {index} does not lie in a tree of {size}")
    position, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise VerificationError(f"entry {index}: the inclusion proof is too long")
        if position & 1 or position == last:
            found = sha256(_NODE + sibling + found).digest()
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found = sha256(_NODE + found + sibling).digest()
        position, last = position >> 1, last >> 1
    if last:
        raise VerificationError(f"entry {index}: the inclusion proof is too short")
    if not compare_digest(found, root):
        raise VerificationError(f"entry {index}: the inclusion proof leads to another root")


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Refuse unless `proof` shows that the newer tree begins with the older (RFC 9162 §2.1.4.2)."""
    _check_hashes(old_root, new_root, *proof)
    if not 0 <= old <= new:
        raise VerificationError(f"a tree of {new} is not newer than one of {old}")
    if old == new:
        if proof or not compare_digest(old_root, new_root):
            raise VerificationError(f"two different trees of {new}")
        return
    if old == 0 or not proof:
        raise VerificationError(f"no proof from size {old} to size {new}")
    first, *rest = proof if old & (old - 1) else [old_root, *proof]
    height = (old & -old).bit_length() - 1
    position, last = (old - 1) >> height, (new - 1) >> height
    found_old = found_new = first
    for sibling in rest:
        if last == 0:
            raise VerificationError(f"the consistency proof from {old} to {new} is too long")
        if position & 1 or position == last:
            found_old = sha256(_NODE + sibling + found_old).digest()
            found_new = sha256(_NODE + sibling + found_new).digest()
            while position and not position & 1:
                position, last = position >> 1, last >> 1
        else:
            found_new = sha256(_NODE + found_new + sibling).digest()
        position, last = position >> 1, last >> 1
    if last:
        raise VerificationError(f"the consistency proof from {old} to {new} is too short")
    if not compare_digest(found_old, old_root):
        raise VerificationError(f"the consistency proof from {old} to {new} leads to another old root")
    if not compare_digest(found_new, new_root):
        raise VerificationError(f"the consistency proof from {old} to {new} leads to another new root")


def _path(node: NodeReader, height: int, index: int, size: int) -> list[bytes]:
    """The siblings from the complete subtree (height, index) up to the root of the tree of `size`, lowest first."""
    # Up to where the path meets the tree's right edge, siblings alternate; above, all lie to the left.
    meeting = (index ^ ((size - 1) >> height)).bit_length()
    path = []
    for step in range(meeting - 1):
        path.append(node(height + step, (index >> step) ^ 1))
    if meeting:
        # The last sibling before the edge is the edge itself, often not a complete subtree.
        right = ((index >> (meeting - 1)) + 1) << (height + meeting - 1)
        path.append(_range_root(node, right, size))
    for step in range(meeting, index.bit_length()):
        if (index >> step) & 1:
            path.append(node(height + step, (index >> step) - 1))
    return path


def _range_root(node: NodeReader, start: int, stop: int) -> bytes:
    """The root over leaves [start, stop), where start is a multiple of a power of two not below the length."""
    rest, root = stop - start, b""
    while rest:
        height = (rest & -rest).bit_length() - 1
        rest &= rest - 1
        left = node(height, (start + rest) >> height)
        root = sha256(_NODE + left + root).digest() if root else left
    return root


def _check_hashes(*hashes: bytes) -> None:
    if any(len(found) != HASH_BYTES for found in hashes):
        raise VerificationError(f"a hash has {HASH_BYTES} bytes")
