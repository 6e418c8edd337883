"""Whether every key of a key store stands under the name it was wrapped for."""

from __future__ import annotations

import sqlalchemy as sa

from ledger.errors import LedgerError
from ledger.storage.keys import KeyStore, _subject_keys


def broken_keys(keys: KeyStore) -> int:
    """How many of the subjects' keys do not open under the names they stand under."""
    with keys._guarded(reading=True) as connection:
        return sum(not _opens(keys, *row) for row in connection.execute(sa.select(_subject_keys)))


def _opens(keys: KeyStore, subject: str, retention: str, wrapped: object) -> bool:
    try:
        return bool(keys._unwrap(wrapped, subject, retention))
    except (LedgerError, TypeError):
        return False
