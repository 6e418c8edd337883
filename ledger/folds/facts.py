"""What the rulebook is told about one subject on one day, as known at one size.

`records_on` folds every record that touches a subject; the functions below it turn records into the rulebook's facts.
The rulebook alone decides when a finding has lapsed and what it weighs; folds ask it through `over` and `reads`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TypeVar

from ledger.folds.assessment import Assessment, fold_assessment, newest, weights_of
from ledger.folds.breach import FOUND, Breach, Over, fold_breach, never_over
from ledger.folds.check import Check, check_on
from ledger.folds.commitment import REORGANISATION, Commitment, fold_commitment
from ledger.folds.consent import Consent, fold_consent
from ledger.folds.order import records_of, with_corrections
from ledger.folds.sanction import Sanction, fold_sanctions
from ledger.folds.source import Source
from ledger.reading import Logged
from ledger.rulebook import facts
from ledger.rulebook.parameters import FindingState, Severity
from ledger.rulebook.standing import reading_state, weigh
from ledger.rulebook.windows import EditionTimeline

_Record = TypeVar("_Record")

RECRUITMENT_BAR = "RECRUITMENT_BAR"


@dataclass(frozen=True, slots=True)
class Records:
    """Every record that touches a subject, folded on a day; `entries` are all that are known, by stream."""

    subject: str
    breaches: tuple[Breach, ...]
    commitments: tuple[Commitment, ...]
    consents: tuple[Consent, ...]
    sanctions: tuple[Sanction, ...]
    checks: tuple[Check, ...]
    assessments: tuple[Assessment, ...]
    entries: dict[str, list[Logged]]


def over_by(timeline: EditionTimeline | None) -> Over:
    """Expiry as the editions of a timeline see it; without a timeline nothing expires."""
    if timeline is None:
        return never_over

    def over(breach: Breach, day: date) -> bool:
        return reading_state(finding_of(breach), timeline, day) is FindingState.EXPIRED

    return over


def records_on(
    source: Source, subject: str, on: date, size: int, timeline: EditionTimeline | None, *, own: bool = False
) -> Records:
    """The records of a subject on a day; the breaches of a unit include those of its officials that link to it, unless
    it is asked for its `own` alone."""
    streams = records_of(source, subject, size)
    by_kind: dict[str, list[list[Logged]]] = {}
    for stream, entries in streams.items():
        by_kind.setdefault(stream.partition("/")[0], []).append(entries)
    over = over_by(timeline)
    breaches = [one for one in by_kind.get("breach", ()) if not own or _is_about(one, subject)]
    consents = [entry for consent in by_kind.get("consent", ()) for entry in consent]
    checks = [entries for entries in by_kind.get("check", ()) if entries[0].data.get("subject_id") == subject]
    moves = [entry for entries in streams.values() for entry in entries if entry.type == REORGANISATION]
    return Records(
        subject=subject,
        breaches=_present(fold_breach(entries, on, over=over) for entries in breaches),
        commitments=_present(fold_commitment(entries, on, moves) for entries in by_kind.get("commitment", ())),
        consents=_present(fold_consent(entries, on) for entries in by_kind.get("consent", ())),
        sanctions=tuple(fold_sanctions(streams.get(f"subject/{subject}", ()), on)),
        checks=_present(check_on(source, entries, size, on, consents) for entries in checks),
        assessments=_present(fold_assessment(entries, on) for entries in by_kind.get("assessment", ())),
        entries=streams,
    )


def _is_about(entries: Sequence[Logged], subject: str) -> bool:
    """Whether a case may be about a subject rather than only count toward it."""
    return any(entry.data.get("subject_id") == subject for entry in with_corrections(entries))


def reads(breach: Breach, timeline: EditionTimeline | None, on: date) -> str:
    """The state a reader sees on a day, EXPIRED included."""
    if timeline is None or breach.state not in FOUND:
        return breach.state
    return reading_state(finding_of(breach), timeline, on).value


def finding_of(
    breach: Breach, kind: facts.SubjectKind = facts.SubjectKind.PERSON, *, own: bool = False
) -> facts.Finding:
    """A breach in which something was found, as the rulebook's fact. `own`: about the unit that is being scored."""
    if breach.severity is None or breach.decision_on is None:
        raise ValueError("nothing was found in this breach on that day")
    return facts.Finding(
        record=breach.id,
        subject_kind=kind,
        severity=Severity(breach.severity),
        state=FindingState(breach.state),
        decision_on=breach.decision_on,
        entries=breach.weight_events,
        first_entry=breach.events[0] if breach.events else 0,
        ends_on=breach.ends_on,
        duty_related=breach.duty_related,
        record_kind=facts.RecordKind(breach.record_kind),
        list_code=breach.list_code,
        own=own,
    )


