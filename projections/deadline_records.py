"""Open steps of what is no case: promises, checks, consents, requests about personal data, sanctions, assessments, and
payload kept long enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from ledger.clock import day_after
from ledger.domain.sections import Retention
from ledger.folds.assessment import Assessment
from ledger.folds.break_glass import Glass
from ledger.folds.check import TRANSITIONS, Check
from ledger.folds.commitment import Commitment
from ledger.folds.consent import Consent
from ledger.folds.data_request import DataRequest
from ledger.folds.sanction import Sanction
from ledger.folds.source import Source
from ledger.reading import Logged
from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.deadlines import feedback_days, last_retention_day
from ledger.rulebook.defaults import shipped_defaults
from ledger.rulebook.remedies import RecordOf, remedies_for
from ledger.rulebook.windows import EditionTimeline
from projections.break_glass import review_due
from projections.deadline_steps import Basis, Step, counted, remedy_period

_CLOSED: Final = frozenset({
    "DECLINED", "DISMISSED", "OVERTURNED", "REMOVED", "REPAIRED", "EXPIRED", "FINAL", "WITHDRAWN", "ANSWERED",
    "JUSTIFIED", "NOT_JUSTIFIED",
})  # fmt: skip
_OF_CHECK: Final = {
    "EVALUATED": ("ANSWER_CHECK",),
    "RESPONDED": ("DECIDE_CHECK",),
    "LAPSED": ("DECIDE_CHECK",),
    "DECIDED": ("NOTIFY_CHECK",),
    "NOTIFIED": ("DISPUTE_CHECK", "FINALISE_CHECK"),
    "DISPUTED": ("REDETERMINE",),
    "REDETERMINED": ("FINALISE_CHECK",),
}


def promise_steps(commitment: Commitment) -> Iterator[Step]:
    """The promise, until it is kept, waived or amended."""
    if not commitment.open or commitment.due_on is None:
        return
    of = ("commitment", commitment.id, commitment.uid, commitment.promisor, commitment.state)
    yield Step("KEEP_PROMISE", *of, commitment.made_on, commitment.due_on, events=commitment.events)


def check_steps(timeline: EditionTimeline | None, check: Check, entries: Sequence[Logged]) -> Iterator[Step]:
    """What is waited for in a check, from the day of the entry that led to its state. One that is INCOMPLETE is never
    decided. A result may be disputed until it is final, also after the last day that the remedy table names."""
    if check.outcome == "INCOMPLETE":
        return
    led = [entry for entry in entries if entry.index in check.events and _leads_to(entry.type) == check.state]
    since = max((entry.effective_on for entry in led), default=check.requested_on)
    of = ("check", check.id, check.uid, check.subject, check.state)
    if check.state == "NOTICED" and check.reply_due is not None:
        edition = None if timeline is None else timeline.on(since)
        basis = None if edition is None else counted(edition, edition.notice.authority, since, check.reply_due)
        yield Step("RESPOND", *of, since, check.reply_due, basis, requester=check.requester, events=check.events)
        return
    if check.state == "LAPSED" and check.reply_due is not None:
        since = day_after(check.reply_due)
    row = remedies_for(RecordOf.ELIGIBILITY)
    dispute = row.step("DISPUTE")
    periods = {"DISPUTE_CHECK": dispute.file, "REDETERMINE": dispute.decide}
    for kind in _OF_CHECK.get(check.state, ()):
        last, basis = remedy_period(timeline, row, periods.get(kind), dispute.demonstration, since)
        starts = since
        if kind == "FINALISE_CHECK" and check.state == "NOTIFIED":
            over, _ = remedy_period(timeline, row, dispute.file, dispute.demonstration, since)
            starts = since if over is None else day_after(over)
        yield Step(kind, *of, starts, last, basis, requester=check.requester, events=check.events)


def _leads_to(type_: str) -> str | None:
    """The state that an entry of a check leads to, None for one that moves none."""
    return TRANSITIONS[type_][1] if type_ in TRANSITIONS else None


def consent_steps(consent: Consent, on: date) -> Iterator[Step]:
    """The last day of a consent that holds."""
    if consent.holds(on):
        of = ("consent", consent.id, consent.uid, consent.subject, "ACTIVE")
        yield Step("CONSENT_ENDS", *of, consent.expires_on, consent.expires_on, events=consent.events)


def data_request_steps(timeline: EditionTimeline | None, request: DataRequest) -> Iterator[Step]:
    """The answer of the data-protection desk, until it is given."""
    if request.answered_on is not None:
        return
    row = remedies_for(RecordOf.PERSONAL_DATA)
    asked, since = row.step("DATA_REQUEST"), request.requested_on
    last, basis = remedy_period(timeline, row, asked.decide, asked.demonstration, since)
    of = ("data-request", request.id, request.uid, request.subject, request.state)
    yield Step("ANSWER_DATA_REQUEST", *of, since, last, basis, events=request.events)


def sanction_steps(subject: str, sanctions: Sequence[Sanction], on: date) -> Iterator[Step]:
    """The last day of each sanction; what is over by its day and was not clean waits for somebody to lift it."""
    for one in sanctions:
        state = one.state(on)
        of = ("subject", one.kind, subject, subject, state)
        if state in ("PENDING", "ACTIVE") and one.until is not None:
            yield Step("SANCTION_ENDS", *of, one.until, one.until, events=one.events)
        elif state == "OVER" and one.until is not None and not is_clean(one, sanctions):
            yield Step("LIFT_SANCTION", *of, day_after(one.until), events=one.events)


def is_clean(one: Sanction, sanctions: Sequence[Sanction]) -> bool:
    """Whether a person was given no other sanction while one ran: only then it ends by itself (公务员法 65)."""
    last = one.until or date.max
    return not any(other is not one and one.starts_on < other.imposed_on <= last for other in sanctions)


def assessment_steps(
    source: Source, timeline: EditionTimeline | None, assessment: Assessment, entries: Sequence[Logged], on: date,
    size: int,
) -> Iterator[Step]:  # fmt: skip
    """The unit's feedback on its scores, then their publication."""
    if assessment.state != "REVIEW" or timeline is None:
        return
    scored = max(
        entry.effective_on for entry in entries if entry.type == "AssessmentScored" and entry.effective_on <= on
    )
    edition = timeline.on(scored)
    authority = shipped_defaults().authority if edition.notice.feedback_wd is None else edition.notice.authority
    adopted = next(iter(source.stream(f"scheme/{assessment.scheme_uid}", size)), None)
    stated = None if adopted is None else adopted.data.get("feedback_wd")
    last = calendar_of(edition.calendar).add_working_days(scored, feedback_days(edition) if stated is None else stated)
    basis = counted(edition, authority, scored, last)
    of = ("assessment", assessment.id, assessment.uid, assessment.unit, assessment.state)
    if on <= last:
        yield Step("FEEDBACK", *of, scored, last, basis, events=assessment.events)
    yield Step("PUBLISH", *of, day_after(last), events=assessment.events)


