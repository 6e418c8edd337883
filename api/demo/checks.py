"""Stories of eligibility checks: consent, request, notice, response, a human decision, its dispute and its end.

What the rules will say of a candidate is the caller's to know: a check of somebody with nothing on record goes
straight to a decision, one that is blocked or referred is put to the candidate first (DOMAIN §4.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

from api.demo.diary import HR, HR_2, NO_DIGEST, Actor, Diary, on_working_day, working_days_after
from api.demo.rules import edition_on, response_due

CONSENT_DAYS = 90
CONSIDERATIONS = {
    "nature_of_position": "综合管理岗位，不直接经手资金",
    "nature_and_seriousness": "依记录原文衡量",
    "circumstances": "已听取本人说明",
    "recency": "按决定日期计算",
    "age_at_the_time": "成年后行为",
    "contributing_conditions": "未发现外部因素",
    "rehabilitation": "核对了履行与修复材料",
}


@dataclass(slots=True)
class Check:
    """One check on its way; `now` is the day of its last step."""

    id: str
    subject: str
    now: date
    consent: str | None = None


class CheckDesk:
    """Takes the steps of checks and writes them into the diary."""

    def __init__(self, diary: Diary, random: Random) -> None:
        self.diary = diary
        self.random = random
        self._checks = 0
        self._consents = 0

    def _later(self, check: Check, least: int, most: int) -> date:
        check.now = working_days_after(check.now, self.random.randint(least, most))
        return check.now

    def consent(self, subject: str, on: date, purpose: str) -> str:
        """授权 of the personnel bureau for ninety days."""
        self._consents += 1
        consent = f"CONSENT-{self._consents:03d}"
        data = {
            "consent_id": consent,
            "subject_id": subject,
            "purpose": purpose,
            "scope": ["BREACH", "COMMITMENT"],
            "recipient": "PERSONNEL",
            "expires_on": (on + timedelta(days=CONSENT_DAYS)).isoformat(),
            "form_digest": NO_DIGEST,
        }
        self.diary.write("ConsentGiven", on, Actor(subject, "SUBJECT"), data)
        return consent

    def withdraw_consent(self, check: Check, least: int = 1, most: int = 3) -> None:
        """撤回授权: an undecided check ends with it."""
        on = self._later(check, least, most)
        data = {"consent_id": check.consent, "subject_id": check.subject}
        self.diary.write("ConsentWithdrawn", on, Actor(check.subject, "SUBJECT"), data)

    def request(
        self, subject: str, on: date, purpose: str, *, consent: str | None = None, basis: str | None = None
    ) -> Check:
        """核查申请 on a fresh consent of the day, on a given (perhaps worn-out) one, or on a statutory basis."""
        on = on_working_day(on)
        if consent is None and basis is None:
            consent = self.consent(subject, on, purpose)
        self._checks += 1
        check = Check(f"K{self._checks:03d}", subject, on, consent)
        data = {
            "check_id": check.id,
            "subject_id": subject,
            "purpose": purpose,
            "post_ref": f"{on.year}-{self._checks:03d}",
        }
        if consent is not None:
            data["consent_id"] = consent
        if basis is not None:
            data["statutory_basis"] = basis
        self.diary.write("EligibilityCheckRequested", on, HR, data)
        return check

    def notice(self, check: Check) -> None:
        """拟不通过告知, with the period of the rulebook; afterwards `lapse` or `respond`."""
        on = self._later(check, 1, 2)
        data = {"check_id": check.id, "reply_due": response_due(on).isoformat()}
        self.diary.write("PreDecisionNoticeSent", on, HR, data)

    def respond(self, check: Check) -> None:
        """候选人陈述 within the period."""
        on = self._later(check, 1, edition_on(check.now).notice.pre_decision_wd)
        data = {"check_id": check.id, "statement": "情况属实，附履行材料，请予考虑。"}
        self.diary.write("CandidateResponded", on, Actor(check.subject, "SUBJECT"), data)

    def lapse(self, check: Check) -> None:
        """Nobody answers: the check moves past the period without a line."""
        check.now = response_due(check.now)

    def decide(self, check: Check, decision: str, *, second_approver: str | None = None) -> None:
        """审查决定 by a named human; a departure from the rule names its second approver."""
        on = self._later(check, 1, 4)
        reasons = {"ELIGIBLE": "经审查，符合报考条件。", "NOT_ELIGIBLE": "经审查，存在法定不得录用情形。"}[decision]
        data: dict[str, object] = {
            "check_id": check.id,
            "decision": decision,
            "reasons": reasons,
            "considerations": CONSIDERATIONS,
        }
        if second_approver is not None:
            data |= {"departs_from_rule": True, "second_approver": second_approver}
        self.diary.write("EligibilityDecided", on, HR, data)

    def notify(self, check: Check) -> None:
        """结果送达."""
        self.diary.write("EligibilityNotified", self._later(check, 1, 2), HR, {"check_id": check.id})

    def dispute(self, check: Check) -> None:
        """提出异议."""
        data = {"check_id": check.id, "grounds": "记录已在来源机关申请移出，请求重新审查。"}
        self.diary.write("EligibilityDisputed", self._later(check, 1, 4), Actor(check.subject, "SUBJECT"), data)

    def redetermine(self, check: Check, decision: str) -> None:
        """重新审查 by another hand."""
        data: dict[str, object] = {"check_id": check.id, "decision": decision, "reasons": "重新审查后，结论如上。"}
        self.diary.write("EligibilityRedetermined", self._later(check, 3, 6), HR_2, data)

    def finalise(self, check: Check) -> None:
        """终结."""
        self.diary.write("EligibilityFinalised", self._later(check, 2, 5), HR, {"check_id": check.id})

    def withdraw(self, check: Check) -> None:
        """撤回 by the candidate."""
        data = {"check_id": check.id}
        self.diary.write("EligibilityWithdrawn", self._later(check, 1, 3), Actor(check.subject, "SUBJECT"), data)

    def clear_way(self, check: Check) -> None:
        """The whole way of a check with nothing on record."""
        self.decide(check, "ELIGIBLE")
        self.notify(check)
        self.finalise(check)

    def negative_way(self, check: Check) -> None:
        """The whole way of a check that ends against the candidate."""
        self.notice(check)
        if self.random.random() < 0.6:
            self.respond(check)
        else:
            self.lapse(check)
        self.decide(check, "NOT_ELIGIBLE")
        self.notify(check)

    def bar(self, subject: str, on: date, until: date | None, *, lift_after_days: int | None = None) -> None:
        """SanctionImposed of kind RECRUITMENT_BAR, for years or (None) for life, perhaps lifted."""
        on = on_working_day(on)
        document = self.diary.document(on, "SANCTION", "示范市人力资源社会保障局")
        data: dict[str, object] = {"subject_id": subject, "kind": "RECRUITMENT_BAR", "from": on.isoformat()}
        if until is not None:
            data["until"] = until.isoformat()
        self.diary.write("SanctionImposed", on, HR, {**data, "doc": document})
        if lift_after_days is not None:
            lifted = on_working_day(on + timedelta(days=lift_after_days))
            document = self.diary.document(lifted, "LIFTING", "示范市人力资源社会保障局")
            data = {"subject_id": subject, "kind": "RECRUITMENT_BAR", "from": on.isoformat(), "doc": document}
            self.diary.write("SanctionLifted", lifted, HR_2, data)
