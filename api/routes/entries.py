"""Entry bytes, for auditors: exactly what is hashed, a page at a time; a look at whoever the page concerns."""

from __future__ import annotations

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.auth import DeskDep
from api.outcomes import Entries
from api.policy import AUDIT, open_to
from api.routes.parameters import PAGE, CursorDep, LimitDep, link_next, place_of
from ledger.mapper import logged

router = APIRouter(prefix="/v1/ledger")


@router.get("/entries", tags=["ledger"])
@open_to(AUDIT)
def read_entries(
    desk: DeskDep,
    request: Request,
    response: Response,
    start: Annotated[int, Query(ge=0, le=2**53 - 1, description="the first index")] = 0,
    cursor: CursorDep = None,
    limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], Entries]:
    """Entries from an index on: index, leaf and chain in hexadecimal, the stored bytes in base64. A look."""
    place = place_of(cursor)
    first = start if place is None else place
    size = desk.ledger.size
    stop = min(first + limit, size)
    rows = list(desk.ledger.store.entries(first, stop)) if first < stop else []
    desk.look_at_entries(map(logged, rows))
    if stop < size:
        link_next(request, response, stop, limit)
    return {
        "size": size,
        "entries": [
            {
                "index": row.index,
                "leaf": row.leaf.hex(),
                "chain": row.chain.hex(),
                "entry": base64.b64encode(row.state).decode(),
            }
            for row in rows
        ],
    }
