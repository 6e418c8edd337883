from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from ledger.errors import Unavailable, VerificationError
from ledger.storage import keys as key_module
from ledger.storage.keys import KeyStore, WrongMasterKey
from ledger.storage.sealed import Place, fingerprint, open_sealed, seal
from ledger.storage.store import create_store
from tests.support.storage import ORIGIN, event

MASTER = bytes(range(32))
PLACE = Place("localhost/x", "breach/1", 2, "summary", "person-1")
KEY = os.urandom(32)


@pytest.fixture
def keys(database_url: str) -> Iterator[KeyStore]:
    with KeyStore.create(database_url, MASTER) as store:
        yield store


def reopened(url: str) -> KeyStore:
    return KeyStore.open(url, MASTER)


def test_a_section_opens_in_its_place() -> None:
    assert open_sealed(KEY, seal(KEY, "张三".encode(), PLACE), PLACE) == "张三".encode()
    assert seal(KEY, b"x", PLACE) != seal(KEY, b"x", PLACE)


@pytest.mark.parametrize(
    "moved",
    [
        replace(PLACE, origin="localhost/y"),
        replace(PLACE, stream="breach/2"),
        replace(PLACE, version=3),
        replace(PLACE, section="reasons"),
        replace(PLACE, subject="person-2"),
    ],
)
def test_a_section_opens_nowhere_else(moved: Place) -> None:
    """Two persons' ciphertexts cannot be swapped (ASSURANCE A7)."""
    with pytest.raises(VerificationError):
        open_sealed(KEY, seal(KEY, b"x", PLACE), moved)


def test_changed_or_short_bytes_do_not_open() -> None:
    sealed = bytearray(seal(KEY, b"text", PLACE))
    for position in range(len(sealed)):
        changed = bytes(b ^ (i == position) for i, b in enumerate(sealed))
        with pytest.raises(VerificationError):
            open_sealed(KEY, changed, PLACE)
    for length in range(len(sealed)):
        with pytest.raises(VerificationError):
            open_sealed(KEY, bytes(sealed[:length]), PLACE)


def test_a_key_is_made_once_and_is_durable_when_returned(keys: KeyStore, database_url: str) -> None:
    key = keys.get_or_create("person-1", "CASE")
    with reopened(database_url) as again:
        assert again.get("person-1", "CASE") == key
        assert again.get_or_create("person-1", "CASE") == key
        assert again.get("person-1", "IDENTITY") is None
    assert keys.get_or_create("person-1", "IDENTITY") != key
    assert keys.get_or_create("person-2", "CASE") != key


def test_many_at_once(keys: KeyStore) -> None:
    owners = [(f"person-{n}", "CASE") for n in range(900)]
    made = keys.get_or_create_many(owners)
    assert len(set(made.values())) == 900
    assert keys.get_many([*owners, ("nobody", "CASE")]) == made


