"""Measures on a day: what a department adopted, and what was applied to a subject because of a record.

An application ends by itself: with its cause (repaired, removed, over, void, or no longer such that the measure answers
it), with the measure, or by being lifted, whichever comes first. A finding that is void ends it on its very first day;
a repair that is revoked brings it back. Nothing of this is an entry, so no outage leaves a measure in force. While an
appeal against the cause is open, what a statute orders stands and everything else is off (DOMAIN §1.3). No figure reads
any of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ledger.clock import day_after
from ledger.folds.breach import Breach
from ledger.folds.facts import Records, finding_of
from ledger.folds.order import CORRECTION, in_legal_order, until
from ledger.folds.source import Source
from ledger.reading import Logged
from ledger.rulebook.measures import Force, Of, Trigger, shipped_bases
from ledger.rulebook.standing import weigh
from ledger.rulebook.windows import EditionTimeline

ADOPTED: Final = "MeasureAdopted"
RETIRED: Final = "MeasureRetired"
APPLIED: Final = "MeasureApplied"
NOT_ENDED: Final = frozenset({"IN_FORCE", "SUSPENDED"})


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure on a day. `department` is the unit it is of, `ended_on` the first day on which it is no more."""

    id: str
    uid: str
    kind: str
    domain: str
    department: str
    department_uscc: str
    trigger: str
    effect: str
    force: str
    subject_kinds: tuple[str, ...]
    legal_basis: tuple[str, ...]
    adopted_on: date
    starts_on: date
    ends_on: date | None = None
    retired_on: date | None = None
    retired_by: int | None = None
    events: tuple[int, ...] = ()

    @property
    def ended_on(self) -> date | None:
        days = [self.retired_on, None if self.ends_on is None else day_after(self.ends_on)]
        return min((day for day in days if day is not None), default=None)

    def state(self, on: date) -> str:
        """IN_FORCE from its first day to its last, PENDING before, RETIRED from its retirement or its end on."""
        if self.ended_on is not None and self.ended_on <= on:
            return "RETIRED"
        return "PENDING" if on < self.starts_on else "IN_FORCE"


@dataclass(frozen=True, slots=True)
class Applied:
    """One measure as it was applied to one subject. `cause` is the entry it answers, `record` the id of that record.

    `state` is IN_FORCE, SUSPENDED (its cause is under appeal), LIFTED, ENDED_WITH_CAUSE or RETIRED; of one that ended
    `ended_on` is the first day without it and `ended_by` the entry, None where a date alone ended it.
    """

    measure: Measure
    uid: str
    stream: str
    subject: str
    cause: int
    cause_uid: str
    applied_on: date
    record: str | None = None
    state: str = "IN_FORCE"
    ended_on: date | None = None
    ended_by: int | None = None
    lift_reason: str | None = None
    events: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _End:
    """What ended an application, or would."""

    state: str
    on: date
    by: int | None = None


def fold_measure(entries: Sequence[Logged], on: date) -> Measure | None:
    """The measure on a day, None before it was adopted. `entries` are those known, of one stream."""
    measure: Measure | None = None
    for entry in until(in_legal_order(entries), on):
        if entry.type == ADOPTED and measure is None:
            measure = _adopted(entry)
        elif entry.type == RETIRED and measure is not None and measure.retired_on is None:
            events = (*measure.events, entry.index)
            measure = replace(measure, retired_on=entry.effective_on, retired_by=entry.index, events=events)
    return measure


def _adopted(entry: Logged) -> Measure:
    data = entry.data
    return Measure(
        id=data["measure_id"],
        uid=entry.uid,
        kind=data["kind"],
        domain=data["domain"],
        department=data["department_id"],
        department_uscc=data["department_uscc"],
        trigger=data["trigger"],
        effect=data["effect"],
        force=data["force"],
        subject_kinds=tuple(data["subject_kinds"]),
        legal_basis=tuple(data["legal_basis"]),
        adopted_on=entry.effective_on,
        starts_on=date.fromisoformat(data["from"]),
        ends_on=None if data.get("to") is None else date.fromisoformat(data["to"]),
        events=(entry.index,),
    )


def catalogue(source: Source, on: date, size: int) -> list[Measure]:
    """Every measure that was adopted by a day, in the order of the log."""
    streams: dict[str, list[Logged]] = {}
    for type_ in (ADOPTED, RETIRED):
        for entry in source.by_type(type_, size):
            streams.setdefault(entry.stream, []).append(entry)
    return [measure for entries in streams.values() if (measure := fold_measure(entries, on)) is not None]


def measures_of(
    source: Source, records: Records, timeline: EditionTimeline | None, on: date, size: int
) -> list[Applied]:
    """What was applied to a subject by a day, in the order of the log. `records` are the subject's, on that day."""
    found = []
    for stream, entries in records.entries.items():
        opening = entries[0]
        if not is_applied_to(opening, records.subject):
            continue
        measure = fold_measure(source.stream(f"measure/{opening.data['measure_uid']}", size), on)
        applied = None if measure is None else _fold(until(in_legal_order(entries), on), measure, stream)
        if applied is not None:
            found.append(_on(applied, records, timeline, on))
    return found


def is_applied_to(opening: Logged, subject: str) -> bool:
    """Whether a record, by its first entry, is the application of a measure to a subject."""
    return opening.type == APPLIED and opening.data["subject_id"] == subject


