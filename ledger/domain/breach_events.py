"""The events of a breach: report, hearing, finding, appeal, correction, removal (DOMAIN §4.2).

Reporter ≠ decider ≠ reviewer; a finding rests on a document and never exceeds what was put to the person.
The aggregate that decides is in `breach.py`; the events of repairs are in `repair_events.py`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.base import LedgerEvent, day
from ledger.domain.values import (
    AnySubject,
    Code,
    Day,
    DocumentName,
    Evidence,
    InSection,
    Json,
    Payload,
    Reasons,
    Ref,
    Role,
    Said,
    Severity,
    Text,
    UnitRef,
)

if TYPE_CHECKING:
    from ledger.domain.breach import Breach

Level = Annotated[Severity, Field(strict=False)]


class BreachReported(LedgerEvent):
    """线索报送. Invisible outside audit until the person is notified."""

    TOPIC = "breach.reported.v1"
    ROLES = (Role.REPORTER,)

    class Data(Payload):
        breach_id: Ref
        subject_id: AnySubject
        category: Code
        proposed_severity: Level
        occurred_on: Day
        duty_related: bool
        unit_at_time: UnitRef | None = None
        conduct_id: Ref | None = None
        commitment_id: Ref | None = None
        summary: Annotated[Text, InSection("summary")]
        evidence: Evidence = Field(default_factory=list)

    def apply(self, breach: Breach) -> None:
        data = self.data
        breach.state = "REPORTED"
        breach.subject, breach.unit_at_time = data.subject_id, data.unit_at_time
        breach.conduct, breach.commitment = data.conduct_id, data.commitment_id
        breach.duty_related = data.duty_related


class ReportDeclined(LedgerEvent):
    """不予受理."""

    TOPIC = "report.declined.v1"
    ROLES = (Role.DECIDER,)
    DECISION = True
    ANSWERS = ("BreachReported",)

    class Data(Payload):
        breach_id: Ref
        reason: Literal["OUT_OF_SCOPE", "DUPLICATE", "TIME_BARRED", "NO_BASIS"]

    def apply(self, breach: Breach) -> None:
        breach.state = "DECLINED"


class BreachNotified(LedgerEvent):
    """告知书送达: facts, basis and rights are put to the person (公务员法 63; 政务处分法 43)."""

    TOPIC = "breach.notified.v1"
    ROLES = (Role.DECIDER,)
    SAME_DAY = "served_on"
    ANSWERS = ("BreachReported", "BreachNotified", "BreachReplied")

    class Data(Payload):
        breach_id: Ref
        served_on: Day
        reply_due: Day
        proposed_finding: Level
        facts: Annotated[Said, InSection("summary")]
        basis: list[Ref] = Field(min_length=1)
        rights_text: Said

    def apply(self, breach: Breach) -> None:
        breach.state = "NOTIFIED"
        breach.notified_severity = Severity(self.data.proposed_finding)
        breach.reply_due = day(self.data.reply_due)
        breach.replied_on = None


class BreachReplied(LedgerEvent):
    """陈述申辩."""

    TOPIC = "breach.replied.v1"
    ROLES = (Role.SUBJECT,)
    ANSWERS = ("BreachNotified",)

    class Data(Payload):
        breach_id: Ref
        statement: Annotated[Text, InSection("statement")]
        evidence: Evidence = Field(default_factory=list)

    def apply(self, breach: Breach) -> None:
        breach.state = "REPLIED"
        breach.replied_on = day(self.envelope.context.effective_on)


class ReplyLapsed(LedgerEvent):
    """逾期未辩, written by the running ledger; states come from dates either way."""

    TOPIC = "reply.lapsed.v1"
    ROLES = (Role.SYSTEM,)
    ANSWERS = ("BreachNotified",)

    class Data(Payload):
        breach_id: Ref

    def apply(self, breach: Breach) -> None:
        breach.state = "LAPSED"


class SixFactors(BaseModel):
    """The six recorded factors of a finding; all are required (DOMAIN §4.2)."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, hide_input_in_errors=True)

    nature: Said
    gravity: Said
    intent: Said
    recency: Said
    remedy: Said
    position_relevance: Said


class BreachConfirmed(LedgerEvent):
    """认定, by a human decider who did not report it."""

    TOPIC = "breach.confirmed.v1"
    ROLES = (Role.DECIDER,)
    DECISION = True
    SAME_DAY = "decision_on"
    ANSWERS = ("BreachNotified", "BreachReplied")

    class Data(Payload):
        breach_id: Ref
        severity: Level
        decision_on: Day
        factors: Annotated[SixFactors, InSection("factors")]
        reasons: Reasons
        publicity: bool = False

    def apply(self, breach: Breach) -> None:
        breach.find(Severity(self.data.severity), day(self.data.decision_on), self)


