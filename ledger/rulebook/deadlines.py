"""Deadlines from an edition's `[notice]`: the last day of each period, that day included (DOMAIN §7, §9).

The edition is the one in force on the day of the act that starts the period; its calendar counts the working days.
"""

from __future__ import annotations

from datetime import date, timedelta

from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.defaults import shipped_defaults
from ledger.rulebook.edition import Edition
from ledger.rulebook.remedies import NoticePeriod, Period, Step, Unit
from ledger.rulebook.windows import EditionTimeline, add_months


def earliest_reply_due(edition: Edition, served_on: date) -> date:
    """The earliest `reply_due` a notice of breach may set; an unheard finding begins on the day after `reply_due`."""
    return _working_days_after(edition, served_on, edition.notice.breach_reply_wd)


def earliest_response_due(edition: Edition, sent_on: date) -> date:
    """The earliest `reply_due` a pre-decision notice may set."""
    return _working_days_after(edition, sent_on, edition.notice.pre_decision_wd)


def repair_decision_due(edition: Edition, accepted_on: date) -> date:
    """The day by which an accepted repair is decided."""
    return _working_days_after(edition, accepted_on, edition.notice.repair_decide_wd)


def last_appeal_day(edition: Edition, decision_on: date) -> date:
    """Day n = filed_on − decision_on is in time while n ≤ `appeal_days`."""
    days = min(edition.notice.appeal_days, (date.max - decision_on).days)
    return decision_on + timedelta(days=days)


def file_within(step: Step, edition: Edition | None) -> Period | None:
    """The time within which a step of the remedy table is taken: the table's, or where it names one of `[notice]`, this
    edition's. None where it may be taken at any time, or where no edition says a number."""
    if step.notice is NoticePeriod.FEEDBACK_WD:
        return Period(feedback_days(edition), Unit.WORKING_DAYS)
    if step.notice is None or edition is None:
        return step.file
    if step.notice is NoticePeriod.APPEAL_DAYS:
        return Period(edition.notice.appeal_days, Unit.DAYS)
    return Period(edition.notice.pre_decision_wd, Unit.WORKING_DAYS)


def last_report_day(edition: Edition, occurred_on: date) -> date | None:
    """The last day on which conduct may be reported; None where the edition sets no limitation."""
    months = edition.notice.report_limitation_months
    return None if months is None else add_months(occurred_on, months)


def last_retention_day(edition: Edition, retention: str, last: date) -> date | None:
    """The last day on which personal payload of a class is kept, after a record's last day; None where none is set."""
    months = None if edition.retention is None else edition.retention.months.get(retention)
    return None if months is None else add_months(last, months)


def is_provisional(timeline: EditionTimeline | None, act: date | None, last: date | None) -> bool:
    """Whether a last day that was counted from an act rests on a year whose working days nobody has published."""
    if timeline is None or act is None or last is None:
        return False
    return calendar_of(timeline.on(act).calendar).is_provisional(act, last)


def feedback_days(edition: Edition | None) -> int:
    """The working days a unit has for its feedback on a score, where its scheme says nothing."""
    stated = None if edition is None else edition.notice.feedback_wd
    return shipped_defaults().feedback_wd if stated is None else stated


def _working_days_after(edition: Edition, act: date, count: int) -> date:
    return calendar_of(edition.calendar).add_working_days(act, count)
