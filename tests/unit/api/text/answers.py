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
    "decided_by": {"role": "HR", "unit": "PERSONNEL"},
    "reasons": "目前在列入期，移出后可以重新报考。",
    "considerations": {
        "nature_of_position": "综合管理岗位",
        "nature_and_seriousness": "列入严重失信主体名单",
        "circumstances": "…",
        "recency": "五个月前",
        "age_at_the_time": "成年",
        "contributing_conditions": "…",
        "rehabilitation": "已补缴，移出申请在办",
    },
    "departs_from_rule": False,
    "statement": "已补缴保费，正在申请移出名单。",
    "grounds": None,
}

TRANSFER: dict[str, Any] = {
    **{name: value for name, value in BLOCKED.items() if name not in ("reasons", "considerations", "decided_by")},
    "purpose": "TRANSFER",
    "viewer": "DPO",
}

CLEAR: dict[str, Any] = {
    **{name: value for name, value in BLOCKED.items() if name not in ("reasons", "considerations", "statement")},
    "decided_by": None,
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
    "left_out": [
        {"table": "unit_history", "line": 5, "field": "from", "code": "value-missing", "detail": "…"},
        {"table": "officials", "line": 9, "field": "status", "code": "differs", "detail": "…"},
    ],
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
        {
            "source": "CHI",
            "status": "FINAL",
            "given_on": "2004-05-01",
            "award": "HONORABLE MENTION",
            "ref": "r1",
            "unit": "CHI-007",
            "events": [700],
        },
        {
            "source": "CHI",
            "status": "DENIED",
            "given_on": None,
            "award": None,
            "ref": "r2",
            "unit": None,
            "observations": [{"observed_on": "2019-07", "field": "status", "old": "PRELIMINARY", "new": "DENIED"}],
            "events": [701, 702],
        },
    ],
    "source_state": {
        "status": "INACTIVE",
        "appointed_on": "1986-05-16",
        "resigned_on": "2012-03-31",
        "last_seen_on": None,
        "observed_on": "2024-07-28",
        "source": "CHI",
        "system": "PUBLIC-RECORDS",
        "events": [3],
    },
    "posts": [{"from": "1993-11-01", "to": None, "unit": "CHI-007", "level": None, "post": None, "events": [400]}],
    "ranks": [
        {
            "from": "1986-05-16",
            "seen_first": "1986",
            "seen_last": "1999",
            "rank": "POLICE OFFICER",
            "source": "PUBLIC-RECORDS",
            "events": [601],
        },
        {
            "from": None,
            "seen_first": "2002",
            "seen_last": "2011",
            "rank": "SERGEANT",
            "source": "PUBLIC-RECORDS",
            "events": [600],
        },
    ],
    "observations": [
        {
            "observed_on": "2018-03",
            "field": "finding",
            "old": None,
            "new": "DISMISSED",
            "raw": "NOT SUSTAINED",
            "source": "PUBLIC-RECORDS",
            "unit": "CHI-007",
            "events": [1630],
        },
        {
            "observed_on": "2019-07",
            "field": "_row",
            "old": "absent",
            "new": "present",
            "source": "PUBLIC-RECORDS",
            "unit": None,
            "events": [1700],
        },
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
            "observations": [
                {
                    "observed_on": "2018-03",
                    "field": "finding",
                    "new": "DISMISSED",
                    "raw": "EXONERATED",
                    "differs": True,
                },
                {
                    "observed_on": "2023-09",
                    "field": "finding",
                    "new": "CONFIRMED",
                    "raw": "SUSTAINED",
                    "differs": False,
                },
            ],
            "events": [500, 620, 621],
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

OF_A_BULLETIN: dict[str, Any] = {
    **{
        name: TAKEN_OVER[name] for name in ("uid", "kind", "as_of", "as_known", "size", "viewer", "rulebook", "balance")
    },
    "subject": "o115e1b57960ec1",
    "name": None,
    "breaches": [],
    "commitments": [],
    "imported": [
        {
            "source": "PUBLIC-RECORDS",
            "source_record": f"b{number}",
            "kind": "ALLEGATION",
            "outcome": "CONFIRMED",
            "occurred_on": "2024-01",
            "unit": "CN-64",
            "duplicate_of": duplicate,
            "events": [921 + number],
            "texts": [
                {
                    "event": 921 + number,
                    "type": "RecordImported",
                    "sections": {"summary": {"summary": {"category": matter, "penalty": penalty, "source": "CN"}}},
                }
            ],
        }
        for number, (matter, penalty, duplicate) in enumerate(
            [
                (
                    "在组织开展创建国家卫生城市工作中下达不切实际的任务，加重基层负担问题",
                    "党内严重警告（公开通报）",
                    None,
                ),
                (
                    "违规收受礼品、礼金、消费卡；在选人用人、工程承揽、资金拨付等方面为他人谋取利益，数额特别巨大；"
                    "对抗组织审查，隐瞒个人有关事项",
                    "开除党籍；开除公职；移送检察机关",
                    "b20bd5660b897a1",
                ),
            ]
        )
    ],
}

UNDER_WAY: dict[str, Any] = {
    **{name: FILE[name] for name in ("subject", "uid", "kind", "name", "rulebook")},
    "as_of": "2025-12-31",
    "as_known": "60",
    "size": 60,
    "viewer": "SUBJECT",
    "purpose": None,
    "demonstration": True,
    "breaches": [
        {
            "id": "B9",
            "state": "NOTIFIED",
            "severity": None,
            "proposed_severity": "GENERAL",
            "record_kind": "LOCAL",
            "decision_on": None,
            "reply_due": "2026-01-12",
            "effects": [],
            "marks": [],
            "events": [50, 52],
            "remedies": [{"route": "REPLY", "until": "2026-01-12"}],
            "notice": {
                "event": 52,
                "served_on": "2025-12-26",
                "reply_due": "2026-01-12",
                "proposed_finding": "GENERAL",
                "basis": ["R-P2", "公务员法 63"],
                "rights_text": "可在告知书送达之日起十个工作日内陈述和申辩；不因申辩加重。",
            },
            "texts": [{"event": 52, "type": "BreachNotified", "sections": {"summary": {"facts": "两次巡查没有到场"}}}],
        },
        *(
            {
                "id": f"B{number}",
                "state": "CONFIRMED",
                "severity": "GENERAL",
                "proposed_severity": "GENERAL",
                "record_kind": "LOCAL",
                "decision_on": "2025-07-01",
                "effects": [{"class": "DISCRETIONARY", "effect": "points", "clause": "R-P2"}],
                "marks": [],
                "events": [30 + number],
                "expires_on": "2026-07-01",
                "repair_from": opens,
                "repair_open": open_repair,
                "remedies": [],
                "texts": [
                    {
                        "event": 30 + number,
                        "type": "BreachConfirmed",
                        "sections": {
                            "document": {
                                "doc": {"doc_no": "示信〔2025〕7号", "issuer": "示范市信用办", "digest": "0" * 64}
                            }
                        },
                    }
                ],
            }
            for number, opens, open_repair in ((1, None, "R1"), (2, "2026-01-20", None), (3, None, None))
        ),
    ],
    "commitments": [],
    "repairs": [
        {
            "id": "R1",
            "breach": "B1",
            "state": "ACCEPTED",
            "applied_on": "2025-12-01",
            "due_on": "2026-01-09",
            "events": [40, 41],
        },
        {
            "id": "R2",
            "breach": "B2",
            "state": "REJECTED",
            "applied_on": "2025-11-17",
            "decided_on": "2025-11-20",
            "barred_until": "2026-01-19",
            "events": [42, 44],
        },
        {
            "id": "R3",
            "breach": "B3",
            "state": "REVOKED",
            "applied_on": "2025-10-17",
            "decided_on": "2025-12-20",
            "barred_until": "2027-12-20",
            "events": [43, 45],
        },
    ],
}

PROMISES: dict[str, Any] = {
    **{name: FILE[name] for name in ("uid", "as_of", "as_known", "size", "purpose", "rulebook")},
    "subject": "UK-DEFRA",
    "kind": "UNIT",
    "name": "DEFRA",
    "viewer": "AUDITOR",
    "breaches": [],
    "commitments": [
        {
            "id": "k003",
            "state": "IMPORTED",
            "due_on": "2025-03-31",
            "start": "2020-04-01",
            "status_raw": "Red",
            "source": "PUBLIC-RECORDS",
            "origin": "UK",
            "text": "Nature for Climate Fund",
            "assessments": [
                {"observed_on": "2021", "level": "Amber/red"},
                {"observed_on": "2023", "level": "Red"},
            ],
            "weighs": False,
            "events": [2403, 2526, 2528],
        }
    ],
}

OF_A_STRANGER: dict[str, Any] = {
    **{name: FILE[name] for name in ("subject", "uid", "kind", "as_of", "as_known", "size", "purpose", "rulebook")},
    "name": None,
    "viewer": "UNIT_HEAD",
    "breaches": [],
    "commitments": [],
    "demonstration": False,
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

UID = "0b5f9c1e-7a52-4d0e-9c63-2f1b7d8e4a10"
LOOK: dict[str, Any] = {
    "index": 7,
    "at": "2026-03-02T01:30:00.000000Z",
    "unit": "PERSONNEL",
    "unit_name": "示范市委组织部",
    "role": "HR",
    "purpose": "PROMOTE",
    "scope": ["INTEGRITY_FILE"],
    "as_of": "2026-03-02",
    "as_known": 39,
}
WHOLE_LOG: dict[str, Any] = {
    "index": 9,
    "at": "2026-04-01T02:00:00.000000Z",
    "unit": None,
    "unit_name": None,
    "role": "AUDITOR",
    "purpose": None,
    "scope": ["ENTRIES", "SOMETHING_NEW"],
}

ACCESS_LOG: dict[str, Any] = {"subject": "P1", "uid": UID, "size": 12, "looks": [WHOLE_LOG, LOOK]}
ACCESS_LOG_WITH_ACTORS: dict[str, Any] = {**ACCESS_LOG, "looks": [{**LOOK, "purpose": "AUDIT", "actor": UID}]}

TOKEN: dict[str, Any] = {
    "id": "5d3c0a52-1f0e-4a0b-8a53-6a4a3c1d2e9f",
    "actor": "clerk-7",
    "role": "HR",
    "unit": "PERSONNEL",
    "issued_at": "2026-03-01T01:00:00.000000Z",
    "expires_at": "2026-05-30T01:00:00.000000Z",
    "revoked_at": None,
    "state": "VALID",
}
ISSUED: dict[str, Any] = {"secret": "ilt_" + "A" * 43, "token": TOKEN}
TOKENS: dict[str, Any] = {
    "tokens": [
        TOKEN,
        {**TOKEN, "actor": "auditor-1", "role": "AUDITOR", "unit": None, "state": "EXPIRED"},
        {**TOKEN, "actor": "P1", "role": "SUBJECT", "unit": None, "state": "REVOKED"},
    ]
}

ACCESS_TAMPERED: dict[str, Any] = {
    **VERIFIED,
    "ok": False,
    "access": {"size": 12, "root": "7f" * 32, "chain": "3c" * 32},
    "findings": [
        {
            "grade": "manipulation", "index": None, "code": "leaf",
            "what": "access log: entry 3: contents do not match its hash",
        },
        {
            "grade": "gap", "index": None, "code": "access-log-unmade",
            "what": "access log: none was made; run `integrity migrate`",
        },
        {
            "grade": "manipulation", "index": None, "code": "access-log-missing",
            "what": "access log: one was made, and it is gone",
        },
    ],
}  # fmt: skip
