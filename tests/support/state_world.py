"""All records that a state-machine test plays with, told by DOMAIN §4.3: what speaks against an act, what it leaves.

Beside the breach case (`state_case.py`): commitments, consents, checks, assessments and bars from recruitment. Every
act lies on or after the day of the one before it, so that what a reader sees follows from the states held here.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date

from tests.support.state_case import Case
from tests.support.state_tables import (
    ASSESSMENT,
    CHECK,
    COMMITMENT,
    CONSENT,
    LASTING,
    NO_STATE,
    STANDING,
    Act,
    Codes,
    Steps,
    everywhere,
    in_own_case,
    of_subject,
    working_days_after,
)

FEEDBACK_DAYS = 5  # of the scheme S1
NOTICE_DAYS = 5
DISPUTE_DAYS = 5
UNDECIDED = ("EVALUATED", "NOTICED", "RESPONDED")


def _step(steps: Steps, act: Act, state: str, record: str, refusal: str = "wrong-state") -> Codes:
    """Whether the table lets this act happen in this state."""
    sources = steps[act.kind][0]
    if state in sources:
        return set()
    if state == NO_STATE:
        return {f"unknown-{record}"}
    return {f"{record}-exists"} if NO_STATE in sources else {refusal}


@dataclass
class Promise:
    state: str = NO_STATE
    promisor: str = ""
    due_on: date = date.min

    def against(self, act: Act) -> Codes:
        data, kind = act.data, act.kind
        found = _step(COMMITMENT, act, self.state, "commitment", "commitment-closed")
        if kind == "CommitmentMade":
            if act.actor.role != "HR" or act.behalf is not None:
                found |= of_subject(act, data["promisor_id"])
            return found | ({"due-before-start"} if data["due_on"] < act.on.isoformat() else set())
        if self.state == NO_STATE:
            return found
        own = in_own_case(act, self.promisor)
        if kind == "CommitmentFulfilled":
            found |= {"promisor-may-not-confirm"} if own else set()
            return found if data["evidence"] else found | {"evidence-required"}
        if kind == "CommitmentOverdueFlagged":
            return found | (set() if min(act.days) > self.due_on else {"not-overdue"})
        found |= own
        if kind == "CommitmentWaived":
            return found if act.doc else found | {"document-required"}
        if max(act.days) > self.due_on and not act.doc:
            found.add("amendment-after-due")
        return found | ({"due-before-start"} if data["new_due_on"] < act.on.isoformat() else set())

    def take(self, act: Act) -> None:
        self.state = str(COMMITMENT[act.kind][1])
        if act.kind == "CommitmentMade":
            self.promisor, self.due_on = act.data["promisor_id"], date.fromisoformat(act.data["due_on"])
        elif act.kind == "CommitmentAmended":
            self.due_on = date.fromisoformat(act.data["new_due_on"])
        elif act.kind == "CommitmentFulfilled":
            self.state = "FULFILLED_ON_TIME" if act.on <= self.due_on else "FULFILLED_LATE"

    def reads(self, day: date, *, broken: bool) -> str:
        if self.state != "OPEN":
            return self.state
        if broken:
            return "BROKEN"
        return "OVERDUE" if day > self.due_on else "OPEN"


@dataclass
class Consent:
    state: str = NO_STATE
    subject: str = ""
    expires_on: date = date.min

    def against(self, act: Act) -> Codes:
        found = _step(CONSENT, act, self.state, "consent")
        if act.kind == "ConsentGiven":
            found |= of_subject(act, act.data["subject_id"])
            return found | ({"consent-expired"} if act.data["expires_on"] < act.on.isoformat() else set())
        if self.state == NO_STATE:
            return found
        found |= of_subject(act, self.subject)
        return found | (set() if act.data["subject_id"] == self.subject else {"not-the-subject"})

    def take(self, act: Act) -> None:
        self.state = str(CONSENT[act.kind][1])
        if act.kind == "ConsentGiven":
            self.subject, self.expires_on = act.data["subject_id"], date.fromisoformat(act.data["expires_on"])

    def reads(self, day: date) -> str:
        return "EXPIRED" if self.state == "VALID" and day > self.expires_on else self.state


@dataclass
class Check:
    state: str = NO_STATE
    subject: str = ""
    requester: str | None = None
    rests_on: str | None = None  # the consent of this person that there was at the request
    outcome: str = ""
    reply_due: date | None = None
    responded_on: date | None = None
    decision: str = ""
    deciders: set[str] = field(default_factory=set)
    stepped_back: set[str] = field(default_factory=set)
    consent_withdrew: bool = False
    notified_on: date | None = None
    when_recorded: str = ""  # the outcome on the day a late request was recorded
    spoke: dict[str, str | None] = field(default_factory=dict)  # who wrote the candidate's act down, by its kind

    def against(self, act: Act) -> Codes:
        data, kind = act.data, act.kind
        if kind == "ConflictDeclared":
            again = {"conflict-exists"} if act.actor.id in self.stepped_back else set[str]()
            again |= {"role-not-allowed"} if act.actor.role != "HR" else set()  # HR in checks, others in cases
            again |= {"not-the-requester"} if self.requester not in (None, act.actor.unit) else set()
            again |= {"unknown-check"} if self.state == NO_STATE else set()
            return again | in_own_case(act, self.subject)
        spoken_for = self.state == "RESPONDED" and self.spoke.get("CandidateResponded") is not None
        own_word = kind == "CandidateResponded" and act.behalf is None and spoken_for
        found = set[str]() if own_word else _step(CHECK, act, self.state, "check")
        if kind == "EligibilityCheckRequested":
            based = data.get("consent_id") or data.get("statutory_basis")
            return found | in_own_case(act, data["subject_id"]) | (set() if based else {"consent-or-basis"})
        if self.state == NO_STATE:
            return found
        if self.consent_withdrew:
            found |= {"check-withdrawn", "wrong-state"}
        if kind in ("CandidateResponded", "EligibilityDisputed", "EligibilityWithdrawn"):
            found |= of_subject(act, self.subject)
        else:
            found |= in_own_case(act, self.subject)
            found |= {"conflict-declared"} if act.actor.id in self.stepped_back else set()
        if act.actor.role == "HR" and act.behalf is None and kind not in ("CandidateResponded", "EligibilityDisputed"):
            found |= (
                {"not-the-requester"}
                if None not in (self.requester, act.actor.unit) and self.requester != act.actor.unit
                else set()
            )
        if self.outcome == "INCOMPLETE" and kind in ("PreDecisionNoticeSent", "EligibilityDecided"):
            found.add("check-incomplete")
        if kind == "PreDecisionNoticeSent":
            short = date.fromisoformat(data["reply_due"]) < working_days_after(act.on, NOTICE_DAYS)
            found |= {"notice-period-too-short"} if short else set()
        elif kind == "CandidateResponded" and self.reply_due is not None:
            found |= {"notice-period-over"} if max(act.days) > self.reply_due else set()
        elif kind == "EligibilityDecided":
            found |= self._decided(act)
        elif kind == "EligibilityRedetermined":
            found |= {"decider-may-not-review"} if act.actor.id in self.deciders else set()
            worse = (self.decision, data["decision"]) == ("ELIGIBLE", "NOT_ELIGIBLE")
            found |= {"redetermination-aggravates"} if worse else set()
            found |= {"acted-for-the-subject"} if self.spoke.get("EligibilityDisputed") == act.actor.id else set()
        elif kind == "EligibilityDisputed":
            by_decider = act.behalf is not None and act.actor.id in self.deciders
            found |= {"acted-for-the-subject"} if by_decider else set()
        elif kind == "EligibilityFinalised" and self.state == "NOTIFIED" and self.decision == "NOT_ELIGIBLE":
            assert self.notified_on is not None
            open_still = min(act.days) <= working_days_after(self.notified_on, DISPUTE_DAYS)
            found |= {"dispute-period-open"} if open_still else set()
        return found

    def _decided(self, act: Act) -> Codes:
        found, decision, second = set[str](), act.data["decision"], act.data.get("second_approver")
        responded = self.responded_on is not None and self.spoke["CandidateResponded"] != act.actor.id
        heard = responded or (self.reply_due is not None and min(act.days) > self.reply_due)
        if decision == "NOT_ELIGIBLE" and not heard:
            found.add("notice-period-open")
        passed_over = decision == "ELIGIBLE" and self.when_recorded in ("BLOCK", "INCOMPLETE")
        if passed_over or (self.outcome, decision) in (("BLOCK", "ELIGIBLE"), ("CLEAR", "NOT_ELIGIBLE")):
            if second in (None, act.actor.id, self.subject):
                found.add("second-approver-required")
            if second in self.stepped_back:
                found.add("conflict-declared")
        return found

    def take(self, act: Act) -> None:
        if act.kind == "ConflictDeclared":
            self.stepped_back.add(act.actor.id)
            return
        self.state = str(CHECK[act.kind][1])
        self.spoke[act.kind] = None if act.behalf is None else act.actor.id
        if act.kind == "EligibilityNotified":
            self.notified_on = max(act.days)
        elif act.kind == "EligibilityCheckRequested":
            self.requester = act.actor.unit
            self.subject = act.data["subject_id"]
        elif act.kind == "PreDecisionNoticeSent":
            self.reply_due = date.fromisoformat(act.data["reply_due"])
        elif act.kind == "CandidateResponded":
            self.responded_on = act.on
        elif act.kind == "EligibilityDecided":
            self.decision = act.data["decision"]
            self.deciders = {act.actor.id, *filter(None, [act.data.get("second_approver")])}

    def reads(self, day: date) -> str:
        late = self.state == "NOTICED" and self.reply_due is not None and day > self.reply_due
        return "LAPSED" if late else self.state


@dataclass
class Assessment:
    state: str = NO_STATE
    unit: str = ""
    scored_on: date = date.min

    def against(self, act: Act) -> Codes:
        found = _step(ASSESSMENT, act, self.state, "assessment")
        if act.kind == "AssessmentScored":
            found = {"wrong-state"} if self.state in ("PUBLISHED", "RESTATED") else set()
            if self.state != NO_STATE and self.unit != act.data["unit_id"]:
                found.add("assessment-exists")
            return found | in_own_case(act, act.data["unit_id"])
        if self.state == NO_STATE:
            return found
        open_still = min(act.days) <= working_days_after(self.scored_on, FEEDBACK_DAYS)
        found |= {"feedback-open"} if act.kind == "AssessmentPublished" and open_still else set()
        return found | in_own_case(act, self.unit)

    def take(self, act: Act) -> None:
        self.state = str(ASSESSMENT[act.kind][1])
        if act.kind == "AssessmentScored":
            self.unit, self.scored_on = act.data["unit_id"], act.on


@dataclass
class Bar:
    """One bar from recruitment; without `until` it is for life."""

    subject: str
    starts: date
    until: date | None
    lifted_on: date | None = None

    def over(self, days: tuple[date, date]) -> bool:
        return self.until is not None and min(days) > self.until

    def reads(self, day: date) -> str:
        if self.lifted_on is not None:
            return "LIFTED"
        if day < self.starts:
            return "PENDING"
        return "OVER" if self.over((day, day)) else "ACTIVE"


class World:
    """Every record by the caller's id, and the day of the newest act."""

    def __init__(self, last: date) -> None:
        self.last = last
        self.cases: defaultdict[str, Case] = defaultdict(Case)
        self.promises: defaultdict[str, Promise] = defaultdict(Promise)
        self.consents: defaultdict[str, Consent] = defaultdict(Consent)
        self.checks: defaultdict[str, Check] = defaultdict(Check)
        self.assessments: defaultdict[str, Assessment] = defaultdict(Assessment)
        self.bars: list[Bar] = []
        self.case_of_repair: dict[str, str] = {}

    def against(self, act: Act) -> Codes:
        """The codes of all that speaks against an act; empty when the ledger must take it."""
        return everywhere(act) | self._by_record(act)

    def _record(self, act: Act) -> Case | Promise | Consent | Check | Assessment:
        data = act.data
        if "check_id" in data:
            return self.checks[data["check_id"]]
        if "commitment_id" in data and act.kind in COMMITMENT:
            return self.promises[data["commitment_id"]]
        if act.kind in CONSENT:
            return self.consents[data["consent_id"]]
        if "assessment_id" in data:
            return self.assessments[data["assessment_id"]]
        return self.cases[data.get("breach_id") or self.case_of_repair.get(data["repair_id"], "")]

    def _by_record(self, act: Act) -> Codes:
        if act.kind in ("SanctionImposed", "SanctionLifted"):
            return self._sanction(act)
        found = self._record(act).against(act)
        if act.kind == "RepairApplied":
            held = self.case_of_repair.get(act.data["repair_id"], act.data["breach_id"])
            found |= {"repair-exists"} if held != act.data["breach_id"] else set()
        return found

    def take(self, act: Act) -> None:
        """The act happened."""
        self.last = max(self.last, act.on)
        if act.kind == "SanctionImposed":
            until = act.data.get("until")
            last = None if until is None else date.fromisoformat(until)
            self.bars.append(Bar(act.data["subject_id"], date.fromisoformat(act.data["from"]), last))
            return
        if act.kind == "SanctionLifted":
            bar = self._standing_bar(act)
            assert bar is not None
            bar.lifted_on = act.on
            return
        if act.kind == "EligibilityCheckRequested":
            check = self.checks[act.data["check_id"]]
            check.outcome, check.when_recorded = self._outcome(act, act.on), self._outcome(act, act.today)
            asked, subject = self.consents[act.data.get("consent_id") or ""], act.data["subject_id"]
            check.rests_on = act.data.get("consent_id") if asked.subject == subject else None
        if act.kind == "RepairApplied":
            self.case_of_repair[act.data["repair_id"]] = act.data["breach_id"]
        self._record(act).take(act)
        if act.kind == "ConsentWithdrawn":  # before the decision it withdraws the check (§4.3)
            for check in self.checks.values():
                if check.rests_on == act.data["consent_id"] and check.state in UNDECIDED:
                    check.state, check.consent_withdrew = "WITHDRAWN", True

    # Sanctions.

    def _standing_bar(self, act: Act) -> Bar | None:
        own = [bar for bar in self.bars if bar.subject == act.data["subject_id"] and bar.lifted_on is None]
        return own[-1] if own else None

    def _sanction(self, act: Act) -> Codes:
        found = in_own_case(act, act.data["subject_id"])
        if act.kind == "SanctionImposed":
            if act.data.get("until") is not None and act.data["until"] < act.data["from"]:
                found.add("sanction-ends-before-it-begins")
            return found if act.doc else found | {"document-required"}
        bar = self._standing_bar(act)
        if bar is None:
            return found | {"no-such-sanction"}
        if not bar.over(act.days):
            found |= {"human-decision-required"} if act.actor.role == "SYSTEM" else set()
            found |= set() if act.doc else {"document-required"}
        return found

    # What the rules of the example's edition say of a person on a day (E0 to E4).

    def _outcome(self, act: Act, day: date) -> str:
        subject = act.data["subject_id"]
        if not act.data.get("statutory_basis"):
            consent = self.consents[act.data["consent_id"]]
            holds = consent.subject == subject and consent.reads(day) == "VALID" and act.actor.unit == "PERSONNEL"
            if not holds:
                return "INCOMPLETE"
        listed = any(case.subject == subject and self._blocks(case, day) for case in self.cases.values())
        barred = any(bar.subject == subject and bar.reads(day) == "ACTIVE" for bar in self.bars)
        referred = any(case.subject == subject and case.refers(day) for case in self.cases.values())
        return "BLOCK" if listed or barred else "REFER" if referred else "CLEAR"

    @staticmethod
    def _blocks(case: Case, day: date) -> bool:
        standing = case.reads(day) in STANDING | {"APPEALED"}
        listing = case.record_kind in ("SEVERE_LIST", "COURT_LIST")
        return standing and (listing or (case.record_kind == "DISCIPLINE" and case.list_code in LASTING))

    # What a reader sees.

    def reads(self, day: date) -> dict[str, str]:
        """The state of each record on a day, none before the newest act."""
        broken = {case.commitment for case in self.cases.values() if case.reads(day) in STANDING}
        seen = {name: case.reads(day) for name, case in self.cases.items()}
        seen |= {name: state for case in self.cases.values() for name, state in case.repairs.items()}
        seen |= {name: one.reads(day, broken=name in broken) for name, one in self.promises.items()}
        seen |= {name: one.reads(day) for name, one in self.consents.items()}
        seen |= {name: one.reads(day) for name, one in self.checks.items()}
        seen |= {name: one.state for name, one in self.assessments.items()}
        seen |= {f"bar {place}": bar.reads(day) for place, bar in enumerate(self.bars)}
        return {name: state for name, state in seen.items() if state != NO_STATE}

    def outcomes(self) -> dict[str, str]:
        """What each check was evaluated to."""
        return {name: one.outcome for name, one in self.checks.items() if one.state != NO_STATE}
