"""The evaluation of an eligibility check: the rules of the edition over what was known when it was requested.

The ledger emits EligibilityEvaluated with what this returns; a reader of recruitment files asks the same question for
another day with the consent taken as given (DOMAIN §8).
"""

from __future__ import annotations

from datetime import date

from ledger.folds.facts import Records, bars_of, consent_for, findings_of_person, records_on
from ledger.folds.source import Source
from ledger.rulebook.eligibility import Verdict, eligibility
from ledger.rulebook.facts import ConsentFact
from ledger.rulebook.windows import EditionTimeline

GIVEN = ConsentFact(valid=True)


def evaluate_check(
    source: Source,
    subject: str,
    *,
    purpose: str,
    requester: str | None,
    consent_id: str | None,
    statutory_basis: str | None,
    as_of: date,
    size: int,
) -> Verdict:
    """What the rules say about a person on a day, as known at a size; `subject` and `requester` are pseudonyms.

    A non-empty statutory basis replaces the consent. `NotFound` with code `no-edition` when no activation is known.
    """
    timeline = source.editions(size)
    records = records_on(source, subject, as_of, size, timeline)
    consent = _consent_fact(records, as_of, purpose, requester, consent_id, statutory_basis)
    return verdict_on(records, timeline, as_of, consent)


def verdict_on(records: Records, timeline: EditionTimeline, on: date, consent: ConsentFact = GIVEN) -> Verdict:
    """The verdict on records already folded; without `consent` it is taken as given."""
    return eligibility(timeline, findings_of_person(records), bars_of(records, on), consent, on)


def _consent_fact(
    records: Records, on: date, purpose: str, requester: str | None, consent_id: str | None, basis: str | None
) -> ConsentFact:
    if basis is not None and basis.strip():
        return GIVEN
    if consent_id is None or requester is None:
        return ConsentFact(valid=False)
    own = [consent for consent in records.consents if consent.subject == records.subject]
    held = consent_for(own, on, purpose=purpose, recipient=requester, consent_id=consent_id)
    named = next((consent.events for consent in own if consent.id == consent_id), ())
    return ConsentFact(valid=held is not None, entries=named)
