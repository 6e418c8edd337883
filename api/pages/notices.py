"""The notices to whoever reads their own file: newest first, those since they last looked marked as new."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from api.desk import Desk
from api.pages.reading import Reading
from api.pages.recording import by_entry
from projections.notices import notices_of, seen_by


@dataclass(frozen=True, slots=True)
class Line:
    """One notice: what happened, the day it counts from, the entry it is, whether it is new to the reader, and who
    recorded it where it is the reader's own act."""

    what: Markup
    on: date
    entry: Markup
    unread: bool
    by: Markup | None


def seen(desk: Desk, subject: str) -> int:
    """How much the reader had seen before this look: to be asked before the page's own look is recorded."""
    registrations = desk.ledger.relations().group(subject)
    return seen_by((look for uid in registrations for look in desk.ledger.access.looks_at(uid)), registrations)


def notices(desk: Desk, reading: Reading, subject: str, had_seen: int) -> list[Line]:
    """The notices to a subject that count by the reading's day."""
    return [
        Line(
            what=reading.words.event(notice.type),
            on=notice.on,
            entry=reading.chips.ref(reading.entry(notice.index).ref),
            unread=notice.index >= had_seen,
            by=by_entry(reading, notice.index),
        )
        for notice in notices_of(desk.ledger, subject, reading.moment.as_known)
        if notice.on <= reading.on
    ]
