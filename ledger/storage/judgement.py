"""Who of a group may write: decided inside the transaction, before anything is written.

In the order in which they came, each insertion is a replay of a stored request, a replay of an earlier one of the same
group, refused (a version or an index value is taken), or accepted. One that is refused never fails its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hmac import compare_digest
from itertools import islice

from eventsourcing.persistence import IntegrityError, StoredEvent

from ledger.storage.events import IndexRow, IndexTaken, Insertion, RequestKey, RequestKeyReused, RequestRowChanged
from ledger.storage.group_commit import Item
from ledger.storage.session import Row, Session

CHUNK = 200  # pairs in one list
_VERSIONS = "SELECT stream, version FROM entries WHERE ?*"
_VALUES = "SELECT field, digest FROM blind_index WHERE ?*"
_REQUESTS = "SELECT principal, request, fingerprint, idx, entries, seal FROM request_keys WHERE ?*"
_PLACED = (
    "SELECT idx, stream, version, topic, recorded_at, subjects, leaf FROM entries "
    "WHERE idx >= ? AND idx < ? ORDER BY idx"
)


class Write(Item):
    """An insertion on its way through the queue, and what its caller will get.

    Without events and with a request key it only confirms a stored request, if there is one.
    """

    __slots__ = ("fingerprint", "insertion", "leader", "placed")

    def __init__(self, insertion: Insertion) -> None:
        super().__init__()
        self.insertion = insertion
        self.placed: list[Row] = []  # its rows of `entries`, or those of the request it repeats
        self.fingerprint: bytes | None = None  # of the stored request that answered this write
        self.leader: Write | None = None  # an earlier write of the group, with the same request key

    @property
    def confirms(self) -> bool:
        return self.insertion.request is not None and not self.insertion.events


class Claims:
    """What earlier insertions of the same transaction take."""

    def __init__(self) -> None:
        self.versions: set[tuple[object, int]] = set()
        self.index_values: set[tuple[str, bytes]] = set()
        self.requests: dict[tuple[str, str], Write] = {}


def judge(writes: Sequence[Write], session: Session) -> list[Write]:
    """The writes that may be written, in order; the others hold an error, a stored answer or a leader."""
    insertions = [write.insertion for write in writes]
    versions = taken_versions(session, (event for insertion in insertions for event in insertion.events))
    values = taken_values(session, (row for insertion in insertions for row in insertion.index_rows))
    stored = stored_requests(session, (insertion.request for insertion in insertions if insertion.request))
    claims = Claims()
    claims.versions, claims.index_values = versions, values
    return [write for write in writes if _accept(write, session, stored, claims)]


def _accept(write: Write, session: Session, stored: dict[tuple[str, str], Row], claims: Claims) -> bool:
    write.leader = None
    insertion = write.insertion
    request = insertion.request
    if request is not None:
        name = (request.principal, request.key)
        if name in stored:
            answer(write, request, stored[name], session)
            return False
        if name in claims.requests:
            write.leader = claims.requests[name]
            return False
        if write.confirms:
            return False
    write.error = refusal(insertion, claims)
    if write.error is not None:
        return False
    claims.versions.update((event.originator_id, event.originator_version) for event in insertion.events)
    claims.index_values.update((row.field, row.digest) for row in insertion.index_rows)
    if request is not None:
        claims.requests[(request.principal, request.key)] = write
    return True


def refusal(insertion: Insertion, claims: Claims) -> Exception | None:
    """Why an insertion may not be written beside what is claimed already, if so."""
    own_versions = set()
    for event in insertion.events:
        place = (event.originator_id, event.originator_version)
        if place in claims.versions or place in own_versions:
            return IntegrityError(f"version {event.originator_version} of its stream is taken")
        own_versions.add(place)
    own_values = set()
    for row in insertion.index_rows:
        value = (row.field, row.digest)
        if value in claims.index_values or value in own_values:
            return IndexTaken(row.field)
        own_values.add(value)
    return None


def answer(write: Write, request: RequestKey, stored: Row, session: Session) -> None:
    """Give a replay what the first request got, or refuse another body under the same key."""
    fingerprint, first, count, seal = stored
    sealing = request.sealing
    if sealing is not None:
        ((leaf,),) = session.query("SELECT leaf FROM entries WHERE idx = ?", (first,)) or [(None,)]
        if not sealing.holds(request.principal, request.key, fingerprint, first, count, leaf, seal):
            write.error = RequestRowChanged()
            return
    write.fingerprint = bytes(fingerprint)
    if not write.confirms and not compare_digest(write.fingerprint, request.fingerprint):
        write.error = RequestKeyReused("this request key was used with another body")
    else:
        write.placed = session.query(_PLACED, (first, first + count))


def follow(write: Write) -> None:
    """Give a replay within a group what its leader got."""
    leader = write.leader
    if leader is None or write.insertion.request is None or leader.insertion.request is None:
        return
    if not compare_digest(write.insertion.request.fingerprint, leader.insertion.request.fingerprint):
        write.error = RequestKeyReused("this request key was used with another body")
    else:
        write.placed, write.error = leader.placed, leader.error


def taken_versions(session: Session, events: Iterable[StoredEvent]) -> set[tuple[object, int]]:
    """Which of these events' places in their streams are taken."""
    places = ((event.originator_id, event.originator_version) for event in events)
    return {(stream, version) for stream, version in _among(session, _VERSIONS, "(stream = ? AND version = ?)", places)}


def taken_values(session: Session, rows: Iterable[IndexRow]) -> set[tuple[str, bytes]]:
    """Which of these values the blind index holds."""
    values = ((row.field, row.digest) for row in rows)
    return {(field, bytes(digest)) for field, digest in _among(session, _VALUES, "(field = ? AND digest = ?)", values)}


def stored_requests(session: Session, requests: Iterable[RequestKey]) -> dict[tuple[str, str], Row]:
    """Fingerprint, first index, number of entries and seal of those requests that are there."""
    names = ((request.principal, request.key) for request in requests)
    return {(row[0], row[1]): row[2:] for row in _among(session, _REQUESTS, "(principal = ? AND request = ?)", names)}


def _among(session: Session, statement: str, one: str, pairs: Iterable[tuple[object, object]]) -> list[Row]:
    """The rows of a statement over pairs, some hundreds at a time.

    A chain of OR, since SQLite looks up `(a, b) IN (VALUES …)` by its first column only.
    """
    found: list[Row] = []
    rest = iter(pairs)
    while chunk := list(islice(rest, CHUNK)):
        condition = " OR ".join([one] * len(chunk))
        found += session.query(statement.replace("?*", condition), [value for pair in chunk for value in pair])
    return found
