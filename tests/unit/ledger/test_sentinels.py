"""The sentinel of a ledger: made with it, made up for once, and adopted by two where it is gone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.errors import Conflict, Invalid, LedgerError, Refused, VerificationError
from ledger.opening import create, upgrade
from ledger.sentinels import adopt_sentinel
from ledger.storage.sentinel import Sentinel
from tests.support.golden import Copy
from tests.support.ledgers import unit_registered


def sentinel_file() -> Path:
    return Path(os.environ["INTEGRITY_SENTINEL"])


def lose() -> None:
    sentinel_file().rename(sentinel_file().with_name("lost"))


def codes(report: fsck.Report) -> list[str]:
    return [finding.code for finding in report.findings if finding.grade != "notice"]


def test_a_ledger_is_made_with_its_sentinel(small: Ledger) -> None:
    assert sentinel_file().stat().st_mode & 0o077 == 0
    assert small.publisher.newest() is not None


def test_a_place_is_needed_on_postgresql(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, file in (("KEYS", "keys"), ("SIGNING_KEY", "signing-key"), ("MASTER_KEY", "master-key")):
        monkeypatch.setenv(f"INTEGRITY_{name}", str(tmp_path / file))
    monkeypatch.delenv("INTEGRITY_SENTINEL", raising=False)
    with pytest.raises(Invalid) as refused:
        create(postgres_url)
    assert (refused.value.code, refused.value.field) == ("keys-not-given", "INTEGRITY_SENTINEL")


def test_a_new_ledger_is_not_put_over_one_that_a_sentinel_knows(tmp_path: Path) -> None:
    """Who deletes the database and opens another of the name would have an empty history with the old word for it."""
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    create(url).close()
    for name in ("ledger.db", "ledger.db.access"):
        (tmp_path / name).unlink()
    before = sorted(path.name for path in tmp_path.iterdir())
    with pytest.raises(Conflict) as refused:
        create(url)
    assert refused.value.code == "sentinel-exists"
    assert sorted(path.name for path in tmp_path.iterdir()) == before
    create(url, origin="localhost/another").close()  # one of another name may share it


def test_an_opening_that_failed_leaves_no_sentinel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    monkeypatch.setattr(Ledger, "make_access", lambda self: (_ for _ in ()).throw(Refused("no", code="no")))
    with pytest.raises(Refused):
        create(url)
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_from_before_gets_one_by_an_upgrade_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    ledger = create(url)
    ledger.keys.destroy(ledger.book.uid, "SENTINEL")  # as if it had been made by a release without sentinels
    ledger.close()
    (tmp_path / "ledger.db.sentinel").unlink()

    assert upgrade(url) == ["sentinel"]
    assert upgrade(url) == []
    (tmp_path / "ledger.db.sentinel").unlink()
    assert upgrade(url) == []  # one was made: only two people may begin another
    assert not (tmp_path / "ledger.db.sentinel").exists()


def test_verification_without_it_says_so_and_finds_nothing(small: Ledger, reopened: Copy) -> None:
    lose()
    report = reopened.verify()
    assert codes(report) == []
    assert "the sentinel: none is in its place" in report.not_checked


def test_anothers_sentinel_in_its_place_is_neither_signed_into_nor_taken_for_its_own(
    small: Ledger, reopened: Copy
) -> None:
    lose()
    Sentinel.create(sentinel_file())
    with reopened.opened() as ledger:
        for asked in (ledger.publish, ledger.publisher.check, ledger.access.publisher.publish):
            with pytest.raises(VerificationError) as refused:
                asked()
            assert refused.value.code == "sentinel-foreign"
        assert ledger.publisher.sentinel.mark() == 0
    for quick in (False, True):
        assert "sentinel-foreign" in codes(reopened.verify(quick=quick))


def test_an_interrupted_beginning_is_finished_by_an_upgrade(small: Ledger, reopened: Copy) -> None:
    """A crash between the first checkpoint and the key store's memory of it."""
    small.keys.destroy(small.book.uid, "SENTINEL")
    small.close()
    with reopened.keys_given():
        assert upgrade(reopened.url) == ["sentinel"]
        assert upgrade(reopened.url) == []
    assert codes(reopened.verify()) == []


def test_two_adopt_a_new_one_and_the_ledger_says_so(small: Ledger, reopened: Copy) -> None:
    small.submit(unit_registered("U3"))
    small.publish()
    size, root = small.size, small.store.head().root
    lose()
    with reopened.opened() as ledger:
        adopt_sentinel(ledger, ["first", "second"])
        (entry,) = ledger.by_type("SentinelAdopted", ledger.size)
        assert (entry.data["size"], entry.data["root"]) == (size, root.hex())
        assert len(set(entry.data["approvers"])) == 2
        newest = ledger.publisher.newest()
        assert newest is not None
        assert newest.checkpoint.size == ledger.size
    report = reopened.verify()
    assert codes(report) == []
    assert "the sentinel: none is in its place" not in report.not_checked


@pytest.mark.parametrize("approvers", [[], ["one"], ["one", "one"]])
def test_one_alone_adopts_none(small: Ledger, reopened: Copy, approvers: list[str]) -> None:
    lose()
    with reopened.opened() as ledger, pytest.raises(Refused) as refused:
        adopt_sentinel(ledger, approvers)
    assert refused.value.code == "two-approvers-required"
    assert not sentinel_file().exists()


def test_none_is_adopted_beside_one_that_is_there(small: Ledger) -> None:
    with pytest.raises(Conflict) as refused:
        adopt_sentinel(small, ["first", "second"])
    assert refused.value.code == "sentinel-exists"


def test_none_is_adopted_for_a_log_that_contradicts_its_own_checkpoints(small: Ledger, reopened: Copy) -> None:
    small.publish()
    lose()
    reopened.write_entry(1, reopened.entry(1).replace(b'"v":0', b'"v":1'))
    reopened.rehash(head=True)
    with reopened.opened() as ledger, pytest.raises(VerificationError):
        adopt_sentinel(ledger, ["first", "second"])
    assert not sentinel_file().exists()


def test_serving_is_refused_where_it_is_away_ahead_or_other(small: Ledger, reopened: Copy) -> None:
    from api.serving import open_checked

    small.submit(unit_registered("U3"))
    small.publish()
    small.close()

    def refusal() -> str:
        with pytest.raises(LedgerError) as refused:
            open_checked(reopened.url)
        return refused.value.code

    open_checked(reopened.url).close()
    away = sentinel_file().rename(sentinel_file().with_name("away"))
    assert refusal() == "no-sentinel"
    away.rename(sentinel_file())
    state = reopened.entry(1)
    reopened.write_entry(1, state.replace(b'"v":0', b'"v":1'))
    reopened.rehash(head=True)
    assert refusal() in ("sentinel-differs", "head-not-verified")
    reopened.write_entry(1, state)
    reopened.rows("DELETE FROM entries WHERE idx = (SELECT max(idx) FROM entries)")
    reopened.rehash(head=True)
    assert refusal() == "sentinel-ahead"
