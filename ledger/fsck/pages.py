"""The entries' rows in order of index, in pages: what cannot be read is told, and what lies behind it is read."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, takewhile
from typing import Final

from ledger.fsck.report import Findings
from ledger.fsck.snapshot import BELOW_ALL, PAGE, Damaged, Snapshot
from ledger.fsck.spine import Spine, StoredHead
from ledger.storage.session import Row

QUICK: Final = "SELECT idx, leaf, chain, state FROM entries WHERE idx > ? ORDER BY idx LIMIT ?"
FULL: Final = (
    "SELECT idx, stream, version, topic, recorded_at, subjects, leaf, chain, state FROM entries "
    "WHERE idx > ? ORDER BY idx LIMIT ?"
)
_MOST_FRUITLESS: Final = 1000  # pages of entries that cannot be read, one after another, where a head promises no end


class Pages:
    """Iterates over the pages; `last` is the index behind which the next one begins, and may be set."""

    def __init__(
        self,
        snapshot: Snapshot,
        statement: str,
        head: StoredHead | None,
        spine: Spine,
        findings: Findings,
        *,
        size: int | None = None,
    ) -> None:
        self.last = BELOW_ALL
        self._snapshot, self._statement, self._size = snapshot, statement, size or PAGE
        self._head, self._spine, self._findings = head, spine, findings

    def __iter__(self) -> Iterator[list[Row]]:
        """Where a page cannot be read, its rows are read one by one."""
        fruitless, head, findings = 0, self._head, self._findings
        while True:
            try:
                page = self._snapshot.rows(self._statement, (self.last, self._size))
            except Damaged:
                first = max(self.last + 1, 0)
                self.last = (first + self._size if head is None else min(first + self._size, head.size)) - 1
                page = []
                for index in range(first, self.last + 1):
                    try:
                        page += [row for row in self._snapshot.rows(self._statement, (index - 1, 1)) if row[0] == index]
                    except Damaged as error:
                        self._spine.unreadable.add(index)
                        findings.entry(index, error.detail, "entry-unreadable")
                if page:
                    yield page
                fruitless = 0 if page else fruitless + 1
                if self.last < first or (head is None and not page) or fruitless > _MOST_FRUITLESS:
                    findings.place(
                        f"from entry {first} on", "the database cannot be read", "store-damaged", index=first
                    )
                    return
            else:
                if not page:
                    return
                indexes = [row[0] for row in page]
                if set(map(type, indexes)) != {int}:  # a schema that was written into
                    findings.place("entries", "their indexes are no numbers", "store-damaged")
                    return
                if indexes == list(range(indexes[0], indexes[0] + len(page))) and indexes[0] > self.last:
                    self.last = indexes[-1]
                    yield page
                    continue
                # A tree whose pointers were changed answers the same rows for ever.
                growing = list(takewhile(lambda pair: pair[0][0] < pair[1][0], pairwise([(self.last,), *page])))
                if len(growing) == len(page):
                    self.last = indexes[-1]
                if growing:
                    yield page[: len(growing)]
                if len(growing) < len(page):
                    index = page[len(growing)][0]
                    findings.place("entries", f"the row of entry {index} does not come in its order", "store-damaged")
                    return
