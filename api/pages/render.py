"""Making a page: the template filled in, inside the frame every page has, with a policy under which nothing runs.

A page's answer carries its own Content-Security-Policy; it is never cached. The session's cookie is renewed on the way
out. Templates escape what they are given and fail on a name they were not given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse, Response

from api.auth import viewer_of, wiring_of
from api.language import language_of
from api.pages import session
from api.pages.addresses import PUBLIC_UNITS, RECEIPT, VERIFIER, address_of
from api.pages.assets import ASSETS
from api.pages.chips import Chips, icon
from api.pages.marks import day, figure, foreign, instant, signed
from api.pages.menus import Group, marked, menu_of
from api.pages.words import Words
from api.signed import Signed, newest
from ledger.access import Viewer
from ledger.errors import LedgerError, VerificationError
from ledger.witness.policy import Level

if TYPE_CHECKING:
    from api.auth import Wiring
    from ledger.application import Ledger

CSP: Final = (
    "default-src 'self'; script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
# Under `no-referrer` a browser hides the origin of a form, even from the site it belongs to.
HEADERS: Final = {"Content-Security-Policy": CSP, "Referrer-Policy": "same-origin"}
SIZE_COOKIE: Final = "size"
LARGE: Final = "large"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the ledger stands: what the header says and the footer repeats."""

    size: int
    root: str
    signed: Signed | None

    def covers(self, size: int) -> bool:
        """Whether the newest checkpoint speaks for the first `size` entries."""
        return self.signed is not None and self.signed.level is not None and self.signed.checkpoint.size >= size

    def witnessed(self, size: int) -> bool:
        """Whether witnesses have cosigned it as well."""
        return self.covers(size) and self.signed is not None and self.signed.level is Level.WITNESSED


@dataclass(frozen=True, slots=True)
class Frame:
    """What every page has around it."""

    words: Words
    large: bool
    viewer: Viewer | None
    unit_name: str | None
    menu: tuple[Group, ...]
    standing: Standing | None
    csrf: str | None
    back: str
    demo: bool
    path: str

    @property
    def role(self) -> str:
        """The key of the reader's role in words; whoever acts for a unit is the unit."""
        if self.viewer is None:
            return "PUBLIC"
        return "SUBJECT_OF_UNIT" if self.viewer.role == "SUBJECT" and self.viewer.unit else self.viewer.role


@cache
def environment() -> Environment:
    """The templates, read once."""
    made = Environment(
        loader=FileSystemLoader(str(files("api").joinpath("templates"))),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {
        "asset": ASSETS.url,
        "icon": icon,
        "receipt": RECEIPT.format,
        "verifier": VERIFIER,
        "public_units": PUBLIC_UNITS,
    }
    made.filters |= {"day": day, "instant": instant, "figure": figure, "signed": signed}
    return made


def words_of(request: Request) -> Words:
    """The words of a page in the reader's language."""
    return Words(language_of(request))


def show(
    request: Request,
    template: str,
    *,
    title: str,
    status: int = 200,
    back: str | None = None,
    counts: dict[str, int] | None = None,
    **content: Any,
) -> Response:
    """A page. `back` is where a change of language or size comes back to: the address itself unless given."""
    frame = _frame(request, back or address_of(request), counts or {})
    words = frame.words

    def han(text: object) -> Any:
        return foreign(text, words.language)

    shown = {"frame": frame, "t": words, "c": Chips(words), "han": han, "title": title}
    body = environment().get_template(template).render({"stands_on": None, "wrong": False, **shown, **content})
    response = HTMLResponse(body, status, headers=HEADERS | {"Content-Language": words.html_lang})
    return _renewed(request, response)


def see_other(request: Request, address: str) -> Response:
    """Send the browser on with a GET."""
    return _renewed(request, RedirectResponse(address, 303, headers=HEADERS))


def _renewed(request: Request, response: Response) -> Response:
    session.renew(wiring_of(request), request, response)
    return response


def _frame(request: Request, back: str, counts: dict[str, int]) -> Frame:
    wiring, viewer = wiring_of(request), viewer_of(request)
    token = getattr(request.state, "token", None)
    standing, unit_name = None, None
    try:
        head = wiring.ledger.store.head()
        standing = Standing(head.size, head.root.hex(), _newest(wiring))
        unit_name = _unit_name(wiring.ledger, viewer)
    except LedgerError:
        pass  # a page about the ledger being away is shown without what only the ledger knows
    return Frame(
        words=words_of(request),
        large=request.cookies.get(SIZE_COOKIE) == LARGE,
        viewer=viewer,
        unit_name=unit_name,
        menu=() if viewer is None else marked(menu_of(viewer), request.url.path, counts),
        standing=standing,
        csrf=None if token is None else session.csrf_of(wiring.ledger, token),
        back=back,
        demo=getattr(request.app.state, "demo", None) is not None,
        path=request.url.path,
    )


def _newest(wiring: Wiring) -> Signed | None:
    """The newest checkpoint; none where what lies in its place is not one."""
    try:
        return newest(wiring)
    except VerificationError:
        return None


def _unit_name(ledger: Ledger, viewer: Viewer | None) -> str | None:
    if viewer is None or viewer.unit is None:
        return None
    uid = ledger.uid("subject", viewer.unit)
    return viewer.unit if uid is None else str(ledger.identity(uid).get("name") or viewer.unit)
