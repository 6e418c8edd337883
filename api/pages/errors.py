"""Errors as pages: whatever ends a page's request badly is said in the reader's language, under the same code.

The problem document is made first, by the handlers that `/v1` has; a page shows its members. Without a sign-in the
reader is sent to sign in and comes back. What is absent and what is not the reader's are one page.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import FastAPI, Request
from starlette.responses import Response

from api.auth import credential
from api.pages.addresses import HOME, SIGN_IN, address_of
from api.pages.render import see_other, show, words_of
from api.problems import MEDIA_TYPE, Problem
from api.routes.health import router as health_router
from ledger.errors import LedgerError

_NOT_PAGES: Final = ("/v1", "/static", "/metrics", *(route.path for route in health_router.routes))  # type: ignore[attr-defined]
_KEPT: Final = ("retry-after", "ratelimit", "ratelimit-policy", "allow")
Handler = Callable[[Request, Exception], Any]


def is_page(request: Request) -> bool:
    """Whether a person in a browser is waiting: not a path of the interface, and HTML is taken."""
    path = request.url.path
    if any(path == other or path.startswith(f"{other}/") for other in _NOT_PAGES):
        return False
    return "text/html" in request.headers.get("accept", "")


def install(app: FastAPI) -> None:
    """Let every handler of problems answer pages with a page; after `problems.install`."""
    for kind, handler in list(app.exception_handlers.items()):
        app.exception_handlers[kind] = _for_pages(handler)


def _for_pages(handler: Handler) -> Handler:
    async def handle(request: Request, raised: Exception) -> Response:
        answer = handler(request, raised)
        response: Response = await answer if inspect.isawaitable(answer) else answer
        if not is_page(request) or response.media_type != MEDIA_TYPE:
            return response
        return page_of(request, json.loads(bytes(response.body)), response)

    return handle


def _recognise(request: Request) -> None:
    """Whoever is signed in keeps their menu on a page that no route answered."""
    if hasattr(request.state, "token"):
        return
    try:
        request.state.token = credential(request)
    except (Problem, LedgerError):
        request.state.token = None


def page_of(request: Request, problem: dict[str, Any], response: Response) -> Response:
    """The page of a problem."""
    status, code = int(problem["status"]), str(problem["code"])
    if status == 401:
        address = address_of(request) if request.method == "GET" else HOME
        return see_other(request, SIGN_IN if address == HOME else f"{SIGN_IN}?{urlencode({'next': address})}")
    _recognise(request)
    words = words_of(request)
    said = words(f"problem.{code}") if words.has(f"problem.{code}") else words.error(code)
    group = next((name for name in (f"status.{status}", f"status.{status // 100}xx") if words.has(name)), "status.5xx")
    page = show(
        request,
        "problem.html",
        title=words(group),
        status=status,
        back=address_of(request) if request.method == "GET" else HOME,
        said=said or words(f"{group}_said"),
        next_step=words(f"{group}_next"),
        code=code,
        trace=str(problem["trace_id"]),
    )
    for name in _KEPT:
        if name in response.headers:
            page.headers[name] = response.headers[name]
    return page
