"""Which command stands behind which path: one sub-resource for each type of the catalogue (DESIGN §7).

A path with `{uid}` acts on a record that exists; `names` is the member of `data` that the path stands for, so a body
leaves it out. A repair stands in the stream of its breach, so its `uid` is the breach's and `repair_id` says which.
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Final

from ledger.catalogue import TYPES
from ledger.domain.base import LedgerEvent


@dataclass(frozen=True, slots=True)
class CommandRoute:
    """A path below /v1 and the type it records."""

    path: str
    type: str
    kind: str | None = None  # of the stream that `{uid}` names
    names: str | None = None
    beside: bool = False  # it writes a record beside that stream; `If-Match` is still of the one that `{uid}` names

    @property
    def event(self) -> builtins.type[LedgerEvent]:
        return TYPES[self.type]

    @property
    def collection(self) -> str:
        """The collection the record lies in: `breaches`."""
        return self.path.split("/")[1]


def _on(kind: str, names: str | None, **types: str) -> list[CommandRoute]:
    collection = _PLACES[kind]
    return [
        CommandRoute(
            f"/{collection}/{{uid}}/{path.replace('_', '-')}", type_, "breach" if kind == "repair" else kind, names
        )
        for path, type_ in types.items()
    ]


# Where a record of each kind is read.
COLLECTIONS: Final = {
    "subject": "subjects",
    "commitment": "commitments",
    "breach": "breaches",
    "consent": "consents",
    "data-request": "data-requests",
    "check": "eligibility-checks",
    "assessment": "assessments",
    "measure": "measures",
}
_PLACES: Final = COLLECTIONS | {
    "repair": "repairs",
    "rulebook": "rulebooks",
    "delegation": "delegations",
    "glass": "break-glass",
}

COMMANDS: Final[tuple[CommandRoute, ...]] = (
    CommandRoute("/subjects", "SubjectRegistered"),
    *_on("subject", "subject_id", posts="PostAssigned", sanctions="SanctionImposed", ranks="RankRecorded"),
    *_on("subject", "subject_id", commendations="CommendationRecorded"),
    CommandRoute("/subjects/{uid}/sanctions/lifting", "SanctionLifted", "subject", "subject_id"),
    *_on("subject", "subject_id", identity_correction="SubjectIdentityCorrected", merger="SubjectsMerged"),
    CommandRoute("/subjects/{uid}/merger/undoing", "MergeUndone", "subject", "subject_id"),
    CommandRoute("/reorganisations", "UnitReorganised"),
    CommandRoute("/commitments", "CommitmentMade"),
    CommandRoute("/commitments/taken-over", "CommitmentImported"),
    CommandRoute("/commitments/assessments", "CommitmentAssessed"),
    *_on("commitment", "commitment_id", amendment="CommitmentAmended", fulfilment="CommitmentFulfilled"),
    *_on("commitment", "commitment_id", waiver="CommitmentWaived"),
    CommandRoute("/breaches", "BreachReported"),
    CommandRoute("/breaches/authority-records", "AuthorityRecordImported"),
    *_on("breach", "breach_id", declination="ReportDeclined", notice="BreachNotified", reply="BreachReplied"),
    *_on("breach", "breach_id", confirmation="BreachConfirmed", dismissal="BreachDismissed"),
    *_on("breach", "breach_id", clearance_notice="ClearanceNoticePublished", removal="AuthorityRecordRemoved"),
    *_on("breach", "breach_id", appeal="BreachAppealed", appeal_decision="AppealDecided"),
    *_on("breach", "breach_id", correction="RecordCorrected", voiding="RecordVoided"),
    CommandRoute("/repairs", "RepairApplied"),
    *_on("repair", None, supplement="RepairReturned", acceptance="RepairAccepted", publicity="RepairPublicised"),
    *_on("repair", None, approval="RepairApproved", rejection="RepairRejected", revocation="RepairRevoked"),
    *_on("repair", None, sync_confirmation="RepairSyncConfirmed"),
    CommandRoute("/conflicts", "ConflictDeclared"),
    CommandRoute("/delegations", "DelegationGranted"),
    *_on("delegation", "delegation_id", ending="DelegationEnded"),
    CommandRoute("/break-glass", "BreakGlassOpened"),
    *_on("glass", "glass_id", review="BreakGlassReviewed"),
    CommandRoute("/measures", "MeasureAdopted"),
    *_on("measure", "measure_id", retirement="MeasureRetired"),
    CommandRoute("/measures/{uid}/application", "MeasureApplied", "measure", "measure_id", beside=True),
    CommandRoute("/measures/{uid}/lifting", "MeasureLifted", "measure", "measure_id", beside=True),
    CommandRoute("/records", "RecordImported"),
    CommandRoute("/records/observations", "SourceStateObserved"),
    CommandRoute("/records/batches", "SourceBatchImported"),
    CommandRoute("/consents", "ConsentGiven"),
    *_on("consent", "consent_id", withdrawal="ConsentWithdrawn"),
    CommandRoute("/data-requests", "PersonalDataRequested"),
    *_on("data-request", "request_id", answer="PersonalDataRequestAnswered"),
    CommandRoute("/eligibility-checks", "EligibilityCheckRequested"),
    *_on("check", "check_id", notice="PreDecisionNoticeSent", response="CandidateResponded"),
    *_on("check", "check_id", credit_report="CreditReportAttached"),
    *_on("check", "check_id", decision="EligibilityDecided", notification="EligibilityNotified"),
    *_on("check", "check_id", dispute="EligibilityDisputed", redetermination="EligibilityRedetermined"),
    *_on("check", "check_id", finalisation="EligibilityFinalised", withdrawal="EligibilityWithdrawn"),
    CommandRoute("/assessments", "AssessmentScored"),
    CommandRoute("/assessments/schemes", "AssessmentSchemeAdopted"),
    *_on("assessment", "assessment_id", review="AssessmentReviewed", publication="AssessmentPublished"),
    *_on("assessment", "assessment_id", restatement="AssessmentRestated"),
    CommandRoute("/rulebooks", "RulebookPublished"),
    CommandRoute("/rulebooks/activation", "RulebookActivated"),
    *_on("rulebook", "rulebook_id", retirement="RulebookRetired"),
    CommandRoute("/erasures", "ErasureOrdered"),
)
