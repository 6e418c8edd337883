"""Open steps: what is waited for in a record on a day, whose turn it is, and until when (DOMAIN §9).

Pure folds of dates: whoever asks later about an earlier day reads the same, whether or not anything was running then. A
DUTY is somebody's to do, a RIGHT somebody's to use, and what is AUTOMATIC comes about by its day alone. `starts` is the
first day of a step and `due` its last; an automatic step has the day on which it happens as both. `basis` is what set
the last day: without it the record itself says so, or nothing sets one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final, Protocol

from ledger.clock import day_after
from ledger.folds.breach import IN_FORCE, Breach
from ledger.folds.facts import finding_of, reads
from ledger.folds.repair import Repair
from ledger.reading import Logged
from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.deadlines import last_appeal_day, repair_decision_due
from ledger.rulebook.edition import Edition
from ledger.rulebook.parameters import Authority, Severity, Source
from ledger.rulebook.remedies import Period, RecordOf, Remedies, remedies_for
from ledger.rulebook.standing import weigh
from ledger.rulebook.windows import EditionTimeline
from projections.file_remedies import end_of, remedies_of, repair_of
from projections.file_view import FileView

_A_DAY: Final = timedelta(days=1)


class Nature(StrEnum):
    """Whose the step is to take, if anybody's."""

    DUTY = "DUTY"
    RIGHT = "RIGHT"
    AUTOMATIC = "AUTOMATIC"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of step: who takes it, and the types of the catalogue that end it."""

    nature: Nature
    roles: tuple[str, ...]
    awaits: tuple[str, ...] = ()


_DUTY, _RIGHT, _SELF = Nature.DUTY, Nature.RIGHT, Nature.AUTOMATIC
KINDS: Final = {
    "NOTIFY": Kind(_DUTY, ("DECIDER",), ("BreachNotified", "ReportDeclined")),
    "REPLY": Kind(_RIGHT, ("SUBJECT",), ("BreachReplied",)),
    "DECIDE": Kind(_DUTY, ("DECIDER",), ("BreachConfirmed", "BreachDismissed")),
    "REVIEW": Kind(_RIGHT, ("SUBJECT",), ("BreachAppealed",)),
    "APPEAL": Kind(_RIGHT, ("SUBJECT",), ("BreachAppealed",)),
    "OBJECTION": Kind(_RIGHT, ("SUBJECT",), ("BreachAppealed",)),
    "DECIDE_APPEAL": Kind(_DUTY, ("REVIEWER",), ("AppealDecided",)),
    "APPLY_FOR_REPAIR": Kind(_RIGHT, ("SUBJECT",), ("RepairApplied",)),
    "SUPPLY_REPAIR": Kind(_RIGHT, ("SUBJECT",), ("RepairApplied",)),
    "ACCEPT_REPAIR": Kind(_DUTY, ("CREDIT",), ("RepairAccepted", "RepairReturned")),
    "DECIDE_REPAIR": Kind(_DUTY, ("DECIDER", "CREDIT"), ("RepairApproved", "RepairRejected")),
    "WEIGHT_HALVES": Kind(_SELF, ("SYSTEM",)),
    "EXPIRES": Kind(_SELF, ("SYSTEM",)),
    "KEEP_PROMISE": Kind(_DUTY, ("SUBJECT",), ("CommitmentFulfilled", "CommitmentWaived", "CommitmentAmended")),
    "CONSENT_ENDS": Kind(_SELF, ("SYSTEM",)),
    "SANCTION_ENDS": Kind(_SELF, ("SYSTEM",), ("SanctionLifted",)),
    "LIFT_SANCTION": Kind(_DUTY, ("HR", "DECIDER"), ("SanctionLifted",)),
    "ANSWER_CHECK": Kind(_DUTY, ("HR",), ("PreDecisionNoticeSent", "EligibilityDecided")),
    "RESPOND": Kind(_RIGHT, ("SUBJECT",), ("CandidateResponded",)),
    "DECIDE_CHECK": Kind(_DUTY, ("HR",), ("EligibilityDecided",)),
    "NOTIFY_CHECK": Kind(_DUTY, ("HR",), ("EligibilityNotified",)),
    "DISPUTE_CHECK": Kind(_RIGHT, ("SUBJECT",), ("EligibilityDisputed",)),
    "REDETERMINE": Kind(_DUTY, ("HR",), ("EligibilityRedetermined",)),
    "FINALISE_CHECK": Kind(_DUTY, ("HR",), ("EligibilityFinalised",)),
    "ANSWER_DATA_REQUEST": Kind(_DUTY, ("DPO",), ("PersonalDataRequestAnswered",)),
    "FEEDBACK": Kind(_RIGHT, ("SUBJECT",)),
    "PUBLISH": Kind(_DUTY, ("ASSESSOR",), ("AssessmentPublished",)),
    "ANCHOR": Kind(_DUTY, ("SYSTEM",), ("AccessAnchored",)),
    "LOOK_SHOWN": Kind(_SELF, ("SYSTEM",)),
    "REVIEW_BREAK_GLASS": Kind(_DUTY, ("AUDITOR", "DPO"), ("BreakGlassReviewed",)),
    "ERASE": Kind(_DUTY, ("DPO",), ("ErasureOrdered",)),
}


@dataclass(frozen=True, slots=True)
class Basis:
    """What set a last day: the clause of an edition, and for working days the calendar they were counted by.

    `provisional`: the count rests on a year whose days nobody has published.
    """

    authority: Authority
    edition: str | None
    calendar: str | None = None
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One open step; `state` is how its record reads that day, `part` which repair of it is meant.

    `extendable_to`: the last day where the period may grow: by an extension, where a record's source has to be asked,
    or where a decision was known only when it was recorded.
    """

    kind: str
    record_kind: str
    record: str
    uid: str
    subject: str | None
    state: str
    starts: date
    due: date | None = None
    basis: Basis | None = None
    part: str | None = None
    severity: str | None = None
    requester: str | None = None
    events: tuple[int, ...] = ()
    extendable_to: date | None = None

    @property
    def nature(self) -> Nature:
        return KINDS[self.kind].nature

    def overdue(self, on: date) -> bool:
        """A duty past its last day; a right that passed is gone, and what is automatic has happened."""
        return self.nature is Nature.DUTY and self.due is not None and on > self.due


