"""A page of a materialised list: rows in the order their records were opened, after a place, with filters.

Rows are those of the live version at its position; a page says how far that is. Before this release's first catch-up a
list is empty. Values are pseudonyms, codes, states and days; whoever shows a row decides what its viewer may see of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from projections import views
from projections.views import Row


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of a list; `last` is the place the next page begins behind, None where this one is the last."""

    rows: list[Row]
    last: int | None
    position: int


def page(
    engine: sa.Engine, of: str, filters: Mapping[str, str | Sequence[str]], *, after: int = -1, limit: int
) -> Page:
    """At most `limit` rows whose columns have these values, opened behind index `after`."""
    with views.reading(engine) as connection:
        standing = views.live(connection)
        if standing is None:
            return Page([], None, 0)
        version, position = standing
        table = version.tables[of]
        chosen = sa.select(table).where(table.c.first_index > after)
        for column, wanted in filters.items():
            values = [wanted] if isinstance(wanted, str) else list(wanted)
            chosen = chosen.where(table.c[column].in_(values))
        rows = [
            dict(row) for row in connection.execute(chosen.order_by(table.c.first_index).limit(limit + 1)).mappings()
        ]
    more = len(rows) > limit
    rows = rows[:limit]
    return Page(rows, rows[-1]["first_index"] if more else None, position)
