"""Rulebook editions as the ledger adopts them: published, activated by two approvers, retired.

An adopted edition is never edited, only succeeded; its bytes are a document whose digest the entry holds.
"""

from __future__ import annotations

from ledger.domain.base import LedgerAggregate, LedgerEvent, require
from ledger.domain.values import Day, Digest, Payload, Ref, Role


class RulebookPublished(LedgerEvent):
    """规则发布: an edition is announced, with its digest where the file is settled; never after its adoption."""

    TOPIC = "rulebook.published.v1"
    ROLES = (Role.CREDIT,)
    MAY_LIE_AHEAD = True

    class Data(Payload):
        rulebook_id: Ref
        version: Ref | None = None
        digest: Digest | None = None
        effective_on: Day | None = None
        approvers: list[Ref]

    def apply(self, rulebook: Rulebook) -> None:
        rulebook.digest = rulebook.digest or self.data.digest


class RulebookActivated(LedgerEvent):
    """规则启用: in force from its `effective_on` until the next activation."""

    TOPIC = "rulebook.activated.v1"
    ROLES = (Role.CREDIT,)
    MAY_LIE_AHEAD = True
    LATE_WITHOUT_DOCUMENT = True

    class Data(Payload):
        rulebook_id: Ref
        version: Ref | None = None
        digest: Digest | None = None
        effective_on: Day | None = None
        approvers: list[Ref]

    def apply(self, rulebook: Rulebook) -> None:
        rulebook.digest = rulebook.digest or self.data.digest
        rulebook.adopted = True


class RulebookRetired(LedgerEvent):
    """规则停用: forbids a new activation, nothing else."""

    TOPIC = "rulebook.retired.v1"
    ROLES = (Role.CREDIT,)
    MAY_LIE_AHEAD = True

    class Data(Payload):
        rulebook_id: Ref
        approvers: list[Ref]

    def apply(self, rulebook: Rulebook) -> None:
        rulebook.retired = True


class Rulebook(LedgerAggregate):
    KIND = "rulebook"

    digest: str | None  # once known, never another
    adopted: bool
    retired: bool

    def start(self) -> None:
        self.digest = None
        self.adopted = self.retired = False

    def _require_same(self, digest: str | None) -> None:
        same = self.digest is None or digest is None or self.digest == digest
        require(same, "edition-changed", "an adopted edition is never edited, only succeeded", "digest")

    @staticmethod
    def _require_two(approvers: list[str]) -> None:
        two = len(set(approvers)) >= 2
        require(two, "two-approvers-required", "an edition needs two different approvers", "data.approvers")

    def publish(self, data: RulebookPublished.Data) -> None:
        self._require_two(data.approvers)
        require(not self.adopted, "edition-adopted", "an edition is published before it is adopted", "rulebook_id")
        self._require_same(data.digest)
        self.happen(RulebookPublished, data)

    def activate(self, data: RulebookActivated.Data) -> None:
        self._require_two(data.approvers)
        require(not self.retired, "edition-retired", "a retired edition is not activated again")
        self._require_same(data.digest)
        self.happen(RulebookActivated, data)

    def retire(self, data: RulebookRetired.Data) -> None:
        self._require_two(data.approvers)
        require(not self.retired, "wrong-state", "the edition is retired already")
        self.happen(RulebookRetired, data)
