"""Consents: a person allows one recipient one purpose until a day, and may withdraw (个人信息保护法 13, 15, 23)."""

from __future__ import annotations

from datetime import date
from typing import Any

from pydantic import Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import Code, Day, DocumentText, Payload, PersonRef, Purpose, Ref, Role, UnitRef


class ConsentGiven(LedgerEvent):
    """授权."""

    TOPIC = "consent.given.v1"
    ROLES = (Role.SUBJECT,)
    RETENTION = "CHECK"

    class Data(Payload):
        consent_id: Ref
        subject_id: PersonRef
        purpose: Purpose = Field(strict=False)
        scope: list[Code]
        recipient: UnitRef
        expires_on: Day
        form_digest: DocumentText | None = None

    def apply(self, consent: Consent) -> None:
        consent.ref = self.data.consent_id
        consent.subject, consent.recipient = self.data.subject_id, self.data.recipient


class ConsentWithdrawn(LedgerEvent):
    """撤回授权."""

    TOPIC = "consent.withdrawn.v1"
    ROLES = (Role.SUBJECT,)
    ANSWERS = ("ConsentGiven",)
    RETENTION = "CHECK"

    class Data(Payload):
        consent_id: Ref
        subject_id: PersonRef

    def apply(self, consent: Consent) -> None:
        consent.withdrawn = True


class CreditReportAttached(LedgerEvent):
    """征信报告, in the stream of a check: a reference item obtained with the candidate's consent; it never blocks."""

    TOPIC = "credit-report.attached.v1"
    ROLES = (Role.HR,)
    ANSWERS = ("EligibilityCheckRequested",)
    RETENTION = "CHECK"

    class Data(Payload):
        check_id: Ref
        consent_id: Ref

    def apply(self, check: Any) -> None:
        """A reference item changes no state: what it is worth a human weighs."""


class Consent(LedgerAggregate):
    KIND = "consent"

    ref: str  # the caller's id
    subject: str
    recipient: str
    withdrawn: bool

    def start(self) -> None:
        self.withdrawn = False

    def give(self, data: ConsentGiven.Data, act: Act) -> None:
        require(day(data.expires_on) >= act.on, "consent-expired", "the consent ends before it begins", "expires_on")
        self.happen(ConsentGiven, data)

    def withdraw(
        self, data: ConsentWithdrawn.Data, act: Act, *, decided_on: date | None, final_on: date | None
    ) -> None:
        """`decided_on`, `final_on`: the latest days on which a check that rests on it was decided, and is final.

        A paper found later may withdraw it as of a day before a decision. It undoes none that is final; and what a
        clerk records for the subject undoes none at all.
        """
        bound = final_on if act.for_subject is None else decided_on
        undoes = bound is not None and act.on < bound
        require(not undoes, "check-decided", "what was decided on this consent is not undone by its withdrawal")
        require(data.subject_id == self.subject, "not-the-subject", "only who gave a consent withdraws it")
        require(not self.withdrawn, "wrong-state", "the consent is withdrawn already")
        self.happen(ConsentWithdrawn, data.model_copy(update={"consent_id": self.ref}))
