"""One walk over a log, in pages: everything said of a page of entries is checked while it is there.

The ledger's own log and its access log are walked alike; what differs is the table of topics and who looks at the names
in the entries. A damaged row or page becomes a finding that says where, and the walk goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise, takewhile
from typing import Final, Protocol

from ledger.fsck.columns import Columns, Stated, header_if_any
from ledger.fsck.report import Findings
from ledger.fsck.schema import check_schema
from ledger.fsck.sections import Documents, Opened, Sections
from ledger.fsck.snapshot import BELOW_ALL, PAGE, Damaged, Snapshot
from ledger.fsck.spine import Spine, StoredHead
from ledger.fsck.tables import Tables, Tiles
from ledger.log.chain import HASH_BYTES, genesis, link
from ledger.storage.keys import KeyStore
from ledger.storage.session import Row

QUICK: Final = "SELECT idx, leaf, chain, state FROM entries WHERE idx > ? ORDER BY idx LIMIT ?"
FULL = (
    "SELECT idx, stream, version, topic, recorded_at, subjects, leaf, chain, state FROM entries "
    "WHERE idx > ? ORDER BY idx LIMIT ?"
)
_FIRST = "SELECT leaf, chain, state FROM entries WHERE idx >= 0 AND idx < 2 ORDER BY idx"
_MOST_FRUITLESS: Final = 1000  # pages of entries that cannot be read, one after another, where a head promises no end

Tell = Callable[[int], None]
Progress = Callable[[str, int, int], None]


class Named(Protocol):
    """Who looks at the names in the entries."""

    def start(self) -> None:
        """Before the first page."""

    def take(self, entries: list[Opened], *, whole: bool) -> None:
        """A page; not `whole` if there were entries in it that could not be read."""

    def finish(self) -> None:
        """Behind the last page."""


class Walk:
    """A full verification of one log; without `keys` the sections stay shut."""

    def __init__(
        self,
        snapshot: Snapshot,
        origin: str | None,
        head: StoredHead | None,
        spine: Spine,
        findings: Findings,
        *,
        topics: Mapping[str, str],
        keys: KeyStore | None,
        names: Named | None,
    ) -> None:
        self._snapshot, self._head, self._spine, self._findings = snapshot, head, spine, findings
        self._columns = Columns(origin, findings, topics)
        self._tables = Tables(snapshot, findings)
        self._tiles = Tiles(snapshot, findings)
        self._documents = Documents(snapshot, findings)
        self._sections = None if keys is None else Sections(snapshot, keys, origin or "", findings)
        self._names = names
        self._after = -1

    def run(self, tell: Tell) -> int | None:
        """Walk; the index of the entry that closed a loaded history."""
        going_on = self._findings.going_on
        with going_on("database file"):
            self._tables.file()
        with going_on("schema"):
            check_schema(self._snapshot, self._findings)
        with going_on("documents"):
            self._documents.start()
        if self._names is not None:
            with going_on("blind index"):
                self._names.start()
        with going_on("entries"):
            for page in pages(self._snapshot, FULL, self._head, self._spine, self._findings):
                self._page(page)
                tell(self._spine.size)
            # The newest time is known only where every entry could be read.
            self._spine.finish(self._columns.recorded_at if self._findings.ok else None)
            self._columns.finish()
        for place, finish in self._finishing():
            with going_on(place):
                finish()
        return self._columns.history_end

    def _finishing(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is asked of the tables as a whole, behind the last page."""
        yield "entries", self._tables.streams
        yield "entry_subjects", self._tables.no_more_subjects
        yield "request_keys", self._tables.requests
        yield "documents", self._documents.finish
        if self._spine.aligned:
            yield "tiles", self._tiles.finish
        if self._sections is not None:
            yield "disclosures", self._sections.finish
        if self._names is not None:
            yield "blind index", self._names.finish

    def _page(self, page: list[Row]) -> None:
        taken = self._spine.take([(row[0], row[6], row[7], row[8]) for row in page])
        if self._spine.aligned:
            self._tiles.take(taken)
        stated: list[Stated] = []
        for row in page:
            one = None if row[0] in taken.doubtful else self._stated(row)
            if one is not None:
                stated.append(one)
                self._documents.named(one)
        with self._findings.going_on("entry_subjects"):
            self._tables.subjects(stated)
        last = page[-1][0]
        opened = self._opened(stated, last)
        if self._names is not None:
            self._take_names(opened, whole=len(stated) == len(page) and self._spine.aligned)
        self._after = last

    def _stated(self, row: Row) -> Stated | None:
        try:
            return self._columns.state(row)
        except Exception as error:  # nothing that a ledger writes does this to its reader
            self._findings.entry(row[0], f"it cannot be understood ({type(error).__name__})", "bad-header")
            return None

    def _take_names(self, opened: list[Opened], *, whole: bool) -> None:
        names, self._names = self._names, None  # one that fails is asked no more
        if names is not None:
            with self._findings.going_on("blind index"):
                names.take(opened, whole=whole)
                self._names = names

    def _opened(self, stated: list[Stated], last: int) -> list[Opened]:
        """The entries of a page with their sections, as far as they could be opened."""
        opened = [Opened(one, whole=not one.header.sd) for one in stated]
        sections, self._sections = (
            self._sections,
            None,
        )  # one that fails is asked no more: its pages are as without keys
        if sections is not None:
            with self._findings.going_on("disclosures"):
                opened = sections.open(stated, self._after, last)
                self._sections = sections
        return opened


