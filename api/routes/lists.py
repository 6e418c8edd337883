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
from ledger.domain.values import SubjectKind
from ledger.errors import Invalid
from ledger.folds.breach import STANDING
from ledger.folds.check import TRANSITIONS
from projections.listing import page
from projections.turns import WAITING_REPAIR
from projections.views import COLUMNS

router = APIRouter(prefix="/v1")
CASES: Final = frozenset({"DECIDER", "REVIEWER", "CREDIT", "AUDITOR", "DPO"})
_STATES: Final = (
    "REPORTED", "DECLINED", "NOTIFIED", "REPLIED", "LAPSED", "CONFIRMED", "DISMISSED", "APPEALED", "UPHELD", "VARIED",
    "OVERTURNED", "REMOVED", "REPAIRED",
)  # fmt: skip
# The credit office's list is its work: findings it may see (DOMAIN §8, column own HR) on which a repair waits.
_OF_CREDIT: Final = tuple(state for state in _STATES if state in STANDING | {"APPEALED"})

_KINDS: Final = tuple(kind.value for kind in SubjectKind)
# What the rows of the lists can say: what only a day makes of a record (OVERDUE, LAPSED) is read at the record.
_OF_COMMITMENTS: Final = ("OPEN", "FULFILLED_ON_TIME", "FULFILLED_LATE", "WAIVED", "IMPORTED")
_OF_CHECKS: Final = tuple(dict.fromkeys(state for _, state in TRANSITIONS.values()))


def _one_of(values: Sequence[str]) -> Any:
    """A filter by one of these values, which the document lists."""
    return Query(max_length=40, json_schema_extra={"enum": list(values)})


def _listed(name: str, value: str, values: Sequence[str]) -> str:
    if value not in values:
        raise Invalid(f"one of {', '.join(values)}", code="not-in-list", field=name)
    return value


@router.get("/subjects", tags=["subjects"])
@open_to(LISTS)
def list_subjects(
    desk: DeskDep, request: Request, response: Response,
    kind: Annotated[str | None, _one_of(_KINDS)] = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("subjects")]:  # fmt: skip
    """Registered subjects; a unit's name and code are plain, a person is a pseudonym with a post. A look at people."""
    filters = {} if kind is None else {"kind": _listed("kind", kind, _KINDS)}
    return _answer(desk, request, response, "subjects", filters, cursor, limit, of="uid")


@router.get("/breaches", tags=["breaches"])
@open_to(CASES)
def list_breaches(
    desk: DeskDep, request: Request, response: Response,
    state: Annotated[str | None, _one_of(_STATES)] = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("breaches")]:  # fmt: skip
    """Cases in log order, by state; to the credit office, those on which a repair waits for it. A look."""
    of_credit = desk.viewer.role == "CREDIT"
    shown = _OF_CREDIT if of_credit else _STATES
    wanted = shown if state is None else tuple(one for one in shown if one == _listed("state", state, _STATES))
    filters = {"state": wanted, **({"repair_state": WAITING_REPAIR} if of_credit else {})}
    return _answer(desk, request, response, "breaches", filters, cursor, limit, of="subject")


@router.get("/commitments", tags=["commitments"])
@open_to(frozenset({"HR", "CREDIT", "AUDITOR", "DPO"}))
def list_commitments(
    desk: DeskDep, request: Request, response: Response,
    state: Annotated[str | None, _one_of(_OF_COMMITMENTS)] = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("commitments")]:  # fmt: skip
    """Commitments in log order, by state. A look at the people among the promisors."""
    filters = {} if state is None else {"state": _listed("state", state, _OF_COMMITMENTS)}
    return _answer(desk, request, response, "commitments", filters, cursor, limit, of="promisor")


@router.get("/eligibility-checks", tags=["eligibility-checks"])
@open_to(frozenset({"HR", "AUDITOR"}))
def list_checks(
    desk: DeskDep, request: Request, response: Response,
    state: Annotated[str | None, _one_of(_OF_CHECKS)] = None, cursor: CursorDep = None, limit: LimitDep = PAGE,
) -> Annotated[dict[str, Any], PageOf("checks")]:  # fmt: skip
    """The checks that the viewer's unit requested; to the auditor, all. A look."""
    filters: dict[str, Any] = {} if state is None else {"state": _listed("state", state, _OF_CHECKS)}
    if desk.viewer.role == "HR":
        filters["requester"] = sorted(desk.units())
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
    rows = [row for row in found.rows if name == "subjects" or not desk.is_about_viewer(str(row[of]))]
    desk.look_at_list(_people(desk, [row[of] for row in rows]), Scope(name.upper()))
    columns = ("uid", *(column for column, _ in COLUMNS[name]))
    return {"items": [{column: row[column] for column in columns} for row in rows], "position": found.position}


def _people(desk: Desk, uids: Sequence[str | None]) -> list[str]:
    return sorted({uid for uid in uids if uid is not None and desk.ledger.kind_of(uid).value == "PERSON"})
