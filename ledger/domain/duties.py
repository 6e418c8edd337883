"""Who must not act in a case: conflicts of interest 回避, and the hand that wrote down what the subject says.

A case is a breach, with its appeals and repairs, or an eligibility check. Whoever declared a conflict, or was found to
have one, does nothing more in it. An official speaks for themselves; for another only a decision on paper does
(政务处分法 47-48). What was done before stands: an appeal may name it. HR and CREDIT may record an act of the subject
from the signed paper (DOMAIN §4.1); that hand does not decide on what it recorded.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from pydantic import Field

from ledger.domain.base import Actor, LedgerAggregate, LedgerEvent, require
from ledger.domain.values import Payload, Ref, Role

Ground = Literal["KINSHIP", "WITNESS", "INTEREST"]


class ConflictDeclared(LedgerEvent):
    """回避. `official_id` is who steps back: whoever says it, or somebody else by a decision on paper."""

    TOPIC = "conflict.declared.v1"
    ROLES = (Role.DECIDER, Role.REVIEWER, Role.HR)
    DECISION = True
    ANSWERS = ("BreachReported", "AuthorityRecordImported", "EligibilityCheckRequested")

    class Data(Payload):
        breach_id: Ref | None = None
        check_id: Ref | None = None
        official_id: Ref | None = None
        grounds: list[Ground] = Field(min_length=1, max_length=3)

    def apply(self, case: Any) -> None:
        case.stepped_back |= {self.data.official_id}


class Conflicts(LedgerAggregate):
    """The part of a case that knows who must not act in it."""

    stepped_back: frozenset[str]
    # By the type of an act of the subject: the hands by which the latest one was recorded from the signed paper.
    written_down_by: dict[str, frozenset[str]]

    def start_conflicts(self) -> None:
        self.stepped_back = frozenset()
        self.written_down_by = {}

    def remember(self, event: LedgerEvent) -> None:
        super().remember(event)
        on_paper = event.data.on_behalf_of is not None
        hands = (event.envelope.context.actor["id"], event.data.delegated_by) if on_paper else ()
        self.written_down_by[type(event).__name__] = frozenset(filter(None, hands))

    def wrote_down(self, type_: str, actor: Actor) -> bool:
        """Whether the subject's latest act of a type was recorded by this actor, from the signed paper."""
        return any(map(actor.is_hand_of, self.written_down_by.get(type_, ())))

    def require_another_hand(self, type_: str, actor: Actor) -> None:
        """Who spoke for the subject does not decide on what was said."""
        another = not self.wrote_down(type_, actor)
        require(another, "acted-for-the-subject", "who recorded this act of the subject does not decide on it")

    def require_other(self, concerned: str) -> None:
        """Neither in one's own case, nor in one with a declared conflict of interest."""
        super().require_other(concerned)
        self.require_impartial({self.act.actor.id})

    def require_impartial(self, officials: Collection[str]) -> None:
        """Nobody who stepped back decides, reviews or approves, under whichever of their registrations."""
        actor = self.act.actor
        free = self.stepped_back.isdisjoint({*officials, *actor.also, *actor.hands})
        require(free, "conflict-declared", "a conflict of interest was declared in this case")

    def declare_conflict(self, data: ConflictDeclared.Data, official: str, concerned: str) -> None:
        """`official` is the pseudonym of who steps back; `concerned` whom the case is about."""
        own = self.act.actor.stands_for(concerned)
        require(not own, "own-case", "nobody acts in their own case")
        by_paper = self.act.actor.stands_for(official) or data.doc is not None
        require(by_paper, "document-required", "that another steps back rests on a decision on paper", "doc")
        require(official not in self.stepped_back, "conflict-exists", "it was declared before", "official_id")
        self.happen(ConflictDeclared, data.model_copy(update={"official_id": official}))
