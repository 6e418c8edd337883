from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from ledger.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from ledger.log.chain import genesis
from ledger.log.merkle import EMPTY_ROOT
from ledger.storage import migrate, sqlite, tables
from ledger.storage.events import Head
from ledger.storage.store import create_store, engine_of, open_store
from tests.support.storage import ORIGIN, event


def test_a_new_store_holds_the_head_of_the_empty_log(database_url: str) -> None:
    with create_store(database_url, ORIGIN) as store:
        assert store.head() == Head(0, EMPTY_ROOT, genesis(ORIGIN), b"", "")
        assert store.recorder.max_notification_id() is None


def test_the_migrations_build_exactly_the_tables(database_url: str) -> None:
    with create_store(database_url, ORIGIN) as store, store.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert store.pending_migrations() == []
        assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == tables.SCHEMA


def test_a_ledger_is_never_made_over_another(database_url: str) -> None:
    with create_store(database_url, ORIGIN) as store:
        store.recorder.append([event()])
    with pytest.raises(Conflict) as refused:
        create_store(database_url, ORIGIN)
    assert refused.value.code == "ledger-exists"
    with open_store(database_url) as store:
        assert store.head().size == 1


def test_opening_what_is_no_ledger(database_url: str, tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        open_store(database_url)
    assert refused.value.code == "no-ledger"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"not a database, but long enough to look at" * 50)
    with pytest.raises(Unavailable):
        open_store(f"sqlite:///{tmp_path / 'x.db'}")


def test_a_database_of_another_release_is_not_opened_by_accident(database_url: str) -> None:
    with create_store(database_url, ORIGIN):
        pass
    engine = engine_of(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM alembic_version"))
        connection.execute(sa.text("INSERT INTO alembic_version VALUES ('0000')"))
    engine.dispose()
    with pytest.raises(Refused) as refused:
        open_store(database_url)
    assert refused.value.code == "migration-pending"
    open_store(database_url, allow_pending=True).close()


def test_a_database_behind_can_be_opened_to_be_migrated(database_url: str) -> None:
    if database_url.startswith("sqlite"):
        sqlite.create_file(Path(database_url.removeprefix("sqlite:///")))
    engine = engine_of(database_url)
    with engine.begin() as connection:
        assert migrate.pending(connection) == list(tables.SCHEMAS)
        migrate.migrate(connection)
    with engine.begin() as connection:
        assert migrate.pending(connection) == []
        assert set(tables.metadata.tables) < set(sa.inspect(connection).get_table_names())
    engine.dispose()


@pytest.mark.parametrize("url", ["mysql://x", "ledger.db", "sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        create_store(url, ORIGIN)
    assert refused.value.code == "bad-database-url"


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        create_store(f"sqlite:///{tmp_path}/none/x.db", ORIGIN)
    assert refused.value.code == "no-folder"


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(Unavailable) as refused:
        open_store("postgresql://somebody:secret@127.0.0.1:1/x")
    assert "secret" not in str(refused.value)
