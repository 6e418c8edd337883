"""Several processes verify one log: helpers look at parts of it ahead of the one that walks over the whole.

A helper's word counts only where it found nothing to report. Whatever it found, or could not finish, the walk looks at
again itself, in its own snapshot and in the order of the log, so a report does not depend on how many took part. A
helper that ends early is a gap, and its parts are looked at again.

All see one log: no part reaches beyond the size that the walk read. On PostgreSQL helpers share the walk's snapshot. On
SQLite theirs are a moment younger, which changes nothing: entries and what lies beside them are only added, behind that
size, and where something was erased meanwhile, the helper's part is looked at again in the older snapshot.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Final, Self

from ledger.fsck.helper import Answer, Job, Stretch, Task, run
from ledger.fsck.portion import Portion
from ledger.fsck.report import Findings, Grade
from ledger.fsck.snapshot import PAGE, Damaged, Snapshot
from ledger.fsck.spine import StoredHead
from ledger.fsck.walk import QUESTIONS
from ledger.log.tiles import TILE_WIDTH
from ledger.storage.store import Store

STRETCH: Final = 8 * PAGE  # entries that a helper takes at a time
FEW: Final = 100_000  # entries below which starting another process takes longer than it saves
MOST: Final = 2  # processes, where nobody says how many
_AHEAD: Final = 2  # tasks that a helper has, so that it never waits for the next


def usual_jobs(size: int) -> int:
    """How many processes a log of this size deserves on this machine."""
    return 1 if size < FEW else min(MOST, len(os.sched_getaffinity(0)))


class _Helper:
    """One process, and what it was given and has not answered."""

    def __init__(self, job: Job) -> None:
        context = get_context("spawn")
        here, there = context.Pipe()
        self.connection: Connection = here
        self.process = context.Process(target=run, args=(there, job), daemon=True)
        self.process.start()
        there.close()
        self.given: deque[Task] = deque()

    def give(self, task: Task) -> None:
        self.given.append(task)
        self.connection.send(task)

    def end(self) -> None:
        self.connection.close()
        self.process.terminate()
        self.process.join()


class Crew:
    """The helpers of one walk. `close` ends them, whatever they are at."""

    def __init__(self, jobs: int, job: Job) -> None:
        self._starts = range(job.stretch, job.size - job.stretch + 1, job.stretch)  # the walk begins with the first
        # Helpers take stretches from the far end on, so that they and the walk meet once; questions come before.
        self._questions = [] if job.quick else list(QUESTIONS)
        self._walked, self._left = 0, len(self._starts)  # stretches that nobody has begun: [walked, left)
        self._answers: dict[Task, Answer] = {}
        self._gone: list[str] = []
        self._helpers: list[_Helper] = []
        for _ in range(jobs - 1):
            try:
                self._helpers.append(_Helper(job))
            except OSError as error:
                self._gone.append(f"a process could not be started ({type(error).__name__})")
        for helper in list(self._helpers):
            self._supply(helper)

    def portion(self, first: int) -> Portion | None:
        """The portion that begins there, if a helper has it and found nothing; waits for it."""
        if first not in self._starts:
            return None
        self._listen(0)
        number = self._starts.index(first)
        if number < self._left:
            self._walked = number + 1
            return None
        answer = self._answer(Stretch(first, first + self._starts.step))
        return answer if isinstance(answer, Portion) else None

    def is_clean(self, question: str) -> bool:
        """Whether a helper was asked this and found nothing; waits for it."""
        if question in self._questions:
            self._questions.remove(question)
            return False
        return self._answer(question) is True

    def _answer(self, task: Task) -> Answer:
        while any(task in helper.given for helper in self._helpers):
            self._listen(None)
        return self._answers.pop(task, None)

    def _listen(self, seconds: float | None) -> None:
        """Take what has been answered, and give out more."""
        ready = wait([helper.connection for helper in self._helpers], seconds) if self._helpers else ()
        for helper in [helper for helper in self._helpers if helper.connection in ready]:
            try:
                answer = helper.connection.recv()
            except (EOFError, OSError):
                self._lost(helper)
                continue
            task = helper.given.popleft()
            if answer is not None:
                self._answers[task] = answer
            self._supply(helper)

    def _supply(self, helper: _Helper) -> None:
        try:
            while len(helper.given) < _AHEAD and (task := self._next()) is not None:
                helper.give(task)
        except OSError:
            self._lost(helper)

    def _next(self) -> Task | None:
        if self._questions:
            return self._questions.pop(0)
        if self._walked == self._left:
            return None
        self._left -= 1
        first = self._starts[self._left]
        return Stretch(first, first + self._starts.step)

    def _lost(self, helper: _Helper) -> None:
        self._helpers.remove(helper)
        helper.end()
        self._gone.append(f"a process that took part in it ended early (status {helper.process.exitcode})")

    def note_lost(self, findings: Findings) -> None:
        """A gap for each helper that was lost."""
        for what in self._gone:
            what = f"verification: {what}; its part was looked at again by another"
            findings.add(Grade.GAP, None, what, "helper-lost")

    def close(self) -> None:
        """End the helpers."""
        while self._helpers:
            self._helpers.pop().end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def crew_for(
    store: Store,
    snapshot: Snapshot,
    head: StoredHead | None,
    origin: str | None,
    jobs: int | None,
    *,
    quick: bool,
    keys: bool,
) -> Iterator[Crew | None]:
    """The helpers for a log, ended with the block; None where one process does it alone."""
    size = 0 if head is None else head.size
    jobs = usual_jobs(size) if jobs is None else jobs
    if jobs < 2 or size < 2 * STRETCH:
        yield None
        return
    try:
        shared = snapshot.share()
    except Damaged:
        yield None
        return
    job = Job(store.url, quick, keys, origin, size, STRETCH, PAGE, STRETCH % TILE_WIDTH == 0, shared)
    with Crew(jobs, job) as crew:
        yield crew