def findings_of_person(records: Records) -> list[facts.Finding]:
    """The findings about a subject itself."""
    return [finding_of(breach) for breach in records.breaches if breach.found and breach.subject == records.subject]


def findings_for_unit(records: Records) -> list[facts.Finding]:
    """A unit's own findings, and those of officials whose unit it was at the time of the conduct."""
    findings = []
    for breach in records.breaches:
        if not breach.found:
            continue
        if breach.subject == records.subject:
            findings.append(finding_of(breach, facts.SubjectKind.UNIT, own=True))
        elif breach.unit_at_time == records.subject:
            findings.append(finding_of(breach))
    return findings


def broken_by(records: Records, timeline: EditionTimeline | None, on: date) -> dict[str, Breach]:
    """The findings that break a commitment on a day, by the commitment's id: those that name it and weigh something."""
    if timeline is None:
        return {}
    return {
        breach.commitment_id: breach
        for breach in records.breaches
        if breach.commitment_id is not None and breach.found and weigh(finding_of(breach), timeline, on).factor > 0
    }


def promises_of(records: Records, timeline: EditionTimeline, on: date) -> list[facts.Promise]:
    """The commitments a subject made here; those taken over from elsewhere weigh nothing."""
    broken = broken_by(records, timeline, on)
    return [
        facts.Promise(
            commitment=commitment.id,
            due_on=commitment.due_on,
            weight=commitment.weight,
            entries=_resting_on(commitment, broken),
            fulfilled_on=commitment.fulfilled_on,
            waived=commitment.waived_on is not None,
            broken=commitment.open and commitment.id in broken,
        )
        for commitment in records.commitments
        if commitment.due_on is not None and commitment.promisor == records.subject
    ]


def assessment_of(source: Source, records: Records, size: int) -> facts.Assessment | None:
    """The newest published assessment of a unit, exact."""
    latest = newest([one for one in records.assessments if one.unit == records.subject])
    if latest is None:
        return None
    weights = weights_of(source, latest, size)
    return facts.Assessment(
        assessment=latest.id,
        weights={name: Fraction(weight) for name, weight in weights.items()},
        scores={name: Fraction(score) for name, score in latest.scores.items()},
        entries=latest.weight_events,
    )


def bars_of(records: Records, on: date) -> list[facts.Bar]:
    """The recruitment bars of a person that were not lifted by a day."""
    return [
        facts.Bar(entries=sanction.events, from_=sanction.starts_on, until=sanction.until)
        for sanction in records.sanctions
        if sanction.kind == RECRUITMENT_BAR and (sanction.lifted_on is None or sanction.lifted_on > on)
    ]


def consent_for(
    consents: Iterable[Consent], on: date, *, purpose: str, recipient: str | None, consent_id: str | None = None
) -> Consent | None:
    """A consent that holds on a day for a purpose: to this recipient (None: to any), under this id (None: any)."""
    for consent in consents:
        fits = (
            consent.purpose == purpose and consent_id in (None, consent.id) and recipient in (None, consent.recipient)
        )
        if fits and consent.holds(on):
            return consent
    return None


def _resting_on(commitment: Commitment, broken: dict[str, Breach]) -> tuple[int, ...]:
    if commitment.open and commitment.id in broken:
        return (*commitment.weight_events, *broken[commitment.id].weight_events)
    return commitment.weight_events


def _present(records: Iterable[_Record | None]) -> tuple[_Record, ...]:
    return tuple(record for record in records if record is not None)
