"""Tables that follow from the entries as a whole: streams, subjects, tiles, request keys, and the file's own pages.

Questions about all entries at once are put to the database, so that nothing grows here with the log. Columns are
compared with their entries before; here the tables are compared with the columns.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ledger.fsck.headers import Stated
from ledger.fsck.report import Findings
from ledger.fsck.snapshot import Damaged, Snapshot
from ledger.fsck.spine import Taken
from ledger.log.chain import HASH_BYTES
from ledger.log.merkle import Closed
from ledger.log.tiles import TILE_WIDTH
from ledger.storage.session import Row

_SOME: Final = 100

_VERSIONS = """
    SELECT e.idx FROM entries e WHERE e.version < 1 OR (e.version > 1 AND NOT EXISTS (
        SELECT 1 FROM entries p WHERE p.stream = e.stream AND p.version = e.version - 1 AND p.idx < e.idx))
    ORDER BY e.idx LIMIT ?
"""
_TWICE = """
    SELECT max(idx) FROM entries GROUP BY stream, version HAVING count(*) > 1 LIMIT ?
"""
_SUBJECTS = "SELECT subject, idx FROM entry_subjects WHERE idx >= ? AND idx <= ? AND subject IN (?*)"
_SUBJECTS_COUNT = "SELECT count(*) FROM entry_subjects"
_SUBJECTS_MORE = """
    SELECT s.idx FROM entry_subjects s LEFT JOIN entries e ON e.idx = s.idx
    WHERE e.idx IS NULL
       OR replace(' ' || e.subjects || ' ', ' ' || s.subject || ' ', '') = ' ' || e.subjects || ' '
    ORDER BY s.idx LIMIT ?
"""
_REQUESTS = """
    SELECT r.idx FROM request_keys r WHERE r.entries < 1
        OR NOT EXISTS (SELECT 1 FROM entries e WHERE e.idx = r.idx)
        OR NOT EXISTS (SELECT 1 FROM entries e WHERE e.idx = r.idx + r.entries - 1)
    ORDER BY r.idx LIMIT ?
"""
_REQUESTS_TWICE = "SELECT idx FROM request_keys GROUP BY idx HAVING count(*) > 1 ORDER BY idx LIMIT ?"
_TILE = "SELECT hashes, root FROM tiles WHERE level = ? AND idx = ?"
_TILES_MORE = "SELECT level, idx FROM tiles WHERE level = ? AND (idx >= ? OR idx < 0) ORDER BY idx LIMIT ?"
_TILES_ABOVE = "SELECT level, idx FROM tiles WHERE level >= ? OR level < 0 ORDER BY level, idx LIMIT ?"


class Tables:
    """Asks about tables as a whole; one that cannot be read is a finding of its own."""

    def __init__(self, snapshot: Snapshot, findings: Findings) -> None:
        self._snapshot, self._findings = snapshot, findings
        self.rows_of_subjects = 0  # that were looked for and found

    def streams(self) -> None:
        """Versions count from 1 in every stream, gapless, in the order of the log."""
        for (index,) in self._some("entries", _VERSIONS):
            self._findings.entry(index, "its version does not follow the one before it in its stream", "stream-version")
        for (index,) in self._some("entries", _TWICE):
            self._findings.entry(index, "its version stands twice in its stream", "stream-version")

    def subjects(self, stated: Iterable[Stated]) -> None:
        """Every subject of these entries has its row."""
        entries = list(stated)
        wanted = {(subject, one.index) for one in entries for subject in one.header.subjects}
        if not wanted:
            return
        names = sorted({subject for subject, _ in wanted})
        try:
            there = set(self._snapshot.among(_SUBJECTS, names, entries[0].index, entries[-1].index))
        except Damaged as error:
            self._findings.place("entry_subjects", error.detail, "subjects-row", index=entries[0].index)
            return
        missing = wanted - there
        self.rows_of_subjects += len(wanted) - len(missing)
        for index in sorted({index for _, index in missing}):
            self._findings.entry(index, "a row that leads to it from one of its subjects is missing", "subjects-row")

    def no_more_subjects(self) -> None:
        """No row leads from a subject to an entry that does not list it.

        Where as many rows were looked for and found as there are, each leads to an entry that lists it.
        """
        if self._some("entry_subjects", _SUBJECTS_COUNT, limited=False) == [(self.rows_of_subjects,)]:
            return
        for (index,) in self._some("entry_subjects", _SUBJECTS_MORE):
            self._findings.entry(index, "a subject's row leads to it that it does not list", "subjects-row")

    def requests(self) -> None:
        """Request keys point to entries that are there, each to one of its own.

        Whether it is the one it was made for cannot be told: its fingerprint is of the request, which is not kept.
        """
        for (index,) in self._some("request_keys", _REQUESTS):
            self._findings.place("request_keys", f"a key points to entry {index}, which it cannot have", "request-key")
        for (index,) in self._some("request_keys", _REQUESTS_TWICE):
            self._findings.place("request_keys", f"two keys point to entry {index}", "request-key")

    def file(self) -> None:
        """The database's own structure, indexes included: a lookup must find what the table holds. SQLite only."""
        if self._snapshot.sqlite:
            for (told,) in self._some("database file", "PRAGMA integrity_check(100)", limited=False):
                if told != "ok":
                    self._findings.place("database file", " ".join(str(told).split()), "store-damaged")

    def _some(self, place: str, statement: str, *, limited: bool = True) -> list[Row]:
        try:
            return self._snapshot.rows(statement, (_SOME,) if limited else ())
        except Damaged as error:
            self._findings.place(place, error.detail, "store-damaged")
            return []


