"""Registration, posts, sanctions, and what sources say of a person's rank and commendations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.command import Change, Command, handles
from ledger.domain.base import LedgerAggregate, require
from ledger.domain.identifiers import check_id_number, check_region, check_uscc
from ledger.domain.subject import Subject
from ledger.domain.values import Role, SubjectKind

if TYPE_CHECKING:
    from ledger.application import Ledger

_PUBLIC_IDENTITY = frozenset({"ref", "name"})


@handles("SubjectRegistered")
def register(ledger: Ledger, command: Command) -> Change:
    data, kind = command.data, SubjectKind(command.data.kind)
    person, taken_over = kind is SubjectKind.PERSON, bool(command.line.source)
    if not taken_over:
        require(data.name is not None, "missing-field", "a subject has a name", "data.name")
        require(data.region is not None, "missing-field", "a subject has a region", "data.region")
    if person:
        require(data.uscc is None, "uscc-of-a-person", "a person has no credit code", "data.uscc")
        require(taken_over or data.id_number is not None, "missing-field", "a person has a number", "data.id_number")
    else:
        require(data.id_number is None, "id-number-of-a-unit", "only a person has an identity number", "data.id_number")
        require(taken_over or data.uscc is not None, "missing-field", "a unit has a credit code", "data.uscc")
    if data.id_number is not None:
        check_id_number(data.id_number)
    if data.uscc is not None:
        check_uscc(data.uscc)
    if data.region is not None:
        check_region(data.region, command.act.on)
    subject = _opened(ledger, command, person=person)
    rows = [ledger.claim("subject", data.ref, subject.uid, command.source)]
    if data.id_number is not None:
        rows.append(ledger.index_row("id-number", data.id_number, subject.uid))
    if data.uscc is not None:
        rows.append(ledger.index_row("uscc", data.uscc, subject.uid))
    subject.register(data)
    published = frozenset() if person else _PUBLIC_IDENTITY
    return Change(subject, (subject.uid,), subject.uid, tuple(rows), published=published)


def _opened(ledger: Ledger, command: Command, *, person: bool) -> Subject:
    """A new subject. Who acted under this id before it was registered keeps the pseudonym, and so stays the decider,
    or the deciding organ, of what was decided then."""
    known = None if command.source else ledger.find("actor" if person else "actor-unit", command.data.ref)
    if known is None:
        return ledger.new(Subject)
    subject = LedgerAggregate.blank(f"{Subject.KIND}/{known}")
    assert isinstance(subject, Subject)
    subject.act = command.act
    return subject


@handles("PostAssigned")
def assign_post(ledger: Ledger, command: Command) -> Change:
    subject = ledger.subject(command.data.subject_id)
    if not command.line.source:
        by_hr = command.act.actor.role is Role.HR
        require(by_hr, "role-not-allowed", "posts are HR's, but for batches of a source", "actor.role")
        subject.require_other(subject.uid)
        require(command.data.level is not None, "missing-field", "a post has a level", "data.level")
        require(command.data.post is not None, "missing-field", "a post has a category", "data.post")
    subject.assign_post(command.data)
    return Change(subject, (subject.uid, command.data.unit_id), subject.uid)


@handles("SanctionImposed")
def impose_sanction(ledger: Ledger, command: Command) -> Change:
    subject = ledger.subject(command.data.subject_id)
    subject.impose(command.data, command.act)
    return Change(subject, (subject.uid,), subject.uid)


@handles("SanctionLifted")
def lift_sanction(ledger: Ledger, command: Command) -> Change:
    subject = ledger.subject(command.data.subject_id)
    subject.lift(command.data, command.act)
    return Change(subject, (subject.uid,), subject.uid)


@handles("CommendationRecorded")
def commend(ledger: Ledger, command: Command) -> Change:
    subject, unit = ledger.subject(command.data.subject_id), command.data.unit_id
    subject.commend(command.data)
    return Change(subject, (subject.uid,) if unit is None else (subject.uid, unit), subject.uid)


@handles("RankRecorded")
def record_rank(ledger: Ledger, command: Command) -> Change:
    subject = ledger.subject(command.data.subject_id)
    subject.record_rank(command.data)
    return Change(subject, (subject.uid,), subject.uid)
