"""What is said under a delegation: the delegate acts in the delegator's role and unit, and both are one hand."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from ledger.domain.base import Act, require
from ledger.domain.delegation import Delegation, DelegationGranted
from ledger.domain.values import Role

if TYPE_CHECKING:
    from ledger.application import Ledger

_GRANTED = DelegationGranted.__name__
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


def hands_of(ledger: Ledger, uid: str, days: Collection[date], role: Role | None = None) -> frozenset[str]:
    """Everybody who is one hand with somebody: their registrations, and whoever is at the other end of a delegation
    that is in force on one of the days (of a role, where one is given). It need not be named: whoever leaves it out is
    no other hand."""
    relations = ledger.relations()
    own = frozenset(relations.group(uid))
    found = set(own)
    for entry in ledger.by_type(_GRANTED, ledger.size):
        ends = {str(entry.actor["id"]), str(entry.data["delegate_id"])}
        if role not in (None, entry.actor["role"]) or own.isdisjoint(ends):
            continue
        delegation = ledger.aggregate(Delegation, entry.uid)
        if any(map(delegation.holds, days)):
            found.update(one for end in ends for one in relations.group(end))
    return frozenset(found)


def hands(ledger: Ledger, act: Act) -> frozenset[str]:
    """Whose hand an act may be."""
    return hands_of(ledger, act.actor.id, act.days, act.actor.role)


def with_hands(ledger: Ledger, act: Act) -> Act:
    """The act as another hand is told from it; what is written keeps its actor."""
    return replace(act, actor=replace(act.actor, also=act.actor.also | hands(ledger, act)))