class Tiles:
    """Complete tiles, built again from the leaves and compared as they fill; the open ones are all that is kept."""

    def __init__(self, snapshot: Snapshot, findings: Findings, *, first: int = 0) -> None:
        self._snapshot, self._findings = snapshot, findings
        self._open = [bytearray()]
        self._complete = [0]
        self._first = first  # the tile of leaves that the first leaf begins

    def tell(self, findings: Findings) -> None:
        """Report what comes there."""
        self._findings = findings

    def take(self, taken: Taken) -> None:
        """Leaves that follow those taken before."""
        self._fill(0, taken.leaves, taken.closed)

    def take_over(self, roots: list[bytes], closed: list[Closed]) -> None:
        """Complete tiles of leaves that follow and were compared elsewhere, and the tiles above that they complete."""
        self._complete[0] += len(roots)
        if len(self._open) == 1:
            self._open.append(bytearray())
            self._complete.append(0)
        self._fill(1, roots, closed)

    def _fill(self, level: int, hashes_of: list[bytes], closed: list[Closed]) -> None:
        self._open[level] += b"".join(hashes_of)
        for tile in closed:
            if tile.level + 1 == len(self._open):
                self._open.append(bytearray())
                self._complete.append(0)
            hashes = bytes(self._open[tile.level][: TILE_WIDTH * HASH_BYTES])
            del self._open[tile.level][: TILE_WIDTH * HASH_BYTES]
            self._open[tile.level + 1] += tile.root
            self._complete[tile.level] += 1
            self._compare(tile.level, self._first + tile.index, (hashes, tile.root))

    def _compare(self, level: int, index: int, expected: tuple[bytes, bytes]) -> None:
        try:
            rows = self._snapshot.rows(_TILE, (level, index))
        except Damaged as error:
            self._findings.place(f"tile {level}/{index}", error.detail, "tile")
            return
        if not rows:
            self._findings.place(f"tile {level}/{index}", "missing", "tile")
        elif tuple(rows[0]) != expected:
            self._findings.place(f"tile {level}/{index}", "its hashes are not those of the entries", "tile")

    def finish(self) -> None:
        """No tile stands where none is complete."""
        try:
            more = [
                row
                for level, complete in enumerate(self._complete)
                for row in self._snapshot.rows(_TILES_MORE, (level, complete, _SOME))
            ]
            more += self._snapshot.rows(_TILES_ABOVE, (len(self._complete), _SOME))
        except Damaged as error:
            self._findings.place("tiles", error.detail, "tile")
            return
        for level, index in more:
            self._findings.place(f"tile {level}/{index}", "there are not enough entries for it", "tile")
