"""DOMAIN §4.3 written a second time: what each machine allows, and what its records read, by nobody's code but this.

A model is told what is about to be submitted and answers with the codes of everything that speaks against it; nothing
means that the ledger must take it. It imports nothing of the ledger. Roles and preconditions are those of DOMAIN §4.2,
days those of §4.1, §5 and §7 under the edition of the worked example; the calendar there is Monday to Friday.
"""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

Codes = set[str]
Steps = Mapping[str, tuple[frozenset[str], str | None]]

RANK: Final = {"MINOR": 0, "GENERAL": 1, "SERIOUS": 2}
MONTHS: Final = {"MINOR": (0, 3), "GENERAL": (3, 12), "SERIOUS": (12, 36)}  # min and max of the example's edition
LASTING: Final = ("CRIMINAL_PUNISHMENT", "EXPELLED_FROM_PARTY", "EXPELLED_FROM_OFFICE")
NO_STATE: Final = "-"


@dataclass(frozen=True)
class Actor:
    """Who submits: the id, the role and the unit of a line."""

    id: str
    role: str
    unit: str | None = None

    def is_of(self, subject: str) -> bool:
        return subject in (self.id, self.unit)


@dataclass(frozen=True)
class Act:
    """A line before it is submitted; `doc` says whether one comes with it, `behalf` for whom HR or CREDIT acts."""

    kind: str
    actor: Actor
    on: date
    today: date
    data: Mapping[str, Any]
    doc: bool = False
    behalf: str | None = None

    @property
    def days(self) -> tuple[date, date]:
        return (self.on, self.today)


