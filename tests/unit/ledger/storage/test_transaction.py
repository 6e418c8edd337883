from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from eventsourcing.persistence import IntegrityError

from ledger.storage import transaction
from ledger.storage.events import Disclosure, IndexRow, IndexTaken, RequestKey, RequestKeyReused
from ledger.storage.store import Store, open_store
from tests.support.storage import SteppingClock, check_log, event

REQUEST = RequestKey("officer", "key-1", b"\x01fingerprint")


def fill(store: Store) -> None:
    store.recorder.append(
        [event("a/1", subjects=["p"], disclosures=[Disclosure("s", "p", "CASE", b"x")])],
        request=REQUEST,
        index_rows=[IndexRow("f", b"d", "u")],
        documents={b"sha": b"content"},
    )


def assert_untouched(store: Store) -> None:
    assert store.head().size == 0
    assert store.entries_of("p") == []
    assert store.disclosures([0]) == {}
    assert store.find("f", b"d") is None
    assert store.document(b"sha") is None
    assert store.recorder.find_request("officer", "key-1") is None


@pytest.mark.parametrize("read_inside", [False, True])
def test_a_dry_run_leaves_nothing(store: Store, read_inside: bool) -> None:
    before = store.head()
    with store.recorder.transaction(discard=True):
        fill(store)
        if read_inside:
            assert store.head().size == 1
            assert store.find("f", b"d") == "u"
    assert_untouched(store)
    assert store.head() == before


def test_an_exception_leaves_nothing(store: Store) -> None:
    with suppress(ZeroDivisionError), store.recorder.transaction():
        fill(store)
        assert store.head().size == 1
        raise ZeroDivisionError
    assert_untouched(store)


def test_the_thread_sees_what_it_wrote_and_others_do_not(store: Store) -> None:
    sizes = []
    with store.recorder.transaction():
        fill(store)
        assert [e.originator_version for e in store.recorder.select_events("a/1")] == [1]
        assert store.head().size == 1
        assert [row.index for row in store.entries_of("p")] == [0]
        assert store.recorder.find_request("officer", "key-1") is not None
        reader = Thread(target=lambda: sizes.append(store.head().size))
        reader.start()
        reader.join()
    assert sizes == [0]
    assert store.head().size == 1


def test_each_line_has_its_own_clock(store: Store) -> None:
    with store.recorder.transaction():
        for day in (1, 2, 3):
            store.recorder.clock = lambda day=day: datetime(2024, 1, day, tzinfo=UTC)  # type: ignore[misc]
            store.recorder.append([event()])
    assert [row.recorded_at[:10] for row in store.entries()] == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert [store.size_at(f"2024-01-0{day}T00:00:00.000000Z") for day in (1, 2, 3)] == [1, 2, 3]
    assert store.size_at("2023-12-31T23:59:59.999999Z") == 0


def test_a_refused_insert_does_not_doom_the_transaction(store: Store) -> None:
    with store.recorder.transaction():
        fill(store)
        with pytest.raises(IntegrityError):
            store.recorder.append([event("a/1")])
        with pytest.raises(IndexTaken):
            store.recorder.append([event()], index_rows=[IndexRow("f", b"d", "v")])
        with pytest.raises(RequestKeyReused):
            store.recorder.append([event()], request=RequestKey("officer", "key-1", b"\x01other"))
        assert [a.index for a in store.recorder.append([event("a/1")], request=REQUEST)] == [0]
        store.recorder.append([event("a/1", 2)])
    assert check_log(store) == 2


def test_a_version_learnt_by_reading_is_still_checked(store: Store) -> None:
    store.recorder.append([event("a/1", 1), event("a/1", 2)])
    with store.recorder.transaction():
        assert len(store.recorder.select_events("a/1")) == 2
        with pytest.raises(IntegrityError):
            store.recorder.append([event("a/1", 2)])
        store.recorder.append([event("a/1", 3)])
        with pytest.raises(IntegrityError):
            store.recorder.append([event("a/1", 3)])


def test_a_bounded_read_teaches_nothing(store: Store) -> None:
    store.recorder.append([event("a/1", 1), event("a/1", 2)])
    with store.recorder.transaction():
        assert len(store.recorder.select_events("a/1", lte=1)) == 1
        assert len(store.recorder.select_events("a/1", limit=1)) == 1
        with pytest.raises(IntegrityError):
            store.recorder.append([event("a/1", 2)])


def test_a_part_can_be_left_out_by_itself(store: Store) -> None:
    with store.recorder.transaction():
        store.recorder.append([event("a/1")])
        with suppress(ZeroDivisionError), store.recorder.transaction():
            store.recorder.append([event("b/1")])
            raise ZeroDivisionError
        with store.recorder.transaction(discard=True):
            store.recorder.append([event("b/1")])
            assert store.head().size == 2
        with store.recorder.transaction():
            store.recorder.append([event("b/1")])
        store.recorder.append([event("b/1", 2)])
    assert [row.stream for row in store.entries()] == ["a/1", "b/1", "b/1"]


def test_streams_that_are_no_longer_remembered_are_looked_up(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transaction, "KNOWN_STREAMS", 3)
    with store.recorder.transaction():
        for number in range(10):
            store.recorder.append([event(f"a/{number}")])
        for number in range(10):
            with pytest.raises(IntegrityError):
                store.recorder.append([event(f"a/{number}")])
            store.recorder.append([event(f"a/{number}", 2)])
        held = store.recorder._transaction
        assert held is not None
        assert len(held._newest) <= 3
    assert check_log(store) == 20


def test_a_version_of_a_part_that_was_left_out_is_free_again(store: Store) -> None:
    with store.recorder.transaction():
        store.recorder.append([event("a/1")])
        with store.recorder.transaction(discard=True):
            store.recorder.append([event("a/1", 2)])
            assert len(store.recorder.select_events("a/1")) == 2
        store.recorder.append([event("a/1", 2)])
        with pytest.raises(IntegrityError):
            store.recorder.append([event("a/1", 2)])
    assert check_log(store) == 2


def test_thousands_of_appends_with_tiles(store: Store) -> None:
    with store.recorder.transaction():
        for number in range(2500):
            store.recorder.append([event(f"a/{number}", subjects=["p"])])
    assert check_log(store) == 2500


def test_other_writers_wait_and_then_follow(store: Store) -> None:
    done = []
    writer = Thread(target=lambda: done.append(store.recorder.append([event()])[0].index))
    with store.recorder.transaction():
        store.recorder.append([event()])
        writer.start()
        writer.join(0.1)
        assert done == []
        store.recorder.append([event()])
    writer.join()
    assert done == [2]


def test_what_was_committed_is_there_after_opening_again(store: Store, clock: SteppingClock) -> None:
    with store.recorder.transaction():
        fill(store)
    with open_store(store.url, clock=clock) as again:
        assert again.head() == store.head()
        clock.now += timedelta(days=1)
        again.recorder.append([event()])
        assert check_log(again) == 2
