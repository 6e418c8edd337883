"""Answers in the shapes of DESIGN §8, made by hand from the worked example (DOMAIN §6)."""

from __future__ import annotations

from typing import Any

EDITION = "JMS-DEMO-2025.1"
UID = "0197c0de-0000-4000-8000-00000000a7f1"


def line(clause: str, label: str, value: str, events: list[int], **more: Any) -> dict[str, Any]:
    return {"clause": clause, "label": label, "value": value, "edition": EDITION, "events": events, **more}


FILE: dict[str, Any] = {
    "subject": "P1",
    "uid": UID,
    "kind": "PERSON",
    "name": None,
    "as_of": "2025-06-01",
    "as_known": "2025-06-01",
    "size": 21,
    "viewer": "SUBJECT",
    "purpose": None,
    "rulebook": EDITION,
    "breaches": [
        {
            "id": "B1",
            "state": "UPHELD",
            "severity": "GENERAL",
            "record_kind": "LOCAL",
            "decision_on": "2025-03-20",
            "effects": [
                {"class": "DISCRETIONARY", "effect": "points", "clause": "R-P2"},
                {"class": "DISCRETIONARY", "effect": "unit-link", "clause": "R-U5"},
            ],
            "marks": [],
            "events": [11, 12, 13, 14, 16, 20],
            "expires_on": "2026-03-20",
            "repair_from": "2025-06-20",
            "remedies": [],
            "texts": [
                {"event": 11, "type": "BreachReported", "sections": {"summary": {"summary": "未按承诺时限办结"}}},
                {"event": 14, "type": "BreachConfirmed", "sections": {"reasons": {"reasons": "…"}}},
            ],
        },
        {
            "id": "B2",
            "state": "CONFIRMED",
            "severity": "SERIOUS",
            "record_kind": "SEVERE_LIST",
            "decision_on": "2025-04-15",
            "effects": [
                {"class": "STATUTORY", "effect": "listing", "clause": "公务员法 26(4)", "rule": "E1"},
                {"class": "DISCRETIONARY", "effect": "points", "clause": "R-P2"},
            ],
            "marks": [],
            "events": [18],
            "expires_on": "2028-04-15",
            "repair_from": "2026-04-15",
            "remedies": [{"route": "OBJECTION", "until": None}],
        },
    ],
    "commitments": [
        {
            "id": "C3",
            "state": "OPEN",
            "due_on": "2025-12-31",
            "kind": "PERSONAL",
            "text": "年内完成业务培训",
            "events": [10],
        },
        {"id": "C4", "state": "OVERDUE", "due_on": "2025-05-30", "kind": "PERSONAL", "text": None, "events": [17]},
    ],
    "repairs": [],
    "sanctions": [
        {
            "kind": "RECRUITMENT_BAR",
            "state": "ACTIVE",
            "from": "2025-01-01",
            "until": None,
            "lifted_on": None,
            "events": [9],
        }
    ],
    "appraisals": [],
    "commendations": [],
    "imported": [],
    "posts": [
        {"unit": "U1", "level": "L3", "post": "C3", "from": "2023-01-01", "to": None, "events": [5]},
    ],
    "checks": [],
    "consents": [],
    "balance": {
        "value": "60.00",
        "demonstration": True,
        "lines": [
            line("R-P1", "base", "100.00", []),
            line(
                "R-P2",
                "finding",
                "-10.00",
                [14, 16, 20],
                record="B1",
                params={"points": "10", "time": "1", "status": "1"},
            ),
            line(
                "R-P2",
                "finding",
                "-30.00",
                [18],
                record="B2",
                params={"points": "30", "time": "1", "status": "1"},
            ),
        ],
    },
    "demonstration": True,
}

SCORE: dict[str, Any] = {
    "subject": "U1",
    "uid": UID,
    "name": "示范市政务服务中心",
    "as_of": "2025-07-05",
    "as_known": "2025-07-05",
    "size": 24,
    "viewer": "UNIT_HEAD",
    "rulebook": EDITION,
    "value": "81.32",
    "lines": [
        line("R-U2", "assessment", "52.32", [17, 19], params={"composite": "87.2", "share": "0.6"}),
        line("R-U3", "commitments", "20.00", [8, 9, 15], params={"ratio": "2/3", "points": "30", "counted": "2"}),
        line("R-U1", "conduct", "10.00", []),
        line("R-U5", "linked-findings", "-1.00", [], events_withheld=3),
    ],
    "demonstration": True,
}

