"""The events of an eligibility check: request, evaluation, hearing, decision, service, dispute, end (DOMAIN §4.2).

The aggregate that decides is in `eligibility.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.base import LedgerEvent, day
from ledger.domain.values import (
    Clause,
    Day,
    DocumentText,
    InSection,
    Payload,
    PersonRef,
    Purpose,
    Reasons,
    Ref,
    Role,
    Said,
    Text,
    UnitRef,
)

if TYPE_CHECKING:
    from ledger.domain.eligibility import Check

Decision = Literal["ELIGIBLE", "NOT_ELIGIBLE"]


class EligibilityCheckRequested(LedgerEvent):
    """核查申请, on a consent or a statutory basis."""

    TOPIC = "eligibility-check.requested.v1"
    ROLES = (Role.HR,)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        subject_id: PersonRef
        purpose: Purpose = Field(strict=False)
        post_ref: Ref | None = None
        consent_id: Ref | None = None
        statutory_basis: Clause | None = None
        requester: UnitRef | None = None

    def apply(self, check: Check) -> None:
        check.state, check.subject = "REQUESTED", self.data.subject_id
        check.consent_id, check.requester = self.data.consent_id, self.data.requester
        check.purpose, check.statutory_basis = str(self.data.purpose), self.data.statutory_basis


class RuleHit(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    rule: str
    clause: str
    event_ids: list[int]


class EligibilityEvaluated(LedgerEvent):
    """规则评估, emitted by the ledger with the request; `as_known_seq` is the size just before the request.

    The ledger leaves `facts_digest` out: the facts are the entries below `as_known_seq`, and the log proves them.
    """

    TOPIC = "eligibility.evaluated.v1"
    ROLES = (Role.SYSTEM,)
    ANSWERS = ("EligibilityCheckRequested",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        rulebook: Ref
        as_of: Day
        as_known_seq: int
        outcome: Literal["CLEAR", "REFER", "BLOCK", "INCOMPLETE"]
        hits: list[RuleHit]
        records: list[Ref]
        facts_digest: Annotated[str, InSection("reasons")] | None = None

    def apply(self, check: Check) -> None:
        check.state, check.outcome = "EVALUATED", self.data.outcome


class PreDecisionNoticeSent(LedgerEvent):
    """拟不通过告知."""

    TOPIC = "pre-decision-notice.sent.v1"
    ROLES = (Role.HR,)
    ANSWERS = ("EligibilityCheckRequested",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        reply_due: Day
        report_digest: DocumentText | None = None

    def apply(self, check: Check) -> None:
        check.state, check.reply_due = "NOTICED", day(self.data.reply_due)


class CandidateResponded(LedgerEvent):
    """候选人陈述."""

    TOPIC = "candidate.responded.v1"
    ROLES = (Role.SUBJECT,)
    ANSWERS = ("PreDecisionNoticeSent",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        statement: Annotated[Text, InSection("statement")]

    def apply(self, check: Check) -> None:
        check.state, check.responded_on = "RESPONDED", day(self.envelope.context.effective_on)


class SevenConsiderations(BaseModel):
    """What the human weighed; all seven are required (DOMAIN §4.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    nature_of_position: Said
    nature_and_seriousness: Said
    circumstances: Said
    recency: Said
    age_at_the_time: Said
    contributing_conditions: Said
    rehabilitation: Said


class EligibilityDecided(LedgerEvent):
    """审查决定 by a human of HR."""

    TOPIC = "eligibility.decided.v1"
    ROLES = (Role.HR,)
    DECISION = True
    ANSWERS = ("EligibilityCheckRequested", "PreDecisionNoticeSent", "CandidateResponded")
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        decision: Decision
        reasons: Reasons
        considerations: Annotated[SevenConsiderations, InSection("considerations")]
        departs_from_rule: bool | None = None
        second_approver: Ref | None = None

    def apply(self, check: Check) -> None:
        check.state, check.decision = "DECIDED", self.data.decision
        check.deciders = (self.envelope.context.actor["id"], self.data.second_approver, self.data.delegated_by)


class EligibilityNotified(LedgerEvent):
    """结果送达."""

    TOPIC = "eligibility.notified.v1"
    ROLES = (Role.HR,)
    ANSWERS = ("EligibilityDecided",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref

    def apply(self, check: Check) -> None:
        check.state = "NOTIFIED"


class EligibilityDisputed(LedgerEvent):
    """提出异议: freezes the decision."""

    TOPIC = "eligibility.disputed.v1"
    ROLES = (Role.SUBJECT,)
    ANSWERS = ("EligibilityNotified",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        grounds: Annotated[Text, InSection("grounds")]

    def apply(self, check: Check) -> None:
        check.state = "DISPUTED"


class EligibilityRedetermined(LedgerEvent):
    """重新审查 by another hand, never to the harm of who disputed."""

    TOPIC = "eligibility.redetermined.v1"
    ROLES = (Role.HR,)
    DECISION = True
    ANSWERS = ("EligibilityDisputed",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        decision: Decision
        reasons: Reasons

    def apply(self, check: Check) -> None:
        check.state = "REDETERMINED"


class EligibilityFinalised(LedgerEvent):
    """终结."""

    TOPIC = "eligibility.finalised.v1"
    ROLES = (Role.HR,)
    ANSWERS = ("EligibilityNotified", "EligibilityRedetermined")
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref

    def apply(self, check: Check) -> None:
        check.state = "FINAL"


class EligibilityWithdrawn(LedgerEvent):
    """撤回 by the candidate or the requesting unit."""

    TOPIC = "eligibility.withdrawn.v1"
    ROLES = (Role.HR, Role.SUBJECT)
    ANSWERS = ("EligibilityCheckRequested", "EligibilityDecided", "EligibilityRedetermined")  # undoes no decision
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref

    def apply(self, check: Check) -> None:
        check.state = "WITHDRAWN"
