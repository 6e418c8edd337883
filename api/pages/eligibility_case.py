"""录用资格审查: the report of one check, and the forms of notice, decision and notification beside it.

A form is read, checked against the ledger without writing, shown again as a whole, and only then submitted, under the
key it was given when it was first shown: a double click is one entry. What is refused is shown at its field with
everything that was typed. What was recorded has an address of its own, so reading it again sends nothing.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from api.auth import DeskDep
from api.desk import Desk
from api.pages.acts import ACTS, Act, Errors
from api.pages.addresses import CHECKS
from api.pages.case import CONSIDERATIONS, Case, case_of
from api.pages.eligibility_list import READERS
from api.pages.folio import Folio, folio_of
from api.pages.forms import Form, FormDep
from api.pages.marks import day, instant
from api.pages.reading import Reading, reading_of
from api.pages.render import see_other, show, words_of
from api.pages.words import Words
from api.policy import open_to
from api.problems import not_found, status_of
from ledger.errors import Group, LedgerError
from ledger.line import Line

router = APIRouter(prefix=CHECKS, include_in_schema=False)
HR: Final = frozenset({"HR"})


@router.get("/{uid}")
@open_to(READERS)
def report(request: Request, uid: UUID, desk: DeskDep) -> Response:
    """The report, and to HR the forms of the step at hand."""
    words = words_of(request)
    folio = folio_of(request, desk, words)
    reading = reading_of(desk, folio.moment, words)
    if folio.errors:
        title = words("case.title")
        return show(
            request, "folio-errors.html", title=title, status=400, folio=folio, r=reading, purpose=words("case.purpose")
        )
    case = case_of(desk, reading, str(uid))
    return _page(request, desk, reading, folio, case, Form())


@router.post("/{uid}/{path}")
@open_to(HR)
def take(request: Request, uid: UUID, path: str, desk: DeskDep, form: FormDep) -> Response:
    """One step of a form: `check` shows it again as a whole, `edit` goes back to it, `submit` records it."""
    kind = ACTS.get(path)
    if kind is None:
        raise not_found()
    words = words_of(request)
    moment = desk.moment(None, None)
    reading = reading_of(desk, moment, words)
    folio = Folio(moment.as_of.isoformat(), "", moment, today=True, latest=True, errors={})
    case = case_of(desk, reading, str(uid))
    act, key, seen = kind(words, case, form), form.key, form.version
    if form("step") == "edit":
        return _page(request, desk, reading, folio, case, form, act)
    errors, status = act.missing(), 422
    if not errors:
        try:
            if form("step") != "submit":
                _try(desk, act, seen)
                return _check(request, reading, folio, act)
            index = _submit(desk, act, key, seen)
            return see_other(request, f"{CHECKS}/{case.uid}/entries/{index}")
        except LedgerError as error:
            if error.group is Group.UNAVAILABLE:
                return _check(request, reading, folio, act, unknown=error)
            if error.group not in (Group.REFUSED, Group.INVALID, Group.CONFLICT):
                raise
            errors, status = act.refused(error), status_of(error)
    return _page(request, desk, reading, folio, case, form, act, errors, status)


@router.get("/{uid}/{path}")
@open_to(HR)
def step(request: Request, uid: UUID, path: str) -> Response:
    """A step of a form has no address of its own: whoever asks for it is at the report."""
    if path not in ACTS:
        raise not_found()
    return see_other(request, f"{CHECKS}/{uid}")


def _line(desk: Desk, act: Act) -> Line:
    data = {"check_id": act.case.id, **act.data()}
    return desk.line(act.type, {"data": data, "purpose": None})


def _try(desk: Desk, act: Act, seen: int) -> None:
    """Let the ledger judge the command, and write nothing: no entry and no trace (DOMAIN §4.3)."""
    line = replace(_line(desk, act), after=seen)
    with desk.ledger.transaction(discard=True):
        desk.ledger.submit(line)


def _submit(desk: Desk, act: Act, key: str, seen: int) -> int:
    return desk.submit(_line(desk, act), key, after=seen, target=act.case.uid).index


def _check(
    request: Request, reading: Reading, folio: Folio, act: Act, *, unknown: LedgerError | None = None
) -> Response:
    """The step before submitting: every answer, what it does, who will see it."""
    words = reading.words
    return show(
        request,
        "case-check.html",
        title=words(f"{act.path}.check_title"),
        status=200 if unknown is None else status_of(unknown),
        back=f"{CHECKS}/{act.case.uid}",
        folio=folio,
        r=reading,
        case=act.case,
        act=act,
        kept=_typed(act),
        unknown=None if unknown is None else words.error(unknown.code),
        address=CHECKS,
        purpose=words("case.purpose"),
    )


def _typed(act: Act) -> dict[str, str]:
    """The fields of a form as they came in, with its key and version."""
    return {name: act.form(name) for name in (*act.fields, "key", "version") if act.form(name)}


def _page(
    request: Request,
    desk: Desk,
    reading: Reading,
    folio: Folio,
    case: Case,
    form: Form,
    act: Act | None = None,
    errors: Errors | None = None,
    status: int = 200,
) -> Response:
    words = reading.words
    acting, errors = desk.viewer.role == "HR", errors or {}
    earliest = _earliest(desk, reading) if acting and case.can_notice else None
    return show(
        request,
        "case.html",
        title=words("case.title"),
        status=status if errors else 200,
        back=f"{CHECKS}/{case.uid}" if request.method == "POST" else None,
        folio=folio,
        r=reading,
        case=case,
        acting=acting,
        act=None if act is None else act.path,
        form=form,
        errors=errors,
        summary=_summary(words, errors, earliest),
        considerations=CONSIDERATIONS,
        keys={path: form.key if act is not None and act.path == path else uuid4().hex for path in ACTS},
        earliest=earliest,
        response_wd=None if reading.edition is None else reading.edition.notice.pre_decision_wd,
        address=CHECKS,
        purpose=words("case.purpose"),
    )


def _summary(words: Words, errors: Errors, earliest: str | None) -> Errors:
    """The sentences above the form; what is wrong with a day names the earliest that is right, as it does there."""
    if earliest is None or "reply_due" not in errors:
        return errors
    named = errors["reply_due"] + words("text.colon") + words("error.earliest", day=day(earliest))
    return {**errors, "reply_due": named}


def _earliest(desk: Desk, reading: Reading) -> str:
    """The earliest last day of the candidate's period, where it is announced today."""
    return desk.ledger.policy.pre_decision_reply_due(reading.on).isoformat()