def look_steps(subject: str, looks: Iterable[Logged], on: date) -> Iterator[Step]:
    """Looks at a subject's record that are still hidden from it: each with the day it is shown from."""
    for look in looks:
        until = look.data.get("defer_until")
        if until is not None and date.fromisoformat(until) > on >= look.effective_on:
            shown = date.fromisoformat(until)
            yield Step("LOOK_SHOWN", "look", str(look.index), look.uid, subject, "DEFERRED", shown, shown)


def glass_steps(timeline: EditionTimeline | None, glass: Glass) -> Iterator[Step]:
    """The review of an emergency look-up, from the day it ended."""
    if glass.outcome is not None:
        return
    last, basis = review_due(glass, timeline), None
    if timeline is not None and last is not None:
        edition, authority = timeline.on(glass.ended_on), shipped_defaults().break_glass.authority
        basis = counted(edition, authority, glass.ended_on, last)
    of = ("glass", glass.id, glass.uid, glass.subject, glass.state)
    yield Step("REVIEW_BREAK_GLASS", *of, glass.ended_on, last, basis, events=glass.events)


def erasure_steps(
    timeline: EditionTimeline | None, record: Step, entries: Sequence[Logged], erased: frozenset[int], on: date
) -> Iterator[Step]:
    """A closed record whose payload was kept as long as its class allows; `record` says which one it is.

    An entry whose payload was ordered to be erased has nothing left to order.
    """
    retention = Retention.CHECK if record.record_kind == "check" else Retention.CASE
    if timeline is None or record.state not in _CLOSED:
        return
    left = [entry for entry in entries if entry.sections and entry.index not in erased]
    edition = timeline.on(on)
    last = last_retention_day(edition, retention.value, max(entry.effective_on for entry in entries))
    if left and last is not None and edition.retention is not None and on > last:
        basis = Basis(edition.retention.authority, edition.id)
        yield replace(record, kind="ERASE", starts=day_after(last), basis=basis)
