"""The lists: subjects, breaches, commitments and checks, a page at a time, from the materialised views.

A row holds pseudonyms, codes, states and days. Whoever reads a page of people's records has looked at them: one entry
in the access log for the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response

from api.answers import PageOf
from api.auth import DeskDep
from api.desk import Desk
from api.policy import LISTS, open_to
from api.routes.parameters import PAGE, CursorDep, LimitDep, link_next, place_of
from ledger.domain.access import Scope
from ledger.folds.breach import HEARING, UNHEARD
from projections.listing import page
from projections.views import COLUMNS

router = APIRouter(prefix="/v1")
FilterDep = Annotated[str | None, Query(max_length=40, pattern="^[A-Z][A-Z_]*$")]
CASES: Final = frozenset({"DECIDER", "REVIEWER", "CREDIT", "AUDITOR", "DPO"})
_STATES: Final = (
    "REPORTED", "DECLINED", "NOTIFIED", "REPLIED", "LAPSED", "CONFIRMED", "DISMISSED", "APPEALED", "UPHELD", "VARIED",
    "OVERTURNED", "REMOVED", "REPAIRED",
)  # fmt: skip
# The credit office meets a case once it is a finding (DOMAIN §8, column own HR).
_OF_CREDIT: Final = tuple(state for state in _STATES if state not in UNHEARD | HEARING | {"DISMISSED", "OVERTURNED"})


@router.get("/subjects", tags=["subjects"])
@open_to(LISTS)
def list_subjects(
    desk: DeskDep, request: Request, response: Response,
    kind: FilterDep = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("subjects")]:  # fmt: skip
    """Registered subjects; a unit's name and code are plain, a person is a pseudonym with a post. A look at people."""
    filters = {} if kind is None else {"kind": kind}
    return _answer(desk, request, response, "subjects", filters, cursor, limit, of="uid")


@router.get("/breaches", tags=["breaches"])
@open_to(CASES)
def list_breaches(
    desk: DeskDep, request: Request, response: Response,
    state: FilterDep = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("breaches")]:  # fmt: skip
    """Cases in log order, by state. A look."""
    shown = _OF_CREDIT if desk.viewer.role == "CREDIT" else _STATES
    wanted = shown if state is None else tuple(one for one in shown if one == state)
    return _answer(desk, request, response, "breaches", {"state": wanted}, cursor, limit, of="subject")


@router.get("/commitments", tags=["commitments"])
@open_to(frozenset({"HR", "CREDIT", "AUDITOR", "DPO"}))
def list_commitments(
    desk: DeskDep, request: Request, response: Response,
    state: FilterDep = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("commitments")]:  # fmt: skip
    """Commitments in log order, by state. A look at the people among the promisors."""
    filters = {} if state is None else {"state": state}
    return _answer(desk, request, response, "commitments", filters, cursor, limit, of="promisor")


@router.get("/eligibility-checks", tags=["eligibility-checks"])
@open_to(frozenset({"HR", "AUDITOR"}))
def list_checks(
    desk: DeskDep, request: Request, response: Response,
    state: FilterDep = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("checks")]:  # fmt: skip
    """The checks that the viewer's unit requested; to the auditor, all. A look."""
    filters = {} if state is None else {"state": state}
    if desk.viewer.role == "HR":
        filters["requester"] = desk.ledger.uid("subject", desk.viewer.unit or "") or ""
    return _answer(desk, request, response, "checks", filters, cursor, limit, of="subject")


def _answer(
    desk: Desk,
    request: Request,
    response: Response,
    name: str,
    filters: dict[str, Any],
    cursor: str | None,
    limit: int,
    *,
    of: str,
) -> dict[str, Any]:
    """A page of a list; `of` is the column that says whom a row is about."""
    place = place_of(cursor)
    found = page(desk.ledger.store.engine, name, filters, after=-1 if place is None else place, limit=limit)
    if found.last is not None:
        link_next(request, response, found.last, limit)
    desk.look_at_list(_people(desk, [row[of] for row in found.rows]), Scope(name.upper()))
    columns = ("uid", *(column for column, _ in COLUMNS[name]))
    return {"items": [{column: row[column] for column in columns} for row in found.rows], "position": found.position}


def _people(desk: Desk, uids: Sequence[str | None]) -> list[str]:
    return sorted({uid for uid in uids if uid is not None and desk.ledger.kind_of(uid).value == "PERSON"})