NO_SCORE: dict[str, Any] = {
    **{name: SCORE[name] for name in ("subject", "uid", "as_known", "viewer", "rulebook")},
    "as_of": "2025-02-01",
    "size": 10,
    "value": None,
    "lines": [],
    "reason": "not-yet-assessed",
    "demonstration": False,
}

BLOCKED: dict[str, Any] = {
    "check": "K1",
    "uid": UID,
    "subject": "P1",
    "as_of": "2025-10-01",
    "as_known": "30",
    "size": 30,
    "rulebook": EDITION,
    "evaluated_on": "2025-09-01",
    "evaluated_size": 26,
    "outcome": "BLOCK",
    "hits": [{"rule": "E1", "clause": "公务员法 26(4)", "events": [18], "when": "active-severe-or-court-listing"}],
    "breaches_in_report": ["B2"],
    "purpose": "RECRUIT",
    "post_ref": "2025-014",
    "requester": "PERSONNEL",
    "requested_on": "2025-09-01",
    "reply_due": "2025-09-09",
    "decision": "NOT_ELIGIBLE",
    "decided_on": "2025-09-12",
    "state": "DECIDED",
    "events": [26, 27, 28, 29],
}

CLEAR: dict[str, Any] = {
    **BLOCKED,
    "check": "K2",
    "as_of": "2026-06-02",
    "as_known": "39",
    "size": 39,
    "evaluated_on": "2026-06-01",
    "evaluated_size": 37,
    "outcome": "CLEAR",
    "hits": [],
    "breaches_in_report": [],
    "requested_on": "2026-06-01",
    "post_ref": "2026-003",
    "reply_due": None,
    "decision": None,
    "decided_on": None,
    "state": "EVALUATED",
}

VERIFIED: dict[str, Any] = {
    "ok": True,
    "size": 39,
    "root": "7f" * 32,
    "chain": "3c" * 32,
    "findings": [],
    "not_checked": ["no witness configured"],
}

TAMPERED: dict[str, Any] = {
    **VERIFIED,
    "ok": False,
    "findings": [
        {"grade": "notice", "index": None, "what": "recorded times up to entry 38 are asserted by whoever loaded them"},
        {"grade": "manipulation", "index": 12, "what": "entry 12: contents do not match its hash"},
    ],
}

IMPORTED: dict[str, Any] = {
    "tables": {
        "officials": {"rows": 96, "imported": 96, "skipped": 0, "reasons": {}},
        "breaches": {"rows": 877, "imported": 870, "skipped": 7, "reasons": {"already-imported": 5, "bad-date": 2}},
    },
    "batch": "9f86d081884c7d65",
    "size": 1200,
    "refused": [
        {"table": "breaches", "line": 14, "field": "incident_date", "code": "bad-date", "detail": "expected a day"},
        {"table": "breaches", "line": 211, "field": None, "code": "no-such-code-yet", "detail": "something new"},
    ],
}

ENTRY: dict[str, Any] = {
    "index": 12,
    "type": "BreachNotified",
    "effective_on": "2025-02-24",
    "recorded_on": "2025-02-25",
    "actor": {"id": UID, "role": "DECIDER"},
    "about": ["B1", "P1", "U1"],
    "changed": [{"kind": "breach", "id": "B1", "before": "REPORTED", "after": "NOTIFIED"}],
}

UNIT_FILE: dict[str, Any] = {
    **{
        name: FILE[name] for name in ("uid", "as_of", "as_known", "size", "purpose", "rulebook", "repairs", "sanctions")
    },
    "subject": "U1",
    "kind": "UNIT",
    "name": "示范市政务服务中心",
    "viewer": "UNIT_HEAD",
    "breaches": [],
    "breaches_withheld": 2,
    "sanctions": [],
    "commitments": [
        {
            "id": "C1",
            "state": "FULFILLED_ON_TIME",
            "due_on": "2025-03-31",
            "fulfilled_on": "2025-03-28",
            "kind": "SERVICE",
            "text": "一季度办结率达到百分之九十五",
            "events": [8, 15],
        }
    ],
}

