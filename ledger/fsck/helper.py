"""A process that looks at parts of a log for the walk over the whole (`ledger.fsck.crew`).

It answers with what the walk has to know of a part of which there is nothing to report, and with nothing otherwise: why
is for the walk to find out. It reads, and writes nothing. A quick verification's helper loads little, to be there soon.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from multiprocessing.connection import Connection

from msgspec import Struct

from ledger.fsck.pages import QUICK, Pages
from ledger.fsck.portion import Portion
from ledger.fsck.report import Findings
from ledger.fsck.snapshot import Snapshot
from ledger.fsck.spine import Spine, StoredHead, link_before, nodes_of
from ledger.storage.store import open_anyhow


class Job(Struct, frozen=True):
    """What all parts have in common; `shared` is the snapshot to read on PostgreSQL."""

    url: str
    quick: bool
    keys: bool
    origin: str | None
    size: int
    stretch: int
    page: int
    tiles: bool
    shared: str | None

    @property
    def head(self) -> StoredHead:
        """How far the log reaches; what else the head row says is for the walk."""
        return StoredHead(self.size, None, None, None, None)


class Stretch(Struct, frozen=True):
    """Entries [first, stop)."""

    first: int
    stop: int


Task = Stretch | str  # a question about the tables as a whole has a name
Answer = Portion | bool | None


def run(connection: Connection, job: Job) -> None:
    """The whole life of a helping process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever asks ends it
    help_with(connection, job)


def help_with(connection: Connection, job: Job) -> None:
    """Answer tasks until the connection ends."""
    answer: Callable[[Task], Answer] = _nothing
    with ExitStack() as opened:
        with suppress(Exception):  # whatever it is, the walk meets it too and says it
            store = opened.enter_context(open_anyhow(job.url))
            snapshot = opened.enter_context(Snapshot(store, job.shared))
            if job.quick:
                answer = partial(look_quickly, snapshot, job)
            else:
                from ledger.fsck.looking import Looking

                answer = opened.enter_context(Looking.at(snapshot, job)).answer
        while True:
            try:
                task = connection.recv()
                connection.send(_answered(answer, task))
            except (EOFError, OSError):
                return


def _nothing(task: Task) -> Answer:
    return None


def _answered(answer: Callable[[Task], Answer], task: Task) -> Answer:
    try:
        return answer(task)
    except Exception:  # the same
        return None


def look_quickly(snapshot: Snapshot, job: Job, task: Task) -> Answer:
    """Leaf and chain of a stretch."""
    if not isinstance(task, Stretch) or (before := link_before(snapshot, task.first)) is None:
        return None
    findings = Findings()
    spine, nodes = Spine(job.origin, job.head, findings), list[bytes]()
    spine.begin_at(task.first, before)
    pages = Pages(snapshot, QUICK, job.head, spine, findings, size=job.page)
    pages.last = task.first - 1
    for page in pages:
        nodes += nodes_of(spine.take(page), tiles=job.tiles)
        if spine.expected >= task.stop:
            break
    if findings.count or not spine.aligned or spine.expected != task.stop:
        return None
    return Portion(task.first, task.stop, before, spine.chain, nodes, job.tiles)
