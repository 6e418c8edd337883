"""What can be done about a record, and by whom it is decided: its rows of the remedy table, with the days that apply.

The rows say what is open at all, here and elsewhere, and whether effects stop meanwhile (DOMAIN §7); `remedies` of a
file say what is open today.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from ledger.folds.breach import IN_FORCE, Breach
from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.remedies import Period, RecordOf, Remedies, Step, Where, remedies_for, routes_of
from projections.file_remedies import remedies_of
from projections.file_view import FileView, iso


def recourse_of(view: FileView, breach: Breach, state: str) -> list[dict[str, Any]]:
    """The rows of a standing finding: how the record here is contested, then the decision it rests on."""
    if state not in IN_FORCE or breach.decision_on is None:
        return []
    open_here = {str(remedy["route"]): remedy["until"] for remedy in remedies_of(view, breach, state)}
    rows = routes_of(breach.record_kind)
    return [_row(row, [_step(view, breach, step, open_here) for step in row.steps]) for row in rows]


def recourse_for(kind: RecordOf) -> dict[str, Any]:
    """The row of a kind of record, without days."""
    row = remedies_for(kind)
    return _row(row, [_written(step) for step in row.steps])


def _row(row: Remedies, steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "record": row.kind.value,
        "effects": row.effects.value,
        "clause": row.authority.clause,
        "demonstration": row.authority.demonstration,
        "steps": steps,
    }


def _step(view: FileView, breach: Breach, step: Step, open_here: Mapping[str, str | None]) -> dict[str, Any]:
    """A step with its last day to file, and where it is under way the day to decide it. Elsewhere the day is counted
    from the decision; of a step here it is what the file's `remedies` say, and none where it is not open."""
    item, decided = _written(step), breach.decision_on
    assert decided is not None
    if step.where is Where.HERE:
        item |= {"until": open_here[step.route]} if open_here.get(step.route) is not None else {}
    elif step.file is not None:
        item["until"] = iso(_last_day(view, step.file, decided))
    pending = next((one for one in breach.appeals if one.route == step.route and one.decided_on is None), None)
    if pending is not None and step.decide is not None:
        item["decide_by"] = iso(_last_day(view, step.decide, pending.filed_on))
    return item


def _last_day(view: FileView, period: Period, start: date) -> date | None:
    """None where working days are to be counted and no edition says by which calendar."""
    if view.timeline is None:
        return None
    return period.last_day(start, calendar_of(view.timeline.on(start).calendar).add_working_days)


def _written(step: Step) -> dict[str, Any]:
    item: dict[str, Any] = {"route": step.route, "where": step.where.value, "body": step.body}
    item |= {
        name: {"count": period.count, "unit": period.unit}
        for name, period in (("file_within", step.file), ("after_review", step.after), ("decide_within", step.decide))
        if period is not None
    }
    return {**item, "demonstration": step.demonstration}
