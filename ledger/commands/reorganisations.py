"""Reorganisations of units, and what a unit that ended may no longer get."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.command import Change, Command, handles
from ledger.domain.reorganisation import Reorganisation
from ledger.domain.values import SubjectKind

if TYPE_CHECKING:
    from ledger.application import Ledger


@handles("UnitReorganised")
def reorganise(ledger: Ledger, command: Command) -> Change:
    data, relations = command.data, ledger.relations()
    sides = {
        name: [_unit(ledger, command, ref, f"data.{name.rstrip('_')}.{place}") for place, ref in enumerate(refs)]
        for name, refs in (("from_", data.from_), ("to", data.to))
    }
    named = (*sides["from_"], *sides["to"])
    over = [uid for uid in named if relations.survivor(uid) != uid or relations.ended_on(uid) is not None]
    reorganisation = ledger.new(Reorganisation)
    for uid in named:
        reorganisation.require_other(uid)
    reorganisation.reorganise(data.model_copy(update=sides), over=over)
    return Change(reorganisation, named, data.successor_id, relates=True)


def _unit(ledger: Ledger, command: Command, ref: str, where: str) -> str:
    return ledger.require_uid(ref, (SubjectKind.UNIT,), where, command.source)
