"""The tree: compared with the recursive definitions of RFC 6962 §2.1, written out here as the RFC states them."""

from __future__ import annotations

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import Invalid, VerificationError
from ledger.log.chain import leaf_hash
from ledger.log.merkle import (
    EMPTY_ROOT,
    Closed,
    Frontier,
    Tree,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)

LEAVES = tuple(leaf_hash(str(number).encode()) for number in range(600))
SMALL = 40  # every index and every pair of sizes up to here
TREE = Tree(LEAVES)


def split(count: int) -> int:
    """The largest power of two smaller than `count`."""
    return 1 << ((count - 1).bit_length() - 1)


@cache
def mth(start: int, stop: int) -> bytes:
    if start == stop:
        return sha256(b"").digest()
    if stop - start == 1:
        return LEAVES[start]
    middle = start + split(stop - start)
    return sha256(b"\x01" + mth(start, middle) + mth(middle, stop)).digest()


def audit_path(index: int, start: int, stop: int) -> list[bytes]:
    if stop - start == 1:
        return []
    middle = start + split(stop - start)
    if index < middle:
        return [*audit_path(index, start, middle), mth(middle, stop)]
    return [*audit_path(index, middle, stop), mth(start, middle)]


def subproof(old: int, start: int, stop: int, *, known: bool) -> list[bytes]:
    if old == stop:
        return [] if known else [mth(start, stop)]
    middle = start + split(stop - start)
    if old <= middle:
        return [*subproof(old, start, middle, known=known), mth(middle, stop)]
    return [*subproof(old, middle, stop, known=False), mth(start, middle)]


@pytest.mark.parametrize("size", [*range(SMALL), 255, 256, 257, 511, 512, 600])
def test_the_root_is_the_rfcs_whichever_way_it_is_computed(size: int) -> None:
    one_by_one = Frontier()
    for leaf in LEAVES[:size]:
        one_by_one.append(leaf)

    assert one_by_one.root() == root_of(LEAVES[:size]) == TREE.root(size) == mth(0, size)


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert root_of([]) == Tree().root() == EMPTY_ROOT == sha256(b"").digest()


@settings(deadline=None)
@given(st.lists(st.integers(0, 130), max_size=5))
def test_a_tree_extended_in_pieces_equals_one_extended_at_once(pieces: list[int]) -> None:
    tree, frontier, at = Tree(), Frontier(), 0
    for piece in pieces:
        part = LEAVES[at : at + piece]
        tree.extend(part)
        frontier.extend(part)
        at += len(part)

    assert tree.size == frontier.size == at
    assert tree.root() == frontier.root() == mth(0, at)


@settings(deadline=None)
@given(st.integers(0, 600), st.integers(0, 600))
def test_a_frontier_read_back_goes_on_as_if_never_written(size: int, more: int) -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:size])

    again = Frontier.parse(size, frontier.format())
    again.extend(LEAVES[size : size + more])

    assert again.size == min(size + more, 600)
    assert again.root() == mth(0, again.size)


def test_the_bytes_of_a_frontier_are_its_subtrees_largest_first() -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:13])

    assert frontier.format() == mth(0, 8) + mth(8, 12) + mth(12, 13)


@pytest.mark.parametrize(("size", "length"), [(0, 32), (1, 0), (1, 31), (3, 32), (3, 65), (4, 64), (-1, 32)])
def test_a_frontier_of_the_wrong_length_is_refused(size: int, length: int) -> None:
    with pytest.raises(VerificationError):
        Frontier.parse(size, bytes(length))


def test_extending_reports_each_tile_root_once() -> None:
    frontier = Frontier()

    assert frontier.extend(LEAVES[:255]) == []
    assert frontier.extend(LEAVES[255:600]) == [Closed(0, 0, mth(0, 256)), Closed(0, 1, mth(256, 512))]


@pytest.mark.parametrize("first", [0, 1, 99, 255, 256, 65_400])
@pytest.mark.parametrize("many", [100, 101, 513, 70_000])
def test_many_leaves_at_once_are_those_leaves_one_by_one(first: int, many: int) -> None:
    leaves = [number.to_bytes(32, "big") for number in range(first + many)]
    single, at_once = Frontier(), Frontier()
    for leaf in leaves[:first]:
        single.append(leaf)
    at_once.extend(leaves[:first])

    closed = [tile for leaf in leaves[first:] for tile in single.extend([leaf])]

    assert at_once.extend(leaves[first:]) == closed
    assert (at_once.size, at_once.format(), at_once.root()) == (single.size, single.format(), single.root())


