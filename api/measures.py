"""What the answers about measures hold, for the OpenAPI document (see `api.answers`)."""

from __future__ import annotations

from typing import Literal

from typing_extensions import TypedDict

from api.answers import Index, Kind, Stands, Uid
from ledger.domain.values import Day


class OfMeasure(TypedDict):
    """A measure on a day; its force says whether it stands through an appeal against its cause."""

    id: str
    uid: Uid
    state: Literal["PENDING", "IN_FORCE", "RETIRED"]
    kind: Literal["REWARD", "RESTRICT"]
    domain: str
    department: str
    department_uscc: str
    trigger: str
    effect: str
    force: Literal["STATUTORY", "DISCRETIONARY"]
    subject_kinds: list[Kind]
    clauses: list[str]
    to: Day | None
    retired_on: Day | None
    demonstration: bool
    events: list[Index]


class Measure(Stands, OfMeasure):
    """One measure of the catalogue."""


class Measures(Stands):
    """The catalogue: how many measures, of how many departments, in how many domains; and a page of it."""

    counts: dict[str, int]
    items: list[OfMeasure]
