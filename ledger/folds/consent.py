"""What a consent allows on a day: to whom, for which purpose, until when, and whether it was withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.folds.order import in_legal_order, until
from ledger.reading import Logged


@dataclass(frozen=True, slots=True)
class Consent:
    """A consent on a day; a withdrawal that counts only later is not in it."""

    id: str
    uid: str
    subject: str
    purpose: str
    scope: tuple[str, ...]
    recipient: str
    given_on: date
    expires_on: date
    withdrawn_on: date | None = None
    events: tuple[int, ...] = ()

    def holds(self, on: date) -> bool:
        """Given by that day, not yet expired, not withdrawn; a withdrawal counts on its own day."""
        return self.given_on <= on <= self.expires_on and (self.withdrawn_on is None or self.withdrawn_on > on)


def fold_consent(entries: Sequence[Logged], on: date) -> Consent | None:
    """The consent on a day, or None while it is not given. `entries` are those known, of one stream."""
    consent: Consent | None = None
    for entry in until(in_legal_order(entries), on):
        if entry.type == "ConsentGiven" and consent is None:
            data = entry.data
            consent = Consent(
                id=data["consent_id"],
                uid=entry.uid,
                subject=data["subject_id"],
                purpose=data["purpose"],
                scope=tuple(data.get("scope", ())),
                recipient=data["recipient"],
                given_on=entry.effective_on,
                expires_on=date.fromisoformat(data["expires_on"]),
                events=(entry.index,),
            )
        elif entry.type == "ConsentWithdrawn" and consent is not None and consent.withdrawn_on is None:
            consent = replace(consent, withdrawn_on=entry.effective_on, events=(*consent.events, entry.index))
    return consent
