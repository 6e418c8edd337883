"""Consents given and withdrawn."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ledger.commands.command import Change, Command, handles, require_subject
from ledger.domain.consent import Consent
from ledger.domain.eligibility import Check
from ledger.folds.check import consent_of

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


def _decided_on(ledger: Ledger, consent: Consent) -> tuple[date | None, date | None]:
    """When the last check that rests on a consent was decided, and the last one that is final."""
    decided: list[date] = []
    final: list[date] = []
    for entry in ledger.history(consent.subject, ledger.size):
        if entry.type != "EligibilityCheckRequested" or entry.data.get("consent_id") != consent.ref:
            continue
        given = consent_of(ledger, entry, ledger.size)
        if not given or given[0].stream != consent.id:
            continue
        check = ledger.aggregate(Check, entry.uid)
        day = check.happened_on.get("EligibilityDecided")
        if day is not None and check.statutory_basis is None:
            decided.append(day)
            final += [day] if check.state == "FINAL" else []
    return max(decided, default=None), max(final, default=None)


@handles("ConsentWithdrawn")
def withdraw(ledger: Ledger, command: Command) -> Change:
    consent = ledger.load(Consent, command.data.consent_id, command.source)
    require_subject(ledger, command, consent.subject)
    decided_on, final_on = _decided_on(ledger, consent)
    consent.withdraw(command.data, command.act, decided_on=decided_on, final_on=final_on)
    return Change(consent, (consent.subject, consent.recipient), consent.subject)
