"""The units of a ranking without decoding a single person, and the entries that move a ranking.

Registrations are named by the list of subjects as far as it has read, and by the log behind that, so what is found is
what the log alone would give, however far the list has come (`units_by`). Between two sizes with the same `moved_by`
the ranking of a day is the same, but for the size that it names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from ledger.catalogue import TYPES
from ledger.folds.assessment import TRANSITIONS
from ledger.mapper import logged
from ledger.personal import IDENTIFYING
from ledger.relations import RELATING
from projections import views

if TYPE_CHECKING:
    from ledger.application import Ledger
    from ledger.reading import Logged

UNIT: Final = "UNIT"
_REGISTERED: Final = IDENTIFYING[0]
_IS_UNIT: Final = b'"kind":"UNIT"'  # in the canonical bytes of every unit's registration
_MOVING: Final = (
    *RELATING,
    *(TYPES[name].TOPIC for name in (*TRANSITIONS, "AssessmentSchemeAdopted", *IDENTIFYING[1:]) if name in TYPES),
)
_NAMING: Final = tuple(TYPES[name].TOPIC for name in (*IDENTIFYING[1:], "ErasureOrdered", "PayloadErased"))


@dataclass(frozen=True, slots=True)
class _Listed:
    """The units of the list known at a size: which were registered by a day, and the newest of all; how far it read."""

    uids: tuple[str, ...]
    newest: int | None
    position: int


def units_by(ledger: Ledger, on: date, size: int) -> Iterator[str]:
    """The units registered by a day, as known at a size, merged ones among them."""
    listed = _listed(ledger, on, size)
    yield from listed.uids
    yield from (entry.uid for entry in _behind(ledger, listed.position, size) if entry.effective_on <= on)


def moved_by(ledger: Ledger, size: int) -> tuple[int | None, ...]:
    """The newest entries that a ranking rests on, as known at a size; of those that say under which id a caller knows
    a unit, which is told as of now, the newest of all."""
    listed = _listed(ledger, date.min, size)
    units = [entry.index for entry in _behind(ledger, listed.position, size)]
    newest = ledger.store.newest_of_topic
    return (
        units[-1] if units else listed.newest,
        *(newest(topic, size) for topic in _MOVING),
        *(newest(topic) for topic in _NAMING),
    )


def _listed(ledger: Ledger, on: date, size: int) -> _Listed:
    with views.reading(ledger.store.engine) as connection:
        live = views.live(connection)
        if live is None:
            return _Listed((), None, 0)
        version, position = live
        table = version.tables["subjects"]
        known = (table.c.kind == UNIT) & (table.c.first_index < size)
        by_the_day = sa.select(table.c.uid).where(known, table.c.registered_on <= on.isoformat())
        uids = connection.scalars(by_the_day.order_by(table.c.first_index)).all()
        newest = connection.scalar(sa.select(sa.func.max(table.c.first_index)).where(known))
    return _Listed(tuple(uids), newest, position)


def _behind(ledger: Ledger, position: int, size: int) -> Iterator[Logged]:
    """The registrations of units from an index on."""
    for row in ledger.store.by_topic(TYPES[_REGISTERED].TOPIC, size, start=position):
        if _IS_UNIT in row.state:
            entry = logged(row)
            if entry.data["kind"] == UNIT:
                yield entry
