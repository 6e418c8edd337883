"""The recorder beside a raw insert, the framework's own recorders, message-db and UmaDB.

One round measures three groups, the sides of each in turns: one writer, 64 threads, 1,000 events a call. Targets are
those of DESIGN §10 with the amendments of §11: on a disk that answers in 0.1 ms SQLite at 64 threads is held to 2.5
and bulk to 0.55 and 0.45.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from tests.bench.context import Context
from tests.bench.databases import Side, command, insert
from tests.bench.figures import Figure, Target, ratio
from tests.bench.peers import Absent, UmaDB, message_db, message_db_scripts, umadb
from tests.bench.turns import Act, Lane, in_turns

THREADS = 64
BULK = 1000

# (what, over, under, {database: target on this disk}, {database: target on the slower disk})
Bounds = dict[str, float]
ROWS: tuple[tuple[str, str, str, Bounds, Bounds], ...] = (
    ("recorder ÷ raw insert, one writer", "ours", "raw", {"SQLite": 0.90, "PostgreSQL": 0.80}, {}),
    ("whole command's write ÷ raw insert", "command", "raw", {"SQLite": 0.50, "PostgreSQL": 0.40}, {}),
    (f"{THREADS} threads ÷ raw one per transaction", "ours64", "raw64",
     {"SQLite": 2.5, "PostgreSQL": 4.0}, {"SQLite": 10.0}),
    ("the same ÷ the framework's recorder, as many threads", "ours64", "framework64",
     {"SQLite": 6.5, "PostgreSQL": 20.0}, {}),
    ("bulk 1,000 per call ÷ raw 1,000 per transaction", "ours bulk", "raw bulk",
     {"SQLite": 0.55, "PostgreSQL": 0.45}, {}),
    ("recorder ÷ the framework's recorder, one writer", "ours", "framework", {}, {}),
    ("recorder ÷ message-db, one writer", "ours", "message-db", {}, {}),
    (f"{THREADS} threads ÷ message-db, as many", "ours64", "message-db64", {}, {}),
    ("recorder ÷ UmaDB's server, one writer", "ours", "UmaDB", {}, {}),
    (f"{THREADS} threads ÷ UmaDB's server, as many", "ours64", "UmaDB64", {}, {}),
    ("bulk 1,000 per call ÷ UmaDB's server, the same", "ours bulk", "UmaDB bulk", {}, {}),
)  # fmt: skip


class Peers:
    """The peers that are here, and why the others are not."""

    def __init__(self, folder: Path, *, postgres: bool) -> None:
        self.absent: list[str] = []
        self.scripts: Path | None = None
        self._folder = folder
        self._umadb = True
        if postgres:
            try:
                self.scripts = message_db_scripts(folder / "message-db")
            except Absent as reason:
                self.absent.append(str(reason))

    def umadb(self, stack: ExitStack) -> UmaDB | None:
        """A server with an empty database."""
        try:
            return stack.enter_context(umadb(self._folder)) if self._umadb else None
        except Absent as reason:
            self.absent.append(str(reason))
            self._umadb = False
            return None

    def message_db(self, stack: ExitStack, side: Side) -> Act | None:
        if side.server is None or self.scripts is None:
            return None
        return stack.enter_context(message_db(side.server, self.scripts))


def measure(side: Side, peers: Peers, seconds: float) -> dict[str, float]:
    """One round on one database."""
    return {
        **_one_writer(side, peers, seconds),
        **_many_writers(side, peers, seconds),
        **_bulk(side, peers, seconds),
    }


def _one_writer(side: Side, peers: Peers, seconds: float) -> dict[str, float]:
    with ExitStack() as stack:
        lanes = {
            "raw": Lane(stack.enter_context(side.raw())),
            "ours": Lane(insert(stack.enter_context(side.ours()))),
            "command": Lane(command(stack.enter_context(side.ours()))),
            "framework": Lane(insert(stack.enter_context(side.framework()))),
        }
        write, server = peers.message_db(stack, side), peers.umadb(stack)
        if write is not None:
            lanes["message-db"] = Lane(write)
        if server is not None:
            lanes["UmaDB"] = Lane(server.append(1))
        return in_turns(lanes, seconds)


def _many_writers(side: Side, peers: Peers, seconds: float) -> dict[str, float]:
    with ExitStack() as stack:
        lanes = {
            "raw64": Lane(stack.enter_context(side.raw())),
            "ours64": Lane(insert(stack.enter_context(side.ours())), THREADS),
            "framework64": Lane(insert(stack.enter_context(side.framework())), THREADS),
        }
        write, server = peers.message_db(stack, side), peers.umadb(stack)
        if write is not None:
            lanes["message-db64"] = Lane(write, THREADS)
        if server is not None:
            lanes["UmaDB64"] = Lane(server.append(1), THREADS)
        return in_turns(lanes, seconds)


def _bulk(side: Side, peers: Peers, seconds: float) -> dict[str, float]:
    with ExitStack() as stack:
        lanes = {
            "raw bulk": Lane(stack.enter_context(side.raw(BULK))),
            "ours bulk": Lane(insert(stack.enter_context(side.ours()), BULK)),
        }
        server = peers.umadb(stack)
        if server is not None:
            lanes["UmaDB bulk"] = Lane(server.append(BULK))
        return in_turns(lanes, seconds)


def bench(context: Context) -> Iterator[Figure]:
    """Every ratio on every database; a peer that is missing is named."""
    sides = context.sides()
    peers = Peers(context.folder, postgres=len(sides) > 1)
    rounds: dict[str, list[dict[str, float]]] = {side.name: [] for side in sides}
    for number in range(context.rounds):
        context.tell(f"recorder{', ' if context.disk else ''}{context.disk}: round {number + 1} of {context.rounds}")
        for side in sides:
            rounds[side.name].append(measure(side, peers, context.seconds))
    for name, found in rounds.items():
        for what, over, under, here, slower in ROWS:
            if name == "SQLite" and under.startswith("message-db"):
                continue  # it lives on PostgreSQL
            bounds = slower if context.disk else here
            target = Target(bounds[name]) if name in bounds else None
            yield ratio(found, what, context.where(name), over, under, target)
    yield from context.missing([what for what, *_ in ROWS])
    for reason in dict.fromkeys(peers.absent):
        yield Figure("a peer is missing", note=reason)
