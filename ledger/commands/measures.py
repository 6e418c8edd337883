"""Measures adopted and retired, applied because of a record, and lifted."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from ledger.clock import day_of
from ledger.commands.command import Change, Command, handles
from ledger.commands.commitments import bearers
from ledger.domain.base import require
from ledger.domain.breach import STANDING, Breach
from ledger.domain.commitment import Commitment
from ledger.domain.identifiers import check_uscc
from ledger.domain.measure import Application, Cause, Measure, application_key
from ledger.domain.values import SubjectKind
from ledger.errors import Invalid, Refused
from ledger.mapper import logged
from ledger.reading import Logged
from ledger.rulebook.facts import RecordKind
from ledger.rulebook.measures import Of, Trigger, shipped_bases

if TYPE_CHECKING:
    from ledger.application import Ledger

APPLIED: Final = "application"  # the field of the blind index in which an application stands
# The kind of a cause: the kind of its caller's id, and the types of the entries that are one.
_CAUSES: Final = {
    Of.FINDING: ("breach", ("BreachConfirmed", "AuthorityRecordImported")),
    Of.COMMITMENT: ("commitment", ("CommitmentFulfilled",)),
    Of.REPAIR: ("repair", ("RepairApproved",)),
}


@handles("MeasureAdopted")
def adopt(ledger: Ledger, command: Command) -> Change:
    data, bases = command.data, shipped_bases()
    _check_code(data.department_uscc)
    holder = ledger.holder("uscc", data.department_uscc)
    unit = holder is not None and ledger.kind_of(holder) is SubjectKind.UNIT
    gone = unit and ledger.relations().has_ended(str(holder), command.act.on)
    require(not gone, "unit-ended", "the unit had ended by then", "data.department_uscc")
    trigger = bases.triggers.get(data.trigger)
    kinds = () if trigger is None else trigger.record_kinds
    basis = bases.basis_of(data.kind, data.effect, data.legal_basis, kinds)
    measure = ledger.new(Measure)
    row = ledger.claim("measure", data.measure_id, measure.uid, command.source)
    measure.adopt(
        data,
        command.act,
        department=holder if unit else None,
        force=None if basis is None else basis.force.value,
        triggers=trigger is not None and trigger.kind.value == data.kind,
    )
    return Change(measure, (), measure.uid, (row,))


@handles("MeasureRetired")
def retire(ledger: Ledger, command: Command) -> Change:
    measure = _load(ledger, command)
    measure.retire(command.data, command.act)
    return Change(measure, (), measure.uid)


@handles("MeasureApplied")
def apply(ledger: Ledger, command: Command) -> Change:
    data, measure = command.data, _load(ledger, command)
    free = data.measure_uid is None and data.cause_uid is None
    require(free, "computed-by-ledger", "the ledger finds the streams of measure and cause", "data.cause_uid")
    trigger = shipped_bases().triggers[measure.trigger]
    cause = _cause_of(ledger, command, trigger, _entry_of(ledger, command, trigger))
    data = data.model_copy(
        update={
            "subject_id": cause.subject,
            "cause_event": str(cause.index),
            "measure_uid": measure.uid,
            "cause_uid": cause.uid,
        }
    )
    application = ledger.new(Application)
    key = application_key({"measure_uid": measure.uid, "cause_event": data.cause_event})
    row = ledger.index_row(APPLIED, key, application.uid)
    application.put_into_force(data, command.act, measure, cause, recorded_on=_recorded_on(ledger, measure))
    return Change(application, (cause.subject,), cause.subject, (row,))


@handles("MeasureLifted")
def lift(ledger: Ledger, command: Command) -> Change:
    data, measure = command.data, _load(ledger, command)
    entry = _entry_of(ledger, command, shipped_bases().triggers[measure.trigger])
    uid = ledger.find(APPLIED, application_key({"measure_uid": measure.uid, "cause_event": str(entry.index)}))
    application = None if uid is None else ledger.aggregate(Application, uid)
    if application is None or not ledger.relations().same(application.subject, data.subject_id):
        raise Refused("the measure was not applied to this subject for that", code="unknown-application")
    found = {"subject_id": application.subject, "cause_event": str(entry.index)}
    application.lift(data.model_copy(update=found), command.act, measure)
    return Change(application, (application.subject,), application.subject)


def _check_code(code: str) -> None:
    try:
        check_uscc(code)
    except Invalid as error:
        error.field = "data.department_uscc"
        raise


def _load(ledger: Ledger, command: Command) -> Measure:
    return ledger.load(Measure, command.data.measure_id, command.source)


def _recorded_on(ledger: Ledger, measure: Measure) -> date:
    """The day (+08:00) on which the ledger recorded the adoption."""
    return day_of(ledger.stream(measure.id, ledger.size)[0].recorded_at)


def _entry_of(ledger: Ledger, command: Command, trigger: Trigger) -> Logged:
    """The entry that a line names as the cause: by its index, or by the id of its record.

    An id may look like an index. Where each would do and they are not the same entry, nothing is guessed.
    """
    ref, where = command.data.cause_event, "data.cause_event"
    at, of_record = _entry_at(ledger, ref), _entry_of_record(ledger, command, trigger)
    by_index = at if at is not None and at.type in _CAUSES[trigger.of][1] else None
    one = by_index is None or of_record is None or by_index.index == of_record.index
    require(
        one, "ambiguous-cause", "an entry and a record of that name: name the entry or record meant otherwise", where
    )
    entry = of_record or by_index
    require(entry is not None or at is None, "trigger-not-met", "no entry of that type", where)
    if entry is None:
        raise Refused("no such record, or nothing of it is a cause yet", code="unknown-cause", field=where)
    return entry


def _entry_at(ledger: Ledger, ref: str) -> Logged | None:
    """The entry of an index in its one decimal form, if that is what a name is and there is one."""
    index = int(ref) if ref.isascii() and ref.isdigit() and len(ref) < 16 else None
    known = index is not None and str(index) == ref and index < ledger.size
    return logged(ledger.store.entry(index)) if index is not None and known else None


def _entry_of_record(ledger: Ledger, command: Command, trigger: Trigger) -> Logged | None:
    ref, (kind, types) = command.data.cause_event, _CAUSES[trigger.of]
    uid = ledger.uid(kind, ref, command.source or None)
    stream = "" if uid is None else f"{Commitment.KIND if kind == Commitment.KIND else Breach.KIND}/{uid}"
    found = [one for one in ledger.stream(stream, ledger.size) if one.type in types] if stream else []
    own = [one for one in found if kind != "repair" or one.data["repair_id"] == ref]
    return own[-1] if own else None


def _cause_of(ledger: Ledger, command: Command, trigger: Trigger, entry: Logged) -> Cause:
    """The cause on the days of the act."""
    if trigger.of is Of.COMMITMENT:
        return _commitment(ledger, command, entry)
    breach = ledger.aggregate(Breach, entry.uid)
    named = ledger.relations().same(breach.subject, command.data.subject_id)
    if trigger.of is Of.REPAIR:
        return _repair(ledger, breach, entry, named)
    act = command.act
    assert breach.severity is not None
    assert breach.decision_on is not None
    assert breach.found_on is not None
    disputed = breach.state == "APPEALED"
    in_force = disputed or breach.state in STANDING
    over = breach.is_over(act, ledger.policy.windows(breach, act))
    return Cause(
        index=entry.index,
        uid=breach.uid,
        subject=breach.subject,
        named=named,
        kind=ledger.kind_of(breach.subject),
        since=breach.found_on,
        decided_on=breach.decision_on,
        standing=in_force and not over,
        disputed=disputed,
        meets=trigger.meets(breach.record_kind or RecordKind.LOCAL.value, breach.severity.value),
    )


def _repair(ledger: Ledger, breach: Breach, entry: Logged, named: bool) -> Cause:
    repair, since = entry.data["repair_id"], entry.effective_on
    return Cause(
        index=entry.index,
        uid=breach.uid,
        subject=breach.subject,
        named=named,
        kind=ledger.kind_of(breach.subject),
        since=since,
        decided_on=since,
        standing=breach.repairs[repair] == "APPROVED",
        disputed=False,
        meets=True,
    )


def _commitment(ledger: Ledger, command: Command, entry: Logged) -> Cause:
    """A promise of a unit that ended was kept by its successor, if that is who is named."""
    commitment, named = ledger.aggregate(Commitment, entry.uid), command.data.subject_id
    bearing = [one for one in bearers(ledger, commitment.promisor) if ledger.relations().same(one, named)]
    subject = bearing[-1] if bearing else commitment.promisor
    return Cause(
        index=entry.index,
        uid=commitment.uid,
        subject=subject,
        named=bool(bearing),
        kind=ledger.kind_of(subject),
        since=entry.effective_on,
        decided_on=entry.effective_on,
        standing=commitment.closed == "FULFILLED",
        disputed=False,
        meets=entry.effective_on <= commitment.due_on,
    )
