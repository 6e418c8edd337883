"""One reading of the ledger for one page: its words, its two dates, the edition of the day, the entries it names.

Every entry that a view names is noted, so that the page can say below what each of them is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from markupsafe import Markup

from api.desk import Desk, Moment
from api.pages.chips import Chips, Ref
from api.pages.deadlines import Due, due
from api.pages.marks import foreign
from api.pages.words import Words
from ledger.application import Ledger
from ledger.errors import NotFound
from ledger.mapper import logged
from ledger.reading import Logged
from ledger.rulebook.calendar import WorkingCalendar, calendar_of
from ledger.rulebook.edition import Edition
from ledger.rulebook.parameters import Severity


@dataclass(slots=True)
class Entry:
    """An entry that a page names."""

    ref: Ref
    logged: Logged


@dataclass
class Reading:
    """What the views of one page share."""

    ledger: Ledger
    words: Words
    moment: Moment
    edition: Edition | None
    chips: Chips
    _entries: dict[int, Entry] = field(default_factory=dict)

    @property
    def on(self) -> date:
        return self.moment.as_of

    @property
    def calendar(self) -> WorkingCalendar | None:
        return None if self.edition is None else calendar_of(self.edition.calendar)

    # Entries.

    def entry(self, index: int) -> Entry:
        known = self._entries.get(index)
        if known is None:
            row = self.ledger.store.entry(index)
            known = self._entries[index] = Entry(Ref(index, row.leaf.hex()), logged(row))
        return known

    def refs(self, events: Iterable[int], limit: int | None = None) -> list[Ref]:
        """The references of entries, in log order; with a limit the newest of them."""
        indexes = sorted(set(events))
        return [self.entry(index).ref for index in (indexes if limit is None else indexes[-limit:])]

    def named(self) -> list[Entry]:
        """Every entry the page named, in log order."""
        return [self._entries[index] for index in sorted(self._entries)]

    # Words of the records.

    def said(self, text: object) -> Markup:
        return foreign(text, self.words.language)

    def unit(self, ref: str | None) -> Markup | None:
        """A unit's published name by the id callers know it under."""
        if ref is None:
            return None
        uid = self.ledger.uid("subject", ref)
        name = None if uid is None else self.ledger.identity(uid).get("name")
        return self.said(name or ref)

    # Days.

    def working(self, last: str | date, *, demonstration: bool = False) -> Due:
        """Until a last day, in working days."""
        return due(last, self.on, calendar=self.calendar, demonstration=demonstration)

    def calendar_days(self, last: str | date, *, demonstration: bool = False) -> Due:
        """Until a last day, where the rule counts days."""
        return due(last, self.on, demonstration=demonstration)

    # What is demonstration.

    def windows_demonstrate(self, severity: str | None) -> bool:
        """Whether the windows of a finding rest on demonstration values."""
        if self.edition is None or severity is None:
            return False
        return self.edition.windows.of[Severity(severity)].authority.demonstration

    @property
    def periods_demonstrate(self) -> bool:
        """Whether the periods of notices do."""
        return self.edition is not None and self.edition.notice.authority.demonstration

    @property
    def demonstrates(self) -> bool:
        """Whether anything of the edition does: the page then has its banner."""
        return self.edition is not None and self.edition.source == "demonstration"


def reading_of(desk: Desk, moment: Moment, words: Words) -> Reading:
    """A reading of a desk's ledger; without an edition known then, one without deadlines in working days."""
    return reading_on(desk.ledger, moment, words)


def reading_on(ledger: Ledger, moment: Moment, words: Words) -> Reading:
    """The same for whoever has no desk."""
    try:
        edition = ledger.editions(moment.as_known).on(moment.as_of)
    except NotFound:
        edition = None
    return Reading(ledger, words, moment, edition, Chips(words))


Row = Mapping[str, object]
