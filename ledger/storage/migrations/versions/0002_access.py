"""The mark of the access log, tokens, evidence files, and the seals of rows that no entry accounts for.

The seals of rows that are there already need the keys, so `integrity migrate` makes them behind this.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("request_keys", sa.Column("seal", sa.LargeBinary))
    op.add_column("blind_index", sa.Column("seal", sa.LargeBinary))
    op.create_table(
        "access_log",
        sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("leaf", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("one = 1", name="access_log_is_one_row"),
    )
    op.create_table(
        "tokens",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("revoked_at", sa.Text),
        sa.UniqueConstraint("id", name="tokens_id"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("retention", sa.Text, nullable=False),
        sa.Column("about", sa.LargeBinary, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
