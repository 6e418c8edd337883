"""The ledger's own types: opened, history loaded, batch imported, access log anchored, sentinel adopted.

They stand in the stream of the ledger itself; the types about keys are in `keys`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.base import LedgerAggregate, LedgerEvent
from ledger.domain.values import Code, Digest, PartialDay, Payload, Ref, Role


class Key(BaseModel):
    """A key of the ledger: its purpose and its C2SP verifier key."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    purpose: Literal["log-signing"]
    vkey: str


class LedgerOpened(LedgerEvent):
    """Entry 0: origin, suite, format, clock and first keys; the suite is fixed here (ASSURANCE A11)."""

    TOPIC = "ledger.opened.v1"
    ROLES = (Role.SYSTEM,)

    class Data(Payload):
        origin: str
        suite: Literal["sha256-ed25519"]
        format: int
        clock: Literal["real", "history"]
        keys: list[Key]

    def apply(self, book: Book) -> None:
        book.opened = True


class HistoryLoaded(LedgerEvent):
    """The end of a history load: up to here the recorded times are asserted by whoever loaded it (DESIGN §8)."""

    TOPIC = "history.loaded.v1"
    ROLES = (Role.SYSTEM,)

    class Data(Payload):
        lines: int
        digest: str

    def apply(self, book: Book) -> None:
        """The phase is read from the log."""


class SourceBatchImported(LedgerEvent):
    """数据归集: one batch with its keyed digest and its counts; the rejects are a document that comes with it."""

    TOPIC = "source-batch.imported.v1"
    ROLES = (Role.CREDIT,)
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        source: Code
        period: PartialDay | None = None
        digest: Ref
        accepted: int = Field(ge=0)
        rejected: int = Field(ge=0)
        rejects_digest: Digest | None = None

    def apply(self, book: Book) -> None:
        """A batch's rows have entries of their own."""


class AccessAnchored(LedgerEvent):
    """查询日志锚定: the access log's checkpoint of the day, so that none of its looks can go unnoticed (DESIGN §3)."""

    TOPIC = "access.anchored.v1"
    ROLES = (Role.SYSTEM,)

    class Data(Payload):
        size: int = Field(ge=1)
        root: Digest

    def apply(self, book: Book) -> None:
        """What was anchored is read from the log."""


class SentinelAdopted(LedgerEvent):
    """A new sentinel in the place of one that is gone, begun at this head by two who answer for it (DESIGN §4)."""

    TOPIC = "sentinel.adopted.v1"
    ROLES = (Role.SYSTEM,)

    class Data(Payload):
        size: int = Field(ge=1)
        root: Digest
        approvers: list[Ref]

    def apply(self, book: Book) -> None:
        """From here on the new sentinel knows the log."""


class Book(LedgerAggregate):
    """The ledger as a stream of its own."""

    KIND = "ledger"

    opened: bool

    def start(self) -> None:
        self.opened = False

    def open(self, data: LedgerOpened.Data) -> None:
        self.happen(LedgerOpened, data)

    def import_batch(self, data: SourceBatchImported.Data) -> None:
        self.happen(SourceBatchImported, data)
