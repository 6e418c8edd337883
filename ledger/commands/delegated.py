"""What is said under a delegation: the delegate acts in the delegator's role and unit, and both are one hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.domain.base import Act, require
from ledger.domain.delegation import Delegation

if TYPE_CHECKING:
    from ledger.application import Ledger

_OWN = frozenset({"DelegationGranted", "DelegationEnded"})  # which are never said under one


def delegated(ledger: Ledger, type_: str, data: Any, act: Act) -> tuple[Any, Act]:
    """Data and act as they count: with the delegator, whose hand this is as well, and in the delegator's unit.

    Refused where the delegation does not hold on both days, for this type, by this actor in this role.
    """
    require(data.delegated_by is None, "computed-by-ledger", "the ledger says whose hand it is", "data.delegated_by")
    if data.by_delegation is None or type_ in _OWN:
        return data, act
    delegation = ledger.load(Delegation, data.by_delegation)
    delegation.require_for(type_, act)
    also = act.actor.also | ledger.relations().stands_for(delegation.delegator, delegation.unit)
    own = frozenset() if act.actor.unit is None else frozenset({act.actor.unit})
    actor = replace(act.actor, unit=delegation.unit, also=also | own | {delegation.delegator})
    said = {"by_delegation": delegation.ref, "delegated_by": delegation.delegator}
    return data.model_copy(update=said), replace(act, actor=actor)


def hands_of(ledger: Ledger, uid: str, days: Collection[date]) -> frozenset[str]:
    """Everybody who is one hand with somebody: their registrations, and whoever is at the other end of a delegation
    that is in force on one of the days, whatever its role. It need not be named: whoever leaves it out is no other
    hand."""
    relations = ledger.relations()
    found = set(relations.group(uid))
    for one in tuple(found):
        for named in ledger.delegations_of(one):
            delegation = ledger.aggregate(Delegation, named)
            if any(map(delegation.holds, days)):
                found.update(
                    end for side in (delegation.delegator, delegation.delegate) for end in relations.group(side)
                )
    return frozenset(found)


def with_hands(ledger: Ledger, act: Act) -> Act:
    """The act as another hand is told from it."""
    return replace(act, actor=replace(act.actor, hands=hands_of(ledger, act.actor.id, act.days)))
