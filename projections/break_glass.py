"""Emergency look-ups: whether one holds for whoever asks, what a file says of it, and until when it is to be reviewed.

Whether it holds is asked of the clock and compared with when its entry was recorded: for the person who opened it, in
that role and unit, at that one subject, until the second its minutes are over, and as of that moment alone. Who asks
with another's, for somebody else, or with none that there is, is told the same.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from ledger.clock import day_of, format_time
from ledger.errors import Refused
from ledger.folds.break_glass import Glass, fold_glass
from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.defaults import shipped_defaults
from ledger.rulebook.windows import EditionTimeline
from projections.file_view import FileView, iso
from projections.visibility import SEES_GLASS_REASONS

if TYPE_CHECKING:
    from ledger.access import Viewer
    from ledger.application import Ledger


def glass_of(ledger: Ledger, viewer: Viewer, subject: str, ref: str, now: datetime) -> Glass:
    """The emergency look-up that a viewer names to read a subject (a pseudonym); `now` is the ledger's.

    `Refused` with code `no-glass` where it is none of this viewer's at this subject, `glass-over` once it has ended.
    """
    uid = ledger.uid("glass", ref)
    entries = [] if uid is None else ledger.stream(f"glass/{uid}", ledger.size)
    glass = fold_glass(entries, date.max)
    if glass is None or not _theirs(ledger, viewer, subject, glass):
        raise Refused("no emergency look-up of this kind was opened", code="no-glass", field="break_glass")
    if not glass.holds(now):
        raise Refused("its minutes are over", code="glass-over", field="break_glass")
    return glass


def require_now(ledger: Ledger, as_of: date, as_known: int) -> None:
    """In an emergency a file is read as it stands, as of today and as known now (a size): an earlier moment would show
    what was repaired, undone or over since. `Refused` with code `glass-reads-now` for any other."""
    if as_of != day_of(ledger.clock()):
        raise Refused("in an emergency a file is read as of today", code="glass-reads-now", field="as_of")
    if as_known < ledger.size:
        raise Refused("in an emergency a file is read as known now", code="glass-reads-now", field="as_known")


def _theirs(ledger: Ledger, viewer: Viewer, subject: str, glass: Glass) -> bool:
    relations = ledger.relations()
    unit = None if viewer.unit is None else ledger.actor_unit(viewer.unit)[0]
    return (
        viewer.role == glass.role
        and unit == glass.unit
        and relations.same(ledger.actor_uid(viewer.actor)[0], glass.opener)
        and relations.same(subject, glass.subject)
    )


def behind(glass: Glass) -> dict[str, Any]:
    """What an answer that was given in an emergency says of it."""
    return {"id": glass.id, "uid": glass.uid, "ground": glass.ground, "until": format_time(glass.ends_at)}


def review_due(glass: Glass, timeline: EditionTimeline | None) -> date | None:
    """The last day of the review; None while no edition says which days are working days."""
    if timeline is None:
        return None
    calendar = calendar_of(timeline.on(glass.ended_on).calendar)
    return calendar.add_working_days(glass.ended_on, shipped_defaults().break_glass.review_wd)


def glasses_of(view: FileView) -> list[Glass]:
    """The times the subject's own file was opened in an emergency, in the order of the log."""
    streams = view.records.entries.items()
    found = (fold_glass(entries, view.on) for stream, entries in streams if stream.startswith("glass/"))
    return [glass for glass in found if glass is not None and glass.subject == view.records.subject]


def glass_items(view: FileView) -> list[dict[str, Any]]:
    """The times a person's file was opened in an emergency: ground, unit, minutes and what the review found.

    The words of it are for those who review: they may be about somebody else, who is in danger or was heard.
    """
    return [_item(view, glass) for glass in glasses_of(view)]


def _item(view: FileView, glass: Glass) -> dict[str, Any]:
    item = {
        "id": glass.id,
        "uid": glass.uid,
        "state": glass.state,
        "ground": glass.ground,
        "minutes": glass.minutes,
        "opened_at": format_time(glass.opened_at),
        "until": format_time(glass.ends_at),
        "unit": view.name(glass.unit),
        "role": glass.role,
        "review_due": iso(review_due(glass, view.timeline)),
        "reviewed_on": iso(glass.reviewed_on),
        "reviewed_by": glass.reviewer,
        "events": list(glass.events),
    }
    if view.column in SEES_GLASS_REASONS:
        named = (view.by_index[index] for index in glass.events if index in view.by_index)
        item |= {"opener": glass.opener, "second_approver": glass.approver}
        item["texts"] = [{"event": one.index, "type": one.type, "sections": dict(view.sections(one))} for one in named]
    return item