def test_inclusion_proofs_are_the_rfcs_for_every_entry_of_every_small_tree() -> None:
    for size in range(1, SMALL):
        for index in range(size):
            assert inclusion_proof(TREE.node, index, size) == audit_path(index, 0, size)


def test_consistency_proofs_are_the_rfcs_for_every_pair_of_small_trees() -> None:
    for new in range(1, SMALL):
        for old in range(1, new + 1):
            assert consistency_proof(TREE.node, old, new) == subproof(old, 0, new, known=True)


@settings(deadline=None)
@given(st.data())
def test_proofs_in_larger_trees_are_the_rfcs_and_hold(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 600))
    index = data.draw(st.integers(0, size - 1))
    old = index + 1

    inclusion = inclusion_proof(TREE.node, index, size)
    consistency = consistency_proof(TREE.node, old, size)

    assert inclusion == audit_path(index, 0, size)
    assert consistency == subproof(old, 0, size, known=True)
    verify_inclusion(LEAVES[index], index, size, inclusion, mth(0, size))
    verify_consistency(old, size, consistency, mth(0, old), mth(0, size))


def test_every_inclusion_proof_holds_and_none_holds_elsewhere() -> None:
    for size in range(1, SMALL):
        root = mth(0, size)
        for index in range(size):
            proof = inclusion_proof(TREE.node, index, size)
            verify_inclusion(LEAVES[index], index, size, proof, root)
            for elsewhere in {index - 1, index + 1, index ^ 1, index ^ 2, size} - {index}:
                with pytest.raises(VerificationError):
                    verify_inclusion(LEAVES[index], elsewhere, size, proof, root)
            with pytest.raises(VerificationError):
                verify_inclusion(LEAVES[index + 1], index, size, proof, root)


def test_every_consistency_proof_holds_and_no_damaged_one_does() -> None:
    wrong = bytes(32)
    for new in range(1, SMALL):
        for old in range(1, new + 1):
            proof = consistency_proof(TREE.node, old, new)
            verify_consistency(old, new, proof, mth(0, old), mth(0, new))
            damaged = [[*proof, wrong], [wrong, *proof]]
            damaged += [[*proof[:at], *proof[at + 1 :]] for at in range(len(proof))]
            damaged += [[*proof[:at], wrong, *proof[at + 1 :]] for at in range(len(proof))]
            for other in damaged:
                with pytest.raises(VerificationError):
                    verify_consistency(old, new, other, mth(0, old), mth(0, new))
            for roots in ((wrong, mth(0, new)), (mth(0, old), wrong)):
                with pytest.raises(VerificationError):
                    verify_consistency(old, new, proof, *roots)


def test_damaged_inclusion_proofs_are_refused() -> None:
    proof, root = inclusion_proof(TREE.node, 5, 13), mth(0, 13)
    damaged = [proof[:-1], proof[1:], [*proof, root], [root, *proof], proof[::-1]]
    damaged += [[*proof[:at], bytes([step[0] ^ 1]) + step[1:], *proof[at + 1 :]] for at, step in enumerate(proof)]

    for other in damaged:
        with pytest.raises(VerificationError, match="entry 5"):
            verify_inclusion(LEAVES[5], 5, 13, other, root)


def test_a_proof_of_the_wrong_length_is_called_so() -> None:
    inclusion, consistency = inclusion_proof(TREE.node, 5, 13), consistency_proof(TREE.node, 6, 13)

    with pytest.raises(VerificationError, match="too long"):
        verify_inclusion(LEAVES[5], 5, 13, [*inclusion, LEAVES[0]], mth(0, 13))
    with pytest.raises(VerificationError, match="too short"):
        verify_inclusion(LEAVES[5], 5, 13, inclusion[:-1], mth(0, 13))
    with pytest.raises(VerificationError, match="too long"):
        verify_consistency(6, 13, [*consistency, LEAVES[0]], mth(0, 6), mth(0, 13))
    with pytest.raises(VerificationError, match="too short"):
        verify_consistency(6, 13, consistency[:-1], mth(0, 6), mth(0, 13))


def test_a_history_that_was_rewritten_is_not_consistent() -> None:
    rewritten = Tree([LEAVES[0], LEAVES[2], *LEAVES[2:13]])

    with pytest.raises(VerificationError, match="old root"):
        verify_consistency(7, 13, consistency_proof(rewritten.node, 7, 13), mth(0, 7), rewritten.root())


def test_a_tree_cannot_shrink() -> None:
    with pytest.raises(VerificationError):
        verify_consistency(8, 7, [], mth(0, 8), mth(0, 7))
    with pytest.raises(Invalid) as caught:
        consistency_proof(TREE.node, 8, 7)
    assert (caught.value.code, caught.value.field) == ("out-of-range", "old")


