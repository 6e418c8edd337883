"""Days that have passed and that no entry says yet: what the running ledger writes down, found in the lists.

The lists know states in log order, as commands are judged by; a day that has passed needs no list to have its effect.
Whoever submits one of these is refused or told so where it was written before, so a list that lags does no harm.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from ledger.folds.sanction import sanctions_of
from ledger.reading import Logged
from projections import views
from projections.deadline_records import is_clean
from projections.reader import Reader

FLAGGED: Final = "CommitmentOverdueFlagged"
LAPSED: Final = "ReplyLapsed"
LIFTED: Final = "SanctionLifted"
IMPOSED: Final = "SanctionImposed"
_OF_LISTS: Final = (
    (LAPSED, "breaches", "breach", "NOTIFIED", "reply_due"),
    (FLAGGED, "commitments", "commitment", "OPEN", "due"),
)


@dataclass(frozen=True, slots=True)
class Passed:
    """What is to be written: a type, its data, and a name that is the same whoever finds it, and when."""

    type: str
    data: Mapping[str, Any]
    name: str


def passed(reader: Reader, engine: sa.Engine, today: date, done: Collection[str] = ()) -> Iterator[Passed]:
    """Reply periods, promises and sanctions whose last day lies before today and that no entry says are over.

    No record is read for what is `done`, by name.
    """
    for type_, of, kind, state, column in _OF_LISTS:
        for uid, due in _rows(engine, of, state, column, today):
            if (name := f"{type_}/{uid}/{due}") in done:
                continue
            entries = reader.stream(f"{kind}/{uid}", reader.size)
            if entries and not (type_ == FLAGGED and _said(entries, due)):
                named = str(entries[0].data[f"{kind}_id"])
                ref = named if reader.uid(kind, named) == uid else uid
                yield Passed(type_, {f"{kind}_id": ref}, name)
    yield from _sanctions(reader, today, done)


def _rows(engine: sa.Engine, of: str, state: str, column: str, today: date) -> list[tuple[str, str]]:
    """Pseudonym and last day of the rows in a state whose last day has passed; none before the first catch-up."""
    with views.reading(engine) as connection:
        standing = views.live(connection)
        if standing is None:
            return []
        table = standing[0].tables[of]
        last = table.c[column]
        chosen = sa.select(table.c.uid, last).where(table.c.state == state, last < today.isoformat())
        return [(str(uid), str(due)) for uid, due in connection.execute(chosen.order_by(table.c.first_index))]


def _said(entries: Sequence[Logged], due: str) -> bool:
    """Whether a reminder was written since this last day."""
    return any(entry.type == FLAGGED and entry.effective_on.isoformat() > due for entry in entries)


def _sanctions(reader: Reader, today: date, done: Collection[str]) -> Iterator[Passed]:
    """Sanctions that are over, whose person was given no other while they ran; the rest are for a human to lift."""
    size = reader.size
    names: dict[str, dict[int, str]] = {}
    for entry in reader.by_type(IMPOSED, size):
        uid = reader.survivor(entry.uid, size)
        names.setdefault(uid, {})[entry.index] = f"{LIFTED}/{entry.index}"
    for uid, by_index in names.items():
        if set(by_index.values()) <= set(done):
            continue
        sanctions = sanctions_of(reader, uid, today, size)
        for one in sanctions:
            name = by_index[one.events[0]]
            if name not in done and one.state(today) == "OVER" and is_clean(one, sanctions):
                days = {"from": one.starts_on, "until": one.stated_until}
                said = {key: day.isoformat() for key, day in days.items() if day is not None}
                yield Passed(LIFTED, {"subject_id": uid, "kind": one.kind, **said}, name)
