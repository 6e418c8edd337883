"""Who is who: what a transaction gives out is nobody else's before its commit, and a rotated key loses no name."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from threading import Event, Thread
from typing import Any

import pytest

from ledger.domain.values import SubjectKind
from ledger.errors import Invalid, LedgerError, Refused
from ledger.ids import new_pseudonym
from ledger.line import Line, LineActor
from ledger.storage.events import EntryRow
from tests.support.keys import rotate_index_key
from tests.support.scene import CREDIT, ID_NUMBERS, P1, Scene


@contextmanager
def meanwhile(scene: Scene, act: Callable[[], object], *, discard: bool) -> Iterator[None]:
    """Another thread acts in a transaction, which stays open while the body runs."""
    acted, go_on = Event(), Event()
    faults: list[BaseException] = []

    def run() -> None:
        try:
            with scene.ledger.transaction(discard=discard):
                act()
                acted.set()
                go_on.wait(30)
        except BaseException as fault:
            faults.append(fault)
        finally:
            acted.set()

    thread = Thread(target=run)
    thread.start()
    assert acted.wait(30)
    try:
        yield
    finally:
        go_on.set()
        thread.join()
    assert faults == []


@contextmanager
def reads(scene: Scene) -> Iterator[list[str]]:
    """The statements that are read."""
    recorder: Any = scene.store.recorder
    statements: list[str] = []

    def read(statement: str, parameters: Sequence[object]) -> Any:
        statements.append(statement)
        return type(recorder)._read(recorder, statement, parameters)

    recorder._read = read
    try:
        yield statements
    finally:
        del recorder._read


def batch(scene: Scene, source: str, digest: str) -> None:
    data = {"source": source, "digest": digest, "accepted": 1, "rejected": 0}
    scene.act("SourceBatchImported", "2025-02-01", CREDIT, data)


# What is not committed.


@pytest.mark.parametrize("discard", [True, False], ids=["dry-run", "kept"])
def test_a_name_is_nobody_else_s_before_its_transaction_commits(scene: Scene, discard: bool) -> None:
    seen: list[str | None] = []

    def register() -> None:
        scene.register_person("2025-02-01", "P3")
        uid = scene.ledger.uid("subject", "P3")  # found in it, and so remembered
        seen.append(uid)
        assert scene.ledger.kind_of(uid or "") is SubjectKind.PERSON

    with meanwhile(scene, register, discard=discard):
        assert seen[0] is not None
        assert scene.ledger.uid("subject", "P3") is None
    assert scene.ledger.uid("subject", "P3") == (None if discard else seen[0])
    assert scene.ledger.kinds_known.get(seen[0] or "") is (None if discard else SubjectKind.PERSON)


def test_a_refused_transaction_leaves_the_names_of_others_alone(scene: Scene) -> None:
    uid = scene.ledger.uid("subject", "P1")
    with scene.ledger.transaction(discard=True):
        scene.register_person("2025-02-01", "P3")

    with reads(scene) as statements:
        assert scene.ledger.uid("subject", "P1") == uid
    assert statements == []


def test_a_pseudonym_of_nobody_is_refused_and_no_stray_error(scene: Scene) -> None:
    with pytest.raises(Refused) as refused:
        scene.ledger.kind_of(new_pseudonym())

    assert refused.value.code == "unknown-subject"
    assert scene.ledger.uid("subject", new_pseudonym()) is None


def test_names_are_found_and_given_by_many_threads_at_once(scene: Scene) -> None:
    scene.on_day("2025-02-01")
    faults: Counter[str] = Counter()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def guarded(turn: Callable[[int], object]) -> Callable[[], None]:
        def run() -> None:
            for number in range(40):
                try:
                    turn(number)
                except Exception as fault:
                    faults[f"{type(fault).__name__}: {fault}"] += 1

        return run

    def register(who: str) -> Callable[[int], object]:
        def turn(number: int) -> object:
            data = {"subject_id": f"{who}{number}", "kind": "PERSON"}
            source = {"system": "SRC", "record": f"{who}{number}"}
            return scene.ledger.submit(Line("SubjectRegistered", date(2025, 2, 1), CREDIT, data, source=source))

        return turn

    def promise(number: int) -> object:
        data = {"commitment_id": f"C{number}", "promisor_id": "U1", "kind": "SERVICE", "text": "…", "weight": 1}
        actor = LineActor(f"hr-{number}", "HR", "PERSONNEL")
        data |= {"due_on": "2025-06-30", "public": True}
        return scene.ledger.submit(Line("CommitmentMade", date(2025, 2, 1), actor, data))

    def try_out(number: int) -> None:
        with scene.ledger.transaction(discard=True):
            register(f"D{number % 5}-")(number)
            scene.ledger.uid("subject", f"D{number % 5}-{number}", "SRC")

    def look(number: int) -> None:
        uid = scene.ledger.uid("subject", f"D{number % 5}-{number}", "SRC")
        assert uid is None, "a dry run gave a name to everybody"

    turns = [promise, register("A"), register("B"), try_out, look]
    threads = [Thread(target=guarded(turn)) for turn in turns]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)

    assert faults == {}


def test_a_registration_forgets_exactly_its_own_name(scene: Scene) -> None:
    scene.promise("2025-02-01", by=LineActor("hr-9", "HR", "PERSONNEL"))
    scene.promise("2025-02-01", commitment_id="C2", by=LineActor("P3", "HR", "PERSONNEL"))
    scene.promise("2025-02-01", commitment_id="C3", by=LineActor("hr-9", "HR", "PERSONNEL"))
    scene.promise("2025-02-01", commitment_id="C4", by=LineActor("P3", "HR", "PERSONNEL"))
    known = scene.ledger.uids_known
    assert (known.get(("actor", "", "hr-9")), known.get(("actor", "", "P3"))) != (None, None)

    scene.register_person("2025-02-02", "P3")

    assert known.get(("actor", "", "hr-9")) is not None
    assert known.get(("actor", "", "P3")) is None
    assert scene.ledger.actor_uid("P3")[0] == scene.ledger.uid("subject", "P3")


# Name spaces.


def test_what_the_ledger_s_own_name_space_knows_is_asked_of_no_source(scene: Scene) -> None:
    batch(scene, "OLD", "a" * 66)
    with reads(scene) as statements:
        scene.ledger.uid("commitment", "NOBODY", "")
        assert len(statements) == 1
        statements.clear()
        scene.ledger.find("subject-ref", "\x00U1")
        scene.ledger.uid("subject", "U1")

    assert not any("topic" in statement for statement in statements)


def test_a_batch_is_read_once_for_the_names_of_its_source(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        batch(scene, "OLD", f"{number}")
    assert scene.ledger.sources() == ("OLD",)
    decoded: list[object] = []
    by_topic = scene.store.by_topic

    def counted(topic: str, size: int | None = None, *, start: int = 0) -> list[EntryRow]:
        rows = by_topic(topic, size, start=start)
        decoded.extend(rows)
        return rows

    monkeypatch.setattr(scene.store, "by_topic", counted)

    batch(scene, "NEW", "5")

    assert scene.ledger.sources() == ("OLD", "NEW")
    assert len(decoded) == 1
    assert scene.ledger.sources() == ("OLD", "NEW")
    assert len(decoded) == 1


def test_a_source_of_a_batch_under_way_is_not_remembered(scene: Scene) -> None:
    with scene.ledger.transaction(discard=True):
        batch(scene, "TRIED", "1")
        assert scene.ledger.sources() == ("TRIED",)

    assert scene.ledger.sources() == ()


# The index key is rotated.


@pytest.fixture
def rotated(scene: Scene) -> Scene:
    """A scene whose names were all given under an older version of the index key."""
    scene.report("2025-02-20")
    rotate_index_key(scene.ledger.keys)
    scene.ledger.prepare_names(scene.store, scene.ledger.keys)  # nothing is remembered from before
    return scene


def test_after_a_rotation_a_caller_s_id_still_leads_to_its_record(rotated: Scene) -> None:
    uid = rotated.ledger.uid("subject", "P1")

    assert uid is not None
    assert rotated.ledger.uids("subject", ["P1", "NOBODY"]) == {"P1": uid}
    assert rotated.ledger.find("id-number", ID_NUMBERS["P1"]) == uid
    rotated.notify()
    rotated.reply(by=P1)


def test_after_a_rotation_nobody_is_somebody_else(rotated: Scene) -> None:
    (uid, rows) = rotated.ledger.actor_uid("credit-1")

    assert rows == ()
    assert uid == rotated.ledger.by_type("RulebookActivated", rotated.ledger.size)[0].actor["id"]


def test_after_a_rotation_an_id_is_not_given_twice(rotated: Scene) -> None:
    with rotated.refused("subject-exists"):
        rotated.register_person("2025-02-21", "P1", id_number=ID_NUMBERS["P3"])
    with rotated.refused("id-number-taken"):
        rotated.register_person("2025-02-21", "P3", id_number=ID_NUMBERS["P1"])
    with rotated.refused("uscc-taken"):
        rotated.register_unit("2025-02-21", "U9", uscc="11230800000000019U")
    with rotated.refused("breach-exists"):
        rotated.report("2025-02-21")

    rotated.register_person("2025-02-21", "P3")
    with rotated.refused("subject-exists"):
        rotated.register_person("2025-02-21", "P3")


def test_half_a_surrogate_pair_is_no_name(scene: Scene) -> None:
    with pytest.raises(Invalid) as wrong:
        scene.ledger.uid("subject", "\ud800")

    assert wrong.value.code == "lone-surrogate"
    assert isinstance(wrong.value, LedgerError)