def months_after(day: date, count: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + count, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def working_days_after(day: date, count: int) -> date:
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < 5
    return day


def _from(*states: str) -> frozenset[str]:
    return frozenset(states)


# DOMAIN §4.3: from which states, and to which one (None: it stays, or the data say).
STANDING: Final = _from("CONFIRMED", "UPHELD", "VARIED")
_UNDECIDED: Final = _from("NOTIFIED", "REPLIED", "LAPSED")
BREACH: Final[Steps] = {
    "BreachReported": (_from(NO_STATE), "REPORTED"),
    "AuthorityRecordImported": (_from(NO_STATE), "CONFIRMED"),
    "ReportDeclined": (_from("REPORTED"), "DECLINED"),
    "BreachNotified": (_UNDECIDED | {"REPORTED"}, "NOTIFIED"),
    "BreachReplied": (_from("NOTIFIED"), "REPLIED"),
    "ReplyLapsed": (_from("NOTIFIED"), "LAPSED"),
    "BreachConfirmed": (_UNDECIDED, "CONFIRMED"),  # NOTIFIED reads LAPSED after its day; before it the hearing is open
    "BreachDismissed": (_UNDECIDED, "DISMISSED"),
    "ClearanceNoticePublished": (_from("DISMISSED", "OVERTURNED", "VOIDED"), None),
    "BreachAppealed": (STANDING, "APPEALED"),
    "AppealDecided": (_from("APPEALED"), None),
    "AuthorityRecordRemoved": (STANDING | {"APPEALED", "REPAIRED"}, "REMOVED"),
    "RecordVoided": (STANDING | {"APPEALED", "REPAIRED", "REMOVED"}, "VOIDED"),
    "RecordCorrected": (
        STANDING | _UNDECIDED | {"REPORTED", "DECLINED", "DISMISSED", "APPEALED", "REPAIRED", "REMOVED"},
        None,
    ),
    "RepairApplied": (STANDING, None),
    "RepairReturned": (STANDING | {"APPEALED"}, None),
    "RepairAccepted": (STANDING | {"APPEALED"}, None),
    "RepairPublicised": (STANDING | {"APPEALED"}, None),
    "RepairApproved": (STANDING, "REPAIRED"),
    "RepairRejected": (STANDING | {"APPEALED"}, None),
    "RepairRevoked": (_from("REPAIRED"), "CONFIRMED"),
    "ConflictDeclared": (frozenset(), None),  # in any state of a case there is
}
REPAIR: Final[Steps] = {
    "RepairApplied": (_from(NO_STATE, "RETURNED"), "APPLIED"),
    "RepairReturned": (_from("APPLIED"), "RETURNED"),
    "RepairAccepted": (_from("APPLIED"), "ACCEPTED"),
    "RepairPublicised": (_from("ACCEPTED"), "PUBLICISED"),
    "RepairApproved": (_from("ACCEPTED", "PUBLICISED"), "APPROVED"),
    "RepairRejected": (_from("ACCEPTED", "PUBLICISED"), "REJECTED"),
    "RepairRevoked": (_from("APPROVED"), "REVOKED"),
}
COMMITMENT: Final[Steps] = {
    "CommitmentMade": (_from(NO_STATE), "OPEN"),
    "CommitmentAmended": (_from("OPEN"), "OPEN"),
    "CommitmentFulfilled": (_from("OPEN"), "FULFILLED"),
    "CommitmentWaived": (_from("OPEN"), "WAIVED"),
    "CommitmentOverdueFlagged": (_from("OPEN"), "OPEN"),
}
CHECK: Final[Steps] = {
    "EligibilityCheckRequested": (_from(NO_STATE), "EVALUATED"),
    "PreDecisionNoticeSent": (_from("EVALUATED"), "NOTICED"),
    "CandidateResponded": (_from("NOTICED"), "RESPONDED"),
    "EligibilityDecided": (_from("EVALUATED", "NOTICED", "RESPONDED"), "DECIDED"),
    "EligibilityNotified": (_from("DECIDED"), "NOTIFIED"),
    "EligibilityDisputed": (_from("NOTIFIED"), "DISPUTED"),
    "EligibilityRedetermined": (_from("DISPUTED"), "REDETERMINED"),
    "EligibilityFinalised": (_from("NOTIFIED", "REDETERMINED"), "FINAL"),
    "EligibilityWithdrawn": (
        _from("EVALUATED", "NOTICED", "RESPONDED", "DECIDED", "NOTIFIED", "DISPUTED", "REDETERMINED"),
        "WITHDRAWN",
    ),
}
CONSENT: Final[Steps] = {
    "ConsentGiven": (_from(NO_STATE), "VALID"),
    "ConsentWithdrawn": (_from("VALID"), "WITHDRAWN"),
}
ASSESSMENT: Final[Steps] = {
    "AssessmentScored": (_from(NO_STATE, "SCORED"), "SCORED"),
    "AssessmentReviewed": (_from("SCORED"), "SCORED"),
    "AssessmentPublished": (_from("SCORED"), "PUBLISHED"),
    "AssessmentRestated": (_from("PUBLISHED", "RESTATED"), "RESTATED"),
}
REPAIRS_OPEN: Final = _from("APPLIED", "RETURNED", "ACCEPTED", "PUBLICISED")
ROLES: Final[Mapping[str, tuple[str, ...]]] = {  # the emitters of §4.2
    "BreachReported": ("REPORTER",),
    "ReplyLapsed": ("SYSTEM",),
    "AppealDecided": ("REVIEWER",),
    "ConflictDeclared": ("DECIDER", "REVIEWER", "HR"),
    "CommitmentMade": ("SUBJECT", "HR"),
    "CommitmentFulfilled": ("CREDIT", "HR"),
    "CommitmentOverdueFlagged": ("SYSTEM",),
    "EligibilityWithdrawn": ("HR", "SUBJECT"),
    "SanctionImposed": ("HR", "DECIDER"),
    "SanctionLifted": ("HR", "DECIDER", "SYSTEM"),
    **dict.fromkeys(("BreachReplied", "BreachAppealed", "RepairApplied", "CandidateResponded"), ("SUBJECT",)),
    **dict.fromkeys(("EligibilityDisputed", "ConsentGiven", "ConsentWithdrawn"), ("SUBJECT",)),
    **dict.fromkeys(("ReportDeclined", "BreachNotified", "BreachConfirmed", "BreachDismissed"), ("DECIDER",)),
    **dict.fromkeys(
        ("RecordVoided", "RecordCorrected", "RepairApproved", "RepairRejected", "RepairRevoked"),
        ("DECIDER", "CREDIT"),
    ),
    **dict.fromkeys(("ClearanceNoticePublished",), ("DECIDER", "CREDIT")),
    **dict.fromkeys(("AuthorityRecordImported", "AuthorityRecordRemoved"), ("CREDIT",)),
    **dict.fromkeys(("RepairReturned", "RepairAccepted", "RepairPublicised"), ("CREDIT",)),
    **dict.fromkeys(("CommitmentAmended", "CommitmentWaived"), ("CREDIT",)),
    **dict.fromkeys(("EligibilityCheckRequested", "PreDecisionNoticeSent", "EligibilityDecided"), ("HR",)),
    **dict.fromkeys(("EligibilityNotified", "EligibilityRedetermined", "EligibilityFinalised"), ("HR",)),
    **dict.fromkeys(ASSESSMENT, ("ASSESSOR",)),
}
DECISIONS: Final = _from(  # a named human takes them; SYSTEM never decides
    "BreachConfirmed", "BreachDismissed", "ReportDeclined", "AppealDecided", "RecordVoided", "RecordCorrected",
    "ConflictDeclared",
    "RepairApproved", "RepairRejected", "RepairRevoked", "EligibilityDecided", "EligibilityRedetermined",
    "SanctionImposed",
)  # fmt: skip
OF_A_SOURCE: Final = _from("AuthorityRecordImported", "AuthorityRecordRemoved")  # late without a document


def everywhere(act: Act) -> Codes:
    """What §4.1 says of every line: who may say it, and on which day."""
    found: Codes = set()
    roles = ROLES[act.kind]
    for_subject = act.behalf is not None and "SUBJECT" in roles and act.actor.role in ("HR", "CREDIT")
    if act.actor.role not in roles and not for_subject:
        human = act.actor.role == "SYSTEM" and act.kind in DECISIONS
        found.add("human-decision-required" if human else "role-not-allowed")
    if act.behalf is not None and not for_subject:
        found.add("role-not-allowed")
    if act.on > act.today:
        found.add("effective-in-future")
    if act.on < act.today and not act.doc and act.kind not in OF_A_SOURCE:
        found.add("late-without-document")
    stated = act.data.get("decision_on") if act.kind != "AuthorityRecordImported" else None
    for name in ("served_on", "filed_on", "accepted_on", "removed_on", "fulfilled_on"):
        stated = act.data.get(name, stated)
    if stated is not None and stated != act.on.isoformat():
        found.add("dates-disagree")
    return found


def of_subject(act: Act, subject: str) -> Codes:
    """An act of the subject itself, or one recorded for it on the signed paper."""
    if act.actor.role == "SUBJECT":
        return set() if act.actor.is_of(subject) else {"not-the-subject"}
    found: Codes = set()
    if act.behalf is not None and act.behalf != subject:
        found.add("not-the-subject")
    if act.behalf is not None and not act.doc:
        found.add("document-required")
    return found


def in_own_case(act: Act, subject: str) -> Codes:
    return {"own-case"} if act.actor.is_of(subject) else set()
