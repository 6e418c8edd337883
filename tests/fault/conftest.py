"""Fixtures for faults: a golden ledger of one's own, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.golden import Copy, PostgresOriginal, SQLiteOriginal
from tests.support.postgres import Cluster


@pytest.fixture(scope="session")
def golden_sqlite(tmp_path_factory: pytest.TempPathFactory) -> SQLiteOriginal:
    return SQLiteOriginal(tmp_path_factory.mktemp("golden-sqlite"))


@pytest.fixture(scope="session")
def golden_postgres(postgres_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresOriginal]:
    with postgres_cluster.database() as url:
        yield PostgresOriginal(url, tmp_path_factory.mktemp("golden-postgres"))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def golden(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Copy]:
    """A golden ledger that a test may spoil: each such test runs on SQLite and on PostgreSQL."""
    with request.getfixturevalue(f"golden_{request.param}").copy(tmp_path) as copy:
        yield copy


@pytest.fixture
def golden_file(golden_sqlite: SQLiteOriginal, tmp_path: Path) -> Iterator[Copy]:
    """The same in a file, for what only a file can suffer."""
    with golden_sqlite.copy(tmp_path) as copy:
        yield copy
