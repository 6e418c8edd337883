import tracemalloc

import pytest

from ledger.errors import NotFound
from ledger.storage.events import Disclosure, IndexRow
from ledger.storage.store import Store
from tests.support.storage import event


@pytest.fixture
def filled(store: Store) -> Store:
    for number in range(10):
        subjects = ["p", f"u{number % 3}"]
        sealed = [Disclosure("summary", "p", "CASE", b"%d" % number)] if number % 2 else []
        store.recorder.append(
            [event(f"a/{number % 4}", number // 4 + 1, f"t{number % 2}.v1", subjects=subjects, disclosures=sealed)],
            index_rows=[IndexRow("f", b"%d" % number, f"uid-{number}")],
        )
    return store


def test_entries_by_place(filled: Store) -> None:
    assert filled.entry(3).index == 3
    assert [row.index for row in filled.entries(2, 5)] == [2, 3, 4]
    assert [row.index for row in filled.entries(8)] == [8, 9]
    assert [row.index for row in filled.entries(8, 100)] == [8, 9]
    assert list(filled.entries(5, 5)) == []
    for index in (10, -1):
        with pytest.raises(NotFound):
            filled.entry(index)


def test_entries_by_subject_stream_and_topic_cut_at_a_size(filled: Store) -> None:
    assert [row.index for row in filled.entries_of("u1")] == [1, 4, 7]
    assert [row.index for row in filled.entries_of("u1", size=7)] == [1, 4]
    assert filled.entries_of("nobody") == []
    assert [(row.index, row.version) for row in filled.stream_entries("a/1")] == [(1, 1), (5, 2), (9, 3)]
    assert [row.index for row in filled.stream_entries("a/1", size=9)] == [1, 5]
    assert [row.index for row in filled.by_topic("t1.v1", size=5)] == [1, 3]
    assert filled.entries_of("p")[4].subjects == ("p", "u1")


def test_chained_gives_what_a_quick_verification_needs(filled: Store) -> None:
    assert list(filled.chained(1, 4)) == [(row.state, row.leaf, row.chain) for row in filled.entries(1, 4)]


def test_beside_the_entries(filled: Store) -> None:
    assert filled.disclosures(range(4)) == {
        (1, "summary"): Disclosure("summary", "p", "CASE", b"1"),
        (3, "summary"): Disclosure("summary", "p", "CASE", b"3"),
    }
    assert filled.disclosures([]) == {}
    assert filled.find_many("f", [b"3", b"4", b"x"]) == {b"3": "uid-3", b"4": "uid-4"}
    assert filled.find("g", b"3") is None
    assert filled.document(b"none") is None


def test_long_lists_are_asked_for_in_pieces(store: Store) -> None:
    store.recorder.append(
        [event(f"a/{n}", disclosures=[Disclosure("s", "p", "CASE", b"x")]) for n in range(1300)],
        index_rows=[IndexRow("f", b"%d" % n, str(n)) for n in range(1300)],
    )
    assert len(store.disclosures(range(1300))) == 1300
    assert len(store.find_many("f", [b"%d" % n for n in range(1300)])) == 1300


def test_reading_everything_holds_a_page_at_a_time(store: Store) -> None:
    with store.recorder.transaction():
        for number in range(60):
            store.recorder.append([event(f"a/{number}", n, state=bytes(500)) for n in range(1, 201)])
    tracemalloc.start()
    assert sum(1 for _ in store.entries()) == 12_000
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4_000_000  # the whole is more than 6 MB of states alone
