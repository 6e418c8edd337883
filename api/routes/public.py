"""What anybody may read of units without signing in: which there are, and the findings about one that are public.

Only of today: what was public once and is repaired or over is no longer published (DOMAIN §1.5). A unit's record is no
person's, so it is no look.
"""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from api.answers import Breach, Stands, Uid
from api.auth import wiring_of
from api.openapi import problem_response
from api.policy import PUBLIC, open_to
from api.problems import not_found
from api.routes.parameters import PAGE, CursorDep, LimitDep, link_next, place_of
from ledger.application import Ledger
from ledger.clock import day_of
from ledger.errors import NotFound
from projections.listing import page
from projections.public_breaches import UNIT, public_breaches

router = APIRouter(prefix="/v1/public", tags=["public"])


class PublicUnit(TypedDict):
    """A registered unit: its published name and its credit code."""

    uid: Uid
    name: str | None
    uscc: str | None


class PublicUnits(TypedDict):
    """A page of the registered units, in the order of their registration."""

    items: list[PublicUnit]
    position: int


class PublicBreaches(Stands):
    """The findings about a unit that are public today, the newest decision first."""

    uid: Uid
    name: str | None
    uscc: str | None
    kind: str
    breaches: list[Breach]


@router.get("/units")
@open_to(PUBLIC)
def list_units(
    request: Request, response: Response, cursor: CursorDep = None, limit: LimitDep = PAGE
) -> Annotated[dict[str, Any], PublicUnits]:
    """The registered units."""
    items, last, position = units_of(wiring_of(request).ledger, place_of(cursor), limit)
    if last is not None:
        link_next(request, response, last, limit)
    return {"items": items, "position": position}


@router.get("/units/{uid}/breaches", responses={404: problem_response(404)})
@open_to(PUBLIC)
def read_public_breaches(uid: UUID, request: Request) -> Annotated[dict[str, Any], PublicBreaches]:
    """The findings about a unit that are public today."""
    return published(wiring_of(request).ledger, str(uid))


def units_of(ledger: Ledger, after: int | None, limit: int) -> tuple[list[dict[str, Any]], int | None, int]:
    """Registered units behind a place, those merged into another left out; where the next page begins; the position."""
    found = page(ledger.store.engine, "subjects", {"kind": UNIT}, after=-1 if after is None else after, limit=limit)
    rows = [row for row in found.rows if row["merged_into"] is None]
    return [{name: row[name] for name in ("uid", "name", "uscc")} for row in rows], found.last, found.position


def published(ledger: Ledger, uid: str) -> dict[str, Any]:
    """What is public of a unit today; absent where there is no such unit."""
    try:
        return public_breaches(ledger, uid, as_of=day_of(ledger.clock()), as_known=ledger.size)
    except NotFound:
        raise not_found() from None
