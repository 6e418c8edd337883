"""Many at once: one entry per request key, nothing lost, no gap, whatever the threads and processes do."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from threading import Barrier, Thread
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from ledger.storage.events import Acknowledgement, IndexRow, IndexTaken, RequestKey
from ledger.storage.store import create_store, open_store
from tests.support.storage import ORIGIN, check_log, event

THREADS = 32
PROCESSES = 8
APPENDS = 200


def test_the_same_request_key_at_the_same_moment_from_32_threads(database_url: str) -> None:
    with create_store(database_url, ORIGIN) as store:
        for round_number in range(5):
            request = RequestKey("officer", f"key-{round_number}", b"\x01fingerprint")
            together, answers = Barrier(THREADS), list[Acknowledgement | Exception]()

            def submit(
                request: RequestKey = request,
                together: Barrier = together,
                answers: list[Acknowledgement | Exception] = answers,
            ) -> None:
                together.wait()
                try:
                    # Every attempt would be an entry of its own, were it not for the key.
                    answers.extend(store.recorder.append([event()], request=request))
                except Exception as error:
                    answers.append(error)

            threads = [Thread(target=submit) for _ in range(THREADS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()

            assert len(answers) == THREADS
            assert len(set(answers)) == 1
            assert isinstance(answers[0], Acknowledgement)
            assert check_log(store) == round_number + 1


def test_one_of_many_wins_a_version_and_an_index_value(database_url: str) -> None:
    with create_store(database_url, ORIGIN) as store:
        together, outcomes = Barrier(THREADS), list[str]()

        def submit(number: int) -> None:
            together.wait()
            try:
                if number % 2:
                    store.recorder.append([event("thing/1")])
                else:
                    store.recorder.append([event()], index_rows=[IndexRow("person-ref", b"d", str(number))])
                outcomes.append("won")
            except (IntegrityError, IndexTaken) as error:
                outcomes.append(type(error).__name__)

        threads = [Thread(target=submit, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert Counter(outcomes) == {"won": 2, "IntegrityError": 15, "IndexTaken": 15}
        assert check_log(store) == 2


def append_many(url: str, number: int, conflicts: bool) -> tuple[list[Acknowledgement], int]:
    """One process: its acknowledgements, and how often another was first."""
    acknowledged, lost = [], 0
    with open_store(url) as store:
        for step in range(1, APPENDS + 1):
            acknowledged += store.recorder.append([event(f"writer/{number}", step, subjects=[f"writer-{number}"])])
            if conflicts and step % 10 == 0:
                try:
                    acknowledged += store.recorder.append([event("contested/1", step)])
                except IntegrityError:
                    lost += 1
    return acknowledged, lost


@pytest.mark.parametrize("conflicts", [False, True])
def test_eight_processes_append_without_gap_or_loss(database_url: str, conflicts: bool) -> None:
    create_store(database_url, ORIGIN).close()
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        results = pool.starmap(append_many, [(database_url, number, conflicts) for number in range(PROCESSES)])

    acknowledged = {a.index: a for found, _ in results for a in found}
    lost = sum(count for _, count in results)
    contested = APPENDS // 10 if conflicts else 0
    assert lost == contested * (PROCESSES - 1)
    with open_store(database_url) as store:
        assert check_log(store) == PROCESSES * APPENDS + contested == len(acknowledged)
        for row in store.entries():
            told = acknowledged[row.index]
            assert (told.leaf, told.recorded_at, told.version) == (row.leaf.hex(), row.recorded_at, row.version)
        for number in range(PROCESSES):
            versions = [row.version for row in store.stream_entries(f"writer/{number}")]
            assert versions == list(range(1, APPENDS + 1))


def test_threads_that_write_read_and_conflict(database_url: str) -> None:
    """The mix that crashes the framework's own SQLite recorder on 3.11 and 3.12."""
    with create_store(database_url, ORIGIN) as store:
        acknowledged: list[Acknowledgement] = []
        failures: list[Exception] = []
        writing = True

        def write(number: int) -> None:
            stream = f"w/{uuid4()}"
            try:
                for step in range(1, 61):
                    acknowledged.extend(store.recorder.append([event(stream, step), event()]))
                    if step % 10 == 0:
                        with pytest.raises(IntegrityError):
                            store.recorder.append([event(stream, step)])
                    if step % 20 == 0:
                        with store.recorder.transaction():
                            acknowledged.extend(store.recorder.append([event()]))
                            store.head()
            except Exception as error:
                failures.append(error)

        def read() -> None:
            try:
                while writing:
                    store.recorder.select_notifications(None, 10)
                    list(store.entries(max(store.head().size - 20, 0)))
            except Exception as error:
                failures.append(error)

        writers = [Thread(target=write, args=(number,)) for number in range(16)]
        readers = [Thread(target=read) for _ in range(4)]
        for thread in [*writers, *readers]:
            thread.start()
        for thread in writers:
            thread.join()
        writing = False
        for thread in readers:
            thread.join()

        assert failures == []
        assert check_log(store) == len(acknowledged) == 16 * (60 * 2 + 3)
        assert sorted(a.index for a in acknowledged) == list(range(len(acknowledged)))
