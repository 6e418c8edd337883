"""What the interface answers about one eligibility check (see `api.answers`)."""

from __future__ import annotations

from typing import Any, NotRequired

from typing_extensions import TypedDict  # pydantic reads typing's own only from Python 3.12 on

from api.answers import Index, OnBehalf, Recourse, Stands, Uid
from ledger.domain.values import Day


class Hit(TypedDict):
    rule: str
    clause: str
    events: list[Index]
    when: str | None


class CheckNotice(TypedDict):
    """The notice before a decision; `recorded_late` where the ledger learned of it after the period for responding."""

    event: Index
    sent_on: Day
    recorded_on: Day
    recorded_late: bool
    reply_due: Day


class Check(Stands):
    """An eligibility check: what the rules said when it was requested, and what became of it."""

    check: str
    uid: Uid
    subject: str
    subject_uid: Uid
    rulebook: str | None
    evaluated_on: Day | None
    evaluated_size: Index | None
    outcome: str | None
    hits: list[Hit]
    breaches_in_report: list[str]
    purpose: str
    post_ref: str | None
    requester: str | None
    requested_on: Day
    recorded_on: NotRequired[Day]
    notice: NotRequired[CheckNotice]
    reply_due: Day | None
    decision: str | None
    decided_on: Day | None
    state: str
    references: list[dict[str, Any]]
    recourse: NotRequired[Recourse]
    events: list[Index]
    on_behalf: NotRequired[list[OnBehalf]]
