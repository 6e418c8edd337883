"""What one answer is made from: the records of a subject on a day, the editions, and who is looking.

The parts of an integrity file share it; so does the opening of personal texts, which happens only for viewers who may
read them and leaves a number where a text was destroyed.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ledger.folds.facts import Records
from ledger.reading import Logged
from ledger.rulebook.windows import EditionTimeline
from projections.reader import Reader
from projections.visibility import SEES_REPORTER, SEES_TEXTS, Column

REPORTER = "reporter"
ORDERED = "ErasureOrdered"


@dataclass(frozen=True)
class FileView:
    """One reading of one subject's file. `unit` is the viewer's unit, a pseudonym."""

    reader: Reader
    records: Records
    timeline: EditionTimeline | None
    on: date
    column: Column
    of_unit: bool
    unit: str | None = None
    by_index: dict[int, Logged] = field(default_factory=dict)
    _opened: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_index.update((entry.index, entry) for entries in self.records.entries.values() for entry in entries)

    def name(self, uid: str | None) -> str | None:
        """The caller's id of a subject named in a record."""
        return None if uid is None else self.reader.caller_id(uid)

    def own(self, type: str) -> Iterator[Logged]:  # noqa: A002 - the log's word
        """The entries of a type in the subject's own stream that count by the day."""
        for entry in self.records.entries.get(f"subject/{self.records.subject}", ()):
            if entry.type == type and entry.effective_on <= self.on:
                yield entry

    def sections(self, entry: Logged) -> Mapping[str, Any]:
        """The personal sections of an entry that can be opened; what of them a viewer gets is for the caller to say."""
        if not entry.sections:
            return {}
        if entry.index not in self._opened:
            self._opened[entry.index] = self.reader.sections(entry)
        return self._opened[entry.index]

    def is_erased(self, entry: Logged) -> bool:
        """Whether something of an entry was ordered to be erased, as known at this reading."""
        orders = (one for one in self.by_index.values() if one.type == ORDERED)
        return any(target["index"] == entry.index for one in orders for target in one.data["targets"])

    def texts(self, events: Sequence[int], readers: Collection[Column] | None = None) -> list[dict[str, Any]]:
        """The personal sections of these entries, for viewers who may read them (`readers`, else `SEES_TEXTS`).

        Who reported is for the auditor and those who work on the case. `destroyed` counts what cannot be opened;
        `erased` says that there is an order for it.
        """
        if self.column not in (SEES_TEXTS if readers is None else readers):
            return []
        shown = []
        for entry in (self.by_index[index] for index in events if index in self.by_index):
            if not entry.sections:
                continue
            opened = dict(self.sections(entry))
            item: dict[str, Any] = {"event": entry.index, "type": entry.type}
            if len(opened) < entry.sections:
                item["destroyed"] = entry.sections - len(opened)
                if self.is_erased(entry):
                    item["erased"] = True
            if self.column not in SEES_REPORTER:
                opened.pop(REPORTER, None)
            shown.append({**item, "sections": opened})
        return shown


def iso(day: date | None) -> str | None:
    """A day as answers write it."""
    return None if day is None else day.isoformat()
