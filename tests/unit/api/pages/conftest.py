"""The city's pages: one city for the tests of a file that only read, and one of its own for a test that writes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.pages.demo_roles import Demo, city_roles
from tests.support.browser import Pages, pages
from tests.support.city import City, a_city


@pytest.fixture(scope="module")
def read_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """A city that nobody writes to but the access log."""
    with a_city(tmp_path_factory.mktemp("city")) as city:
        yield city


@pytest.fixture(scope="module")
def house(read_city: City) -> Iterator[Pages]:
    """The pages of that city, as a demonstration."""
    with pages(read_city.ledger, demo=Demo(city_roles(), key="the-key-of-this-start")) as open_house:
        yield open_house


@pytest.fixture
def city(tmp_path: Path) -> Iterator[City]:
    with a_city(tmp_path) as own:
        yield own


@pytest.fixture
def own_house(city: City) -> Iterator[Pages]:
    """The pages of a city of one's own."""
    with pages(city.ledger) as open_house:
        yield open_house


@pytest.fixture(autouse=True)
def every_state_has_a_tag(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A state without a row in the table is shown bare; in a test it is a failure (ui/UI.md §4)."""
    caplog.set_level(logging.WARNING, "integrity.pages")
    yield
    assert [record.getMessage() for record in caplog.records if record.name == "integrity.pages"] == []
