"""The names this server answers to: a request for another is refused before anything else looks at it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.problems import respond

_HOST: Final = re.compile(r"(\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(?::[0-9]{1,5})?")


class KnownHosts:
    """Lets through what names one of these hosts, with any port."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str]) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._knows(Request(scope).headers.getlist("host")):
            await self._app(scope, receive, send)
            return
        refusal = respond(Request(scope), 400, "unknown-host", "this server does not answer to that name", field="Host")
        await refusal(scope, receive, send)

    def _knows(self, given: list[str]) -> bool:
        named = _HOST.fullmatch(given[0]) if len(given) == 1 else None
        return named is not None and named[1].lower() in self._hosts
