"""Deadlines: every open step of a subject, a unit or the whole ledger on a day, as known at a size (DOMAIN §9).

They are computed on read from entries and dates, so a list is the same whether or not the ledger was running when a day
passed; timers write what a list already says. Who may see which step is DOMAIN §8: whoever does not see a record sees
no step of it. A step whose last day rests on a year that no published calendar covers is `provisional`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from ledger.clock import day_after, day_of
from ledger.domain.subject import post_of, unit_of
from ledger.folds.assessment import fold_assessment
from ledger.folds.breach import fold_breach
from ledger.folds.break_glass import fold_glass
from ledger.folds.check import check_on
from ledger.folds.commitment import REORGANISATION, fold_commitment
from ledger.folds.consent import fold_consent
from ledger.folds.data_request import fold_data_request
from ledger.folds.facts import Records, over_by, reads
from ledger.folds.order import records_of
from ledger.folds.sanction import sanctions_of
from ledger.reading import Logged
from ledger.rulebook.calendar import LONGEST_COUNTED_DAYS, calendar_of
from ledger.rulebook.windows import EditionTimeline
from projections.deadline_records import (
    assessment_steps,
    check_steps,
    consent_steps,
    data_request_steps,
    erasure_steps,
    glass_steps,
    look_steps,
    promise_steps,
    sanction_steps,
)
from projections.deadline_steps import KINDS, Step, case_steps
from projections.file_view import FileView, iso
from projections.reader import Reader, registered, timeline_if_any
from projections.visibility import Column, Sight, column_of, row_of, sight

Streams = dict[str, list[Logged]]
_FOLDED: Final = frozenset(
    {"breach", "commitment", "check", "consent", "assessment", "subject", "glass", "data-request"}
)
_NAMED: Final = frozenset({"SUBJECT", "UNIT_HEAD", "AUDITOR"})  # who reads callers' ids in a list
_ANCHORED: Final = "AccessAnchored"
_IMPOSED: Final = "SanctionImposed"
_ASSIGNED: Final = "PostAssigned"
_BESIDE: Final = ""  # a stream of no kind
_NOTHING: Final = Records("", (), (), (), (), (), (), {})
_OWN_ONLY: Final = frozenset({"SUBJECT", "UNIT_HEAD"})
HIDDEN_LOOKS: Final = frozenset({"AUDITOR", "DPO"})  # who knows of a look before its subject does
# Whose lists have steps of a kind of record; those of cases follow the table of DOMAIN §8.
_READ_BY: Final = {
    "commitment": frozenset({"SUBJECT", "UNIT_HEAD", "HR", "CREDIT", "AUDITOR", "DPO"}),
    "check": frozenset({"SUBJECT", "HR", "AUDITOR"}),
    "consent": frozenset({"SUBJECT", "AUDITOR"}),
    "data-request": frozenset({"SUBJECT", "AUDITOR", "DPO"}),
    "subject": frozenset({"SUBJECT", "HR", "CREDIT", "DECIDER", "REVIEWER", "AUDITOR", "DPO"}),
    "assessment": frozenset({"SUBJECT", "UNIT_HEAD", "ASSESSOR", "DECIDER", "REVIEWER", "AUDITOR"}),
    "ledger": frozenset({"AUDITOR"}),
    "glass": frozenset({"SUBJECT", "AUDITOR", "DPO"}),
    "look": HIDDEN_LOOKS,
}
_KEPT_TOO_LONG: Final = frozenset({"DPO", "AUDITOR"})


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, for steps of whom: a subject's own, those of a role, or all that the viewer may see.

    `viewer_uid` is the person who asks: nobody but a SUBJECT is shown steps of a record about themselves, under any of
    their registrations. `unit` are the pseudonyms of the viewer's unit and of all it stands for: HR sees the checks
    that they requested, the sanctions that they imposed and those of their people. `streams` are those that may hold
    one of the role's steps, where somebody knows (`projections.turns`); `looks` those at the subject, of the log of
    looks.
    """

    viewer: str = "AUDITOR"
    subject: str | None = None
    role: str | None = None
    unit: frozenset[str] = frozenset()
    viewer_uid: str | None = None
    streams: Sequence[str] | None = None
    looks: Sequence[Logged] = ()


