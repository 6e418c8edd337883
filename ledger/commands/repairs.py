"""Repairs: found by their own id, written into the stream of the breach they repair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.breaches import change, load
from ledger.commands.command import Change, Command, handles, require_subject
from ledger.domain.breach import Breach
from ledger.domain.values import SubjectKind
from ledger.errors import NotFound

if TYPE_CHECKING:
    from ledger.application import Ledger


def _breach_of(ledger: Ledger, command: Command) -> Breach:
    uid = ledger.uid("repair", command.data.repair_id, command.source)
    if uid is None:
        raise NotFound("no such repair", code="unknown-repair", field="data.repair_id")
    return ledger.aggregate(Breach, uid)


@handles("RepairApplied")
def apply_for(ledger: Ledger, command: Command) -> Change:
    breach = load(ledger, command)
    require_subject(ledger, command, breach.subject)
    known = command.data.repair_id in breach.repairs
    rows = () if known else (ledger.claim("repair", command.data.repair_id, breach.uid, command.source),)
    breach.apply_for_repair(command.data, command.act, ledger.policy.windows(breach, command.act))
    return change(ledger, breach, rows)


@handles("RepairReturned")
def give_back(ledger: Ledger, command: Command) -> Change:
    breach = _breach_of(ledger, command)
    breach.return_repair(command.data)
    return change(ledger, breach)


@handles("RepairAccepted")
def accept(ledger: Ledger, command: Command) -> Change:
    breach = _breach_of(ledger, command)
    breach.accept_repair(command.data, ledger.policy.repair_decide_due(command.act.on))
    return change(ledger, breach)


@handles("RepairPublicised")
def publicise(ledger: Ledger, command: Command) -> Change:
    breach = _breach_of(ledger, command)
    of_person = ledger.kind_of(breach.subject) is SubjectKind.PERSON
    breach.publicise_repair(command.data, of_person=of_person)
    return change(ledger, breach)


@handles("RepairApproved")
def approve(ledger: Ledger, command: Command) -> Change:
    breach = _breach_of(ledger, command)
    breach.approve_repair(command.data, command.act, ledger.policy.windows(breach, command.act))
    return change(ledger, breach)


@handles("RepairRejected")
def reject(ledger: Ledger, command: Command) -> Change:
    breach = _breach_of(ledger, command)
    breach.reject_repair(command.data, command.act)
    return change(ledger, breach)


@handles("RepairRevoked")
def revoke(ledger: Ledger, command: Command) -> Change:
    breach = _breach_of(ledger, command)
    breach.revoke_repair(command.data, command.act)
    return change(ledger, breach)


@handles("RepairSyncConfirmed")
def confirm_sync(ledger: Ledger, command: Command) -> Change:
    breach = _breach_of(ledger, command)
    breach.confirm_sync(command.data)
    return change(ledger, breach)
