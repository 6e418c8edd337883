"""The consequence register of an integrity file: the measures applied to its subject, and what ended them.

Own HR reads what is in force or suspended, as it reads the records that cause it; what a repair earned is left out,
for it would tell of the repaired record (DOMAIN §1.5). Recruiting HR and the public read nothing of it.
"""

from __future__ import annotations

from typing import Any, Final

from ledger.folds.measure import NOT_ENDED, Applied, Measure, measures_of
from ledger.rulebook.measures import Of, shipped_bases
from projections.file_view import FileView, iso
from projections.visibility import SEES_CAREER, Column

_WHAT_STANDS: Final = frozenset({Column.OWN_HR, Column.UNIT_HEAD})  # they read what is in force, of units the head too


def measure_items(view: FileView, size: int) -> list[dict[str, Any]]:
    """The measures that the viewer sees, in the order in which they were applied."""
    sees = view.column in SEES_CAREER or (view.of_unit and view.column is Column.UNIT_HEAD)
    if not sees:
        return []
    applied = measures_of(view.reader, view.records, view.timeline, view.on, size)
    return [_item(view, one, size) for one in applied if view.column not in _WHAT_STANDS or _stands(one)]


def _stands(applied: Applied) -> bool:
    tells = shipped_bases().triggers[applied.measure.trigger].of is Of.REPAIR
    return applied.state in NOT_ENDED and not tells


def _item(view: FileView, applied: Applied, size: int) -> dict[str, Any]:
    measure = applied.measure
    return {
        "id": measure.id,
        "uid": applied.uid,
        "measure": measure.uid,
        "kind": measure.kind,
        "domain": measure.domain,
        "department": view.name(view.reader.survivor(measure.department, size)),
        "department_uscc": measure.department_uscc,
        "effect": measure.effect,
        "trigger": measure.trigger,
        "force": measure.force,
        "clauses": list(measure.legal_basis),
        "cause": {"record": applied.record, "event": applied.cause},
        "from": iso(applied.applied_on),
        "state": applied.state,
        "ended_on": iso(applied.ended_on),
        "ended_by": applied.ended_by,
        "lift_reason": applied.lift_reason,
        "demonstration": demonstrates(measure),
        "events": list(applied.events),
    }


def demonstrates(measure: Measure) -> bool:
    """Whether a measure rests on rows for which no published text was found."""
    bases = shipped_bases()
    kinds = bases.triggers[measure.trigger].record_kinds
    basis = bases.basis_of(measure.kind, measure.effect, measure.legal_basis, kinds)
    return basis is None or basis.demonstration
