"""One command at the ledger's door: request keys, versions, transactions, and what a caller holds afterwards."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest

from ledger.application import Ledger
from ledger.errors import ClockBehind, Conflict, LedgerError, NotFound
from ledger.line import Line, LineActor
from ledger.opening import create
from ledger.storage.events import Acknowledgement, RequestKeyReused
from tests.support.scene import CREDIT, DOCUMENT, P1, U1, Scene
from tests.support.storage import check_log

THREADS = 32
KEY = ("tester", "request-1")


def promise(name: str = "C1", **changes: object) -> Line:
    data = {"commitment_id": name, "promisor_id": "U1", "kind": "SERVICE", "text": "按时办结", "weight": 1}
    return Line("CommitmentMade", date(2025, 1, 10), U1, {**data, "due_on": "2025-06-30", "public": True, **changes})


def fulfilment() -> Line:
    data = {"commitment_id": "C1", "fulfilled_on": "2025-01-10", "evidence": ["ev-1"]}
    return Line("CommitmentFulfilled", date(2025, 1, 10), CREDIT, data)


def at_once(calls: Sequence[Callable[[], Acknowledgement]]) -> list[Acknowledgement | LedgerError]:
    """Every call on a thread of its own, all let go at the same moment."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Acknowledgement]) -> Acknowledgement | LedgerError:
        barrier.wait()
        try:
            return call()
        except LedgerError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


@pytest.fixture
def january(scene: Scene) -> Scene:
    scene.on_day("2025-01-10")
    return scene


# The acknowledgement.


def test_an_acknowledgement_says_where_the_entry_stands(january: Scene) -> None:
    answer = january.ledger.submit(promise())

    row = january.store.entry(answer.index)
    assert (answer.size, answer.version) == (answer.index + 1, 1)
    assert (answer.leaf, answer.recorded_at) == (row.leaf.hex(), row.recorded_at)
    assert january.ledger.size == answer.size


def test_a_refused_command_leaves_nothing_behind(january: Scene) -> None:
    keys = Path(january.store.url.removeprefix("sqlite:///") + ".keys")
    before = (january.store.head(), len(list(january.store.entries())), keys.stat().st_size)
    with january.refused("due-before-start"):
        january.ledger.submit(promise(due_on="2025-01-09"), request=KEY)

    assert (january.store.head(), len(list(january.store.entries())), keys.stat().st_size) == before
    assert january.ledger.uid("commitment", "C1") is None
    assert january.ledger.submit(promise(), request=KEY).version == 1, "a refused request does not use its key"


# Request keys.


def test_the_same_request_again_gets_the_same_acknowledgement(january: Scene) -> None:
    first = january.ledger.submit(promise(), request=KEY)
    january.on_day("2025-02-10")

    assert january.ledger.submit(promise(), request=KEY) == first
    assert january.ledger.size == first.size


def test_the_same_key_with_another_body_is_refused(january: Scene) -> None:
    january.ledger.submit(promise(), request=KEY)

    for other in (
        promise(weight=2),
        promise("C2"),
        replace(promise(), actor=CREDIT),
        replace(promise(), basis=("R-1",)),
    ):
        with january.refused("request-key-reused"):
            january.ledger.submit(other, request=KEY)


def test_a_key_is_its_principal_s_own(january: Scene) -> None:
    january.ledger.submit(promise(), request=KEY)

    again = january.ledger.submit(promise("C2"), request=("somebody-else", KEY[1]))

    assert again.index == january.ledger.size - 1


def test_a_key_is_kept_over_a_restart(january: Scene) -> None:
    first = january.ledger.submit(promise(), request=KEY)
    url = january.store.url
    january.ledger.close()
    january.ledger = Ledger.open(url, clock=january.clock)

    assert january.ledger.submit(promise(), request=KEY) == first


def test_a_replay_is_answered_before_the_version_is_looked_at(january: Scene) -> None:
    january.ledger.submit(promise())
    line = replace(fulfilment(), after=1)
    first = january.ledger.submit(line, request=KEY)

    assert january.ledger.submit(line, request=KEY) == first


@pytest.mark.parametrize("kind", ["opens-a-stream", "moves-a-state", "asks-for-a-check"])
def test_the_same_key_from_32_threads_makes_one_entry_and_one_acknowledgement(january: Scene, kind: str) -> None:
    january.ledger.submit(promise())
    body = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
    check = Line("EligibilityCheckRequested", date(2025, 1, 10), LineActor("hr-1", "HR", "PERSONNEL"), body)
    line = {"opens-a-stream": promise("C2"), "moves-a-state": fulfilment(), "asks-for-a-check": check}[kind]
    size = january.ledger.size

    answers = at_once([lambda: january.ledger.submit(line, request=KEY)] * THREADS)

    assert [answer for answer in answers if isinstance(answer, LedgerError)] == []
    assert len({repr(answer) for answer in answers}) == 1
    assert january.ledger.size == size + (2 if kind == "asks-for-a-check" else 1)


