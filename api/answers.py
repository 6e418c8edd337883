"""What the answers of the interface hold, for its OpenAPI document. More members than these are welcome anywhere.

An endpoint names its shape in its return annotation: `-> Annotated[dict[str, Any], Score]`. The answers themselves are
made by the projections, the same for every door; a test holds real answers against these shapes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal, NotRequired

import sqlalchemy as sa
from pydantic import Field, WithJsonSchema
from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from ledger.domain.values import Day, DecimalText
from projections.views import COLUMNS

Uid = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]
Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
Hex = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Index = Annotated[int, Field(ge=0)]
Kind = Literal["PERSON", "UNIT", "ENTERPRISE"]
_OF_COLUMN: Final = {sa.String: "string", sa.Integer: "integer", sa.Boolean: "boolean"}


@dataclass(frozen=True, slots=True)
class PageOf:
    """A page of a materialised list; its rows are the list's columns."""

    list: str

    @property
    def name(self) -> str:
        return f"{self.list.title()}Page"

    def schema(self) -> dict[str, Any]:
        """The page's JSON Schema."""
        columns = {name: {"type": [_OF_COLUMN[kind], "null"]} for name, kind in COLUMNS[self.list]}
        row = {"type": "object", "properties": {"uid": {"type": "string", "format": "uuid"}, **columns}}
        items = {"type": "array", "items": {**row, "required": ["uid", *columns]}}
        position = {"type": "integer", "minimum": 0, "description": "the size of the log up to which the list has read"}
        return {
            "type": "object",
            "required": ["items", "position"],
            "properties": {"items": items, "position": position},
        }


class Health(TypedDict):
    status: Literal["ok"]


class Readiness(TypedDict):
    """Which parts of the door are ready; `failing` with status 503."""

    status: Literal["ok", "failing"]
    checks: dict[str, str | int]


class Version(TypedDict):
    """The release, and the head of the chain."""

    version: str
    origin: str
    size: Index
    root: Hex
    chain: Hex
    recorded_at: Moment


class Found(TypedDict):
    uid: Uid


class Subject(TypedDict):
    """A subject; of a person only what is plain in its entry."""

    uid: Uid
    kind: Kind
    version: Annotated[int, Field(ge=1)]
    subject_id: NotRequired[str]
    name: NotRequired[str]
    region: NotRequired[str]
    uscc: NotRequired[str]


class Stands(TypedDict):
    """What every figure, file and record stands on."""

    as_of: Day
    as_known: Annotated[str, Field(description="as it was asked for; otherwise the size")]
    size: Annotated[int, Field(ge=0, description="how many entries were known")]


class Line(TypedDict):
    """One line of a figure; the lines sum to it."""

    clause: str
    label: str
    params: dict[str, str]
    value: DecimalText
    edition: str
    events: list[Index]
    record: str | None
    demonstration: bool
    events_withheld: NotRequired[int]


class Figure(TypedDict):
    value: DecimalText | None
    lines: list[Line]
    demonstration: bool
    reason: NotRequired[str]


class Score(Stands, Figure):
    """A unit's score on a day."""

    subject: str
    uid: Uid
    name: str | None
    viewer: str
    rulebook: str


class Text(TypedDict):
    """The personal sections of one entry that this viewer may read."""

    event: Index
    type: str
    sections: dict[str, Any]


class Effect(TypedDict):
    effect: str
    clause: str
    rule: NotRequired[str]


class Remedy(TypedDict):
    route: str
    until: Day | None
    known_until: NotRequired[Day]


class Step(TypedDict):
    """A remedy: at whom, within which time; `where` says whether it is a command of this ledger.

    `file_within` names the edition that set it, where one did. `extendable_to` is the last day to decide where the
    period may grow, by `extension` or to `via_provider`.
    """

    route: str
    where: Literal["HERE", "ELSEWHERE"]
    body: str
    demonstration: bool
    file_within: NotRequired[dict[str, Any]]
    after_review: NotRequired[dict[str, Any]]
    decide_within: NotRequired[dict[str, Any]]
    extension: NotRequired[dict[str, Any]]
    via_provider: NotRequired[dict[str, Any]]
    until: NotRequired[Day | None]
    decide_by: NotRequired[Day | None]
    extendable_to: NotRequired[Day]


class Recourse(TypedDict):
    """A row of the remedy table: what can be done about a record, and whether its effects stop meanwhile."""

    record: str
    effects: str
    clause: str
    demonstration: bool
    mark_within: NotRequired[dict[str, Any]]
    steps: list[Step]


class OnBehalf(TypedDict):
    """An act that was recorded for the subject from the signed paper: by which unit, in which role, on which day."""

    event: Index
    type: str
    role: str
    unit: str | None
    on: Day


class Appeal(TypedDict):
    route: str
    filed_on: Day
    decided_on: Day | None
    outcome: str | None
    events: list[Index]
    on_behalf: NotRequired[list[OnBehalf]]


