"""Which records may have a step that is a role's turn now: found in the lists, so that nobody reads the whole log.

Only for now, with everything known: on another day a record that is over today was not. The lists may lag; what came
in behind them is looked at as well. A role whose steps may be of any record gets no answer and reads everything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from projections import views
from projections.deadline_steps import KINDS
from projections.reader import Reader

WAITING_REPAIR: Final = ("APPLIED", "ACCEPTED", "PUBLICISED")
_CASE: Final = {"state": ("REPORTED", "NOTIFIED", "REPLIED", "LAPSED"), "repair_state": WAITING_REPAIR}
_OVER: Final = ("FINAL", "WITHDRAWN")
# Role → list → column → values, one of which a row has that may be waited for.
_WANTED: Final[Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]]] = {
    "DECIDER": {"breaches": _CASE},
    "REVIEWER": {"breaches": {"state": ("APPEALED",)}},
    "CREDIT": {"breaches": {"repair_state": WAITING_REPAIR}},
    "HR": {"checks": {}},
    "ASSESSOR": {},
}
_KIND: Final = {"breaches": "breach", "checks": "check"}


def turns_of(reader: Reader, engine: sa.Engine, role: str) -> list[str] | None:
    """The streams that may hold a step of a role as things stand now; None where only reading everything tells."""
    wanted = _WANTED.get(role)
    if wanted is None:
        return None
    with views.reading(engine) as connection:
        standing = views.live(connection)
        if standing is None:
            return None
        version, position = standing
        found: dict[str, None] = {}
        for of, columns in wanted.items():
            table = version.tables[of]
            chosen = sa.select(table.c.uid).order_by(table.c.first_index)
            if columns:
                chosen = chosen.where(sa.or_(*(table.c[column].in_(values) for column, values in columns.items())))
            else:
                chosen = chosen.where(table.c.state.not_in(_OVER))
            found.update((f"{_KIND[of]}/{uid}", None) for uid in connection.scalars(chosen))
    size = reader.size
    if role == "ASSESSOR":
        published = {entry.stream for entry in reader.by_type("AssessmentPublished", size)}
        scored = [entry.stream for entry in reader.by_type("AssessmentScored", size)]
        found.update((stream, None) for stream in scored if stream not in published)
    if role in KINDS["LIFT_SANCTION"].roles:
        found.update((entry.stream, None) for entry in reader.by_type("SanctionImposed", size))
    kinds = {_KIND[of] for of in wanted}
    found.update((entry.stream, None) for entry in reader.logged(position, size) if entry.kind in kinds)
    return list(found)
