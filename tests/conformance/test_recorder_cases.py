"""The eventsourcing package's own recorder cases, on our recorder with the default seal, on both databases.

`RECORDER_CASE_REPEATS=20` runs every case twenty times, each on an empty store: a fresh file, or on PostgreSQL one
database of the session's own, emptied before each case.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, StoredEvent, TrackingRecorder
from eventsourcing.tests import persistence as cases

from ledger.log.chain import genesis
from ledger.storage import tables
from ledger.storage.events import RequestKey
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.rows import empty_head
from ledger.storage.store import Store, create_store, open_store
from tests.support.postgres import Cluster
from tests.support.storage import event

ORIGIN = "localhost/cases"
REPEATS = int(os.environ.get("RECORDER_CASE_REPEATS", "1"))


class Silent(AggregateRecorder):
    """Our recorder as the aggregate case wants it: `insert_events` returns nothing."""

    def __init__(self, recorder: ChainedRecorder) -> None:
        self._recorder = recorder

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> None:
        self._recorder.insert_events(stored_events, **kwargs)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        return self._recorder.select_events(originator_id, gt=gt, lte=lte, desc=desc, limit=limit)


class OnSQLite:
    """A fresh file for each case."""

    recorder: ChainedRecorder

    @pytest.fixture(autouse=True)
    def _database(self, tmp_path: Path) -> Iterator[None]:
        with create_store(f"sqlite:///{tmp_path / 'cases.db'}", ORIGIN) as store:
            self.recorder = store.recorder
            yield

    def new_originator_id(self) -> str:
        return f"case/{uuid4()}"


@pytest.fixture(scope="module")
def one_database(postgres_cluster: Cluster) -> Iterator[str]:
    """A database of a real server, with the tables of a store."""
    with postgres_cluster.database() as url:
        create_store(url, ORIGIN).close()
        yield url


def emptied(store: Store) -> Store:
    """A store as `create_store` leaves it."""
    opening = msgspec.structs.asdict(empty_head(genesis(ORIGIN)))
    with store.engine.begin() as connection:
        for table in tables.metadata.sorted_tables:
            connection.execute(table.delete())
        connection.execute(tables.head.insert().values(one=1, touched=0, **opening))
    return store


@pytest.mark.postgres
class OnPostgres:
    """An empty database of a real server for each case."""

    recorder: ChainedRecorder

    @pytest.fixture(autouse=True)
    def _database(self, one_database: str) -> Iterator[None]:
        with open_store(one_database) as store:
            self.recorder = emptied(store).recorder
            yield

    def new_originator_id(self) -> str:
        return f"case/{uuid4()}"


class AggregateCase(cases.AggregateRecorderTestCase):
    recorder: ChainedRecorder

    def create_recorder(self) -> AggregateRecorder:
        return Silent(self.recorder)


class ApplicationCase(cases.ApplicationRecorderTestCase[ApplicationRecorder]):
    recorder: ChainedRecorder
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = True

    def create_recorder(self) -> ApplicationRecorder:
        return self.recorder

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class NonInterleavingCase(cases.NonInterleavingNotificationIDsBaseCase):
    recorder: ChainedRecorder

    def create_recorder(self) -> ApplicationRecorder:
        return self.recorder


class TrackingCase(cases.TrackingRecorderTestCase):
    recorder: ChainedRecorder

    def create_recorder(self) -> TrackingRecorder:
        return self.recorder


class ProcessCase(cases.ProcessRecorderTestCase):
    recorder: ChainedRecorder

    def create_recorder(self) -> ChainedRecorder:
        return self.recorder


CASES = (AggregateCase, ApplicationCase, NonInterleavingCase, TrackingCase, ProcessCase)

for _case in CASES:
    for _database in (OnSQLite, OnPostgres):
        for _repeat in range(1, REPEATS + 1):
            _name = f"Test{_case.__name__}{_database.__name__}" + (f"Run{_repeat}" if REPEATS > 1 else "")
            globals()[_name] = type(_name, (_database, _case), {"__module__": __name__})
del _case, _database, AggregateCase, ApplicationCase, NonInterleavingCase, TrackingCase, ProcessCase


@pytest.mark.postgres
def test_a_store_that_was_emptied_is_as_one_just_made(one_database: str, postgres_url: str) -> None:
    with open_store(one_database) as used:
        used.recorder.append([event(subjects=["p"])], request=RequestKey("p", "k", b"f"))
        with create_store(postgres_url, ORIGIN) as fresh, open_store(emptied(used).url) as again:
            assert again.head() == fresh.head()
            assert list(again.entries()) == []
            assert again.recorder.append([event()])[0].index == 0
