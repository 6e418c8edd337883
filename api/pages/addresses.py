"""Which addresses of ours a reader may be sent back to: known pages with known parameters, and nothing else.

An address is taken apart and put together again, so what comes out was written here whatever went in. No page's
address holds anybody's name, number or id: people are pseudonyms, and a person's own pages need none.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request

HOME: Final = "/"
SIGN_IN: Final = "/sign-in"
MY_FILE: Final = "/my-file"
RECEIPT: Final = "/v1/ledger/receipts/{}"
EVIDENCE: Final = "/my-file/evidence-bundle"
VERIFIER: Final = "/verifier"
UNIT_SCORE: Final = "/unit-score"
CHECKS: Final = "/eligibility"
DEADLINES: Final = "/deadlines"
DATA_REQUEST: Final = "/my-file/data-requests"
CERTIFICATE: Final = "/my-file/checks/{uid}/certificate"
PUBLIC_UNITS: Final = "/public/units"
MAX_LENGTH: Final = 500

_UUID: Final = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_PATHS: Final = re.compile(
    rf"/|/sign-in|/public/units(?:/{_UUID})?|/deadlines|/my-file(?:/data-requests|/checks/{_UUID}/certificate)?|/unit-score"
    rf"|/eligibility(?:/{_UUID}(?:/entries/[0-9]{{1,12}})?)?"
)
_VALUES: Final = {
    "as_of": re.compile(r"[0-9-]{1,10}"),
    "as_known": re.compile(r"[0-9A-Za-z:.+-]{1,40}"),
    "unit": re.compile(_UUID),
    "state": re.compile(r"[A-Z][A-Z_]{0,39}"),
    "outcome": re.compile(r"[A-Z][A-Z_]{0,39}"),
    "after": re.compile(r"[0-9]{1,12}"),
}


def known_address(text: str) -> str | None:
    """A page of ours as a relative address; None for anything else."""
    if len(text) > MAX_LENGTH or not text.isascii() or not text.startswith("/") or text.startswith("//"):
        return None
    parts = urlsplit(text)
    if parts.scheme or parts.netloc or not _PATHS.fullmatch(parts.path):
        return None
    kept = [(name, value) for name, value in parse_qsl(parts.query) if _is_known(parts.path, name, value)]
    return f"{parts.path}?{urlencode(kept)}" if kept else parts.path


def _is_known(path: str, name: str, value: str) -> bool:
    if path == SIGN_IN:
        return name == "next" and not value.startswith(SIGN_IN) and known_address(value) == value
    return name in _VALUES and _VALUES[name].fullmatch(value) is not None


def address_of(request: Request) -> str:
    """The page a request asked for, to come back to; the first page where it is none of ours."""
    query = request.url.query
    return known_address(f"{request.url.path}?{query}" if query else request.url.path) or HOME
