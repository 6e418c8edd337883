"""What a reader can do now, the most urgent first, at most three: nobody has to look for a date (ui/UI.md §1.1).

A task says what, until when and what comes of it. Where the form of a task is not yet a page, its button leads to the
record, which says how the step is taken.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from markupsafe import Markup

from api.pages.marks import day
from api.pages.reading import Reading
from api.pages.records import OPEN_REPAIRS, STANDING, title_of
from ledger.rulebook.windows import add_months

Answer = Mapping[str, Any]

SHOWN: Final = 3
AHEAD_DAYS: Final = 92  # a commitment due later than this is no task yet
SCORE_MONTHS: Final = 12  # a unit's score is of the twelve months up to its day
# What cannot be made up for comes first; of one kind, the earliest day.
_REPLY, _RESPOND, _SUPPLY, _APPEAL, _OVERDUE, _REPAIR, _COMMITMENT = range(7)


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do; `link` leads to the part of the page it is about."""

    rank: int
    last: date
    icon: str
    what: Markup
    until: Markup
    link: str
    button: Markup


def tasks_of(reading: Reading, file: Answer) -> list[Task]:
    """Every task of a file, the most urgent first."""
    repairs = file.get("repairs") or []
    under_way = {str(repair["breach"]) for repair in repairs if repair["state"] in OPEN_REPAIRS}
    found = [
        *(task for breach in file.get("breaches") or [] for task in _of_breach(reading, breach, under_way)),
        *(task for repair in repairs for task in _of_repair(reading, file, repair)),
        *(task for check in file.get("checks") or [] for task in _of_check(reading, check)),
        *(task for commitment in file.get("commitments") or [] for task in _of_commitment(reading, file, commitment)),
    ]
    return sorted(found, key=lambda task: (task.rank, task.last))


def _of_breach(reading: Reading, breach: Answer, under_way: set[str]) -> list[Task]:
    words, state = reading.words, str(breach["state"])
    title, link = title_of(reading, breach), f"#r-{breach['uid']}"
    read = words("task.see_record")
    if state == "NOTIFIED" and breach.get("reply_due"):
        due = reading.working(breach["reply_due"], demonstration=reading.periods_demonstrate)
        until = words("task.reply_until", due=reading.chips.due(due))
        return [Task(_REPLY, due.on, "talk", words("task.reply", title=title), until, link, read)]
    tasks = []
    last_days = [str(way["until"]) for way in breach.get("remedies") or [] if way.get("until")]
    if last_days:
        due = reading.calendar_days(max(last_days), demonstration=reading.periods_demonstrate)
        until = words("task.appeal_until", due=reading.chips.due(due))
        tasks.append(Task(_APPEAL, due.on, "scale", words("task.appeal", title=title), until, link, read))
    opens = breach.get("repair_from")
    if state in STANDING and opens and str(opens) <= reading.on.isoformat() and str(breach["id"]) not in under_way:
        since = words("task.repair_since", day=day(opens))
        tasks.append(Task(_REPAIR, reading.on, "mend", words("task.repair", title=title), since, link, read))
    return tasks


def _of_repair(reading: Reading, file: Answer, repair: Answer) -> list[Task]:
    if repair["state"] != "RETURNED":
        return []
    breach = next((one for one in file["breaches"] if one["id"] == repair["breach"]), None)
    if breach is None:
        return []
    words = reading.words
    what = words("task.supply", title=title_of(reading, breach))
    said = words("task.supply_said")
    return [Task(_SUPPLY, reading.on, "pen", what, said, f"#r-{breach['uid']}", words("task.see_record"))]


def _of_check(reading: Reading, check: Answer) -> list[Task]:
    if check["state"] != "NOTICED" or not check.get("reply_due"):
        return []
    words = reading.words
    due = reading.working(check["reply_due"], demonstration=reading.periods_demonstrate)
    what = words("task.respond", purpose=words.code("purpose", str(check["purpose"])))
    until = words("task.respond_until", due=reading.chips.due(due))
    return [Task(_RESPOND, due.on, "talk", what, until, "#checks", words("task.see_check"))]


def _of_commitment(reading: Reading, file: Answer, commitment: Answer) -> list[Task]:
    state, last = str(commitment["state"]), str(commitment.get("due_on") or "")
    if state not in ("OPEN", "OVERDUE") or len(last) != 10:
        return []
    words, due = reading.words, reading.calendar_days(last)
    text = reading.said(commitment.get("text") or commitment["id"])
    see = words("task.see_commitment")
    if state == "OVERDUE":
        of_unit = "task.overdue_of_unit" if in_score(due.on, reading.on) else "task.overdue_of_unit_past"
        key = of_unit if file.get("kind") == "UNIT" else "task.overdue_of_person"
        until = words(key, due=reading.chips.due(reading.working(last)))
        return [Task(_OVERDUE, due.on, "promise", words("task.overdue", text=text), until, "#commitments", see)]
    if due.on - reading.on > timedelta(days=AHEAD_DAYS):
        return []
    until = words("task.commitment_until", due=reading.chips.due(due))
    return [Task(_COMMITMENT, due.on, "promise", words("task.commitment", text=text), until, "#commitments", see)]


def in_score(due_on: date, on: date) -> bool:
    """Whether a commitment due then still counts in a unit's score of a day."""
    return add_months(on, -SCORE_MONTHS) < due_on


def first(tasks: Sequence[Task]) -> list[Task]:
    """The tasks a page shows."""
    return list(tasks[:SHOWN])
