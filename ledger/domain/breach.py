"""The breach aggregate: a finding of our own or of an authority, with its appeals and repairs.

Preconditions are judged here in log order; what a reader sees on a day is folded in `ledger/folds`. Policy (windows,
periods) comes in as `Windows`, so the aggregate knows no rulebook.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger.domain import breach_events as events
from ledger.domain.base import Act, LedgerEvent, day, require
from ledger.domain.repairs import Repairs
from ledger.domain.values import Severity

STANDING = ("CONFIRMED", "UPHELD", "VARIED")
OWN, ON_PAPER = "OWN", "ON_PAPER"  # whose word an appeal was: the subject's, or a clerk's from the signed paper
# What a correction may change, by the type of the entry that holds it. What was decided, and about whom, is not there.
CORRECTABLE: Final[Mapping[str, frozenset[str]]] = {
    "BreachReported": frozenset({"category", "occurred_on", "duty_related", "unit_at_time"}),
    "BreachConfirmed": frozenset({"publicity"}),
    "AuthorityRecordImported": frozenset({"record_kind", "list_code", "ends_on", "duty_related", "unit_at_time"}),
}


@dataclass(frozen=True, slots=True)
class Windows:
    """What the rulebook says about one finding: the mildest editions' days (DOMAIN §5).

    `repair_from` is the first day of repair, `over_on` the first day on which the finding is over. A `lasting` record
    (公务员法 26(1)-(3)) is never over. `routes` are those by which a record of its kind is contested here (DOMAIN §7).
    """

    appeal_days: int
    appeal_after_review_days: int
    repair_from: date
    over_on: date
    lasting: bool = False
    routes: tuple[str, ...] = ()


class Breach(Repairs):
    KIND = "breach"

    state: str
    subject: str
    unit_at_time: str | None
    conduct: str | None
    commitment: str | None
    notified_severity: Severity | None
    reply_due: date | None
    replied_on: date | None
    severity: Severity | None
    decision_on: date | None
    found_on: date | None
    decider: str | None
    decided_for: str | None  # whose hand it was as well, by delegation
    deciding_unit: str | None
    record_kind: str | None
    list_code: str | None
    ends_on: date | None
    appeal_route: str | None
    reviewers: tuple[str, ...]
    review_decided_on: date | None
    decided_remedies: frozenset[tuple[str, str]]  # route and whose word it was
    duty_related: bool
    made_graver_on: date | None  # the latest correction that weighs more

    def start(self) -> None:
        self.state = "NEW"
        self.unit_at_time = self.conduct = self.commitment = None
        self.notified_severity = self.reply_due = self.replied_on = None
        self.severity = self.decision_on = self.found_on = None
        self.decider = self.decided_for = self.deciding_unit = self.record_kind = self.list_code = self.ends_on = None
        self.appeal_route = self.review_decided_on = None
        self.reviewers = ()
        self.decided_remedies, self.duty_related, self.made_graver_on = frozenset(), False, None
        self.start_conflicts()
        self.start_repairs()

    # What the events remember.

    def find(self, severity: Severity, decision_on: date, event: LedgerEvent) -> None:
        self.state, self.severity, self.decision_on = "CONFIRMED", severity, decision_on
        self.found_on = day(event.envelope.context.effective_on)
        actor = event.envelope.context.actor
        self.decider, self.deciding_unit = actor["id"], actor.get("unit")
        self.decided_for = event.data.delegated_by

    def open_appeal(self, route: str) -> None:
        self.state, self.appeal_route = "APPEALED", route

    def close_appeal(self, outcome: str, new_severity: Severity | None, event: LedgerEvent) -> None:
        self.state = outcome
        if outcome == "VARIED" and new_severity is not None:
            self.severity = Severity(new_severity)
        self.reviewers += (event.envelope.context.actor["id"], *filter(None, (event.data.delegated_by,)))
        if self.appeal_route == "REVIEW":
            self.review_decided_on = day(event.envelope.context.effective_on)
        assert self.appeal_route is not None
        word = ON_PAPER if self.written_down_by.get("BreachAppealed") else OWN
        self.decided_remedies |= {(self.appeal_route, word)}
        self.appeal_route = None

    def take_correction(self, field: str, value: Any, on: date) -> None:
        if field == "duty_related":
            if value and not self.duty_related:  # it counts where it did not: the remedies open again
                self.made_graver_on, self.decided_remedies, self.review_decided_on = on, frozenset(), None
            self.duty_related = value
        elif field == "ends_on":
            self.ends_on = None if value is None else day(value)
        elif field in ("unit_at_time", "record_kind", "list_code"):
            setattr(self, field, value)

    # What a command may do.

    @property
    def case(self) -> tuple[str, ...]:
        """The person and the unit of the time: every entry of the case carries both (DESIGN §3)."""
        return (self.subject,) if self.unit_at_time is None else (self.subject, self.unit_at_time)

    def _require_impartial(self, by_reporter: bool) -> None:
        require(not by_reporter, "reporter-may-not-decide", "who reported a case does not decide it")
        self.require_other(self.subject)

    def _heard(self, act: Act) -> bool:
        """Replied to, or lapsed, on the stated day as well as on the recorded one (DOMAIN §4.1).

        A reply that this very hand wrote down shortens no period: until its end the person may still speak.
        """
        replied, due = self.replied_on, self.reply_due
        if replied is not None and not self.wrote_down("BreachReplied", act.actor):
            return all(moment >= replied for moment in act.days)
        return due is not None and all(moment > due for moment in act.days)

    def _require_undecided(self) -> None:
        undecided = self.state in ("REPORTED", "NOTIFIED", "REPLIED", "LAPSED")
        require(undecided, "wrong-state", "the report was declined or decided before")

    def report(self, data: events.BreachReported.Data, act: Act, limitation_ends: date | None) -> None:
        require(day(data.occurred_on) <= act.on, "occurred-after-report", "conduct lies before its report")
        in_time = limitation_ends is None or all(moment <= limitation_ends for moment in act.days)
        require(in_time, "report-time-barred", "the limitation period has passed", "occurred_on")
        self.happen(events.BreachReported, data)

    def decline(self, data: events.ReportDeclined.Data, *, by_reporter: bool) -> None:
        require(self.state == "REPORTED", "wrong-state", "only a report that was not notified is declined")
        self._require_impartial(by_reporter)
        self.happen(events.ReportDeclined, data)

    def notify(self, data: events.BreachNotified.Data, *, by_reporter: bool, earliest_reply_due: date) -> None:
        self._require_undecided()
        self._require_impartial(by_reporter)
        long_enough = day(data.reply_due) >= earliest_reply_due
        require(long_enough, "reply-period-too-short", f"it ends on {earliest_reply_due} at the earliest", "reply_due")
        self.happen(events.BreachNotified, data)

    def reply(self, data: events.BreachReplied.Data, act: Act) -> None:
        """Once; but what another recorded for the subject keeps nobody from speaking for themselves."""
        by_another = self.state == "REPLIED" and bool(self.written_down_by.get("BreachReplied"))
        open_ = self.state == "NOTIFIED" or (by_another and act.for_subject is None)
        require(open_, "wrong-state", "only a notified case is replied to")
        due = self.reply_due
        in_time = due is not None and all(moment <= due for moment in act.days)
        require(in_time, "reply-period-over", "the reply period has ended")
        self.happen(events.BreachReplied, data)

    def lapse(self, data: events.ReplyLapsed.Data, act: Act) -> None:
        require(self.state == "NOTIFIED", "wrong-state", "only a notified case lapses")
        require(self._heard(act), "reply-period-open", "the reply period has not ended")
        self.happen(events.ReplyLapsed, data)

    def confirm(
        self,
        data: events.BreachConfirmed.Data,
        act: Act,
        *,
        by_reporter: bool,
        conduct_decided: bool,
        at_most: Severity | None = None,
    ) -> None:
        """`at_most`: what was found of this conduct of this subject before, appealed against, and then voided."""
        self._require_undecided()
        self._require_impartial(by_reporter)
        require(self._heard(act), "reply-period-open", "nobody is found in breach unheard")
        notified = self.notified_severity
        within = notified is not None and Severity(data.severity).rank <= notified.rank
        require(within, "finding-exceeds-notice", "a graver finding needs a new notice", "severity")
        require(data.doc is not None, "document-required", "a finding rests on a document", "doc")
        require(not conduct_decided, "conduct-decided", "this conduct was decided before (政务处分法 16)")
        milder = at_most is None or Severity(data.severity).rank <= at_most.rank
        require(milder, "aggravation-not-allowed", "voiding what was appealed never makes it worse", "severity")
        self.happen(events.BreachConfirmed, data)

    def dismiss(self, data: events.BreachDismissed.Data, act: Act, *, by_reporter: bool) -> None:
        self._require_undecided()
        self._require_impartial(by_reporter)
        require(self._heard(act), "reply-period-open", "a dismissal, too, needs the reply or its lapse")
        self.happen(events.BreachDismissed, data)

    def clear(self, data: events.ClearanceNoticePublished.Data) -> None:
        self.require_other(self.subject)
        cleared = self.state in ("DISMISSED", "OVERTURNED", "VOIDED")
        require(cleared, "wrong-state", "only a dismissed or overturned case is cleared")
        self.happen(events.ClearanceNoticePublished, data)

    def take_over(self, data: events.AuthorityRecordImported.Data, act: Act) -> None:
        decided = day(data.decision_on)
        require(decided <= act.on, "dates-disagree", "the decision lies after the day it counts from", "decision_on")
        if data.ends_on is not None:
            require(day(data.ends_on) >= decided, "dates-disagree", "the record ends before it begins", "ends_on")
        self.require_other(data.subject_id)
        self.happen(events.AuthorityRecordImported, data)

    def remove(self, data: events.AuthorityRecordRemoved.Data) -> None:
        require(self.record_kind is not None, "not-an-authority-record", "only an authority's record is removed")
        standing = self.state in (*STANDING, "APPEALED", "REPAIRED")
        require(standing, "wrong-state", "the record does not stand")
        self.require_other(self.subject)
        require(data.doc is not None, "document-required", "a removal rests on the source's document", "doc")
        self.happen(events.AuthorityRecordRemoved, data)

    def is_found(self, act: Act) -> bool:
        return self.found_on is not None and all(moment >= self.found_on for moment in act.days)

    def is_over(self, act: Act, windows: Windows) -> bool:
        if windows.lasting:
            return False
        ended = self.ends_on is not None and any(moment > self.ends_on for moment in act.days)
        return ended or any(moment >= windows.over_on for moment in act.days)

    def appeal(self, data: events.BreachAppealed.Data, act: Act, windows: Windows, recorded_on: date | None) -> None:
        """`recorded_on`: the day on which the ledger recorded the decision; nobody could read it there before."""
        require(self.state != "APPEALED", "appeal-open", "an appeal is open already")
        if act.for_subject is not None:
            decided = any(map(act.actor.is_hand_of, (self.decider, self.decided_for)))
            require(not decided, "acted-for-the-subject", "who decided does not record the remedy against it")
        standing = self.state in STANDING and self.is_found(act) and not self.is_over(act, windows)
        require(standing, "finding-not-standing", "only a standing finding is appealed")
        routes = windows.routes
        require(data.route in routes, "wrong-route", f"this record is contested by {', '.join(routes)}", "route")
        if self.record_kind is None:
            self._require_remedy(data, act, windows, self._counted_from(data, act, recorded_on))
        self.happen(events.BreachAppealed, data)

    def _counted_from(self, data: events.BreachAppealed.Data, act: Act, recorded_on: date | None) -> date:
        """The day the period for a remedy begins: the decision's, or the one on which the subject knew of it."""
        assert self.decision_on is not None
        if data.known_on is None:
            return self.decision_on
        known = day(data.known_on)
        latest = min(act.on, max(self.decision_on, recorded_on or self.decision_on))
        within = self.decision_on <= known <= latest
        require(within, "dates-disagree", f"known between {self.decision_on} and {latest}", "known_on")
        return known

    def _require_remedy(self, data: events.BreachAppealed.Data, act: Act, windows: Windows, since: date) -> None:
        # What a clerk filed for the subject takes no remedy from the subject's own hand.
        words = {OWN} if act.for_subject is None else {OWN, ON_PAPER}
        used = {route for route, word in self.decided_remedies if word in words}
        require("APPEAL" not in used, "remedies-exhausted", "the appeal was decided")
        reviewed = "REVIEW" not in used or data.route == "APPEAL"
        require(reviewed, "remedies-exhausted", "the review was decided", "route")
        opened = [(since, windows.appeal_days), (self.made_graver_on, windows.appeal_days)]
        opened.append((self.review_decided_on, windows.appeal_after_review_days))
        for moment in act.days:
            in_time = any(start is not None and (moment - start).days <= days for start, days in opened)
            require(in_time, "appeal-out-of-time", "the time for this remedy has passed", "filed_on")

    def decide_appeal(self, data: events.AppealDecided.Data, act: Act, *, by_reporter: bool) -> None:
        require(self.state == "APPEALED", "wrong-state", "no appeal is open")
        self.require_another_hand("BreachAppealed", act.actor)
        decided = any(map(act.actor.is_hand_of, (self.decider, self.decided_for)))
        require(not decided, "decider-may-not-review", "who decided does not review")
        require(not by_reporter, "reporter-may-not-review", "who reported does not review")
        another = not any(map(act.actor.is_hand_of, self.reviewers))
        require(another, "reviewer-may-not-review-again", "a second remedy is decided by another hand")
        self.require_other(self.subject)
        if data.new_severity is not None:
            varied = data.outcome == "VARIED"
            require(varied, "severity-without-variation", "only a variation has a new severity", "new_severity")
            assert self.severity is not None
            milder = Severity(data.new_severity).rank <= self.severity.rank
            require(milder, "aggravation-not-allowed", "an appeal never makes it worse", "new_severity")
        self.happen(events.AppealDecided, data)

    def correct(
        self,
        data: events.RecordCorrected.Data,
        *,
        by_reporter: bool,
        target: str | None,
        act: Act,
        made_statutory: Windows | None,
    ) -> None:
        """`target` is the type of the entry that the correction names, where this record has such an entry.

        `made_statutory` are the windows of a record that the corrected value would make one that bars by law (公务员法
        26): it rests on the document that says so, and one that is over, repaired or removed stays spent.
        """
        require(self.state not in ("VOIDED", "OVERTURNED"), "wrong-state", "the record is void")
        holding = [name for name, fields in CORRECTABLE.items() if data.field in fields and name in self.happened_on]
        correctable = bool(holding)
        require(correctable, "field-not-correctable", "appeal, or void the record and write a new one", "field")
        self._require_impartial(by_reporter)
        held = target in holding
        require(held, "unknown-target", "no entry of this record holds the field under that name", "target_event")
        if data.field == "ends_on" and data.corrected_value is not None and self.decision_on is not None:
            after = day(data.corrected_value) >= self.decision_on
            require(after, "dates-disagree", "the record ends before it begins", "corrected_value")
        if made_statutory is not None:
            standing = self.state in (*STANDING, "APPEALED") and not self.is_over(act, made_statutory)
            require(standing, "correction-aggravates", "what is spent does not begin again by a correction", "field")
            require(data.doc is not None, "document-required", "a statutory bar rests on a document", "doc")
        if data.field == "ends_on":
            self._require_no_revival(data, act)
        if data.field == "publicity" and data.corrected_value:
            organ = self.act.actor.unit is not None and self.act.actor.stands_for(self.deciding_unit)
            require(organ, "not-the-deciding-organ", "the organ that decided says what is published")
        if data.field == "occurred_on":
            reported = self.happened_on.get("BreachReported")
            before = reported is None or day(data.corrected_value) <= reported
            require(before, "occurred-after-report", "conduct lies before its report", "corrected_value")
        self.happen(events.RecordCorrected, data)

    def _require_no_revival(self, data: events.RecordCorrected.Data, act: Act) -> None:
        ended = self.ends_on is not None and any(moment > self.ends_on for moment in act.days)
        later = data.corrected_value is None or (self.ends_on is not None and day(data.corrected_value) > self.ends_on)
        revives = ended and later
        require(not revives, "correction-aggravates", "what is spent does not begin again by a correction", "field")

    def void(self, data: events.RecordVoided.Data, *, by_reporter: bool) -> None:
        require(self.state not in ("VOIDED", "OVERTURNED", "NEW"), "wrong-state", "the record is void already")
        require(self.decision_on is not None, "wrong-state", "only a record with a finding is voided")
        self._require_impartial(by_reporter)
        self.happen(events.RecordVoided, data)
