"""Delegations 委托: an official lets another act in the official's own role and unit, for some steps, until a day.

A delegation is not handed on, and it expires by its date alone. Both are one hand: what the delegate decides the
delegator does not review, and the other way round.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from pydantic import Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import Day, Payload, Ref, Role

_GRANTING = (Role.DECIDER, Role.REVIEWER, Role.HR, Role.CREDIT, Role.ASSESSOR)


class DelegationGranted(LedgerEvent):
    """委托. `scope` are the types of the catalogue the delegate may say; the role and the unit are the delegator's."""

    TOPIC = "delegation.granted.v1"
    ROLES = _GRANTING
    DECISION = True

    class Data(Payload):
        delegation_id: Ref
        delegate_id: Ref
        scope: list[Ref] = Field(min_length=1, max_length=50)
        expires_on: Day

    def apply(self, delegation: Delegation) -> None:
        data, context = self.data, self.envelope.context
        delegation.ref, delegation.delegate, delegation.scope = data.delegation_id, data.delegate_id, tuple(data.scope)
        delegation.delegator, delegation.role = context.actor["id"], Role(context.actor["role"])
        delegation.unit = context.actor.get("unit")
        delegation.granted_on, delegation.expires_on = day(context.effective_on), day(data.expires_on)


class DelegationEnded(LedgerEvent):
    """委托终止, by either of the two; it ends of itself after `expires_on`."""

    TOPIC = "delegation.ended.v1"
    ROLES = _GRANTING
    ANSWERS = ("DelegationGranted",)

    class Data(Payload):
        delegation_id: Ref

    def apply(self, delegation: Delegation) -> None:
        delegation.ended_on = day(self.envelope.context.effective_on)


class Delegation(LedgerAggregate):
    """One delegation; `holds` reads it on a day."""

    KIND = "delegation"

    ref: str
    delegator: str
    delegate: str
    role: Role
    unit: str | None
    scope: tuple[str, ...]
    granted_on: date
    expires_on: date
    ended_on: date | None

    def start(self) -> None:
        self.unit = self.ended_on = None
        self.scope = ()

    def holds(self, on: date) -> bool:
        """From its day to its last, both included; one that was ended no longer on the day of its end."""
        return self.granted_on <= on <= self.expires_on and (self.ended_on is None or on < self.ended_on)

    def grant(self, data: DelegationGranted.Data, act: Act, *, delegate: str, sayable: Collection[str]) -> None:
        """`sayable` are the types that the delegator's role may say."""
        require(data.by_delegation is None, "delegation-not-transitive", "a delegation is not handed on")
        require(not act.actor.stands_for(delegate), "own-case", "nobody delegates to themselves", "delegate_id")
        require(day(data.expires_on) >= act.on, "delegation-expired", "it ends before it begins", "expires_on")
        theirs = set(data.scope) <= set(sayable)
        require(theirs, "delegation-scope", "nobody delegates what their own role may not say", "scope")
        self.happen(DelegationGranted, data.model_copy(update={"delegate_id": delegate}))

    def end(self, data: DelegationEnded.Data, act: Act) -> None:
        require(data.by_delegation is None, "delegation-not-transitive", "a delegation is not handed on")
        party = act.actor.stands_for(self.delegator) or act.actor.stands_for(self.delegate)
        require(party, "not-the-delegate", "only the two whom it binds end it")
        require(self.ended_on is None, "wrong-state", "the delegation was ended before")
        self.happen(DelegationEnded, data)

    def require_for(self, type_: str, act: Act) -> None:
        """The act is within the delegation: its delegate, role, scope, and both days."""
        theirs, where = act.actor.stands_for(self.delegate), "data.by_delegation"
        require(theirs, "not-the-delegate", "it was granted to somebody else", where)
        fits = act.actor.role is self.role and type_ in self.scope
        require(fits, "delegation-scope", "the delegation does not reach that far", where)
        held = all(map(self.holds, act.days))
        require(held, "delegation-expired", "the delegation does not hold on that day", where)
