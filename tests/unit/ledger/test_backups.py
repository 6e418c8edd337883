"""Backups: whole, verifiable by themselves, never restored behind what was signed, and erasures are made again."""

from __future__ import annotations

import os
from contextlib import closing
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.backups import Manifest, backup_keys, make_backup, parse_manifest, read_manifest, restore_backup
from ledger.errors import LedgerError, VerificationError
from ledger.key_events import end_key, rotate_signing_key
from ledger.storage.access_store import access_url
from ledger.storage.store import discard_store, open_store
from tests.support.golden import Copy
from tests.support.ledgers import person_registered, unit_registered


@pytest.fixture
def lost(small: Ledger, reopened: Copy) -> str:
    """The address of the ledger, for when it is gone."""
    return reopened.url


def lose(url: str) -> None:
    for address in (access_url(url), url):
        discard_store(open_store(address))


def test_it_comes_back_as_it_was(small: Ledger, lost: str, tmp_path: Path) -> None:
    small.submit(unit_registered("U3"))
    made = make_backup(small, tmp_path / "backup")
    head, access = small.store.head(), small.access.store.head()
    small.close()
    lose(lost)

    restored = restore_backup(tmp_path / "backup", lost)
    assert (restored.manifest, restored.erased_again, restored.against_sentinel) == (made, 0, True)
    with closing(Ledger.open(lost)) as again:
        assert (again.store.head().root, again.access.store.head().root) == (head.root, access.root)
        assert fsck.verify(again).findings == ()
        again.submit(person_registered("P3"))
        again.publish()


def test_a_backup_is_verified_like_any_ledger(small: Ledger, tmp_path: Path) -> None:
    make_backup(small, tmp_path / "backup")
    assert fsck.verify_at(f"sqlite:///{tmp_path / 'backup' / 'ledger.db'}").findings == ()


def test_it_holds_no_key(small: Ledger, tmp_path: Path) -> None:
    make_backup(small, tmp_path / "backup")
    assert sorted(path.name for path in (tmp_path / "backup").iterdir()) == [
        "ledger.db",
        "ledger.db.access",
        "manifest.json",
    ]
    names = backup_keys(small.store.url, tmp_path / "elsewhere")
    assert sorted(path.name for path in (tmp_path / "elsewhere").iterdir()) == sorted(names)
    assert names == ["keys", "master-key", "signing-key"]


def test_writers_go_on_while_it_is_made(small: Ledger, tmp_path: Path) -> None:
    """The access log is copied before the ledger: whoever is named in it has a row in the copy."""
    manifest = make_backup(small, tmp_path / "backup")
    small.submit(unit_registered("U3"))
    assert manifest.said.size < small.size
    assert fsck.verify_at(f"sqlite:///{tmp_path / 'backup' / 'ledger.db'}").size == manifest.said.size


def test_one_that_is_behind_the_sentinel_is_refused_and_leaves_nothing(
    small: Ledger, lost: str, tmp_path: Path
) -> None:
    make_backup(small, tmp_path / "old")
    small.submit(unit_registered("U3"))
    small.publish()
    small.close()
    lose(lost)
    with pytest.raises(VerificationError) as refused:
        restore_backup(tmp_path / "old", lost)
    assert refused.value.code == "backup-behind"
    assert "newer backup" in refused.value.detail
    with pytest.raises(LedgerError) as absent:
        open_store(lost)
    assert absent.value.code == "no-ledger"


def test_one_that_is_behind_a_held_checkpoint_is_refused_even_without_a_sentinel(
    small: Ledger, lost: str, tmp_path: Path
) -> None:
    make_backup(small, tmp_path / "old")
    small.submit(unit_registered("U3"))
    held = small.publish().note
    small.close()
    lose(lost)
    os.rename(os.environ["INTEGRITY_SENTINEL"], tmp_path / "away")
    with pytest.raises(VerificationError) as refused:
        restore_backup(tmp_path / "old", lost, [held])
    assert refused.value.code == "backup-behind"
    restored = restore_backup(tmp_path / "old", lost)
    assert not restored.against_sentinel  # nothing is left that knows better: `serve` asks two people to adopt


