from threading import Barrier, Event, Thread

import pytest

from ledger.errors import Unavailable
from ledger.storage.group_commit import GroupCommit, Item


class Numbered(Item):
    def __init__(self, number: int = 0) -> None:
        super().__init__()
        self.number = number


def test_a_failed_commit_acknowledges_nobody() -> None:
    def commit(group: list[Numbered]) -> None:
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="gone"):
        GroupCommit(commit, limit=8).submit(Numbered())


def test_an_item_refused_by_itself_keeps_its_own_answer() -> None:
    def commit(group: list[Numbered]) -> None:
        group[0].error = KeyError("mine")
        raise OSError("the disk is gone")

    with pytest.raises(KeyError):
        GroupCommit(commit, limit=8).submit(Numbered())


def test_what_arrives_during_a_commit_is_the_next_group() -> None:
    groups: list[list[int]] = []
    committing, go_on = Event(), Event()

    def commit(group: list[Numbered]) -> None:
        groups.append([item.number for item in group])
        if len(groups) == 1:
            committing.set()
            go_on.wait()

    queue = GroupCommit(commit, limit=8)
    threads = [Thread(target=queue.submit, args=(Numbered(number),)) for number in range(4)]
    threads[0].start()
    committing.wait()
    for thread in threads[1:]:
        thread.start()
    while len(queue._queue) < 3:
        pass
    go_on.set()
    for thread in threads:
        thread.join()

    assert groups[0] == [0]
    assert sorted(groups[1]) == [1, 2, 3]
    assert len(groups) == 2


def test_a_full_queue_pushes_back() -> None:
    committing, go_on = Event(), Event()

    def commit(group: list[Numbered]) -> None:
        committing.set()
        go_on.wait()

    queue = GroupCommit(commit, limit=2)
    threads = [Thread(target=queue.submit, args=(Numbered(number),)) for number in range(3)]
    threads[0].start()
    committing.wait()
    for thread in threads[1:]:
        thread.start()
    while len(queue._queue) < 2:
        pass

    with pytest.raises(Unavailable) as refused:
        queue.submit(Numbered())

    assert refused.value.code == "queue-full"
    go_on.set()
    for thread in threads:
        thread.join()
    queue.submit(Numbered())


def test_an_interrupted_leader_does_not_strand_the_queue() -> None:
    first = True
    committing, go_on = Event(), Event()
    outcomes: list[object] = []

    def commit(group: list[Numbered]) -> None:
        nonlocal first
        if first:
            first = False
            committing.set()
            go_on.wait()
            raise KeyboardInterrupt

    def submit() -> None:
        try:
            queue.submit(Numbered())
            outcomes.append("done")
        except BaseException as error:
            outcomes.append(type(error))

    queue = GroupCommit(commit, limit=8)
    threads = [Thread(target=submit) for _ in range(3)]
    threads[0].start()
    committing.wait()
    for thread in threads[1:]:
        thread.start()
    while len(queue._queue) < 2:
        pass
    go_on.set()
    for thread in threads:
        thread.join(10)

    assert sorted(map(str, outcomes)) == ["<class 'KeyboardInterrupt'>", "done", "done"]


def test_many_threads_are_all_served_once() -> None:
    seen: list[int] = []
    together = Barrier(16)

    def commit(group: list[Numbered]) -> None:
        seen.extend(item.number for item in group)

    queue = GroupCommit(commit, limit=1000)

    def work(number: int) -> None:
        together.wait()
        for step in range(200):
            queue.submit(Numbered(number * 200 + step))

    threads = [Thread(target=work, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(16 * 200))