class _Stepping(Protocol):
    """Makes a step of the record at hand."""

    def __call__(self, kind: str, starts: date, due: date | None = None, basis: Basis | None = None) -> Step: ...


def counted(edition: Edition, authority: Authority, start: date, last: date) -> Basis:
    """A period in working days of an edition."""
    provisional = calendar_of(edition.calendar).is_provisional(start, last)
    return Basis(authority, edition.id, edition.calendar, provisional)


def case_steps(view: FileView, breach: Breach, entries: Sequence[Logged]) -> Iterator[Step]:
    """The steps of a case, its appeals and its repairs. `entries` are those known of its stream."""
    timeline, on = view.timeline, view.on
    state = reads(breach, timeline, on)

    def step(kind: str, starts: date, due: date | None = None, basis: Basis | None = None) -> Step:
        of = ("breach", breach.id, breach.uid, breach.subject, state)
        return Step(kind, *of, starts, due, basis, severity=breach.severity, events=breach.events)

    if state == "REPORTED":
        yield step("NOTIFY", breach.opened_on)
    elif state == "NOTIFIED" and breach.reply_due is not None:
        served = _newest(entries, "BreachNotified", on) or breach.opened_on
        edition = None if timeline is None else timeline.on(served)
        basis = None if edition is None else counted(edition, edition.notice.authority, served, breach.reply_due)
        yield step("REPLY", served, breach.reply_due, basis)
    elif state == "LAPSED" and breach.reply_due is not None:
        yield step("DECIDE", day_after(breach.reply_due))
    elif state == "REPLIED":
        yield step("DECIDE", _newest(entries, "BreachReplied", on) or breach.opened_on)
    elif state in IN_FORCE and breach.decision_on is not None:
        yield from _remedies(view, breach, state, step)
        yield from _passing(timeline, breach, on, step)
    for repair in breach.repairs:
        yield from _repair_steps(timeline, repair, step)


def _remedies(view: FileView, breach: Breach, state: str, step: _Stepping) -> Iterator[Step]:
    """What may be done against a finding in force, and who decides what was filed."""
    timeline, decided = view.timeline, breach.decision_on
    assert decided is not None
    if state == "APPEALED":
        appeal = breach.appeals[-1]
        found = step("DECIDE_APPEAL", appeal.filed_on, *_decided_by(timeline, appeal.route, appeal.filed_on))
        yield replace(found, extendable_to=_extendable_to(timeline, appeal.route, appeal.filed_on))
    for remedy in remedies_of(view, breach, state):
        last = None if remedy["until"] is None else date.fromisoformat(remedy["until"])
        basis = None if timeline is None or last is None else _filed_by(timeline, breach, decided, last)
        if remedy["route"] in KINDS:
            known = date.fromisoformat(remedy["known_until"]) if "known_until" in remedy else None
            grows = known is not None and last is not None and known > last
            yield replace(step(remedy["route"], decided, last, basis), extendable_to=known if grows else None)
    opens = repair_of(timeline, breach, state, view.on).get("repair_from")
    if opens is not None and timeline is not None and breach.severity is not None:
        expires = end_of(timeline, breach, state, view.on).get("expires_on")
        last = None if expires is None else date.fromisoformat(expires) - _A_DAY
        window = timeline.on(view.on).windows.of[Severity(breach.severity)]
        basis = Basis(window.authority, timeline.on(view.on).id)
        yield step("APPLY_FOR_REPAIR", date.fromisoformat(opens), last, basis)


