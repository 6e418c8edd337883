"""What the rulebook is told: records as they stand on the day asked about, with the entries that moved them.

Whoever fills these has folded the log up to `as_known` and cut it at D = `as_of`; the rulebook adds only what dates
and the edition decide (EXPIRED, factors, sums). `entries` are the indexes of the entries that move a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from ledger.errors import Invalid
from ledger.rulebook.parameters import FindingState, Severity


class SubjectKind(StrEnum):
    PERSON = "PERSON"
    UNIT = "UNIT"
    ENTERPRISE = "ENTERPRISE"


class RecordKind(StrEnum):
    """LOCAL is a finding of this ledger; the others are records of an authority."""

    LOCAL = "LOCAL"
    COURT_LIST = "COURT_LIST"
    SEVERE_LIST = "SEVERE_LIST"
    DISCIPLINE = "DISCIPLINE"
    PENALTY = "PENALTY"


LASTING_LIST_CODES = frozenset({"CRIMINAL_PUNISHMENT", "EXPELLED_FROM_PARTY", "EXPELLED_FROM_OFFICE"})
"""The codes of 公务员法 26(1)-(3); a record with one of them never expires."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A confirmed breach or an authority's record from its finding on.

    `state` and `severity` are those of D before expiry; `own` is a finding about the unit itself, never a link.
    `ends_on` is the last day on which the record counts. `entries` begin with the finding: confirmed or imported,
    corrected, appealed, appeal decided, repair approved or revoked, removed, voided. `first_entry` orders the records.
    """

    record: str
    subject_kind: SubjectKind
    severity: Severity
    state: FindingState
    decision_on: date
    entries: tuple[int, ...]
    first_entry: int
    ends_on: date | None = None
    duty_related: bool = False
    record_kind: RecordKind | None = None
    list_code: str | None = None
    own: bool = False

    @property
    def lasting(self) -> bool:
        """Whether the record never expires (E2)."""
        return self.list_code in LASTING_LIST_CODES


@dataclass(frozen=True, slots=True)
class Promise:
    """A commitment with the due day in force on D; `weight` is at least 1. `broken` by a finding that stands."""

    commitment: str
    due_on: date
    weight: int
    entries: tuple[int, ...]
    fulfilled_on: date | None = None
    waived: bool = False
    broken: bool = False

    def fulfilled(self, on: date) -> bool:
        return self.fulfilled_on is not None and self.fulfilled_on <= on

    def on_time(self, on: date) -> bool:
        return self.fulfilled_on is not None and self.fulfilled_on <= min(on, self.due_on)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The newest published assessment on D; every dimension of the scheme has a weight and a score."""

    assessment: str
    weights: Mapping[str, Fraction]
    scores: Mapping[str, Fraction]
    entries: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.weights.keys() != self.scores.keys():
            raise Invalid("a dimension without weight or score", code="bad-assessment")

    @property
    def composite(self) -> Fraction:
        """A = Σ score × weight / 100, exact."""
        return sum((self.scores[name] * weight for name, weight in self.weights.items()), Fraction(0)) / 100


@dataclass(frozen=True, slots=True)
class Bar:
    """A recruitment bar, both days included; `until` None is for life."""

    entries: tuple[int, ...]
    from_: date
    until: date | None

    def covers(self, on: date) -> bool:
        return self.from_ <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class ConsentFact:
    """Whether a consent holds on D or a statutory basis replaces it, and the entries that say so."""

    valid: bool
    entries: tuple[int, ...] = ()
