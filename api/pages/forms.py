"""Forms as they come in: read whole up to a limit, from this origin only, and with the token of the session.

A form is `application/x-www-form-urlencoded` in UTF-8; a name that stands twice is refused, line ends become `\\n`.
What somebody typed is kept for showing the form again and never appears in an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, Request

from api.auth import wiring_of
from api.pages.session import is_csrf_of
from api.problems import Problem

KIND: Final = "application/x-www-form-urlencoded"
MAX_BYTES: Final = 262_144
MAX_FIELDS: Final = 64
CSRF: Final = "csrf"
KEY: Final = "key"
VERSION: Final = "version"
_KEY: Final = re.compile(r"[0-9a-f]{32}")
_VERSION: Final = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of one form."""

    fields: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, name: str) -> str:
        return self.fields.get(name, "")

    @property
    def key(self) -> str:
        """The request key that the form was given when it was shown."""
        if not _KEY.fullmatch(self(KEY)):
            raise Problem(400, "bad-idempotency-key", "the form is not whole")
        return self(KEY)

    @property
    def version(self) -> int:
        """The version of the record that its reader saw."""
        if not _VERSION.fullmatch(self(VERSION)):
            raise Problem(400, "bad-if-match", "the form is not whole")
        return int(self(VERSION))


async def read_form(request: Request) -> Form:
    """The form of a request from one of our own pages."""
    require_same_origin(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != KIND:
        raise Problem(415, "unsupported-media-type", "send the form of the page")
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > MAX_BYTES:
            raise Problem(413, "body-too-large", f"a form holds at most {MAX_BYTES} bytes")
        chunks.append(chunk)
    return parse_form(b"".join(chunks))


def parse_form(raw: bytes) -> Form:
    """The fields of a body; `Problem` 400 for what no form of ours sends."""
    try:
        pairs = parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS, separator="&"
        )
    except ValueError:
        raise Problem(400, "malformed", "the form cannot be read") from None
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise Problem(400, "malformed", "a field stands twice")
    return Form({name: value.replace("\r\n", "\n").replace("\r", "\n") for name, value in fields.items()})


def require_same_origin(request: Request) -> None:
    """A form comes from a page of this very address; browsers say so in `Sec-Fetch-Site` and `Origin`.

    Who says neither is refused, and so is an origin that is hidden (`null`).
    """
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    same_site = site in (None, "same-origin")
    same_origin = origin is None or urlsplit(origin).netloc == request.headers.get("host")
    if not (same_site and same_origin) or (site is None and origin is None):
        raise Problem(403, "forbidden", "a form is sent from its own page")


def session_form(request: Request, form: OpenFormDep) -> Form:
    """A form with the token of the session it was made for."""
    token = request.state.token
    if token is None or not is_csrf_of(wiring_of(request).ledger, token, form(CSRF)):
        raise Problem(403, "forbidden", "a form is sent in the session it was made for")
    return form


OpenFormDep = Annotated[Form, Depends(read_form)]
FormDep = Annotated[Form, Depends(session_form)]
