"""What a helper of a full verification does: walks over stretches, and asks about tables as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ledger.catalogue import TOPICS
from ledger.errors import Unavailable
from ledger.fsck.erasures import Erasures
from ledger.fsck.helper import Answer, Job, Stretch, Task
from ledger.fsck.names import Names
from ledger.fsck.portion import Portion
from ledger.fsck.report import Findings
from ledger.fsck.requests import check_requests
from ledger.fsck.sections import Sections
from ledger.fsck.snapshot import Snapshot
from ledger.fsck.spine import Spine
from ledger.fsck.tables import Tables
from ledger.fsck.walk import DISCLOSURES, FILE, INDEX, REQUEST_ROWS, REQUESTS, STREAMS, Walk
from ledger.storage.key_files import load_master_key, locations
from ledger.storage.keys import KeyStore


class Looking:
    """One snapshot of the log, looked at part by part."""

    def __init__(self, snapshot: Snapshot, job: Job, keys: KeyStore | None) -> None:
        self._job, self._snapshot, self._keys = job, snapshot, keys
        self._names: Names | None = None

    @classmethod
    @contextmanager
    def at(cls, snapshot: Snapshot, job: Job) -> Iterator[Looking]:
        """With the keys where the ledger has them."""
        with ExitStack() as opened:
            keys = None
            if job.keys:
                places = locations(job.url)
                keys = opened.enter_context(KeyStore.open(places.keys, load_master_key(places.master_key)))
            yield cls(snapshot, job, keys)

    def answer(self, task: Task) -> Answer:
        """A portion, or True, where there is nothing to report."""
        findings = Findings()
        if isinstance(task, Stretch):
            return self._full(task, findings)
        self._asked(task, findings)
        return findings.count == 0

    def _full(self, task: Stretch, findings: Findings) -> Portion | None:
        spine = Spine(self._job.origin, self._job.head, findings)
        walk = Walk(
            self._snapshot, self._job.origin, self._job.head, spine, findings,
            topics=TOPICS, keys=self._keys, names=self._names_for(findings), page=self._job.page,
        )  # fmt: skip
        return walk.portion(task.first, task.stop, tiles=self._job.tiles)

    def _names_for(self, findings: Findings) -> Names | None:
        if self._names is None and self._keys is not None:
            self._names = Names(self._snapshot, self._keys, findings)
            self._names.start()
        if self._names is not None:
            self._names.start_again(findings)
        return self._names

    def _asked(self, question: str, findings: Findings) -> None:
        tables, keys = Tables(self._snapshot, findings), self._keys
        if question == FILE:
            tables.file()
        elif question == STREAMS:
            tables.streams()
        elif question == REQUESTS:
            tables.requests()
        elif keys is None:
            raise Unavailable("there are no keys")
        elif question == REQUEST_ROWS:
            check_requests(self._snapshot, keys, findings)
        elif question == DISCLOSURES:
            origin = self._job.origin or ""
            Sections(self._snapshot, keys, origin, findings, Erasures(self._snapshot, keys, findings)).finish()
        elif question == INDEX:
            Names(self._snapshot, keys, findings).check_rows()
        else:
            raise AssertionError(question)
