"""Consents given and withdrawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ledger.commands.command import Change, Command, handles, require_subject
from ledger.domain.consent import Consent

if TYPE_CHECKING:
    from ledger.application import Ledger


@handles("ConsentGiven")
def give(ledger: Ledger, command: Command) -> Change:
    data = command.data
    require_subject(ledger, command, data.subject_id)
    consent = ledger.new(Consent)
    row = ledger.claim("consent", data.consent_id, consent.uid, command.source)
    consent.give(data, command.act)
    return Change(consent, (data.subject_id, data.recipient), data.subject_id, (row,))


@handles("ConsentWithdrawn")
def withdraw(ledger: Ledger, command: Command) -> Change:
    consent = ledger.load(Consent, command.data.consent_id, command.source)
    require_subject(ledger, command, consent.subject)
    consent.withdraw(command.data)
    return Change(consent, (consent.subject, consent.recipient), consent.subject)
