from datetime import UTC, datetime, timedelta
from threading import Thread

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking

from ledger.clock import format_time
from ledger.errors import ClockBehind, LedgerError
from ledger.log.chain import genesis, leaf_hash, link
from ledger.storage.events import Acknowledgement, Disclosure, IndexRow, IndexTaken, RequestKey, RequestKeyReused
from ledger.storage.store import Store
from tests.support.storage import ORIGIN, SteppingClock, check_log, event

REQUEST = RequestKey("officer", "key-1", b"\x01fingerprint")


def test_an_entry_is_acknowledged_with_its_place(store: Store, clock: SteppingClock) -> None:
    [first] = store.recorder.append([event("thing/1", 1, state=b"one")])
    [second] = store.recorder.append([event("thing/1", 2, state=b"two")])

    leaf = leaf_hash(b"two")
    assert second == Acknowledgement(1, 2, leaf.hex(), format_time(clock.now), 2)
    row = store.entry(1)
    assert (row.stream, row.version, row.state, row.leaf) == ("thing/1", 2, b"two", leaf)
    assert row.chain == link(link(genesis(ORIGIN), leaf_hash(b"one")), leaf)
    assert first.recorded_at < second.recorded_at


def test_the_seal_is_given_the_stamp_and_its_bytes_are_hashed(store: Store) -> None:
    def seal(stored: StoredEvent, recorded_at: datetime) -> bytes:
        return stored.state + b"@" + format_time(recorded_at).encode()

    store.recorder.seal = seal
    acknowledgements = store.recorder.append([event("thing/1", 1, state=b"a"), event("thing/1", 2, state=b"b")])

    assert len({a.recorded_at for a in acknowledgements}) == 1
    assert store.entry(1).state == b"b@" + acknowledgements[1].recorded_at.encode()


def test_everything_of_a_request_is_written_together(store: Store) -> None:
    disclosure = Disclosure("summary", "person-1", "CASE", b"sealed")
    store.recorder.append(
        [event("breach/1", subjects=["person-1", "unit-1"], disclosures=[disclosure])],
        request=REQUEST,
        index_rows=[IndexRow("breach-ref", b"digest", "uid-1")],
        documents={b"sha": b"content"},
        tracking=Tracking("upstream", 7),
    )

    assert [row.index for row in store.entries_of("unit-1")] == [0]
    assert store.disclosures([0]) == {(0, "summary"): disclosure}
    assert store.find("breach-ref", b"digest") == "uid-1"
    assert store.document(b"sha") == b"content"
    assert store.recorder.max_tracking_id("upstream") == 7
    assert store.recorder.find_request("officer", "key-1") is not None


def test_nothing_of_a_refused_request_is_written(store: Store) -> None:
    store.recorder.append([event("breach/1")])

    with pytest.raises(IntegrityError):
        store.recorder.append(
            [event("breach/2", subjects=["p"], disclosures=[Disclosure("s", "p", "CASE", b"x")]), event("breach/1")],
            request=REQUEST,
            index_rows=[IndexRow("breach-ref", b"digest", "uid-1")],
            documents={b"sha": b"content"},
            tracking=Tracking("upstream", 7),
        )

    assert store.head().size == 1
    assert store.disclosures([0, 1, 2]) == {}
    assert store.find("breach-ref", b"digest") is None
    assert store.document(b"sha") is None
    assert store.recorder.find_request("officer", "key-1") is None
    assert store.recorder.max_tracking_id("upstream") is None


def test_a_replay_gets_the_first_acknowledgements(store: Store) -> None:
    events = [event("thing/1", 1), event("thing/1", 2)]
    first = store.recorder.append(events, request=REQUEST)
    store.recorder.append([event()])

    assert store.recorder.append(events, request=REQUEST) == first
    assert store.recorder.find_request("officer", "key-1") == (REQUEST.fingerprint, first[0])
    assert store.recorder.confirm_request("officer", "key-1") == (REQUEST.fingerprint, first[0])
    assert store.recorder.confirm_request("another", "key-1") is None
    assert store.head().size == 3


def test_a_request_key_is_not_used_for_another_body(store: Store) -> None:
    store.recorder.append([event()], request=REQUEST)

    with pytest.raises(RequestKeyReused) as refused:
        store.recorder.append([event()], request=RequestKey("officer", "key-1", b"\x01other body"))

    assert refused.value.code == "request-key-reused"
    store.recorder.append([event()], request=RequestKey("somebody else", "key-1", b"\x01other body"))
    assert store.head().size == 2


def test_a_taken_index_value_is_told_apart_from_a_version_conflict(store: Store) -> None:
    store.recorder.append([event()], index_rows=[IndexRow("person-ref", b"d", "uid-1")])

    with pytest.raises(IndexTaken) as refused:
        store.recorder.append([event()], index_rows=[IndexRow("person-ref", b"d", "uid-2")])

    assert (refused.value.code, refused.value.field) == ("index-taken", "person-ref")
    store.recorder.append([event()], index_rows=[IndexRow("unit-ref", b"d", "uid-2")])
    assert store.find("person-ref", b"d") == "uid-1"


def test_an_index_value_twice_in_one_request_is_taken(store: Store) -> None:
    rows = [IndexRow("person-ref", b"d", "uid-1"), IndexRow("person-ref", b"d", "uid-2")]
    with pytest.raises(IndexTaken):
        store.recorder.append([event()], index_rows=rows)
    assert store.head().size == 0


