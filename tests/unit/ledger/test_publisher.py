"""Checkpoints: signed only where the log follows from what the sentinel knows; of several who sign, one succeeds."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.application import Ledger
from ledger.errors import LedgerError, Refused, VerificationError
from ledger.log.checkpoint import Checkpoint, open_checkpoint
from ledger.log.encoding import canonical, parse
from ledger.log.note import format_vkey, parse_note, parse_vkey, sign_note
from ledger.publisher import SentinelAhead, SentinelDiffers, SentinelForeign
from ledger.storage.key_files import create_signing_key
from ledger.storage.sentinel import Sentinel
from tests.support.golden import Copy
from tests.support.ledgers import person_registered, unit_registered

SENTINEL = "INTEGRITY_SENTINEL"


def sentinel_file() -> Path:
    return Path(os.environ[SENTINEL])


def test_a_new_ledger_has_signed_its_entry_0(small: Ledger) -> None:
    [first, *_] = small.publisher.sentinel.all(small.origin)
    assert open_checkpoint(first, [parse_vkey(small.opened().data["keys"][0]["vkey"])]).size == 1


def test_what_was_written_is_signed_under_the_ledgers_own_key(small: Ledger) -> None:
    published = small.publish()
    head = small.store.head()

    assert (published.checkpoint.origin, published.checkpoint.size) == (small.origin, small.size)
    assert published.checkpoint.root == head.root
    assert open_checkpoint(published.note, [parse_vkey(small.opened().data["keys"][0]["vkey"])]) == published.checkpoint
    assert small.publisher.checkpoints.newest() == published.note == small.publisher.sentinel.newest(small.origin)


def test_nothing_new_is_signed_where_nothing_was_written(small: Ledger) -> None:
    first = small.publish()
    mark = small.publisher.sentinel.mark()
    assert small.publish() == first
    assert small.publisher.sentinel.mark() == mark


def test_the_access_log_has_checkpoints_of_its_own(small: Ledger) -> None:
    small.publish()
    newest = small.access.publisher.newest()
    assert newest is not None
    assert (newest.checkpoint.origin, newest.checkpoint.size) == (f"{small.origin}/access", small.access.size)


def test_a_checkpoint_that_did_not_reach_the_store_is_kept_at_the_next_try(small: Ledger, reopened: Copy) -> None:
    published = small.publish()
    reopened.rows("DELETE FROM checkpoints WHERE size = ?", published.checkpoint.size)
    assert small.publisher.covering(small.size) is None
    small.publish()
    covering = small.publisher.covering(small.size)
    assert covering is not None
    assert covering.note == published.note


def test_one_that_never_reached_the_store_is_kept_before_its_successor_is_signed(
    small: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection that is cut between sentinel and store is nobody's manipulation."""
    before = small.publish()
    small.submit(unit_registered("U3"))

    def cut(_: object, note: str) -> None:
        if note.startswith(f"{small.origin}\n") and note != before.note:
            raise ConnectionError("cut")

    with monkeypatch.context() as patch:
        patch.setattr(type(small.publisher.checkpoints), "keep", cut)
        with pytest.raises(ConnectionError):
            small.publish()
    lost = small.publisher.sentinel.newest(small.origin)
    assert lost is not None
    assert lost != small.publisher.checkpoints.newest()

    small.submit(person_registered("P3"))
    small.publish()

    assert lost in [note for _, note in small.publisher.checkpoints.all()]


def test_the_first_checkpoint_that_covers_an_entry_is_given(small: Ledger) -> None:
    small.publish()
    before = small.size
    small.submit(unit_registered("U3"))
    small.publish()
    sizes = []
    for size in (1, 2, before, before + 1):
        covering = small.publisher.covering(size)
        assert covering is not None
        sizes.append(covering.checkpoint.size)
    assert sizes == [1, before, before, before + 1]
    assert small.publisher.covering(before + 2) is None


def test_of_many_who_publish_at_once_every_checkpoint_is_one_of_the_chain(small: Ledger) -> None:
    def publish(number: int) -> int:
        if number == 3:
            small.submit(unit_registered("U3"))
        return small.publisher.publish().checkpoint.size

    with ThreadPoolExecutor(8) as pool:
        sizes = list(pool.map(publish, range(12)))
    seen = [open_checkpoint(note, [key.vkey for key in small.publisher.keyring().all()]).size
            for note in small.publisher.sentinel.all(small.origin)]  # fmt: skip
    assert seen == sorted(set(seen))
    assert set(sizes) <= set(seen)
    assert small.publish().checkpoint.size == small.size


