"""What waits is in the file: it is there after the process, once, and others may look."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from api.outbox.backlog import DUE, Backlog, Item, Standing, resume, standings
from ledger.errors import Unavailable


def test_a_target_begins_once(backlog: Backlog) -> None:
    assert (backlog.begin("mail", 99), backlog.begin("new", 42), backlog.begin("new", 50)) == (10, 42, 42)


def test_a_log_that_was_put_back_is_followed_from_there(backlog: Backlog) -> None:
    assert (backlog.begin("mail", 5), backlog.begin("mail", 8)) == (5, 5)
    assert standings_of(backlog).waiting == 1
    assert backlog.due("mail", 0) == Item(3, 0)


def test_what_waits_is_given_out_oldest_first_until_it_is_done(backlog: Backlog) -> None:
    assert backlog.due("mail", 0) == Item(3, 0)
    backlog.later("mail", 3, 100.0, "500", unreachable=False)
    assert backlog.due("mail", 0) == Item(7, 0)
    backlog.done("mail", 7)
    assert backlog.due("mail", 99.9) is None
    assert backlog.due("mail", 100.0) == Item(3, 1)
    assert backlog.due("other", 100.0) is None


def test_what_was_taken_in_twice_waits_once(backlog: Backlog) -> None:
    backlog.later("mail", 3, 100.0, "500", unreachable=False)
    backlog.take_in("mail", [3, 7], 10)

    assert standings_of(backlog).waiting == 2
    assert backlog.due("mail", 100.0) == Item(7, 0)


def test_what_is_due_is_the_first_row_of_an_index_however_many_wait(backlog: Backlog) -> None:
    with closing(sqlite3.connect(backlog.path)) as connection:
        plan = [row[-1] for row in connection.execute(f"EXPLAIN QUERY PLAN {DUE}", ("mail", 0, 0))]

    assert [step for step in plan if "items_due" in step and "not_before" in step]
    assert [step for step in plan if "TEMP B-TREE" in step or step.startswith("SCAN")] == []


def standings_of(backlog: Backlog) -> Standing:
    """The one target's."""
    (found,) = standings(backlog.path)
    return found


def test_a_pause_holds_for_all_of_a_target_and_ends_with_its_answer(backlog: Backlog) -> None:
    backlog.later("mail", 3, 1000.0, "421", unreachable=True)
    backlog.pause("mail", 50.0, "421")
    backlog.pause("mail", 60.0, "421")
    assert (backlog.due("mail", 59.9), backlog.failures("mail")) == (None, 2)
    assert backlog.due("mail", 60.0) == Item(7, 0)
    backlog.done("mail", 7)
    backlog.answered("mail")

    assert (backlog.due("mail", 0.0), backlog.failures("mail")) == (Item(3, 1), 0)


def test_what_failed_by_itself_waits_on_when_the_target_answers(backlog: Backlog) -> None:
    backlog.later("mail", 3, 1000.0, "500", unreachable=False)
    backlog.pause("mail", 50.0, "421")
    backlog.answered("mail")

    assert backlog.due("mail", 999.0) == Item(7, 0)


def test_what_is_undeliverable_stays_until_somebody_resumes_it(backlog: Backlog) -> None:
    backlog.give_up("mail", 3, "554")
    assert backlog.due("mail", 1e12) == Item(7, 0)
    assert standings_of(backlog) == Standing("mail", 10, 1, 1, False, 0, None)
    assert resume(backlog.path, "mail") == 1
    assert (backlog.due("mail", 0), standings_of(backlog).undeliverable) == (Item(3, 0), 0)


def test_a_target_that_is_gone_is_told_nothing_until_somebody_resumes_it(backlog: Backlog) -> None:
    backlog.close_target("mail", "410")
    assert (backlog.due("mail", 1e12), backlog.is_gone("mail")) == (None, True)
    assert (standings_of(backlog).gone, standings_of(backlog).waiting) == (True, 2)
    assert resume(backlog.path, "mail") == 0
    assert (backlog.due("mail", 0), backlog.is_gone("mail")) == (Item(3, 0), False)


def test_it_is_all_there_for_whoever_takes_it_next_and_for_nobody_before(backlog: Backlog, path: Path) -> None:
    backlog.later("mail", 3, 100.0, "500", unreachable=False)
    assert Backlog.take(path) is None
    backlog.release()
    again = Backlog.take(path)
    assert again is not None
    assert (again.begin("mail", 99), again.due("mail", 100.0), again.due("mail", 0)) == (10, Item(7, 0), Item(7, 0))
    again.done("mail", 7)
    assert again.due("mail", 100.0) == Item(3, 1)
    again.release()


def test_many_threads_may_ask_at_once(backlog: Backlog) -> None:
    def work(target: str) -> None:
        backlog.begin(target, 0)
        backlog.take_in(target, range(5), 5)
        while (item := backlog.due(target, 0)) is not None:
            backlog.done(target, item.index)

    threads = [Thread(target=work, args=[f"t{number}"]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert [(one.target, one.waiting) for one in standings(backlog.path)] == [
        ("mail", 2), ("t0", 0), ("t1", 0), ("t2", 0), ("t3", 0),
    ]  # fmt: skip


def test_without_a_file_nobody_stands_anywhere_and_none_is_made(path: Path) -> None:
    assert standings(path) == ()
    assert not path.exists()


@pytest.mark.parametrize("data", [b"[]", b'{"mail": {"position": 1}}' * 40, b"SQLite format 3\0" + bytes(4000)])
def test_a_file_of_something_else_is_not_taken_for_it(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    for ask in (Backlog.take, standings):
        with pytest.raises(Unavailable) as caught:
            ask(path)
        assert caught.value.code == "outbox-unreadable"
    assert path.read_bytes() == data


def test_a_file_of_another_format_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(Unavailable):
        Backlog.take(path)
    Path(f"{path}.lock").unlink()  # and nobody holds it
