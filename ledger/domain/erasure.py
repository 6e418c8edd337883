"""Erasures: personal payload is destroyed by order; the entries and every proof of them stay (DESIGN §3).

An order names what goes by index and digest: single sections, or all that a subject's key of one retention class
opens. `PayloadErased` repeats it once nothing of it is left; only the ledger itself says so. `keys` are fingerprints of
the keys that the order destroys: one that a backup brings back is known by it, and a newer one is not mistaken for it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ledger.domain.base import LedgerAggregate, LedgerEvent, day, require
from ledger.domain.values import MAX_INTEGER, AnySubject, Digest, Payload, Ref, Role

MAX_TARGETS = 400  # with its clauses an order stays within an entry
Section = Literal[
    "identity", "statement", "summary", "grounds", "reasons", "factors", "considerations", "document", "evidence",
    "text", "reporter",
]  # fmt: skip


class Target(BaseModel):
    """One section of an entry. A caller may leave out the digest, or name only the entry: all of it is meant then."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    index: Annotated[int, Field(ge=0, le=MAX_INTEGER)]
    digest: Digest | None = None
    section: Section | None = None


class ErasureOrdered(LedgerEvent):
    """清除决定: by the data-protection officer, with its legal basis and two approvers.

    The retention period is over, or a ruling orders it; the ruling comes as the order's own document.
    """

    TOPIC = "erasure.ordered.v1"
    ROLES = (Role.DPO,)
    DECISION = True

    class Data(Payload):
        erasure_id: Ref
        scope: Literal["SECTION", "SUBJECT"]
        subject_id: AnySubject | None = None
        class_: Literal["IDENTITY", "CASE", "CHECK", "ENTERPRISE"] | None = Field(default=None, alias="class")
        targets: list[Target] | None = None
        keys: list[Digest] | None = None
        ground: Literal["RETENTION", "RULING"]
        legal_basis: Annotated[list[Ref], Field(min_length=1, max_length=16)]
        approvers: list[Ref]

    def apply(self, erasure: Erasure) -> None:
        erasure.state = "ORDERED"
        erasure.ordered_on = day(self.envelope.context.effective_on)
        erasure.subjects = tuple(self.envelope.context.subjects)


class PayloadErased(LedgerEvent):
    """清除完成: nothing of the order's targets is left in the ledger's stores."""

    TOPIC = "payload.erased.v1"
    ROLES = (Role.SYSTEM,)
    ANSWERS = ("ErasureOrdered",)

    class Data(Payload):
        targets: list[Target]
        keys: list[Digest] | None = None

    def apply(self, erasure: Erasure) -> None:
        erasure.state = "ERASED"


class Erasure(LedgerAggregate):
    """One order and its execution."""

    KIND = "erasure"

    state: str
    ordered_on: date | None
    subjects: tuple[str, ...]

    def start(self) -> None:
        self.state = "NEW"
        self.ordered_on = None
        self.subjects = ()

    def order(self, data: ErasureOrdered.Data, *, concerned: Collection[str], open_case: bool) -> None:
        """`concerned` are the pseudonyms whose payload goes; `open_case` tells whether one of their cases is open."""
        approvers = set(data.approvers)
        require(len(approvers) >= 2, "two-approvers-required", "an erasure needs two different approvers", "approvers")
        another = not any(map(self.act.actor.stands_for, approvers))
        require(another, "approver-orders", "whoever orders an erasure does not approve it", "approvers")
        for uid in concerned:
            self.require_other(uid)
            require(uid not in approvers, "own-case", "nobody approves in their own case", "approvers")
        ruled = data.ground == "RETENTION" or data.doc is not None
        require(ruled, "document-required", "a ruling comes with the order", "doc")
        require(not open_case, "open-case", "while a case is open nothing of it is erased")
        some = bool(data.targets)
        require(some, "nothing-to-erase", "there is nothing of this kind left to erase", "targets")
        assert data.targets is not None
        few = len(data.targets) <= MAX_TARGETS
        require(few, "too-many-targets", f"an order names at most {MAX_TARGETS} sections", "targets")
        self.happen(ErasureOrdered, data)

    def complete(self, data: PayloadErased.Data) -> None:
        require(self.state == "ORDERED", "wrong-state", "the order was carried out before")
        self.happen(PayloadErased, data)