def test_a_log_that_was_cut_is_never_signed(small: Ledger, reopened: Copy) -> None:
    small.submit(unit_registered("U3"))
    small.publish()
    whole = small.publisher.sentinel.mark()
    reopened.rows("DELETE FROM entries WHERE idx = ?", small.size - 1)
    reopened.rehash(head=True)
    for asked in (small.publisher.check, small.publisher.publish):
        with pytest.raises(SentinelAhead):
            asked()
    small.submit(person_registered("P3"))  # grown back to the same size, with another entry
    with pytest.raises(SentinelDiffers):
        small.publisher.publish()
    assert small.publisher.sentinel.mark() == whole


def test_a_log_that_was_rewritten_is_never_signed(small: Ledger, reopened: Copy) -> None:
    small.publish()
    reopened.write_entry(1, reopened.entry(1).replace(b'"v":0', b'"v":1'))
    reopened.rehash(head=True)
    small.store.recorder.close  # noqa: B018 - the head is read anew from the database
    with reopened.opened() as rewritten:
        with pytest.raises(SentinelDiffers):
            rewritten.publisher.check()
        rewritten.submit(unit_registered("U3"))
        with pytest.raises(SentinelDiffers):
            rewritten.publisher.publish()


def test_without_its_sentinel_nothing_is_signed(small: Ledger, reopened: Copy) -> None:
    sentinel_file().rename(sentinel_file().with_name("away"))
    with reopened.opened() as ledger, pytest.raises(Refused) as refused:
        ledger.publish()
    assert refused.value.code == "no-sentinel"


def test_an_older_copy_of_the_sentinel_is_not_taken_for_it(small: Ledger, reopened: Copy, tmp_path: Path) -> None:
    """The store holds a checkpoint that it never saw."""
    small.publish()
    old = tmp_path / "older"
    shutil.copy(sentinel_file(), old)
    small.submit(unit_registered("U3"))
    small.publish()
    shutil.copy(old, sentinel_file())
    with reopened.opened() as ledger:
        for asked in (ledger.publisher.check, ledger.publisher.publish):
            with pytest.raises(SentinelForeign):
                asked()
    for quick in (False, True):
        assert "checkpoint-unknown" in {finding.code for finding in reopened.verify(quick=quick).findings}


def test_a_second_key_in_the_opening_does_not_stand_for_the_one_at_hand(small: Ledger, reopened: Copy) -> None:
    """Who rewrites all of it may name a key of their own beside ours, and sign with that."""
    theirs = Ed25519PrivateKey.generate()
    public = format_vkey(small.origin, theirs.public_key().public_bytes_raw())
    small.close()
    header = parse(reopened.entry(0))
    header["h"]["data"]["keys"].append({"purpose": "log-signing", "vkey": public})
    reopened.write_entry(0, canonical(header))
    reopened.rehash(head=True)
    with reopened.opened() as ledger:
        head = ledger.store.head()
        note = sign_note(Checkpoint(ledger.origin, head.size, head.root).format(), ledger.origin, theirs).format()
    reopened.rows("DELETE FROM checkpoints")
    reopened.rows("INSERT INTO checkpoints (size, note) VALUES (?, ?)", head.size, note)
    sentinel_file().unlink()
    Sentinel.create(sentinel_file()).advance(ledger.origin, None, note)
    assert "signing-key" in {finding.code for finding in reopened.verify().findings}
    with reopened.opened() as ledger, pytest.raises(VerificationError) as refused:
        ledger.publisher.check()
    assert refused.value.code == "wrong-signing-key"


def test_another_key_signs_nothing(small: Ledger, reopened: Copy) -> None:
    place = Path(os.environ["INTEGRITY_SIGNING_KEY"])
    place.unlink()
    create_signing_key(place)
    with reopened.opened() as ledger:
        ledger.submit(unit_registered("U3"))
        for asked in (ledger.publisher.check, ledger.publisher.publish):
            with pytest.raises(VerificationError) as refused:
                asked()
            assert refused.value.code == "wrong-signing-key"


def test_a_held_checkpoint_must_be_one_the_log_leads_to(small: Ledger) -> None:
    held = small.publish().note
    small.publisher.require_follows(held)
    other = parse_note(held)
    with pytest.raises(LedgerError):
        small.publisher.require_follows(held.replace(f"\n{small.size}\n", f"\n{small.size + 1}\n"))
    assert other.format() == held
