"""Who is asking: a bearer token, or the session of a page; then the route's policy, then the rate.

Whoever may not use a route is answered like whoever asks for something absent (404); without any sign-in it is 401.
The credential is looked up at every request, so a revoked one ends at the next.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Depends, Request
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from api.desk import Desk
from api.pages import session
from api.policy import PUBLIC, roles_of
from api.problems import Problem, not_found
from ledger.access import Viewer
from ledger.application import Ledger

if TYPE_CHECKING:
    from api.outbox.outbox import Outbox
    from api.publishing import Publishing
    from api.settings import Settings
    from api.timers import Timers
    from ledger.tokens import Token, Tokens
    from projections.keeper import Keeper

SESSION_COOKIE: Final = session.COOKIE
SCHEME: Final = "bearer"


class Rates:
    """Requests counted by credential, or by address where there is none; in this process's memory.

    Two counters a window, so that a count costs the same whatever the rate.
    """

    def __init__(self, rate: str) -> None:
        self.limit: RateLimitItem = parse(rate)
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, who: str) -> tuple[bool, dict[str, str]]:
        """Count one request: whether it is within the rate, and the RateLimit headers that say so."""
        allowed = self._limiter.hit(self.limit, who)
        stats = self._limiter.get_window_stats(self.limit, who)
        wait = max(0, round(stats.reset_time - time.time()))
        headers = {
            "RateLimit": f'"default";r={max(0, stats.remaining)};t={wait}',
            "RateLimit-Policy": f'"default";q={self.limit.amount};w={self.limit.get_expiry()}',
        }
        return allowed, headers if allowed else {**headers, "Retry-After": str(max(1, wait))}

    def take(self, who: str) -> dict[str, str]:
        """Count one request; its headers, or a 429 that says when to come back."""
        allowed, headers = self.count(who)
        if not allowed:
            raise Problem(429, "too-many-requests", "too many requests; wait a moment", headers=headers)
        return headers


@dataclass(frozen=True, slots=True)
class Wiring:
    """What every request needs of the application: `app.state.wiring`."""

    ledger: Ledger
    tokens: Tokens
    rates: Rates
    keeper: Keeper
    publishing: Publishing
    settings: Settings
    timers: Timers | None = None
    outbox: Outbox | None = None


def wiring_of(request: Request) -> Wiring:
    found: Wiring = request.app.state.wiring
    return found


def bearer_of(request: Request) -> str | None:
    """The secret of `Authorization: Bearer …`; `Problem` 401 for a header of another kind."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, secret = header.partition(" ")
    if scheme.lower() != SCHEME or not secret.strip():
        raise Problem(401, "sign-in-required", "send Authorization: Bearer and a token")
    return secret.strip()


def credential(request: Request) -> Token | None:
    """The credential of a request: its token, else its session; None where it has neither."""
    secret = bearer_of(request)
    tokens = wiring_of(request).tokens
    if secret is not None:
        token = tokens.find(secret)
        if token is None:
            raise Problem(401, "sign-in-required", "the token is unknown, has expired or was revoked")
        return token
    cookie = request.cookies.get(SESSION_COOKIE)
    # A session is for pages: /v1 is asked with a token, so no page elsewhere can command in its holder's name.
    if cookie is None or request.url.path.startswith("/v1/"):
        return None
    return session.token_of(wiring_of(request), cookie)


def admit(request: Request) -> None:
    """The policy of the route at hand, for every route of the application; an upload's is asked before its body."""
    if hasattr(request.state, "token"):
        return
    allowed = roles_of(request.scope["route"].endpoint)
    rates = wiring_of(request).rates
    if allowed == PUBLIC:
        request.state.rate = rates.take(address_of(request))
        request.state.token = None
        return
    try:
        token = credential(request)
    except Problem:
        request.state.rate = rates.take(address_of(request))  # whoever guesses is slowed down
        raise
    request.state.rate = rates.take(address_of(request) if token is None else token.id)
    request.state.token = token
    if token is None:
        raise Problem(401, "sign-in-required", "sign in, or send a token")
    if token.viewer.role not in allowed:
        raise not_found()


def address_of(request: Request) -> str:
    return "unknown" if request.client is None else request.client.host


async def desk(request: Request) -> Desk:
    """The viewer's desk; only behind routes that need a sign-in."""
    token: Token | None = request.state.token
    if token is None:
        raise Problem(401, "sign-in-required", "sign in, or send a token")
    return Desk(wiring_of(request).ledger, token.viewer)


def viewer_of(request: Request) -> Viewer | None:
    """Who is signed in, if anybody; for what a page shows in its header."""
    token: Token | None = getattr(request.state, "token", None)
    return None if token is None else token.viewer


DeskDep = Annotated[Desk, Depends(desk)]
