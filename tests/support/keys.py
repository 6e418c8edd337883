"""What tests do to a key store that no command does yet."""

from __future__ import annotations

import os

import sqlalchemy as sa

from ledger.storage.keys import KEY_BYTES, KeyStore


def rotate_index_key(keys: KeyStore) -> None:
    """Give the store a newer version of the index key; digests of the older ones stay where they are."""
    version = keys.index_key_version + 1
    wrapped = keys._wrap(os.urandom(KEY_BYTES), "index", version)
    insert = sa.text("INSERT INTO index_keys (version, wrapped) VALUES (:version, :wrapped)")
    with keys._engine.begin() as connection:
        connection.execute(insert, {"version": version, "wrapped": wrapped})
    keys._load_index_keys()
