"""What the rulebook says to a command: windows and periods as days, from the editions known now.

Aggregates know no rulebook; they are given days. When no edition is known, commands that need one are refused with
`no-edition` (DOMAIN §5).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from ledger.domain.base import Act
from ledger.domain.breach import CORRECTABLE, Breach, Windows
from ledger.domain.values import is_code, is_name
from ledger.errors import Invalid, NotFound, Refused
from ledger.line import parse_day
from ledger.rulebook import deadlines, parameters, remedies, sanctions, windows
from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.eligibility import LISTINGS
from ledger.rulebook.facts import LASTING_LIST_CODES, RecordKind


def appeal_after_review_days() -> int:
    """公务员法 95: an appeal within so many days of the result of a review. An edition cannot change it."""
    after = remedies.remedies_for(remedies.RecordOf.ORGAN_DECISION).step("APPEAL").after
    assert after is not None
    return after.count


Timeline = windows.EditionTimeline


class Policy:
    """Questions a command asks the rulebook; `timeline` gives the editions known at that moment."""

    def __init__(self, timeline: Callable[[], Timeline]) -> None:
        self._timeline = timeline

    def require_edition(self) -> None:
        """`NotFound` with code `no-edition` when no activation is known."""
        self._timeline().on(date.max)

    def limitation_ends(self, occurred_on: date, on: date) -> date | None:
        """The last day for a report; None when the edition has no limitation, or there is no edition yet."""
        return deadlines.last_report_day(self._timeline().on(on), occurred_on)

    def breach_reply_due(self, served_on: date) -> date:
        """The earliest last day of the reply period."""
        return deadlines.earliest_reply_due(self._timeline().on(served_on), served_on)

    def pre_decision_reply_due(self, sent_on: date) -> date:
        """The earliest last day of the candidate's period."""
        return deadlines.earliest_response_due(self._timeline().on(sent_on), sent_on)

    def dispute_until(self, served_on: date) -> date | None:
        """The last day to dispute a decision served on this day; None where nothing sets one."""
        period = remedies.remedies_for(remedies.RecordOf.ELIGIBILITY).step("DISPUTE").file
        return None if period is None else period.last_day(served_on, self.working_days_after)

    def repair_decide_due(self, accepted_on: date) -> date:
        """The last day to decide an accepted repair."""
        return deadlines.repair_decision_due(self._timeline().on(accepted_on), accepted_on)

    def feedback_days(self, adopted_on: date) -> int:
        """The working days of a unit's feedback under a scheme that says nothing, adopted on this day."""
        try:
            edition = self._timeline().on(adopted_on)
        except NotFound:
            edition = None
        return deadlines.feedback_days(edition)

    def working_days_after(self, start: date, count: int) -> date:
        """The `count`-th working day after `start`, by the calendar of the edition in force on `start`."""
        return calendar_of(self._timeline().on(start).calendar).add_working_days(start, count)

    def retention_over(self, retention: str, last: date, act: Act) -> bool:
        """Whether what a retention class keeps of a record may go: the period has passed since its last day.

        Refused with `retention-not-set` where the edition in force names no period for the class.
        """
        edition = self._timeline().on(act.on)
        kept_until = deadlines.last_retention_day(edition, retention, last)
        if kept_until is None:
            raise Refused("the edition in force names no period for this class", code="retention-not-set")
        return all(moment > kept_until for moment in act.days)

    def windows(self, breach: Breach, act: Act) -> Windows:
        """The mildest days of one finding among the editions in force from its decision to the act."""
        timeline = self._timeline()
        if breach.severity is None or breach.decision_on is None:
            return Windows(0, 0, date.max, date.max)
        severity, decided = parameters.Severity(breach.severity.value), breach.decision_on
        until = max(act.days)
        return Windows(
            appeal_days=timeline.on(decided).notice.appeal_days,
            appeal_after_review_days=appeal_after_review_days(),
            repair_from=windows.first_repair_day(timeline, severity, decided, until).value,
            over_on=windows.max_day(timeline, severity, decided, until).value,
            lasting=self.is_lasting(breach.list_code),
            routes=remedies.routes_of(breach.record_kind)[0].here,
        )

    @staticmethod
    def is_lasting(list_code: Any) -> bool:
        """Whether a record under this code of a list is never over (公务员法 26)."""
        return isinstance(list_code, str) and list_code in LASTING_LIST_CODES

    @classmethod
    def bars_by_law(cls, *, record_kind: Any, list_code: Any) -> bool:
        """Whether a record of this kind, under this code of a list, bars from office while it stands (公务员法 26)."""
        return record_kind in LISTINGS or (record_kind == RecordKind.DISCIPLINE and cls.is_lasting(list_code))

    @staticmethod
    def sanction_term(data: Any, known: Sequence[sanctions.Imposed]) -> sanctions.Term:
        """What the decision of a sanction may say of its days, beside those of the person that are known."""
        return sanctions.term_of(data.kind, date.fromisoformat(data.from_), known)

    @staticmethod
    def check_correction(field: str, value: Any) -> None:
        """A corrected value obeys the rules of the member it corrects; None leaves a member out that may be absent."""
        if not any(field in fields for fields in CORRECTABLE.values()):
            return  # the aggregate refuses
        where = "data.corrected_value"
        if field in ("occurred_on", "ends_on"):
            if value is not None or field == "occurred_on":
                parse_day(value, where)
        elif field in ("duty_related", "publicity"):
            if not isinstance(value, bool):
                raise Invalid("expected true or false", code="wrong-type", field=where)
        elif field == "record_kind":
            if value not in ("COURT_LIST", "SEVERE_LIST", "DISCIPLINE", "PENALTY"):
                raise Invalid("no such kind of record", code="not-in-list", field=where)
        elif value is None:
            return  # category, list_code and unit_at_time may be absent
        elif not isinstance(value, str):
            raise Invalid("expected a string", code="wrong-type", field=where)
        elif field == "unit_at_time":
            if not is_name(value):
                raise Invalid("expected the id of a unit", code="bad-value", field=where)
        elif not is_code(value):
            raise Invalid("expected a code", code="bad-code", field=where)
