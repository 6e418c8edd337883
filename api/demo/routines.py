"""What happens in every city every quarter: promises made and kept, units assessed, the results published."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

from api.demo.diary import (
    ASSESSOR,
    ASSESSOR_2,
    CREDIT,
    CREDIT_2,
    FIRST_DAY,
    HR,
    LAST_DAY,
    SUPERIOR,
    Actor,
    Diary,
    on_working_day,
)
from api.demo.diary import working_days_after as after
from ledger.rulebook.windows import add_months

DIMENSIONS = (
    ("daily", "日常管理", 25),
    ("quarter", "季度考评", 30),
    ("onsite", "实地检查", 15),
    ("cross", "交叉互查", 10),
    ("public", "社会评议", 20),
)
FEEDBACK_WORKING_DAYS = 5
UNIT_PROMISES = (
    ("SERVICE", "本季度即时办结率不低于百分之九十五"),
    ("POLICY", "按期兑现惠企政策资金"),
    ("CONTRACT", "按合同支付工程尾款"),
    ("SERVICE", "完成服务窗口无障碍改造"),
    ("POLICY", "按期公开政策解读材料"),
    ("PLEDGE", "完成政务失信专项整改"),
)
PERSONAL_PROMISES = ("年内完成业务培训", "按期报告个人有关事项", "联系企业问题按期回访", "承办件零超期")


class PromiseDesk:
    """Takes the steps of commitments and writes them into the diary."""

    def __init__(self, diary: Diary, random: Random) -> None:
        self.diary = diary
        self.random = random
        self._commitments = 0
        self._promisors: dict[str, str] = {}

    def make(self, promisor: str, on: date, due_on: date, *, of_unit: bool) -> str:
        """承诺登记 by the promisor."""
        self._commitments += 1
        commitment = f"C{self._commitments:04d}"
        kind, text = (
            self.random.choice(UNIT_PROMISES) if of_unit else ("PERSONAL", self.random.choice(PERSONAL_PROMISES))
        )
        data = {
            "commitment_id": commitment,
            "promisor_id": promisor,
            "kind": kind,
            "text": text,
            "due_on": due_on.isoformat(),
            "weight": self.random.choice((1, 1, 1, 2, 3)) if of_unit else 1,
            "public": of_unit,
        }
        actor = Actor(f"head-{promisor}", "SUBJECT", promisor) if of_unit else Actor(promisor, "SUBJECT")
        self.diary.write("CommitmentMade", on, actor, data)
        self._promisors[commitment] = promisor
        return commitment

    def _superior(self, commitment: str) -> Actor:
        """Who amends or waives a promise: never the promisor's own unit."""
        return SUPERIOR if self._promisors[commitment] == CREDIT.unit else CREDIT

    def fulfil(self, commitment: str, promisor: str, on: date, *, days_late: int = 0) -> None:
        """履约确认 by somebody else; recorded late it brings its document."""
        confirmer = HR if promisor == CREDIT_2.unit else CREDIT_2
        data: dict[str, object] = {
            "commitment_id": commitment,
            "fulfilled_on": on.isoformat(),
            "evidence": [f"ev-{commitment}-1"],
        }
        recorded = after(on, days_late) if days_late else on
        if recorded != on:
            data["doc"] = self.diary.document(on, "CONFIRMATION")
        self.diary.write("CommitmentFulfilled", on, confirmer, data, recorded=recorded)

    def amend(self, commitment: str, on: date, new_due_on: date) -> None:
        """依法变更 by the superior organ, before the day is due."""
        data = {
            "commitment_id": commitment,
            "new_due_on": new_due_on.isoformat(),
            "reason": "规划依法调整，完成时限顺延。",
            "authority_doc": self.diary.document(on, "AMENDMENT", "示范市人民政府"),
            "compensation": "已与受益方协商补偿",
        }
        self.diary.write("CommitmentAmended", on, self._superior(commitment), data)

    def waive(self, commitment: str, on: date, reason: str) -> None:
        """依法免除, on a document."""
        data = {"commitment_id": commitment, "reason": reason, "doc": self.diary.document(on, "WAIVER")}
        self.diary.write("CommitmentWaived", on, self._superior(commitment), data)

    def live(self, promisor: str, made_on: date, due_on: date, *, of_unit: bool) -> None:
        """One commitment as chance has it: mostly kept in time, sometimes late, amended, waived or left open."""
        made_on, due_on = on_working_day(made_on), on_working_day(due_on)
        commitment = self.make(promisor, made_on, due_on, of_unit=of_unit)
        chance = self.random.random()
        middle = on_working_day(made_on + (due_on - made_on) // 2)
        if chance < 0.06 and of_unit:
            due_on = on_working_day(due_on + timedelta(days=60))
            self.amend(commitment, middle, due_on)
        elif chance < 0.10:
            reason = self.random.choice(("FORCE_MAJEURE", "LAW_CHANGE", "BENEFICIARY_AGREED"))
            self.waive(commitment, middle, reason)
            return
        elif chance < 0.18:
            late = on_working_day(due_on + timedelta(days=self.random.randint(3, 50)))
            self.fulfil(commitment, promisor, late)
            return
        elif chance < 0.24:
            return
        kept = max(on_working_day(due_on - timedelta(days=self.random.randint(4, 25))), made_on)
        self.fulfil(commitment, promisor, kept, days_late=3 if self.random.random() < 0.05 else 0)


def adopt_scheme(diary: Diary, year: int, on: date) -> str:
    """方案 of a year."""
    scheme = f"FIVE-GRIP-{year}"
    data = {
        "scheme_id": scheme,
        "title": f"{year} 年五抓监督考核",
        "period_kind": "QUARTER",
        "feedback_wd": FEEDBACK_WORKING_DAYS,
        "dimensions": [{"id": name, "name": title, "weight": weight} for name, title, weight in DIMENSIONS],
    }
    diary.write("AssessmentSchemeAdopted", on, ASSESSOR, data)
    return scheme


def scores(random: Random, level: int) -> dict[str, str]:
    """A score per dimension around a unit's level, some with half points."""
    half = ("", "", ".5")
    return {name: f"{min(level + random.randint(-6, 6), 99)}{random.choice(half)}" for name, _, _ in DIMENSIONS}


def assess(diary: Diary, random: Random, units: list[str]) -> None:
    """Every unit, every quarter of the three years; the last is still in its feedback period on the last day."""
    levels = {unit: random.randint(76, 93) for unit in units}
    for year in (2023, 2024, 2025):
        scheme = adopt_scheme(diary, year, on_working_day(max(date(year, 1, 1), FIRST_DAY)))
        for quarter in (1, 2, 3, 4):
            ended = add_months(date(year, 1, 1), 3 * quarter)
            scored_on = min(after(ended, 5), LAST_DAY - timedelta(days=2))
            for place, unit in enumerate(units):
                assessment = f"A-{year}Q{quarter}-{unit}"
                data = {
                    "assessment_id": assessment,
                    "scheme_id": scheme,
                    "unit_id": unit,
                    "period": f"{year}Q{quarter}",
                }
                result, assessor = scores(random, levels[unit]), ASSESSOR_2 if unit == ASSESSOR.unit else ASSESSOR
                diary.write("AssessmentScored", scored_on, assessor, {**data, "scores": result})
                if place % 10 == year % 10:
                    diary.write("AssessmentReviewed", after(scored_on, 4), assessor, {"assessment_id": assessment})
                diary.write("AssessmentPublished", after(scored_on, 7), assessor, {"assessment_id": assessment})
                if (place, quarter) == (2 * quarter, year - 2022):
                    restate(diary, assessment, after(scored_on, 16), result, assessor)


def restate(diary: Diary, assessment: str, on: date, published: dict[str, str], assessor: Actor) -> None:
    """更正通报: the unit was right about the survey."""
    corrected = {**published, "public": str(min(int(published["public"].partition(".")[0]) + 4, 100))}
    data = {"assessment_id": assessment, "scores": corrected, "reason": "单位申诉成立，更正社会评议样本"}
    diary.write("AssessmentRestated", on, assessor, data)
