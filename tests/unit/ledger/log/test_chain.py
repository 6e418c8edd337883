"""The chain: every link binds origin, order and contents of all entries before it."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger.errors import VerificationError
from ledger.log.chain import genesis, leaf_hash, leaf_hashes, link, links


def test_a_leaf_is_the_hash_of_a_zero_byte_and_the_entry() -> None:
    assert leaf_hash(b"entry") == sha256(b"\x00entry").digest()


def test_the_first_link_starts_from_the_origin() -> None:
    assert genesis("localhost/a") == sha256(b"integrity-ledger/genesis/v1\x00localhost/a").digest()
    assert genesis("localhost/诚信") == sha256("integrity-ledger/genesis/v1\x00localhost/诚信".encode()).digest()


def test_a_link_joins_the_link_before_and_the_leaf() -> None:
    previous, leaf = genesis("a"), leaf_hash(b"entry")

    assert link(previous, leaf) == sha256(b"integrity-ledger/chain/v1\x00" + previous + leaf).digest()


def test_order_changes_the_chain() -> None:
    start, one, two = genesis("a"), leaf_hash(b"1"), leaf_hash(b"2")

    assert link(link(start, one), two) != link(link(start, two), one)


def test_the_same_entries_in_another_ledger_give_another_chain() -> None:
    leaf = leaf_hash(b"1")

    assert link(genesis("a"), leaf) != link(genesis("b"), leaf)


def test_a_damaged_head_cannot_be_linked_to() -> None:
    whole, cut = genesis("a"), genesis("a")[:-1]

    with pytest.raises(VerificationError):
        link(cut, whole)
    with pytest.raises(VerificationError):
        link(whole, cut)
    with pytest.raises(VerificationError):
        link(cut, whole + b"\x00")


def test_many_links_are_those_made_one_by_one() -> None:
    entries = [str(number).encode() for number in range(20)]
    chain, expected = genesis("a"), []
    for entry in entries:
        chain = link(chain, leaf_hash(entry))
        expected.append(chain)

    assert leaf_hashes(entries) == [leaf_hash(entry) for entry in entries]
    assert links(genesis("a"), leaf_hashes(entries)) == expected
    assert links(genesis("a"), []) == []
    with pytest.raises(VerificationError):
        links(genesis("a")[:-1], leaf_hashes(entries))
