"""Which of the two languages a request is answered in: a choice made on a page, else Accept-Language, else Chinese."""

from __future__ import annotations

from typing import Final

from starlette.requests import HTTPConnection

from api.text.language import Language

COOKIE: Final = "language"


def language_of(request: HTTPConnection) -> Language:
    """The language of an answer. The header is read by its order; weights are the order in practice."""
    chosen = request.cookies.get(COOKIE, "")
    if chosen in list(Language):
        return Language(chosen)
    for part in request.headers.get("accept-language", "").split(","):
        primary = part.partition(";")[0].strip().partition("-")[0].lower()
        if primary in list(Language):
            return Language(primary)
    return Language.ZH
