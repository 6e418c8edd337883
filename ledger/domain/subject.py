"""Subjects: persons, units and enterprises, with the posts and the bars of a person.

A subject's stream opens with its registration. Posts say which unit an official belonged to on a day: the post with
the latest `from` on or before it, unless that post had ended; a later post ends the earlier one (DOMAIN §4.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import (
    Code,
    Day,
    InSection,
    Json,
    Name,
    PartialDay,
    Payload,
    PersonRef,
    Ref,
    Region,
    Role,
    SubjectKind,
    Text,
    UnitRef,
)
from ledger.errors import Refused


@dataclass(frozen=True, slots=True)
class Post:
    unit: str
    start: date
    end: date | None


@dataclass(slots=True)
class Bar:
    kind: str
    start: date
    until: date | None
    imposed_on: date


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
        data = self.data
        subject.posts.append(Post(data.unit_id, day(data.from_), None if data.to is None else day(data.to)))


class SanctionImposed(LedgerEvent):
    """处分诫勉组织处理; for now the recruitment bar of 公务员录用违规违纪行为处理办法."""

    TOPIC = "sanction.imposed.v1"
    ROLES = (Role.HR, Role.DECIDER)
    DECISION = True

    class Data(Payload):
        subject_id: PersonRef
        kind: Literal["RECRUITMENT_BAR"]
        from_: Day = Field(alias="from")
        until: Day | None = None

    def apply(self, subject: Subject) -> None:
        data = self.data
        until = None if data.until is None else day(data.until)
        subject.bars.append(Bar(data.kind, day(data.from_), until, day(self.envelope.context.effective_on)))


class SanctionLifted(LedgerEvent):
    """处分解除: the bar of that kind (and first day, where given) no longer holds from the day of the lifting on.

    It answers the imposition of that bar. The ledger itself notes the end of one that is over; to lift one before its
    end is a human's decision, on a document.
    """

    TOPIC = "sanction.lifted.v1"
    ROLES = (Role.HR, Role.DECIDER, Role.SYSTEM)

    class Data(Payload):
        subject_id: PersonRef
        kind: Literal["RECRUITMENT_BAR"]
        from_: Day | None = Field(default=None, alias="from")
        until: Day | None = None

    def apply(self, subject: Subject) -> None:
        start = None if self.data.from_ is None else day(self.data.from_)
        bar = subject.standing_bar(self.data.kind, start)
        if bar is not None:
            subject.bars.remove(bar)


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


class Subject(LedgerAggregate):
    KIND = "subject"

    kind: SubjectKind
    posts: list[Post]
    bars: list[Bar]

    def start(self) -> None:
        self.posts = []
        self.bars = []

    def register(self, data: SubjectRegistered.Data) -> None:
        self.happen(SubjectRegistered, data)

    def assign_post(self, data: PostAssigned.Data) -> None:
        if data.to is not None:
            require(data.to >= data.from_, "post-ends-before-it-begins", "`to` lies before `from`", "to")
        self.happen(PostAssigned, data)

    def unit_on(self, on: date) -> str | None:
        """The unit of that day, None where no post covers it."""
        begun = [post for post in self.posts if post.start <= on]
        if not begun:
            return None
        latest = max(enumerate(begun), key=lambda item: (item[1].start, item[0]))[1]
        return None if latest.end is not None and latest.end < on else latest.unit

    def standing_bar(self, kind: str, start: date | None) -> Bar | None:
        for bar in reversed(self.bars):
            if bar.kind == kind and (start is None or bar.start == start):
                return bar
        return None

    def impose(self, data: SanctionImposed.Data, act: Act) -> None:
        require(data.doc is not None, "document-required", "a sanction rests on a document", "doc")
        if data.until is not None:
            require(data.until >= data.from_, "sanction-ends-before-it-begins", "`until` lies before `from`", "until")
        self.require_other(self.uid)
        self.happen(SanctionImposed, data)

    def lift(self, data: SanctionLifted.Data, act: Act) -> None:
        start = None if data.from_ is None else day(data.from_)
        bar = self.standing_bar(data.kind, start)
        if bar is None:
            raise Refused("no sanction of that kind stands", code="no-such-sanction")
        self.require_other(self.uid)
        self.require_not_before(bar.imposed_on)
        last = bar.until
        over = last is not None and all(moment > last for moment in act.days)
        by_human = over or act.actor.role is not Role.SYSTEM
        require(by_human, "human-decision-required", "a named human lifts a sanction before its end", "actor.role")
        documented = over or data.doc is not None
        require(documented, "document-required", "lifting one before its end rests on a document", "doc")
        self.happen(SanctionLifted, data)

    def commend(self, data: CommendationRecorded.Data) -> None:
        self.happen(CommendationRecorded, data)

    def record_rank(self, data: RankRecorded.Data) -> None:
        self.happen(RankRecorded, data)
