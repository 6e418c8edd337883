"""The catalogue of measures 奖惩措施清单 on a day, as known at a size: how many, of which departments and domains.

It is about no person. Each measure names its clauses and what they give it: STATUTORY force stands through an appeal
against the cause, DISCRETIONARY force does not.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from ledger.errors import NotFound
from ledger.folds.measure import Measure, catalogue, fold_measure
from projections.file_measures import demonstrates
from projections.file_view import iso
from projections.reader import Reader


def measure_list(reader: Reader, *, as_of: date, as_known: int, after: int = -1, limit: int) -> dict[str, Any]:
    """The measures adopted by a day, in the order of the log, behind an index; the counts are of all of them."""
    every = catalogue(reader, as_of, as_known)
    behind = [measure for measure in every if measure.events[0] > after]
    return {
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        "counts": _counts(every),
        "items": [_item(reader, measure, as_of, as_known) for measure in behind[:limit]],
        "next": behind[limit - 1].events[0] if len(behind) > limit else None,
    }


def one_measure(reader: Reader, uid: str, *, as_of: date, as_known: int) -> dict[str, Any]:
    """One measure by its pseudonym; `NotFound` with code `unknown-measure` where it was not adopted by then."""
    measure = fold_measure(reader.stream(f"measure/{uid}", as_known), as_of)
    if measure is None:
        raise NotFound("no such measure was adopted then", code="unknown-measure")
    stands = {"as_of": as_of.isoformat(), "as_known": str(as_known), "size": as_known}
    return {**stands, **_item(reader, measure, as_of, as_known)}


def _counts(measures: Iterable[Measure]) -> dict[str, int]:
    """Of what is told apart in a catalogue (42 measures, 14 departments, 19 domains)."""
    known = list(measures)
    return {
        "measures": len(known),
        "departments": len({measure.department for measure in known}),
        "domains": len({measure.domain for measure in known}),
    }


def _item(reader: Reader, measure: Measure, on: date, size: int) -> dict[str, Any]:
    return {
        "id": measure.id,
        "uid": measure.uid,
        "state": measure.state(on),
        "kind": measure.kind,
        "domain": measure.domain,
        "department": reader.caller_id(reader.survivor(measure.department, size)),
        "department_uscc": measure.department_uscc,
        "trigger": measure.trigger,
        "effect": measure.effect,
        "force": measure.force,
        "subject_kinds": list(measure.subject_kinds),
        "clauses": list(measure.legal_basis),
        "from": iso(measure.starts_on),
        "to": iso(measure.ends_on),
        "retired_on": iso(measure.retired_on),
        "demonstration": demonstrates(measure),
        "events": list(measure.events),
    }
