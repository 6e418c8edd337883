"""Assessment schemes and the quarterly assessments of units, as far as the unit score needs them.

A scheme's weights sum to 100; scores carry every dimension; publication waits until the unit's feedback period of
`feedback_wd` working days has passed (DOMAIN §4.3). Scores are tied to the scheme's own stream: a caller's id names a
scheme in its name space only.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import DecimalText, Digest, Json, Payload, Ref, Role, Said, Text, UnitRef
from ledger.errors import Invalid


class Dimension(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Ref
    name: Text | None = None
    weight: int = Field(ge=0, le=100)


class AssessmentSchemeAdopted(LedgerEvent):
    """方案. A matrix and indicators can grow: they are documents, the entry holds their digests.

    Where `feedback_wd` is left out, the ledger writes the rulebook's.
    """

    TOPIC = "assessment-scheme.adopted.v1"
    ROLES = (Role.ASSESSOR,)
    MAY_LIE_AHEAD = True
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        scheme_id: Ref
        title: Text | None = None
        period: Ref | None = None
        period_kind: Literal["QUARTER", "YEAR"] | None = None
        feedback_wd: int | None = Field(default=None, ge=0, le=60)
        dimensions: list[Dimension] = Field(min_length=1)
        matrix: Json = None
        indicators: Json = None
        matrix_digest: Digest | None = None
        indicators_digest: Digest | None = None

    def apply(self, scheme: Scheme) -> None:
        scheme.dimensions = tuple(_member(dimension, "id") for dimension in self.data.dimensions)
        scheme.feedback_wd = self.data.feedback_wd


def _member(value: Any, name: str) -> Any:
    return value[name] if isinstance(value, dict) else getattr(value, name)


class Scheme(LedgerAggregate):
    KIND = "scheme"

    dimensions: tuple[str, ...]
    feedback_wd: int

    def adopt(self, data: AssessmentSchemeAdopted.Data) -> None:
        ids = [dimension.id for dimension in data.dimensions]
        require(len(set(ids)) == len(ids), "dimension-twice", "a dimension stands twice", "dimensions")
        total = sum(dimension.weight for dimension in data.dimensions)
        require(total == 100, "weights-not-100", f"the weights sum to {total}, not to 100", "dimensions")
        self.happen(AssessmentSchemeAdopted, data)


class AssessmentScored(LedgerEvent):
    """计分. The ledger adds the scheme's pseudonym, `scheme_uid`."""

    TOPIC = "assessment.scored.v1"
    ROLES = (Role.ASSESSOR,)
    ANSWERS = ("AssessmentScored",)  # a new scoring takes the place of the one before

    class Data(Payload):
        assessment_id: Ref
        scheme_id: Ref
        unit_id: UnitRef
        period: Ref
        scores: dict[str, DecimalText]
        scheme_uid: Ref | None = None

    def apply(self, assessment: Assessment) -> None:
        assessment.state, assessment.unit = "SCORED", self.data.unit_id
        assessment.scheme_id, assessment.scheme_uid = self.data.scheme_id, self.data.scheme_uid
        assessment.scored_on = day(self.envelope.context.effective_on)


class AssessmentReviewed(LedgerEvent):
    """复核: the unit's feedback was heard."""

    TOPIC = "assessment.reviewed.v1"
    ROLES = (Role.ASSESSOR,)
    ANSWERS = ("AssessmentScored",)

    class Data(Payload):
        assessment_id: Ref

    def apply(self, assessment: Assessment) -> None:
        """Feedback changes no figure; a new AssessmentScored does."""


class AssessmentPublished(LedgerEvent):
    """通报."""

    TOPIC = "assessment.published.v1"
    ROLES = (Role.ASSESSOR,)
    ANSWERS = ("AssessmentScored",)

    class Data(Payload):
        assessment_id: Ref

    def apply(self, assessment: Assessment) -> None:
        assessment.state = "PUBLISHED"


class AssessmentRestated(LedgerEvent):
    """更正通报: replaces the scores from its day on and keeps the place of the publication."""

    TOPIC = "assessment.restated.v1"
    ROLES = (Role.ASSESSOR,)
    ANSWERS = ("AssessmentPublished",)

    class Data(Payload):
        assessment_id: Ref
        scores: dict[str, DecimalText]
        reason: Said

    def apply(self, assessment: Assessment) -> None:
        assessment.state = "RESTATED"


class Assessment(LedgerAggregate):
    KIND = "assessment"

    state: str
    unit: str
    scheme_id: str
    scheme_uid: str | None  # entries of a ledger older than this member have none
    scored_on: date

    def start(self) -> None:
        self.state = "COLLECTING"
        self.scheme_uid = None

    @staticmethod
    def _check_scores(scores: dict[str, str], scheme: Scheme) -> None:
        fits = set(scores) == set(scheme.dimensions)
        require(fits, "scores-do-not-match-scheme", "the scores name other dimensions than the scheme", "scores")
        if not all(0 <= Decimal(score) <= 100 for score in scores.values()):
            raise Invalid("a score lies within 0 and 100", code="score-out-of-range", field="scores")

    def score(self, data: AssessmentScored.Data, scheme: Scheme) -> None:
        require(self.state in ("COLLECTING", "SCORED"), "wrong-state", "the assessment was published")
        if self.state == "SCORED":
            same = self.unit == data.unit_id and self.scheme_id == data.scheme_id
            same = same and self.scheme_uid in (None, scheme.uid)
            require(same, "assessment-exists", "this assessment is another unit's or scheme's", "assessment_id")
        self.require_other(data.unit_id)
        self._check_scores(data.scores, scheme)
        self.happen(AssessmentScored, data.model_copy(update={"scheme_uid": scheme.uid}))

    def review(self, data: AssessmentReviewed.Data) -> None:
        require(self.state == "SCORED", "wrong-state", "only a scored assessment is reviewed")
        self.require_other(self.unit)
        self.happen(AssessmentReviewed, data)

    def publish(self, data: AssessmentPublished.Data, act: Act, feedback_until: date | None) -> None:
        require(self.state == "SCORED", "wrong-state", "only a scored assessment is published, and once")
        self.require_other(self.unit)
        heard = feedback_until is None or all(moment > feedback_until for moment in act.days)
        require(heard, "feedback-open", "the unit's feedback period has not ended")
        self.happen(AssessmentPublished, data)

    def restate(self, data: AssessmentRestated.Data, scheme: Scheme) -> None:
        require(self.state in ("PUBLISHED", "RESTATED"), "wrong-state", "only a published assessment is restated")
        self.require_other(self.unit)
        self._check_scores(data.scores, scheme)
        self.happen(AssessmentRestated, data)