def deadlines(reader: Reader, *, as_of: date, as_known: int, asked: Asked) -> dict[str, Any]:
    """`{"as_of", "as_known", "size", "viewer", "subject"?, "role"?, "deadlines": […], "overdue", "provisional"}`.

    `NotFound` with code `unknown-subject` for a subject that was not registered then.
    """
    column_of(asked.viewer)
    whose = None if asked.subject is None else registered(reader, asked.subject, as_known)
    steps = steps_of(reader, as_of, as_known, None if whose is None else whose.uid, asked.streams)
    if whose is not None:
        steps += look_steps(whose.uid, asked.looks, as_of)
    viewer = asked.viewer_uid
    own = frozenset() if viewer is None else frozenset(reader.registrations(viewer, reader.size))
    kinds: dict[str, str] = {}
    rows = [
        row_of_step(reader, step, as_of, named=asked.viewer in _NAMED, kind=_own_kind(reader, step, as_known, kinds))
        for step in steps
        if _for(asked, step) and _seen(reader, asked, step, own, as_of, as_known, kinds)
    ]
    rows.sort(key=lambda row: (row["due"] is None, row["due"] or "", row["from"], row["uid"], row["kind"]))
    return {
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        "viewer": asked.viewer,
        **({} if whose is None else {"subject": reader.caller_id(whose.uid), "subject_uid": whose.uid}),
        **({} if asked.role is None else {"role": asked.role}),
        "deadlines": rows,
        "overdue": sum(row["state"] == "OVERDUE" for row in rows),
        "provisional": any(row["provisional"] for row in rows),
    }


def people_of(reader: Reader, answer: Mapping[str, Any]) -> list[str]:
    """The persons among the subjects of a list, whom it was asked for included; pseudonyms, sorted. Reading the list is
    a look at them."""
    kinds: dict[str, str] = {}
    named = {str(row["subject_uid"]) for row in answer["deadlines"] if row["subject_uid"] is not None}
    named |= {str(answer["subject_uid"])} if "subject_uid" in answer else set()
    return [uid for uid in sorted(named) if _kind(reader, uid, int(answer["size"]), kinds) == "PERSON"]


# Which steps there are.


def steps_of(
    reader: Reader, on: date, size: int, subject: str | None = None, among: Sequence[str] | None = None
) -> list[Step]:
    """Every open step about a subject (a pseudonym), in these streams, or in the whole ledger."""
    timeline = timeline_if_any(reader, size, on)
    if subject is not None:
        streams = records_of(reader, subject, size)
    else:
        streams = _whole(reader, size) if among is None else _among(reader, among, size)
    ordered = [entry for stream in streams.values() for entry in stream if entry.type == "ErasureOrdered"]
    erased = frozenset(target["index"] for order in ordered for target in order.data["targets"])
    moves = [entry for stream in streams.values() for entry in stream if entry.type == REORGANISATION]
    steps: list[Step] = []
    for stream, entries in streams.items():
        found = _of_stream(reader, timeline, stream, entries, moves, erased, on, size)
        about = (_about(reader, step, size) for step in found)
        steps += [step for step in about if subject in (None, step.subject)]
    imposed = [entry for entries in streams.values() for entry in entries if entry.type == _IMPOSED]
    for person in dict.fromkeys(reader.survivor(entry.stream.partition("/")[2], size) for entry in imposed):
        if subject in (None, person):
            steps += sanction_steps(person, sanctions_of(reader, person, on, size), on)
    return steps if subject is not None else [*steps, *_anchoring(reader, on, size)]


