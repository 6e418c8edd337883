"""The access log's own types: who looked at whose record and why, and which authenticated commands a rule refused.

They stand in the access log and nowhere else (DESIGN §3): one request, one stream, one entry. The ledger writes them
itself; no caller submits one, and the main log does not decode them. Plain data holds codes, days and pseudonyms only,
so there is nothing personal to seal: who looked is the header's actor, whose record it was its subjects.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints

from ledger.domain.base import Envelope, LedgerAggregate, LedgerEvent
from ledger.domain.values import MAX_INTEGER, Code, Day, Payload, Ref, Role
from ledger.ids import is_uuid

UNIT_HEAD: Final = "UNIT_HEAD"
PUBLIC: Final = "PUBLIC"
VIEWER_ROLES: Final = frozenset({*(role.value for role in Role), UNIT_HEAD, PUBLIC})


class Scope(StrEnum):
    """What is looked at by the ledger's own doors; another door may name other parts of a record.

    The plurals are pages of lists.
    """

    FILE = "INTEGRITY_FILE"
    CHECK = "ELIGIBILITY_CHECK"
    ACCESS_LOG = "ACCESS_LOG"
    ENTRIES = "ENTRIES"
    LOOKUP = "LOOKUP"
    SUBJECT = "SUBJECT"
    ATTACHMENT = "ATTACHMENT"
    EVIDENCE = "EVIDENCE_BUNDLE"
    SUBJECTS = "SUBJECTS"
    BREACHES = "BREACHES"
    COMMITMENTS = "COMMITMENTS"
    CHECKS = "CHECKS"
    DEADLINES = "DEADLINES"


def _uid(text: str) -> str:
    if not is_uuid(text):
        raise ValueError("bad-value")
    return text


Uid = Annotated[str, AfterValidator(_uid)]
TypeName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Za-z]{0,63}$")]
ErrorCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")]


class RecordAccessed(LedgerEvent):
    """查询留痕: a person's record was looked at; the officer's name is given on complaint only (DOMAIN §4.2)."""

    TOPIC = "record.accessed.v1"
    RETENTION = "ACCESS"

    class Data(Payload):
        scope: Annotated[list[Code], Field(min_length=1, max_length=32)]
        basis: Ref | None = None
        consent: Uid | None = None
        case: Uid | None = None
        as_of: Day | None = None
        as_known: Annotated[int, Field(ge=0, le=MAX_INTEGER)] | None = None
        defer_until: Day | None = None  # the look is not shown to its subject before this day

    def apply(self, request: Request) -> None:
        """A request is over when it is made."""


class CommandRefused(LedgerEvent):
    """An authenticated command that a rule refused: its type and the rule's code, never its body."""

    TOPIC = "command.refused.v1"
    RETENTION = "ACCESS"

    class Data(Payload):
        type: TypeName
        code: ErrorCode
        target: Uid | None = None

    def apply(self, request: Request) -> None:
        """A request is over when it is made."""


class Request(LedgerAggregate):
    """One request at a door; its stream has one entry."""

    KIND = "request"

    def leave(self, event: type[LedgerEvent], data: Payload, envelope: Envelope) -> None:
        """Let the request leave its trace; its envelope is whole already."""
        self.trigger_event(event, data=data, envelope=envelope)
