"""The parameters that many routes share: the moment an answer stands on, and pages of lists."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import Field, WithJsonSchema

from api.auth import DeskDep
from api.desk import Moment
from api.problems import Problem

PAGE: Final = 50
MAX_PAGE: Final = 100
FILTERS: Final = ("kind", "state", "as_of", "as_known")
_PLACE: Final = re.compile(r"0|[1-9][0-9]{0,15}")


DayParameter = Annotated[str, Field(max_length=10), WithJsonSchema({"type": "string", "format": "date"})]


def moment(
    desk: DeskDep,
    as_of: Annotated[DayParameter | None, Query(description="the day it is about; today")] = None,
    as_known: Annotated[
        str | None, Query(max_length=40, description="a size, a day or an RFC 3339 time; everything")
    ] = None,
) -> Moment:
    return desk.moment(as_of, as_known)


MomentDep = Annotated[Moment, Depends(moment)]
PurposeDep = Annotated[str | None, Query(max_length=64, pattern="^[A-Z][A-Z_]*$", description="why you look")]
GlassDep = Annotated[UUID | None, Query(description="the uid of an emergency look-up that you opened")]
CursorDep = Annotated[str | None, Query(max_length=200, description="from the Link header of the page before")]
LimitDep = Annotated[int, Query(ge=1, le=MAX_PAGE)]


def cursor_of(place: int) -> str:
    """A cursor: opaque to callers, the index at which a page begins or behind which it does."""
    return base64.urlsafe_b64encode(str(place).encode()).decode().rstrip("=")


def place_of(cursor: str | None) -> int | None:
    """The index a cursor stands for, None without one; `Problem` 400 for what is no cursor of ours."""
    if cursor is None:
        return None
    try:
        place = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        place = ""
    if not _PLACE.fullmatch(place) or cursor_of(int(place)) != cursor:
        raise Problem(400, "bad-cursor", "take the cursor from the Link header", field="cursor")
    return int(place)


def link_next(request: Request, response: Response, place: int, limit: int) -> None:
    """Say where the next page is (RFC 8288). Filters stay; whatever else a caller put into the address does not."""
    kept = {name: value for name, value in request.query_params.items() if name in FILTERS}
    query = urlencode({**kept, "cursor": cursor_of(place), "limit": limit})
    response.headers["Link"] = f'<{request.url.path}?{query}>; rel="next"'
