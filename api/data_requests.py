"""What the interface answers about one request about personal data (see `api.answers`)."""

from __future__ import annotations

from typing import Any, Literal, NotRequired

from api.answers import Index, OnBehalf, Recourse, Stands, Uid
from ledger.domain.values import Day


class OneDataRequest(Stands):
    """One request about personal data, and how the desk answered it."""

    id: str
    uid: Uid
    subject: str
    right: Literal["ACCESS", "COPY", "CORRECTION", "DELETION", "RESTRICTION", "OBJECTION", "EXPLANATION"]
    breach: str | None
    check: str | None
    state: Literal["REQUESTED", "ANSWERED"]
    requested_on: Day
    recorded_on: NotRequired[Day]
    answer_by: Day | None
    answered_on: Day | None
    answer: Literal["GRANTED", "PARTLY_GRANTED", "REFUSED"] | None
    legal_basis: list[str]
    discloses: list[str]
    recourse: Recourse
    events: list[Index]
    grounds: str | None
    reasons: str | None
    texts: list[dict[str, Any]]
    on_behalf: NotRequired[list[OnBehalf]]
