"""The catalogue of measures: what departments adopted, with its clauses. It is about no person, so it is no look."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Request, Response

from api.auth import DeskDep
from api.bodies import etag
from api.measures import Measure, Measures
from api.policy import EVERYONE, open_to
from api.problems import not_found
from api.routes.parameters import PAGE, CursorDep, LimitDep, MomentDep, link_next, place_of
from ledger.errors import NotFound
from projections.measures import measure_list, one_measure

router = APIRouter(prefix="/v1")


@router.get("/measures", tags=["measures"])
@open_to(EVERYONE)
def list_measures(
    desk: DeskDep, moment: MomentDep, request: Request, response: Response,
    cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], Measures]:  # fmt: skip
    """Measures in log order, with how many there are, of how many departments, in how many domains."""
    place = place_of(cursor)
    answer = measure_list(
        desk.ledger,
        as_of=moment.as_of,
        as_known=moment.as_known,
        after=-1 if place is None else place,
        limit=limit,
    )
    following = answer.pop("next")
    if following is not None:
        link_next(request, response, following, limit)
    return moment.as_asked(answer)


@router.get("/measures/{uid}", tags=["measures"])
@open_to(EVERYONE)
def read_measure(uid: UUID, desk: DeskDep, moment: MomentDep, response: Response) -> Annotated[dict[str, Any], Measure]:
    """One measure as it stands on a day."""
    try:
        answer = one_measure(desk.ledger, str(uid), as_of=moment.as_of, as_known=moment.as_known)
    except NotFound:
        raise not_found() from None
    response.headers["ETag"] = etag(len(desk.ledger.stream(f"measure/{uid}", moment.as_known)))
    return moment.as_asked(answer)
