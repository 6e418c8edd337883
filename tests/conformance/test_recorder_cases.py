"""The eventsourcing package's own recorder cases, on our recorder with the default seal, on both databases.

`RECORDER_CASE_REPEATS=20` runs every case twenty times, each on a fresh database.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder, StoredEvent, TrackingRecorder
from eventsourcing.tests import persistence as cases

from ledger.storage.recorder import ChainedRecorder
from ledger.storage.store import create_store

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
        with create_store(f"sqlite:///{tmp_path / 'cases.db'}", "localhost/cases") as store:
            self.recorder = store.recorder
            yield

    def new_originator_id(self) -> str:
        return f"case/{uuid4()}"


@pytest.mark.postgres
class OnPostgres:
    """A fresh database of a real server for each case."""

    recorder: ChainedRecorder

    @pytest.fixture(autouse=True)
    def _database(self, postgres_url: str) -> Iterator[None]:
        with create_store(postgres_url, "localhost/cases") as store:
            self.recorder = store.recorder
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