def test_a_checkpoint_by_a_key_of_later_is_one_that_the_backup_is_behind(
    small: Ledger, lost: str, tmp_path: Path
) -> None:
    make_backup(small, tmp_path / "old")
    old = small.publisher.keyring().log_keys(small.size)[0].vkey.id
    rotate_signing_key(small)
    end_key(small, old)
    small.submit(unit_registered("U3"))
    held = small.publish().note
    small.close()
    lose(lost)
    os.rename(os.environ["INTEGRITY_SENTINEL"], tmp_path / "away")
    with pytest.raises(VerificationError) as refused:
        restore_backup(tmp_path / "old", lost, [held])
    assert refused.value.code == "backup-behind"


def test_a_changed_backup_is_refused(small: Ledger, lost: str, tmp_path: Path) -> None:
    make_backup(small, tmp_path / "backup")
    small.close()
    lose(lost)
    path = tmp_path / "backup" / "ledger.db"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(VerificationError) as refused:
        restore_backup(tmp_path / "backup", lost)
    assert refused.value.code == "backup-changed"


def test_a_backup_whose_manifest_was_made_to_agree_is_refused(small: Ledger, lost: str, tmp_path: Path) -> None:
    made = make_backup(small, tmp_path / "backup")
    small.close()
    lose(lost)
    copy = Copy(f"sqlite:///{tmp_path / 'backup' / 'ledger.db'}", tmp_path)
    copy.write_entry(2, copy.entry(2).replace(b'"region":"230800"', b'"region":"230801"'))
    files = {name: sha256((tmp_path / "backup" / name).read_bytes()).hexdigest() for name in made.files}
    (tmp_path / "backup" / "manifest.json").write_bytes(replace(made, files=files).format())
    with pytest.raises(VerificationError) as refused:
        restore_backup(tmp_path / "backup", lost)
    assert refused.value.code == "backup-changed"
    assert "does not verify" in refused.value.detail


def test_a_restoration_that_failed_leaves_nothing_in_the_way(
    small: Ledger, lost: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_backup(small, tmp_path / "backup")
    small.close()
    lose(lost)
    with monkeypatch.context() as crash:
        crash.setattr("ledger.storage.backup._copy_table", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            restore_backup(tmp_path / "backup", lost)
    assert restore_backup(tmp_path / "backup", lost).against_sentinel


def test_a_manifest_that_speaks_for_more_than_is_there_is_refused(small: Ledger, lost: str, tmp_path: Path) -> None:
    made = make_backup(small, tmp_path / "backup")
    small.submit(unit_registered("U3"))
    later = small.publish().note
    small.close()
    lose(lost)
    os.rename(os.environ["INTEGRITY_SENTINEL"], tmp_path / "away")
    (tmp_path / "backup" / "manifest.json").write_bytes(replace(made, checkpoint=later).format())
    with pytest.raises(VerificationError) as refused:
        restore_backup(tmp_path / "backup", lost)
    assert refused.value.code == "backup-behind"


def test_nothing_is_restored_over_a_ledger(small: Ledger, lost: str, tmp_path: Path) -> None:
    make_backup(small, tmp_path / "backup")
    head = small.store.head()
    with pytest.raises(LedgerError) as refused:
        restore_backup(tmp_path / "backup", lost)
    assert refused.value.code == "ledger-exists"
    assert small.store.head() == head


@pytest.mark.parametrize("name", ["ledger.db", "manifest.json"])
def test_half_a_backup_is_none(small: Ledger, lost: str, tmp_path: Path, name: str) -> None:
    make_backup(small, tmp_path / "backup")
    (tmp_path / "backup" / name).unlink()
    with pytest.raises(LedgerError) as refused:
        read_manifest(tmp_path / "backup")
    assert refused.value.code == "no-backup"


def test_no_folder_is_written_over(small: Ledger, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    for folder, code in ((tmp_path / "there", "backup-exists"), (tmp_path / "no" / "where", "no-folder")):
        with pytest.raises(LedgerError) as refused:
            make_backup(small, folder)
        assert refused.value.code == code


def test_a_manifest_round_trips_and_nothing_else_parses(small: Ledger, tmp_path: Path) -> None:
    manifest = make_backup(small, tmp_path / "backup")
    data = manifest.format()
    assert isinstance(parse_manifest(data), Manifest)
    assert parse_manifest(data).format() == data
    for other in (b"", b"{}\n", data[:-1], data + b"\n", data.replace(b"backup/v1", b"backup/v2"), b"[" * 4000):
        with pytest.raises(VerificationError) as refused:
            parse_manifest(other)
        assert refused.value.code == "malformed"
