"""Building and upgrading the tables, by Alembic, from inside the program: no file of settings is needed."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from ledger.storage import tables

VERSION_TABLE = "alembic_version"
_FOLDER = Path(__file__).with_name("migrations")


def pending(connection: sa.Connection) -> list[str]:
    """The migrations that this database has not seen, oldest first."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    current = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory(str(_FOLDER))
    return [script.revision for script in reversed(list(scripts.iterate_revisions("head", current or "base")))]


def migrate(connection: sa.Connection, *, to: str = "head") -> None:
    """Run what is pending, up to a revision, in the connection's open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def is_known(version: str) -> bool:
    """Whether a database may say that it is at this migration; says so without loading Alembic."""
    return version in tables.SCHEMAS


def is_current(version: str | None) -> bool:
    """Whether a database at this migration needs none; says so without loading Alembic."""
    return version == tables.SCHEMA
