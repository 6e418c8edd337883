"""One thread's own transaction: many requests, written together, seen by that thread as it goes.

Rows are held back and written in bulk when a read needs them or at the end; a read that nothing held back touches
writes nothing. Requests are judged as they come, so a refusal is raised by the call it belongs to and the transaction
goes on without it. Memory does not grow with the transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from ledger.clock import Clock
from ledger.storage.events import Head, Insertion
from ledger.storage.judgement import Claims, Write, answer, refusal, stored_requests, taken_values, taken_versions
from ledger.storage.rows import Rows, Seal, Stamp, Tip
from ledger.storage.session import Row, Session

HELD_ROWS = 1000  # entries held back at most
KNOWN_STREAMS = 10_000  # streams whose newest version is remembered at most


class Transaction:
    """An open transaction on the writer's session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._rows = Rows()
        self._held: set[Hashable] = set()  # what the rows held back are about
        # Stream → a version above which nothing is taken, which stays true whatever is undone. What is not remembered
        # is looked up.
        self._newest: dict[object, int] = {}
        self._changed = False
        self._replayed = False
        self._depth = 0
        self.tip: Tip
        self.committed = False

    def begin(self) -> None:
        self._session.begin()
        self.tip = Tip(self._session.locked_head())

    def append(self, insertion: Insertion, clock: Clock, seal: Seal, max_skew: timedelta) -> list[Row]:
        """Place one request behind the tip, with its own stamp; its rows are acknowledged once the whole commits."""
        replay = self._replay(insertion)
        if replay is not None:
            return replay
        self._refuse_taken(insertion)
        stamp = Stamp.take(clock, self.tip.recorded_at, max_skew)
        placed = self.tip.place(insertion, stamp, seal, self._rows)
        self._changed = True
        self._hold(insertion)
        if len(self._rows.entries) >= HELD_ROWS:
            self.flush()
        return placed

    def _replay(self, insertion: Insertion) -> list[Row] | None:
        request = insertion.request
        if request is None:
            return None
        name = (request.principal, request.key)
        if ("request", *name) in self._held:
            self.flush()
        stored = stored_requests(self._session, [request])
        if name not in stored:
            return None
        write = Write(insertion)
        if insertion.events:
            answer(write, request, stored[name], self._session)
        if write.error is not None:
            raise write.error
        self.answer_a_replay()
        return write.placed

    def answer_a_replay(self) -> None:
        """A caller is answered from a stored row: where replays write, the transaction does so too."""
        self._replayed = True

    def _refuse_taken(self, insertion: Insertion) -> None:
        unknown = [e for e in insertion.events if e.originator_version <= self._newest.get(e.originator_id, 1 << 63)]
        if self._held.intersection(("stream", event.originator_id) for event in unknown) or self._held.intersection(
            ("index", row.field, row.digest) for row in insertion.index_rows
        ):
            self.flush()
        claims = Claims()
        if unknown:
            claims.versions = taken_versions(self._session, unknown)
        if insertion.index_rows:
            claims.index_values = taken_values(self._session, insertion.index_rows)
        error = refusal(insertion, claims)
        if error is not None:
            raise error

    def _hold(self, insertion: Insertion) -> None:
        for event in insertion.events:
            stream = event.originator_id
            self._held.add(("stream", stream))
            self.learn_version(stream, event.originator_version)
        self._held.update(("index", row.field, row.digest) for row in insertion.index_rows)
        if insertion.request is not None:
            self._held.add(("request", insertion.request.principal, insertion.request.key))

    def learn_version(self, stream: object, newest: int) -> None:
        """Nothing above `newest` is taken in this stream: it was read to its end, or this is its newest event."""
        known = self._newest.get(stream, 0)
        if not known and len(self._newest) >= KNOWN_STREAMS:
            self._newest.clear()
        self._newest[stream] = max(newest, known)

    def query(
        self, statement: str, parameters: Sequence[object], about: Collection[Hashable] | None = None
    ) -> list[Row]:
        if about is None or not self._held.isdisjoint(about):
            self.flush()
        return self._session.query(statement, parameters)

    def execute(self, statement: str, parameters: Sequence[object]) -> int:
        self.flush()
        touched = self._session.execute(statement, parameters)
        self._changed = self._changed or touched > 0
        return touched

    def head(self) -> Head:
        self.flush()
        return self.tip.head()

    def flush(self) -> None:
        """Write the rows held back."""
        if self._rows:
            rows, self._rows = self._rows, Rows()
            self._held.clear()
            self.tip.settle(self._session.tree_hashes, rows)
            self._session.write(rows)

    def commit(self, *, replay_writes: bool) -> None:
        self.flush()
        if self._changed or (self._replayed and replay_writes):
            self._session.write_head(self.tip.head())
            self._session.commit()
            self.committed = True
        else:
            self._session.rollback()

    @contextmanager
    def part(self, *, discard: bool) -> Iterator[None]:
        """A part of the transaction that leaves nothing behind if it is discarded or ends in an exception."""
        self.flush()
        before, changed = self.tip.head(), self._changed
        self._depth += 1
        savepoint = f"part_{self._depth}"
        self._session.execute(f"SAVEPOINT {savepoint}")
        try:
            yield
            keep = not discard
            if keep:
                self.flush()
        except BaseException:
            self._undo(savepoint, before, changed)
            raise
        else:
            if not keep:
                self._undo(savepoint, before, changed)
            self._session.execute(f"RELEASE SAVEPOINT {savepoint}")
        finally:
            self._depth -= 1

    def _undo(self, savepoint: str, before: Head, changed: bool) -> None:
        self._rows = Rows()
        self._held.clear()
        self._session.execute(f"ROLLBACK TO SAVEPOINT {savepoint}")
        self.tip = Tip(before)
        self._changed = changed
