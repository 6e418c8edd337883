"""Pseudonyms of callers: one for each login, remembered for a while, and believed only when committed."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest

from ledger import callers
from ledger.application import Ledger
from ledger.callers import Callers
from ledger.errors import Unavailable
from tests.support.ledgers import person_registered, uid_of


def test_a_login_keeps_its_pseudonym(small: Ledger) -> None:
    first = Callers(small).person("hr-1")

    assert Callers(small).person("hr-1") == first
    assert small.actor_uid("hr-1") == (first, ())
    assert Callers(small).person("hr-2") != first


def test_a_unit_is_the_registered_one_or_gets_a_name_of_its_own(small: Ledger) -> None:
    names = Callers(small)

    assert names.unit("U1") == uid_of(small, "U1")
    assert names.unit("NOWHERE") == small.find("actor-unit", "NOWHERE")


def test_a_login_that_is_a_units_id_is_no_unit(small: Ledger) -> None:
    assert Callers(small).person("U1") == small.find("actor", "U1") != uid_of(small, "U1")


def test_a_persons_pseudonym_is_the_person(small: Ledger) -> None:
    uid = uid_of(small, "P1")

    assert Callers(small).person(uid) == uid


def test_threads_that_are_first_at_once_get_the_same(small: Ledger) -> None:
    ready, found = Barrier(16), list[str]()

    def ask() -> None:
        names = Callers(small)  # each without a memory
        ready.wait()
        found.append(names.person("new"))

    workers = [Thread(target=ask) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert len(found) == 16
    assert set(found) == {small.find("actor", "new")}


def test_what_is_remembered_is_not_asked_again(small: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    names = Callers(small)
    known = names.person("hr-1")
    monkeypatch.setattr(small, "find", lambda *asked: pytest.fail("the database was asked"))

    assert names.person("hr-1") == known


def test_what_is_remembered_is_asked_again_after_a_while(small: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process may have registered somebody under the login meanwhile."""
    monkeypatch.setattr(callers, "CACHE_SECONDS", 0.0)
    names, person = Callers(small), uid_of(small, "P1")
    names.person("P3")
    monkeypatch.setattr(small, "uid", lambda *asked: person)

    assert names.person("P3") == person


def test_what_is_remembered_is_asked_again_after_a_registration(small: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    names, person = Callers(small), uid_of(small, "P1")
    names.person("somebody")
    small.submit(person_registered("P3"))
    monkeypatch.setattr(small, "uid", lambda *asked: person)

    assert names.person("somebody") == person


def test_memory_is_bounded(small: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callers, "CACHE_LIMIT", 3)
    names = Callers(small)
    found = {login: names.person(login) for login in "abcdefg"}

    assert len(names._known) <= 3
    assert {login: names.person(login) for login in "abcdefg"} == found


def test_nobody_is_named_while_the_key_store_is_away(small: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*owner: str) -> bytes:
        raise Unavailable("the key store cannot be used", code="no-key-store")

    monkeypatch.setattr(small.keys, "get_or_create", away)

    with pytest.raises(Unavailable):
        Callers(small).person("new")
    assert small.find("actor", "new") is None
