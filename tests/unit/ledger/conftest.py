"""Fixtures for the write side: a scene of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.application import Ledger
from tests.support.golden import Copy
from tests.support.ledgers import a_ledger
from tests.support.scene import Scene, a_scene
from tests.support.storage import SteppingClock


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A real ledger in a temporary folder with the golden edition, units, persons and posts; checked at the end."""
    with a_scene(tmp_path / "scene") as made:
        yield made


@pytest.fixture
def clock() -> SteppingClock:
    """The clock of `small`; a test sets it."""
    return SteppingClock()


@pytest.fixture
def small(database_url: str, tmp_path: Path, clock: SteppingClock) -> Iterator[Ledger]:
    """A ledger with two units and two people, on SQLite and on PostgreSQL."""
    with a_ledger(database_url, tmp_path, clock) as ledger:
        yield ledger


@pytest.fixture
def reopened(small: Ledger, database_url: str, tmp_path: Path) -> Copy:
    """The same ledger for the hand of somebody who may write everything, and for opening it again."""
    return Copy(database_url, tmp_path)
