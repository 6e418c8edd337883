"""An entry as its readers see it: decoded, ordered, without personal payload.

`Logged` is what the ledger hands to every fold, list and figure. It holds what the chained bytes assert (DESIGN §3);
personal sections are opened apart, through the ledger, by those who may see them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from msgspec import Struct


class Logged(Struct, frozen=True, gc=False):  # nothing in an entry refers back to it
    """One entry: where it stands, what it says, whom it concerns.

    `type` is the catalogue's name (`BreachConfirmed`), `data` the plain fields with every subject as its pseudonym,
    `subjects` the pseudonyms whose figures or file it may move, `sections` how many personal sections it commits to.
    """

    index: int
    stream: str
    version: int
    type: str
    topic: str
    effective_on: date
    recorded_at: datetime
    actor: Mapping[str, str]
    subjects: tuple[str, ...]
    data: Mapping[str, Any]
    source: Mapping[str, str] | None = None
    sections: int = 0
    purpose: str | None = None

    @property
    def kind(self) -> str:
        """The kind of the stream: `breach` of `breach/<uid>`."""
        return self.stream.partition("/")[0]

    @property
    def uid(self) -> str:
        """The pseudonym of the record the stream is about."""
        return self.stream.partition("/")[2]
