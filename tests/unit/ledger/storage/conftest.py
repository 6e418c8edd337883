from collections.abc import Iterator

import pytest

from ledger.storage.store import Store, create_store
from tests.support.storage import ORIGIN, SteppingClock, check_log


@pytest.fixture
def clock() -> SteppingClock:
    return SteppingClock()


@pytest.fixture
def store(database_url: str, clock: SteppingClock) -> Iterator[Store]:
    """A fresh store; whatever a test wrote into it must be a whole log at the end."""
    with create_store(database_url, ORIGIN, clock=clock) as made:
        yield made
        check_log(made)
