"""Conflicts of interest, declared in the stream of the case they concern."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.breaches import change
from ledger.commands.command import Change, Command, handles
from ledger.domain.base import require
from ledger.domain.breach import Breach
from ledger.domain.eligibility import Check
from ledger.domain.values import Role
from ledger.storage.events import IndexRow

if TYPE_CHECKING:
    from ledger.application import Ledger


@handles("ConflictDeclared")
def declare_conflict(ledger: Ledger, command: Command) -> Change:
    data, actor = command.data, command.act.actor
    one = (data.breach_id is None) != (data.check_id is None)
    require(one, "one-case", "name one case: a breach or a check")
    official, rows = actor.id, tuple[IndexRow, ...]()
    if data.official_id not in (None, command.line.actor.id):
        official, rows = ledger.actor_uid(data.official_id)
    by_hr = actor.role is Role.HR
    require(by_hr == (data.check_id is not None), "role-not-allowed", "HR in checks, others in cases", "actor.role")
    if data.check_id is None:
        breach = ledger.load(Breach, data.breach_id, command.source)
        breach.declare_conflict(data, official, breach.subject)
        return change(ledger, breach, rows)
    check = ledger.load(Check, data.check_id, command.source)
    asked = check.requester is None or actor.stands_for(check.requester)
    require(asked, "not-the-requester", "another organ asked for this check", "check_id")
    check.declare_conflict(data, official, check.subject)
    return Change(check, check.case, check.subject, rows)
