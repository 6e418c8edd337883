"""Style sheets and icons, each under an address that holds its digest: cached for ever, and new when changed.

The files are read once, when the application is made. Nothing else is served: a name that is not one of these is 404.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PREFIX: Final = "/static"
KINDS: Final = {"css": "text/css; charset=utf-8", "svg": "image/svg+xml"}
FOREVER: Final = "public, max-age=31536000, immutable"
_DIGEST_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class _Asset:
    content: bytes
    kind: str


class Assets:
    """The application under `/static`; `url` gives the address of a file by its plain name."""

    def __init__(self) -> None:
        self._urls: dict[str, str] = {}
        self._by_name: dict[str, _Asset] = {}
        for file in files("api").joinpath("static").iterdir():
            stem, _, ending = file.name.rpartition(".")
            if ending not in KINDS:
                continue
            content = file.read_bytes()
            name = f"{stem}.{hashlib.sha256(content).hexdigest()[:_DIGEST_DIGITS]}.{ending}"
            self._urls[file.name] = f"{PREFIX}/{name}"
            self._by_name[name] = _Asset(content, KINDS[ending])

    def url(self, name: str) -> str:
        """The address of a file; `KeyError` for one that is not there."""
        return self._urls[name]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        name = scope["path"].removeprefix(scope.get("root_path", "")).lstrip("/")
        asset = self._by_name.get(name) if request.method in ("GET", "HEAD") else None
        if asset is None:
            response = Response(status_code=404)
        else:
            headers = {"Cache-Control": FOREVER}
            response = Response(asset.content, headers=headers, media_type=asset.kind)
        await response(scope, receive, send)


ASSETS: Final = Assets()
