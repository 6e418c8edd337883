"""Registration, posts, sanctions, and what sources say of a person's rank and commendations."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.commands.command import Change, Command, handles
from ledger.domain.base import LedgerAggregate, require
from ledger.domain.identifiers import check_id_number, check_region, check_uscc
from ledger.domain.subject import Subject
from ledger.domain.values import Role, SubjectKind
from ledger.folds.sanction import Sanction, as_decided, sanctions_of, standing

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
    check_kind(data, person=person)
    if person:
        require(taken_over or data.id_number is not None, "missing-field", "a person has a number", "data.id_number")
    else:
        require(taken_over or data.uscc is not None, "missing-field", "a unit has a credit code", "data.uscc")
    check_numbers(data)
    if data.region is not None:
        check_region(data.region, command.act.on)
    subject = _opened(ledger, command, person=person)
    rows = [ledger.claim("subject", data.ref, subject.uid, command.source)]
    if data.id_number is not None:
        rows.append(ledger.claim_value("id-number", data.id_number, subject.uid))
    if data.uscc is not None:
        rows.append(ledger.claim_value("uscc", data.uscc, subject.uid))
    subject.register(data)
    published = frozenset() if person else _PUBLIC_IDENTITY
    return Change(subject, (subject.uid,), subject.uid, tuple(rows), published=published)


def check_kind(data: Any, *, person: bool) -> None:
    """A person has an identity number, a unit or enterprise a credit code."""
    require(not person or data.uscc is None, "uscc-of-a-person", "a person has no credit code", "data.uscc")
    fits = person or data.id_number is None
    require(fits, "id-number-of-a-unit", "only a person has an identity number", "data.id_number")


def check_numbers(data: Any) -> None:
    """The check digits of what is given."""
    if data.id_number is not None:
        check_id_number(data.id_number)
    if data.uscc is not None:
        check_uscc(data.uscc)


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
    relations, since = ledger.relations(), date.fromisoformat(command.data.from_)
    gone = relations.has_ended(command.data.unit_id, since)
    require(not gone, "unit-ended", "the unit had ended by then", "data.unit_id")
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
    known = as_decided(_sanctions(ledger, subject))
    subject.impose(command.data, command.act, ledger.policy.sanction_term(command.data, known))
    return Change(subject, (subject.uid,), subject.uid)


@handles("SanctionLifted")
def lift_sanction(ledger: Ledger, command: Command) -> Change:
    subject, data = ledger.subject(command.data.subject_id), command.data
    sanctions = _sanctions(ledger, subject)
    place = standing(sanctions, data.kind, data.from_, data.until)
    lifted = None if place is None else sanctions[place]
    if lifted is not None:
        subject = _holder(ledger, subject, lifted)
        until = None if lifted.stated_until is None else lifted.stated_until.isoformat()
        data = data.model_copy(update={"from_": lifted.starts_on.isoformat(), "until": until})
    subject.lift(data, command.act, None if lifted is None else lifted.until)
    return Change(subject, (subject.uid,), subject.uid)


def _sanctions(ledger: Ledger, subject: Subject) -> list[Sanction]:
    """All of the person's that are known, under every registration."""
    return sanctions_of(ledger, ledger.relations().survivor(subject.uid), date.max, ledger.size)


def _holder(ledger: Ledger, named: Subject, sanction: Sanction) -> Subject:
    """The registration of the person in whose stream a sanction was imposed."""
    for uid in ledger.relations().group(named.uid):
        if any(entry.index == sanction.events[0] for entry in ledger.stream(f"subject/{uid}", ledger.size)):
            return ledger.subject(uid)
    return named


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
