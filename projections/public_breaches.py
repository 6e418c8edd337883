"""What anybody may read of a unit: the findings about it that are public and stand, each with its end and its remedies.

Public is what a decision made public (D6), for the time of its class's window: a finding that is disputed, repaired,
expired, removed or overturned on the day is absent, as if it had never been (DOMAIN §1.5, §8). Without an edition no
window is known, and nothing is public.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from ledger.errors import NotFound
from ledger.folds.facts import records_on
from projections.file_breaches import shown_breaches
from projections.file_remedies import end_of, remedies_of, repair_of
from projections.file_view import FileView
from projections.reader import Reader, registered, timeline_if_any
from projections.recourse import recourse_of
from projections.visibility import Column

UNIT = "UNIT"


def public_breaches(reader: Reader, unit: str, *, as_of: date, as_known: int) -> dict[str, Any]:
    """`{"uid", "name", "uscc", "kind", "as_of", "as_known", "size", "breaches": […]}`, the newest decision first.

    `NotFound` with code `unknown-subject`, or `unknown-unit` for whoever is none.
    """
    registration = registered(reader, unit, as_known)
    if registration.data["kind"] != UNIT:
        raise NotFound("the subject is not a unit", code="unknown-unit")
    uid = registration.uid
    timeline = timeline_if_any(reader, as_known, as_of)
    records = records_on(reader, uid, as_of, as_known, timeline, own=True)
    view = FileView(reader, records, timeline, as_of, Column.PUBLIC, of_unit=True)
    shown = [] if timeline is None else shown_breaches(view)
    identity = reader.identity(uid, as_known)
    items = []
    for one in shown:
        state = str(one.item["state"])
        items.append(
            {
                **one.item,
                **end_of(timeline, one.breach, state, as_of),
                "repair_from": repair_of(timeline, one.breach, state, as_of).get("repair_from"),
                "remedies": remedies_of(view, one.breach, state),
                "recourse": recourse_of(view, one.breach, state),
            }
        )
    items.sort(key=lambda item: (item["decision_on"], item["uid"]), reverse=True)
    return {
        "uid": uid,
        "name": identity.get("name"),
        "uscc": identity.get("uscc"),
        "kind": UNIT,
        "as_of": as_of.isoformat(),
        "as_known": str(as_known),
        "size": as_known,
        "breaches": items,
    }
