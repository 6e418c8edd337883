from collections.abc import Sequence
from threading import Event, Thread, active_count, current_thread
from time import monotonic, sleep
from typing import Any

import pytest

from ledger.errors import Unavailable
from ledger.storage import postgres
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.store import Store, open_store
from tests.support.storage import event


def test_entries_of_another_process_arrive(store: Store) -> None:
    """A second store has a recorder of its own, as another process would."""
    with open_store(store.url) as other:
        seen: list[int] = []

        def read() -> None:
            with store.recorder.subscribe(gt=0) as subscription:
                for notification in subscription:
                    seen.append(notification.id)
                    if len(seen) == 3:
                        return

        reader = Thread(target=read)
        reader.start()
        for _ in range(3):
            sleep(0.05)
            other.recorder.append([event()])
        reader.join(10)
        assert seen == [1, 2, 3]


def test_only_the_topics_asked_for(store: Store) -> None:
    with store.recorder.subscribe(topics=["b.v1"]) as subscription:
        store.recorder.append([event(topic="a.v1"), event(topic="b.v1")])
        assert next(subscription).topic == "b.v1"


def test_closing_the_store_ends_its_subscriptions(store: Store) -> None:
    with open_store(store.url) as other:
        subscription = other.recorder.subscribe()
        ended: list[bool] = []

        def read() -> None:
            with subscription:
                ended.append(list(subscription) == [])

        reader = Thread(target=read)
        reader.start()
    reader.join(10)
    assert ended == [True]


def test_nobody_watches_for_nobody(store: Store) -> None:
    before = active_count()
    with store.recorder.subscribe(), store.recorder.subscribe():
        assert active_count() == before + 3  # two that pull, one that watches
    deadline = monotonic() + 5
    while active_count() > before and monotonic() < deadline:
        sleep(0.02)
    assert active_count() == before


def test_a_store_that_is_busy_for_a_moment_is_watched_on(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look that fails must not end the watching: entries of another process still arrive."""
    recorder = store.recorder
    broken = [Unavailable("another process holds the database", code="store-busy") for _ in range(2)]
    read, wait = type(recorder)._read, postgres.PostgresSession.wait_for_notice

    def busy() -> None:
        if current_thread().name == "ledger-poller" and broken:
            raise broken.pop()

    def read_or_not(self: ChainedRecorder, statement: str, parameters: Sequence[object]) -> Any:
        busy()
        return read(self, statement, parameters)

    def wait_or_not(self: postgres.PostgresSession, seconds: float) -> bool:
        busy()
        return wait(self, seconds)

    monkeypatch.setattr(type(recorder), "_read", read_or_not)
    monkeypatch.setattr(postgres.PostgresSession, "wait_for_notice", wait_or_not)
    with open_store(store.url) as other, recorder.subscribe(gt=0) as subscription:
        deadline = monotonic() + 10
        while broken and monotonic() < deadline:
            sleep(0.02)
        assert broken == []
        other.recorder.append([event()])
        assert next(subscription).id == 1


def test_watching_that_cannot_go_on_ends_the_subscription_with_its_reason(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mistaken(stopped: Event) -> bool:
        raise KeyError("a mistake of ours")

    monkeypatch.setattr(store.recorder, "news", mistaken)
    ended: list[object] = []
    with store.recorder.subscribe() as subscription:

        def read() -> None:
            try:
                ended.append(next(subscription))
            except Exception as error:
                ended.append(str(error))

        reader = Thread(target=read)
        reader.start()
        reader.join(5)
        answered = list(ended)
    assert answered == ["'a mistake of ours'"]