def test_threads_asking_for_one_key_get_one_key(keys: KeyStore) -> None:
    found: list[bytes] = []
    threads = [Thread(target=lambda: found.append(keys.get_or_create("p", "CASE"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_two_processes_asking_for_one_key_get_one_key(keys: KeyStore, database_url: str) -> None:
    with reopened(database_url) as other:
        assert keys.get("p", "CASE") is None
        assert other.get_or_create("p", "CASE") == keys.get_or_create("p", "CASE")


def test_a_batch_is_durable_at_its_end(keys: KeyStore, database_url: str) -> None:
    with reopened(database_url) as other:
        with keys.batch():
            key = keys.get_or_create("p", "CASE")
            assert keys.get("p", "CASE") == key
            assert other.get("p", "CASE") is None
        assert other.get("p", "CASE") == key


def test_a_batch_inside_a_transaction_is_durable_before_the_entries(
    keys: KeyStore, database_url: str, tmp_path: Path
) -> None:
    """The order that DESIGN §3 asks for follows from the nesting."""
    seen: list[object] = []

    def at_commit() -> None:
        with reopened(database_url) as other:
            seen.append(other.get("p", "CASE"))

    with create_store(f"sqlite:///{tmp_path / 'main.db'}", ORIGIN) as store, store.recorder.transaction():
        with keys.batch():
            key = keys.get_or_create("p", "CASE")
            store.recorder.append([event()])
        at_commit()
        reader = Thread(target=lambda: seen.append(store.head().size))
        reader.start()
        reader.join()
    assert seen == [key, 0]


def leave_by_discard(keys: KeyStore) -> None:
    with keys.batch(discard=True):
        keys.get_or_create("p", "CASE")


def leave_by_exception(keys: KeyStore) -> None:
    with suppress(ZeroDivisionError), keys.batch():
        keys.get_or_create("p", "CASE")
        raise ZeroDivisionError


@pytest.mark.parametrize("leave", [leave_by_discard, leave_by_exception])
def test_a_batch_left_out_leaves_no_key(keys: KeyStore, database_url: str, leave: Callable[[KeyStore], None]) -> None:
    leave(keys)
    assert keys.get("p", "CASE") is None
    with reopened(database_url) as other:
        assert other.get("p", "CASE") is None


def test_a_batch_of_more_keys_than_are_kept_at_hand_gives_each_owner_one_key(
    keys: KeyStore, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_module, "CACHE_KEYS", 3)
    owners = [(f"person-{number}", "CASE") for number in range(10)]
    with keys.batch():
        made = {owner: keys.get_or_create(*owner) for owner in owners}
        assert {owner: keys.get_or_create(*owner) for owner in owners} == made
        assert {owner: keys.get(*owner) for owner in owners} == made
        assert len(keys._cache) == 0, "nobody else may have a key that is not durable yet"
        assert keys._batch is not None
        assert len(keys._batch.made) <= 3
    assert len(set(made.values())) == 10
    with reopened(database_url) as other:
        assert other.get_many(owners) == made


def test_reading_does_not_wait_for_anothers_batch(keys: KeyStore) -> None:
    key = keys.get_or_create("known", "CASE")
    keys._cache.clear()
    found: list[object] = []
    with keys.batch():
        keys.get_or_create("p", "CASE")
        reader = Thread(target=lambda: found.extend([keys.get("known", "CASE"), keys.get("p", "CASE")]))
        reader.start()
        reader.join(5)
    assert found == [key, None]


def test_a_destroyed_key_is_gone(keys: KeyStore, database_url: str) -> None:
    keys.get_or_create_many([("p", "CASE"), ("p", "IDENTITY"), ("q", "CASE")])
    assert keys.destroy("p", "CASE") == 1
    assert (keys.get("p", "CASE"), keys.get("p", "IDENTITY") is None) == (None, False)
    assert keys.destroy("p") == 1
    assert keys.destroy("p") == 0
    with reopened(database_url) as other:
        assert other.get_many([("p", "CASE"), ("p", "IDENTITY")]) == {}
        assert other.get("q", "CASE") is not None


def test_a_subjects_keys_are_listed_as_they_are_stored(keys: KeyStore) -> None:
    made = keys.get_or_create_many([("s1", "CASE"), ("s1", "IDENTITY"), ("s2", "CASE")])

    assert keys.owned("s1") == {"CASE": made["s1", "CASE"], "IDENTITY": made["s1", "IDENTITY"]}
    assert keys.owned("nobody") == {}


def test_a_key_that_another_process_destroyed_is_forgotten_when_told(keys: KeyStore, database_url: str) -> None:
    old = keys.get_or_create("s1", "CASE")
    with KeyStore.open(database_url, MASTER) as other:
        other.destroy("s1", "CASE")
    assert keys.get("s1", "CASE") == old  # it is at hand here
    keys.forget()

    assert keys.get("s1", "CASE") is None
    assert keys.get_or_create("s1", "CASE") != old


def test_what_was_read_before_keys_were_forgotten_is_not_remembered_after(
    keys: KeyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reader between its read and its remembering, while somebody destroys the key."""
    keys.get_or_create("s1", "CASE")
    keys.forget()
    read = keys._stored

    def destroyed_meanwhile(*arguments: object) -> object:
        found = read(*arguments)  # type: ignore[arg-type]
        keys.destroy("s1", "CASE")
        return found

    with monkeypatch.context() as patch:
        patch.setattr(keys, "_stored", destroyed_meanwhile)
        assert keys.get("s1", "CASE") is not None

    assert keys.get("s1", "CASE") is None


def test_a_fingerprint_tells_keys_apart_and_is_always_the_same() -> None:
    assert fingerprint(bytes(32)) == "93eb33ed9ba12f0e656249321e3963b0f682dace513c1bd26c78c3316638072c"
    assert fingerprint(bytes(32)) != fingerprint(bytes(31) + b"\x01")


def test_a_destroyed_key_is_in_no_page_of_the_files(tmp_path: Path) -> None:
    """Not even wrapped: the master key may leak one day."""
    path = tmp_path / "keys.db"
    with KeyStore.create(f"sqlite:///{path}", MASTER) as store:
        store.get_or_create("canary-subject", "CASE")
        store.get_or_create("another", "CASE")
        assert any(b"canary-subject" in file.read_bytes() for file in tmp_path.iterdir())
        store.destroy("canary-subject")
        assert not any(b"canary-subject" in file.read_bytes() for file in tmp_path.iterdir())


def test_keys_lie_wrapped(tmp_path: Path) -> None:
    with KeyStore.create(f"sqlite:///{tmp_path / 'keys.db'}", MASTER) as store:
        key = store.get_or_create("p", "CASE")
        assert not any(key in file.read_bytes() for file in tmp_path.iterdir())


def test_another_master_key_opens_nothing(keys: KeyStore, database_url: str) -> None:
    with pytest.raises(WrongMasterKey):
        KeyStore.open(database_url, bytes(32))


def test_a_missing_key_store_is_not_made_by_opening(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        KeyStore.open(f"sqlite:///{tmp_path / 'keys.db'}", MASTER)
    assert list(tmp_path.iterdir()) == []


def test_keyed_digests_are_stable_keyed_and_apart(keys: KeyStore, database_url: str, tmp_path: Path) -> None:
    digest = keys.keyed_digest("id-number", b"110101199001011237")
    assert digest[0] == keys.index_key_version == 1
    assert len(digest) == 33
    assert keys.keyed_digests("id-number", b"110101199001011237") == [digest]
    assert keys.keyed_digest("request", b"110101199001011237") != digest
    with reopened(database_url) as again:
        assert again.keyed_digest("id-number", b"110101199001011237") == digest
    with KeyStore.create(f"sqlite:///{tmp_path / 'other.db'}", MASTER) as other:
        assert other.keyed_digest("id-number", b"110101199001011237") != digest


def test_a_digest_in_pieces_is_the_digest_of_the_whole(keys: KeyStore) -> None:
    for pieces in ([b"110101", b"19900101", b"1237"], [b"1101011990010", b"", b"11237"]):
        assert keys.keyed_digest_of("batch-bytes", pieces) == keys.keyed_digest("batch-bytes", b"110101199001011237")


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE subject_keys SET wrapped = wrapped", 0),
        ("UPDATE subject_keys SET subject = 'somebody' WHERE subject = 'one'", 1),
        ("UPDATE subject_keys SET retention = 'OTHER'", 2),
        ("UPDATE subject_keys SET wrapped = x'00' WHERE subject = 'two'", 1),
        ("UPDATE subject_keys SET wrapped = 'text' WHERE subject = 'two'", 1),
    ],
)
def test_a_key_opens_under_its_own_name_alone(tmp_path: Path, statement: str, broken: int) -> None:
    with KeyStore.create(f"sqlite:///{tmp_path / 'keys'}", MASTER) as keys:
        for subject in ("one", "two"):
            keys.get_or_create(subject, "CASE")
        with closing(sqlite3.connect(tmp_path / "keys")) as file, file:
            file.execute(statement)

        assert keys.broken() == broken