def test_of_two_bodies_under_one_key_at_once_one_is_written_and_the_other_refused(january: Scene) -> None:
    size = january.ledger.size
    bodies = [promise("C0"), promise("C1")] * (THREADS // 2)
    calls = [partial(january.ledger.submit, body, request=KEY) for body in bodies]

    answers = at_once(calls)

    assert january.ledger.size == size + 1
    written = {repr(answer) for answer in answers if isinstance(answer, Acknowledgement)}
    assert len(written) == 1
    refused = [answer for answer in answers if isinstance(answer, LedgerError)]
    assert len(refused) == THREADS // 2
    assert {type(error) for error in refused} == {RequestKeyReused}


def test_32_callers_with_keys_of_their_own_all_get_their_entry(january: Scene) -> None:
    size = january.ledger.size
    calls = [partial(january.ledger.submit, promise(f"C{n}"), request=("t", str(n))) for n in range(THREADS)]

    answers = at_once(calls)

    assert sorted(answer.index for answer in answers if isinstance(answer, Acknowledgement)) == list(
        range(size, size + THREADS)
    )


def test_of_many_who_give_one_id_at_once_one_wins(january: Scene) -> None:
    size = january.ledger.size

    answers = at_once([lambda: january.ledger.submit(promise())] * 8)

    assert january.ledger.size == size + 1
    assert sorted(answer.code for answer in answers if isinstance(answer, LedgerError)) == ["commitment-exists"] * 7


def test_of_many_who_keep_one_promise_at_once_one_wins(january: Scene) -> None:
    january.ledger.submit(promise())

    answers = at_once([lambda: january.ledger.submit(fulfilment())] * 8)

    assert january.state("commitment", "C1").version == 2
    assert {answer.code for answer in answers if isinstance(answer, LedgerError)} == {"commitment-closed"}


# Versions.


def test_a_command_on_a_version_that_has_moved_on_is_a_conflict(january: Scene) -> None:
    january.ledger.submit(promise())
    with january.refused("stale-version", "after"):
        january.ledger.submit(replace(fulfilment(), after=0))
    with pytest.raises(Conflict):
        january.ledger.submit(replace(fulfilment(), after=2))

    answer = january.ledger.submit(replace(fulfilment(), after=1))

    assert answer.version == 2
    assert b'"after":1' in january.store.entry(answer.index).state


# Transactions.


def test_what_a_transaction_writes_is_there_together_or_not_at_all(january: Scene) -> None:
    before = january.store.head()

    def two_and_a_fault() -> None:
        with january.ledger.transaction():
            january.ledger.submit(promise("C1"))
            january.ledger.submit(promise("C2"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        two_and_a_fault()

    assert january.store.head() == before
    assert january.ledger.uid("commitment", "C1") is None


def test_inside_a_transaction_each_command_sees_those_before_it(january: Scene) -> None:
    with january.ledger.transaction():
        january.ledger.submit(promise())
        january.ledger.submit(fulfilment())
        with pytest.raises(LedgerError) as closed:
            january.ledger.submit(fulfilment())

    assert closed.value.code == "commitment-closed"
    assert january.state("commitment", "C1").closed == "FULFILLED"


def test_a_refusal_inside_a_transaction_leaves_the_rest_standing(january: Scene) -> None:
    with january.ledger.transaction():
        january.ledger.submit(promise("C1"))
        with pytest.raises(LedgerError):
            january.ledger.submit(promise("C1"))
        january.ledger.submit(promise("C2"))

    assert january.ledger.uid("commitment", "C2") is not None


def test_a_dry_run_writes_nothing_and_forgets_who_it_met(january: Scene) -> None:
    before = january.store.head()
    with january.ledger.transaction(discard=True):
        january.register_person("2025-01-10", "P3")
        january.ledger.submit(promise())
        assert january.ledger.size == before.size + 2

    assert january.store.head() == before
    assert january.ledger.uid("subject", "P3") is None
    january.ledger.submit(promise())


def test_a_check_stands_on_the_size_before_its_request_whoever_else_writes(january: Scene) -> None:
    actor = LineActor("hr-1", "HR", "PERSONNEL")

    def request(name: str) -> Acknowledgement:
        body = {"check_id": name, "subject_id": "P1", "purpose": "RECRUIT", "statutory_basis": "公务员法 26"}
        return january.ledger.submit(Line("EligibilityCheckRequested", date(2025, 1, 10), actor, body))

    calls: list[Callable[[], Acknowledgement]] = []
    for n in range(8):
        calls += [partial(request, f"K{n}"), partial(january.ledger.submit, promise(f"C{n}"))]
    answers = at_once(calls)

    assert [answer for answer in answers if isinstance(answer, LedgerError)] == []
    evaluations = january.ledger.by_type("EligibilityEvaluated", january.ledger.size)
    assert len(evaluations) == 8
    assert all(entry.data["as_known_seq"] == entry.index - 1 for entry in evaluations)


# The clock.


def test_a_clock_behind_the_head_is_refused(january: Scene) -> None:
    january.ledger.submit(promise())
    before = january.store.head()
    january.now -= timedelta(seconds=6)

    with pytest.raises(ClockBehind) as behind:
        january.ledger.submit(promise("C2"))

    assert behind.value.code == "clock-behind"
    assert january.store.head() == before


def test_within_the_allowed_skew_time_stands_still(january: Scene) -> None:
    first = january.ledger.submit(promise())
    january.now -= timedelta(seconds=4)

    assert january.ledger.submit(promise("C2")).recorded_at == first.recorded_at


# Opening.


def test_a_ledger_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        Ledger.open(f"sqlite:///{tmp_path / 'nothing.db'}")

    assert list(tmp_path.iterdir()) == []


def held(folder: Path) -> list[str]:
    """The files of a folder that this process has open."""
    names = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_open(fd)]
    return sorted(name for name in names if name.startswith(str(folder)))


def _is_open(fd: str) -> bool:
    return Path(f"/proc/self/fd/{fd}").is_symlink()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a list of the files that are open")
def test_an_opening_that_fails_leaves_nothing_open(scene: Scene, tmp_path: Path) -> None:
    url, folder = scene.store.url, tmp_path / "scene"
    scene.ledger.close()
    gc.collect()
    before = held(folder)

    def broken(ledger: Ledger) -> None:
        ledger.store.head()
        ledger.keys.get("nobody", "CASE")
        raise RuntimeError("entry 0 cannot be read")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "read_opening", broken)
        with pytest.raises(RuntimeError, match="entry 0") as kept:
            Ledger.open(url)
        assert held(folder) == before, kept

    scene.ledger = Ledger.open(url, clock=scene.clock)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="needs a list of the files that are open")
