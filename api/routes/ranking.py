"""The published ranking of units, for anybody and for any day: it rests on published assessments alone."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from api.answers import Index, Stands, Uid
from api.auth import wiring_of
from api.desk import Desk
from api.openapi import problem_response
from api.policy import PUBLIC, open_to
from api.rankings import kept_ranking
from api.routes.parameters import DayParameter
from ledger.access import Viewer
from ledger.domain.values import Day

router = APIRouter(prefix="/v1")
ANYBODY = Viewer("anybody", "PUBLIC")


class RankedUnit(TypedDict):
    """A unit by its names: the credit code and the published name."""

    uid: Uid
    subject: str
    code: str | None
    name: str | None


class Restated(TypedDict):
    """A figure that stood until it was restated."""

    value: str
    until: Day
    reason: str | None
    event: Index


class Place(RankedUnit):
    """A place of the ranking; equal figures share one."""

    value: str
    rank: int
    previous_rank: int | None
    assessment: str
    published_on: Day
    marks: list[str]
    restated: list[Restated]
    events: list[Index]


class Ranking(Stands):
    """The ranking by the newest period that was published; who was not published in it has no place."""

    period: str | None
    previous_period: str | None
    ranking: list[Place]
    not_assessed: list[RankedUnit]


@router.get("/units/ranking", tags=["units"], responses={422: problem_response(422)})
@open_to(PUBLIC)
def read_ranking(
    request: Request,
    as_of: Annotated[DayParameter | None, Query(description="the day it is about; today")] = None,
    as_known: Annotated[
        str | None, Query(max_length=40, description="a size, a day or an RFC 3339 time; everything")
    ] = None,
) -> Annotated[dict[str, Any], Ranking]:
    """The published ranking of units on a day, as known at a moment."""
    ledger = wiring_of(request).ledger
    moment = Desk(ledger, ANYBODY).moment(as_of, as_known)
    newest = as_of is None and as_known is None
    return moment.as_asked(kept_ranking(ledger, as_of=moment.as_of, as_known=moment.as_known, newest=newest))
