"""Keys under the names they were wrapped for."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ledger.storage.key_check import broken_keys
from ledger.storage.keys import KeyStore


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE subject_keys SET wrapped = wrapped", 0),
        ("UPDATE subject_keys SET subject = 'somebody' WHERE subject = 'one'", 1),
        ("UPDATE subject_keys SET retention = 'OTHER'", 2),
        ("UPDATE subject_keys SET wrapped = x'00' WHERE subject = 'two'", 1),
        ("UPDATE subject_keys SET wrapped = 'text' WHERE subject = 'two'", 1),
    ],
)
def test_a_key_opens_under_its_own_name_alone(tmp_path: Path, statement: str, broken: int) -> None:
    with KeyStore.create(f"sqlite:///{tmp_path / 'keys'}", b"m" * 32) as keys:
        for subject in ("one", "two"):
            keys.get_or_create(subject, "CASE")
        with closing(sqlite3.connect(tmp_path / "keys")) as file, file:
            file.execute(statement)

        assert broken_keys(keys) == broken
