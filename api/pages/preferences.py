"""Language and letter size: two cookies that say how pages look, set by a form and without a sign-in."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from api.language import COOKIE as LANGUAGE_COOKIE
from api.pages.addresses import HOME, known_address
from api.pages.forms import OpenFormDep
from api.pages.render import LARGE, SIZE_COOKIE, see_other
from api.policy import PUBLIC, open_to
from api.problems import Problem
from api.text.language import Language

router = APIRouter(include_in_schema=False)
PATH: Final = "/preferences"
YEAR_SECONDS: Final = 365 * 24 * 3600
CHOICES: Final = {LANGUAGE_COOKIE: frozenset(map(str, Language)), SIZE_COOKIE: frozenset({LARGE, "standard"})}


@router.post(PATH)
@open_to(PUBLIC)
def choose(request: Request, form: OpenFormDep) -> Response:
    """Remember a choice and go back to the page it was made on."""
    response = see_other(request, known_address(form("next")) or HOME)
    chosen = {name: form(name) for name in CHOICES if form(name)}
    if not chosen or any(value not in CHOICES[name] for name, value in chosen.items()):
        raise Problem(400, "malformed", "there is no such choice")
    for name, value in chosen.items():
        response.set_cookie(name, value, max_age=YEAR_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
    return response
