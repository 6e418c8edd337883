"""Breaches from report to finding, appeals, corrections, and the records of authorities."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from ledger.clock import day_of
from ledger.commands.command import Change, Command, handles, require_subject
from ledger.commands.commitments import bearers
from ledger.domain.base import Sealed, day, require
from ledger.domain.breach import Breach, Windows
from ledger.domain.commitment import Commitment
from ledger.domain.values import Severity, SubjectKind
from ledger.records import conduct_value
from ledger.storage.events import IndexRow

if TYPE_CHECKING:
    from ledger.application import Ledger


def load(ledger: Ledger, command: Command) -> Breach:
    return ledger.load(Breach, command.data.breach_id, command.source)


def case_of(ledger: Ledger, breach: Breach) -> tuple[str, ...]:
    """Whom the case concerns, with the promisor of a commitment that its finding breaks."""
    if breach.commitment is None:
        return breach.case
    return (*breach.case, *bearers(ledger, ledger.load(Commitment, breach.commitment).promisor))


def change(ledger: Ledger, breach: Breach, index: tuple[IndexRow, ...] = ()) -> Change:
    return Change(breach, case_of(ledger, breach), breach.subject, index)


def _unit_at_time(ledger: Ledger, command: Command) -> str | None:
    """Looked up from the posts at `occurred_on`; a different one is refused (DOMAIN §4.1)."""
    data = command.data
    found = None
    if ledger.kind_of(data.subject_id) is SubjectKind.PERSON:
        found = ledger.unit_on(data.subject_id, day(data.occurred_on))
    fits = data.unit_at_time is None or ledger.relations().same(data.unit_at_time, found)
    require(fits, "unit-at-time-mismatch", "the posts say another unit for that day", "data.unit_at_time")
    return found


@handles("BreachReported")
def report(ledger: Ledger, command: Command) -> Change:
    data, act, actor = command.data, command.act, command.line.actor
    gone = ledger.relations().has_ended(data.subject_id, day(data.occurred_on))
    require(not gone, "unit-ended", "the unit had ended by then", "data.subject_id")
    breach = ledger.new(Breach)
    row = ledger.claim("breach", data.breach_id, breach.uid, command.source)
    unit = _unit_at_time(ledger, command)
    if data.commitment_id is not None:
        promisor = ledger.load(Commitment, data.commitment_id).promisor
        answering = (data.subject_id, unit if data.duty_related else None)
        theirs = any(ledger.relations().same(one, who) for one in bearers(ledger, promisor) for who in answering)
        require(theirs, "commitment-of-another", "somebody else made this commitment", "data.commitment_id")
    decided = data.conduct_id is not None and _decided_in(ledger, data.conduct_id, data.subject_id).holder is not None
    require(not decided, "conduct-decided", "this conduct was decided before (政务处分法 16)", "data.conduct_id")
    data = data.model_copy(update={"unit_at_time": unit})
    breach.report(data, act, ledger.policy.limitation_ends(day(data.occurred_on), act.on))
    # Who reported is known to DECIDER, REVIEWER and AUDITOR only: a fresh pseudonym, its owner itself (DESIGN §3).
    pseudonym = ledger.fresh_uid()
    who = {"id": actor.id} if actor.unit_id is None else {"id": actor.id, "unit": actor.unit_id}
    return Change(
        breach,
        case_of(ledger, breach),
        breach.subject,
        (row,),
        sections=(Sealed("reporter", who, pseudonym, "CASE"),),
        actor_id=pseudonym,
    )


@handles("ReportDeclined")
def decline(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    breach.decline(command.data, by_reporter=_by_reporter(ledger, command, breach))
    return change(ledger, breach)


@handles("BreachNotified")
def notify(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    breach.notify(
        command.data,
        by_reporter=_by_reporter(ledger, command, breach),
        earliest_reply_due=ledger.policy.breach_reply_due(command.act.on),
    )
    return change(ledger, breach)


@handles("BreachReplied")
def reply(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    require_subject(ledger, command, breach.subject)
    breach.reply(command.data, command.act)
    return change(ledger, breach)


@handles("ReplyLapsed")
def lapse(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    breach.lapse(command.data, command.act)
    return change(ledger, breach)


@dataclass(frozen=True, slots=True)
class _Conduct:
    """The case in which a conduct of somebody was decided, if any, and the records of it that were voided.

    `free` is the value under which the next decision claims it, None where another of this registration has it.
    """

    holder: str | None
    free: str | None
    voided: tuple[Breach, ...]


def _decided_in(ledger: Ledger, conduct: str, subject: str) -> _Conduct:
    """A voided record decided nothing: a new record of the same conduct takes its place (DOMAIN §4.2)."""
    voided: list[Breach] = []
    holders: list[str] = []
    free = None
    for registration in dict.fromkeys((subject, *ledger.relations().group(subject))):
        first = value = conduct_value(conduct, registration)
        while (holder := ledger.find("conduct", value)) is not None:
            breach = ledger.aggregate(Breach, holder)
            if breach.state != "VOIDED":
                holders.append(holder)
                break
            voided.append(breach)
            value = f"{first}\x00{holder}"
        if registration == subject:
            free = value if holder is None else None
    return _Conduct(next(iter(holders), None), free, tuple(voided))


def _conduct(ledger: Ledger, breach: Breach) -> tuple[bool, tuple[IndexRow, ...]]:
    """Whether the conduct was decided in another case, and the row that says it is decided now."""
    if breach.conduct is None:
        return False, ()
    found = _decided_in(ledger, breach.conduct, breach.subject)
    rows = () if found.free is None else (ledger.index_row("conduct", found.free, breach.uid),)
    return found.holder is not None, rows


def _at_most(ledger: Ledger, breach: Breach) -> Severity | None:
    """The mildest severity in force when a finding of this conduct was voided after an appeal.

    One that nobody appealed against is replaced by whatever the new hearing shows (DOMAIN §4.2).
    """
    voided = () if breach.conduct is None else _decided_in(ledger, breach.conduct, breach.subject).voided
    appealed = (before for before in voided if "BreachAppealed" in before.happened_on)
    found = [before.severity for before in appealed if before.severity is not None]
    return min(found, key=lambda severity: severity.rank, default=None)


def _hands(command: Command) -> list[str]:
    """Who acts, and whose hand it is as well by a delegation, named or not."""
    actor, delegator = command.act.actor, command.data.delegated_by
    return list(dict.fromkeys((actor.id, *filter(None, [delegator]), *sorted(actor.hands))))


def _by_reporter(ledger: Ledger, command: Command, breach: Breach) -> bool:
    """Whether the actor reported the case, under the caller's id or under the pseudonym: both are accepted."""
    actor = command.line.actor
    group = dict.fromkeys(one for hand in _hands(command) for one in ledger.relations().group(hand))
    names = dict.fromkeys((actor.id, *group, *(ref for one in group for ref in ledger.caller_ids(one))))
    if any(ledger.is_reporter(breach, replace(actor, id=name)) for name in names):
        return True
    reporter = None if len(group) == 1 else ledger.reporter_of(breach)
    return reporter is not None and ledger.actor_uid(reporter)[0] in group