@router.get("/{uid}/entries/{index}")
@open_to(READERS)
def recorded(request: Request, uid: UUID, index: int, desk: DeskDep) -> Response:
    """What was recorded: its entry, and what happens next."""
    words, moment = words_of(request), desk.moment(None, None)
    reading = reading_of(desk, moment, words)
    case = case_of(desk, reading, str(uid))
    entries: list[Any] = [
        entry for entry in desk.ledger.stream(f"check/{case.uid}", moment.as_known) if entry.index == index
    ]
    paths = {act.type: path for path, act in ACTS.items()}
    if not entries or entries[0].type not in paths:
        raise not_found()
    path, entry = paths[entries[0].type], entries[0]
    return show(
        request,
        "recorded.html",
        title=words(f"{path}.recorded_title"),
        back=f"{CHECKS}/{case.uid}/entries/{index}",
        r=reading,
        case=case,
        ref=reading.entry(index).ref,
        at=instant(entry.recorded_at.isoformat()),
        next_step=_next(reading, case, path, entry.data),
        address=CHECKS,
        path=path,
    )


def _next(reading: Reading, case: Case, path: str, data: Any) -> Markup:
    words: Words = reading.words
    if path == "notice":
        due = reading.working(str(data["reply_due"]), demonstration=reading.periods_demonstrate)
        return words("notice.next", due=reading.chips.due(due))
    return words(f"{path}.next")
