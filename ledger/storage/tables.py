"""The tables of a ledger, in SQLAlchemy Core: the one description both databases are built from.

`entries` holds the log; the columns beside `state` are derived from it. The head is a single row. What may be
erased (disclosures, blind index) lies in tables of its own, never in an entry. The access log has the same tables in a
place of its own. `SCHEMAS` names the migrations, the newest of them last; a test compares these tables with what they
build.
"""

from __future__ import annotations

import sqlalchemy as sa

SCHEMAS = ("0001", "0002", "0003")
SCHEMA = SCHEMAS[-1]

metadata = sa.MetaData()

Index64 = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

entries = sa.Table(
    "entries",
    metadata,
    # On SQLite an INTEGER PRIMARY KEY is the row's own id: durable under VACUUM, unlike a bare rowid.
    sa.Column("idx", Index64, primary_key=True, autoincrement=False),
    sa.Column("stream", sa.Text, nullable=False),
    sa.Column("version", Index64, nullable=False),
    sa.Column("topic", sa.Text, nullable=False),
    sa.Column("recorded_at", sa.Text, nullable=False),
    sa.Column("subjects", sa.Text, nullable=False),  # joined by a space, in the entry's own order
    sa.Column("leaf", sa.LargeBinary, nullable=False),
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("state", sa.LargeBinary, nullable=False),
    sa.UniqueConstraint("stream", "version", name="entries_stream_version"),
    sa.Index("entries_topic", "topic", "idx"),
)

head = sa.Table(
    "head",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("size", Index64, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sa.Column("chain", sa.LargeBinary, nullable=False),
    sa.Column("frontier", sa.LargeBinary, nullable=False),
    sa.Column("recorded_at", sa.Text, nullable=False),  # empty while the log is
    sa.Column("touched", Index64, nullable=False),  # counts commits: a replay writes here (ASSURANCE A2)
    sa.CheckConstraint("one = 1", name="head_is_one_row"),
)

tiles = sa.Table(
    "tiles",
    metadata,
    sa.Column("level", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("idx", Index64, primary_key=True, autoincrement=False),
    sa.Column("hashes", sa.LargeBinary, nullable=False),
    sa.Column("root", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

entry_subjects = sa.Table(
    "entry_subjects",
    metadata,
    sa.Column("subject", sa.Text, primary_key=True),
    sa.Column("idx", Index64, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

disclosures = sa.Table(
    "disclosures",
    metadata,
    sa.Column("idx", Index64, primary_key=True, autoincrement=False),
    sa.Column("section", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("retention", sa.Text, nullable=False),
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)

request_keys = sa.Table(
    "request_keys",
    metadata,
    sa.Column("principal", sa.Text, primary_key=True),
    sa.Column("request", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.LargeBinary, nullable=False),
    sa.Column("idx", Index64, nullable=False),  # the request's first entry
    sa.Column("entries", sa.Integer, nullable=False),  # how many entries it wrote
    sa.Column("seal", sa.LargeBinary),  # a keyed digest over the row and the first entry's hash (`row_seals`)
    sqlite_with_rowid=False,
)

blind_index = sa.Table(
    "blind_index",
    metadata,
    sa.Column("field", sa.Text, primary_key=True),
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("uid", sa.Text, nullable=False),
    sa.Column("seal", sa.LargeBinary),  # a keyed digest over the row (`row_seals`)
    sa.Index("blind_index_uid", "uid"),
    sqlite_with_rowid=False,
)

documents = sa.Table(
    "documents",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

tracking = sa.Table(
    "tracking",
    metadata,
    sa.Column("application_name", sa.Text, primary_key=True),
    sa.Column("notification_id", Index64, nullable=False),
    sqlite_with_rowid=False,
)

# One row: which access log belongs to this ledger, so that one that is gone or another's is noticed.
access_log = sa.Table(
    "access_log",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("leaf", sa.LargeBinary, nullable=False),  # of the access log's entry 0
    sa.Column("seal", sa.LargeBinary, nullable=False),  # a keyed digest over it
    sa.CheckConstraint("one = 1", name="access_log_is_one_row"),
)

tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("digest", sa.LargeBinary, primary_key=True),  # keyed, of the secret
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),  # the actor's pseudonym, whose key opens the row
    sa.Column("sealed", sa.LargeBinary, nullable=False),
    sa.Column("revoked_at", sa.Text),
    sa.UniqueConstraint("id", name="tokens_id"),
    sqlite_with_rowid=False,
)

# What was signed at a size: a note, with the cosignatures of the witnesses that saw it.
checkpoints = sa.Table(
    "checkpoints",
    metadata,
    sa.Column("size", Index64, primary_key=True, autoincrement=False),
    sa.Column("note", sa.Text, nullable=False),
)

# Evidence files, sealed; the section `evidence` of an entry cites them by id and digest.
attachments = sa.Table(
    "attachments",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, nullable=False),  # whom it is about, whose key opens it
    sa.Column("retention", sa.Text, nullable=False),
    sa.Column("about", sa.LargeBinary, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)