def test_a_smaller_tree_is_not_newer_even_under_the_same_root() -> None:
    proof = [TREE.node(1, 2), TREE.node(2, 0)]  # folds to the root of 6 from there on

    for old, new in ((6, 5), (-1, 5)):
        with pytest.raises(VerificationError, match="not newer"):
            verify_consistency(old, new, proof, mth(0, 6), mth(0, 6))


def test_a_proof_is_wanted_between_any_two_sizes() -> None:
    for old in (4, 6):
        with pytest.raises(VerificationError, match="no proof"):
            verify_consistency(old, 13, [], mth(0, old), mth(0, 13))


def test_two_empty_logs_are_one() -> None:
    verify_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    for proof, root in (([], LEAVES[0]), ([LEAVES[0]], EMPTY_ROOT)):
        with pytest.raises(VerificationError):
            verify_consistency(0, 0, proof, EMPTY_ROOT, root)


def test_nothing_is_consistent_with_an_empty_log() -> None:
    for proof in ([], [LEAVES[0]]):
        with pytest.raises(VerificationError):
            verify_consistency(0, 3, proof, EMPTY_ROOT, mth(0, 3))
    with pytest.raises(Invalid):
        consistency_proof(TREE.node, 0, 3)


@pytest.mark.parametrize("index", [-1, 3, 4])
def test_an_entry_that_the_tree_does_not_hold_has_no_proof(index: int) -> None:
    with pytest.raises(Invalid) as caught:
        inclusion_proof(TREE.node, index, 3)

    assert (caught.value.code, caught.value.field) == ("out-of-range", "index")


def test_a_tree_has_no_root_beyond_its_size() -> None:
    for size in (601, -1):
        with pytest.raises(Invalid) as caught:
            TREE.root(size)
        assert (caught.value.code, caught.value.field) == ("out-of-range", "size")


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_hash_of_another_length_is_refused_wherever_it_stands(length: int) -> None:
    proof, odd = inclusion_proof(TREE.node, 2, 3), bytes(length)

    for leaf, path, root in [(odd, proof, mth(0, 3)), (LEAVES[2], [odd], mth(0, 3)), (LEAVES[2], proof, odd)]:
        with pytest.raises(VerificationError, match="32 bytes"):
            verify_inclusion(leaf, 2, 3, path, root)
    with pytest.raises(VerificationError, match="32 bytes"):
        verify_consistency(1, 1, [], odd, odd)


@pytest.mark.parametrize("before", [0, 1, 3, 255, 256])
@pytest.mark.parametrize("tiles", [1, 2, 255, 256, 300])
def test_tiles_are_appended_by_their_roots_as_their_leaves_are(before: int, tiles: int) -> None:
    roots = [sha256(number.to_bytes(2)).digest() for number in range(before + tiles)]
    whole = Frontier()
    closed = whole.extend_tiles(roots)
    joined = Frontier()
    first = joined.extend_tiles(roots[:before])

    assert first + joined.extend_tiles(roots[before:]) == closed
    assert joined.size == whole.size == 256 * (before + tiles)
    assert joined.format() == whole.format()


def test_tiles_by_their_roots_give_the_root_of_their_leaves() -> None:
    leaves = [leaf_hash(number.to_bytes(2)) for number in range(3 * 256 + 5)]
    plain, joined = Frontier(), Frontier()
    roots = [tile.root for tile in plain.extend(leaves) if tile.level == 0]
    joined.extend_tiles(roots)
    joined.extend(leaves[3 * 256 :])

    assert (joined.size, joined.root(), joined.format()) == (plain.size, plain.root(), plain.format())


@pytest.mark.parametrize("size", [1, 5, 255, 257])
def test_no_tile_stands_behind_a_partial_one(size: int) -> None:
    frontier = Frontier()
    frontier.extend(LEAVES[:size])

    with pytest.raises(Invalid) as caught:
        frontier.extend_tiles(LEAVES[:1])
    assert (caught.value.code, caught.value.field) == ("out-of-range", "size")


def test_a_large_append_completes_what_small_ones_do_in_their_order() -> None:
    leaves = [sha256(number.to_bytes(4)).digest() for number in range(65_536 + 600)]
    small = Frontier()
    closed = [tile for start in range(0, len(leaves), 99) for tile in small.extend(leaves[start : start + 99])]

    assert Frontier().extend(leaves) == closed
    assert [(tile.level, tile.index) for tile in closed[254:]] == [(0, 254), (0, 255), (1, 0), (0, 256), (0, 257)]
    assert Frontier().extend_tiles(tile.root for tile in closed if tile.level == 0) == [closed[256]]
