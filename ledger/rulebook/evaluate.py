"""The rulebook's door: figures and verdicts as pure functions of an edition timeline, facts and a day.

Nothing here reads a clock, a log or a database; the same arguments give the same lines on every day (DESIGN §5).
"""

from __future__ import annotations

from ledger.rulebook.balance import balance
from ledger.rulebook.eligibility import Hit, Verdict, eligibility
from ledger.rulebook.figure import FigureLine, Outcome
from ledger.rulebook.labels import label_text
from ledger.rulebook.standing import STANDING, Weight, reading_state, weigh
from ledger.rulebook.unit_score import NOT_YET_ASSESSED, unit_score
from ledger.rulebook.windows import first_repair_day, max_day, step_day

__all__ = [
    "NOT_YET_ASSESSED",
    "STANDING",
    "FigureLine",
    "Hit",
    "Outcome",
    "Verdict",
    "Weight",
    "balance",
    "eligibility",
    "first_repair_day",
    "label_text",
    "max_day",
    "reading_state",
    "step_day",
    "unit_score",
    "weigh",
]
