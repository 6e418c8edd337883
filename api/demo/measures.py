"""The credit office's measures: who stands on a list is not appointed; a promise kept in time is rewarded."""

from __future__ import annotations

from datetime import date

from api.demo.diary import CREDIT, FIRST_DAY, Diary

RESTRICTION, REWARD = "M001", "M002"


def adopt(diary: Diary, department_uscc: str) -> None:
    """措施设立, on the first day."""
    shared = {"department_uscc": department_uscc, "from": FIRST_DAY.isoformat()}
    restriction = {"measure_id": RESTRICTION, "domain": "公务员录用", "kind": "RESTRICT", "trigger": "LISTING"}
    basis = {"effect": "LIMIT_OFFICE", "subject_kinds": ["PERSON"], "legal_basis": ["公务员法 26(4)"]}
    diary.write("MeasureAdopted", FIRST_DAY, CREDIT, {**restriction, **basis, **shared})
    reward = {"measure_id": REWARD, "domain": "政务服务", "kind": "REWARD", "trigger": "COMMITMENT_KEPT"}
    basis = {"effect": "PRIORITY_IN_AWARDS", "subject_kinds": ["UNIT"], "legal_basis": ["示信发〔2022〕9号"]}
    diary.write("MeasureAdopted", FIRST_DAY, CREDIT, {**reward, **basis, **shared})


def apply(diary: Diary, measure: str, subject: str, record: str, on: date) -> None:
    """措施启用, because of a record."""
    data = {"measure_id": measure, "subject_id": subject, "cause_event": record}
    diary.write("MeasureApplied", on, CREDIT, data)
