"""失信信息公开: the registered units, and of each the findings that are public today, for anybody.

What is no longer public leaves no trace; every record shown says when it ends, how it is repaired and contested.
"""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth import wiring_of
from api.desk import Moment
from api.pages.addresses import PUBLIC_UNITS
from api.pages.reading import reading_on
from api.pages.records import records_of
from api.pages.render import show, words_of
from api.policy import PUBLIC, open_to
from api.routes.public import published, units_of
from ledger.clock import day_of

router = APIRouter(include_in_schema=False)
SHOWN: Final = 100


@router.get(PUBLIC_UNITS)
@open_to(PUBLIC)
def public_units(request: Request, after: Annotated[int | None, Query(ge=0, le=10**12)] = None) -> Response:
    """The registered units, a page at a time."""
    words = words_of(request)
    units, last, _ = units_of(wiring_of(request).ledger, after, SHOWN)
    return show(request, "public-units.html", title=words("public.title"), units=units, last=last, address=PUBLIC_UNITS)


@router.get(f"{PUBLIC_UNITS}/{{uid}}")
@open_to(PUBLIC)
def public_unit(request: Request, uid: UUID) -> Response:
    """What is public of one unit today."""
    ledger, words = wiring_of(request).ledger, words_of(request)
    answer = published(ledger, str(uid))
    reading = reading_on(ledger, Moment(day_of(ledger.clock()), answer["size"]), words)
    records = records_of(reading, answer, {})
    return show(
        request,
        "public-unit.html",
        title=words("public.title"),
        r=reading,
        answer=answer,
        records=records,
        address=PUBLIC_UNITS,
    )
