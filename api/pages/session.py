"""The session of a page: a credential of its own in a cookie, with the time it was last used under a seal.

The cookie holds the credential's secret, the second it was last seen and a keyed digest over both. The credential ends
by itself after `session_hours`; a cookie that was not seen for `session_idle_minutes` opens nothing, whichever process
is asked, and nobody without the index key can write a later time into it. Sign-out revokes the credential.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from starlette.requests import Request
from starlette.responses import Response

from ledger.errors import NotFound

if TYPE_CHECKING:
    from api.auth import Wiring
    from ledger.access import Viewer
    from ledger.application import Ledger
    from ledger.tokens import Token

COOKIE: Final = "__Host-session"
RENEW_SECONDS: Final = 60  # a cookie younger than this is not written anew
_PURPOSE: Final = "page-session"
_CSRF: Final = "page-form"
_AHEAD_SECONDS: Final = 60  # clocks of two processes may differ by this


def _seconds(ledger: Ledger) -> int:
    return int(ledger.clock().timestamp())


def _sealed(ledger: Ledger, secret: str) -> str:
    said = f"{secret}.{_seconds(ledger)}"
    return f"{said}.{ledger.keys.keyed_digest(_PURPOSE, said.encode()).hex()}"


def _opened(ledger: Ledger, cookie: str) -> tuple[str, int] | None:
    """The secret and the second it was last seen; None for a cookie that was not written here."""
    said, _, seal = cookie.rpartition(".")
    secret, _, seen = said.rpartition(".")
    if not (secret and seen.isascii() and seen.isdigit() and len(seen) <= 12):
        return None
    if not any(hmac.compare_digest(digest.hex(), seal) for digest in _digests(ledger, said)):
        return None
    return secret, int(seen)


def _digests(ledger: Ledger, said: str) -> list[bytes]:
    return ledger.keys.keyed_digests(_PURPOSE, said.encode("utf-8", "replace"))


def token_of(wiring: Wiring, cookie: str) -> Token | None:
    """The credential of a session's cookie; None where it stands for nobody, or stood still for too long."""
    opened = _opened(wiring.ledger, cookie) if cookie.isascii() else None
    if opened is None:
        return None
    secret, seen = opened
    still = _seconds(wiring.ledger) - seen
    if still < -_AHEAD_SECONDS or still > timedelta(minutes=wiring.settings.session_idle_minutes).total_seconds():
        return None
    return wiring.tokens.find(secret, session=True)


def begin(wiring: Wiring, viewer: Viewer, response: Response, *, parent: str | None = None) -> None:
    """Sign a viewer in: a new credential for `session_hours`, which ends with the token they signed in with."""
    secret, _ = wiring.tokens.issue(viewer, session_hours=wiring.settings.session_hours, parent=parent)
    _set(response, _sealed(wiring.ledger, secret))


def renew(wiring: Wiring, request: Request, response: Response) -> None:
    """Write the time of this request into the cookie, where it was the cookie that signed the request in."""
    if getattr(request.state, "token", None) is None or "authorization" in request.headers:
        return
    opened = _opened(wiring.ledger, request.cookies.get(COOKIE, ""))
    if opened is not None and abs(_seconds(wiring.ledger) - opened[1]) >= RENEW_SECONDS:
        _set(response, _sealed(wiring.ledger, opened[0]))


def end(wiring: Wiring, token: Token | None, response: Response) -> None:
    """Sign out: the credential stands for nobody from the next request on."""
    if token is not None:
        with suppress(NotFound):
            wiring.tokens.revoke(token.id)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def csrf_of(ledger: Ledger, token: Token) -> str:
    """What every form of a session carries; another session's is of no use."""
    return ledger.keys.keyed_digest(_CSRF, token.id.encode()).hex()


def is_csrf_of(ledger: Ledger, token: Token, given: str) -> bool:
    digests = ledger.keys.keyed_digests(_CSRF, token.id.encode())
    return any(hmac.compare_digest(digest.hex(), given) for digest in digests) if given.isascii() else False


def _set(response: Response, value: str) -> None:
    response.set_cookie(COOKIE, value, path="/", secure=True, httponly=True, samesite="strict")