def pages(
    snapshot: Snapshot, statement: str, head: StoredHead | None, spine: Spine, findings: Findings
) -> Iterator[list[Row]]:
    """The entries' rows in order of index. Where a page cannot be read, its rows are read one by one."""
    last, fruitless = BELOW_ALL, 0
    while True:
        try:
            page = snapshot.rows(statement, (last, PAGE))
        except Damaged:
            first = max(last + 1, 0)
            last = min(first + PAGE, head.size if head is not None else first + PAGE) - 1
            page = []
            for index in range(first, last + 1):
                try:
                    page += [row for row in snapshot.rows(statement, (index - 1, 1)) if row[0] == index]
                except Damaged as error:
                    spine.unreadable.add(index)
                    findings.entry(index, error.detail, "entry-unreadable")
            if page:
                yield page
            fruitless = 0 if page else fruitless + 1
            if last < first or (head is None and not page) or fruitless > _MOST_FRUITLESS:
                findings.place(f"from entry {first} on", "the database cannot be read", "store-damaged", index=first)
                return
        else:
            if not page:
                return
            if not all(type(row[0]) is int for row in page):  # a schema that was written into
                findings.place("entries", "their indexes are no numbers", "store-damaged")
                return
            # A tree whose pointers were changed answers the same rows for ever.
            growing = list(takewhile(lambda pair: pair[0][0] < pair[1][0], pairwise([(last,), *page])))
            if growing:
                yield page[: len(growing)]
            if len(growing) < len(page):
                index = page[len(growing)][0]
                findings.place("entries", f"the row of entry {index} does not come in its order", "store-damaged")
                return
            last = page[-1][0]


def teller(progress: Progress | None, what: str, head: StoredHead | None) -> Tell:
    """Tells how far a walk is, of as many entries as the head promises."""
    total = 0 if head is None else head.size
    return (lambda done: None) if progress is None else (lambda done: progress(what, done, total))


def origin_of(snapshot: Snapshot) -> str | None:
    """The origin that the stored chain begins with, as one of the first two entries names it."""
    try:
        rows = snapshot.rows(_FIRST)
    except Damaged:
        return None
    named = [origin for row in rows if isinstance(origin := header_if_any(row[2]).get("origin"), str)]
    leaf, chain, _ = rows[0] if rows else (None, None, None)
    if type(leaf) is bytes and len(leaf) == HASH_BYTES:
        for origin in named:
            if link(genesis(origin), leaf) == chain:
                return origin
    return named[0] if named else None
