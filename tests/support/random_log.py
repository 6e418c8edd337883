"""Random logs: entries of every lifecycle in any order, lawful or not, late or in time, for a handful of subjects.

A projection must read any log: what a state does not allow changes nothing. The seed makes the log, so a failing
example names it.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from tests.support.small_log import SmallLog, opened_log

PEOPLE = ("P1", "P2", "P3")
UNITS = ("U1", "U2")
FIRST, DAYS = date(2025, 1, 1), 500
Writer = Callable[[random.Random, SmallLog, str], None]


def random_log(seed: int, length: int) -> SmallLog:
    """A log of registered subjects, an assessed unit and `length` random entries."""
    chance = random.Random(seed)
    log = opened_log()
    for name in UNITS:
        log.append("SubjectRegistered", "2025-01-01", {"subject_id": name, "kind": "UNIT", "name": name})
    for name in PEOPLE:
        log.append("SubjectRegistered", "2025-01-01", {"subject_id": name, "kind": "PERSON"})
    dimensions = [{"id": "daily", "weight": 100}]
    log.append("AssessmentSchemeAdopted", "2025-01-01", {"scheme_id": "S", "dimensions": dimensions})
    for _ in range(length):
        write = chance.choice(WRITERS)
        write(chance, log, (FIRST + timedelta(days=chance.randrange(DAYS))).isoformat())
    return log


def _breach(chance: random.Random, log: SmallLog, on: str) -> None:
    name = f"B{chance.randrange(6)}"
    if f"breach/{log.uid('breach', name)}" not in {entry.stream for entry in log.entries}:
        _open_breach(chance, log, on, name)
        return
    later = (date.fromisoformat(on) + timedelta(days=chance.randrange(30))).isoformat()
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("ReportDeclined", {"reason": "NO_BASIS"}),
        ("BreachNotified", {"served_on": on, "reply_due": later, "proposed_finding": "SERIOUS"}),
        ("BreachReplied", {}),
        ("ReplyLapsed", {}),
        ("BreachConfirmed", {"severity": _severity(chance), "decision_on": on, "publicity": False}),
        ("BreachConfirmed", {"severity": _severity(chance), "decision_on": on, "publicity": False}),
        ("BreachDismissed", {"disposition": "NO_FAULT"}),
        ("BreachAppealed", {"route": chance.choice(["REVIEW", "APPEAL", "OBJECTION"]), "filed_on": on}),
        ("AppealDecided", {"outcome": chance.choice(["UPHELD", "OVERTURNED"])}),
        ("AppealDecided", {"outcome": "VARIED", "new_severity": "MINOR"}),
        ("AuthorityRecordRemoved", {"removed_on": on}),
        ("RecordVoided", {"reason": "DUPLICATE"}),
        ("RecordCorrected", {"target_event": 0, "field": "duty_related", "corrected_value": chance.random() < 0.5}),
    ]
    kind, data = chance.choice(kinds)
    log.append(kind, on, {"breach_id": name, **data})


def _open_breach(chance: random.Random, log: SmallLog, on: str, name: str) -> None:
    subject = chance.choice(PEOPLE + UNITS)
    unit = chance.choice(UNITS) if subject in PEOPLE else None
    data: dict[str, Any] = {"breach_id": name, "subject_id": subject, "duty_related": chance.random() < 0.6}
    data["unit_at_time"] = unit
    if chance.random() < 0.5:
        kind = chance.choice(["COURT_LIST", "SEVERE_LIST", "DISCIPLINE", "PENALTY"])
        data |= {"record_kind": kind, "severity": _severity(chance), "decision_on": on}
        log.append("AuthorityRecordImported", on, data)
    else:
        data |= {"category": "DUTY", "proposed_severity": "SERIOUS", "occurred_on": on}
        log.append("BreachReported", on, data)


def _repair(chance: random.Random, log: SmallLog, on: str) -> None:
    opened = [entry.data["breach_id"] for entry in log.entries if entry.version == 1 and entry.kind == "breach"]
    if not opened:
        return
    breach = chance.choice(opened)
    repair = f"R{breach}{chance.randrange(2)}"
    if repair not in log.repairs:
        log.append("RepairApplied", on, {"repair_id": repair, "breach_id": breach, "performed_on": on})
        return
    data = {"repair_id": repair, "accepted_on": on, "decision_on": on, "effects": [], "missing": ["PROOF"]}
    kinds = ("RepairReturned", "RepairAccepted", "RepairAccepted", "RepairApproved", "RepairRejected", "RepairRevoked")
    log.append(chance.choice(kinds), on, data)


def _commitment(chance: random.Random, log: SmallLog, on: str) -> None:
    name = f"C{chance.randrange(6)}"
    due = (date.fromisoformat(on) + timedelta(days=chance.randrange(200))).isoformat()
    if f"commitment/{log.uid('commitment', name)}" not in {entry.stream for entry in log.entries}:
        data = {"commitment_id": name, "promisor_id": chance.choice(PEOPLE + UNITS), "kind": "SERVICE", "due_on": due}
        log.append("CommitmentMade", on, {**data, "weight": chance.randrange(1, 4), "public": True})
        return
    kinds = [
        ("CommitmentAmended", {"new_due_on": due}),
        ("CommitmentFulfilled", {"fulfilled_on": on}),
        ("CommitmentWaived", {"reason": "LAW_CHANGE"}),
    ]
    kind, data = chance.choice(kinds)
    log.append(kind, on, {"commitment_id": name, **data})


def _assessment(chance: random.Random, log: SmallLog, on: str) -> None:
    name = f"A{chance.randrange(4)}"
    scores = {"daily": str(chance.randrange(101))}
    if f"assessment/{log.uid('assessment', name)}" not in {entry.stream for entry in log.entries}:
        data = {"assessment_id": name, "scheme_id": "S", "unit_id": chance.choice(UNITS), "period": "2025Q1"}
        log.append("AssessmentScored", on, {**data, "scores": scores})
    elif chance.random() < 0.7:
        log.append("AssessmentPublished", on, {"assessment_id": name})
    else:
        log.append("AssessmentRestated", on, {"assessment_id": name, "scores": scores})


def _career(chance: random.Random, log: SmallLog, on: str) -> None:
    person = chance.choice(PEOPLE)
    if chance.random() < 0.5:
        data = {"subject_id": person, "unit_id": chance.choice(UNITS), "level": "L3", "post": "C3", "from": on}
        log.append("PostAssigned", on, data)
    else:
        log.append("SanctionImposed", on, {"subject_id": person, "kind": "RECRUITMENT_BAR", "from": on, "until": None})


def _record(chance: random.Random, log: SmallLog, on: str) -> None:
    name = f"x{chance.randrange(40)}"
    if f"record/{log.uid('record', name)}" in {entry.stream for entry in log.entries}:
        log.append("SourceStateObserved", on, {"source": "CHI", "source_record": name, "observed_on": "2023",
                                               "field": "finding"})  # fmt: skip
        return
    data: dict[str, Any] = {"source": "CHI", "source_record": name, "kind": "ALLEGATION", "layer": "CHI00"}
    data |= {"outcome": chance.choice(["CONFIRMED", "DISMISSED", "PENDING"]), "occurred_on": on[:7]}
    data |= {"subject_id": chance.choice([*PEOPLE, None]), "unit_id": chance.choice([*UNITS, None])}
    log.append("RecordImported", on, {key: value for key, value in data.items() if value is not None})


def _check(chance: random.Random, log: SmallLog, on: str) -> None:
    name = f"K{chance.randrange(5)}"
    if f"check/{log.uid('check', name)}" not in {entry.stream for entry in log.entries}:
        data = {"check_id": name, "subject_id": chance.choice(PEOPLE), "purpose": "PROMOTE", "requester": "U1"}
        log.request_check(on, {**data, "statutory_basis": chance.choice([None, "公务员法 26"])})
        return
    decision = chance.choice(["ELIGIBLE", "NOT_ELIGIBLE"])
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("PreDecisionNoticeSent", {"reply_due": on}),
        ("CandidateResponded", {}),
        ("EligibilityDecided", {"decision": decision}),
        ("EligibilityNotified", {}),
        ("EligibilityDisputed", {}),
        ("EligibilityRedetermined", {"decision": decision}),
        ("EligibilityFinalised", {}),
        ("EligibilityWithdrawn", {}),
    ]
    kind, data = chance.choice(kinds)
    log.append(kind, on, {"check_id": name, **data})


def _severity(chance: random.Random) -> str:
    return chance.choice(["MINOR", "GENERAL", "SERIOUS"])


WRITERS: tuple[Writer, ...] = (
    _breach,
    _breach,
    _breach,
    _breach,
    _repair,
    _repair,
    _commitment,
    _commitment,
    _assessment,
    _career,
    _record,
    _check,
)
