"""Two registrations of one person or unit: merged into one, and a merge undone (主体合并·撤销合并).

Both stand in the stream of the registration that is merged. Nothing that was recorded is rewritten: every entry stays
with whom it was written for, and whoever reads as known after a merge reads both registrations as one, on every day
(`ledger.relations`). A merge is an identity question, so it has no day of its own, as a correction has none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from ledger.domain.base import LedgerAggregate, LedgerEvent, require
from ledger.domain.values import AnySubject, Payload, Reasons, Ref, Role

if TYPE_CHECKING:
    from ledger.domain.subject import Subject


class SubjectsMerged(LedgerEvent):
    """主体合并: `subject_id` is from now on the same as `into_id`, on a document and with two approvers."""

    TOPIC = "subjects.merged.v1"
    ROLES = (Role.HR, Role.CREDIT)
    DECISION = True
    RETENTION = "IDENTITY"

    class Data(Payload):
        subject_id: AnySubject
        into_id: AnySubject
        approvers: list[Ref]
        reason: Reasons

    def apply(self, subject: Subject) -> None:
        subject.merged_into = self.data.into_id


class MergeUndone(LedgerEvent):
    """撤销合并: they were two after all. What was written in between stays with whom it was written for."""

    TOPIC = "merge.undone.v1"
    ROLES = (Role.HR, Role.CREDIT)
    DECISION = True
    RETENTION = "IDENTITY"

    class Data(Payload):
        subject_id: AnySubject
        approvers: list[Ref]
        reason: Reasons

    def apply(self, subject: Subject) -> None:
        subject.merged_into = None


class Merging(LedgerAggregate):
    """What the stream of a subject decides about merging it. `concerned` are all pseudonyms of both."""

    merged_into: str | None

    def start_merging(self) -> None:
        self.merged_into = None

    def _require_approved(self, approvers: Sequence[str], concerned: Collection[str]) -> None:
        require(len(set(approvers)) >= 2, "two-approvers-required", "it needs two different approvers", "approvers")
        for uid in concerned:
            self.require_other(uid)
            require(uid not in approvers, "own-case", "nobody approves in their own case", "approvers")

    def merge(self, data: SubjectsMerged.Data, concerned: Collection[str], *, into_merged: bool) -> None:
        require(data.into_id != self.uid, "merge-with-itself", "a registration is not merged with itself", "into_id")
        require(self.merged_into is None, "already-merged", "this registration was merged before", "subject_id")
        require(not into_merged, "already-merged", "merge into the registration that stands", "into_id")
        require(data.doc is not None, "document-required", "a merge rests on a document", "doc")
        self._require_approved(data.approvers, concerned)
        self.happen(SubjectsMerged, data)

    def undo_merge(self, data: MergeUndone.Data, concerned: Collection[str]) -> None:
        require(self.merged_into is not None, "not-merged", "this registration is merged into no other", "subject_id")
        require(data.doc is not None, "document-required", "undoing a merge rests on a document", "doc")
        self._require_approved(data.approvers, concerned)
        self.happen(MergeUndone, data)
