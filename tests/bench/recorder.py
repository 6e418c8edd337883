"""How fast the recorder is, as ratios taken in one run on one host (DESIGN §10). Not a test; CI times nothing.

    python tests/bench/recorder.py [--rounds 5] [--seconds 0.6] [--only sqlite|postgres]

Every ratio's two sides run in the same round, one after the other; medians over the rounds are printed. The raw side is
an unchained insert of the same 500-byte state by the bare driver, one per transaction, or 1,000 per transaction.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from uuid import uuid4

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from eventsourcing.persistence import ApplicationRecorder, StoredEvent

from ledger.storage.events import Disclosure, LedgerStoredEvent, RequestKey
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.store import create_store
from tests.support.postgres import Cluster, NoPostgres, cluster

STATE = os.urandom(250).hex().encode()
TOPIC = "breach.confirmed.v1"
THREADS = 64
BULK = 1000
_numbers = count()

Act = Callable[[], int]  # does some inserts, returns how many


def events(amount: int) -> list[StoredEvent]:
    stream = f"breach/{uuid4()}"
    return [StoredEvent(stream, version, TOPIC, STATE) for version in range(1, amount + 1)]


def rate(act: Act, seconds: float, threads: int = 1) -> float:
    """Inserts a second, over all threads, once the files have grown: a log that still grows is synced more slowly."""
    warm = time.perf_counter() + seconds / 2
    while time.perf_counter() < warm:
        act()
    done, failed = [0] * threads, []
    start = time.perf_counter()
    stop = start + seconds

    def work(number: int) -> None:
        try:
            while time.perf_counter() < stop:
                done[number] += act()
        except BaseException as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(threads)]
    if threads == 1:
        work(0)
    else:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
    if failed:
        raise failed[0]
    return sum(done) / (time.perf_counter() - start)


def one(recorder: ApplicationRecorder) -> Act:
    def act() -> int:
        recorder.insert_events(events(1))
        return 1

    return act


def bulk(recorder: ApplicationRecorder) -> Act:
    def act() -> int:
        recorder.insert_events(events(BULK))
        return BULK

    return act


def command(recorder: ChainedRecorder) -> Act:
    """A whole command's write: entry, two subjects, two disclosures, request key, head."""

    def act() -> int:
        (event,) = events(1)
        subjects = (str(uuid4()), str(uuid4()))
        disclosures = tuple(Disclosure(section, subjects[0], "CASE", STATE[:160]) for section in ("summary", "reasons"))
        stored = LedgerStoredEvent(event.originator_id, 1, TOPIC, STATE, subjects=subjects, disclosures=disclosures)
        recorder.append([stored], request=RequestKey("bench", str(uuid4()), STATE[:33]))
        return 1

    return act


RAW_TABLE = (
    "CREATE TABLE e "
    "(idx {key} PRIMARY KEY, stream TEXT, version BIGINT, topic TEXT, state {bytes}, UNIQUE (stream, version))"
)


@contextmanager
def raw_sqlite(folder: Path, amount: int) -> Iterator[Act]:
    connection = sqlite3.connect(folder / f"raw{next(_numbers)}.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(RAW_TABLE.format(key="INTEGER", bytes="BLOB"))

    def act() -> int:
        rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in events(amount)]
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO e (stream, version, topic, state) VALUES (?, ?, ?, ?)", rows)
        connection.execute("COMMIT")
        return amount

    yield act
    connection.close()


@contextmanager
def raw_postgres(url: str, amount: int) -> Iterator[Act]:
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(RAW_TABLE.format(key="BIGSERIAL", bytes="BYTEA").encode())
        cursor = connection.cursor()

        def act() -> int:
            rows = [(e.originator_id, e.originator_version, e.topic, e.state) for e in events(amount)]
            if amount == 1:
                cursor.execute(
                    b"INSERT INTO e (stream, version, topic, state) VALUES (%s, %s, %s, %s)", rows[0], prepare=True
                )
            else:
                cursor.execute(
                    b"INSERT INTO e (stream, version, topic, state) "
                    b"SELECT * FROM unnest(%b::text[], %b::bigint[], %b::text[], %b::bytea[])",
                    [list(column) for column in zip(*rows, strict=True)],
                    prepare=True,
                )
            return amount

        yield act


