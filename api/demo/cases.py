"""Stories of breaches: each step of DOMAIN §4.3 as it would be taken, at a day that the rules allow.

A `Case` moves forward only: every step lies after the one before it, decisions after the reply or its lapse, appeals
within their time, repairs inside their window and by the organ that decided.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from api.demo.diary import (
    CREDIT,
    DECIDERS,
    NO_DIGEST,
    REVIEWERS,
    Actor,
    Diary,
    on_working_day,
    working_days_after,
)
from api.demo.rules import edition_on, repair_due, repair_from, reply_due
from ledger.rulebook.windows import add_months

CATEGORIES = {
    "DUTY_PROMISE": "未按承诺时限办结事项",
    "FALSE_REPORT": "报送数据与原始记录不符",
    "DISCLOSURE": "应公开信息逾期未公开",
    "SERVICE": "一次性告知不到位，群众多次往返",
    "CONTRACT": "未按合同约定履行付款义务",
    "FORM": "填报表格时漏报应报事项",
}
FACTORS = {
    "nature": "履职承诺类",
    "gravity": "影响范围限于个别事项",
    "intent": "未见主观故意",
    "recency": "近一年内发生",
    "remedy": "已着手补救",
    "position_relevance": "与岗位职责相关",
}
ISSUERS = {
    "COURT_LIST": "示范市人民法院",
    "DISCIPLINE": "示范市监察委员会",
    "PENALTY": "示范市市场监督管理局",
    "SOCIAL_INSURANCE": "示范市社会保险经办中心",
    "TAX_ARREARS": "示范市税务局",
    "WAGE_ARREARS": "示范市劳动保障监察支队",
}
EFFECTS = ["STOP_PUBLICITY", "STOP_SHARING", "STOP_USE", "LIFT_MEASURES"]


@dataclass(slots=True)
class Case:
    """One breach on its way; `now` is the day of its last step."""

    id: str
    subject: str
    of_unit: bool
    severity: str
    now: date
    decided_on: date | None = None
    reply_due: date | None = None
    decider: Actor = DECIDERS[0]
    reviewers: list[Actor] = field(default_factory=list)
    repair: str | None = None
    accepted_on: date | None = None

    @property
    def person(self) -> Actor:
        """The one who is written about, acting for themselves."""
        return (
            Actor(f"head-{self.subject}", "SUBJECT", self.subject) if self.of_unit else Actor(self.subject, "SUBJECT")
        )


class CaseDesk:
    """Takes the steps of cases and writes them into the diary."""

    def __init__(self, diary: Diary, random: Random) -> None:
        self.diary = diary
        self.random = random
        self._cases = 0
        self._repairs = 0

    def _later(self, case: Case, least: int, most: int) -> date:
        """Move the case on by some working days."""
        case.now = working_days_after(case.now, self.random.randint(least, most))
        return case.now

    def _next_id(self) -> str:
        self._cases += 1
        return f"B{self._cases:03d}"

    # The report and the hearing.

    def report(
        self,
        subject: str,
        on: date,
        severity: str,
        *,
        unit: str | None = None,
        of_unit: bool = False,
        duty_related: bool = True,
        commitment: str | None = None,
        occurred_on: date | None = None,
    ) -> Case:
        """线索报送 about a person (with the unit of the time where the matter is one of duty) or a unit."""
        on = on_working_day(on)
        case = Case(self._next_id(), subject, of_unit, severity, on, decider=self.random.choice(DECIDERS))
        category = self.random.choice(list(CATEGORIES))
        data = {
            "breach_id": case.id,
            "subject_id": subject,
            "category": category,
            "proposed_severity": severity,
            "occurred_on": (occurred_on or on - timedelta(days=self.random.randint(3, 20))).isoformat(),
            "duty_related": duty_related,
            "conduct_id": f"CONDUCT-{case.id}",
            "summary": CATEGORIES[category] + ("，属职务行为。" if duty_related else "，与职务无关。"),
            "evidence": [f"ev-{case.id}-1"],
        }
        if unit is not None and not of_unit:
            data["unit_at_time"] = unit
        if commitment is not None:
            data["commitment_id"] = commitment
        self.diary.write("BreachReported", on, Actor(f"reporter-{case.id}", "REPORTER", unit), data)
        return case

    def decline(self, case: Case, reason: str) -> None:
        """不予受理."""
        on = self._later(case, 2, 8)
        self.diary.write("ReportDeclined", on, case.decider, {"breach_id": case.id, "reason": reason})

    def notify(self, case: Case) -> None:
        """告知书送达, with the reply period of the rulebook."""
        on = self._later(case, 2, 5)
        case.reply_due = reply_due(on)
        data = {
            "breach_id": case.id,
            "served_on": on.isoformat(),
            "reply_due": case.reply_due.isoformat(),
            "proposed_finding": case.severity,
            "facts": "经核查，报送事项属实的可能性较大，拟认定如上。",
            "basis": ["R-P2"],
            "rights_text": "可在十个工作日内陈述申辩，可以申请听取当面意见。",
        }
        self.diary.write("BreachNotified", on, case.decider, data)

    def reply(self, case: Case) -> None:
        """陈述申辩 within the period."""
        on = self._later(case, 2, edition_on(case.now).notice.breach_reply_wd)
        statement = self.random.choice(
            ("系统升级导致延误，已补办。", "情况基本属实，已当日整改。", "对金额有异议，附单据。")
        )
        self.diary.write(
            "BreachReplied", on, case.person, {"breach_id": case.id, "statement": statement, "evidence": []}
        )

    def lapse(self, case: Case) -> None:
        """Nobody answers: the case moves to the end of the reply period, without a line (states come from dates)."""
        assert case.reply_due is not None
        case.now = case.reply_due

    def hear(self, case: Case) -> None:
        """Notice, then the reply or its lapse."""
        self.notify(case)
        if self.random.random() < 0.7:
            self.reply(case)
        else:
            self.lapse(case)

    # The finding and its remedies.

    def confirm(self, case: Case, severity: str | None = None) -> None:
        """认定, on a document; a milder severity than the notified one may be given."""
        on = self._later(case, 3, 10)
        case.severity, case.decided_on = severity or case.severity, on
        data = {
            "breach_id": case.id,
            "severity": case.severity,
            "decision_on": on.isoformat(),
            "doc": self.diary.document(on),
            "factors": FACTORS,
            "reasons": "事实清楚，证据充分，程序合规，按从旧兼从轻处理。",
            "publicity": case.of_unit,
        }
        self.diary.write("BreachConfirmed", on, case.decider, data)

    def dismiss(self, case: Case, *, clear: bool = False) -> None:
        """不予认定, with a 澄清 where wanted."""
        on = self._later(case, 3, 10)
        disposition = self.random.choice(("UNFOUNDED", "NOT_PROVEN", "NO_FAULT", "WITHIN_RULES"))
        data = {"breach_id": case.id, "disposition": disposition, "reasons": "现有证据不足以认定。"}
        self.diary.write("BreachDismissed", on, case.decider, data)
        if clear:
            on = self._later(case, 3, 6)
            self.diary.write("ClearanceNoticePublished", on, CREDIT, {"breach_id": case.id})

    def appeal(self, case: Case, route: str, least: int = 3, most: int = 14) -> None:
        """申诉: by default within fourteen working days, so well within thirty days."""
        on = self._later(case, least, most)
        grounds = "对事实认定与定性有异议，请求重新审查。"
        data = {"breach_id": case.id, "route": route, "filed_on": on.isoformat(), "grounds": grounds}
        self.diary.write("BreachAppealed", on, case.person, data)

    def decide_appeal(self, case: Case, outcome: str, new_severity: str | None = None) -> None:
        """复核申诉决定, each by another hand."""
        on = self._later(case, 15, 30)
        reviewer = next(reviewer for reviewer in REVIEWERS if reviewer not in case.reviewers)
        case.reviewers.append(reviewer)
        data = {"breach_id": case.id, "outcome": outcome, "reasons": "经复核，决定如上。"}
        if new_severity is not None:
            data["new_severity"] = case.severity = new_severity
        self.diary.write("AppealDecided", on, reviewer, data)

    def void(self, case: Case, reason: str) -> None:
        """记录作废: void from the start."""
        on = self._later(case, 5, 20)
        self.diary.write("RecordVoided", on, CREDIT, {"breach_id": case.id, "reason": reason})

    # Repairs.

    def apply_for_repair(self, case: Case, wait_days: int = 0) -> None:
        """修复申请 from the first day of the window on, after whatever came before."""
        assert case.decided_on is not None
        opens = repair_from(case.severity, case.decided_on)
        case.now = on_working_day(max(opens, case.now + timedelta(days=3)) + timedelta(days=wait_days))
        self._repairs += 1
        case.repair = f"R{self._repairs:03d}"
        self._apply(case)

    def _apply(self, case: Case) -> None:
        data = {
            "repair_id": case.repair,
            "breach_id": case.id,
            "performed_on": (case.now - timedelta(days=2)).isoformat(),
            "proofs": [f"ev-{case.repair}-1"],
            "pledge_digest": NO_DIGEST,
        }
        self.diary.write("RepairApplied", case.now, case.person, data)

    def return_repair(self, case: Case, *, again: bool = True) -> None:
        """补正通知, and the application again under the same id."""
        on = self._later(case, 1, 3)
        self.diary.write("RepairReturned", on, CREDIT, {"repair_id": case.repair, "missing": ["PROOF_OF_PERFORMANCE"]})
        if again:
            self._later(case, 2, 5)
            self._apply(case)

    def accept_repair(self, case: Case) -> None:
        """受理."""
        on = case.accepted_on = self._later(case, 1, 2)
        data = {"repair_id": case.repair, "accepted_on": on.isoformat(), "due_on": repair_due(on).isoformat()}
        self.diary.write("RepairAccepted", on, CREDIT, data)

    def publicise_repair(self, case: Case) -> None:
        """修复公示, of units only."""
        on = self._later(case, 1, 1)
        until = working_days_after(on, 3)
        data = {"repair_id": case.repair, "from": on.isoformat(), "to": until.isoformat()}
        self.diary.write("RepairPublicised", on, CREDIT, data)
        case.now = until

    def approve_repair(self, case: Case) -> None:
        """准予修复 by the organ that decided, and the platform's word that it followed."""
        on = self._later(case, 2, 5)
        data = {"repair_id": case.repair, "decision_on": on.isoformat(), "effects": EFFECTS}
        self.diary.write("RepairApproved", on, case.decider, data)
        on = self._later(case, 1, 2)
        data = {"repair_id": case.repair, "recipient": "示范市公共信用信息平台", "confirmed_on": on.isoformat()}
        self.diary.write("RepairSyncConfirmed", on, CREDIT, data)

    def reject_repair(self, case: Case) -> None:
        """不予修复, with a bar of sixty days."""
        on = self._later(case, 2, 5)
        until = on + timedelta(days=60)
        data = {"repair_id": case.repair, "reasons": "履行证明与核查结果不一致。", "reapply_after": until.isoformat()}
        self.diary.write("RepairRejected", on, case.decider, data)

    def revoke_repair(self, case: Case) -> None:
        """撤销修复: the record counts again from this day."""
        on = self._later(case, 30, 60)
        until = add_months(on, 12)
        data = {"repair_id": case.repair, "reason": "FALSE_MATERIAL", "no_reapply_until": until.isoformat()}
        self.diary.write("RepairRevoked", on, case.decider, data)

    def repair(self, case: Case, wait_days: int = 0) -> None:
        """The whole way of a repair that succeeds."""
        self.apply_for_repair(case, wait_days)
        if self.random.random() < 0.25:
            self.return_repair(case)
        self.accept_repair(case)
        if case.of_unit:
            self.publicise_repair(case)
        self.approve_repair(case)

    # Records of other authorities.

    def take_over(
        self,
        subject: str,
        kind: str,
        on: date,
        severity: str,
        *,
        list_code: str | None = None,
        unit: str | None = None,
        of_unit: bool = False,
        ends_on: date | None = None,
        days_late: int = 0,
    ) -> Case:
        """权威记录导入, which may reach the ledger some days after it counts."""
        on = on_working_day(on)
        case = Case(self._next_id(), subject, of_unit, severity, on, decided_on=on, decider=CREDIT)
        data: dict[str, object] = {
            "breach_id": case.id,
            "subject_id": subject,
            "record_kind": kind,
            "issuer": ISSUERS[kind] if kind in ISSUERS else ISSUERS[str(list_code)],
            "doc_no": f"示外〔{on.year}〕{int(case.id[1:])}号",
            "decision_on": on.isoformat(),
            "severity": severity,
            "duty_related": unit is not None,
        }
        if list_code is not None:
            data["list_code"] = list_code
        if unit is not None:
            data["unit_at_time"] = unit
        if ends_on is not None:
            data["ends_on"] = ends_on.isoformat()
        case.now = working_days_after(on, days_late) if days_late else on
        self.diary.write("AuthorityRecordImported", on, CREDIT, data, recorded=case.now)
        return case

    def remove(self, case: Case, after_days: int) -> None:
        """权威记录移出, on the source's document."""
        case.now = on = on_working_day(case.now + timedelta(days=after_days))
        document = self.diary.document(on, "REMOVAL", "作出决定的机关")
        data = {"breach_id": case.id, "removed_on": on.isoformat(), "doc": document}
        self.diary.write("AuthorityRecordRemoved", on, CREDIT, data)