def _about(reader: Reader, step: Step, size: int) -> Step:
    """The step under the registration that stands for its subject, where two were merged."""
    whose = None if step.subject is None else reader.survivor(step.subject, size)
    return step if whose == step.subject else replace(step, subject=whose)


def _whole(reader: Reader, size: int) -> Streams:
    streams: Streams = {}
    for entry in reader.logged(0, size):
        if entry.kind in _FOLDED or entry.type in ("ErasureOrdered", REORGANISATION):
            streams.setdefault(entry.stream, []).append(entry)
    return streams


def _among(reader: Reader, named: Sequence[str], size: int) -> Streams:
    """Some streams, and what is said elsewhere that bears on them."""
    streams = {stream: list(reader.stream(stream, size)) for stream in named}
    beside = list(reader.by_type(REORGANISATION, size))
    return {stream: entries for stream, entries in streams.items() if entries} | {_BESIDE: beside}


def _of_stream(
    reader: Reader,
    timeline: EditionTimeline | None,
    stream: str,
    entries: list[Logged],
    moves: list[Logged],
    erased: frozenset[int],
    on: date,
    size: int,
) -> Iterator[Step]:
    kind, _, uid = stream.partition("/")
    if kind == "breach":
        breach = fold_breach(entries, on, over=over_by(timeline))
        if breach is not None:
            view = FileView(reader, _NOTHING, timeline, on, Column.PERSON, False)
            yield from case_steps(view, breach, entries)
            record = Step(
                "", kind, breach.id, uid, breach.subject, reads(breach, timeline, on), on, severity=breach.severity
            )
            yield from erasure_steps(timeline, record, entries, erased, on)
    elif kind == "commitment":
        commitment = fold_commitment(entries, on, moves)
        yield from () if commitment is None else promise_steps(commitment)
    elif kind == "check":
        check = check_on(reader, entries, size, on)
        if check is not None:
            yield from check_steps(timeline, check, entries)
            record = Step("", kind, check.id, uid, check.subject, check.state, on, requester=check.requester)
            yield from erasure_steps(timeline, record, entries, erased, on)
    elif kind == "consent":
        consent = fold_consent(entries, on)
        yield from () if consent is None else consent_steps(consent, on)
    elif kind == "data-request":
        request = fold_data_request(entries, on)
        if request is not None:
            yield from data_request_steps(timeline, request)
            record = Step("", kind, request.id, uid, request.subject, request.state, on)
            yield from erasure_steps(timeline, record, entries, erased, on)
    elif kind == "glass":
        glass = fold_glass(entries, on)
        if glass is not None:
            yield from glass_steps(timeline, glass)
            record = Step("", kind, glass.id, uid, glass.subject, glass.state, on)
            yield from erasure_steps(timeline, record, entries, erased, on)
    elif kind == "assessment":
        assessment = fold_assessment(entries, on)
        if assessment is not None:
            yield from assessment_steps(reader, timeline, assessment, entries, on, size)


def _anchoring(reader: Reader, on: date, size: int) -> Iterator[Step]:
    """The access log is anchored in the ledger once a day."""
    anchored = [entry for entry in reader.by_type(_ANCHORED, size) if day_of(entry.recorded_at) <= on]
    if anchored:
        newest = anchored[-1]
        due = day_after(day_of(newest.recorded_at))
        yield Step("ANCHOR", newest.kind, newest.uid, newest.uid, None, "ACTIVE", due, due, events=(newest.index,))


# Who sees which of them.


def _for(asked: Asked, step: Step) -> bool:
    return asked.role is None or asked.role in KINDS[step.kind].roles


