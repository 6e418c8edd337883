"""A figure as an answer shows it: value, reason and lines, in the JSON shape of DESIGN §8.

Each line carries its clause, its edition, the indexes it rests on and a label code with its parameters; words for the
code are the door's business.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.rulebook.figure import FigureLine, Outcome


def figure(outcome: Outcome) -> dict[str, Any]:
    """Value and lines; a null value carries its reason and no lines."""
    shown: dict[str, Any] = {"value": outcome.value, "lines": lines(outcome.lines)}
    if outcome.reason is not None:
        shown["reason"] = outcome.reason
    shown["demonstration"] = outcome.demonstration
    return shown


def lines(of: Iterable[FigureLine]) -> list[dict[str, Any]]:
    """Every line as an object; `record` names the finding or commitment a line is about."""
    return [
        {
            "clause": line.clause,
            "label": line.label,
            "params": dict(line.params),
            "value": line.value,
            "edition": line.edition,
            "events": list(line.events),
            "record": line.record,
            "demonstration": line.demonstration,
        }
        for line in of
    ]
