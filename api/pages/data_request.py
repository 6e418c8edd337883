"""个人信息请求: a person uses a right to their own data, about one record of theirs or about all of them.

The page is the person's alone and its address names nobody. It offers the records that their own file shows and no
others; what the ledger refuses is put to the field it is about. What was asked stands in the file from then on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, get_args
from uuid import uuid4

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth import DeskDep
from api.desk import Desk
from api.pages.addresses import DATA_REQUEST, MY_FILE
from api.pages.forms import Form, FormDep
from api.pages.marks import day
from api.pages.my_file import titles_of
from api.pages.reading import Reading, reading_of
from api.pages.render import see_other, show, words_of
from api.policy import SUBJECTS, open_to
from api.problems import not_found, status_of
from ledger.domain.data_request import PersonalDataRequested, Right
from ledger.errors import Group, LedgerError

router = APIRouter(include_in_schema=False)
RIGHTS: Final[tuple[str, ...]] = get_args(Right)
FIELDS: Final = ("right", "record", "grounds")
Errors = Mapping[str, Markup]


@router.get(DATA_REQUEST)
@open_to(SUBJECTS)
def data_request(request: Request, desk: DeskDep) -> Response:
    """The form."""
    _, reading, file = _own(request, desk)
    return _page(request, reading, file, Form())


@router.post(DATA_REQUEST)
@open_to(SUBJECTS)
def ask(request: Request, desk: DeskDep, form: FormDep) -> Response:
    """Record the request, then show it in the file."""
    own, reading, file = _own(request, desk)
    key, chosen = form.key, form("right")
    if chosen not in RIGHTS:
        return _page(request, reading, file, form, {"right": reading.words("error.right")}, 422)
    data: dict[str, Any] = {"request_id": f"DR-{key}", "subject_id": own, "right": chosen}
    data |= next((named for uid, named, _ in _records(reading, file) if uid == form("record")), {})
    if form("grounds").strip():
        data["grounds"] = form("grounds").strip()
    try:
        desk.submit(desk.line(PersonalDataRequested.__name__, {"data": data}), key)
    except LedgerError as error:
        if error.group not in (Group.REFUSED, Group.INVALID, Group.CONFLICT):
            raise
        return _page(request, reading, file, form, _refused(reading, error), status_of(error))
    return see_other(request, f"{MY_FILE}#data_requests")


def _own(request: Request, desk: Desk) -> tuple[str, Reading, Mapping[str, Any]]:
    """The person, how the page reads, and the own file; whoever acts for a unit has no such page."""
    own = desk.own_uid()
    if own is None or desk.viewer.unit is not None:
        raise not_found()
    moment = desk.moment(None, None)
    return own, reading_of(desk, moment, words_of(request)), desk.file(own, moment)


def _records(reading: Reading, file: Mapping[str, Any]) -> list[tuple[str, dict[str, str], Markup]]:
    """The records one may name: pseudonym, the member of the command, and what it is called. A declined report that the
    desk has shown is none: its case was never put to the person."""
    titles = titles_of(reading, file)
    found = [
        (str(one["uid"]), {"breach_id": str(one["uid"])}, titles[str(one["id"])])
        for one in file["breaches"]
        if one["state"] != "DECLINED"
    ]
    for check in file.get("checks") or []:
        purpose, on = reading.words.code("purpose", str(check["purpose"])), day(check["requested_on"])
        said = reading.words("data_request.check", purpose=purpose, day=on)
        found.append((str(check["uid"]), {"check_id": str(check["uid"])}, said))
    return found


def _refused(reading: Reading, error: LedgerError) -> Errors:
    words, member = reading.words, (error.field or "").rpartition(".")[2]
    if (error.code, member) == ("missing-field", "grounds"):
        return {"grounds": words("error.grounds")}
    said = words.error(error.code) or Markup(error.code)  # noqa: S704 - a code of ours
    return {member if member in FIELDS else "": said}


def _page(
    request: Request,
    reading: Reading,
    file: Mapping[str, Any],
    form: Form,
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    return show(
        request,
        "data-request.html",
        title=reading.words("data_request.title"),
        status=status,
        back=DATA_REQUEST,
        r=reading,
        address=DATA_REQUEST,
        file_page=f"{MY_FILE}#data_requests",
        key=form.key if errors else uuid4().hex,
        form=form,
        rights=RIGHTS,
        records=[(uid, said) for uid, _, said in _records(reading, file)],
        errors=errors or {},
    )
