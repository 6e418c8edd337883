"""Fixtures for the write side: a scene of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.scene import Scene, a_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A real ledger in a temporary folder with the golden edition, units, persons and posts; checked at the end."""
    with a_scene(tmp_path / "scene") as made:
        yield made
