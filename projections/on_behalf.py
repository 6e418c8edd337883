"""Acts recorded for somebody from the signed paper (DOMAIN §4.1): by which unit, in which role, and when.

Whoever it was recorded for is told of it (`projections.notices`) and finds it in their own file; so does the auditor.
Who held the pen stays an entry's pseudonym.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.clock import day_of
from ledger.reading import Logged
from projections.file_view import FileView
from projections.reader import Reader
from projections.visibility import SEES_OWN_HISTORY


def recorded_for(entry: Logged) -> str | None:
    """The pseudonym of whom an entry was recorded for; None where whoever says it speaks for themselves."""
    whom = entry.data.get("on_behalf_of")
    return None if whom is None else str(whom)


def recorded_by(reader: Reader, entry: Logged) -> dict[str, Any]:
    """`{role, unit, on}`: in which role and for which unit it was recorded, on which day; the unit's id or None."""
    unit = entry.actor.get("unit")
    return {
        "role": entry.actor.get("role"),
        "unit": None if unit is None else reader.caller_id(unit),
        "on": day_of(entry.recorded_at).isoformat(),
    }


def on_behalf(reader: Reader, entries: Iterable[Logged]) -> dict[str, Any]:
    """The member `on_behalf` of a record with these entries: each act that was recorded for the subject, with its entry
    and type. Nothing where there is none."""
    acts = [
        {"event": entry.index, "type": entry.type, **recorded_by(reader, entry)}
        for entry in entries
        if recorded_for(entry) is not None
    ]
    return {"on_behalf": acts} if acts else {}


def on_behalf_in(view: FileView, events: Iterable[int]) -> dict[str, Any]:
    """The same of a record in a file, for the viewers it is meant for."""
    if view.column not in SEES_OWN_HISTORY:
        return {}
    return on_behalf(view.reader, (view.by_index[index] for index in events if index in view.by_index))
