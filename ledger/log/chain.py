"""The chain: every entry's hash binds all entries before it, in their order (DESIGN §3).

`leaf = SHA-256(0x00 ‖ entry)` is also the leaf of the tree (RFC 6962 §2.1). The links start from the origin, so the
same entries in another ledger give another chain. Prefixes keep leaves, links and the first link apart: no byte string
of one kind can be passed off as another.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

from ledger.errors import VerificationError

HASH_BYTES = 32
_LEAF = b"\x00"
_LINK = b"integrity-ledger/chain/v1\x00"
_GENESIS = b"integrity-ledger/genesis/v1\x00"


def genesis(origin: str) -> bytes:
    """The link before the first entry: `chain[−1]`."""
    return sha256(_GENESIS + origin.encode()).digest()


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry's bytes as they are stored."""
    return sha256(_LEAF + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """`leaf_hash` of each of these entries."""
    sha, prefix = sha256, _LEAF
    return [sha(prefix + entry).digest() for entry in entries]


def links(previous: bytes, leaves: Iterable[bytes]) -> list[bytes]:
    """The chain after each of these entries; `link` again and again, at full speed. Leaves are our own hashes."""
    if len(previous) != HASH_BYTES:
        raise VerificationError(f"a link joins two hashes of {HASH_BYTES} bytes")
    sha, prefix, chain = sha256, _LINK, []
    for leaf in leaves:
        previous = sha(prefix + previous + leaf).digest()
        chain.append(previous)
    return chain


def link(previous: bytes, leaf: bytes) -> bytes:
    """The chain after an entry: `chain[i]` from `chain[i−1]` and `leaf[i]`."""
    if len(previous) != HASH_BYTES or len(leaf) != HASH_BYTES:
        raise VerificationError(f"a link joins two hashes of {HASH_BYTES} bytes")
    return sha256(_LINK + previous + leaf).digest()
