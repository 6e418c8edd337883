"""Eligibility checks: requested, evaluated by rules, put to the candidate, decided by a named human.

Points never decide; a departure from the rule's outcome needs a second approver; a negative decision waits for the
notice (DOMAIN §1.4, §4.3). A check that evaluated to INCOMPLETE is never decided.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.certificate import CertificateIssued, CertificateRevoked
from ledger.domain.consent import CreditReportAttached
from ledger.domain.duties import Conflicts
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


class Check(Conflicts, LedgerAggregate):
    KIND = "check"

    state: str
    subject: str
    requester: str | None
    consent_id: str | None
    purpose: str
    statutory_basis: str | None
    outcome: str | None
    reply_due: date | None
    responded_on: date | None
    decision: str | None
    deciders: tuple[str | None, ...]  # who decided, and who approved a departure
    certificates: dict[str, bool]  # by digest, whether it was not revoked

    def start(self) -> None:
        self.start_conflicts()
        self.state = "NEW"
        self.outcome = self.reply_due = self.responded_on = self.consent_id = self.requester = None
        self.decision, self.deciders, self.certificates = None, (), {}

    @property
    def case(self) -> tuple[str, ...]:
        return (self.subject,) if self.requester is None else (self.subject, self.requester)

    def _require_state(self, *states: str) -> None:
        require(self.state in states, "wrong-state", "the check is not at this step")

    def request(self, data: EligibilityCheckRequested.Data) -> None:
        if not (data.statutory_basis or "").strip():
            data = data.model_copy(update={"statutory_basis": None})
        based = bool(data.consent_id) or data.statutory_basis is not None
        require(based, "consent-or-basis", "a check rests on a consent or a statutory basis")
        self.require_other(data.subject_id)
        self.happen(EligibilityCheckRequested, data)

    def evaluated(self, data: EligibilityEvaluated.Data) -> None:
        self.happen(EligibilityEvaluated, data)

    @staticmethod
    def _require_consent(consent_withdrawn: bool) -> None:
        require(not consent_withdrawn, "check-withdrawn", "the consent was withdrawn before the decision")

    def _require_decidable(self, consent_withdrawn: bool) -> None:
        self._require_consent(consent_withdrawn)
        self._require_state("EVALUATED", "NOTICED", "RESPONDED")
        require(self.outcome != "INCOMPLETE", "check-incomplete", "a check without a valid consent is never decided")

    def notice(self, data: PreDecisionNoticeSent.Data, earliest_reply_due: date, *, consent_withdrawn: bool) -> None:
        self._require_decidable(consent_withdrawn)
        self._require_state("EVALUATED")
        self.require_other(self.subject)
        long_enough = day(data.reply_due) >= earliest_reply_due
        require(long_enough, "notice-period-too-short", "the period is shorter than the rulebook's", "reply_due")
        self.happen(PreDecisionNoticeSent, data)

    def attach_report(self, data: CreditReportAttached.Data, *, consent_withdrawn: bool, consent_holds: bool) -> None:
        """`consent_holds`: the consent that the report was obtained with holds for this check on the day."""
        self._require_decidable(consent_withdrawn)
        self.require_other(self.subject)
        require(consent_holds, "consent-missing", "the report was not obtained with a consent that holds", "consent_id")
        require(data.doc is not None, "document-required", "the report is the document", "doc")
        self.happen(CreditReportAttached, data)

    def respond(self, data: CandidateResponded.Data, act: Act, *, consent_withdrawn: bool) -> None:
        """Once; but what another recorded for the candidate keeps nobody from speaking for themselves."""
        by_another = self.state == "RESPONDED" and bool(self.written_down_by.get("CandidateResponded"))
        if not (by_another and act.for_subject is None):
            self._require_state("NOTICED")
        self._require_consent(consent_withdrawn)
        due = self.reply_due
        in_time = due is not None and all(moment <= due for moment in act.days)
        require(in_time, "notice-period-over", "the period to respond has ended")
        self.happen(CandidateResponded, data)

    def decide(
        self, data: EligibilityDecided.Data, act: Act, *, consent_withdrawn: bool, seconded_by: Collection[str]
    ) -> None:
        """`seconded_by`: all registrations of the second approver; none without one."""
        self._require_decidable(consent_withdrawn)
        self.require_other(self.subject)
        if data.decision == "NOT_ELIGIBLE":
            heard = self._heard(act)
            require(heard, "notice-period-open", "a negative decision waits for the notice and the reply period")
        departs = (self.outcome, data.decision) in (("BLOCK", "ELIGIBLE"), ("CLEAR", "NOT_ELIGIBLE"))
        if departs or data.departs_from_rule:
            own = self.subject in seconded_by or any(map(act.actor.stands_for, seconded_by))
            seconded = bool(seconded_by) and not own
            require(seconded, "second-approver-required", "a departure from the rule needs a second approver")
            self.require_impartial(seconded_by)
            data = data.model_copy(update={"departs_from_rule": True})
        self.happen(EligibilityDecided, data)

    def _heard(self, act: Act) -> bool:
        """Responded, or the period over, on the stated day as well as on the recorded one (DOMAIN §4.1).

        A response that this very hand wrote down shortens no period: until its end the candidate may still speak.
        """
        due, responded = self.reply_due, self.responded_on
        if responded is not None and not self.wrote_down("CandidateResponded", act.actor):
            return all(moment >= responded for moment in act.days)
        return due is not None and all(moment > due for moment in act.days)

    def notify(self, data: EligibilityNotified.Data, *, consent_withdrawn: bool) -> None:
        self._require_state("DECIDED")
        self._require_consent(consent_withdrawn)
        self.require_other(self.subject)
        self.happen(EligibilityNotified, data)

    def dispute(self, data: EligibilityDisputed.Data, act: Act, *, consent_withdrawn: bool) -> None:
        self._require_state("NOTIFIED")
        self._require_consent(consent_withdrawn)
        if act.for_subject is not None:
            decided = any(map(act.actor.stands_for, self.deciders))
            require(not decided, "acted-for-the-subject", "who decided does not record the dispute of it")
        self.happen(EligibilityDisputed, data)

    def redetermine(self, data: EligibilityRedetermined.Data, act: Act, *, consent_withdrawn: bool) -> None:
        self._require_state("DISPUTED")
        self._require_consent(consent_withdrawn)
        self.require_other(self.subject)
        another = not any(map(act.actor.stands_for, self.deciders))
        require(another, "decider-may-not-review", "a disputed decision is looked at by another hand")
        self.require_another_hand("EligibilityDisputed", act.actor)
        worse = self.decision == "ELIGIBLE" and data.decision == "NOT_ELIGIBLE"
        require(not worse, "redetermination-aggravates", "nobody is worse off for having disputed", "decision")
        self.happen(EligibilityRedetermined, data)

    def finalise(
        self, data: EligibilityFinalised.Data, act: Act, dispute_until: date | None, *, consent_withdrawn: bool
    ) -> None:
        """`dispute_until`: the last day to dispute what was served; a decision in the candidate's favour needs none."""
        self._require_state("NOTIFIED", "REDETERMINED")
        self._require_consent(consent_withdrawn)
        self.require_other(self.subject)
        if self.state == "NOTIFIED" and self.decision == "NOT_ELIGIBLE" and dispute_until is not None:
            over = all(moment > dispute_until for moment in act.days)
            require(over, "dispute-period-open", f"the candidate may dispute the decision until {dispute_until}")
        self.happen(EligibilityFinalised, data)

    def withdraw(self, data: EligibilityWithdrawn.Data, *, consent_withdrawn: bool) -> None:
        require(self.state not in ("NEW", "FINAL", "WITHDRAWN"), "wrong-state", "the check has ended")
        self._require_consent(consent_withdrawn)
        self.happen(EligibilityWithdrawn, data)

    def issue_certificate(self, data: CertificateIssued.Data, *, consent_withdrawn: bool) -> None:
        self._require_state("NOTIFIED", "FINAL")
        require(not consent_withdrawn, "check-withdrawn", "the consent was withdrawn")
        self.happen(CertificateIssued, data)

    def revoke_certificate(self, data: CertificateRevoked.Data) -> None:
        require(data.digest in self.certificates, "unknown-certificate", "no such certificate of this check", "digest")
        require(self.certificates[data.digest], "already-revoked", "it was revoked before", "digest")
        self.happen(CertificateRevoked, data)
