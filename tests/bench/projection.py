"""Building the lists from an empty table, beside the same fold on the framework's own projection runner.

Both sides read the same lives of breaches, ten entries each and 300 lives side by side, and both move the same rows by
the same handlers (`projections.lists.fold`). The framework's runner gives one event per transaction, with its position;
it has no batches. Its SQLite recorder cannot be subscribed to, so there its loop is run without the subscription:
pages of 500, mapped, one transaction each.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, datetime_now_with_tzinfo
from eventsourcing.persistence import Tracking, TrackingRecorder
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from eventsourcing.sqlite import SQLiteDatastore, SQLiteTrackingRecorder

from ledger.application import Ledger
from ledger.reading import Logged
from projections import views
from projections.lists import Rows, fold
from projections.rebuild import rebuild
from projections.runner import catch_up
from projections.views import COLUMNS, positions
from tests.bench.context import Context
from tests.bench.databases import Side, framework_environment
from tests.bench.figures import Figure, Target, ratio
from tests.bench.logs import breach_lives, imported
from tests.bench.turns import once

ENTRIES = 200_000
IMPORTED = 40_000
SAMPLE = {"SQLite": 4_000, "PostgreSQL": 2_000}  # events for the framework's runner, which takes them singly
SLOW_ENTRIES, SLOW_SAMPLE = 100_000, 1_000  # on a slower disk the runner waits for every one of them
BOUNDS = {"SQLite": Target(150), "PostgreSQL": Target(350)}
PAGE = 500
START = datetime(2025, 1, 1, tzinfo=UTC)
LIST = "breaches"
_numbers = count()

NAMES = ("uid", *(name for name, _ in COLUMNS[LIST]), "first_index", "last_index")
_TYPES = ("BOOLEAN" if name == "duty_related" else "INTEGER" if name.endswith("_index") else "TEXT" for name in NAMES)
_COLUMNS = ", ".join(f"{name} {type_}" for name, type_ in zip(NAMES, _TYPES, strict=True))
_CREATE = f"CREATE TABLE IF NOT EXISTS framework_view ({_COLUMNS}, PRIMARY KEY (uid))"
_READ = f"SELECT {', '.join(NAMES)} FROM framework_view WHERE uid = ?"  # noqa: S608 - our own names
_WRITE = (
    f"INSERT INTO framework_view VALUES ({', '.join('?' * len(NAMES))}) ON CONFLICT (uid) DO UPDATE SET "  # noqa: S608
    + ", ".join(f"{name} = excluded.{name}" for name in NAMES[1:])
)


class Happened(Aggregate.Event):
    """An entry as an event of the framework's."""

    type: str
    on: str
    data: dict[str, Any]


class Log(Application[UUID]):
    """The framework's application over its own recorder."""


def _moved(row: tuple[Any, ...] | None, event: Happened, index: int) -> tuple[Any, ...]:
    """The event's row after the event, by the handlers of the lists."""
    uid = str(event.originator_id)
    rows = Rows()
    if row is not None:
        rows.lists[LIST][uid] = dict(zip(NAMES, row, strict=True))
    on = date.fromisoformat(event.on)
    stream, version = f"breach/{uid}", event.originator_version
    fold(rows, Logged(index, stream, version, event.type, event.type, on, START, {}, (), event.data))
    moved = rows.lists[LIST][uid]
    return tuple(moved[name] for name in NAMES)