def _decided_by(timeline: EditionTimeline | None, route: str, filed: date) -> tuple[date | None, Basis | None]:
    """The last day to decide what was filed."""
    row = _row_of(route)
    return remedy_period(timeline, row, row.step(route).decide, row.step(route).demonstration, filed)


def _extendable_to(timeline: EditionTimeline | None, route: str, filed: date) -> date | None:
    if timeline is None:
        return None
    return _row_of(route).step(route).extendable_to(filed, calendar_of(timeline.on(filed).calendar).add_working_days)


def _filed_by(timeline: EditionTimeline, breach: Breach, decided: date, last: date) -> Basis:
    """What set the last day of a remedy: the edition of the decision's day, or statute, after a review."""
    edition = timeline.on(decided)
    reviewed = any(appeal.decided_on is not None for appeal in breach.appeals)
    if not reviewed or last == last_appeal_day(edition, decided):
        return Basis(edition.notice.authority, edition.id)
    return Basis(remedies_for(RecordOf.ORGAN_DECISION).authority, None)


def _row_of(route: str) -> Remedies:
    return remedies_for(RecordOf.CREDIT_RECORD if route == "OBJECTION" else RecordOf.ORGAN_DECISION)


def remedy_period(
    timeline: EditionTimeline | None, row: Remedies, period: Period | None, demonstration: bool, start: date
) -> tuple[date | None, Basis | None]:
    """The last day of a period of the remedy table; working days are those of the edition in force when it starts."""
    if period is None:
        return None, None
    source = Source.DEMONSTRATION if demonstration else row.authority.source
    authority = Authority(row.authority.clause, None, source)
    if timeline is None:
        return None, None
    edition = timeline.on(start)
    last = period.last_day(start, calendar_of(edition.calendar).add_working_days)
    return last, counted(edition, authority, start, last) if period.unit == "working_days" else Basis(authority, None)


def _passing(timeline: EditionTimeline | None, breach: Breach, on: date, step: _Stepping) -> Iterator[Step]:
    """What becomes of a finding in force by its days alone."""
    if timeline is None:
        return
    finding = finding_of(breach)
    weight = weigh(finding, timeline, on)
    if on < weight.step.value < weight.maximum.value:
        edition = weight.step.edition
        halves = weight.step.value
        yield step("WEIGHT_HALVES", halves, halves, Basis(edition.time_factor.authority, edition.id))
    if finding.lasting:
        return
    ends, edition = weight.maximum.value, weight.maximum.edition
    basis: Basis | None = Basis(edition.windows.of[finding.severity].authority, edition.id)
    if breach.ends_on is not None and day_after(breach.ends_on) <= ends:
        ends, basis = day_after(breach.ends_on), None  # the record itself says so
    yield step("EXPIRES", ends, ends, basis)


def _repair_steps(timeline: EditionTimeline | None, repair: Repair, step: _Stepping) -> Iterator[Step]:
    """The steps of one repair that is open."""
    if repair.state == "APPLIED":
        found = step("ACCEPT_REPAIR", repair.applied_on)
    elif repair.state == "RETURNED":
        found = step("SUPPLY_REPAIR", repair.applied_on)
    elif repair.state in ("ACCEPTED", "PUBLICISED") and repair.accepted_on is not None:
        found = step("DECIDE_REPAIR", repair.accepted_on, *_repair_due(timeline, repair, repair.accepted_on))
    else:
        return
    yield replace(found, part=repair.id, events=repair.events)


def _repair_due(timeline: EditionTimeline | None, repair: Repair, accepted: date) -> tuple[date | None, Basis | None]:
    """The day that the acceptance named; the rulebook's where it named none."""
    if timeline is None:
        return repair.due_on, None
    edition = timeline.on(accepted)
    last = repair.due_on or repair_decision_due(edition, accepted)
    return last, counted(edition, edition.notice.authority, accepted, last)


def _newest(entries: Sequence[Logged], type_: str, on: date) -> date | None:
    """The day of the newest entry of a type that counts by a day."""
    days = [entry.effective_on for entry in entries if entry.type == type_ and entry.effective_on <= on]
    return max(days, default=None)
