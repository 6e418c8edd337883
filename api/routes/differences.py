"""The difference of two moments of one file: what was known then, against what is known now. A look at both."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, NotRequired
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from api.answers import Index, Stands, Uid
from api.answers import Moment as Time
from api.auth import DeskDep
from api.desk import Desk, Moment
from api.policy import open_to
from api.problems import Problem
from api.routes.parameters import DayParameter
from ledger.domain.values import Day as OnDay
from ledger.domain.values import DecimalText
from ledger.errors import Invalid
from projections.difference import At, difference
from projections.integrity_file import integrity_file

router = APIRouter(prefix="/v1")
Day = Annotated[DayParameter | None, Query(description="the day it is about; today")]
Known = Annotated[str | None, Query(max_length=40, description="a size, a day or an RFC 3339 time; everything")]


class DifferentMoment(Stands):
    """One of two moments; `absent` where nothing was there yet."""

    rulebook: str | None
    absent: bool


class NamedEntry(TypedDict):
    index: Index
    type: str
    effective_on: OnDay
    recorded_at: Time


class Change(TypedDict):
    """A record of the answer that differs: by the day alone (`by_day`), by entries, or both."""

    section: str
    key: str
    id: str
    change: Literal["added", "removed", "changed"]
    fields: list[dict[str, Any]]
    by_day: bool
    entries: list[NamedEntry]
    entries_withheld: NotRequired[int]
    difference: NotRequired[DecimalText]


class MovedFigure(TypedDict):
    """A figure at both moments; the differences of its lines sum to its own."""

    before: DecimalText | None
    after: DecimalText | None
    difference: DecimalText | None
    lines: DecimalText


# Written this way because `from` is a word of the language.
Difference = TypedDict(
    "Difference",
    {
        "subject": str,
        "uid": Uid,
        "viewer": str,
        "from": DifferentMoment,
        "to": DifferentMoment,
        "figure": NotRequired[MovedFigure],
        "changes": list[Change],
        "entries": list[NamedEntry],
    },
)


def _moment(desk: Desk, side: str, as_of: str | None, as_known: str | None) -> Moment:
    """The moment of one side; what is wrong is said of that side's parameter."""
    try:
        return desk.moment(as_of, as_known)
    except Invalid as error:
        raise Invalid(error.detail, code=error.code, field=f"{side}_{error.field}") from None


def moments(
    desk: DeskDep,
    from_as_of: Day = None,
    from_as_known: Known = None,
    to_as_of: Day = None,
    to_as_known: Known = None,
) -> tuple[Moment, Moment]:
    return _moment(desk, "from", from_as_of, from_as_known), _moment(desk, "to", to_as_of, to_as_known)


MomentsDep = Annotated[tuple[Moment, Moment], Depends(moments)]


@router.get("/subjects/{uid}/difference", tags=["subjects"])
@open_to(frozenset({"SUBJECT", "AUDITOR"}))
def read_difference(uid: UUID, desk: DeskDep, both: MomentsDep) -> Annotated[dict[str, Any], Difference]:
    """What differs in a subject's file between two moments, and by which entries. Without parameters both are now."""
    first, second = both
    later = desk.file(str(uid), second)
    _read_if_any(desk, uid, first)
    viewer = desk.viewer

    def ask(on: date, size: int) -> dict[str, Any]:
        return integrity_file(desk.ledger, str(uid), as_of=on, as_known=size, viewer=viewer.role, unit=viewer.unit)

    everything = viewer.role == "AUDITOR"
    at = [At(moment.as_of, moment.as_known) for moment in both]
    found = difference(desk.ledger, ask, str(uid), *at, all_entries=everything)
    for side, moment in zip(("from", "to"), both, strict=True):
        found[side] = moment.as_asked(found[side])
    return {"subject": later["subject"], "uid": later["uid"], "viewer": later["viewer"], **found}


def _read_if_any(desk: Desk, uid: UUID, first: Moment) -> None:
    """The look at the first answer; there is none where nothing was there yet."""
    try:
        desk.file(str(uid), first)
    except Problem as problem:
        if problem.status != 404:
            raise
