"""Acts for the state machines: lines of every kind, proper ones more often than not, and wrong in any one respect.

Of each list of choices the first is the proper one. A `Hand` takes it, or anything else of the list, as its chance
says; whether what comes out may be done is the model's to say, not decided here.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final, TypeVar

from ledger.line import Line, LineActor
from tests.support.scene import CONSIDERATIONS, DIMENSIONS, DOCUMENT, FACTORS, SCORES
from tests.support.state_tables import BREACH, LASTING, ROLES, Act, Actor, months_after, working_days_after
from tests.support.state_world import World

T = TypeVar("T")
Data = dict[str, Any]

CASES = ("B1", "B2", "B3")
PEOPLE, UNITS, SUBJECTS = ("P1", "P2"), ("U1", "U2"), ("P1", "U1", "P2")
RARE: Final = (
    "ClearanceNoticePublished", "SanctionImposed", "SanctionLifted", "CommitmentOverdueFlagged",
    "RecordVoided", "AuthorityRecordRemoved", "ReportDeclined", "BreachDismissed", "ConflictDeclared",
    "EligibilityWithdrawn", "ConsentWithdrawn", "RecordCorrected", "CommitmentFulfilled", "CommitmentWaived",
)  # fmt: skip
SYSTEM: Final = Actor("system", "SYSTEM")
ACTORS: Final = (
    Actor("reporter-1", "REPORTER", "U1"),
    Actor("decider-1", "DECIDER", "CREDIT-OFFICE"),
    Actor("decider-2", "DECIDER", "CREDIT-OFFICE"),
    Actor("reviewer-1", "REVIEWER", "PERSONNEL"),
    Actor("reviewer-2", "REVIEWER", "PERSONNEL"),
    Actor("credit-1", "CREDIT", "CREDIT-OFFICE"),
    Actor("hr-1", "HR", "PERSONNEL"),
    Actor("hr-2", "HR", "PERSONNEL"),
    Actor("assessor-1", "ASSESSOR", "CREDIT-OFFICE"),
    SYSTEM,
    Actor("P1", "SUBJECT"),
    Actor("P2", "SUBJECT"),
    Actor("unit-head-1", "SUBJECT", "U1"),
    Actor("unit-head-2", "SUBJECT", "U2"),
    # Who must be refused by one rule or another, whatever their role allows.
    Actor("credit-9", "CREDIT", "U2"),
    Actor("decider-9", "DECIDER", "U1"),
    Actor("credit-8", "CREDIT", "U1"),
    Actor("assessor-9", "ASSESSOR", "U1"),
    Actor("hr-9", "HR"),
    Actor("reporter-1", "DECIDER", "CREDIT-OFFICE"),
    Actor("reporter-1", "REVIEWER", "PERSONNEL"),
    Actor("decider-1", "REVIEWER", "PERSONNEL"),
    Actor("P1", "DECIDER", "CREDIT-OFFICE"),
    Actor("P1", "CREDIT", "CREDIT-OFFICE"),
    Actor("P1", "REVIEWER", "PERSONNEL"),
    Actor("P2", "HR", "PERSONNEL"),
    Actor("auditor-1", "AUDITOR"),
)
# A small office: who decides and who reviews also writes down what the subject says, and one candidate has no account.
SMALL_OFFICE: Final = (
    Actor("reporter-1", "REPORTER", "U1"),
    *(Actor(name, role, "CREDIT-OFFICE") for name in ("decider-1", "decider-2") for role in ("DECIDER", "CREDIT")),
    *(Actor(name, role, "PERSONNEL") for name in ("hr-1", "hr-2") for role in ("HR", "REVIEWER")),
    Actor("P1", "SUBJECT"),
)


def line_of(act: Act) -> Line:
    """The act as a caller sends it."""
    body = {name: value for name, value in act.data.items() if value is not None}
    if act.doc:
        body["doc"] = DOCUMENT
    if act.behalf is not None:
        body["on_behalf_of"] = act.behalf
    return Line(act.kind, act.on, LineActor(act.actor.id, act.actor.role, act.actor.unit), body)


class Hand:
    """Makes one act after the other about the records of a world."""

    def __init__(self, world: World, today: date, seed: int, proper: float, actors: Sequence[Actor] = ACTORS) -> None:
        self.world, self.today, self._actors = world, today, actors
        self._chance, self._proper = random.Random(seed), proper
        self.on = today

    def pick(self, choices: Sequence[T]) -> T:
        """The proper choice, which is the first, or any."""
        return choices[0] if self._chance.random() < self._proper else self._chance.choice(choices)

    def any(self, choices: Sequence[T]) -> T:
        """Any of several proper choices."""
        return self._chance.choice(choices)

    def shuffled(self, kinds: Sequence[str]) -> list[str]:
        """The kinds in random order; what ends a case, or may be said for ever, is mostly left out."""
        waiting = any(case.state == "REPORTED" for case in self.world.cases.values())
        rare = RARE if waiting else (*RARE, "BreachNotified")  # which may be said again and again
        return [
            one for one in self._chance.sample(kinds, len(kinds)) if one not in rare or self._chance.random() < 0.06
        ]

    def day(self, offset: int) -> str:
        return (self.on + timedelta(days=offset)).isoformat()

    def act(self, kind: str) -> Act:
        back = max(self.world.last, self.today - timedelta(days=self._chance.randrange(1, 9)))
        self.on = self.pick([self.today, self.today, back, self.today + timedelta(days=1)])
        data = self._data(kind)
        actor = self._actor(kind, data)
        behalf = None
        if "SUBJECT" in ROLES[kind] and actor.role in ("HR", "CREDIT"):
            behalf = self.pick([self._subject(data), *PEOPLE, *UNITS, None])
        elif self._chance.random() > max(self._proper, 0.9):
            behalf = "P1"
        return Act(kind, actor, self.on, self.today, data, doc=self.pick([True, False]), behalf=behalf)

    def _actor(self, kind: str, data: Data) -> Actor:
        allowed = [one for one in self._actors if one.role in ROLES[kind]]
        if "SUBJECT" in ROLES[kind]:
            subject = self._subject(data)
            allowed = [one for one in allowed if one.role != "SUBJECT" or one.is_of(subject)]
            allowed += [one for one in self._actors if one.role in ("HR", "CREDIT")]
        return self.pick([self.any(allowed or self._actors), *self._actors])

    def _subject(self, data: Data) -> str:
        """Whom the record of these data is about, by the model."""
        for name in ("subject_id", "promisor_id"):
            if name in data:
                return str(data[name])
        if "check_id" in data:
            return self.world.checks[data["check_id"]].subject or "P1"
        case = data.get("breach_id") or self.world.case_of_repair.get(data.get("repair_id", ""), "B1")
        return self.world.cases[case].subject or "P1"

    # What a line of each kind says.

    def _data(self, kind: str) -> Data:
        made: Callable[[], Data] | None = getattr(self, f"_{kind}", None)
        if kind.startswith("Repair"):
            data: Data = {"repair_id": self.any(["R1", "R2", "R3", "R4"])}
        elif kind in BREACH and kind != "ConflictDeclared":
            data = {"breach_id": self.any(CASES)}
        elif kind.startswith("Commitment"):
            data = {"commitment_id": self.any(["C1", "C2", "C3"])}
        elif kind.startswith("Assessment"):
            data = {"assessment_id": self.any(["A1", "A2", "A3"])}
        elif kind in ("SanctionImposed", "SanctionLifted"):
            data = {"subject_id": self.any(PEOPLE), "kind": "RECRUITMENT_BAR"}
        elif kind.startswith("Consent"):
            data = {"consent_id": self.any(["N1", "N2", "N3"])}
        elif kind == "ConflictDeclared":
            data = {"grounds": ["KINSHIP"]}
        else:
            data = {"check_id": self.any(["K1", "K2", "K3"])}
        return data if made is None else data | made()

    def _severity(self) -> str:
        return self.any(["MINOR", "GENERAL", "SERIOUS"])

    def _BreachReported(self) -> Data:  # noqa: N802 - named for the type
        data: Data = {"subject_id": self.any(["P1", "U1"]), "category": "DUTY", "proposed_severity": self._severity()}
        occurred = self.pick([self.day(-3), self.day(0), self.day(1)])
        commitment = self.any(["C0", None])
        return data | {"occurred_on": occurred, "duty_related": True, "summary": "…", "commitment_id": commitment}

    def _AuthorityRecordImported(self) -> Data:  # noqa: N802
        kinds = ["PENALTY", "SEVERE_LIST", "COURT_LIST", "DISCIPLINE"]
        data: Data = {"subject_id": self.any(["P1", "U1"])}
        data |= {"record_kind": self.any(kinds), "severity": self._severity()}
        data |= {"list_code": self.any([None, *LASTING[:1]]), "issuer": "示范市人社局", "doc_no": "示人社〔2025〕2号"}
        ends = self.pick([None, self.day(60), self.day(-900)])
        return data | {"decision_on": self.pick([self.day(0), self.day(-20), self.day(1)]), "ends_on": ends}

    def _AuthorityRecordRemoved(self) -> Data:  # noqa: N802
        return {"removed_on": self.pick([self.day(0), self.day(-1)])}

    def _ReportDeclined(self) -> Data:  # noqa: N802
        return {"reason": "NO_BASIS"}

    def _BreachNotified(self) -> Data:  # noqa: N802
        waiting = [name for name in CASES if self.world.cases[name].state == "REPORTED"]
        soonest = working_days_after(self.on, 10)
        due = self.pick([soonest, soonest + timedelta(days=20), soonest - timedelta(days=1)])
        said: Data = {"facts": "…", "basis": ["R-P2"], "rights_text": "…", "proposed_finding": self._severity()}
        said |= {"breach_id": self.pick([self.any(waiting), *CASES])} if waiting else {}
        return said | {"served_on": self.pick([self.day(0), self.day(-1)]), "reply_due": due.isoformat()}

    def _BreachReplied(self) -> Data:  # noqa: N802
        return {"statement": "…"}

    def _BreachConfirmed(self) -> Data:  # noqa: N802
        severity = self.any(["MINOR", "GENERAL", "SERIOUS"])
        said = {"severity": severity, "factors": FACTORS, "reasons": "…", "publicity": False}
        return said | {"decision_on": self.pick([self.day(0), self.day(-1)])}

    def _BreachDismissed(self) -> Data:  # noqa: N802
        return {"disposition": "UNFOUNDED"}

    def _BreachAppealed(self) -> Data:  # noqa: N802
        route = self.any(["REVIEW", "APPEAL", "OBJECTION"])
        return {"route": route, "filed_on": self.pick([self.day(0), self.day(-1)]), "grounds": "…"}

    def _AppealDecided(self) -> Data:  # noqa: N802
        outcome = self.any(["UPHELD", "VARIED", "OVERTURNED"])
        milder = self.any([None, "MINOR", "GENERAL"]) if outcome == "VARIED" else self.pick([None, "MINOR"])
        return {"outcome": outcome, "new_severity": milder, "reasons": "…"}

    def _RecordVoided(self) -> Data:  # noqa: N802
        return {"reason": "DUPLICATE"}

    def _RecordCorrected(self) -> Data:  # noqa: N802
        breach = self.any(CASES)
        of_ours = self.world.cases[breach].record_kind is None
        target = self.pick(["BreachReported", "AuthorityRecordImported"][:: 1 if of_ours else -1])
        data: Data = {"breach_id": breach, "target_event": target, "field": "duty_related", "reason": "…"}
        return data | {"corrected_value": self.any([True, False])}

    def _ConflictDeclared(self) -> Data:  # noqa: N802
        known = [("breach_id", name) for name, case in self.world.cases.items() if case.state != "-"]
        known += [("check_id", name) for name, check in self.world.checks.items() if check.state != "-"]
        name, value = self.any(known or [("breach_id", "B1")])
        return {name: value}

    def _RepairApplied(self) -> Data:  # noqa: N802
        performed = self.pick([self.day(0), self.day(-1), self.day(1)])
        return {"breach_id": self.any(CASES), "performed_on": performed, "proofs": ["ev-1"]}

    def _RepairReturned(self) -> Data:  # noqa: N802
        return {"missing": ["PLEDGE"]}

    def _RepairAccepted(self) -> Data:  # noqa: N802
        latest = working_days_after(self.on, 10)
        due = self.pick([latest, latest + timedelta(days=1)])
        return {"accepted_on": self.pick([self.day(0), self.day(-1)]), "due_on": due.isoformat()}

    def _RepairPublicised(self) -> Data:  # noqa: N802
        return {"from": self.day(0), "to": self.day(20)}

    def _RepairApproved(self) -> Data:  # noqa: N802
        return {"decision_on": self.pick([self.day(0), self.day(-1)])}

    def _RepairRejected(self) -> Data:  # noqa: N802
        return {"reasons": "…", "reapply_after": self.any([None, self.day(5)])}

    def _RepairRevoked(self) -> Data:  # noqa: N802
        return {"reason": "FALSE_MATERIAL", "no_reapply_until": self.any([None, self.day(5)])}

    def _CommitmentMade(self) -> Data:  # noqa: N802
        data = {"promisor_id": self.any(SUBJECTS), "kind": "SERVICE", "text": "…", "weight": self.any([1, 3])}
        return data | {"due_on": self.pick([self.day(7), self.day(0), self.day(-1)]), "public": True}

    def _CommitmentAmended(self) -> Data:  # noqa: N802
        due = self.pick([self.day(7), self.day(0), self.day(-1)])
        return {"new_due_on": due, "reason": "…", "authority_doc": "市政〔2025〕2号"}

    def _CommitmentFulfilled(self) -> Data:  # noqa: N802
        return {"fulfilled_on": self.pick([self.day(0), self.day(-1)]), "evidence": self.pick([["ev-1"], []])}

    def _CommitmentWaived(self) -> Data:  # noqa: N802
        return {"reason": "LAW_CHANGE"}

    def _ConsentGiven(self) -> Data:  # noqa: N802
        expires = self.pick([self.day(60), self.day(0), self.day(-1)])
        data = {"subject_id": self.any(PEOPLE), "purpose": "RECRUIT", "scope": ["BREACHES"]}
        return data | {"recipient": "PERSONNEL", "expires_on": expires}

    def _ConsentWithdrawn(self) -> Data:  # noqa: N802
        return {"subject_id": self.any(PEOPLE)}

    def _EligibilityCheckRequested(self) -> Data:  # noqa: N802
        consent, basis = self.pick(
            [("N1", None), ("N2", None), ("N3", None), (None, "公务员法 26"), ("N9", None), (None, None)]
        )
        data = {"subject_id": self.any(PEOPLE), "purpose": "RECRUIT", "post_ref": "岗位一"}
        valid = [(name, one.subject) for name, one in self.world.consents.items() if one.reads(self.on) == "VALID"]
        if valid and self._chance.random() < self._proper:  # a check that can be decided
            consent, data["subject_id"] = self.any(valid)
        return data | {"consent_id": consent, "statutory_basis": basis}

    def _PreDecisionNoticeSent(self) -> Data:  # noqa: N802
        soonest = working_days_after(self.on, 5)
        return {"reply_due": self.pick([soonest, soonest - timedelta(days=1)]).isoformat()}

    def _CandidateResponded(self) -> Data:  # noqa: N802
        return {"statement": "…"}

    def _EligibilityDecided(self) -> Data:  # noqa: N802
        second = self.any([None, "hr-7", "hr-1", "hr-2", "P1"])
        data = {"decision": self.any(["ELIGIBLE", "NOT_ELIGIBLE"]), "second_approver": second}
        return data | {"reasons": "…", "considerations": CONSIDERATIONS}

    def _EligibilityDisputed(self) -> Data:  # noqa: N802
        return {"grounds": "…"}

    def _EligibilityRedetermined(self) -> Data:  # noqa: N802
        return {"decision": self.any(["ELIGIBLE", "NOT_ELIGIBLE"]), "reasons": "…"}

    def _AssessmentScored(self) -> Data:  # noqa: N802
        unit, scores = self.pick(["U1", "U2"]), self.any([SCORES, dict.fromkeys(SCORES, "70")])
        return {"scheme_id": "S1", "unit_id": unit, "period": "2025Q1", "scores": scores}

    def _AssessmentRestated(self) -> Data:  # noqa: N802
        return {"scores": dict.fromkeys((one["id"] for one in DIMENSIONS), "60"), "reason": "…"}

    def _SanctionImposed(self) -> Data:  # noqa: N802
        until = self.pick([self.day(40), None, months_after(self.on, 60).isoformat(), self.day(-3)])
        return {"from": self.pick([self.day(0), self.day(5)]), "until": until}
