"""What is waited for: the open steps of whoever asks, a page at a time, each with its last day and its clause.

A subject reads its own steps, a unit head those of the unit, HR those of the checks that its unit requested, a role
that works on cases the steps that are its turn, and the auditor everything. A look at the people on the page.
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NotRequired
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from api.answers import Index, Kind, Stands, Uid
from api.auth import DeskDep
from api.desk import Desk, Moment
from api.policy import open_to
from api.problems import not_found
from api.routes.parameters import PAGE, CursorDep, LimitDep, MomentDep, PurposeDep, link_next, place_of
from ledger.domain.access import Scope
from ledger.domain.values import Day
from projections.deadline_steps import KINDS
from projections.deadlines import HIDDEN_LOOKS, Asked, deadlines, people_of
from projections.turns import turns_of

router = APIRouter(prefix="/v1")
WAITED_ON: Final = frozenset(
    {"SUBJECT", "UNIT_HEAD", "DECIDER", "REVIEWER", "HR", "CREDIT", "ASSESSOR", "AUDITOR", "DPO"}
)
_OWN: Final = frozenset({"SUBJECT", "UNIT_HEAD"})
_BY_ROLE: Final = WAITED_ON - _OWN - {"AUDITOR"}


# Written this way because `from` is a word of the language.
Deadline = TypedDict(
    "Deadline",
    {
        "kind": Annotated[str, Query(json_schema_extra={"enum": list(KINDS)})],
        "nature": Literal["DUTY", "RIGHT", "AUTOMATIC"],
        "state": Literal["OPEN", "OVERDUE", "UPCOMING"],
        "roles": list[str],
        "awaits": list[str],
        "record_kind": str,
        "record": str,
        "part": NotRequired[str],
        "uid": Uid,
        "subject_uid": Uid | None,
        "subject_kind": NotRequired[Kind],
        "subject": NotRequired[str],
        "from": Day,
        "due": Day | None,
        "extendable_to": NotRequired[Day],
        "days_left": int | None,
        "working_days_left": int | None,
        "clause": str | None,
        "edition": str | None,
        "calendar": str | None,
        "provisional": bool,
        "demonstration": bool,
        "events": list[Index],
    },
)


class Deadlines(Stands):
    """Open steps, the earliest last day first; `overdue` counts those of the whole list, not of the page."""

    viewer: str
    role: NotRequired[str]
    subject: NotRequired[str]
    subject_uid: NotRequired[Uid]
    deadlines: list[Deadline]
    overdue: int
    provisional: bool


@router.get("/deadlines", tags=["deadlines"])
@open_to(WAITED_ON)
def read_deadlines(
    desk: DeskDep,
    request: Request,
    response: Response,
    moment: MomentDep,
    cursor: CursorDep = None,
    limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], Deadlines]:
    """What is waited for on a day, shaped by who asks. A look."""
    return _page(desk, request, response, moment, waited_for(desk, moment), cursor, limit)


@router.get("/subjects/{uid}/deadlines", tags=["subjects"])
@open_to(WAITED_ON)
def read_deadlines_of(
    uid: UUID,
    desk: DeskDep,
    request: Request,
    response: Response,
    moment: MomentDep,
    purpose: PurposeDep = None,
    cursor: CursorDep = None,
    limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], Deadlines]:
    """What is waited for about one subject, shaped by who asks. A look at it, also where nothing is waited for."""
    stated = desk.purpose(purpose)
    return _page(desk, request, response, moment, waited_for(desk, moment, str(uid)), cursor, limit, stated)


def _page(
    desk: Desk,
    request: Request,
    response: Response,
    moment: Moment,
    answer: dict[str, Any],
    cursor: str | None,
    limit: int,
    purpose: str | None = None,
) -> dict[str, Any]:
    """A page of the list, looked at."""
    start = place_of(cursor) or 0
    rows = answer["deadlines"]
    if len(rows) > start + limit:
        link_next(request, response, start + limit, limit)
    answer["deadlines"] = rows[start : start + limit]
    look_at(desk, answer, purpose)
    return moment.as_asked(answer)


def waited_for(desk: Desk, moment: Moment, subject: str | None = None) -> dict[str, Any]:
    """The whole list of this viewer; absent to a subject that asks for somebody else's."""
    role = desk.viewer.role
    own = desk.own_uid() if role in _OWN else None
    if role in _OWN and (own is None or not (subject is None or desk.is_own(subject))):
        raise not_found()
    turn = role if role in _BY_ROLE else None
    now = subject is None and moment.as_of == desk.today() and moment.as_known == desk.ledger.size
    asked = Asked(
        viewer=role,
        subject=subject or own,
        role=turn,
        unit=desk.units(),
        viewer_uid=desk.ledger.uid("subject", desk.viewer.actor),
        looks=desk.ledger.access.looks_at(subject) if subject is not None and role in HIDDEN_LOOKS else (),
        streams=turns_of(desk.ledger, desk.ledger.store.engine, turn) if now and turn is not None else None,
    )
    return deadlines(desk.ledger, as_of=moment.as_of, as_known=moment.as_known, asked=asked)


def look_at(desk: Desk, answer: dict[str, Any], purpose: str | None = None) -> None:
    """The people among those that a page of the list shows, or whom it was asked for, were looked at."""
    desk.look_at_list(people_of(desk.ledger, answer), Scope.DEADLINES, purpose)
