"""Eligibility checks: requested, evaluated by rules, put to the candidate, decided by a named human.

Points never decide; a departure from the rule's outcome needs a second approver; a negative decision waits for the
notice (DOMAIN §1.4, §4.3). A check that evaluated to INCOMPLETE is never decided.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from ledger.domain import eligibility_events as events
from ledger.domain.base import Act, LedgerAggregate, day, require
from ledger.domain.certificate import CertificateIssued, CertificateRevoked
from ledger.domain.consent import CreditReportAttached
from ledger.domain.duties import Conflicts
from ledger.domain.values import Role


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

    def require_other(self, concerned: str) -> None:
        """Nobody in their own case, and no organ but the one that asked: whoever names another unit acts for that."""
        super().require_other(concerned)
        self._require_requester(self.requester)

    def _require_requester(self, requester: str | None) -> None:
        actor = self.act.actor
        theirs = requester is None or actor.unit is None or actor.stands_for(requester)
        require(theirs, "not-the-requester", "another organ asked for this check")

    def _require_state(self, *states: str) -> None:
        require(self.state in states, "wrong-state", "the check is not at this step")

    def request(self, data: events.EligibilityCheckRequested.Data) -> None:
        if not (data.statutory_basis or "").strip():
            data = data.model_copy(update={"statutory_basis": None})
        based = bool(data.consent_id) or data.statutory_basis is not None
        require(based, "consent-or-basis", "a check rests on a consent or a statutory basis")
        self.require_other(data.subject_id)
        self._require_requester(data.requester)
        self.happen(events.EligibilityCheckRequested, data)

    def evaluated(self, data: events.EligibilityEvaluated.Data) -> None:
        self.happen(events.EligibilityEvaluated, data)

    @staticmethod
    def _require_consent(consent_withdrawn: bool) -> None:
        require(not consent_withdrawn, "check-withdrawn", "the consent was withdrawn before the decision")

    def _require_decidable(self, consent_withdrawn: bool) -> None:
        self._require_consent(consent_withdrawn)
        self._require_state("EVALUATED", "NOTICED", "RESPONDED")
        require(self.outcome != "INCOMPLETE", "check-incomplete", "a check without a valid consent is never decided")

    def notice(
        self, data: events.PreDecisionNoticeSent.Data, earliest_reply_due: date, *, consent_withdrawn: bool
    ) -> None:
        self._require_decidable(consent_withdrawn)
        self._require_state("EVALUATED")
        self.require_other(self.subject)
        long_enough = day(data.reply_due) >= earliest_reply_due
        require(long_enough, "notice-period-too-short", f"it ends on {earliest_reply_due} at the earliest", "reply_due")
        self.happen(events.PreDecisionNoticeSent, data)

    def attach_report(self, data: CreditReportAttached.Data, *, consent_withdrawn: bool, consent_holds: bool) -> None:
        """`consent_holds`: the consent that the report was obtained with holds for this check on the day."""
        self._require_decidable(consent_withdrawn)
        self.require_other(self.subject)
        require(consent_holds, "consent-missing", "the report was not obtained with a consent that holds", "consent_id")
        require(data.doc is not None, "document-required", "the report is the document", "doc")
        self.happen(CreditReportAttached, data)

    def respond(self, data: events.CandidateResponded.Data, act: Act, *, consent_withdrawn: bool) -> None:
        """Once; but what another recorded for the candidate keeps nobody from speaking for themselves."""
        by_another = self.state == "RESPONDED" and bool(self.written_down_by.get("CandidateResponded"))
        if not (by_another and act.for_subject is None):
            self._require_state("NOTICED")
        self._require_consent(consent_withdrawn)
        due = self.reply_due
        in_time = due is not None and all(moment <= due for moment in act.days)
        require(in_time, "notice-period-over", "the period to respond has ended")
        self.happen(events.CandidateResponded, data)

    def decide(
        self,
        data: events.EligibilityDecided.Data,
        act: Act,
        *,
        consent_withdrawn: bool,
        seconded_by: Collection[str],
        when_recorded: str | None,
    ) -> None:
        """`seconded_by`: all registrations of the second approver; none without one.

        `when_recorded`: the outcome by the rules on the day the request was recorded, where that came later than the
        day it is about. To pass over what had come up in between is a departure as well.
        """
        self._require_decidable(consent_withdrawn)
        self.require_other(self.subject)
        if data.decision == "NOT_ELIGIBLE":
            heard = self._heard(act)
            require(heard, "notice-period-open", "a negative decision waits for the notice and the reply period")
        departs = (self.outcome, data.decision) in (("BLOCK", "ELIGIBLE"), ("CLEAR", "NOT_ELIGIBLE"))
        departs |= data.decision == "ELIGIBLE" and when_recorded in ("BLOCK", "INCOMPLETE")
        if departs or data.departs_from_rule:
            own = self.subject in seconded_by or any(map(act.actor.is_hand_of, seconded_by))
            seconded = bool(seconded_by) and not own
            require(seconded, "second-approver-required", "a departure from the rule needs a second approver")
            self.require_impartial(seconded_by)
            data = data.model_copy(update={"departs_from_rule": True})
        self.happen(events.EligibilityDecided, data)

    def _heard(self, act: Act) -> bool:
        """Responded, or the period over, on the stated day as well as on the recorded one (DOMAIN §4.1).

        A response that this very hand wrote down shortens no period: until its end the candidate may still speak.
        """
        due, responded = self.reply_due, self.responded_on
        if responded is not None and not self.wrote_down("CandidateResponded", act.actor):
            return all(moment >= responded for moment in act.days)
        return due is not None and all(moment > due for moment in act.days)

    def notify(self, data: events.EligibilityNotified.Data, *, consent_withdrawn: bool) -> None:
        self._require_state("DECIDED")
        self._require_consent(consent_withdrawn)
        self.require_other(self.subject)
        self.happen(events.EligibilityNotified, data)

    def dispute(self, data: events.EligibilityDisputed.Data, act: Act, *, consent_withdrawn: bool) -> None:
        self._require_state("NOTIFIED")
        self._require_consent(consent_withdrawn)
        if act.for_subject is not None:
            decided = any(map(act.actor.is_hand_of, self.deciders))
            require(not decided, "acted-for-the-subject", "who decided does not record the dispute of it")
        self.happen(events.EligibilityDisputed, data)

    def redetermine(self, data: events.EligibilityRedetermined.Data, act: Act, *, consent_withdrawn: bool) -> None:
        self._require_state("DISPUTED")
        self._require_consent(consent_withdrawn)
        self.require_other(self.subject)
        another = not any(map(act.actor.is_hand_of, self.deciders))
        require(another, "decider-may-not-review", "a disputed decision is looked at by another hand")
        self.require_another_hand("EligibilityDisputed", act.actor)
        worse = self.decision == "ELIGIBLE" and data.decision == "NOT_ELIGIBLE"
        require(not worse, "redetermination-aggravates", "nobody is worse off for having disputed", "decision")
        self.happen(events.EligibilityRedetermined, data)

    def finalise(
        self, data: events.EligibilityFinalised.Data, act: Act, dispute_until: date | None, *, consent_withdrawn: bool
    ) -> None:
        """`dispute_until`: the last day to dispute what was served; a decision in the candidate's favour needs none."""
        self._require_state("NOTIFIED", "REDETERMINED")
        self._require_consent(consent_withdrawn)
        self.require_other(self.subject)
        if self.state == "NOTIFIED" and self.decision == "NOT_ELIGIBLE" and dispute_until is not None:
            over = all(moment > dispute_until for moment in act.days)
            require(over, "dispute-period-open", f"the candidate may dispute the decision until {dispute_until}")
        self.happen(events.EligibilityFinalised, data)

    def withdraw(self, data: events.EligibilityWithdrawn.Data, *, consent_withdrawn: bool) -> None:
        require(self.state not in ("NEW", "FINAL", "WITHDRAWN"), "wrong-state", "the check has ended")
        if self.act.actor.role is Role.HR and self.act.for_subject is None:
            self._require_requester(self.requester)
        self._require_consent(consent_withdrawn)
        self.happen(events.EligibilityWithdrawn, data)

    def issue_certificate(self, data: CertificateIssued.Data, *, consent_withdrawn: bool) -> None:
        self._require_state("NOTIFIED", "FINAL")
        require(not consent_withdrawn, "check-withdrawn", "the consent was withdrawn")
        self.happen(CertificateIssued, data)

    def revoke_certificate(self, data: CertificateRevoked.Data) -> None:
        require(data.digest in self.certificates, "unknown-certificate", "no such certificate of this check", "digest")
        require(self.certificates[data.digest], "already-revoked", "it was revoked before", "digest")
        self.happen(CertificateRevoked, data)