TAKEN_OVER: dict[str, Any] = {
    "subject": "CHI-0a1b2c",
    "uid": UID,
    "kind": "PERSON",
    "name": None,
    "as_of": "2026-01-01",
    "as_known": "1200",
    "size": 1200,
    "viewer": "AUDITOR",
    "purpose": None,
    "rulebook": None,
    "breaches": [],
    "commitments": [],
    "commendations": [
        {"source": "CHI", "status": "FINAL", "given_on": "2004-05-01", "ref": None, "unit": "CHI-007", "events": [700]},
        {"source": "CHI", "status": "DENIED", "given_on": None, "ref": None, "unit": None, "events": [701]},
    ],
    "imported": [
        {
            "source": "CHI",
            "source_record": "r-1",
            "kind": "COMPLAINT",
            "outcome": "CONFIRMED",
            "outcome_raw": "SU",
            "occurred_on": "2001-02",
            "reported_on": "2001-03-04",
            "decided_on": None,
            "unit": "CHI-007",
            "duplicate_of": None,
            "events": [500, 620],
            "texts": [
                {
                    "event": 500,
                    "type": "RecordImported",
                    "sections": {"summary": {"summary": {"category": "MISCELLANEOUS", "penalty": "REPRIMAND"}}},
                }
            ],
        },
        {
            "source": "CCRB",
            "source_record": "r-2",
            "kind": "COMPLAINT",
            "outcome": "DISMISSED",
            "outcome_raw": None,
            "occurred_on": None,
            "reported_on": "2019",
            "decided_on": None,
            "unit": None,
            "duplicate_of": "r-1",
            "events": [501],
        },
    ],
    "balance": {"value": None, "lines": [], "reason": "no-edition", "demonstration": False},
}

EMPTY_FILE: dict[str, Any] = {
    **{name: FILE[name] for name in ("subject", "uid", "kind", "name", "as_of", "size", "rulebook")},
    "as_known": "21",
    "viewer": "HR",
    "purpose": "RECRUIT",
    "breaches": [],
    "commitments": [],
    "repairs": [],
    "sanctions": [],
    "appraisals": [],
    "commendations": [],
    "imported": [],
    "consent": {"id": "CONSENT-2", "scope": ["BREACH", "COMMITMENT"], "events": [36]},
}

GAP: dict[str, Any] = {
    **VERIFIED,
    "ok": False,
    "findings": [{"grade": "gap", "index": 7, "what": "entry 7: a document it names is not there"}],
    "not_checked": [],
}

DRY_RUN: dict[str, Any] = {
    "tables": {"history.jsonl": {"rows": 3, "imported": 3, "skipped": 0, "reasons": {}}},
    "batch": "9f86d081884c7d65",
    "size": 41,
}

OPENED: dict[str, Any] = {
    "origin": "localhost/integrity.db",
    "database": "integrity.db",
    "size": 41,
    "root": "7f" * 32,
    "chain": "3c" * 32,
    "asserted_until": 40,
}

ADOPTED: dict[str, Any] = {
    "rulebook": EDITION,
    "index": 41,
    "size": 42,
    "leaf": "5a" * 32,
    "recorded_at": "2026-11-24T09:00:00.000000Z",
    "version": 1,
}

MIGRATED: dict[str, Any] = {"applied": ["0002", "0003"], "pending": []}

DOCTOR: dict[str, Any] = {
    "ok": False,
    "checks": [
        {"check": "python", "status": "ok", "value": "3.11.7", "remedy": None},
        {"check": "clock", "status": "problem", "value": "−90 s", "remedy": "clock"},
        {"check": "master-key", "status": "problem", "value": "integrity.db.master-key  0644", "remedy": "chmod"},
        {"check": "migrations", "status": "ok", "value": "up-to-date", "remedy": None},
    ],
    "not_checked": ["contents", "backups"],
}
