"""Sanctions of a person: disciplinary, organisational, and the bar from recruitment. They stand in the person's stream.

A sanction rests on a document and a human decides it. How long a kind runs, and how several run together, is statute
that comes in as a `Term` and as the last day of what runs; the aggregate knows no number. It runs from its decision on
(政务处分法 8), so the first day is that of the decision, but for a kind whose decision names it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import Day, Payload, PersonRef, Role
from ledger.errors import Refused

if TYPE_CHECKING:
    from ledger.domain.subject import Subject

SanctionKind = Literal[
    "RECRUITMENT_BAR", "WARNING", "DEMERIT", "MAJOR_DEMERIT", "DOWNGRADE", "REMOVAL_FROM_POST", "ADMONITION",
    "SUSPENSION", "REASSIGNMENT", "ORDERED_RESIGNATION", "RELIEVED_OF_POST", "LOWERED_POST",
]  # fmt: skip


class Term(Protocol):
    """The last day where a decision names none (None: for life), and the days between which one may be named.

    `begins_freely`: whether the decision names its first day.
    """

    @property
    def default(self) -> date | None: ...
    @property
    def earliest(self) -> date | None: ...
    @property
    def latest(self) -> date | None: ...
    @property
    def begins_freely(self) -> bool: ...


@dataclass(slots=True)
class Bar:
    kind: str
    start: date
    until: date | None
    imposed_on: date


class SanctionImposed(LedgerEvent):
    """处分、诫勉、组织处理. Both days count; without a last day it runs for its kind's period, a bar for life."""

    TOPIC = "sanction.imposed.v1"
    ROLES = (Role.HR, Role.DECIDER)
    DECISION = True

    class Data(Payload):
        subject_id: PersonRef
        kind: SanctionKind
        from_: Day = Field(alias="from")
        until: Day | None = None

    def apply(self, subject: Subject) -> None:
        data = self.data
        until = None if data.until is None else day(data.until)
        subject.bars.append(Bar(data.kind, day(data.from_), until, day(self.envelope.context.effective_on)))


class SanctionLifted(LedgerEvent):
    """处分解除: the one of that kind (and days, where given) no longer holds from the day of the lifting on.

    `from` and `until` are those of the decision that imposed it: the ledger writes them, so that of several of a kind
    it is plain which one was lifted. It answers the imposition of that sanction. The ledger itself notes the end of one
    that is over; to lift one before its end is a human's decision, on a document.
    """

    TOPIC = "sanction.lifted.v1"
    ROLES = (Role.HR, Role.DECIDER, Role.SYSTEM)

    class Data(Payload):
        subject_id: PersonRef
        kind: SanctionKind
        from_: Day | None = Field(default=None, alias="from")
        until: Day | None = None

    def apply(self, subject: Subject) -> None:
        bar = subject.standing_bar(self.data)
        if bar is not None:
            subject.bars.remove(bar)


class Sanctions(LedgerAggregate):
    """The part of `Subject` that looks after a person's sanctions."""

    bars: list[Bar]

    def start_sanctions(self) -> None:
        self.bars = []

    def standing_bar(self, data: SanctionLifted.Data) -> Bar | None:
        """The one that a lifting means: with a first day and no last one that for life, then the newest."""
        start, last = (None if one is None else day(one) for one in (data.from_, data.until))
        meant = [one for one in self.bars if one.kind == data.kind and start in (None, one.start)]
        if last is not None:
            meant = [one for one in meant if one.until == last]
        elif start is not None:
            meant = [one for one in meant if one.until is None] or meant
        return meant[-1] if meant else None

    def impose(self, data: SanctionImposed.Data, act: Act, term: Term) -> None:
        require(data.doc is not None, "document-required", "a sanction rests on a document", "doc")
        first = day(data.from_)
        begins = first == act.on or term.begins_freely
        require(begins, "sanction-first-day", "this kind runs from the day of its decision", "from")
        if data.until is None and term.default is not None:
            data = data.model_copy(update={"until": term.default.isoformat()})
        if data.until is not None:
            require(data.until >= data.from_, "sanction-ends-before-it-begins", "`until` lies before `from`", "until")
            last = day(data.until)
            least, most = term.earliest or last, term.latest or last
            require(least <= last, "sanction-period", "shorter than the period of its kind", "until")
            require(last <= most, "sanction-period", "longer than its kind's and what it may merge", "until")
        self.require_other(self.uid)
        self.happen(SanctionImposed, data)

    def lift(self, data: SanctionLifted.Data, act: Act, last: date | None) -> None:
        """`last` is the last day of the sanction as it runs beside the others, None where it has none."""
        bar = self.standing_bar(data)
        if bar is None:
            raise Refused("no sanction of that kind stands", code="no-such-sanction")
        self.require_other(self.uid)
        self.require_not_before(bar.imposed_on)
        over = last is not None and all(moment > last for moment in act.days)
        by_human = over or act.actor.role is not Role.SYSTEM
        require(by_human, "human-decision-required", "a named human lifts a sanction before its end", "actor.role")
        documented = over or data.doc is not None
        require(documented, "document-required", "lifting one before its end rests on a document", "doc")
        until = None if bar.until is None else bar.until.isoformat()
        self.happen(SanctionLifted, data.model_copy(update={"from_": bar.start.isoformat(), "until": until}))
