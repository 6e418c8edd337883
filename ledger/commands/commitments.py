"""Commitments of units and persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.command import Change, Command, handles, require_subject
from ledger.domain.base import require
from ledger.domain.commitment import Commitment
from ledger.domain.values import Role, SubjectKind
from ledger.storage.events import IndexRow

if TYPE_CHECKING:
    from ledger.application import Ledger

_UNIT_TEXTS = frozenset({"text", "reason", "compensation", "level", "status_raw"})


def bearers(ledger: Ledger, promisor: str) -> tuple[str, ...]:
    """Whose figures a commitment moves: the promisor's, and those of the units that have succeeded it."""
    return (promisor, *ledger.relations().successors(promisor))


def _change(ledger: Ledger, commitment: Commitment, index: tuple[IndexRow, ...] = ()) -> Change:
    """A unit's published texts are plain, a person's are sections (DESIGN §3)."""
    person = ledger.kind_of(commitment.promisor) is SubjectKind.PERSON
    return Change(
        commitment,
        bearers(ledger, commitment.promisor),
        commitment.promisor,
        index,
        published=frozenset() if person else _UNIT_TEXTS,
    )


def _load(ledger: Ledger, command: Command) -> Commitment:
    return ledger.load(Commitment, command.data.commitment_id, command.source)


@handles("CommitmentMade")
def make(ledger: Ledger, command: Command) -> Change:
    data = command.data
    if command.act.actor.role is not Role.HR or data.on_behalf_of is not None:
        require_subject(ledger, command, data.promisor_id)
    gone = ledger.relations().has_ended(data.promisor_id, command.act.on)
    require(not gone, "unit-ended", "the unit had ended by then", "data.promisor_id")
    commitment = ledger.new(Commitment)
    row = ledger.claim("commitment", data.commitment_id, commitment.uid, command.source)
    commitment.make(data, command.act)
    return _change(ledger, commitment, (row,))


@handles("CommitmentAmended")
def amend(ledger: Ledger, command: Command) -> Change:
    commitment = _load(ledger, command)
    commitment.amend(command.data, command.act)
    return _change(ledger, commitment)


@handles("CommitmentFulfilled")
def fulfil(ledger: Ledger, command: Command) -> Change:
    commitment = _load(ledger, command)
    commitment.fulfil(command.data, command.act)
    return _change(ledger, commitment)


@handles("CommitmentWaived")
def waive(ledger: Ledger, command: Command) -> Change:
    commitment = _load(ledger, command)
    commitment.waive(command.data, command.act)
    return _change(ledger, commitment)


@handles("CommitmentOverdueFlagged")
def flag_overdue(ledger: Ledger, command: Command) -> Change:
    commitment = _load(ledger, command)
    commitment.flag_overdue(command.data, command.act)
    return _change(ledger, commitment)


@handles("CommitmentImported")
def take_over(ledger: Ledger, command: Command) -> Change:
    commitment = ledger.new(Commitment)
    row = ledger.claim("commitment", command.data.source_record, commitment.uid, command.data.source)
    commitment.take_over(command.data)
    return _change(ledger, commitment, (row,))


@handles("CommitmentAssessed")
def assess(ledger: Ledger, command: Command) -> Change:
    commitment = ledger.load(Commitment, command.data.source_record, command.data.source)
    commitment.assess(command.data)
    return _change(ledger, commitment)
