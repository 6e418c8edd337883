"""Commitments: made, lawfully amended, kept, waived (优化营商环境条例 31), or taken over from a source system.

A commitment is never broken by a date alone: BROKEN needs a confirmed breach that names it (DOMAIN §4.3).
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from ledger.domain.base import Act, LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import (
    AnySubject,
    Code,
    Day,
    Document,
    Evidence,
    InSection,
    Json,
    PartialDay,
    Payload,
    Reasons,
    Ref,
    Role,
    Text,
)


class CommitmentMade(LedgerEvent):
    """承诺登记. The text of a person is the section `text`; a unit's is plain."""

    TOPIC = "commitment.made.v1"
    ROLES = (Role.SUBJECT, Role.HR)

    class Data(Payload):
        commitment_id: Ref
        promisor_id: AnySubject
        kind: Literal["POLICY", "CONTRACT", "SERVICE", "PERSONAL", "PLEDGE"]
        text: Annotated[Text, InSection("text")]
        due_on: Day
        weight: int = Field(ge=1)
        public: bool

    def apply(self, commitment: Commitment) -> None:
        commitment.promisor = self.data.promisor_id
        commitment.due_on = day(self.data.due_on)


class CommitmentAmended(LedgerEvent):
    """依法变更 by the superior organ, before the day is due or with a document."""

    TOPIC = "commitment.amended.v1"
    ROLES = (Role.CREDIT,)
    ANSWERS = ("CommitmentMade",)

    class Data(Payload):
        commitment_id: Ref
        new_due_on: Day
        reason: Reasons
        authority_doc: Document
        compensation: Reasons | None = None

    def apply(self, commitment: Commitment) -> None:
        on = day(self.envelope.context.effective_on)
        if on >= commitment.happened_on.get("CommitmentAmended", on):  # else one that counts later was recorded before
            commitment.due_on = day(self.data.new_due_on)


class CommitmentFulfilled(LedgerEvent):
    """履约确认 by somebody other than the promisor."""

    TOPIC = "commitment.fulfilled.v1"
    ROLES = (Role.CREDIT, Role.HR)
    SAME_DAY = "fulfilled_on"
    ANSWERS = ("CommitmentMade",)

    class Data(Payload):
        commitment_id: Ref
        fulfilled_on: Day
        evidence: Evidence

    def apply(self, commitment: Commitment) -> None:
        commitment.closed = "FULFILLED"


class CommitmentWaived(LedgerEvent):
    """依法免除: leaves the sums of the unit score from that day on."""

    TOPIC = "commitment.waived.v1"
    ROLES = (Role.CREDIT,)
    ANSWERS = ("CommitmentMade",)

    class Data(Payload):
        commitment_id: Ref
        reason: Literal["FORCE_MAJEURE", "LAW_CHANGE", "BENEFICIARY_AGREED"]

    def apply(self, commitment: Commitment) -> None:
        commitment.closed = "WAIVED"


class CommitmentOverdueFlagged(LedgerEvent):
    """逾期提示: a reminder; no points for a person. `days` since the day it was due are counted by the ledger."""

    TOPIC = "commitment-overdue.flagged.v1"
    ROLES = (Role.SYSTEM,)
    ANSWERS = ("CommitmentMade",)

    class Data(Payload):
        commitment_id: Ref
        days: int | None = Field(default=None, ge=1)

    def apply(self, commitment: Commitment) -> None:
        """A reminder changes nothing."""


class CommitmentImported(LedgerEvent):
    """迁入承诺: as the source system holds it; no figure uses it without a `[legacy]` clause."""

    TOPIC = "commitment.imported.v1"
    ROLES = (Role.CREDIT,)
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        source: Code
        source_record: Ref
        promisor_id: AnySubject
        text: Annotated[Text, InSection("text")]
        start: PartialDay | None = None
        due: PartialDay | None = None
        status_raw: Annotated[Text, InSection("summary")] | None = None
        summary: Annotated[Json, InSection("summary")] = None

    def apply(self, commitment: Commitment) -> None:
        commitment.promisor = self.data.promisor_id
        commitment.closed = "IMPORTED"


class CommitmentAssessed(LedgerEvent):
    """履约评估 of a source system about a commitment taken over."""

    TOPIC = "commitment.assessed.v1"
    ROLES = (Role.CREDIT,)
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        source: Code
        source_record: Ref
        observed_on: PartialDay | None = None
        level: Annotated[Text, InSection("summary")] | None = None
        due_on: PartialDay | None = None
        stage: Code | None = None
        summary: Annotated[Json, InSection("summary")] = None

    def apply(self, commitment: Commitment) -> None:
        """What another system thought of it changes nothing here."""


class Commitment(LedgerAggregate):
    KIND = "commitment"

    promisor: str
    due_on: date
    closed: str | None

    def start(self) -> None:
        self.closed = None

    def _require_open(self) -> None:
        require(self.closed is None, "commitment-closed", "the commitment is fulfilled, waived or taken over")

    def make(self, data: CommitmentMade.Data, act: Act) -> None:
        require(day(data.due_on) >= act.on, "due-before-start", "a commitment is due on or after its day", "due_on")
        self.happen(CommitmentMade, data)

    def amend(self, data: CommitmentAmended.Data, act: Act) -> None:
        self._require_open()
        self.require_other(self.promisor)
        in_time = all(moment <= self.due_on for moment in act.days)
        require(in_time or act.documented, "amendment-after-due", "after the due day an amendment needs a document")
        require(day(data.new_due_on) >= act.on, "due-before-start", "the new day lies before the change", "new_due_on")
        self.happen(CommitmentAmended, data)

    def fulfil(self, data: CommitmentFulfilled.Data, act: Act) -> None:
        self._require_open()
        another = not act.actor.stands_for(self.promisor)
        require(another, "promisor-may-not-confirm", "the promisor does not confirm its own promise")
        require(bool(data.evidence), "evidence-required", "a confirmation names its evidence", "evidence")
        self.happen(CommitmentFulfilled, data)

    def waive(self, data: CommitmentWaived.Data, act: Act) -> None:
        self._require_open()
        self.require_other(self.promisor)
        require(act.documented, "document-required", "a waiver rests on a document", "doc")
        self.happen(CommitmentWaived, data)

    def flag_overdue(self, data: CommitmentOverdueFlagged.Data, act: Act) -> None:
        self._require_open()
        require(all(moment > self.due_on for moment in act.days), "not-overdue", "the due day has not passed")
        days = (act.on - self.due_on).days
        require(data.days in (None, days), "dates-disagree", "it has been overdue for another number of days", "days")
        self.happen(CommitmentOverdueFlagged, data.model_copy(update={"days": days}))

    def take_over(self, data: CommitmentImported.Data) -> None:
        self.happen(CommitmentImported, data)

    def assess(self, data: CommitmentAssessed.Data) -> None:
        self.happen(CommitmentAssessed, data)
