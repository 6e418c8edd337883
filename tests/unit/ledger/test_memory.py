"""What a transaction learned is everybody's once it is committed, and gone where it is not."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TypeVar

import pytest

from ledger.memory import Memory

Value = TypeVar("Value")


@pytest.fixture
def memory() -> Memory[str, int]:
    return Memory(10)


def elsewhere(ask: Callable[[], Value]) -> Value:
    """The answer that another thread gets."""
    answers: list[Value] = []
    thread = Thread(target=lambda: answers.append(ask()))
    thread.start()
    thread.join()
    (answer,) = answers
    return answer


def test_what_is_committed_is_everybody_s(memory: Memory[str, int]) -> None:
    memory.put("a", 1)

    assert memory.get("a") == elsewhere(lambda: memory.get("a")) == 1
    assert memory.get("b") is None


def test_what_a_transaction_found_is_its_thread_s_own_until_it_commits(memory: Memory[str, int]) -> None:
    memory.begin()
    memory.put("a", 1)

    assert (memory.get("a"), elsewhere(lambda: memory.get("a"))) == (1, None)
    memory.end(kept=True)
    assert elsewhere(lambda: memory.get("a")) == 1


def test_what_a_discarded_transaction_found_is_gone(memory: Memory[str, int]) -> None:
    memory.put("a", 1)
    memory.begin()
    memory.put("a", 2)
    memory.put("b", 2)
    memory.end(kept=False)

    assert (memory.get("a"), memory.get("b")) == (1, None)


def test_a_part_that_is_kept_joins_what_is_around_it(memory: Memory[str, int]) -> None:
    memory.begin()
    memory.begin()
    memory.put("a", 1)
    memory.end(kept=True)
    memory.begin()
    memory.put("b", 2)
    memory.end(kept=False)

    assert (memory.get("a"), memory.get("b")) == (1, None)
    memory.end(kept=False)
    assert memory.get("a") is None


def test_exactly_what_is_dropped_is_forgotten(memory: Memory[str, int]) -> None:
    memory.put("a", 1)
    memory.put("b", 2)
    memory.drop("a")

    assert (memory.get("a"), memory.get("b")) == (None, 2)


def test_what_a_transaction_drops_others_believe_until_it_commits(memory: Memory[str, int]) -> None:
    memory.put("a", 1)
    memory.begin()
    memory.drop("a")

    assert (memory.get("a"), elsewhere(lambda: memory.get("a"))) == (None, 1)
    memory.end(kept=True)
    assert elsewhere(lambda: memory.get("a")) is None


def test_it_is_bounded(memory: Memory[str, int]) -> None:
    for number in range(25):
        memory.put(str(number), number)
        assert len(memory) <= 10

    assert memory.get("24") == 24


def test_a_full_layer_still_knows_what_it_dropped(memory: Memory[str, int]) -> None:
    memory.put("a", 1)
    memory.begin()
    memory.drop("a")
    for number in range(25):
        memory.put(str(number), number)

    assert memory.get("a") is None
    memory.end(kept=True)
    assert memory.get("a") is None


def test_all_that_is_committed_can_be_forgotten(memory: Memory[str, int]) -> None:
    memory.put("one", 1)
    memory.clear()

    assert memory.get("one") is None
    assert elsewhere(lambda: memory.get("one")) is None