def _fold(entries: Sequence[Logged], measure: Measure, stream: str) -> Applied | None:
    """What its own entries say."""
    applied: Applied | None = None
    for entry in entries:
        data = entry.data
        if entry.type == APPLIED and applied is None:
            applied = Applied(
                measure=measure,
                uid=entry.uid,
                stream=stream,
                subject=data["subject_id"],
                cause=int(data["cause_event"]),
                cause_uid=data["cause_uid"],
                applied_on=entry.effective_on,
                events=(entry.index,),
            )
        elif entry.type == "MeasureLifted" and applied is not None and applied.lift_reason is None:
            applied = replace(
                applied,
                ended_on=entry.effective_on,
                ended_by=entry.index,
                lift_reason=data["reason"],
                events=(*applied.events, entry.index),
            )
    return applied


def _on(applied: Applied, records: Records, timeline: EditionTimeline | None, on: date) -> Applied:
    """The application on a day: the first of what ended it, else whether it is suspended."""
    measure, of = applied.measure, shipped_bases().triggers[applied.measure.trigger].of
    ends = [] if applied.ended_on is None else [_End("LIFTED", applied.ended_on, applied.ended_by)]
    if measure.ended_on is not None and measure.ended_on <= on:
        by = measure.retired_by if measure.ended_on == measure.retired_on else None
        ends.append(_End("RETIRED", measure.ended_on, by))
    breach = next((one for one in records.breaches if one.uid == applied.cause_uid), None)
    kept = next((one for one in records.commitments if one.uid == applied.cause_uid), None)
    if of is Of.COMMITMENT and kept is not None:
        applied = replace(applied, record=kept.id)
    elif of is not Of.COMMITMENT and breach is not None:
        applied = replace(applied, record=_record_of(breach, applied, of))
        ends += (
            _ends_of_repair(applied, breach)
            if of is Of.REPAIR
            else _ends_of_finding(applied, breach, records, timeline, on)
        )
    else:
        ends.append(_End("ENDED_WITH_CAUSE", applied.applied_on))  # without a cause there is no measure
    if ends:
        first = min(ends, key=lambda end: end.on)
        ended_on = max(first.on, applied.applied_on)  # nothing ends before it began
        return replace(applied, state=first.state, ended_on=ended_on, ended_by=first.by)
    disputed = of is Of.FINDING and breach is not None and breach.state == "APPEALED"
    return replace(applied, state="SUSPENDED") if disputed and measure.force != Force.STATUTORY else applied


def _record_of(breach: Breach, applied: Applied, of: Of) -> str:
    repairs = [repair.id for repair in breach.repairs if applied.cause in repair.events]
    return repairs[0] if of is Of.REPAIR and repairs else breach.id


def _ends_of_repair(applied: Applied, breach: Breach) -> Iterator[_End]:
    """What a repair earned goes with its revocation, and with nothing else."""
    for repair in breach.repairs:
        if applied.cause in repair.events and repair.state == "REVOKED" and repair.decided_on is not None:
            yield _End("ENDED_WITH_CAUSE", repair.decided_on, repair.events[-1])


def _ends_of_finding(
    applied: Applied, breach: Breach, records: Records, timeline: EditionTimeline | None, on: date
) -> Iterator[_End]:
    """What made a finding stop being one that the measure answers. An open appeal does not."""
    with_cause, trigger = "ENDED_WITH_CAUSE", shipped_bases().triggers[applied.measure.trigger]
    if breach.state == "OVERTURNED" or not breach.found:
        yield _End(with_cause, applied.applied_on, breach.void_by)
        return
    over = _over_on(breach, timeline, on)
    if over is not None and over <= on:
        yield _End(with_cause, over)
    repaired, revoked = (_newest(breach, records, type_) for type_ in ("RepairApproved", "RepairRevoked"))
    if repaired is not None and (revoked is None or revoked.index < repaired.index):
        yield _End(with_cause, repaired.effective_on, repaired.index)
    removed = _newest(breach, records, "AuthorityRecordRemoved")
    if removed is not None:
        yield _End(with_cause, removed.effective_on, removed.index)
    if breach.severity is not None and not trigger.meets(breach.record_kind, breach.severity):
        yield _no_longer_met(applied, breach, records, trigger)


def _no_longer_met(applied: Applied, breach: Breach, records: Records, trigger: Trigger) -> _End:
    """A correction holds from the start; a milder decision on an appeal from its own day on."""
    varied = [one for one in breach.appeals if one.outcome == "VARIED"]
    if breach.record_kind in trigger.record_kinds and varied and varied[-1].decided_on is not None:
        return _End("ENDED_WITH_CAUSE", varied[-1].decided_on, varied[-1].events[-1])
    correction = _newest(breach, records, CORRECTION)
    return _End("ENDED_WITH_CAUSE", applied.applied_on, None if correction is None else correction.index)


def _newest(breach: Breach, records: Records, type_: str) -> Logged | None:
    """The newest of the breach's entries of a type that count on the day."""
    counting = set(breach.events)
    entries = (one for one in records.entries[breach.stream] if one.type == type_ and one.index in counting)
    return max(entries, key=lambda one: (one.effective_on, one.index), default=None)


def _over_on(breach: Breach, timeline: EditionTimeline | None, on: date) -> date | None:
    """The first day on which a finding reads EXPIRED; None where it never does."""
    finding = finding_of(breach)
    if timeline is None or finding.lasting:
        return None
    days = [weigh(finding, timeline, on).maximum.value]
    if breach.ends_on is not None:
        days.append(day_after(breach.ends_on))
    return min(days)
