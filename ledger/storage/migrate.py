"""Building and upgrading the tables, by Alembic, from inside the program: no file of settings is needed."""

from __future__ import annotations

import re
from pathlib import Path

import sqlalchemy as sa

from ledger.errors import Refused
from ledger.storage import tables

VERSION_TABLE = "alembic_version"
_FOLDER = Path(__file__).with_name("migrations")


def pending(connection: sa.Connection) -> list[str]:
    """The migrations that this database has not seen, oldest first."""
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory

    current = MigrationContext.configure(connection).get_current_revision()
    if current not in (None, *tables.SCHEMAS):
        raise Refused("the database is of another release than this program", code="another-release")
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


def is_migration(version: str) -> bool:
    """Whether this names a migration, perhaps one of a later release."""
    return re.fullmatch(r"[0-9]{4}", version) is not None


def is_current(version: str | None) -> bool:
    """Whether a database at this migration needs none; says so without loading Alembic."""
    return version == tables.SCHEMA