class Breach(TypedDict):
    """A breach as this viewer sees it; members that are not theirs to see are absent."""

    id: str
    uid: Uid
    state: str
    severity: str | None
    record_kind: str
    decision_on: Day | None
    effects: list[Effect]
    marks: list[str]
    events: list[Index]
    demonstration: bool
    proposed_severity: NotRequired[str | None]
    category: NotRequired[str | None]
    occurred_on: NotRequired[Day | None]
    opened_on: NotRequired[Day]
    reply_due: NotRequired[Day | None]
    ends_on: NotRequired[Day | None]
    expires_on: NotRequired[Day | None]
    repair_from: NotRequired[Day | None]
    duty_related: NotRequired[bool]
    unit: NotRequired[str | None]
    commitment: NotRequired[str | None]
    remedies: NotRequired[list[Remedy]]
    recourse: NotRequired[list[Recourse]]
    recusals: NotRequired[list[dict[str, Any]]]
    appeals: NotRequired[list[Appeal]]
    texts: NotRequired[list[Text]]
    on_behalf: NotRequired[list[OnBehalf]]


class OneBreach(Stands, Breach):
    """One breach and what it stands on."""

    subject: str


class Commitment(TypedDict):
    id: str
    uid: Uid
    state: str
    due_on: Annotated[str | None, Field(description="a day, a month or a year")]
    fulfilled_on: Day | None
    waived_on: Day | None
    kind: str | None
    weight: int | None
    public: bool | None
    made_on: Day
    amendments: int
    source: str | None
    text: str | None
    events: list[Index]
    texts: NotRequired[list[Text]]
    on_behalf: NotRequired[list[OnBehalf]]


class OneCommitment(Stands, Commitment):
    """One commitment and what it stands on."""

    subject: str


class Confirmation(TypedDict):
    """A recipient's word that its own copy follows the repair."""

    recipient: str
    confirmed_on: Day
    event: Index


class Repair(TypedDict):
    id: str
    breach: str
    state: str
    applied_on: Day | None
    performed_on: Day | None
    accepted_on: Day | None
    due_on: Day | None
    decided_on: Day | None
    barred_until: Day | None
    confirmations: list[Confirmation]
    events: list[Index]
    on_behalf: NotRequired[list[OnBehalf]]


class Repairs(TypedDict):
    """The repairs of one breach, newest last."""

    uid: Uid
    repairs: list[Repair]


class Consent(TypedDict):
    id: str
    uid: Uid
    purpose: str
    scope: list[str]
    recipient: str | None
    state: Literal["VALID", "EXPIRED", "WITHDRAWN"]
    given_on: Day
    expires_on: Day
    withdrawn_on: Day | None
    events: list[Index]
    on_behalf: NotRequired[list[OnBehalf]]


class OneConsent(Stands, Consent):
    """One consent and what it stands on."""

    subject: str


class IntegrityFile(Stands):
    """The file of a person or a unit, shaped by who looks and why. A section that is not theirs is empty or absent."""

    subject: str
    uid: Uid
    kind: Kind
    name: str | None
    viewer: str
    purpose: str | None
    rulebook: str | None
    ended_on: NotRequired[Day]
    successor: NotRequired[str | None]
    successor_uid: NotRequired[Uid]
    breaches: list[Breach]
    commitments: list[Commitment]
    repairs: list[Repair]
    sanctions: list[dict[str, Any]]
    measures: list[dict[str, Any]]
    appraisals: list[dict[str, Any]]
    commendations: list[dict[str, Any]]
    imported: list[dict[str, Any]]
    balance: NotRequired[Figure]
    breaches_withheld: NotRequired[int]
    posts: NotRequired[list[dict[str, Any]]]
    ranks: NotRequired[list[dict[str, Any]]]
    consents: NotRequired[list[Consent]]
    checks: NotRequired[list[dict[str, Any]]]
    data_requests: NotRequired[list[dict[str, Any]]]
    timeline: NotRequired[list[dict[str, Any]]]
    consent: NotRequired[dict[str, Any]]
    break_glass: NotRequired[list[dict[str, Any]]]
    glass: NotRequired[dict[str, Any]]


class Look(TypedDict):
    """One look at a record: who is a unit and a role, never an officer's name."""

    index: Index
    at: Moment
    unit: str | None
    unit_name: str | None
    role: str
    purpose: str | None
    scope: list[str]
    basis: NotRequired[str]
    case: NotRequired[Uid]
    actor: NotRequired[Uid]


class AccessLog(TypedDict):
    """Who looked at a subject's record, newest first."""

    subject: str
    uid: Uid
    size: Annotated[int, Field(ge=0, description="how many entries the access log had")]
    looks: list[Look]


class AssessmentEvent(TypedDict):
    index: Index
    type: str
    on: Day


class Assessment(TypedDict):
    """One assessment of a unit, with its newest scores."""

    uid: Uid
    id: str
    scheme: str
    unit: str
    period: str
    scores: dict[str, DecimalText]
    events: list[AssessmentEvent]
