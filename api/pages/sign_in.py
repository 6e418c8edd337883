"""Signing in and out: a token is exchanged for a session of its own, and the session's end revokes it.

A wrong token and none at all get the same answer. In a demonstration the page has a button for each role; the printed
addresses do the same. Nobody is sent anywhere but to a page of ours.
"""

from __future__ import annotations

import hmac
from ipaddress import ip_address
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from api.auth import credential, wiring_of
from api.pages import session
from api.pages.addresses import HOME, SIGN_IN, known_address
from api.pages.demo_roles import Demo, DemoRole
from api.pages.forms import Form, FormDep, OpenFormDep
from api.pages.menus import first_page
from api.pages.render import see_other, show, words_of
from api.policy import EVERYONE, PUBLIC, open_to
from api.problems import not_found

router = APIRouter(include_in_schema=False)
demo_router = APIRouter(include_in_schema=False)
MAX_TOKEN: Final = 200


@router.get(HOME)
@open_to(PUBLIC)
def home(request: Request) -> Response:
    """The first page of whoever is signed in, else the sign-in."""
    token = credential(request)
    if token is None:
        return see_other(request, SIGN_IN)
    address = first_page(token.viewer)
    if address is not None:
        return see_other(request, address)
    request.state.token = token
    return show(request, "no-pages.html", title=words_of(request)("no_pages.title"))


@router.get(SIGN_IN)
@open_to(PUBLIC)
def sign_in(request: Request, next: Annotated[str, Query(max_length=600)] = "") -> Response:  # noqa: A002
    """The form, unless somebody is signed in already."""
    if credential(request) is not None:
        return see_other(request, known_address(next) or HOME)
    return _form(request, known_address(next) or "")


def _form(request: Request, address: str, *, refused: bool = False) -> Response:
    words, demo = words_of(request), _demo(request)
    roles = demo.roles if demo is not None and _is_local(request) else {}
    return show(
        request,
        "sign-in.html",
        title=words("sign_in.title"),
        status=422 if refused else 200,
        back=f"{SIGN_IN}?{urlencode({'next': address})}" if address else SIGN_IN,
        next=address,
        refused=refused,
        roles=[(slug, role.zh if words.html_lang == "zh-CN" else role.en) for slug, role in roles.items()],
    )


@router.post(SIGN_IN)
@open_to(PUBLIC)
def sign_in_with(request: Request, form: OpenFormDep) -> Response:
    """A session for the holder of a token, or of a demonstration's role."""
    address = known_address(form("next"))
    wiring, role = wiring_of(request), _role(request, form)
    if role is not None:
        return _begun(request, role, address or role.first_page)
    token = wiring.tokens.find(form("token").strip()[:MAX_TOKEN]) if form("token").strip() else None
    if token is None:
        return _form(request, address or "", refused=True)
    response = see_other(request, address or first_page(token.viewer) or HOME)
    session.begin(wiring, token.viewer, response, parent=token.id)
    return response


def _role(request: Request, form: Form) -> DemoRole | None:
    demo = _demo(request)
    if demo is None or not form("role"):
        return None
    if not _is_local(request) or form("role") not in demo.roles:
        raise not_found()
    return demo.roles[form("role")]


@router.post("/sign-out")
@open_to(EVERYONE)
def sign_out(request: Request, form: FormDep) -> Response:
    """The end of the session."""
    response = see_other(request, SIGN_IN)
    session.end(wiring_of(request), request.state.token, response)
    return response


@demo_router.get("/demo/{slug}/{key}")
@open_to(PUBLIC)
def take_up(request: Request, slug: str, key: str) -> Response:
    """The printed address of a role: signs its holder in and goes to the role's first page."""
    demo = _demo(request)
    known = demo is not None and slug in demo.roles and hmac.compare_digest(demo.key.encode(), key.encode())
    if demo is None or not known or not _is_local(request):
        raise not_found()
    return _begun(request, demo.roles[slug], demo.roles[slug].first_page)


def _begun(request: Request, role: DemoRole, address: str) -> Response:
    response = see_other(request, address)
    session.begin(wiring_of(request), role.viewer, response)
    return response


def _demo(request: Request) -> Demo | None:
    found: Demo | None = getattr(request.app.state, "demo", None)
    return found


def _is_local(request: Request) -> bool:
    """Whether the other end is this machine."""
    try:
        return request.client is not None and ip_address(request.client.host).is_loopback
    except ValueError:
        return False
