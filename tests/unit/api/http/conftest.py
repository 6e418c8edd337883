"""The golden ledger behind a door, one for all tests of a module, and one for each test that spoils it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.http import House, golden_house


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with golden_house(tmp_path_factory.mktemp("door")) as made:
        yield made


@pytest.fixture
def own_door(tmp_path: Path) -> Iterator[House]:
    with golden_house(tmp_path) as made:
        yield made