def test_recorded_times_never_go_back(store: Store, clock: SteppingClock) -> None:
    [first] = store.recorder.append([event()])
    clock.now -= timedelta(seconds=3)
    [second] = store.recorder.append([event()])

    assert second.recorded_at == first.recorded_at


@pytest.mark.parametrize(("behind", "refused"), [(4.9, False), (5.5, True)])
def test_a_clock_too_far_behind_the_head_is_refused(
    store: Store, clock: SteppingClock, behind: float, refused: bool
) -> None:
    store.recorder.append([event()])
    clock.now -= timedelta(seconds=behind)

    if refused:
        with pytest.raises(ClockBehind):
            store.recorder.append([event()])
    else:
        store.recorder.append([event()])
    assert store.head().size == (1 if refused else 2)


def test_a_clock_behind_the_head_does_not_refuse_a_replay(store: Store, clock: SteppingClock) -> None:
    first = store.recorder.append([event("thing/1")], request=REQUEST)
    clock.now -= timedelta(days=400)

    assert store.recorder.confirm_request("officer", "key-1") == (REQUEST.fingerprint, first[0])


def test_conflicts_in_a_group_do_not_fail_the_neighbours(store: Store) -> None:
    """While a transaction holds the store, writes queue up; then they are one group."""
    store.recorder.append([event("taken/1")], request=REQUEST, index_rows=[IndexRow("f", b"d", "u")])
    outcomes: dict[str, object] = {}

    def write(name: str, **arguments: object) -> None:
        stream = str(arguments.pop("stream", f"good/{name}"))
        try:
            outcomes[name] = store.recorder.append([event(stream)], **arguments)  # type: ignore[arg-type]
        except (LedgerError, IntegrityError) as error:
            outcomes[name] = error

    calls: dict[str, dict[str, object]] = {
        "a": {},
        "version": {"stream": "taken/1"},
        "b": {"index_rows": [IndexRow("f", b"e", "u")]},
        "index": {"index_rows": [IndexRow("f", b"d", "v")]},
        "replay": {"request": REQUEST},
        "reuse": {"request": RequestKey("officer", "key-1", b"\x01other")},
        "c": {"request": RequestKey("officer", "key-2", b"\x01two")},
    }
    threads = [Thread(target=write, args=(name,), kwargs=arguments) for name, arguments in calls.items()]
    with store.recorder.transaction(discard=True):
        for thread in threads:
            thread.start()
    for thread in threads:
        thread.join()

    assert isinstance(outcomes["version"], IntegrityError)
    assert isinstance(outcomes["index"], IndexTaken)
    assert isinstance(outcomes["reuse"], RequestKeyReused)
    assert [a.index for a in outcomes["replay"]] == [0]  # type: ignore[attr-defined]
    indexes = [a.index for name in "abc" for a in outcomes[name]]  # type: ignore[attr-defined]
    assert sorted(indexes) == [1, 2, 3]
    assert check_log(store) == 4


def test_tiles_are_stored_as_they_fill_whatever_the_calls(store: Store) -> None:
    """Across a tile's end in one call, and up to it exactly; a level-1 tile after 65,536."""
    store.recorder.append([event(f"a/{n}") for n in range(255)])
    assert store.tile(0, 0) is None
    store.recorder.append([event()])
    assert store.tile(0, 0) is not None
    store.recorder.append([event(f"b/{n}") for n in range(700)])
    assert check_log(store) == 956


def test_a_tile_of_the_second_level_is_made_from_roots(store: Store) -> None:
    for start in range(0, 65_536 + 300, 4096):
        store.recorder.append([event(f"a/{start}", n, state=b"%d" % n) for n in range(1, 4097)])
    assert store.tile(1, 0) is not None
    assert check_log(store) > 65_536


def test_mistakes_of_ours_are_refused_before_they_are_queued(store: Store) -> None:
    with pytest.raises(ValueError, match="request key"):
        store.recorder.append([], request=REQUEST)
    with pytest.raises(ValueError, match="subject"):
        store.recorder.append([event(subjects=["p", "p"])])
    with pytest.raises(ValueError, match="section"):
        store.recorder.append(
            [event(disclosures=[Disclosure("s", "p", "CASE", b"1"), Disclosure("s", "q", "CASE", b"2")])]
        )
    assert store.recorder.append([]) == []


def test_a_document_is_stored_once(store: Store) -> None:
    store.recorder.append([event()], documents={b"sha": b"content"})
    store.recorder.append([event()], documents={b"sha": b"content"})
    assert store.document(b"sha") == b"content"


def test_a_naive_clock_writes_nothing(store: Store) -> None:
    aware = store.recorder.clock
    store.recorder.clock = lambda: datetime(2025, 1, 1)  # noqa: DTZ001
    with pytest.raises(ValueError, match="naive"):
        store.recorder.append([event()])
    store.recorder.clock = aware
    [acknowledgement] = store.recorder.append([event()])
    assert acknowledgement.index == 0


def test_times_beyond_the_newest_are_taken_from_the_clock(store: Store) -> None:
    store.recorder.clock = lambda: datetime(2031, 5, 1, tzinfo=UTC)
    [acknowledgement] = store.recorder.append([event()])
    assert acknowledgement.recorded_at == "2031-05-01T00:00:00.000000Z"
