from threading import Thread, active_count
from time import monotonic, sleep

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
