"""The recorder: every event is sealed, hashed, linked and committed once, in order; bytes, not entries.

`append` returns after the commit that holds all of the request (entries, disclosures, blind index, request key,
documents, tiles, head), or raises and nothing of it is there. Concurrent calls are merged by group commit; one that
conflicts does not fail its neighbours. `recorded_at` is taken and compared inside the commit and never goes back.
Inside `transaction()` all of a thread's writes and reads are one transaction.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Lock, local
from typing import Any
from uuid import UUID

from eventsourcing.persistence import (
    IntegrityError,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Tracking,
)

from ledger.clock import Clock, utc_now
from ledger.storage.events import (
    Acknowledgement,
    Head,
    IndexRow,
    Insertion,
    LedgerStoredEvent,
    RequestKey,
    RequestRowChanged,
    Sealing,
)
from ledger.storage.group_commit import GroupCommit
from ledger.storage.judgement import Write, follow, judge
from ledger.storage.rows import Rows, Seal, Stamp, Tip, acknowledge, unsealed
from ledger.storage.session import HEAD, Row, Session, UniqueClash, as_head, spread
from ledger.storage.subscription import EntrySubscription, Poller
from ledger.storage.transaction import Transaction

MAX_CLOCK_SKEW_SECONDS = 5.0
QUEUE_LIMIT = 1024

TOUCH = "UPDATE head SET touched = touched + 1"
TRACK = (
    "INSERT INTO tracking (application_name, notification_id) VALUES (?, ?) "
    "ON CONFLICT (application_name) DO UPDATE SET notification_id = excluded.notification_id "
    "WHERE tracking.notification_id < excluded.notification_id"
)


class ChainedRecorder(ProcessRecorder):
    """What both databases share. A backend gives a writer session, sessions for reading, and may commit faster."""

    # A replay must itself write before it is answered where another server may take over (ASSURANCE A2).
    replay_writes = False

    def __init__(
        self,
        *,
        seal: Seal = unsealed,
        clock: Clock = utc_now,
        max_clock_skew_seconds: float = MAX_CLOCK_SKEW_SECONDS,
        queue_limit: int = QUEUE_LIMIT,
    ) -> None:
        self.seal = seal
        self.clock = clock
        self._max_skew = timedelta(seconds=max_clock_skew_seconds)
        self._write_lock = Lock()
        self._queue = GroupCommit(self._commit_group, limit=queue_limit)
        self._own = local()
        self._poller = Poller(self)

    # What a backend gives.

    @abstractmethod
    def _writer(self) -> Session:
        """The one session that writes; opened again after a failure. Called under the write lock."""

    @abstractmethod
    def _read(self, statement: str, parameters: Sequence[object]) -> list[Row]:
        """Read what is committed, outside any transaction of this thread."""

    @abstractmethod
    def news(self, stopped: Event) -> bool:
        """Wait a moment; whether entries may have come from elsewhere meanwhile. Returns soon once `stopped`."""

    @abstractmethod
    def _close(self) -> None:
        """Close every connection. Called under the write lock."""

    # Writing.

    def append(
        self,
        events: Sequence[StoredEvent],
        *,
        request: RequestKey | None = None,
        index_rows: Sequence[IndexRow] = (),
        documents: Mapping[bytes, bytes] | None = None,
        tracking: Tracking | None = None,
    ) -> list[Acknowledgement]:
        """Write one request; one acknowledgement for each event.

        `IntegrityError` if a version is taken, `IndexTaken` if an index value is, `RequestKeyReused`, `ClockBehind`,
        `Unavailable`. A request that is there already writes nothing and gets its first acknowledgements.
        """
        return acknowledge(
            self._insert(events, request=request, index_rows=index_rows, documents=documents, tracking=tracking)
        )

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> list[int]:
        """`append` as the framework calls it: the notification ids, each the log's size after its event."""
        return [row[0] + 1 for row in self._insert(stored_events, **kwargs)]

    def _insert(
        self,
        events: Sequence[StoredEvent],
        *,
        request: RequestKey | None = None,
        index_rows: Sequence[IndexRow] = (),
        documents: Mapping[bytes, bytes] | None = None,
        tracking: Tracking | None = None,
    ) -> list[Row]:
        _check(events, request)
        if tracking is not None:
            with self.transaction():
                self.insert_tracking(tracking)
                return self._insert(events, request=request, index_rows=index_rows, documents=documents)
        insertion = Insertion(events, request, index_rows, documents or {})
        if not (insertion.events or insertion.index_rows or insertion.documents):
            return []
        transaction = self._transaction
        if transaction is not None:
            return transaction.append(insertion, self.clock, self.seal, self._max_skew)
        write = Write(insertion)
        self._queue.submit(write)
        return write.placed

    def find_request(
        self, principal: str, key: str, sealing: Sealing | None = None
    ) -> tuple[bytes, Acknowledgement] | None:
        """What a request key got: its fingerprint and its first acknowledgement.

        Only a hint that the request is known; it is `confirm_request` that answers a caller. With a `sealing`,
        `RequestRowChanged` where the stored row is not as it was sealed.
        """
        rows = self.query(
            "SELECT r.fingerprint, e.idx, e.leaf, e.recorded_at, e.version, r.entries, r.seal "
            "FROM request_keys r JOIN entries e ON e.idx = r.idx WHERE r.principal = ? AND r.request = ?",
            (principal, key),
            about=[("request", principal, key)],
        )
        for fingerprint, idx, leaf, recorded_at, version, count, seal in rows:
            if sealing is not None and not sealing.holds(principal, key, fingerprint, idx, count, leaf, seal):
                raise RequestRowChanged
            return bytes(fingerprint), Acknowledgement(idx, idx + 1, bytes(leaf).hex(), recorded_at, version)
        return None

    def confirm_request(
        self, principal: str, key: str, sealing: Sealing | None = None
    ) -> tuple[bytes, Acknowledgement] | None:
        """`find_request`, answered only after a write behind the stored row where that is needed (ASSURANCE A2)."""
        transaction = self._transaction
        if transaction is not None:
            transaction.answer_a_replay()
        if transaction is not None or not self.replay_writes:
            return self.find_request(principal, key, sealing)
        write = Write(Insertion((), RequestKey(principal, key, b"", sealing)))
        self._queue.submit(write)
        return None if write.fingerprint is None else (write.fingerprint, acknowledge(write.placed[:1])[0])

    def settle(self) -> None:
        """Return after a durable write of this store: what was read before is durable by then (ASSURANCE A4)."""
        self.write_beside(TOUCH)

    def write_beside(self, statement: str, parameters: Sequence[object] = ()) -> None:
        """Commit one statement that touches no entry, between two groups; never inside a transaction."""
        with self._write_lock:
            session = self._writer()
            session.begin()
            try:
                session.execute(statement, parameters)
                session.commit()
            except BaseException:
                session.rollback()
                raise

    def execute(self, statement: str, parameters: Sequence[object] = ()) -> int:
        """Run a statement that touches no entry, in this thread's transaction or its own; how many rows it touched."""
        if self._transaction is not None:
            return self._transaction.execute(statement, parameters)
        with self.transaction():
            return self.execute(statement, parameters)

    @contextmanager
    def transaction(self, *, discard: bool = False) -> Iterator[None]:
        """All this thread writes and reads inside is one transaction: committed at the end, or nothing of it.

        An exception leaves nothing; so does `discard`, a dry run. A transaction inside another is a part of it that
        can be left out by itself. Other threads' writes wait.
        """
        outer = self._transaction
        if outer is not None:
            with outer.part(discard=discard):
                yield
            return
        with self._write_lock:
            session = self._writer()
            transaction = self._own.transaction = Transaction(session)
            try:
                transaction.begin()
                yield
                if discard:
                    session.rollback()
                else:
                    transaction.commit(replay_writes=self.replay_writes)
            except BaseException:
                session.rollback()
                raise
            finally:
                self._own.transaction = None
                self._ended(transaction.tip.head() if transaction.committed else None)
        if transaction.committed:
            self._poller.wake()

    @property
    def _transaction(self) -> Transaction | None:
        return getattr(self._own, "transaction", None)

    def _commit_group(self, writes: list[Write]) -> None:
        """Commit what was queued; each write ends with its acknowledgements or its own error."""
        with self._write_lock:
            self._commit_locked(writes)
        for write in writes:
            follow(write)
        self._poller.wake()

    def _commit_locked(self, writes: list[Write]) -> None:
        """The group in one transaction that keeps others from writing. Judged first if one may be a replay, or if a
        constraint refused the unjudged rows."""
        session = self._writer()
        if not any(write.confirms for write in writes):
            try:
                self._write_all(session, writes, judged=False)
                return
            except UniqueClash:
                pass
        self._write_all(session, writes, judged=True)

    def _write_all(self, session: Session, writes: list[Write], *, judged: bool) -> None:
        session.begin()
        try:
            head = session.locked_head()
            accepted = judge(writes, session) if judged else writes
            rows, tip = Rows(), Tip(head)
            self._place(accepted, tip, rows, session)
            if rows or self.replay_writes:
                head = tip.head()
                session.write(rows)
                session.write_head(head)
                session.commit()
            else:
                session.rollback()
        except BaseException:
            session.rollback()
            raise
        self._ended(head)

    def _place(self, writes: list[Write], tip: Tip, rows: Rows, session: Session) -> None:
        """Seal and link the group behind the tip, all with one stamp."""
        if writes:
            stamp = Stamp.take(self.clock, tip.recorded_at, self._max_skew)
            for write in writes:
                write.placed = tip.place(write.insertion, stamp, self.seal, rows)
            tip.settle(session.tree_hashes, rows)

    def _ended(self, head: Head | None) -> None:
        """A transaction of the writer ended, with this head if it committed. Called under the write lock."""

    # Reading.

    def query(
        self, statement: str, parameters: Sequence[object] = (), *, about: Collection[Hashable] | None = None
    ) -> list[Row]:
        """Read; inside a transaction on its connection, after writing what is still held back.

        `about` names what the answer depends on; if nothing held back touches it, nothing is written for the read.
        """
        transaction = self._transaction
        if transaction is not None:
            return transaction.query(statement, parameters, about)
        return self._read(statement, parameters)

    def head(self) -> Head:
        """The head row, as this thread sees it."""
        transaction = self._transaction
        if transaction is not None:
            return transaction.head()
        return as_head(self._read(HEAD, ())[0])

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        statement = "SELECT version, topic, state FROM entries WHERE stream = ?"
        parameters: list[object] = [originator_id]
        if gt is not None:
            statement += " AND version > ?"
            parameters.append(gt)
        if lte is not None:
            statement += " AND version <= ?"
            parameters.append(lte)
        statement += " ORDER BY version DESC" if desc else " ORDER BY version"
        if limit is not None:
            statement += " LIMIT ?"
            parameters.append(limit)
        rows = self.query(statement, parameters, about=[("stream", originator_id)])
        transaction = self._transaction
        if transaction is not None and lte is None and (desc or limit is None):
            transaction.learn_version(originator_id, max((row[0] for row in rows), default=gt or 0))
        return [StoredEvent(originator_id, version, topic, bytes(state)) for version, topic, state in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        # A notification id is the size after its entry: the entry's index and one.
        first = 0 if start is None else max(start - (1 if inclusive_of_start else 0), 0)
        statement = "SELECT idx, stream, version, topic, state FROM entries WHERE idx >= ?"
        parameters: list[object] = [first]
        if stop is not None:
            statement += " AND idx < ?"
            parameters.append(stop)
        if topics:
            statement += spread(" AND topic IN (?*)", len(topics))
            parameters.extend(topics)
        statement += " ORDER BY idx LIMIT ?"
        parameters.append(limit)
        return [
            Notification(stream, version, topic, bytes(state), id=idx + 1)
            for idx, stream, version, topic, state in self.query(statement, parameters)
        ]

    def max_notification_id(self) -> int | None:
        """The size of the log, or None while it is empty."""
        return self.head().size or None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> EntrySubscription:
        """Notifications after `gt`, then new ones as they are committed, by this process or another."""
        return EntrySubscription(self, self._poller, gt=gt, topics=topics)

    # Tracking.

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move the position of a named reader forward; `IntegrityError` unless it moves forward."""
        if not self.execute(TRACK, (tracking.application_name, tracking.notification_id)):
            raise IntegrityError("a position only moves forward")

    def max_tracking_id(self, application_name: str) -> int | None:
        rows = self.query("SELECT notification_id FROM tracking WHERE application_name = ?", (application_name,))
        return int(rows[0][0]) if rows else None

    def close(self) -> None:
        """End the subscriptions and close every connection. A write under way is finished first."""
        self._poller.close()
        with self._write_lock:
            self._close()


def _check(events: Sequence[StoredEvent], request: RequestKey | None) -> None:
    """Our own mistakes, found before anything is queued: a fault in the group would fail the neighbours."""
    if request is not None and not events:
        raise ValueError("a request key stands for entries")
    for event in events:
        if not isinstance(event.originator_id, str):
            raise TypeError("a stream is named by a string")
        if isinstance(event, LedgerStoredEvent):
            if len(set(event.subjects)) != len(event.subjects):
                raise ValueError("a subject is listed once")
            if len({disclosure.section for disclosure in event.disclosures}) != len(event.disclosures):
                raise ValueError("an entry has a section once")
            if any(" " in subject for subject in event.subjects):
                raise ValueError("a pseudonym holds no space")