def _seen(
    reader: Reader, asked: Asked, step: Step, own: frozenset[str], on: date, size: int, kinds: dict[str, str]
) -> bool:
    """Whether this viewer may know of a step; `own` are the viewer's own registrations, and `kinds` remembers what
    kinds of subjects there are."""
    viewer, subject = asked.viewer, step.subject
    if viewer in _OWN_ONLY and (asked.subject is None or subject is None):
        return False
    if viewer != "SUBJECT" and subject in own:
        return False
    if step.kind == "ERASE":
        return viewer in _KEPT_TOO_LONG
    if step.record_kind != "breach":
        return viewer in _READ_BY[step.record_kind] and (viewer != "HR" or _of_hr(reader, asked.unit, step, on, size))
    of_unit = _kind(reader, str(subject), size, kinds) == "UNIT"
    column = column_of(viewer)
    if column is Column.PUBLIC:
        return False
    return sight(column, row_of(step.state, step.severity, of_unit=of_unit)) is not Sight.NOTHING


def _of_hr(reader: Reader, units: frozenset[str], step: Step, on: date, size: int) -> bool:
    """Whether a step is one of the HR of these units: of a check that they requested, of a sanction of whoever has a
    post there on the day or that they imposed; others are not told apart."""
    if step.record_kind == "check":
        return step.requester in units
    if step.record_kind != "subject":
        return True
    person = str(step.subject)
    own = f"subject/{person}"
    posts = [
        post_of(entry.data) for entry in reader.history(person, size) if entry.stream == own and entry.type == _ASSIGNED
    ]
    imposed = next(reader.logged(step.events[0], step.events[0] + 1))
    return not units.isdisjoint({unit_of(posts, on), imposed.actor.get("unit")})


def _kind(reader: Reader, subject: str, size: int, kinds: dict[str, str]) -> str:
    if subject not in kinds:
        registration = next(iter(reader.stream(f"subject/{subject}", size)), None)
        kinds[subject] = "" if registration is None else str(registration.data["kind"])
    return kinds[subject]


def _own_kind(reader: Reader, step: Step, size: int, kinds: dict[str, str]) -> str | None:
    """The kind of subject whose own turn a step is; None where it is somebody else's."""
    own = step.subject is not None and "SUBJECT" in KINDS[step.kind].roles
    return _kind(reader, str(step.subject), size, kinds) or None if own else None


def row_of_step(reader: Reader, step: Step, on: date, *, named: bool, kind: str | None) -> dict[str, Any]:
    """A step as answers write it: what is left is negative once the last day is over. `kind` is the subject's."""
    basis, of = step.basis, KINDS[step.kind]
    calendar = None if basis is None else basis.calendar
    row: dict[str, Any] = {
        "kind": step.kind,
        "nature": of.nature.value,
        "state": "UPCOMING" if step.starts > on else "OVERDUE" if step.overdue(on) else "OPEN",
        "roles": list(of.roles),
        "awaits": list(of.awaits),
        "record_kind": step.record_kind,
        "record": step.record,
        "uid": step.uid,
        "subject_uid": step.subject,
        **({} if kind is None else {"subject_kind": kind}),
        "from": step.starts.isoformat(),
        "due": iso(step.due),
        **({} if step.extendable_to is None else {"extendable_to": iso(step.extendable_to)}),
        "days_left": None if step.due is None else (step.due - on).days,
        "working_days_left": _working_days_left(step, calendar, on),
        "clause": None if basis is None else basis.authority.clause,
        "edition": None if basis is None else basis.edition,
        "calendar": calendar,
        "provisional": basis is not None and basis.provisional,
        "demonstration": basis is not None and basis.authority.demonstration,
        "events": list(step.events),
    }
    if step.part is not None:
        row["part"] = step.part
    if named and step.subject is not None:
        row["subject"] = reader.caller_id(step.subject)
    return row


def _working_days_left(step: Step, calendar_id: str | None, on: date) -> int | None:
    """Working days from the day after `on` to the last day, that one included; negative once it is over. None where
    another day counts, or where it is so far that days are counted."""
    if calendar_id is None or step.due is None or abs((step.due - on).days) > LONGEST_COUNTED_DAYS:
        return None
    calendar = calendar_of(calendar_id)
    return calendar.working_days(on, step.due) if on <= step.due else -calendar.working_days(step.due, on)
