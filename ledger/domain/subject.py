"""Subjects: persons, units and enterprises, with the posts of a person; sanctions are in `sanctions.py`.

A subject's stream opens with its registration. Posts say which unit an official belonged to on a day: the post with
the latest `from` on or before it, unless that post had ended; a later post ends the earlier one (DOMAIN §4.1).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field

from ledger.domain.base import LedgerAggregate, LedgerEvent, day, require
from ledger.domain.merging import Merging
from ledger.domain.sanctions import Sanctions
from ledger.domain.values import (
    AnySubject,
    Code,
    Day,
    InSection,
    Json,
    Name,
    PartialDay,
    Payload,
    PersonRef,
    Reasons,
    Ref,
    Region,
    Role,
    SubjectKind,
    Text,
    UnitRef,
)


@dataclass(frozen=True, slots=True)
class Post:
    unit: str
    start: date
    end: date | None


class SubjectRegistered(LedgerEvent):
    """主体登记. A unit's id, name and code are plain; a person's name, number and id are the section `identity`."""

    TOPIC = "subject.registered.v1"
    ROLES = (Role.HR, Role.CREDIT)
    LATE_WITHOUT_DOCUMENT = True
    RETENTION = "IDENTITY"

    class Data(Payload):
        ref: Annotated[Ref, InSection("identity"), Field(alias="subject_id")]
        kind: SubjectKind = Field(strict=False)
        name: Annotated[Name, InSection("identity")] | None = None
        id_number: Annotated[str, InSection("identity")] | None = None
        uscc: str | None = None
        region: Region | None = None
        parent_unit_id: UnitRef | None = None
        status: Code | None = None
        source: Code | None = None
        summary: Annotated[Json, InSection("summary")] = None

    def apply(self, subject: Subject) -> None:
        subject.kind = SubjectKind(self.data.kind)


class SubjectIdentityCorrected(LedgerEvent):
    """身份更正: name, number, code or the caller's id of a subject, as they should have been from the start.

    The old values stay in the entries they were recorded in. An old id leads to the same subject for ever; a number or
    code that was never theirs is given back, so that whose it is can be registered with it. `new_id` and `released` are
    the ledger's: whether a new id was claimed, and which values were given back.
    """

    TOPIC = "subject-identity.corrected.v1"
    ROLES = (Role.HR, Role.CREDIT)
    DECISION = True
    RETENTION = "IDENTITY"

    class Data(Payload):
        subject_id: AnySubject
        ref: Annotated[Ref, InSection("identity")] | None = None
        name: Annotated[Name, InSection("identity")] | None = None
        id_number: Annotated[str, InSection("identity")] | None = None
        uscc: str | None = None
        reason: Reasons
        new_id: bool | None = None
        released: list[Code] | None = None

    def apply(self, subject: Subject) -> None:
        """Who somebody is changes nothing that was recorded about them."""


class PostAssigned(LedgerEvent):
    """任职登记: a person's post at a unit from a day on."""

    TOPIC = "post.assigned.v1"
    ROLES = (Role.HR, Role.CREDIT)  # CREDIT in a batch from a source system only
    MAY_LIE_AHEAD = True
    LATE_WITHOUT_DOCUMENT = True
    RETENTION = "IDENTITY"

    class Data(Payload):
        subject_id: PersonRef
        unit_id: UnitRef
        level: Literal["L1", "L2", "L3"] | None = None
        post: Literal["C1", "C2", "C3", "C4", "C5", "C6", "C7"] | None = None
        from_: Day = Field(alias="from")
        to: Day | None = None

    def apply(self, subject: Subject) -> None:
        subject.posts.append(post_of(self.data.model_dump(by_alias=True)))


class CommendationRecorded(LedgerEvent):
    """表彰, taken over from a source system with its status there."""

    TOPIC = "commendation.recorded.v1"
    ROLES = (Role.CREDIT, Role.HR)
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        source: Code
        source_record: Ref
        subject_id: PersonRef
        unit_id: UnitRef | None = None
        status: Code
        given_on: PartialDay | None = None
        ref: Ref | None = None
        summary: Annotated[Json, InSection("summary")] = None

    def apply(self, subject: Subject) -> None:
        """Nothing a later command depends on."""


class RankRecorded(LedgerEvent):
    """职务, taken over from a source system."""

    TOPIC = "rank.recorded.v1"
    ROLES = (Role.CREDIT, Role.HR)
    LATE_WITHOUT_DOCUMENT = True
    RETENTION = "IDENTITY"

    class Data(Payload):
        source: Code
        source_record: Ref
        subject_id: PersonRef
        rank: Annotated[Text, InSection("summary")]
        from_: PartialDay | None = Field(default=None, alias="from")
        summary: Annotated[Json, InSection("summary")] = None

    def apply(self, subject: Subject) -> None:
        """Nothing a later command depends on."""


def post_of(data: Mapping[str, Any]) -> Post:
    """A post as the data of its assignment say it."""
    last = data.get("to")
    return Post(data["unit_id"], day(data["from"]), None if last is None else day(last))


def unit_of(posts: Sequence[Post], on: date) -> str | None:
    """The unit that posts, in the order they were recorded, say for a day; None where none of them covers it."""
    begun = [post for post in posts if post.start <= on]
    if not begun:
        return None
    latest = max(enumerate(begun), key=lambda item: (item[1].start, item[0]))[1]
    return None if latest.end is not None and latest.end < on else latest.unit


class Subject(Merging, Sanctions, LedgerAggregate):
    KIND = "subject"

    kind: SubjectKind
    posts: list[Post]

    def start(self) -> None:
        self.posts = []
        self.start_sanctions()
        self.start_merging()

    def register(self, data: SubjectRegistered.Data) -> None:
        self.happen(SubjectRegistered, data)

    def correct_identity(self, data: SubjectIdentityCorrected.Data, *, concerned: Collection[str]) -> None:
        """`concerned` are all pseudonyms of the subject."""
        for uid in concerned:
            self.require_other(uid)
        require(data.doc is not None, "document-required", "a correction rests on a document", "doc")
        self.happen(SubjectIdentityCorrected, data)

    def assign_post(self, data: PostAssigned.Data) -> None:
        if data.to is not None:
            require(data.to >= data.from_, "post-ends-before-it-begins", "`to` lies before `from`", "to")
        self.happen(PostAssigned, data)

    def unit_on(self, on: date) -> str | None:
        """The unit of that day, None where no post covers it."""
        return unit_of(self.posts, on)

    def commend(self, data: CommendationRecorded.Data) -> None:
        self.happen(CommendationRecorded, data)

    def record_rank(self, data: RankRecorded.Data) -> None:
        self.happen(RankRecorded, data)
