"""One walk over a log, in pages: everything said of a page of entries is checked while it is there.

The ledger's own log and its access log are walked alike; what differs is the table of topics and who looks at the names
in the entries. A damaged row or page becomes a finding that says where, and the walk goes on behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Protocol

from ledger.fsck.columns import Columns, header_if_any
from ledger.fsck.erasures import Erasures
from ledger.fsck.headers import Stated
from ledger.fsck.pages import FULL, QUICK, Pages
from ledger.fsck.portion import Portion
from ledger.fsck.report import Findings
from ledger.fsck.schema import check_schema
from ledger.fsck.sections import DOCUMENTS, Documents, Opened, Sections
from ledger.fsck.since import Start
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.fsck.spine import Spine, StoredHead, Taken, link_before, nodes_of
from ledger.fsck.tables import Tables, Tiles
from ledger.log.chain import HASH_BYTES, genesis, link
from ledger.log.tiles import TILE_WIDTH
from ledger.storage.keys import KeyStore
from ledger.storage.session import Row

_FIRST = "SELECT leaf, chain, state FROM entries WHERE idx >= 0 AND idx < 2 ORDER BY idx"

# What is asked about the tables as a whole, by the names that helpers know.
FILE, STREAMS, REQUESTS, DISCLOSURES = "file", "streams", "requests", "disclosures"
INDEX, REQUEST_ROWS = "index", "request rows"
QUESTIONS: Final = (FILE, INDEX, REQUEST_ROWS, STREAMS, DISCLOSURES, REQUESTS)

Tell = Callable[[int], None]
Progress = Callable[[str, int, int], None]


class Named(Protocol):
    """Who looks at the names in the entries."""

    def start(self) -> None:
        """Before the first page."""

    def take(self, entries: list[Opened], *, whole: bool) -> None:
        """A page; not `whole` if there were entries in it that could not be read."""

    def tell(self) -> tuple[dict[str, int], set[str]]:
        """What the entries of a portion came to, for the walk over the whole."""

    def take_over(self, accounted: Mapping[str, int], actors: set[str]) -> None:
        """What was found elsewhere in entries that follow."""

    def rows_known(self) -> None:
        """That the rows behind the names were looked at elsewhere, with nothing to report."""

    def finish(self) -> None:
        """Behind the last page."""


class Helpers(Protocol):
    """Other processes that look at parts of the same log."""

    def portion(self, first: int) -> Portion | None:
        """The portion that begins there, if somebody else has it and there is nothing to report; waits for it."""

    def is_clean(self, question: str) -> bool:
        """Whether somebody else was asked this about the tables as a whole, with nothing to report; waits for it."""


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
        helpers: Helpers | None = None,
        page: int | None = None,
        start: Start | None = None,
    ) -> None:
        self._snapshot, self._head, self._spine, self._findings = snapshot, head, spine, findings
        self._columns = Columns(origin, findings, topics)
        self._tables = Tables(snapshot, findings)
        self._tiles = Tiles(snapshot, findings) if start is None else start.tiles
        self._documents = Documents(snapshot, findings)
        self._erasures = Erasures(snapshot, keys, findings)
        self._sections = None if keys is None else Sections(snapshot, keys, origin or "", findings, self._erasures)
        self._names, self._helpers = names, helpers
        self._pages = Pages(snapshot, FULL, head, spine, findings, size=page)
        self._start = start
        self._after = -1 if start is None else start.size - 1
        if start is not None:
            self._pages.last = self._after
        self._naming: list[Stated] | None = None  # in a portion: which entries name documents

    def run(self, tell: Tell) -> int | None:
        """Walk; the index of the entry that closed a loaded history."""
        going_on = self._findings.going_on
        before_file = self._findings.count
        if self._helpers is None:
            self._file(before_file)
        with going_on("schema"):
            check_schema(self._snapshot, self._findings)
        with going_on("documents"):
            self._documents.start()
        with going_on("erasures"):
            self._erasures.start()
        if self._names is not None:
            with going_on("blind index"):
                self._names.start()
        with going_on("entries"):
            for page in self._pages:
                self._page(page)
                self._take_over()
                tell(self._spine.size)
            if self._helpers is not None:
                self._file(before_file)
            # The newest time is known only where every entry could be read.
            newest = self._columns.recorded_at if self._start is None else self._columns.recorded_at or None
            self._spine.finish(newest if self._findings.ok else None)
            self._columns.finish()
        for place, finish in self._finishing():
            with going_on(place):
                finish()
        return self._columns.history_end

    @property
    def erased(self) -> int:
        """How many sections are gone by an order of erasure."""
        return self._erasures.erased

    def _file(self, before: int) -> None:
        """Ask about the file; what is found stands where a walk without helpers has it, before all else."""
        if not self._is_clean(FILE):
            found = Findings()
            with found.going_on("database file"):
                Tables(self._snapshot, found).file()
            self._findings.insert(before, found)

    def _is_clean(self, question: str) -> bool:
        return self._helpers is not None and self._helpers.is_clean(question)

    def _take_over(self) -> None:
        """The portions that follow and that others have; nothing where the walk left the path of a whole log."""
        helpers, spine, columns = self._helpers, self._spine, self._columns
        while helpers is not None and spine.aligned and self._pages.last == spine.expected - 1:
            portion = helpers.portion(spine.expected)
            if portion is None or portion.before != spine.chain or portion.recorded[0] < columns.recorded_at:
                return
            closed = spine.take_over(portion)
            if portion.tiles:
                self._tiles.take_over(portion.nodes, closed)
            else:
                self._tiles.take(Taken(set(), portion.nodes, closed))
            columns.recorded_at = portion.recorded[1]
            for one in portion.naming:
                self._documents.named(one)
            self._tables.rows_of_subjects += portion.subjects
            if self._names is not None:
                self._names.take_over(portion.accounted, portion.actors)
            self._erasures.erased += portion.erased
            self._after = self._pages.last = portion.stop - 1

    def portion(self, first: int, stop: int, *, tiles: bool) -> Portion | None:
        """Entries [first, stop) for somebody else's walk; None where there is anything to report of them."""
        spine, columns = self._spine, self._columns
        with self._findings.going_on("erasures"):
            self._erasures.start()
        known = self._findings.count  # of the orders themselves, which everybody reads
        before = link_before(self._snapshot, first)
        if before is None:
            return None
        spine.begin_at(first, before)
        self._tiles = Tiles(self._snapshot, self._findings, first=first // TILE_WIDTH)
        self._after = self._pages.last = first - 1
        self._naming, nodes = [], list[bytes]()
        for page in self._pages:
            nodes += nodes_of(self._page(page), tiles=tiles)
            if spine.expected >= stop:
                break
        whole = spine.aligned and spine.expected == stop and columns.history_end is None
        if not whole or self._findings.count > known:
            return None
        accounted, actors = ({}, set[str]()) if self._names is None else self._names.tell()
        return Portion(
            first, stop, before, spine.chain, nodes, tiles, (columns.first_recorded_at, columns.recorded_at),
            self._tables.rows_of_subjects, accounted, actors, self._naming, self._erasures.erased,
        )  # fmt: skip

    def _finishing(self) -> Iterator[tuple[str, Callable[[], None]]]:
        """What is asked of the tables as a whole, behind the last page."""
        if not self._is_clean(STREAMS):
            yield "entries", self._tables.streams
        yield "entry_subjects", self._tables.no_more_subjects
        if not self._is_clean(REQUESTS):
            yield "request_keys", self._tables.requests
        if self._start is None:
            yield "documents", self._documents.finish
        yield "erasures", self._erasures.finish
        if self._spine.aligned:
            yield "tiles", self._tiles.finish
        if self._sections is not None and not self._is_clean(DISCLOSURES):
            yield "disclosures", self._sections.finish
        if self._names is not None:
            if self._is_clean(INDEX):
                self._names.rows_known()
            yield "blind index", self._names.finish

    def _page(self, page: list[Row]) -> Taken:
        taken = self._spine.take(page)
        if self._spine.aligned:
            self._tiles.take(taken)
        stated: list[Stated] = []
        for row in page:
            one = None if row[0] in taken.doubtful else self._stated(row)
            if one is not None:
                stated.append(one)
                if one.type in DOCUMENTS:
                    self._name_documents(one)
        with self._findings.going_on("entry_subjects"):
            self._tables.subjects(stated)
        last = page[-1][0]
        opened = self._opened(stated, last)
        if self._names is not None:
            self._take_names(opened, whole=len(stated) == len(page) and self._spine.aligned)
        self._after = last
        return taken

    def _name_documents(self, one: Stated) -> None:
        if self._naming is None:
            self._documents.named(one)
        else:
            self._naming.append(one)

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


def walk_quickly(
    snapshot: Snapshot, head: StoredHead | None, spine: Spine, findings: Findings, helpers: Helpers | None, tell: Tell
) -> None:
    """Leaf, chain and root alone."""
    pages = Pages(snapshot, QUICK, head, spine, findings)
    if spine.expected:
        pages.last = spine.expected - 1
    for page in pages:
        spine.take(page)
        while helpers is not None and spine.aligned and pages.last == spine.expected - 1:
            portion = helpers.portion(spine.expected)
            if portion is None or portion.before != spine.chain:
                break
            spine.take_over(portion)
            pages.last = portion.stop - 1
        tell(spine.size)
    spine.finish()


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