class SQLiteView(SQLiteTrackingRecorder):
    """A view of the framework's: row and position in one transaction."""

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), _CREATE]

    def take(self, event: Happened, tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(_READ, (str(event.originator_id),))
            row = cursor.fetchone()
            cursor.execute(_WRITE, _moved(None if row is None else tuple(row), event, tracking.notification_id - 1))


class PostgresView(PostgresTrackingRecorder):
    """The same on PostgreSQL."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        from psycopg.sql import SQL

        super().__init__(*arguments, **named)
        statements: list[Any] = self.sql_create_statements
        statements.append(SQL(_CREATE))

    def take(self, event: Happened, tracking: Tracking) -> None:
        read: Any = _READ.replace("?", "%s")
        write: Any = _WRITE.replace("?", "%s")
        with self.datastore.get_connection() as connection, connection.transaction(), connection.cursor() as cursor:
            self._insert_tracking(cursor, tracking)
            row = cursor.execute(read, (str(event.originator_id),), prepare=True).fetchone()
            was: Any = None if row is None else [row[name] for name in NAMES]
            cursor.execute(write, _moved(was, event, tracking.notification_id - 1), prepare=True)


class Breaches(Projection[Any]):
    """The list of breaches on the framework's runner."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.take(domain_event, tracking)


def _fill(app: Log, entries: list[Logged]) -> None:
    now = datetime_now_with_tzinfo()
    happened: Any = Happened  # the framework makes its constructor
    for start in range(0, len(entries), PAGE):
        events = [
            happened(
                originator_id=UUID(entry.uid),
                originator_version=entry.version,
                timestamp=now,
                type=entry.type,
                on=entry.effective_on.isoformat(),
                data=dict(entry.data),
            )
            for entry in entries[start : start + PAGE]
        ]
        app.recorder.insert_events([app.mapper.to_stored_event(event) for event in events])


class Framework:
    """The framework's application, filled, and its projection, from nothing each time."""

    def __init__(self, side: Side, url: str, environment: dict[str, str], entries: list[Logged]) -> None:
        self._side, self._url, self._environment, self._count = side, url, environment, len(entries)
        self._app = Log(environment)
        _fill(self._app, entries)

    def run(self) -> float:
        return once(self._sqlite if self._side.server is None else self._postgres)

    def _sqlite(self) -> int:
        view = SQLiteView(SQLiteDatastore(str(self._side.folder / f"framework-view{next(_numbers)}.db")))
        view.create_table()
        projection, position = Breaches(view), 0
        while page := self._app.recorder.select_notifications(position, PAGE, inclusive_of_start=False):
            for notification in page:
                event = self._app.mapper.to_domain_event(notification)
                projection.process_event(event, Tracking(self._app.name, notification.id))
            position = page[-1].id
        view.datastore.close()
        return self._count

    def _postgres(self) -> int:
        import psycopg

        Breaches.name = f"breaches{next(_numbers)}"  # names its tracking table, so each run begins at nothing
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("DROP TABLE IF EXISTS framework_view")
        view: Any = PostgresView
        with ProjectionRunner[Log, TrackingRecorder](
            application_class=Log, projection_class=Breaches, view_class=view, env=self._environment
        ) as runner:
            runner.wait(self._count, timeout=120)
        return self._count

    def close(self) -> None:
        self._app.close()


@contextmanager
def framework(side: Side, entries: list[Logged]) -> Iterator[Framework]:
    """The framework's side, on a database of its own."""
    if side.server is None:
        database = str(side.folder / f"framework-log{next(_numbers)}.db")
        made = Framework(side, "", {"PERSISTENCE_MODULE": "eventsourcing.sqlite", "SQLITE_DBNAME": database}, entries)
        yield made
        made.close()
    else:
        with side.server.database() as url:
            told = {name: value for name, value in framework_environment(url).items() if not name.startswith("ORIG")}
            made = Framework(side, url, told, entries)
            yield made
            made.close()


def build(ledger: Ledger) -> float:
    """Entries a second, from no list at all to all lists."""
    engine = ledger.store.engine
    with engine.begin() as connection:
        found = views.standing(connection)
        if found is not None:
            views.drop(connection, found.number)
            connection.execute(sa.delete(positions))
    return once(lambda: catch_up(ledger, engine))


def _measure(ledger: Ledger, other: Framework) -> dict[str, float]:
    return {
        "framework": other.run(),
        "build": build(ledger),
        "rebuild": once(lambda: rebuild(ledger, ledger.store.engine).position),
    }


def bench(context: Context) -> Iterator[Figure]:
    """The ratio of DESIGN §10; then how fast on a log in which every entry opens a row of its own."""
    for side in context.sides():
        with breach_lives(side, SLOW_ENTRIES if context.disk else ENTRIES) as ledger:
            # Entry 0 is nobody's row.
            sample = list(ledger.logged(1, 1 + (SLOW_SAMPLE if context.disk else SAMPLE[side.name])))
            with framework(side, sample) as other:
                rounds = []
                for number in range(context.rounds):
                    context.tell(f"projection, {side.name}: round {number + 1} of {context.rounds}")
                    rounds.append(_measure(ledger, other))
        what, where = "the framework's projection runner", context.where(side.name)
        yield ratio(rounds, f"lists built ÷ {what}", where, "build", "framework", BOUNDS[side.name])
        yield ratio(rounds, f"`rebuild` (built, compared, swapped) ÷ {what}", where, "rebuild", "framework")
        if context.disk:
            continue
        with imported(side, IMPORTED) as ledger:
            values = tuple(build(ledger) for _ in range(context.rounds))
        yield Figure("lists built from an import, a new row for each entry", side.name, values, "/s")
    yield from context.missing(["lists built ÷ the framework's projection runner"])
