"""A ledger of the first release comes up to this one: the same entries, and from then on an access log and tokens."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from ledger import fsck
from ledger.access import Viewer
from ledger.application import Ledger
from ledger.errors import Refused
from ledger.opening import create, upgrade
from ledger.storage import migrate, tables
from ledger.storage.access_store import access_url
from ledger.storage.store import engine_of, open_store
from ledger.tokens import Tokens
from tests.support.golden import Copy
from tests.support.ledgers import person_registered, uid_of, unit_registered

HEAD = "SELECT size, root, chain, frontier, recorded_at FROM head"  # less the counter of commits
AUDITOR = Viewer("auditor-1", "AUDITOR")
FIRST_TABLES = {
    "entries", "head", "tiles", "entry_subjects", "disclosures", "request_keys", "blind_index", "documents", "tracking",
}  # fmt: skip


@pytest.fixture
def first_release(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Copy:
    """A ledger as the first release made it: by migration 0001 alone, without seals, access log and sentinel."""
    copy = Copy(database_url, tmp_path)
    with copy.keys_given(), monkeypatch.context() as then:
        then.setattr(Ledger, "make_access", lambda ledger: None)
        then.setattr(Ledger, "publish", lambda ledger, **_: None)
        ledger = create(database_url, origin="localhost/small")
        ledger.submit(unit_registered("U1"))
        ledger.submit(person_registered("P1"), request=("writer", "key"))
        ledger.keys.destroy(ledger.book.uid, "SENTINEL")
        ledger.close()
    (tmp_path / "sentinel").unlink()
    for table in ("request_keys", "blind_index"):
        copy.rows(f"ALTER TABLE {table} DROP COLUMN seal")
    for table in ("access_log", "tokens", "attachments", "checkpoints"):
        copy.rows(f"DROP TABLE {table}")
    copy.rows("UPDATE alembic_version SET version_num = '0001'")
    assert len(copy.rows("SELECT * FROM entries")) == 3
    return copy


def test_it_is_not_opened_by_accident(first_release: Copy) -> None:
    opened: tuple[Callable[[], object], ...] = (
        lambda: open_store(first_release.url),
        lambda: Ledger.open(first_release.url),
        lambda: fsck.verify_at(first_release.url),
    )
    with first_release.keys_given():
        for open_ in opened:
            with pytest.raises(Refused) as refused:
                open_()
            assert refused.value.code == "migration-pending"


def test_an_upgrade_changes_no_entry_and_makes_the_access_log(first_release: Copy) -> None:
    entries = first_release.rows("SELECT * FROM entries ORDER BY idx")
    head = first_release.rows(HEAD)

    with first_release.keys_given():
        assert upgrade(first_release.url) == ["0002", "0003", "access-log", "sentinel"]
        assert upgrade(first_release.url) == []

    assert first_release.rows("SELECT * FROM entries ORDER BY idx") == entries
    assert first_release.rows(HEAD) == head
    for quick in (False, True):
        report = first_release.verify(quick=quick)
        assert report.ok
        assert report.findings == ()
        assert report.access is not None
        assert report.access.size == 1


def test_its_tables_are_then_those_of_a_new_ledger(first_release: Copy) -> None:
    with first_release.keys_given():
        upgrade(first_release.url)

    for url in (first_release.url, access_url(first_release.url)):
        engine = engine_of(url)
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
            assert migrate.pending(connection) == []
        engine.dispose()


def test_looks_and_tokens_work_from_then_on(first_release: Copy) -> None:
    with first_release.keys_given():
        upgrade(first_release.url)

    with first_release.opened() as ledger:
        uid = uid_of(ledger, "P1")
        ledger.access.look(AUDITOR, [uid], scope=["INTEGRITY_FILE"])
        secret, token = Tokens(ledger).issue(AUDITOR)
        assert Tokens(ledger).find(secret) == token
        assert len(ledger.access.looks_at(uid)) == 1


def test_an_upgrade_without_the_keys_is_finished_with_them(first_release: Copy) -> None:
    """The tables come first; an access log cannot be marked without the keys."""
    (first_release.folder / "keys").rename(first_release.folder / "away")
    with first_release.keys_given(), pytest.raises(Exception, match="no-key-store"):
        upgrade(first_release.url)
    (first_release.folder / "away").rename(first_release.folder / "keys")

    with first_release.keys_given():
        assert upgrade(first_release.url) == ["access-log", "sentinel"]
    assert first_release.verify().findings == ()


def test_an_access_log_of_an_older_release_is_brought_up_too(first_release: Copy) -> None:
    with first_release.keys_given():
        upgrade(first_release.url)
    for table in set(tables.metadata.tables) - FIRST_TABLES:
        first_release.access.rows(f"DROP TABLE {table}")
    for table in ("request_keys", "blind_index"):
        first_release.access.rows(f"ALTER TABLE {table} DROP COLUMN seal")
    first_release.access.rows("UPDATE alembic_version SET version_num = '0001'")
    assert {finding.code for finding in first_release.verify(quick=True).findings} == {"schema"}

    with first_release.keys_given():
        assert upgrade(first_release.url) == ["access-log 0002", "access-log 0003"]
    assert first_release.verify().findings == ()