class BreachDismissed(LedgerEvent):
    """不予认定: visible to the person and the auditor only."""

    TOPIC = "breach.dismissed.v1"
    ROLES = (Role.DECIDER,)
    DECISION = True
    ANSWERS = ("BreachNotified", "BreachReplied")

    class Data(Payload):
        breach_id: Ref
        disposition: Literal["UNFOUNDED", "NOT_PROVEN", "NO_FAULT", "WITHIN_RULES"]
        reasons: Reasons | None = None

    def apply(self, breach: Breach) -> None:
        breach.state = "DISMISSED"


class ClearanceNoticePublished(LedgerEvent):
    """澄清 after a dismissal or an overturning (政务处分法 53)."""

    TOPIC = "clearance-notice.published.v1"
    ROLES = (Role.DECIDER, Role.CREDIT)
    ANSWERS = ("BreachDismissed", "AppealDecided", "RecordVoided")

    class Data(Payload):
        breach_id: Ref

    def apply(self, breach: Breach) -> None:
        """A clearance changes no state."""


class AuthorityRecordImported(LedgerEvent):
    """权威记录导入: a finding of another organ, confirmed at its source."""

    TOPIC = "authority-record.imported.v1"
    ROLES = (Role.CREDIT,)
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        breach_id: Ref
        subject_id: AnySubject
        record_kind: Literal["COURT_LIST", "SEVERE_LIST", "DISCIPLINE", "PENALTY"]
        list_code: Code | None = None
        issuer: DocumentName
        doc_no: DocumentName
        decision_on: Day
        severity: Level
        ends_on: Day | None = None
        duty_related: bool = False
        unit_at_time: UnitRef | None = None

    def apply(self, breach: Breach) -> None:
        data = self.data
        breach.subject, breach.unit_at_time = data.subject_id, data.unit_at_time
        breach.record_kind, breach.list_code = data.record_kind, data.list_code
        breach.ends_on = None if data.ends_on is None else day(data.ends_on)
        breach.duty_related = data.duty_related
        breach.find(Severity(data.severity), day(data.decision_on), self)


class AuthorityRecordRemoved(LedgerEvent):
    """权威记录移出: the source organ delisted; the factor is 0 at once."""

    TOPIC = "authority-record.removed.v1"
    ROLES = (Role.CREDIT,)
    SAME_DAY = "removed_on"
    LATE_WITHOUT_DOCUMENT = True
    ANSWERS = ("AuthorityRecordImported",)

    class Data(Payload):
        breach_id: Ref
        removed_on: Day

    def apply(self, breach: Breach) -> None:
        breach.state = "REMOVED"


class BreachAppealed(LedgerEvent):
    """申诉/异议: the discretionary effects are off while it is open.

    `known_on`: the day the subject came to know of the decision, where the ledger recorded it later than it was made.
    公务员法 95 counts the period from then.
    """

    TOPIC = "breach.appealed.v1"
    ROLES = (Role.SUBJECT,)
    SAME_DAY = "filed_on"
    ANSWERS = ("BreachConfirmed", "AuthorityRecordImported", "AppealDecided", "RepairApplied", "RepairRevoked")

    class Data(Payload):
        breach_id: Ref
        route: Literal["REVIEW", "APPEAL", "OBJECTION"]
        filed_on: Day
        known_on: Day | None = None
        grounds: Annotated[Text, InSection("grounds")]

    def apply(self, breach: Breach) -> None:
        breach.open_appeal(self.data.route)


class AppealDecided(LedgerEvent):
    """复核申诉决定, by somebody who neither reported nor decided; never to the person's harm."""

    TOPIC = "appeal.decided.v1"
    ROLES = (Role.REVIEWER,)
    DECISION = True
    ANSWERS = ("BreachAppealed",)

    class Data(Payload):
        breach_id: Ref
        outcome: Literal["UPHELD", "VARIED", "OVERTURNED"]
        new_severity: Level | None = None
        reasons: Reasons

    def apply(self, breach: Breach) -> None:
        breach.close_appeal(self.data.outcome, self.data.new_severity, self)


class RecordCorrected(LedgerEvent):
    """更正: the corrected value holds from the start, as known afterwards; the original entry is kept.

    `target_event` is the index or the type of the entry of this record that holds the field.
    """

    TOPIC = "record.corrected.v1"
    ROLES = (Role.DECIDER, Role.CREDIT)
    DECISION = True

    class Data(Payload):
        breach_id: Ref
        target_event: int | Ref
        field: Ref
        corrected_value: Json
        reason: Reasons

    def apply(self, breach: Breach) -> None:
        on = day(self.envelope.context.effective_on)
        breach.take_correction(self.data.field, self.data.corrected_value, on)


class RecordVoided(LedgerEvent):
    """记录作废: void from the start, like an overturned finding."""

    TOPIC = "record.voided.v1"
    ROLES = (Role.DECIDER, Role.CREDIT)
    DECISION = True

    class Data(Payload):
        breach_id: Ref
        reason: Literal["MISATTRIBUTED", "DUPLICATE"]

    def apply(self, breach: Breach) -> None:
        breach.state = "VOIDED"
