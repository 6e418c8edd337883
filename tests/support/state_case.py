"""A breach case as DOMAIN §4.3 tells it: the finding, its appeals and its repairs. A model, not the ledger's code."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from tests.support.state_tables import (
    BREACH,
    LASTING,
    MONTHS,
    NO_STATE,
    RANK,
    REPAIR,
    REPAIRS_OPEN,
    STANDING,
    Act,
    Codes,
    in_own_case,
    months_after,
    of_subject,
    working_days_after,
)


@dataclass
class Case:
    """A breach with its appeals and repairs."""

    state: str = NO_STATE
    subject: str = ""
    reporter: str | None = None
    commitment: str | None = None
    duty_related: bool = False
    notified: str = ""
    reply_due: date = date.min
    severity: str = ""
    decision_on: date | None = None
    decider: str | None = None
    organ: str | None = None
    record_kind: str | None = None
    list_code: str | None = None
    ends_on: date | None = None
    route: str = ""
    reviewers: set[str] = field(default_factory=set)
    review_on: date | None = None
    decided: set[tuple[str, bool]] = field(default_factory=set)  # routes, and whether the subject itself had filed
    graver_on: date | None = None  # the newest correction that weighs more: the remedies opened again
    stepped_back: set[str] = field(default_factory=set)
    repairs: dict[str, str] = field(default_factory=dict)
    bar: date = date.min
    spoke: dict[str, str | None] = field(default_factory=dict)  # who wrote the subject's act down, by its kind

    def window(self, which: int) -> date:
        assert self.decision_on is not None
        return months_after(self.decision_on, MONTHS[self.severity][which])

    def over(self, day: date) -> bool:
        if self.decision_on is None or self.list_code in LASTING:
            return False
        return day >= self.window(1) or (self.ends_on is not None and day > self.ends_on)

    def refers(self, day: date) -> bool:
        """Whether it is a finding on which a check is referred to a human (E4): GENERAL at least, for twelve months."""
        weighs = self.duty_related and self.reads(day) in STANDING and RANK[self.severity] >= RANK["GENERAL"]
        return weighs and self.decision_on is not None and day < months_after(self.decision_on, 12)

    def reads(self, day: date) -> str:
        """What a reader sees on a day that is none before its last entry."""
        if self.state == "NOTIFIED" and day > self.reply_due:
            return "LAPSED"
        if self.state == "VOIDED":
            return "OVERTURNED"
        return "EXPIRED" if self.state in STANDING | {"APPEALED"} and self.over(day) else self.state

    # What speaks against a step.

    def against(self, act: Act) -> Codes:
        opening = act.kind in ("BreachReported", "AuthorityRecordImported")
        if opening:
            if self.state != NO_STATE:
                return {"breach-exists", *self._opening(act)}
            return self._opening(act)
        by_conflict = act.kind == "ConflictDeclared"
        if self.state == NO_STATE:
            return {"unknown-breach", "unknown-repair"} | (self._ConflictDeclared(act) if by_conflict else set())
        found = self._moved(act)
        if act.kind in ("BreachReplied", "BreachAppealed", "RepairApplied"):
            found |= of_subject(act, self.subject)
        elif act.actor.role != "SYSTEM":
            found |= in_own_case(act, self.subject)
            if act.actor.id in self.stepped_back and not by_conflict:
                found.add("conflict-declared")
        check = getattr(self, f"_{act.kind}", None)
        return found | (set() if check is None else check(act))

    def _opening(self, act: Act) -> Codes:
        data, found = act.data, set[str]()
        if act.kind == "BreachReported":
            if date.fromisoformat(data["occurred_on"]) > act.on:
                found.add("occurred-after-report")
            return found
        if date.fromisoformat(data["decision_on"]) > act.on:
            found.add("dates-disagree")
        if data.get("ends_on") is not None and data["ends_on"] < data["decision_on"]:
            found.add("dates-disagree")
        return found | in_own_case(act, data["subject_id"])

    def _moved(self, act: Act) -> Codes:
        spoken_for = self.state == "REPLIED" and self.spoke.get("BreachReplied") is not None
        own_word = act.kind == "BreachReplied" and act.behalf is None and spoken_for
        if act.kind == "ConflictDeclared" or own_word or self.state in BREACH[act.kind][0]:
            return set()
        unheard = {"reply-period-open"} if self.state == "REPORTED" else set[str]()
        return {"wrong-state", "finding-not-standing", "appeal-open", "not-an-authority-record"} | unheard

    def _impartial(self, act: Act) -> Codes:
        return {"reporter-may-not-decide"} if act.actor.id == self.reporter else set()

    def _heard(self, act: Act) -> Codes:
        replied = self.state == "REPLIED" and self.spoke["BreachReplied"] != act.actor.id
        open_still = not replied and min(act.days) <= self.reply_due
        return {"reply-period-open"} if open_still else set()

    _ReportDeclined = _RecordVoided = _impartial

    def _RecordCorrected(self, act: Act) -> Codes:  # noqa: N802
        holds = "BreachReported" if self.record_kind is None else "AuthorityRecordImported"
        return self._impartial(act) | (set() if act.data["target_event"] == holds else {"unknown-target"})

    def _BreachNotified(self, act: Act) -> Codes:  # noqa: N802 - named for the type
        short = date.fromisoformat(act.data["reply_due"]) < working_days_after(act.on, 10)
        return self._impartial(act) | ({"reply-period-too-short"} if short else set())

    def _BreachReplied(self, act: Act) -> Codes:  # noqa: N802
        return {"reply-period-over"} if max(act.days) > self.reply_due else set()

    def _ReplyLapsed(self, act: Act) -> Codes:  # noqa: N802
        return {"reply-period-open"} if min(act.days) <= self.reply_due else set()

    def _BreachDismissed(self, act: Act) -> Codes:  # noqa: N802
        return self._impartial(act) | self._heard(act)

    def _BreachConfirmed(self, act: Act) -> Codes:  # noqa: N802
        found = self._impartial(act) | self._heard(act)
        if not self.notified or RANK[act.data["severity"]] > RANK[self.notified]:
            found.add("finding-exceeds-notice")
        return found if act.doc else found | {"document-required"}

    def _AuthorityRecordRemoved(self, act: Act) -> Codes:  # noqa: N802
        found = set() if self.record_kind else {"not-an-authority-record"}
        return found if act.doc else found | {"document-required"}

    def _BreachAppealed(self, act: Act) -> Codes:  # noqa: N802
        found, route = set[str](), act.data["route"]
        if act.behalf is not None and act.actor.id == self.decider:
            found.add("acted-for-the-subject")
        if any(map(self.over, act.days)):
            found.add("finding-not-standing")
        if (route == "OBJECTION") is (self.record_kind is None):
            found.add("wrong-route")
        if self.record_kind is None and self.decision_on is not None:
            used = {name for name, own in self.decided if own or act.behalf is not None}
            if "APPEAL" in used or (route == "REVIEW" and "REVIEW" in used):
                found.add("remedies-exhausted")
            opened = [(self.decision_on, 30), (self.graver_on, 30), (self.review_on, 15)]
            for day in act.days:
                if not any(start is not None and (day - start).days <= days for start, days in opened):
                    found.add("appeal-out-of-time")
        return found

    def _AppealDecided(self, act: Act) -> Codes:  # noqa: N802
        found, milder = self._wrote("BreachAppealed", act), act.data.get("new_severity")
        if act.actor.id == self.decider:
            found.add("decider-may-not-review")
        if act.actor.id == self.reporter:
            found.add("reporter-may-not-review")
        if act.actor.id in self.reviewers:
            found.add("reviewer-may-not-review-again")
        if milder is not None and act.data["outcome"] != "VARIED":
            found.add("severity-without-variation")
        if milder is not None and self.severity and RANK[milder] > RANK[self.severity]:
            found.add("aggravation-not-allowed")
        return found

    def _wrote(self, kind: str, act: Act) -> Codes:
        return {"acted-for-the-subject"} if self.spoke.get(kind) == act.actor.id else set()

    def _ConflictDeclared(self, act: Act) -> Codes:  # noqa: N802
        found = {"conflict-exists"} if act.actor.id in self.stepped_back else set[str]()
        return found | ({"role-not-allowed"} if act.actor.role == "HR" else set())  # HR in checks, others in cases

    # Repairs.

    def _repair(self, act: Act) -> Codes:
        known = self.repairs.get(act.data["repair_id"], NO_STATE)
        if known == NO_STATE:
            return {"unknown-repair", "wrong-state"}
        return set() if known in REPAIR[act.kind][0] else {"wrong-state"}

    _RepairReturned = _repair

    def _RepairAccepted(self, act: Act) -> Codes:  # noqa: N802
        late = act.data.get("due_on", "") > working_days_after(act.on, 10).isoformat()
        return self._repair(act) | ({"repair-due-too-late"} if late else set())

    def _RepairPublicised(self, act: Act) -> Codes:  # noqa: N802
        return self._repair(act) | ({"not-public-for-persons"} if self.subject.startswith("P") else set())

    def _RepairRevoked(self, act: Act) -> Codes:  # noqa: N802
        organ = act.actor.unit is not None and act.actor.unit == self.organ
        return self._repair(act) | (set() if organ else {"not-the-deciding-organ"})

    def _RepairRejected(self, act: Act) -> Codes:  # noqa: N802
        return self._RepairRevoked(act) | self._wrote("RepairApplied", act)

    def _RepairApproved(self, act: Act) -> Codes:  # noqa: N802
        return self._RepairRejected(act) | ({"finding-over"} if any(map(self.over, act.days)) else set())

    def _RepairApplied(self, act: Act) -> Codes:  # noqa: N802
        name, found = act.data["repair_id"], set[str]()
        if self.record_kind in ("COURT_LIST", "DISCIPLINE"):
            found.add("not-repairable")
        if any(map(self.over, act.days)):
            found.add("finding-over")
        if any(one != name and state in REPAIRS_OPEN for one, state in self.repairs.items()):
            found.add("repair-open")
        if self.repairs.get(name, NO_STATE) not in REPAIR["RepairApplied"][0]:
            found.add("repair-exists")
        if self.decision_on is not None and min(act.days) < self.window(0):
            found.add("repair-window-closed")
        if min(act.days) <= self.bar:
            found.add("repair-barred")
        return found | ({"performed-after-application"} if act.data["performed_on"] > act.on.isoformat() else set())

    # What a step leaves.

    def take(self, act: Act) -> None:
        data, kind = act.data, act.kind
        self.state = BREACH[kind][1] or self.state
        self.spoke[kind] = None if act.behalf is None else act.actor.id
        if kind in REPAIR:
            self.repairs[data["repair_id"]] = str(REPAIR[kind][1])
            barred = data.get("reapply_after") or data.get("no_reapply_until")
            self.bar = max(self.bar, date.fromisoformat(barred)) if barred else self.bar
        if kind == "BreachReported":
            self.subject, self.reporter, self.commitment = data["subject_id"], act.actor.id, data.get("commitment_id")
            self.duty_related = data["duty_related"]
        elif kind == "AuthorityRecordImported":
            self.subject, self.record_kind, self.list_code = data["subject_id"], data["record_kind"], data["list_code"]
            self.ends_on = None if data.get("ends_on") is None else date.fromisoformat(data["ends_on"])
        elif kind == "BreachNotified":
            self.notified, self.reply_due = data["proposed_finding"], date.fromisoformat(data["reply_due"])
        elif kind == "BreachAppealed":
            self.route = data["route"]
        elif kind == "AppealDecided":
            self.state, self.severity = data["outcome"], data.get("new_severity") or self.severity
            self.reviewers.add(act.actor.id)
            self.review_on = act.on if self.route == "REVIEW" else self.review_on
            self.decided.add((self.route, self.spoke["BreachAppealed"] is None))
        elif kind == "RecordCorrected":
            if data["corrected_value"] and not self.duty_related:
                self.decided, self.review_on, self.graver_on = set(), None, act.on
            self.duty_related = data["corrected_value"]
        elif kind == "ConflictDeclared":
            self.stepped_back.add(act.actor.id)
        if kind in ("BreachConfirmed", "AuthorityRecordImported"):
            self.severity, self.decision_on = data["severity"], date.fromisoformat(data["decision_on"])
            self.decider, self.organ = act.actor.id, act.actor.unit