@handles("BreachConfirmed")
def confirm(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    decided, rows = _conduct(ledger, breach)
    by_reporter = _by_reporter(ledger, command, breach)
    breach.confirm(
        command.data,
        command.act,
        by_reporter=by_reporter,
        conduct_decided=decided,
        at_most=_at_most(ledger, breach),
    )
    return change(ledger, breach, rows)


@handles("BreachDismissed")
def dismiss(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    _, rows = _conduct(ledger, breach)
    breach.dismiss(command.data, command.act, by_reporter=_by_reporter(ledger, command, breach))
    return change(ledger, breach, rows)


@handles("ClearanceNoticePublished")
def clear(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    breach.clear(command.data)
    return change(ledger, breach)


@handles("AuthorityRecordImported")
def take_over(ledger: Ledger, command: Command) -> Change:
    breach = ledger.new(Breach)
    row = ledger.claim("breach", command.data.breach_id, breach.uid, command.source)
    of_person = ledger.kind_of(command.data.subject_id) is SubjectKind.PERSON
    fits = of_person or command.data.unit_at_time is None
    require(fits, "unit-at-time-mismatch", "a finding about a unit is its own, never a link", "data.unit_at_time")
    breach.take_over(command.data, command.act)
    return change(ledger, breach, (row,))


@handles("AuthorityRecordRemoved")
def remove(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    breach.remove(command.data)
    return change(ledger, breach)


def _recorded_on(ledger: Ledger, breach: Breach) -> date | None:
    """The day (+08:00) on which the ledger recorded the finding."""
    entries = ledger.stream(breach.id, ledger.size)
    return next((day_of(entry.recorded_at) for entry in entries if entry.type == "BreachConfirmed"), None)


@handles("BreachAppealed")
def appeal(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    require_subject(ledger, command, breach.subject)
    windows = ledger.policy.windows(breach, command.act)
    breach.appeal(command.data, command.act, windows, _recorded_on(ledger, breach))
    return change(ledger, breach)


@handles("AppealDecided")
def decide_appeal(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    by_reporter = _by_reporter(ledger, command, breach)
    breach.decide_appeal(command.data, command.act, by_reporter=by_reporter)
    return change(ledger, breach)


def _type_named(ledger: Ledger, breach: Breach, named: int | str) -> str | None:
    """The type of the entry that a correction names, by its index or by its type; None where the record has none."""
    if named in breach.happened_on:
        return str(named)
    entries = ledger.stream(breach.id, ledger.size)
    return next((entry.type for entry in entries if str(entry.index) == str(named)), None)


def _made_statutory(ledger: Ledger, command: Command, breach: Breach) -> Windows | None:
    """The windows of a record that a correction would make one that bars by law; None where it does not."""
    before = {"record_kind": breach.record_kind, "list_code": breach.list_code}
    field, value = command.data.field, command.data.corrected_value
    bars = [ledger.policy.bars_by_law(**one) for one in (before, {**before, field: value}) if field in before]
    return ledger.policy.windows(breach, command.act) if bars == [False, True] else None


@handles("RecordCorrected")
def correct(ledger: Ledger, command: Command) -> Change:
    breach, data = load(ledger, command), command.data
    old_case = case_of(ledger, breach)
    ledger.policy.check_correction(data.field, data.corrected_value)
    if data.field == "unit_at_time" and data.corrected_value is not None:
        of_person = ledger.kind_of(breach.subject) is SubjectKind.PERSON
        require(of_person, "unit-at-time-mismatch", "a finding about a unit is its own, never a link", "data.field")
        unit = ledger.require_uid(data.corrected_value, (SubjectKind.UNIT,), "data.corrected_value")
        data = data.model_copy(update={"corrected_value": unit})
    by_reporter = _by_reporter(ledger, command, breach)
    breach.correct(
        data,
        by_reporter=by_reporter,
        target=_type_named(ledger, breach, data.target_event),
        act=command.act,
        made_statutory=_made_statutory(ledger, command, breach),
    )
    # A corrected unit moves both units' figures from now on.
    subjects = tuple(dict.fromkeys((*old_case, *case_of(ledger, breach))))
    return Change(breach, subjects, breach.subject)


@handles("RecordVoided")
def void(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    breach.void(command.data, by_reporter=_by_reporter(ledger, command, breach))
    return change(ledger, breach)
