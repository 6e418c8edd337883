"""自行核验: the verifier as a page of its own, the same file that works from a disk, with no server behind it.

It is the only address under which a script runs: its own, named by its hash. Nothing else is loaded and nothing sent.
In the source tree the file lies in `scripts/`; a wheel has it among the static files (`pyproject.toml`).
"""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from starlette.responses import HTMLResponse, Response

from api.pages.addresses import VERIFIER
from api.policy import PUBLIC, open_to

router = APIRouter(include_in_schema=False)
FILE: Final = "verifier.html"
_INLINE: Final = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


@router.get(VERIFIER)
@open_to(PUBLIC)
def verifier() -> Response:
    """The verifier, to be used here or kept."""
    return HTMLResponse(content(), headers={"Content-Security-Policy": policy(), "Cache-Control": "no-cache"})


@cache
def content() -> bytes:
    """The page's bytes."""
    packaged = files("api").joinpath("static", FILE)
    if packaged.is_file():
        return packaged.read_bytes()
    return (Path(__file__).resolve().parents[2] / "scripts" / FILE).read_bytes()


@cache
def policy() -> str:
    """A policy under which exactly this page's own script and style work."""
    hashes: dict[bytes, list[str]] = {b"script": [], b"style": []}
    for kind, inner in _INLINE.findall(content()):
        hashes[kind].append(f"'sha256-{b64encode(sha256(inner).digest()).decode()}'")
    script, style = (" ".join(found) or "'none'" for found in hashes.values())
    return (
        f"default-src 'none'; script-src {script}; style-src {style}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )
