"""The folio: the two dates a page stands on, as its reader asked for them and as they came out.

What cannot be read is shown again where it was typed, with the sentence that says why; the page then shows nothing
else, so nobody takes the figures of another day for those they asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from fastapi import Request
from markupsafe import Markup, escape

from api.desk import Desk, Moment
from api.pages.words import Words
from ledger.errors import LedgerError

FIELDS: Final = ("as_of", "as_known")


@dataclass(frozen=True, slots=True)
class Folio:
    """`as_of` and `as_known` are the fields' text; `moment` is what they came to."""

    as_of: str
    as_known: str
    moment: Moment
    today: bool
    latest: bool
    errors: dict[str, Markup]

    @property
    def now(self) -> bool:
        """Whether the page shows today, with everything known: only then may somebody act on it."""
        return self.today and self.latest


def folio_of(request: Request, desk: Desk, words: Words) -> Folio:
    """The folio of a request's `as_of` and `as_known`; empty fields mean today and everything."""
    given = {name: request.query_params.get(name, "").strip()[:40] for name in FIELDS}
    errors: dict[str, Markup] = {}
    moments = {}
    for name in FIELDS:
        try:
            moments[name] = desk.moment(**dict.fromkeys(FIELDS) | {name: given[name] or None})
        except LedgerError as error:
            errors[name] = words.error(error.code) or escape(error.code)
            moments[name] = desk.moment(None, None)
    moment = Moment(moments["as_of"].as_of, moments["as_known"].as_known, moments["as_known"].asked)
    return Folio(
        as_of=given["as_of"] if "as_of" in errors else moment.as_of.isoformat(),
        as_known=given["as_known"],
        moment=moment,
        today=moment.as_of == desk.today(),
        latest=not given["as_known"],
        errors=errors,
    )
