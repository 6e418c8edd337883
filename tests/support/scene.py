"""A scene: a real ledger on a real SQLite file, with the golden edition, a few bodies and persons, and a clock to set.

Every method is one command with data that would be accepted; a test gives the day, and by name whatever should differ.
The clock stands on `recorded` (by default the stated day) when the command is taken in. `refused` asserts a code and
that nothing was written. Nothing is mocked; scenes are copies of one that was set up once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from ledger import fsck
from ledger.application import Ledger
from ledger.clock import CST
from ledger.domain.base import LedgerAggregate
from ledger.errors import LedgerError
from ledger.line import Line, LineActor
from ledger.opening import create
from ledger.rulebook.edition import shipped_edition
from ledger.storage.events import Acknowledgement
from ledger.storage.store import Store
from tests.support.golden import KEY_FILES
from tests.support.storage import check_log

EDITION = "JMS-DEMO-2025.1"
ORIGIN = "localhost/scene"
OPENED = date(2025, 1, 1)

CREDIT = LineActor("credit-1", "CREDIT", "CREDIT-OFFICE")
CREDIT_ELSEWHERE = LineActor("credit-9", "CREDIT", "U2")
HR = LineActor("hr-1", "HR", "PERSONNEL")
HR_2 = LineActor("hr-2", "HR", "PERSONNEL")
REPORTER = LineActor("reporter-1", "REPORTER", "U1")
DECIDER = LineActor("decider-1", "DECIDER", "CREDIT-OFFICE")
DECIDER_2 = LineActor("decider-2", "DECIDER", "CREDIT-OFFICE")
REVIEWER = LineActor("reviewer-1", "REVIEWER", "PERSONNEL")
REVIEWER_2 = LineActor("reviewer-2", "REVIEWER", "PERSONNEL")
ASSESSOR = LineActor("assessor-1", "ASSESSOR", "CREDIT-OFFICE")
DPO = LineActor("dpo-1", "DPO")
AUDITOR = LineActor("auditor-1", "AUDITOR")
SYSTEM = LineActor("system", "SYSTEM")
P1, P2 = LineActor("P1", "SUBJECT"), LineActor("P2", "SUBJECT")
U1 = LineActor("unit-head-1", "SUBJECT", "U1")
U2 = LineActor("unit-head-2", "SUBJECT", "U2")

DOCUMENT = {"doc_no": "示信〔2025〕1号", "issuer": "示范市信用办", "kind": "DECISION", "digest": "0" * 64}
FACTORS = dict.fromkeys(("nature", "gravity", "intent", "recency", "remedy", "position_relevance"), "…")
CONSIDERATIONS = dict.fromkeys(
    (
        "nature_of_position",
        "nature_and_seriousness",
        "circumstances",
        "recency",
        "age_at_the_time",
        "contributing_conditions",
        "rehabilitation",
    ),
    "…",
)
DIMENSIONS = [{"id": "daily", "weight": 60}, {"id": "onsite", "weight": 40}]
SCORES = {"daily": "90", "onsite": "80.5"}

CREDIT_CODES = {
    "CREDIT-OFFICE": "11230800000000027N",
    "PERSONNEL": "11230800000000035H",
    "U1": "11230800000000019U",
    "U2": "91350100M000100Y43",
    "U3": "91110000600037341L",
}
ID_NUMBERS = {"P1": "11010519491231002X", "P2": "23080318800101001X", "P3": "230803188501010016"}
ABSENT: Any = object()
"""Given for a member, it leaves that member out."""


class Scene:
    """One ledger and its clock, with its key files beside it."""

    def __init__(self, url: str, *, opened: bool = True) -> None:
        self.now = _morning(OPENED)
        with pytest.MonkeyPatch.context() as patch:
            for name in KEY_FILES:
                patch.delenv(name, raising=False)
            made = Ledger.open(url, clock=self.clock) if opened else create(url, origin=ORIGIN, clock=self.clock)
        self.ledger = made

    def clock(self) -> datetime:
        """The recorder's clock: a millisecond later each time it is read."""
        self.now += timedelta(milliseconds=1)
        return self.now

    @property
    def store(self) -> Store:
        return self.ledger.store

    def on_day(self, text: str) -> None:
        """Let the clock stand on a day, unless it stands on a later moment of that day already."""
        morning = _morning(date.fromisoformat(text))
        if self.now.date() != morning.date():
            self.now = morning

    def act(
        self,
        kind: str,
        on: str,
        actor: LineActor,
        data: Mapping[str, Any],
        *,
        recorded: str | None = None,
        **more: Any,
    ) -> Acknowledgement:
        """Submit one command; `more` are its `request` and `documents`, and further members of the line. SYSTEM is the
        ledger itself, as in a history of its acts."""
        self.on_day(recorded or on)
        given = {name: more.pop(name) for name in ("request", "documents") if name in more}
        body = {name: value for name, value in data.items() if value is not ABSENT}
        line = Line(kind, date.fromisoformat(on), actor, body, **more)
        return self.ledger.submit(line, as_system=actor == SYSTEM, **given)

    def _write(
        self, kind: str, on: str, actor: LineActor, data: Mapping[str, Any], changes: dict[str, Any]
    ) -> Acknowledgement:
        recorded, by = changes.pop("recorded", None), changes.pop("by", actor)
        line = {name: changes.pop(name) for name in ("request", "documents", "after", "source") if name in changes}
        body = {**data, **{name.removesuffix("_"): value for name, value in changes.items()}}
        return self.act(kind, on, by, body, recorded=recorded, **line)

    # Subjects.

    def register_unit(self, on: str, ref: str, **changes: Any) -> Acknowledgement:
        data = {
            "subject_id": ref,
            "kind": "UNIT",
            "name": f"示范{ref}",
            "uscc": CREDIT_CODES.get(ref),
            "region": "230800",
        }
        return self._write("SubjectRegistered", on, CREDIT, data, changes)

    def register_person(self, on: str, ref: str, **changes: Any) -> Acknowledgement:
        data = {"subject_id": ref, "kind": "PERSON", "name": f"示例{ref}", "region": "230800"}
        return self._write("SubjectRegistered", on, HR, {**data, "id_number": ID_NUMBERS.get(ref)}, changes)

    def assign(self, on: str, person: str, unit: str, since: str, **changes: Any) -> Acknowledgement:
        data = {"subject_id": person, "unit_id": unit, "level": "L3", "post": "C3", "from": since}
        return self._write("PostAssigned", on, HR, data, changes)

    def impose(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"subject_id": "P1", "kind": "RECRUITMENT_BAR", "from": on, "until": "2030-01-01", "doc": DOCUMENT}
        return self._write("SanctionImposed", on, HR, data, changes)

    def lift(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"subject_id": "P1", "kind": "RECRUITMENT_BAR", "doc": DOCUMENT}
        return self._write("SanctionLifted", on, HR, data, changes)

    # Who is who.

    def correct_identity(self, on: str, subject: str, **changes: Any) -> Acknowledgement:
        data = {"subject_id": subject, "reason": "录入有误", "doc": DOCUMENT}
        return self._write("SubjectIdentityCorrected", on, HR, data, changes)

    def merge(self, on: str, subject: str, into: str, **changes: Any) -> Acknowledgement:
        data = {"subject_id": subject, "into_id": into, "approvers": ["hr-2", "legal-1"], "reason": "同一人"}
        return self._write("SubjectsMerged", on, HR, {**data, "doc": DOCUMENT}, changes)

    def undo_merge(self, on: str, subject: str, **changes: Any) -> Acknowledgement:
        data = {"subject_id": subject, "approvers": ["hr-2", "legal-1"], "reason": "系两人", "doc": DOCUMENT}
        return self._write("MergeUndone", on, HR, data, changes)

    def reorganise(self, on: str, before: list[str], after: list[str], **changes: Any) -> Acknowledgement:
        data = {"from": before, "to": after, "successor_id": after[0], "doc": DOCUMENT}
        return self._write("UnitReorganised", on, HR, data, changes)

    # Editions.

    def activate(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"rulebook_id": EDITION, "approvers": ["credit-1", "legal-1"]}
        return self._write("RulebookActivated", on, CREDIT, data, changes)

    def publish_edition(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"rulebook_id": EDITION, "approvers": ["credit-1", "legal-1"]}
        return self._write("RulebookPublished", on, CREDIT, data, changes)

    def retire(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"rulebook_id": EDITION, "approvers": ["credit-1", "legal-1"]}
        return self._write("RulebookRetired", on, CREDIT, data, changes)

    # Commitments.

    def promise(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"commitment_id": "C1", "promisor_id": "U1", "kind": "SERVICE", "text": "按时办结", "weight": 1}
        return self._write("CommitmentMade", on, U1, {**data, "due_on": "2025-06-30", "public": True}, changes)

    def amend(self, on: str, **changes: Any) -> Acknowledgement:
        data = {
            "commitment_id": "C1",
            "new_due_on": "2025-09-30",
            "reason": "依法变更",
            "authority_doc": "市政〔2025〕2号",
        }
        return self._write("CommitmentAmended", on, CREDIT, data, changes)

    def fulfil(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"commitment_id": "C1", "fulfilled_on": on, "evidence": ["ev-1"]}
        return self._write("CommitmentFulfilled", on, CREDIT, data, changes)

    def waive(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"commitment_id": "C1", "reason": "LAW_CHANGE", "doc": DOCUMENT}
        return self._write("CommitmentWaived", on, CREDIT, data, changes)

    def flag_overdue(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("CommitmentOverdueFlagged", on, SYSTEM, {"commitment_id": "C1"}, changes)

    # Breaches.

    def report(self, on: str = "2025-02-20", **changes: Any) -> Acknowledgement:
        data: dict[str, Any] = {
            "breach_id": "B1",
            "subject_id": "P1",
            "category": "DUTY",
            "proposed_severity": "GENERAL",
        }
        data |= {"occurred_on": "2025-02-10", "duty_related": True, "summary": "未按承诺时限办结"}
        return self._write("BreachReported", on, REPORTER, data, changes)

    def decline(self, on: str = "2025-02-21", **changes: Any) -> Acknowledgement:
        return self._write("ReportDeclined", on, DECIDER, {"breach_id": "B1", "reason": "NO_BASIS"}, changes)

    def notify(self, on: str = "2025-02-24", **changes: Any) -> Acknowledgement:
        data: dict[str, Any] = {
            "breach_id": "B1",
            "served_on": on,
            "reply_due": "2025-03-10",
            "proposed_finding": "GENERAL",
        }
        data |= {"facts": "未按承诺时限办结一件", "basis": ["R-P2"], "rights_text": "可在十个工作日内陈述申辩"}
        return self._write("BreachNotified", on, DECIDER, data, changes)

    def reply(self, on: str = "2025-03-03", **changes: Any) -> Acknowledgement:
        return self._write("BreachReplied", on, P1, {"breach_id": "B1", "statement": "系统故障导致延误"}, changes)

    def lapse(self, on: str = "2025-03-11", **changes: Any) -> Acknowledgement:
        return self._write("ReplyLapsed", on, SYSTEM, {"breach_id": "B1"}, changes)

    def confirm(self, on: str = "2025-03-20", **changes: Any) -> Acknowledgement:
        data: dict[str, Any] = {
            "breach_id": "B1",
            "severity": "GENERAL",
            "decision_on": on,
            "doc": DOCUMENT,
            "factors": FACTORS,
        }
        data |= {"reasons": "…", "publicity": False}
        return self._write("BreachConfirmed", on, DECIDER, data, changes)

    def dismiss(self, on: str = "2025-03-20", **changes: Any) -> Acknowledgement:
        return self._write("BreachDismissed", on, DECIDER, {"breach_id": "B1", "disposition": "UNFOUNDED"}, changes)

    def clear(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("ClearanceNoticePublished", on, CREDIT, {"breach_id": "B1"}, changes)

    def take_over(self, on: str = "2025-03-20", **changes: Any) -> Acknowledgement:
        data: dict[str, Any] = {
            "breach_id": "B2",
            "subject_id": "P1",
            "record_kind": "SEVERE_LIST",
            "issuer": "示范市人社局",
        }
        data |= {"doc_no": "示人社〔2025〕2号", "decision_on": on, "severity": "SERIOUS"}
        return self._write("AuthorityRecordImported", on, CREDIT, data, changes)

    def remove(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"breach_id": "B2", "removed_on": on, "doc": DOCUMENT}
        return self._write("AuthorityRecordRemoved", on, CREDIT, data, changes)

    def appeal(self, on: str = "2025-04-08", **changes: Any) -> Acknowledgement:
        data = {"breach_id": "B1", "route": "REVIEW", "filed_on": on, "grounds": "…"}
        return self._write("BreachAppealed", on, P1, data, changes)

    def object_to(self, on: str, **changes: Any) -> Acknowledgement:
        return self.appeal(on, **{"breach_id": "B2", "route": "OBJECTION", **changes})

    def decide_appeal(self, on: str = "2025-05-20", **changes: Any) -> Acknowledgement:
        data = {"breach_id": "B1", "outcome": "UPHELD", "reasons": "…"}
        return self._write("AppealDecided", on, REVIEWER, data, changes)

    def correct(self, on: str, field: str, value: Any, **changes: Any) -> Acknowledgement:
        opening = "AuthorityRecordImported" if changes.get("breach_id") == "B2" else "BreachReported"
        data = {"breach_id": "B1", "target_event": opening, "field": field, "corrected_value": value}
        return self._write("RecordCorrected", on, CREDIT, {**data, "reason": "…"}, changes)

    def void(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("RecordVoided", on, CREDIT, {"breach_id": "B1", "reason": "DUPLICATE"}, changes)

    def found(self, severity: str = "GENERAL") -> None:
        """A finding of ours, B1, decided on 2025-03-20."""
        self.report(proposed_severity=severity)
        self.notify(proposed_finding=severity)
        self.reply()
        self.confirm(severity=severity)

    # Repairs.

    def apply_for_repair(self, on: str = "2025-06-20", **changes: Any) -> Acknowledgement:
        data = {"repair_id": "R1", "breach_id": "B1", "performed_on": "2025-03-25", "proofs": ["ev-3"]}
        return self._write("RepairApplied", on, P1, data, changes)

    def return_repair(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("RepairReturned", on, CREDIT, {"repair_id": "R1", "missing": ["PLEDGE"]}, changes)

    def accept_repair(self, on: str = "2025-06-23", **changes: Any) -> Acknowledgement:
        return self._write("RepairAccepted", on, CREDIT, {"repair_id": "R1", "accepted_on": on}, changes)

    def publicise(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"repair_id": "R1", "from": on, "to": "2025-12-31"}
        return self._write("RepairPublicised", on, CREDIT, data, changes)

    def approve(self, on: str = "2025-07-01", **changes: Any) -> Acknowledgement:
        return self._write("RepairApproved", on, DECIDER, {"repair_id": "R1", "decision_on": on}, changes)

    def reject(self, on: str = "2025-07-01", **changes: Any) -> Acknowledgement:
        return self._write("RepairRejected", on, DECIDER, {"repair_id": "R1", "reasons": "…"}, changes)

    def revoke(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("RepairRevoked", on, DECIDER, {"repair_id": "R1", "reason": "FALSE_MATERIAL"}, changes)

    def confirm_sync(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"repair_id": "R1", "recipient": "信用中国", "confirmed_on": on}
        return self._write("RepairSyncConfirmed", on, CREDIT, data, changes)

    # Consents and checks.

    def consent(self, on: str = "2025-09-01", **changes: Any) -> Acknowledgement:
        data: dict[str, Any] = {"consent_id": "N1", "subject_id": "P1", "purpose": "RECRUIT", "scope": ["BREACHES"]}
        data |= {"recipient": "PERSONNEL", "expires_on": "2025-11-30"}
        return self._write("ConsentGiven", on, P1, data, changes)

    def withdraw_consent(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("ConsentWithdrawn", on, P1, {"consent_id": "N1", "subject_id": "P1"}, changes)

    def request_check(self, on: str = "2025-09-01", **changes: Any) -> Acknowledgement:
        data = {"check_id": "K1", "subject_id": "P1", "purpose": "RECRUIT", "post_ref": "岗位一", "consent_id": "N1"}
        return self._write("EligibilityCheckRequested", on, HR, data, changes)

    def notice(self, on: str = "2025-09-02", **changes: Any) -> Acknowledgement:
        return self._write("PreDecisionNoticeSent", on, HR, {"check_id": "K1", "reply_due": "2025-09-09"}, changes)

    def respond(self, on: str = "2025-09-05", **changes: Any) -> Acknowledgement:
        return self._write("CandidateResponded", on, P1, {"check_id": "K1", "statement": "…"}, changes)

    def decide(self, on: str = "2025-09-12", decision: str = "NOT_ELIGIBLE", **changes: Any) -> Acknowledgement:
        data = {"check_id": "K1", "decision": decision, "reasons": "…", "considerations": CONSIDERATIONS}
        return self._write("EligibilityDecided", on, HR, data, changes)

    def notify_result(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("EligibilityNotified", on, HR, {"check_id": "K1"}, changes)

    def dispute(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("EligibilityDisputed", on, P1, {"check_id": "K1", "grounds": "…"}, changes)

    def redetermine(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"check_id": "K1", "decision": "ELIGIBLE", "reasons": "…"}
        return self._write("EligibilityRedetermined", on, HR_2, data, changes)

    def finalise(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("EligibilityFinalised", on, HR, {"check_id": "K1"}, changes)

    def withdraw_check(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("EligibilityWithdrawn", on, P1, {"check_id": "K1"}, changes)

    def blocked_check(self) -> None:
        """K1, evaluated to BLOCK on 2025-09-01 because P1 is lawfully listed (B2)."""
        self.take_over("2025-04-15")
        self.consent()
        self.request_check()

    # Rights to one's data.

    def ask_desk(self, on: str = "2025-04-01", **changes: Any) -> Acknowledgement:
        data = {"request_id": "Q1", "subject_id": "P1", "right": "ACCESS"}
        return self._write("PersonalDataRequested", on, P1, data, changes)

    def answer_request(self, on: str = "2025-04-10", **changes: Any) -> Acknowledgement:
        data = {"request_id": "Q1", "outcome": "GRANTED"}
        return self._write("PersonalDataRequestAnswered", on, DPO, data, changes)

    # Duties.

    def delegate(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"delegation_id": "D1", "delegate_id": "deputy-1", "scope": ["BreachConfirmed", "BreachDismissed"]}
        return self._write("DelegationGranted", on, DECIDER, {**data, "expires_on": "2025-12-31"}, changes)

    def step_back(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"breach_id": "B1", "grounds": ["KINSHIP"]}
        return self._write("ConflictDeclared", on, DECIDER, data, changes)

    def step_back_from_check(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"check_id": "K1", "grounds": ["INTEREST"]}
        return self._write("ConflictDeclared", on, HR, data, changes)

    def attach_report(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"check_id": "K1", "consent_id": "N1", "doc": DOCUMENT}
        return self._write("CreditReportAttached", on, HR, data, changes)

    # Emergencies.

    def open_glass(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"glass_id": "G1", "subject_id": "P1", "ground": "LIFE_OR_SAFETY", "minutes": 30}
        data |= {"second_approver": HR_2.id, "reasons": "值守失联，须立即核实"}
        return self._write("BreakGlassOpened", on, HR, data, changes)

    def review_glass(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"glass_id": "G1", "outcome": "JUSTIFIED", "reasons": "事由属实"}
        return self._write("BreakGlassReviewed", on, AUDITOR, data, changes)

    # Measures.

    def adopt_measure(self, on: str = "2025-01-05", **changes: Any) -> Acknowledgement:
        """M1: whoever stands on a list is not appointed, by statute; the credit office is its department."""
        data = {"measure_id": "M1", "domain": "任用", "department_uscc": CREDIT_CODES["CREDIT-OFFICE"], "from": on}
        data |= {"kind": "RESTRICT", "trigger": "LISTING", "effect": "LIMIT_OFFICE"}
        lists: dict[str, Any] = {"subject_kinds": ["PERSON"], "legal_basis": ["公务员法 26(4)"]}
        return self._write("MeasureAdopted", on, CREDIT, {**data, **lists}, changes)

    def retire_measure(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("MeasureRetired", on, CREDIT, {"measure_id": "M1"}, changes)

    def apply_measure(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"measure_id": "M1", "subject_id": "P1", "cause_event": "B2"}
        return self._write("MeasureApplied", on, CREDIT, data, changes)

    def lift_measure(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"measure_id": "M1", "subject_id": "P1", "cause_event": "B2", "reason": "PERFORMED"}
        return self._write("MeasureLifted", on, CREDIT, data, changes)

    # Assessments.

    def adopt_scheme(self, on: str = "2025-01-02", **changes: Any) -> Acknowledgement:
        data = {"scheme_id": "S1", "period_kind": "QUARTER", "dimensions": DIMENSIONS}
        return self._write("AssessmentSchemeAdopted", on, ASSESSOR, data, changes)

    def score(self, on: str = "2025-04-10", **changes: Any) -> Acknowledgement:
        data = {"assessment_id": "A1", "scheme_id": "S1", "unit_id": "U1", "period": "2025Q1", "scores": SCORES}
        return self._write("AssessmentScored", on, ASSESSOR, data, changes)

    def review(self, on: str, **changes: Any) -> Acknowledgement:
        return self._write("AssessmentReviewed", on, ASSESSOR, {"assessment_id": "A1"}, changes)

    def publish(self, on: str = "2025-04-18", **changes: Any) -> Acknowledgement:
        return self._write("AssessmentPublished", on, ASSESSOR, {"assessment_id": "A1"}, changes)

    def restate(self, on: str, **changes: Any) -> Acknowledgement:
        data = {"assessment_id": "A1", "scores": SCORES, "reason": "更正"}
        return self._write("AssessmentRestated", on, ASSESSOR, data, changes)

    # Looking.

    def state(self, kind: str, caller_id: str) -> Any:
        """The aggregate of a caller's id, replayed from the stored bytes."""
        uid = self.ledger.uid(kind, caller_id)
        assert uid is not None, f"no {kind} {caller_id}"
        aggregate: Any = LedgerAggregate.blank(f"{kind}/{uid}")
        for event in self.ledger.events.get(aggregate.id):
            aggregate = event.mutate(aggregate)  # type: ignore[attr-defined]
        return aggregate

    def newest(self) -> Any:
        """The newest entry."""
        size = self.ledger.size
        return next(self.ledger.logged(size - 1, size))

    @contextmanager
    def refused(self, code: str, field: str | None = None, detail: str = "") -> Iterator[None]:
        """What happens inside is refused with this code (and field, and words), and nothing was written."""
        before = self.store.head()
        with pytest.raises(LedgerError) as caught:
            yield
        assert caught.value.code == code
        assert field is None or caught.value.field == field
        assert detail in caught.value.detail
        assert self.store.head() == before


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(9), CST)


def _set_up(scene: Scene) -> None:
    """Four bodies, two persons with a post at U1 and U2, and the golden edition, all on the first day."""
    scene.ledger.offer_edition(shipped_edition(EDITION))
    for unit in ("CREDIT-OFFICE", "PERSONNEL", "U1", "U2"):
        scene.register_unit(OPENED.isoformat(), unit)
    for person in ("P1", "P2"):
        scene.register_person(OPENED.isoformat(), person)
    scene.assign(OPENED.isoformat(), "P1", "U1", "2023-01-01")
    scene.assign(OPENED.isoformat(), "P2", "U2", "2023-01-01")
    scene.activate(OPENED.isoformat())


_KEPT: list[TemporaryDirectory[str]] = []


@cache
def _first_scene() -> Path:
    """The folder of the scene that others are copies of, made once in a session."""
    folder = TemporaryDirectory(prefix="ledger-scene-")
    _KEPT.append(folder)
    scene = Scene(f"sqlite:///{folder.name}/scene.db", opened=False)
    _set_up(scene)
    scene.ledger.close()
    return Path(folder.name)


@contextmanager
def a_scene(folder: Path, *, spoilt: bool = False) -> Iterator[Scene]:
    """A scene of its own in `folder`; at the end its log is checked, and then verified as an auditor would.

    Not if the test means to spoil it.
    """
    shutil.copytree(_first_scene(), folder, dirs_exist_ok=True)
    scene = Scene(f"sqlite:///{folder / 'scene.db'}")
    scene.ledger.offer_edition(shipped_edition(EDITION))
    try:
        yield scene
        if spoilt:
            return
        check_log(scene.store, ORIGIN)
        assert [finding.what for finding in fsck.verify(scene.ledger).findings] == []
    finally:
        scene.ledger.close()
