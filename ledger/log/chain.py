"""The chain: every entry's hash binds all entries before it, in their order (DESIGN §3).

`leaf = SHA-256(0x00 ‖ entry)` is also the leaf of the tree (RFC 6962 §2.1). The links start from the origin, so the
same entries in another ledger give another chain. Prefixes keep leaves, links and the first link apart: no byte string
of one kind can be passed off as another.
"""

from __future__ import annotations

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


def link(previous: bytes, leaf: bytes) -> bytes:
    """The chain after an entry: `chain[i]` from `chain[i−1]` and `leaf[i]`."""
    if len(previous) != HASH_BYTES or len(leaf) != HASH_BYTES:
        raise VerificationError(f"a link joins two hashes of {HASH_BYTES} bytes")
    return sha256(_LINK + previous + leaf).digest()
