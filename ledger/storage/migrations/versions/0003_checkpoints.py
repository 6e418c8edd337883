"""The checkpoints that were signed, with the cosignatures of those who saw them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_Size = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "checkpoints",
        sa.Column("size", _Size, primary_key=True, autoincrement=False),
        sa.Column("note", sa.Text, nullable=False),
    )
