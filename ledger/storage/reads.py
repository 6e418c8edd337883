"""Reading the store: the head, entries by place, subject, stream and topic, and what lies beside them.

Inside `recorder.transaction()` the calling thread also reads what it has written there. Iterators hold a page at a
time, whatever the size of the log, and no lock between pages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from ledger.errors import NotFound
from ledger.storage.events import Disclosure, EntryRow, Head, IndexRow
from ledger.storage.recorder import ChainedRecorder
from ledger.storage.session import Row, spread

PAGE = 1000
CHUNK = 500

_PAGE = (
    "SELECT idx, stream, version, topic, recorded_at, subjects, leaf, chain, state FROM entries "
    "WHERE idx >= ? AND idx < ? ORDER BY idx"
)
_CHAIN_PAGE = "SELECT state, leaf, chain FROM entries WHERE idx >= ? AND idx < ? ORDER BY idx"
_OF_SUBJECT = (
    "SELECT e.idx, stream, version, topic, recorded_at, subjects, leaf, chain, state "
    "FROM entry_subjects s JOIN entries e ON e.idx = s.idx WHERE s.subject = ? AND s.idx < ? ORDER BY s.idx"
)
_OF_STREAM = (
    "SELECT idx, stream, version, topic, recorded_at, subjects, leaf, chain, state FROM entries "
    "WHERE stream = ? AND idx < ? ORDER BY version"
)
_OF_TOPIC = (
    "SELECT idx, stream, version, topic, recorded_at, subjects, leaf, chain, state FROM entries "
    "WHERE topic = ? AND idx >= ? AND idx < ? ORDER BY idx"
)
_NEWEST_OF_TOPIC = "SELECT idx FROM entries WHERE topic = ? AND idx < ? ORDER BY idx DESC LIMIT 1"
_DISCLOSURES = (
    "SELECT idx, section, subject, retention, sealed FROM disclosures WHERE idx IN (?*) ORDER BY idx, section"
)
_FIND = "SELECT digest, uid, seal FROM blind_index WHERE field = ? AND digest IN (?*)"
_LEADS_TO = "SELECT 1 FROM blind_index WHERE uid = ? AND field = ? LIMIT 1"


class Reads:
    """What can be read of a store."""

    def __init__(self, recorder: ChainedRecorder) -> None:
        self.recorder = recorder

    def head(self) -> Head:
        """The head row; its size is the number of entries."""
        return self.recorder.head()

    def entry(self, index: int) -> EntryRow:
        """One entry; `NotFound` if the log does not reach so far."""
        for row in self.recorder.query(_PAGE, (index, index + 1)):
            return as_entry(row)
        raise NotFound(f"there is no entry {index}", code="no-entry")

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[EntryRow]:
        """The rows of [start, stop) in order, as they are: a missing row is missing here too."""
        for page in self._pages(_PAGE, start, stop):
            yield from map(as_entry, page)

    def chained(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[bytes, bytes, bytes]]:
        """(state, leaf, chain) of [start, stop) in order: what a quick verification needs, at full speed."""
        for page in self._pages(_CHAIN_PAGE, start, stop):
            yield from page

    def _pages(self, statement: str, start: int, stop: int | None) -> Iterator[list[Row]]:
        # Rows renumbered beyond the head's size must be seen as well, so the end is the table's, not the head's.
        ((last,),) = self.recorder.query("SELECT coalesce(max(idx), -1) FROM entries")
        stop = last + 1 if stop is None else min(stop, last + 1)
        first = start
        while first < stop:
            page = self.recorder.query(statement, (first, min(first + PAGE, stop)))
            yield page
            first += PAGE
            if not page:  # go on where there is something again: a row may have been given any index
                ((following,),) = self.recorder.query("SELECT min(idx) FROM entries WHERE idx >= ?", (first,))
                first = stop if following is None else max(first, following)

    def entries_of(self, subject: str, size: int | None = None) -> list[EntryRow]:
        """The entries that may move this subject's file, among the first `size`."""
        return self._listed(_OF_SUBJECT, subject, size)

    def stream_entries(self, stream: str, size: int | None = None) -> list[EntryRow]:
        """The entries of a stream by version, among the first `size`."""
        return self._listed(_OF_STREAM, stream, size)

    def by_topic(self, topic: str, size: int | None = None, *, start: int = 0) -> list[EntryRow]:
        """The entries of a topic, from index `start` on, among the first `size`."""
        return [as_entry(row) for row in self.recorder.query(_OF_TOPIC, (topic, start, _end(size)))]

    def newest_of_topic(self, topic: str, size: int | None = None) -> int | None:
        """The index of the newest entry of a topic, among the first `size`; None where there is none."""
        for (index,) in self.recorder.query(_NEWEST_OF_TOPIC, (topic, _end(size))):
            return int(index)
        return None

    def has_stream(self, stream: str) -> bool:
        """Whether anything stands in a stream."""
        return bool(self.recorder.select_events(stream, limit=1))

    def _listed(self, statement: str, what: str, size: int | None) -> list[EntryRow]:
        return [as_entry(row) for row in self.recorder.query(statement, (what, _end(size)))]

    def size_at(self, recorded_at: str) -> int:
        """How many entries were recorded at this time or before: recorded times never go back along the log."""
        low, high = 0, self.head().size
        while low < high:
            middle = (low + high) // 2
            rows = self.recorder.query("SELECT recorded_at FROM entries WHERE idx = ?", (middle,))
            if not rows:
                raise NotFound(f"there is no entry {middle}", code="no-entry")
            if rows[0][0] <= recorded_at:
                low = middle + 1
            else:
                high = middle
        return low

    def disclosures(self, indexes: Iterable[int]) -> dict[tuple[int, str], Disclosure]:
        """The sealed sections of these entries that are still there."""
        found = {}
        rest = iter(indexes)
        while chunk := list(islice(rest, CHUNK)):
            for index, section, subject, retention, sealed in self.recorder.query(
                spread(_DISCLOSURES, len(chunk)), chunk
            ):
                found[(index, section)] = Disclosure(section, subject, retention, bytes(sealed))
        return found

    def find(self, field: str, digest: bytes) -> str | None:
        """Where a value of the blind index leads."""
        return self.find_many(field, [digest]).get(digest)

    def find_many(self, field: str, digests: Sequence[bytes]) -> dict[bytes, str]:
        """Where values of the blind index lead; absent ones are left out."""
        return {row.digest: row.uid for row in self.index_rows(field, digests)}

    def index_rows(self, field: str, digests: Sequence[bytes]) -> list[IndexRow]:
        """The rows of the blind index for these values, with their seals; absent ones are left out."""
        found = []
        rest = iter(digests)
        while chunk := list(islice(rest, CHUNK)):
            rows = self.recorder.query(
                spread(_FIND, len(chunk)),
                [field, *chunk],
                about=[("index", field, digest) for digest in chunk],
            )
            found += [IndexRow(field, bytes(digest), uid, bytes(seal or b"")) for digest, uid, seal in rows]
        return found

    def leads_to(self, field: str, uid: str) -> bool:
        """Whether any value of the blind index leads there."""
        return bool(self.recorder.query(_LEADS_TO, (uid, field)))

    def document(self, digest: bytes) -> bytes | None:
        """The bytes of a document, by digest."""
        for (content,) in self.recorder.query("SELECT content FROM documents WHERE digest = ?", (digest,)):
            return bytes(content)
        return None

    def tile(self, level: int, index: int) -> bytes | None:
        """The 256 hashes of a complete tile; None while it is not full."""
        for (hashes,) in self.recorder.query("SELECT hashes FROM tiles WHERE level = ? AND idx = ?", (level, index)):
            return bytes(hashes)
        return None


def _end(size: int | None) -> int:
    return (1 << 62) if size is None else size


def as_entry(row: Row) -> EntryRow:
    index, stream, version, topic, recorded_at, subjects, leaf, chain, state = row
    return EntryRow(
        index, stream, version, topic, recorded_at, tuple(subjects.split()), bytes(leaf), bytes(chain), bytes(state)
    )
