"""What is taken over from other systems: records with their original outcome, and what the source said later.

An import never invents steps (DOMAIN §1.9): no lifecycle precondition, and no figure uses these records unless the
edition has a `[legacy]` clause that names the source.
"""

from __future__ import annotations

from typing import Annotated, Literal

from ledger.domain.base import LedgerAggregate, LedgerEvent
from ledger.domain.values import (
    Code,
    Column,
    InSection,
    Json,
    PartialDay,
    Payload,
    PersonRef,
    Ref,
    Role,
    Text,
    UnitRef,
)


class RecordImported(LedgerEvent):
    """迁入记录: shown as taken over, to the person and the auditor only."""

    TOPIC = "record.imported.v1"
    ROLES = (Role.CREDIT,)
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        source: Code
        source_record: Ref
        kind: Code
        layer: Code | None = None
        outcome: Literal["CONFIRMED", "DISMISSED", "CLOSED", "PENDING", "EXPUNGED", "UNKNOWN"]
        outcome_raw: Annotated[Text, InSection("summary")] | None = None  # the source's own word
        occurred_on: PartialDay | None = None
        reported_on: PartialDay | None = None
        decided_on: PartialDay | None = None
        duplicate_of: Ref | None = None
        subject_id: PersonRef | None = None
        unit_id: UnitRef | None = None
        case_ref: Ref | None = None
        summary: Annotated[Json, InSection("summary")] = None

    def apply(self, record: Record) -> None:
        data = self.data
        record.case = tuple(uid for uid in (data.subject_id, data.unit_id) if uid is not None)


class SourceStateObserved(LedgerEvent):
    """来源状态: what a release of the source says about one of its records."""

    TOPIC = "source-state.observed.v1"
    ROLES = (Role.CREDIT,)
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        source: Code
        source_record: Ref
        observed_on: PartialDay
        field: Column
        subject_id: PersonRef | None = None
        unit_id: UnitRef | None = None
        case_ref: Ref | None = None
        old: Annotated[Text, InSection("summary")] | None = None
        new: Annotated[Text, InSection("summary")] | None = None
        summary: Annotated[Json, InSection("summary")] = None

    def apply(self, record: Record) -> None:
        """What the source says later does not change what was taken over; alone, it says whom it concerns."""
        if not record.case:
            record.case = tuple(uid for uid in (self.data.subject_id, self.data.unit_id) if uid is not None)


class Record(LedgerAggregate):
    KIND = "record"

    case: tuple[str, ...]

    def start(self) -> None:
        self.case = ()

    def take_over(self, data: RecordImported.Data) -> None:
        self.happen(RecordImported, data)

    def observe(self, data: SourceStateObserved.Data) -> None:
        self.happen(SourceStateObserved, data)
