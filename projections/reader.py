"""What a projection reads: the folds' source, names for pseudonyms, opened sections, and the log itself.

The `Ledger` is a `Reader`. So is any small list of `Logged` with these reads, which is how projections are tested.
Lists need no more than a `Log`: no key and no name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Protocol

from ledger.errors import NotFound
from ledger.folds.source import Source
from ledger.reading import Logged
from ledger.relations import Relations
from ledger.rulebook.windows import EditionTimeline


class Log(Protocol):
    """The entries, in order."""

    @property
    def size(self) -> int:
        """How many entries the log holds."""

    def logged(self, start: int, stop: int) -> Iterator[Logged]:
        """The entries from `start` up to, not including, `stop`, in log order."""


class Reader(Log, Source, Protocol):
    """A `Source` that also knows the callers' ids and may open personal sections."""

    def uid(self, kind: str, caller_id: str) -> str | None:
        """The pseudonym of a caller's id (or of itself), None when nothing of that kind has it."""

    def caller_id(self, uid: str) -> str:
        """The caller's id of a pseudonym; the pseudonym itself where the id was destroyed."""

    def registrations(self, uid: str, size: int) -> Sequence[str]:
        """All registrations of the same subject, this one included, as known at a size."""

    def relations(self, size: int) -> Relations:
        """Which registrations are merged and which units ended, as known at a size."""

    def identity(self, uid: str, size: int) -> Mapping[str, Any]:
        """Who a subject is, as known at a size, as far as it can still be read: `name`, `uscc` and others."""

    def sections(self, entry: Logged, names: Iterable[str] | None = None) -> Mapping[str, Any]:
        """The personal sections of an entry that can still be opened, by name."""


def registered(reader: Reader, subject: str, size: int) -> Logged:
    """The registration of a subject named by caller's id or pseudonym, of merged ones that which stands for them;
    `NotFound` with code `unknown-subject`."""
    uid = reader.uid("subject", subject)
    uid = None if uid is None else reader.survivor(uid, size)
    entries = reader.stream(f"subject/{uid}", size) if uid is not None else ()
    if not entries or entries[0].type != "SubjectRegistered":
        raise NotFound("no such subject was registered then", code="unknown-subject")
    return entries[0]


def timeline_if_any(reader: Reader, size: int, on: date) -> EditionTimeline | None:
    """The editions known at a size, None when none was activated yet."""
    timeline = reader.editions(size)
    try:
        timeline.on(on)
    except NotFound:
        return None
    return timeline
