"""What a unit's signature needs of the ledger: prepared headers, and signatures judged where they are written."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from eventsourcing.persistence import StoredEvent

from ledger.callers import Callers
from ledger.clock import Clock, format_time
from ledger.commands import Command
from ledger.commands.command import event_of_command, understand
from ledger.directory import taken
from ledger.domain.values import Role
from ledger.errors import Conflict, Refused
from ledger.line import Line
from ledger.mapper import with_signatures
from ledger.publisher import read_keyring
from ledger.requests import Request
from ledger.signing import Chance, Prepared, Signers, check_signed
from ledger.storage.events import Acknowledgement, IndexRow, IndexTaken, LedgerStoredEvent
from ledger.transactions import Transactions

if TYPE_CHECKING:
    from ledger.application import Ledger

Understood = Callable[[], tuple[Command, tuple[IndexRow, ...]]]


class SignedCommands(Transactions):
    """Commands with a signature; see `ledger.signing`."""

    signers: Signers
    loading_history: bool
    clock: Clock

    def _write(self, understood: Understood, line: Line, asked: Request | None) -> Acknowledgement:
        """Judge and write one command."""
        raise NotImplementedError

    def prepare_signing(self, line: Line, *, documents: Collection[bytes] = ()) -> Prepared:
        """Judge a line and write nothing of it: the header it would get, for whoever signs it, and what makes it again.

        Whoever acts for the first time gets a pseudonym now, since it stands in the header.
        """
        event = event_of_command(line)
        given = {sha256(content).digest(): content for content in documents}
        callers, actor = Callers(self), line.actor
        if actor.role != Role.REPORTER:  # who gets a fresh pseudonym for each case, and no unit
            callers.person(actor.id, subject=actor.role == Role.SUBJECT)
            if actor.unit_id is not None:
                callers.unit(actor.unit_id)
        chance = Chance()
        try:
            with self._taking(chance), self.transaction(discard=True):
                self._write(partial(understand, cast("Ledger", self), event, line, given), line, None)
        except IndexTaken as error:
            raise taken(error) or Conflict("another writer was first; prepare again", code="conflict") from None
        return chance.prepared(self.keys)

    @contextmanager
    def _taking(self, chance: Chance | None) -> Iterator[None]:
        """While a command takes its random parts from there; None leaves them to chance indeed."""
        self._own.chance = chance
        try:
            yield
        finally:
            self._own.chance = None

    @property
    def _chance(self) -> Chance | None:
        chance: Chance | None = getattr(self._own, "chance", None)
        return chance

    def fresh_uid(self) -> str:
        """A pseudonym for what a command makes, or the one that its signed header has."""
        return super().fresh_uid() if self._chance is None else self._chance.uid()

    def _signed(self, stored: StoredEvent, chance: Chance, unit: str | None) -> StoredEvent:
        """The event with the signatures of its unit, which hold for this header at the index it is about to get."""
        chance.header = stored.state
        if chance.signed is None:
            return stored
        assert isinstance(stored, LedgerStoredEvent)
        keyring = read_keyring(self.store, self.origin)
        check_signed(chance.signed, self.size, unit, stored.state, keyring, format_time(self.clock()), self.keys)
        return with_signatures(stored, chance.signed.signatures)

    def _require_unsigned_allowed(self, unit: str | None) -> None:
        if unit is not None and not self.loading_history and self.signers.must_sign(unit):
            raise Refused("this unit signs what it does: prepare, sign, submit", code="signature-missing")