def test_a_creation_that_fails_leaves_nothing_open_and_nothing_behind(tmp_path: Path) -> None:
    def broken(ledger: Ledger) -> None:
        ledger.keys.get("nobody", "CASE")
        raise RuntimeError("no access log")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "make_access", broken)
        with pytest.raises(RuntimeError, match="access") as kept:
            create(f"sqlite:///{tmp_path / 'ledger.db'}")
        assert held(tmp_path) == [], kept

    assert list(tmp_path.iterdir()) == []


def test_after_a_restart_everything_is_as_it_was(january: Scene) -> None:
    january.ledger.submit(promise())
    january.found()
    url, head = january.store.url, january.store.head()
    january.ledger.close()
    january.ledger = Ledger.open(url, clock=january.clock)

    assert january.store.head() == head
    assert january.state("breach", "B1").state == "CONFIRMED"
    january.appeal()
    check_log(january.store, january.ledger.origin)


def test_a_pseudonym_is_as_good_as_the_caller_s_id(january: Scene) -> None:
    uid = january.ledger.uid("subject", "P1") or ""
    january.ledger.submit(
        Line("CommitmentMade", date(2025, 1, 10), replace(P1, id=uid), {**promise().data, "promisor_id": uid})
    )

    assert january.newest().subjects == (uid,)
    assert january.ledger.caller_id(uid) == "P1"


def test_an_entry_too_large_is_refused(january: Scene) -> None:
    with january.refused("entry-too-large"):
        january.ledger.submit(replace(promise(), basis=tuple(f"R-{n:05d}-{'x' * 90}" for n in range(800))))


def test_a_document_as_long_as_it_likes_lies_beside_the_entry(january: Scene) -> None:
    january.found()
    january.appeal(doc={**DOCUMENT, "text": "长" * 50_000})

    assert len(january.store.entry(january.ledger.size - 1).state) < 2_000
