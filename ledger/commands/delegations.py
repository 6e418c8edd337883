"""Delegations granted and ended. What is said under one is looked at before any handler sees it (`delegated`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.catalogue import TYPES
from ledger.commands.command import Change, Command, handles
from ledger.domain.delegation import Delegation

if TYPE_CHECKING:
    from ledger.application import Ledger

_NOT_HANDED_ON = frozenset({"DelegationGranted", "DelegationEnded", "ConflictDeclared", "BreakGlassOpened"})


@handles("DelegationGranted")
def grant(ledger: Ledger, command: Command) -> Change:
    data, role = command.data, command.act.actor.role
    own = data.delegate_id == command.line.actor.id
    delegate, rows = (command.act.actor.id, ()) if own else ledger.actor_uid(data.delegate_id)
    delegation = ledger.new(Delegation)
    row = ledger.claim("delegation", data.delegation_id, delegation.uid, command.source)
    sayable = {name for name, event in TYPES.items() if role in event.ROLES} - _NOT_HANDED_ON
    delegation.grant(data, command.act, delegate=delegate, sayable=sayable)
    return Change(delegation, (), delegation.uid, (row, *rows))


@handles("DelegationEnded")
def end(ledger: Ledger, command: Command) -> Change:
    delegation = ledger.load(Delegation, command.data.delegation_id, command.source)
    delegation.end(command.data, command.act)
    return Change(delegation, (), delegation.uid)
