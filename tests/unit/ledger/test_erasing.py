"""Erasing: nothing of what was ordered is left, everything else is, and proofs hold; whatever it was interrupted by."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from ledger import fsck
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.attachments import Attachments
from ledger.erasing import NAMING, orders, replay_erasures, resume_erasures
from ledger.errors import NotFound, Refused
from ledger.fsck.report import Report
from ledger.log.chain import leaf_hash
from ledger.log.merkle import Tree, consistency_proof, inclusion_proof, verify_consistency, verify_inclusion
from ledger.tokens import Tokens
from tests.support.erasure import (
    PERSON,
    fulfil,
    only_order,
    order_class,
    order_of,
    order_sections,
    places_of,
    promise,
    sealed_of,
    wrapped_of,
)
from tests.support.golden import Copy
from tests.support.ledgers import person_registered, uid_of

WORDS = "年内完成业务培训-金丝雀"
PDF = b"%PDF-1.7 evidence canary"


def codes(report: Report) -> set[str]:
    return {
        finding.code for finding in report.findings if finding.code.startswith(("erasure", "section", "key", "index"))
    }


def verified(ledger: Ledger) -> set[str]:
    return codes(fsck.verify(ledger))


def section_count(ledger: Ledger, index: int) -> int:
    (entry,) = ledger.logged(index, index + 1)
    return len(ledger.sections(entry))


@pytest.fixture
def filed(small: Ledger) -> Ledger:
    """Two promises of P1 and one of P2."""
    for name, person in (("C1", PERSON), ("C2", PERSON), ("C3", "P2")):
        promise(small, name, f"{WORDS} {name}", person)
    return small


def test_a_class_of_a_subject_is_gone_and_nothing_else(filed: Ledger) -> None:
    uid = uid_of(filed, PERSON)
    made = order_class(filed, "CASE")
    entries = {entry.data["commitment_id"]: entry for entry in filed.by_type("CommitmentMade", filed.size)}

    assert filed.keys.get(uid, "CASE") is None
    assert {name: len(filed.sections(entry)) for name, entry in entries.items()} == {"C1": 0, "C2": 0, "C3": 1}
    assert filed.caller_id(uid) == PERSON
    assert [(order.index, order.erased) for order in orders(filed)] == [(made.index, True)]
    assert verified(filed) == set()


def test_an_identity_goes_with_all_that_leads_to_the_person(filed: Ledger, reopened: Copy) -> None:
    uid = uid_of(filed, PERSON)
    secret, _ = Tokens(filed).issue(Viewer(PERSON, "SUBJECT"))
    assert Tokens(filed).find(secret) is not None

    order_class(filed, "IDENTITY")

    assert filed.uid("subject", PERSON) is None
    assert filed.uid("subject", uid) == uid
    assert filed.caller_id(uid) == uid
    assert Tokens(filed).find(secret) is None
    assert reopened.rows("SELECT field FROM blind_index WHERE uid = ?", uid) == []
    assert len(filed.by_type("CommitmentMade", filed.size)) == 3
    assert verified(filed) == set()


def test_whoever_was_erased_may_be_registered_again_as_somebody_new(filed: Ledger) -> None:
    uid = uid_of(filed, PERSON)
    order_class(filed, "IDENTITY")
    filed.submit(person_registered(PERSON))

    assert uid_of(filed, PERSON) != uid
    assert verified(filed) == set()


def test_what_is_sealed_after_an_erasure_has_a_key_of_its_own(filed: Ledger) -> None:
    order_class(filed, "CASE")
    made = promise(filed, "C4", WORDS)

    assert section_count(filed, made.index) == 1
    assert replay_erasures(filed) == 1
    assert section_count(filed, made.index) == 1
    assert verified(filed) == set()
    order_class(filed, "CASE")
    assert section_count(filed, made.index) == 0
    assert verified(filed) == set()


def test_sections_go_and_their_key_stays(filed: Ledger) -> None:
    uid = uid_of(filed, PERSON)
    (first, second, _) = filed.by_type("CommitmentMade", filed.size)
    order_sections(filed, {"index": first.index})

    assert filed.keys.get(uid, "CASE") is not None
    assert (filed.sections(first), len(filed.sections(second))) == ({}, 1)
    assert verified(filed) == set()


# Files.


def test_a_file_goes_with_the_section_that_cites_it(filed: Ledger) -> None:
    files, uid = Attachments(filed), uid_of(filed, PERSON)
    kept, other = (files.keep(uid, f"{name}.pdf", PDF, by=uid) for name in ("one", "two"))
    made = fulfil(filed, "C1", evidence=[kept.as_json()])
    fulfil(filed, "C2", evidence=[other.as_json()])

    order_sections(filed, {"index": made.index, "section": "evidence"})

    with pytest.raises(NotFound):
        files.read(kept.id)
    assert files.read(other.id)[1] == PDF


def test_a_file_that_another_section_cites_stays(filed: Ledger) -> None:
    files, uid = Attachments(filed), uid_of(filed, PERSON)
    kept = files.keep(uid, "one.pdf", PDF, by=uid)
    made, again = (fulfil(filed, name, evidence=[kept.as_json()]) for name in ("C1", "C2"))

    order_sections(filed, {"index": made.index, "section": "evidence"})
    assert files.read(kept.id)[1] == PDF
    order_sections(filed, {"index": again.index, "section": "evidence"})
    with pytest.raises(NotFound):
        files.read(kept.id)


def test_every_file_of_a_class_goes_with_its_key(filed: Ledger, reopened: Copy) -> None:
    files, uid = Attachments(filed), uid_of(filed, PERSON)
    files.keep(uid, "uncited.pdf", PDF, by=uid)
    order_class(filed, "CASE")

    assert reopened.rows("SELECT id FROM attachments") == []


# What comes after the order and before the destruction.


def test_what_an_order_does_not_name_is_kept_under_another_key(filed: Ledger) -> None:
    files, uid = Attachments(filed), uid_of(filed, PERSON)
    line = order_of(filed, "E1", scope="SUBJECT", subject_id=PERSON, **{"class": "CASE"})
    only_order(filed, line)
    later = promise(filed, "C4", WORDS)
    kept = files.keep(uid, "one.pdf", PDF, by=uid)
    fulfilled = fulfil(filed, "C4", evidence=[kept.as_json()])

    assert verified(filed) == {"erasure-pending"}
    assert len(resume_erasures(filed)) == 1
    assert [section_count(filed, one.index) for one in (later, fulfilled)] == [1, 1]
    assert files.read(kept.id)[1] == PDF
    assert filed.keys.get(uid, "CASE") is None
    assert verified(filed) == set()

    order_class(filed, "CASE")
    assert [section_count(filed, one.index) for one in (later, fulfilled)] == [0, 0]
    with pytest.raises(NotFound):
        files.read(kept.id)
    assert filed.keys.owned(uid).keys() == {"IDENTITY"}
    assert verified(filed) == set()


def test_commands_meanwhile_lose_nothing(filed: Ledger) -> None:
    """Promises are made while the class is erased again and again: each that stands after an order opens."""
    failed: list[BaseException] = []

    def write(worker: int) -> None:
        try:
            for number in range(12):
                promise(filed, f"W{worker}-{number}", WORDS)
        except BaseException as error:
            failed.append(error)

    writers = [threading.Thread(target=write, args=(worker,)) for worker in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        with suppress(Refused):  # while nothing was promised since
            order_class(filed, "CASE")
    for writer in writers:
        writer.join()

    assert failed == []
    assert len(filed.by_type("CommitmentMade", filed.size)) == 39
    assert verified(filed) == set()


def test_an_order_in_a_transaction_is_carried_out_behind_it(filed: Ledger) -> None:
    line = order_of(filed, "E1", scope="SUBJECT", subject_id=PERSON, **{"class": "CASE"})
    with filed.transaction():
        filed.submit(line)
        assert [order.erased for order in orders(filed)] == [False]

    assert [order.erased for order in orders(filed)] == [True]


def test_an_order_in_a_dry_run_destroys_nothing(filed: Ledger) -> None:
    line = order_of(filed, "E1", scope="SUBJECT", subject_id=PERSON, **{"class": "CASE"})
    with filed.transaction(discard=True):
        filed.submit(line)

    assert orders(filed) == []
    assert all(filed.sections(entry) for entry in filed.by_type("CommitmentMade", filed.size))


# Other processes, restores.


def test_another_process_forgets_keys_and_names(filed: Ledger, reopened: Copy) -> None:
    """A ledger that had key and name at hand seals under a new key and finds nobody, as soon as it looks."""
    uid = uid_of(filed, PERSON)
    with reopened.opened() as other:
        other.clock = filed.clock
        promise(other, "C4", WORDS)
        order_class(filed, "CASE")
        made = promise(other, "C5", WORDS)
        assert section_count(filed, made.index) == 1

        order_class(filed, "IDENTITY")
        other.heed_erasures()
        assert other.uid("subject", PERSON) is None
        assert other.caller_id(uid) == uid
    assert verified(filed) == set()


def test_what_a_backup_brings_back_is_destroyed_again(filed: Ledger, reopened: Copy, tmp_path: Path) -> None:
    uid = uid_of(filed, PERSON)
    tables = ("disclosures", "blind_index")
    rows = {name: reopened.rows(f"SELECT * FROM {name}") for name in tables}  # noqa: S608
    keys = filed.keys.owned(uid)
    assert keys.keys() == {"IDENTITY", "CASE"}
    order_class(filed, "CASE")
    order_class(filed, "IDENTITY")
    gone = sealed_of(reopened, uid)
    assert gone == []

    for name in tables:
        marks = ", ".join("?" * len(rows[name][0]))
        there = {tuple(map(_plain, row)) for row in reopened.rows(f"SELECT * FROM {name}")}  # noqa: S608
        lost = [row for row in rows[name] if tuple(map(_plain, row)) not in there]
        assert lost
        reopened.run([(f"INSERT INTO {name} VALUES ({marks})", row) for row in lost])  # noqa: S608
    _put_back(filed, uid, keys)

    assert "erasure-undone" in verified(filed)
    assert replay_erasures(filed) == 2
    assert replay_erasures(filed) == 2
    assert verified(filed) == set()
    assert filed.keys.owned(uid) == {}
    assert filed.uid("subject", PERSON) is None


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value


def _put_back(ledger: Ledger, subject: str, keys: dict[str, bytes]) -> None:
    """An older copy of the key store: the keys themselves, wrapped as they were."""
    store = ledger.keys
    with store._guarded() as connection:
        store._insert(connection, {(subject, name): key for name, key in keys.items()})
    store.forget()


def test_only_the_key_brought_back_is_seen_and_destroyed_again(filed: Ledger) -> None:
    uid = uid_of(filed, PERSON)
    keys = filed.keys.owned(uid)
    made = order_class(filed, "CASE")
    _put_back(filed, uid, {"CASE": keys["CASE"]})
    report = fsck.verify(filed)

    assert [(one.code, one.index) for one in report.findings if one.code == "erasure-undone"] == [
        ("erasure-undone", made.index + 1)
    ]
    replay_erasures(filed)
    assert verified(filed) == set()


# Bytes and proofs.


def test_plaintext_and_ciphertext_are_nowhere(filed: Ledger, reopened: Copy, tmp_path: Path) -> None:
    uid = uid_of(filed, PERSON)
    files = Attachments(filed)
    kept = files.keep(uid, "one.pdf", PDF * 5000, by=uid)  # of many pages
    fulfil(filed, "C1", evidence=[kept.as_json()])
    sealed, wrapped = sealed_of(reopened, uid), wrapped_of(tmp_path, uid)
    assert len(sealed) == 6
    assert len(wrapped) == 2
    assert places_of(reopened, sealed)  # the control: they can be found
    assert places_of(reopened, wrapped)

    order_class(filed, "CASE")
    order_class(filed, "IDENTITY")

    pieces = [one[start : start + 64] for one in sealed for start in range(0, len(one) - 64, 1024)]
    assert places_of(reopened, [*sealed, *pieces, *wrapped]) == set()
    assert places_of(reopened, [WORDS.encode(), json.dumps(WORDS)[1:-1].encode(), PDF]) == set()
    filed.close()
    assert places_of(reopened, [*sealed, *pieces, *wrapped]) == set()


def test_erasing_moves_neither_root_nor_chain_and_every_proof_holds(filed: Ledger) -> None:
    size, root = filed.size, filed.store.head().root
    chained = list(filed.store.chained(0, size))
    proofs = [inclusion_proof(_tree(filed).node, index, size) for index in range(size)]
    for retention in ("CASE", "IDENTITY"):
        order_class(filed, retention)

    assert list(filed.store.chained(0, size)) == chained
    for index, proof in enumerate(proofs):  # those given out before
        verify_inclusion(leaf_hash(filed.store.entry(index).state), index, size, proof, root)
    now, newest = filed.size, filed.store.head().root
    for index in range(now):
        proof = inclusion_proof(_tree(filed).node, index, now)
        verify_inclusion(leaf_hash(filed.store.entry(index).state), index, now, proof, newest)
    verify_consistency(size, now, consistency_proof(_tree(filed).node, size, now), root, newest)


def _tree(ledger: Ledger) -> Tree:
    return Tree(leaf_hash(bytes(state)) for state, _, _ in ledger.store.chained())


def test_the_blind_index_keeps_what_names_a_record(filed: Ledger, reopened: Copy) -> None:
    uid = uid_of(filed, PERSON)
    before = reopened.rows("SELECT count(*) FROM blind_index")[0][0]
    mine = len(reopened.rows("SELECT field FROM blind_index WHERE uid = ?", uid))
    order_class(filed, "IDENTITY")

    assert mine == 2
    # The order's own id, and those who gave and approved it.
    assert reopened.rows("SELECT count(*) FROM blind_index")[0][0] == before - mine + 4
    assert {field for (field,) in reopened.rows("SELECT field FROM blind_index")}.isdisjoint({"uscc-of-nobody"})
    assert "taken-over" not in NAMING