@contextmanager
def framework_sqlite(folder: Path) -> Iterator[ApplicationRecorder]:
    from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteDatastore

    datastore = SQLiteDatastore(
        str(folder / f"framework{next(_numbers)}.db"), lock_timeout=30, pool_size=70, originator_id_type="text"
    )
    recorder = SQLiteApplicationRecorder(datastore)
    recorder.create_table()
    yield recorder
    datastore.close()


@contextmanager
def framework_postgres(url: str) -> Iterator[ApplicationRecorder]:
    from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
    from psycopg.conninfo import conninfo_to_dict

    parts = conninfo_to_dict(url)
    datastore = PostgresDatastore(
        str(parts["dbname"]), str(parts["host"]), str(parts["port"]), str(parts["user"]), "none",
        pool_size=20, max_overflow=60, originator_id_type="text",
    )  # fmt: skip
    recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
    recorder.create_table()
    yield recorder
    datastore.close()


class Side:
    """One database: fresh stores for every measurement."""

    def __init__(self, name: str, folder: Path, server: Cluster | None) -> None:
        self.name = name
        self._folder = folder
        self._server = server

    @contextmanager
    def ours(self) -> Iterator[ChainedRecorder]:
        with ExitStack() as stack:
            url = f"sqlite:///{self._folder / f'ours{next(_numbers)}.db'}"
            if self._server is not None:
                url = stack.enter_context(self._server.database())
            yield stack.enter_context(create_store(url, "localhost/bench")).recorder

    @contextmanager
    def raw(self, amount: int) -> Iterator[Act]:
        with ExitStack() as stack:
            if self._server is None:
                yield stack.enter_context(raw_sqlite(self._folder, amount))
            else:
                yield stack.enter_context(raw_postgres(stack.enter_context(self._server.database()), amount))

    @contextmanager
    def framework(self) -> Iterator[ApplicationRecorder]:
        with ExitStack() as stack:
            if self._server is None:
                yield stack.enter_context(framework_sqlite(self._folder))
            else:
                yield stack.enter_context(framework_postgres(stack.enter_context(self._server.database())))


def measure(side: Side, seconds: float) -> dict[str, float]:
    """One round of every figure on one database."""
    found = {}
    with side.raw(1) as act:
        found["raw"] = rate(act, seconds)
    with side.ours() as recorder:
        found["ours"] = rate(one(recorder), seconds)
    with side.ours() as recorder:
        found["command"] = rate(command(recorder), seconds)
    with side.ours() as recorder:
        found["ours64"] = rate(one(recorder), seconds, THREADS)
    with side.framework() as other:
        found["framework"] = rate(one(other), seconds)
    with side.framework() as other:
        found["framework64"] = rate(one(other), seconds, THREADS)
    with side.raw(BULK) as act:
        found["raw bulk"] = rate(act, seconds)
    with side.ours() as recorder:
        found["ours bulk"] = rate(bulk(recorder), seconds)
    return found


RATIOS = (
    ("recorder ÷ raw, one writer", "ours", "raw"),
    ("whole command ÷ raw", "command", "raw"),
    (f"{THREADS} threads ÷ raw one-per-transaction", "ours64", "raw"),
    ("bulk 1,000 per call ÷ raw 1,000 per transaction", "ours bulk", "raw bulk"),
    ("recorder ÷ the framework's, one writer", "ours", "framework"),
    (f"{THREADS} threads ÷ the framework's one writer", "ours64", "framework"),
    (f"{THREADS} threads ÷ the framework's {THREADS} threads", "ours64", "framework64"),
)


def report(name: str, rounds: list[dict[str, float]]) -> None:
    print(f"\n{name}, Python {sys.version.split()[0]}, medians of {len(rounds)}")
    for label, over, under in RATIOS:
        values = [found[over] / found[under] for found in rounds]
        rates = [statistics.median(found[side] for found in rounds) for side in (over, under)]
        print(
            f"  {label:52s} {statistics.median(values):6.2f}   [{min(values):.2f} – {max(values):.2f}]"
            f"   {rates[0]:9,.0f}/s ÷ {rates[1]:9,.0f}/s"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.6)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    given = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        sides = [] if given.only == "postgres" else [Side("SQLite", folder, None)]
        if given.only != "sqlite":
            try:
                sides.append(Side("PostgreSQL", folder, stack.enter_context(cluster())))
            except NoPostgres as reason:
                print(f"PostgreSQL left out: {reason}")
        rounds: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
        for _ in range(given.rounds):
            for side in sides:
                rounds[side.name].append(measure(side, given.seconds))
    for name, found in rounds.items():
        report(name, found)


if __name__ == "__main__":
    main()
