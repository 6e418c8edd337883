"""Errors over HTTP: one problem document (RFC 9457) for each, with the ledger's own code; input is never repeated.

The ledger knows codes and groups, this file knows statuses (DESIGN §7). `title` is the code's sentence in the reader's
language, `detail` says what was wrong, `field` where; `trace_id` is what to say on the telephone.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any, Final
from uuid import uuid4

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from starlette.exceptions import HTTPException as FrameworkError
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Match, Route

from api.language import language_of
from api.policy import every_route
from api.text.catalogue import Text
from ledger.errors import Group, LedgerError

MEDIA_TYPE: Final = "application/problem+json"
TYPE_PREFIX: Final = "urn:integrity-ledger:problem:"
RETRY_AFTER_SECONDS: Final = 2

STATUS: Final[Mapping[Group, int]] = {
    Group.INVALID: 400,
    Group.REFUSED: 422,
    Group.NOT_FOUND: 404,
    Group.CONFLICT: 409,
    Group.UNAVAILABLE: 503,
    Group.TAMPERED: 500,
}
# Codes whose status is not that of their group.
STATUS_OF_CODE: Final[Mapping[str, int]] = {
    "stale-version": 412,
    "clock-behind": 503,
    "request-key-reused": 422,
    "body-too-large": 413,
    "unsupported-media-type": 415,
}
CODE_OF_STATUS: Final[Mapping[int, str]] = {
    400: "malformed",
    401: "sign-in-required",
    403: "forbidden",
    404: "not-found",
    405: "method-not-allowed",
    413: "body-too-large",
    415: "unsupported-media-type",
    428: "precondition-required",
    429: "too-many-requests",
}
DETAIL_OF_STATUS: Final[Mapping[int, str]] = {
    400: "the request cannot be understood",
    405: "this address takes other methods: see Allow",
}
NOTHING_KNOWN: Final = "nothing of that id is known here"
log = logging.getLogger("integrity.http")


class Problem(HTTPException):
    """An answer that is not a rule's: sign-in, headers, rates. `status` is one of DESIGN §7.

    `more` are members of the document beside the usual ones. It is one of the framework's own errors, so that it also
    ends the reading of a form.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, detail, dict(headers or {}))
        self.status, self.code, self.field, self.more = status, code, field, dict(more or {})


def not_found() -> Problem:
    """What is absent, and what the viewer may not see: one answer (ASSURANCE §6, 15)."""
    return Problem(404, "not-found", NOTHING_KNOWN)


def status_of(error: LedgerError) -> int:
    """The status of an error of the ledger."""
    return STATUS_OF_CODE.get(error.code, STATUS[error.group])


def document(request: Request, status: int, code: str, detail: str, field: str | None = None) -> dict[str, Any]:
    """The problem document's members."""
    text = Text(language_of(request))
    body = {
        "type": TYPE_PREFIX + code,
        "title": text.error(code) or text.error(CODE_OF_STATUS.get(status, "")) or code,
        "status": status,
        "code": code,
        "detail": detail,
        "trace_id": trace_id(request),
    }
    return body if field is None else {**body, "field": field}


def trace_id(request: Request) -> str:
    """One id for each request, in its log line and its problem."""
    known: str | None = getattr(request.state, "trace_id", None)
    if known is None:
        known = request.state.trace_id = uuid4().hex[:16]
    return known


def respond(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Response:
    """A problem as a response; `more` are members beside the usual ones."""
    shown = dict(headers or {})
    if status == 503:
        shown.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    if status == 401:
        shown.setdefault("WWW-Authenticate", 'Bearer realm="integrity"')
    body = dict(more or {}) | document(request, status, code, detail, field)
    return JSONResponse(body, status, headers=shown, media_type=MEDIA_TYPE)


def of_error(request: Request, error: LedgerError) -> Response:
    """An error of the ledger as a response."""
    status = status_of(error)
    if error.group is Group.TAMPERED:
        log.error("damage", extra={"code": error.code, "trace_id": trace_id(request)})
    return respond(request, status, error.code, error.detail or error.code, field=error.field)


def item(error: LedgerError) -> dict[str, Any]:
    """One refused command of a batch: status, code, detail and field."""
    found = {"status": status_of(error), "code": error.code, "detail": error.detail or error.code}
    return found if error.field is None else {**found, "field": error.field}


def _methods_of(app: FastAPI, request: Request) -> set[str]:
    """Every method that the request's path takes, whichever route takes it."""
    routes = (route for route in every_route(app.routes) if isinstance(route, Route))
    return {
        name for route in routes if route.matches(request.scope)[0] is not Match.NONE for name in route.methods or ()
    }


def install(app: FastAPI) -> None:
    """Every way a request can end badly ends in a problem document."""

    @app.exception_handler(Problem)
    async def problem(request: Request, raised: Problem) -> Response:
        members, headers = raised.more, raised.headers
        return respond(
            request, raised.status, raised.code, raised.detail, field=raised.field, headers=headers, more=members
        )

    @app.exception_handler(LedgerError)
    async def refused(request: Request, raised: LedgerError) -> Response:
        return of_error(request, raised)

    @app.exception_handler(RequestValidationError)
    async def malformed(request: Request, raised: RequestValidationError) -> Response:
        place = raised.errors()[0].get("loc", ())
        if place[:1] == ("path",):  # no such id can exist
            return respond(request, 404, "not-found", NOTHING_KNOWN)
        field = str(place[-1]) if place and place[0] in ("query", "header") else None
        return respond(request, 400, "malformed", "a parameter cannot be understood", field=field)

    @app.exception_handler(FrameworkError)
    async def plain(request: Request, raised: FrameworkError) -> Response:
        code = CODE_OF_STATUS.get(raised.status_code, "malformed")
        headers = dict(raised.headers or {})
        if raised.status_code == 404:
            return respond(request, 404, code, NOTHING_KNOWN)
        if raised.status_code == 405:
            headers["Allow"] = ", ".join(sorted(_methods_of(app, request)))
        return respond(
            request, raised.status_code, code, DETAIL_OF_STATUS.get(raised.status_code, code), headers=headers
        )

    @app.exception_handler(ClientDisconnect)
    async def gone(request: Request, raised: ClientDisconnect) -> Response:
        return respond(request, 400, "malformed", "the request ended early")  # nobody hears it; the log says it

    @app.exception_handler(InterfaceError)
    @app.exception_handler(OperationalError)
    @app.exception_handler(PoolExhausted)
    async def away(request: Request, raised: SQLAlchemyError) -> Response:
        detail = "the database cannot be reached"  # the driver's own text may say too much
        return respond(request, 503, "store-unavailable", detail)

    @app.exception_handler(Exception)
    async def unexpected(request: Request, raised: Exception) -> Response:
        log.error("unexpected", extra={"trace_id": trace_id(request), "error": type(raised).__name__})
        return respond(request, 500, "unexpected", "the ledger could not answer; the trace id names this in its log")
