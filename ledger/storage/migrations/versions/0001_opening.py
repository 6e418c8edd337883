"""The tables of the first ledger.

On PostgreSQL any session may switch off waiting for durability (ASSURANCE §2.3 G), so `entries` refuses one that has.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_Index = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

_DURABLE_FUNCTION = """
CREATE FUNCTION ledger_requires_durability() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
        RAISE EXCEPTION 'synchronous_commit is not on' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    RETURN NULL;
END $$
"""
_DURABLE_TRIGGER = """
CREATE TRIGGER entries_durable BEFORE INSERT ON entries
FOR EACH STATEMENT EXECUTE FUNCTION ledger_requires_durability()
"""


def upgrade() -> None:
    op.create_table(
        "entries",
        sa.Column("idx", _Index, primary_key=True, autoincrement=False),
        sa.Column("stream", sa.Text, nullable=False),
        sa.Column("version", _Index, nullable=False),
        sa.Column("topic", sa.Text, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("subjects", sa.Text, nullable=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("state", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("stream", "version", name="entries_stream_version"),
    )
    op.create_index("entries_topic", "entries", ["topic", "idx"])
    op.create_table(
        "head",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", _Index, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sa.Column("chain", sa.LargeBinary, nullable=False),
        sa.Column("frontier", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", sa.Text, nullable=False),
        sa.Column("touched", _Index, nullable=False),
        sa.CheckConstraint("one = 1", name="head_is_one_row"),
    )
    op.create_table(
        "tiles",
        sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("idx", _Index, primary_key=True, autoincrement=False),
        sa.Column("hashes", sa.LargeBinary, nullable=False),
        sa.Column("root", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "entry_subjects",
        sa.Column("subject", sa.Text, primary_key=True),
        sa.Column("idx", _Index, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "disclosures",
        sa.Column("idx", _Index, primary_key=True, autoincrement=False),
        sa.Column("section", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("retention", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "request_keys",
        sa.Column("principal", sa.Text, primary_key=True),
        sa.Column("request", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("idx", _Index, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "blind_index",
        sa.Column("field", sa.Text, primary_key=True),
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("uid", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("blind_index_uid", "blind_index", ["uid"])
    op.create_table(
        "documents",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "tracking",
        sa.Column("application_name", sa.Text, primary_key=True),
        sa.Column("notification_id", _Index, nullable=False),
        sqlite_with_rowid=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute(_DURABLE_FUNCTION)
        op.execute(_DURABLE_TRIGGER)
