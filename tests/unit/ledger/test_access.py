"""The access log: every look leaves one durable entry, nothing of it is personal, and it cannot be done without."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from threading import Barrier, Thread
from typing import Any

import pytest

from ledger import fsck
from ledger.access import AccessLog, Viewer
from ledger.application import Ledger
from ledger.errors import Conflict, Invalid, LedgerError, Refused, VerificationError
from ledger.ids import new_pseudonym
from ledger.log.note import parse_vkey
from ledger.mapper import header_of
from ledger.opening import upgrade
from ledger.storage.access_store import access_url, read_mark
from ledger.storage.store import open_store
from tests.support.golden import Copy
from tests.support.ledgers import person_registered, uid_of, unit_registered
from tests.support.storage import SteppingClock, check_log

HR = Viewer("hr-1", "HR", "U1")
AUDITOR = Viewer("auditor-1", "AUDITOR")


def look(ledger: Ledger, viewer: Viewer = HR, *subjects: str, **more: Any) -> Any:
    uids = [uid_of(ledger, subject) for subject in subjects or ("P1",)]
    return ledger.access.look(viewer, uids, **{"scope": ["INTEGRITY_FILE"], "purpose": "RECRUIT", **more})


def header(ledger: Ledger, index: int) -> dict[str, Any]:
    return header_of(ledger.access.store.entry(index).state)


@contextmanager
def refused(ledger: Ledger, code: str, field: str | None = None) -> Iterator[None]:
    before = ledger.access.store.head()
    with pytest.raises(LedgerError) as caught:
        yield
    assert caught.value.code == code
    assert caught.value.field == field
    assert ledger.access.store.head() == before


# What is written.


def test_entry_0_is_like_the_ledgers_under_a_name_of_its_own(small: Ledger) -> None:
    own, opened = small.opened().data, header(small, 0)

    assert small.access.size == 1
    assert opened["type"] == "ledger.opened.v1"
    assert opened["origin"] == opened["data"]["origin"] == "localhost/small/access"
    assert (opened["data"]["suite"], opened["data"]["clock"]) == (own["suite"], "real")
    [key], [of_ledger] = opened["data"]["keys"], own["keys"]
    assert parse_vkey(key["vkey"]).public_key == parse_vkey(of_ledger["vkey"]).public_key
    assert parse_vkey(key["vkey"]).name == "localhost/small/access"


def test_a_look_is_one_entry_of_a_stream_of_its_own_and_names_nobody(small: Ledger) -> None:
    consent, case = new_pseudonym(), new_pseudonym()
    made = look(
        small, HR, "P2", "P1",
        scope=["INTEGRITY_FILE", "COMMITMENT"], basis="公务员法 26(4)", consent=consent, case=case,
        as_of=date(2025, 3, 1), as_known=4, defer_until=date(2025, 6, 1),
    )  # fmt: skip
    entry = header(small, made.index)

    assert (made.index, made.size, made.version) == (1, 2, 1)
    assert entry["stream"].startswith("request/")
    assert entry["type"] == "record.accessed.v1"
    assert entry["effective_on"] == "2025-01-01"
    assert entry["subjects"] == sorted([uid_of(small, "P1"), uid_of(small, "P2")])
    assert entry["purpose"] == "RECRUIT"
    assert entry["actor"]["role"] == "HR"
    assert entry["actor"]["unit"] == uid_of(small, "U1")
    assert entry["actor"]["id"] not in ("hr-1", *entry["subjects"])
    assert entry["data"] == {
        "scope": ["INTEGRITY_FILE", "COMMITMENT"], "basis": "公务员法 26(4)", "consent": consent, "case": case,
        "as_of": "2025-03-01", "as_known": 4, "defer_until": "2025-06-01",
    }  # fmt: skip
    assert "sd" not in entry
    check_log(small.access.store, "localhost/small/access")


def test_absent_members_are_left_out(small: Ledger) -> None:
    entry = header(small, look(small, AUDITOR, purpose=None).index)

    assert entry["data"] == {"scope": ["INTEGRITY_FILE"]}
    assert "purpose" not in entry
    assert set(entry["actor"]) == {"id", "role"}


def test_a_refused_command_leaves_its_type_and_code_and_no_body(small: Ledger) -> None:
    target = new_pseudonym()
    made = small.access.refusal(HR, type="BreachConfirmed", code="own-case", target=target)
    small.access.refusal(AUDITOR, type="BreachReported", code="role-not-allowed")
    first, second = small.access.refusals()

    assert header(small, made.index)["type"] == "command.refused.v1"
    assert dict(first.data) == {"type": "BreachConfirmed", "code": "own-case", "target": target}
    assert dict(second.data) == {"type": "BreachReported", "code": "role-not-allowed"}
    assert first.subjects == ()
    assert small.access.refusals(2) == [first]


def test_looks_are_found_by_subject_and_size(small: Ledger) -> None:
    look(small, HR, "P1")
    look(small, HR, "P1", "P2")
    small.access.refusal(HR, type="BreachConfirmed", code="own-case", target=uid_of(small, "P1"))
    look(small, AUDITOR, "P2")

    assert [one.index for one in small.access.looks_at(uid_of(small, "P1"))] == [1, 2]
    assert [one.index for one in small.access.looks_at(uid_of(small, "P2"))] == [2, 4]
    assert [one.index for one in small.access.looks_at(uid_of(small, "P2"), 4)] == [2]
    assert {one.type for one in small.access.looks_at(uid_of(small, "P2"))} == {"RecordAccessed"}


def test_a_look_without_subjects_is_one_at_the_log_as_a_whole(small: Ledger) -> None:
    made = small.access.look(AUDITOR, [], scope=["ENTRIES"], as_known=5)

    assert [one.index for one in small.access.looks_at(small.access.whole)] == [made.index]


# Who looked.


def test_one_login_has_one_pseudonym_here_and_in_the_ledger(small: Ledger) -> None:
    first = look(small, Viewer("credit-1", "CREDIT", "CREDIT-OFFICE"))
    stranger = look(small, Viewer("nobody-yet", "HR", "U1"))
    small.submit(unit_registered("U3"))
    newest = next(small.logged(small.size - 1))

    assert header(small, first.index)["actor"]["id"] == newest.actor["id"]
    assert header(small, first.index)["actor"]["unit"] == newest.actor["unit"]
    assert small.find("actor", "nobody-yet") == header(small, stranger.index)["actor"]["id"]


def test_a_person_who_looks_is_that_person(small: Ledger) -> None:
    entry = header(small, look(small, Viewer("P1", "SUBJECT")).index)

    assert entry["actor"]["id"] == uid_of(small, "P1")


def test_whoever_is_registered_after_a_look_is_the_one_who_looked(small: Ledger) -> None:
    viewer = Viewer("P3", "HR", "U1")
    before = header(small, look(small, viewer).index)["actor"]["id"]
    small.submit(person_registered("P3"))

    after = header(small, look(small, viewer).index)["actor"]["id"]

    assert before == after == uid_of(small, "P3")
    assert fsck.verify(small).ok


def test_a_discarded_registration_gives_no_look_a_pseudonym(small: Ledger) -> None:
    with small.transaction(discard=True):
        small.submit(person_registered("P3"))

    actor = header(small, look(small, Viewer("P3", "HR", "U1")).index)["actor"]["id"]

    assert actor == small.find("actor", "P3")


def test_naming_a_caller_moves_nothing_but_the_index(small: Ledger) -> None:
    before = small.store.head()
    look(small, Viewer("somebody-new", "HR", "UNKNOWN-OFFICE"))

    assert small.store.head() == before
    assert fsck.verify(small).ok


# What is refused.


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"scope": []}, "too-few", "data.scope"),
    ({"scope": ["the file"]}, "bad-code", "data.scope.0"),
    ({"purpose": "just curious"}, "bad-code", "purpose"),
    ({"consent": "C1"}, "bad-value", "data.consent"),
    ({"case": "张三"}, "bad-value", "data.case"),
    ({"as_known": -1}, "out-of-range", "data.as_known"),
    ({"basis": "x" * 201}, "too-long", "data.basis"),
]
STRANGERS = [
    (Viewer("x", "EMPEROR"), "unknown-role", "viewer.role"),
    (Viewer("", "AUDITOR"), "bad-value", "viewer.actor"),
    (Viewer("x" * 201, "AUDITOR"), "bad-value", "viewer.actor"),
    (Viewer("x", "HR", ""), "bad-value", "viewer.unit"),
]


def test_only_codes_days_and_pseudonyms_are_written(small: Ledger) -> None:
    for more, code, field in WRONG:
        with refused(small, code, field):
            look(small, **more)


def test_a_viewer_says_who_it_is(small: Ledger) -> None:
    for viewer, code, field in STRANGERS:
        with refused(small, code, field):
            look(small, viewer)


def test_a_subject_is_named_by_pseudonym_only(small: Ledger) -> None:
    with refused(small, "bad-value", "subjects"):
        small.access.look(HR, ["P1"], scope=["INTEGRITY_FILE"])


def test_a_look_does_not_stand_in_a_transaction_that_may_be_discarded(small: Ledger) -> None:
    with pytest.raises(AssertionError), small.transaction():
        look(small)


def test_a_clock_that_went_back_refuses_the_look(small: Ledger, clock: SteppingClock) -> None:
    clock.now = clock.now.replace(year=2026)
    look(small)
    clock.now = clock.now.replace(year=2025)

    with refused(small, "clock-behind"):
        look(small)


# Many at once.


def test_thirty_two_threads_look_at_once(small: Ledger) -> None:
    threads, each = 32, 8
    ready = Barrier(threads)
    acknowledged: list[int] = []
    failed: list[BaseException] = []

    def work(number: int) -> None:
        try:
            ready.wait()
            for turn in range(each):
                # Half of them are the same new login, so many are first at once.
                viewer = Viewer("shared" if number % 2 else f"login-{number}", "HR", f"OFFICE-{turn}")
                acknowledged.append(look(small, viewer, "P1" if number % 3 else "P2").index)
        except BaseException as error:
            failed.append(error)

    workers = [Thread(target=work, args=(number,)) for number in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert failed == []
    assert sorted(acknowledged) == list(range(1, threads * each + 1))
    entries = list(small.access.logged(1))
    actors = {entry.actor["id"] for entry in entries}
    assert len(actors) == threads // 2 + 1
    assert {small.find("actor", "shared"), *(small.find("actor", f"login-{n}") for n in range(0, 32, 2))} == actors
    assert len({entry.actor["unit"] for entry in entries}) == each
    check_log(small.access.store, "localhost/small/access")
    assert fsck.verify(small).ok


def test_threads_that_ask_for_the_log_at_once_get_the_same(small: Ledger, reopened: Copy) -> None:
    with reopened.opened() as ledger:
        ready, found = Barrier(8), list[AccessLog]()

        def ask() -> None:
            ready.wait()
            found.append(ledger.access)

        workers = [Thread(target=ask) for _ in range(8)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()

        assert len(set(map(id, found))) == 1


# Opening it again.


def test_looks_are_there_after_the_ledger_was_opened_again(small: Ledger, reopened: Copy) -> None:
    made = look(small)
    actor = header(small, made.index)["actor"]
    small.close()

    with reopened.opened() as ledger:
        assert [one.index for one in ledger.access.looks_at(uid_of(ledger, "P1"))] == [made.index]
        assert header(ledger, look(ledger).index)["actor"] == actor


def test_a_closed_ledger_records_no_look(small: Ledger) -> None:
    log = small.access
    small.close()

    with pytest.raises(LedgerError) as refused:
        log.look(HR, [new_pseudonym()], scope=["INTEGRITY_FILE"])
    assert refused.value.code == "store-closed"


def test_there_is_one_access_log(small: Ledger) -> None:
    with pytest.raises(Conflict) as refused:
        AccessLog.create(small)

    assert refused.value.code == "access-log-exists"
    assert small.access.size == 1
    look(small)


def test_an_opening_refused_because_a_ledger_stands_leaves_its_access_log_alone(small: Ledger, reopened: Copy) -> None:
    from ledger.opening import create

    with reopened.keys_given(), pytest.raises(Conflict):
        create(small.store.url)

    look(small)
    assert fsck.verify(small).ok


# Without one.


def unmade(small: Ledger, copy: Copy) -> None:
    """As a process leaves a ledger that dies before its access log was made."""
    small.close()
    copy.rows("DELETE FROM access_log")
    forget_in_the_key_store(copy)
    drop(copy)


def drop(copy: Copy) -> None:
    """Remove the access log itself."""
    if copy.sqlite:
        for suffix in ("", "-wal", "-shm"):
            copy.access.file.with_name(copy.access.file.name + suffix).unlink(missing_ok=True)
    else:
        copy.rows("DROP SCHEMA access CASCADE")


def forget_in_the_key_store(copy: Copy) -> None:
    """As if neither an access log nor a sentinel had ever been made."""
    with copy.opened() as ledger:
        for retention in ("ACCESS", "SENTINEL"):
            ledger.keys.destroy(ledger.book.uid, retention)
    (copy.folder / "sentinel").unlink()


def test_a_ledger_without_one_shows_nobodys_record_until_it_is_made(small: Ledger, reopened: Copy) -> None:
    unmade(small, reopened)

    with reopened.opened() as ledger, pytest.raises(Refused) as refused:
        look(ledger)
    assert refused.value.code == "no-access-log"
    assert {finding.code for finding in reopened.verify().findings} == {"access-log-unmade"}

    with reopened.keys_given():
        assert upgrade(reopened.url) == ["access-log", "sentinel"]
        assert upgrade(reopened.url) == []
    with reopened.opened() as ledger:
        look(ledger)
    assert reopened.verify().ok


def test_one_that_was_begun_and_not_marked_is_begun_again(small: Ledger, reopened: Copy) -> None:
    small.close()
    reopened.rows("DELETE FROM access_log")
    forget_in_the_key_store(reopened)
    leaf = reopened.access.rows("SELECT leaf FROM entries")

    with reopened.keys_given():
        assert upgrade(reopened.url) == ["access-log", "sentinel"]

    assert reopened.access.rows("SELECT leaf FROM entries") != leaf
    assert reopened.verify().ok


def test_one_with_looks_in_it_is_never_made_over(small: Ledger, reopened: Copy) -> None:
    look(small)
    small.close()
    reopened.rows("DELETE FROM access_log")
    forget_in_the_key_store(reopened)

    with reopened.keys_given(), pytest.raises(Conflict) as refused:
        upgrade(reopened.url)
    assert refused.value.code == "access-log-exists"
    assert len(reopened.access.rows("SELECT idx FROM entries")) == 2


def test_one_that_was_made_and_dropped_is_not_made_again(small: Ledger, reopened: Copy) -> None:
    look(small)
    small.close()
    drop(reopened)

    for asked in (lambda ledger: look(ledger), lambda ledger: AccessLog.open(ledger)):
        with reopened.opened() as ledger, pytest.raises(VerificationError) as refused:
            asked(ledger)
        assert refused.value.code == "access-log-missing"
    with reopened.keys_given(), pytest.raises(VerificationError):
        upgrade(reopened.url)


def test_one_whose_mark_was_removed_with_it_is_not_made_again(small: Ledger, reopened: Copy) -> None:
    """A database administrator writes every table, but not the key store."""
    look(small)
    small.close()
    drop(reopened)
    reopened.rows("DELETE FROM access_log")

    with reopened.opened() as ledger, pytest.raises(VerificationError) as refused:
        look(ledger)
    assert refused.value.code == "access-log-missing"
    with reopened.keys_given(), pytest.raises(VerificationError):
        upgrade(reopened.url)


def test_another_log_in_its_place_is_refused(small: Ledger, reopened: Copy) -> None:
    """An access log of one's own making, with a mark of one's own making."""
    look(small)
    small.close()
    origin = reopened.access.entry(0)
    reopened.access.rows("DELETE FROM entries WHERE idx = 1")
    reopened.access.write_entry(0, origin.replace(b'"role":"SYSTEM"', b'"role":"AUDITOR"'))
    reopened.access.rehash(head=True)

    with reopened.opened() as ledger, pytest.raises(VerificationError) as refused:
        look(ledger)
    assert refused.value.code == "access-log-replaced"

    [(leaf,)] = reopened.access.rows("SELECT leaf FROM entries WHERE idx = 0")
    reopened.rows("UPDATE access_log SET leaf = ?", bytes(leaf))
    with reopened.opened() as ledger, pytest.raises(VerificationError) as refused:
        look(ledger)
    assert refused.value.code == "access-log-replaced"


def test_it_lies_where_it_was_said_to_lie(small: Ledger, reopened: Copy) -> None:
    look(small)
    small.close()

    if reopened.sqlite:
        assert reopened.access.file == reopened.file.with_name("ledger.db.access")
    else:
        assert reopened.rows("SELECT count(*) FROM access.entries") == [(2,)]
    with open_store(access_url(reopened.url)) as store:
        assert check_log(store, "localhost/small/access") == 2
    with reopened.opened() as ledger:
        mark = read_mark(ledger.store)
        assert mark is not None
        assert mark.leaf == ledger.access.store.entry(0).leaf


def test_errors_do_not_repeat_who_looked(small: Ledger) -> None:
    for viewer in (Viewer("张三" * 101, "HR"), Viewer("张三", "皇帝")):
        with pytest.raises(Invalid) as refused:
            look(small, viewer)
        assert "张三" not in str(refused.value)
