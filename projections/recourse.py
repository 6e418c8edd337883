"""What can be done about a record, and by whom it is decided: its rows of the remedy table, with the days that apply.

The rows say what is open at all, here and elsewhere, and whether effects stop meanwhile (DOMAIN §7); `remedies` of a
file say what is open today.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from ledger.folds.breach import IN_FORCE, Breach
from ledger.rulebook.calendar import calendar_of
from ledger.rulebook.deadlines import file_within
from ledger.rulebook.edition import Edition
from ledger.rulebook.remedies import AddWorkingDays, Period, RecordOf, Remedies, Step, Where, remedies_for, routes_of
from projections.file_remedies import remedies_of
from projections.file_view import FileView, iso


def recourse_of(view: FileView, breach: Breach, state: str) -> list[dict[str, Any]]:
    """The rows of a standing finding: how the record here is contested, then the decision it rests on."""
    if state not in IN_FORCE or breach.decision_on is None:
        return []
    open_here = {str(remedy["route"]): remedy["until"] for remedy in remedies_of(view, breach, state)}
    first, *under = routes_of(breach.record_kind)
    here = [_row(first, [_step(view, breach, step, open_here) for step in first.steps])]
    return here + [_row(row, [_step(view, breach, _elsewhere(step), {}) for step in row.steps]) for row in under]


def recourse_of_sanction(view: FileView, decided_on: date) -> list[dict[str, Any]]:
    """The rows of a sanction: an organ's, or the supervisory commission's, since its kind does not say whose it is.

    Both are asked of whoever decided, and the day to file is counted from the decision.
    """
    edition, count = None if view.timeline is None else view.timeline.on(decided_on), _counting(view, decided_on)
    found = []
    for kind in (RecordOf.ORGAN_DECISION, RecordOf.SUPERVISORY_SANCTION):
        row = remedies_for(kind)
        within = [file_within(step, edition) for step in row.steps]
        until = {
            step.route: str(iso(period.last_day(decided_on, count)))
            for step, period in zip(row.steps, within, strict=True)
            if period is not None and count is not None
        }
        steps = [_written(_elsewhere(step), edition) for step in row.steps]
        dated = [{**step, "until": until[step["route"]]} if step["route"] in until else step for step in steps]
        found.append(_row(row, dated))
    return found


def _elsewhere(step: Step) -> Step:
    """A step that is no command of this ledger: the decision was another organ's."""
    return replace(step, where=Where.ELSEWHERE)


def recourse_for(kind: RecordOf, edition: Edition | None, until: Mapping[str, str]) -> dict[str, Any]:
    """The row of a kind of record with the numbers of the edition in force; `until` are the last days of its routes."""
    row = remedies_for(kind)
    days = ({} if step.route not in until else {"until": until[step.route]} for step in row.steps)
    return _row(row, [_written(step, edition) | day for step, day in zip(row.steps, days, strict=True)])


def _row(row: Remedies, steps: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "record": row.kind.value,
        "effects": row.effects.value,
        "clause": row.authority.clause,
        "demonstration": row.authority.demonstration,
        **({} if row.mark is None else {"mark_within": _period(row.mark)}),
        "steps": steps,
    }


def _step(view: FileView, breach: Breach, step: Step, open_here: Mapping[str, str | None]) -> dict[str, Any]:
    """A step with its last day to file, and where it is under way the day to decide it. Elsewhere the day is counted
    from the decision; of a step here it is what the file's `remedies` say, and none where it is not open."""
    decided = breach.decision_on
    assert decided is not None
    item = _written(step, None if view.timeline is None else view.timeline.on(decided))
    if step.where is Where.HERE:
        item |= {"until": open_here[step.route]} if open_here.get(step.route) is not None else {}
    elif step.file is not None:
        count = _counting(view, decided)
        item["until"] = None if count is None else iso(step.file.last_day(decided, count))
    pending = next((one for one in breach.appeals if one.route == step.route and one.decided_on is None), None)
    if pending is not None and step.decide is not None:
        item |= _decided_by(view, step, step.decide, pending.filed_on)
    return item


def _decided_by(view: FileView, step: Step, decide: Period, filed: date) -> dict[str, Any]:
    count = _counting(view, filed)
    if count is None:
        return {"decide_by": None}
    latest = step.extendable_to(filed, count)
    return {
        "decide_by": iso(decide.last_day(filed, count)),
        **({} if latest is None else {"extendable_to": iso(latest)}),
    }


def _counting(view: FileView, start: date) -> AddWorkingDays | None:
    """How working days are counted from a day; None where no edition says by which calendar."""
    return None if view.timeline is None else calendar_of(view.timeline.on(start).calendar).add_working_days


def _written(step: Step, edition: Edition | None) -> dict[str, Any]:
    item: dict[str, Any] = {"route": step.route, "where": step.where.value, "body": step.body}
    within, demonstration = file_within(step, edition), step.demonstration
    if within is not None:
        item["file_within"] = _period(within)
    if step.notice is not None and edition is not None:
        item["file_within"]["edition"] = edition.id
        demonstration = demonstration or edition.notice.authority.demonstration
    periods = {
        "after_review": step.after,
        "decide_within": step.decide,
        "extension": step.extension,
        "via_provider": step.via_provider,
    }
    item |= {name: _period(period) for name, period in periods.items() if period is not None}
    return {**item, "demonstration": demonstration}


def _period(period: Period) -> dict[str, Any]:
    return {"count": period.count, "unit": period.unit}
