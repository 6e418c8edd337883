"""The same request at the same moment from many threads, through the ledger's own door on both databases: one entry,
one acknowledgement (ASSURANCE T7); the same key with another body is refused, whoever is first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier, Thread

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.line import Line
from ledger.storage.events import Acknowledgement, RequestKeyReused
from tests.fault.writers import SOURCE, record
from tests.support.ledgers import a_ledger
from tests.support.scene import OPENED, P1, U1
from tests.support.storage import SteppingClock

THREADS = 32
ROUNDS = 3
Answer = Acknowledgement | Exception


@pytest.fixture
def ledger(database_url: str, tmp_path: Path) -> Iterator[Ledger]:
    with a_ledger(database_url, tmp_path, SteppingClock()) as made:
        yield made
        report = fsck.verify(made)
        assert report.ok, report.findings


def at_once(calls: list[Callable[[], Acknowledgement]]) -> list[Answer]:
    """What each call got, all of them made at the same moment."""
    together, answers = Barrier(len(calls)), list[Answer | None]([None] * len(calls))

    def run(place: int, call: Callable[[], Acknowledgement]) -> None:
        together.wait()
        try:
            answers[place] = call()
        except Exception as error:
            answers[place] = error

    threads = [Thread(target=run, args=one) for one in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [answer for answer in answers if answer is not None]


def promise(name: str) -> Line:
    data = {"commitment_id": name, "promisor_id": "U1", "kind": "SERVICE", "text": "按时办结", "weight": 1}
    return Line("CommitmentMade", OPENED, U1, {**data, "due_on": "2025-06-30", "public": True})


def consent(name: str) -> Line:
    data = {"consent_id": name, "subject_id": "P1", "purpose": "RECRUIT", "scope": ["BREACHES"], "recipient": "U1"}
    return Line("ConsentGiven", OPENED, P1, {**data, "expires_on": "2025-11-30"})


@pytest.mark.parametrize("line", [record, promise, consent], ids=["record", "promise", "consent"])
def test_one_entry_and_one_acknowledgement_for_32_who_ask_at_once(ledger: Ledger, line: Callable[[str], Line]) -> None:
    for number in range(ROUNDS):
        size, asked = ledger.size, line(f"r{number}")
        answers = at_once([partial(ledger.submit, asked, request=("officer", f"key {number}"))] * THREADS)

        assert len(answers) == THREADS
        assert len(set(answers)) == 1, answers
        assert isinstance(answers[0], Acknowledgement)
        assert ledger.size == size + 1
        assert ledger.submit(asked, request=("officer", f"key {number}")) == answers[0]
        assert ledger.size == size + 1


def test_without_a_key_only_one_of_32_is_first(ledger: Ledger) -> None:
    """The control: it is the key that makes the others' answers the first one's."""
    answers = at_once([partial(ledger.submit, record("once"))] * THREADS)

    assert sum(isinstance(answer, Acknowledgement) for answer in answers) == 1
    assert ledger.uid("record", "once", SOURCE) is not None


def test_of_two_bodies_under_one_key_one_wins_and_the_other_is_refused(ledger: Ledger) -> None:
    size = ledger.size
    bodies = [record("one"), replace(record("one"), purpose="PROMOTE")]
    answers = at_once(
        [partial(ledger.submit, bodies[place % 2], request=("officer", "key")) for place in range(THREADS)]
    )

    won = [place % 2 for place, answer in enumerate(answers) if isinstance(answer, Acknowledgement)]
    lost = [answer for answer in answers if not isinstance(answer, Acknowledgement)]
    assert len(won) == THREADS // 2
    assert len(set(won)) == 1
    assert len({answer for answer in answers if isinstance(answer, Acknowledgement)}) == 1
    assert all(isinstance(answer, RequestKeyReused) for answer in lost), lost
    assert ledger.size == size + 1


def test_the_same_key_of_another_principal_is_another_request(ledger: Ledger) -> None:
    requests = [(record(f"of {place % 2}"), (f"officer {place % 2}", "key")) for place in range(THREADS)]
    answers = at_once([partial(ledger.submit, line, request=request) for line, request in requests])

    assert {isinstance(answer, Acknowledgement) for answer in answers} == {True}
    assert len(set(answers)) == 2
