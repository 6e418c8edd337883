"""Emergency look-ups opened and reviewed. What the entry's own time says is worked out here: no aggregate sees it."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ledger.clock import day_of
from ledger.commands.command import Change, Command, approver_of, handles
from ledger.commands.delegated import hands_of
from ledger.domain.break_glass import Glass
from ledger.folds.break_glass import fold_glass
from ledger.rulebook.defaults import shipped_defaults

if TYPE_CHECKING:
    from ledger.application import Ledger


@handles("BreakGlassOpened")
def open_glass(ledger: Ledger, command: Command) -> Change:
    data = command.data
    approver, rows = approver_of(
        ledger, command, data.second_approver, code="approver-opens", where="data.second_approver"
    )
    glass = ledger.new(Glass)
    row = ledger.claim(Glass.KIND, data.glass_id, glass.uid, command.source)
    glass.open(
        data.model_copy(update={"second_approver": approver}),
        command.act,
        most_minutes=shipped_defaults().break_glass.max_minutes,
        hands=command.act.actor.hands,
        approver=ledger.relations().group(approver),
    )
    return Change(glass, (glass.subject,), glass.subject, (row, *rows))


@handles("BreakGlassReviewed")
def review(ledger: Ledger, command: Command) -> Change:
    glass = ledger.load(Glass, command.data.glass_id, command.source)
    opened = fold_glass(ledger.stream(glass.id, ledger.size), date.max)
    assert opened is not None, "an aggregate that loads was opened"
    days = {day_of(opened.opened_at), *command.act.days}
    glass.review(
        command.data,
        command.act,
        ended_on=None if opened.holds(ledger.now()) else opened.ended_on,
        hands=hands_of(ledger, glass.opener, days) | hands_of(ledger, glass.approver, days),
    )
    return Change(glass, (glass.subject,), glass.subject)
