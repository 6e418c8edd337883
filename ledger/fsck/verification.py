"""The verification itself: one walk over the log, in pages, and the questions about whole tables behind it.

Quick is leaf, chain and root; full is everything that stands in the store (DESIGN §8). A damaged row or page becomes a
finding that says where, and the walk goes on behind it. Memory does not grow with the log.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Final

from ledger.directory import Directory
from ledger.domain.governance import HistoryLoaded
from ledger.errors import LedgerError
from ledger.fsck.columns import Columns, Stated, header_if_any, note_history
from ledger.fsck.names import Names
from ledger.fsck.report import Findings, Grade, Report
from ledger.fsck.sections import Documents, Sections
from ledger.fsck.snapshot import BELOW_ALL, PAGE, Damaged, Snapshot
from ledger.fsck.spine import Spine, StoredHead, read_head
from ledger.fsck.tables import Tables, Tiles
from ledger.log.chain import HASH_BYTES, genesis, link
from ledger.storage.key_files import load_master_key, locations
from ledger.storage.keys import KeyStore
from ledger.storage.session import Row
from ledger.storage.store import Store, open_store

Progress = Callable[[str, int, int], None]
ENTRIES: Final = "entries"

_QUICK = "SELECT idx, leaf, chain, state FROM entries WHERE idx > ? ORDER BY idx LIMIT ?"
_FULL = (
    "SELECT idx, stream, version, topic, recorded_at, subjects, leaf, chain, state FROM entries "
    "WHERE idx > ? ORDER BY idx LIMIT ?"
)
_FIRST = "SELECT leaf, chain, state FROM entries WHERE idx >= 0 AND idx < 2 ORDER BY idx"
_OF_TOPIC = "SELECT idx FROM entries WHERE topic = ? ORDER BY idx LIMIT 1"

_NEVER: Final = (
    "no sentinel configured",
    "no checkpoint",
    "no witness configured",
    "no signatures: the operator alone attests the entries",
    "whether what was recorded is true",
)
_NOT_QUICK: Final = (
    "canonical bytes",
    "columns",
    "disclosures",
    "documents",
    "blind index",
    "tiles",
    "request keys",
    "views",
)


def verify(ledger: Directory, *, quick: bool = False, progress: Progress | None = None) -> Report:
    """Verify an open ledger; whatever is wrong is in the report. `progress` is told what, how far, of how much."""
    return verify_store(ledger.store, ledger.keys, quick=quick, progress=progress)


def verify_at(url: str, *, quick: bool = False, progress: Progress | None = None) -> Report:
    """Verify the ledger at a URL, also one whose entry 0 or file is too damaged to be opened for use.

    Raises like `Ledger.open` where there is no ledger; without its keys, sections and index are a gap.
    """
    try:
        with open_store(url) as store:
            return _verify_opened(store, quick, progress)
    except (LedgerError, sqlite3.DatabaseError, UnicodeDecodeError) as error:
        if not _is_damage(error):
            raise
    findings = Findings()
    findings.place("database file", "it is damaged beyond reading", "store-damaged")
    return _report(findings, None, None, not_checked=("everything else",))


def _verify_opened(store: Store, quick: bool, progress: Progress | None) -> Report:
    if quick:
        return verify_store(store, None, quick=True, progress=progress)
    try:
        places = locations(store.url)
        keys = KeyStore.open(places.keys, load_master_key(places.master_key))
    except LedgerError as error:
        return verify_store(store, None, progress=progress, no_keys=error)
    with keys:
        return verify_store(store, keys, progress=progress)


def verify_store(
    store: Store,
    keys: KeyStore | None,
    *,
    quick: bool = False,
    progress: Progress | None = None,
    no_keys: LedgerError | None = None,
) -> Report:
    """The same for an open store; `no_keys` says why there are no keys."""
    findings = Findings()
    with Snapshot(store) as snapshot:
        head = read_head(snapshot, findings)
        spine = Spine(_origin(snapshot), head, findings)
        tell = _teller(progress, head)
        if quick:
            for page in _pages(snapshot, _QUICK, head, spine, findings):
                spine.take(page)
                tell(spine.size)
            spine.finish()
            history_end = _history_end(snapshot)
        else:
            if keys is None:
                reason = "" if no_keys is None else f" ({no_keys.code})"
                what = f"key store: it cannot be opened{reason}, so sections and blind index were not checked"
                findings.add(Grade.GAP, None, what, "no-keys")
            history_end = _Walk(snapshot, keys, head, spine, findings).run(tell)
        note_history(history_end, findings)
        left_out = (*_NEVER, *(_NOT_QUICK if quick else ()))
        if not quick and not snapshot.sqlite:
            left_out += ("the database's own indexes",)
    return _report(findings, spine, history_end, not_checked=left_out)


class _Walk:
    """A full verification: everything said of a page of entries is checked while it is there."""

    def __init__(
        self, snapshot: Snapshot, keys: KeyStore | None, head: StoredHead | None, spine: Spine, findings: Findings
    ) -> None:
        self._snapshot, self._head, self._spine, self._findings = snapshot, head, spine, findings
        origin = _origin(snapshot)
        self._columns = Columns(origin, findings)
        self._tables = Tables(snapshot, findings)
        self._tiles = Tiles(snapshot, findings)
        self._documents = Documents(snapshot, findings)
        self._sections = None if keys is None else Sections(snapshot, keys, origin or "", findings)
        self._names = None if keys is None else Names(snapshot, keys, findings)
        self._after = -1

    def run(self, tell: Callable[[int], None]) -> int | None:
        """Walk; the index of the entry that closed a loaded history."""
        self._tables.file()
        self._documents.start()
        if self._names is not None:
            self._names.start()
        for page in _pages(self._snapshot, _FULL, self._head, self._spine, self._findings):
            self._page(page)
            tell(self._spine.size)
        # The newest time is known only where every entry could be read.
        self._spine.finish(self._columns.recorded_at if self._findings.ok else None)
        self._columns.finish()
        self._tables.streams()
        self._tables.no_more_subjects()
        self._tables.requests()
        if self._spine.aligned:
            self._tiles.finish()
        if self._sections is not None:
            self._sections.finish()
        if self._names is not None:
            self._names.finish()
        return self._columns.history_end

    def _page(self, page: list[Row]) -> None:
        taken = self._spine.take([(row[0], row[6], row[7], row[8]) for row in page])
        if self._spine.aligned:
            self._tiles.take(taken)
        stated: list[Stated] = []
        for row in page:
            one = None if row[0] in taken.doubtful else self._columns.state(row)
            if one is not None:
                stated.append(one)
                self._documents.named(one)
        self._tables.subjects(stated)
        last = page[-1][0]
        if self._sections is not None and self._names is not None:
            opened = self._sections.open(stated, self._after, last)
            self._names.take(opened, whole=len(stated) == len(page) and self._spine.aligned)
        self._after = last


def _pages(
    snapshot: Snapshot, statement: str, head: StoredHead | None, spine: Spine, findings: Findings
) -> Iterator[list[Row]]:
    """The entries' rows in order of index. Where a page cannot be read, its rows are read one by one."""
    last = BELOW_ALL
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
            if last < first or (head is None and not page):
                findings.place(f"from entry {first} on", "the database cannot be read", "store-damaged", index=first)
                return
        else:
            if not page:
                return
            yield page
            last = page[-1][0]


def _origin(snapshot: Snapshot) -> str | None:
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


def _history_end(snapshot: Snapshot) -> int | None:
    try:
        rows = snapshot.rows(_OF_TOPIC, (HistoryLoaded.TOPIC,))
    except Damaged:
        return None
    return rows[0][0] if rows else None


def _teller(progress: Progress | None, head: StoredHead | None) -> Callable[[int], None]:
    total = 0 if head is None else head.size
    return (lambda done: None) if progress is None else (lambda done: progress(ENTRIES, done, total))


def _is_damage(error: BaseException) -> bool:
    """Whether a store cannot be read because its file is damaged: the driver's own word, behind ours."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.OperationalError):
            return True
        if isinstance(cause, UnicodeDecodeError):
            return True  # SQLite quotes a broken schema in its message, and Python cannot decode that
        cause = getattr(cause, "orig", None) or cause.__cause__
    return False


def _report(
    findings: Findings, spine: Spine | None, history_end: int | None, *, not_checked: tuple[str, ...]
) -> Report:
    size, root, chain = (0, "", "") if spine is None else (spine.size, spine.root.hex(), spine.chain.hex())
    return Report(findings.ok, size, root, chain, findings.listed(), not_checked, history_end)
