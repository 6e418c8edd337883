"""Whether a source's row that stands in the ledger already still says what was taken over.

A row is known by its id; a release that changes it is not taken over a second time, but it is not passed over in
silence either: the column that differs is named. What was erased cannot be compared and counts as the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Protocol

from ledger.catalogue import event_of
from ledger.domain.sections import references_of, sections_of, written_names
from ledger.importing.mapping import TableMapping
from ledger.line import Line
from ledger.reading import Logged

DIFFERS: Final = "differs"
_SUMMARY: Final = "summary"
_STREAM_OF: Final[Mapping[str, str]] = {
    "SubjectRegistered": "subject",
    "PostAssigned": "subject",
    "RankRecorded": "subject",
    "CommendationRecorded": "subject",
    "RecordImported": "record",
    "SourceStateObserved": "record",
    "CommitmentImported": "commitment",
    "CommitmentAssessed": "commitment",
}
_MISSING: Final = object()


class Kept(Protocol):
    """What the comparison reads of a ledger."""

    @property
    def size(self) -> int: ...

    def stream(self, stream: str, size: int) -> Sequence[Logged]: ...

    def sections(self, entry: Logged) -> Mapping[str, Any]: ...

    def uid(self, kind: str, ref: str, source: str | None = None) -> str | None: ...


class Comparison:
    """Compares the rows of one table; the streams of a chunk are read once."""

    def __init__(self, ledger: Kept, table: TableMapping, source: str) -> None:
        self._ledger, self._table, self._source = ledger, table, source
        data = event_of(table.event).Data
        names = written_names(data)
        self._sections = {names[name]: section for name, section in sections_of(data).items()}
        self._references = {names[name] for name in references_of(data)}
        # What follows from other rows of the batch is not the row's own, and another batch may hold other rows.
        derived = {name for name, rule in table.data.items() if rule.record_of is not None}
        self._members = [name for name in (*table.data, _SUMMARY) if name not in derived]
        self._streams: dict[str, list[Logged]] = {}

    def forget(self) -> None:
        """Between chunks: no more is held than one chunk needs."""
        self._streams.clear()

    def differing_column(self, line: Line, record: str, uid: str) -> str | None:
        """The first column in which the row says something else than the entry taken over from it."""
        entry = self._entry(record, uid)
        if entry is None:
            return None
        opened = self._ledger.sections(entry)
        for name in self._members:
            given, kept = line.data.get(name), self._kept(entry, opened, name)
            if kept is _MISSING:
                continue
            if name in self._references and isinstance(given, str):
                given = self._ledger.uid("subject", given, self._source)
            if given != kept:
                return self._column(name, given, kept)
        return None

    def _entry(self, record: str, uid: str) -> Logged | None:
        kind = _STREAM_OF.get(self._table.event)
        if kind is None:
            return None
        stream = f"{kind}/{uid}"
        if stream not in self._streams:
            self._streams[stream] = list(self._ledger.stream(stream, self._ledger.size))
        return next(self._taken_over(self._streams[stream], record), None)

    def _taken_over(self, entries: Sequence[Logged], record: str) -> Iterator[Logged]:
        for entry in entries:
            if entry.type == self._table.event and (entry.source or {}).get("record", "") == record:
                yield entry

    def _kept(self, entry: Logged, opened: Mapping[str, Any], name: str) -> Any:
        """What the entry has for a member; `_MISSING` where its section was erased."""
        section = self._sections.get(name)
        if section is None or name in entry.data:
            return entry.data.get(name)
        within = opened.get(section)
        if within is None and entry.sections > len(opened):
            return _MISSING
        if not isinstance(within, Mapping):
            return None
        return within.get("ref" if section == "identity" and name == "subject_id" else name)

    def _column(self, name: str, given: Any, kept: Any) -> str:
        if name != _SUMMARY:
            rule = self._table.data[name]
            return rule.sources[0] if rule.sources else name
        before, now = (value if isinstance(value, Mapping) else {} for value in (kept, given))
        member = next((one for one in self._table.summary if before.get(one) != now.get(one)), name)
        return self._table.summary.get(member, member)
