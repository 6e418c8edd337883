"""An engine on a fresh store of either database, as projections get it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from ledger.storage.store import create_store


@pytest.fixture
def fresh_engine(database_url: str) -> Iterator[sa.Engine]:
    """The store's engine for projections; no lists were made in it."""
    with create_store(database_url, "test") as store:
        yield store.engine
