"""Requests about personal data 个人信息请求: a person uses a right of 个人信息保护法 44-50, and the desk answers it.

A request goes to the data-protection desk, about all that is recorded of the person or about one record that was put to
them. It changes no figure and hides nothing: what was granted is carried out by an act of its own (a correction, a
voiding, an erasure order), with the preconditions of that act. No act restricts a record, so none is promised: such a
request is never granted whole. Whoever disagrees with an answer goes to court (50).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from ledger.domain.base import LedgerAggregate, LedgerEvent, require
from ledger.domain.duties import Conflicts
from ledger.domain.values import InSection, Payload, PersonRef, Reasons, Ref, Role, Said

Right = Literal["ACCESS", "COPY", "CORRECTION", "DELETION", "RESTRICTION", "OBJECTION", "EXPLANATION"]
Outcome = Literal["GRANTED", "PARTLY_GRANTED", "REFUSED"]
# These ask for something to be done: what it is, and why, is the person's to say.
_ASKS_FOR_AN_ACT = frozenset({"CORRECTION", "DELETION", "RESTRICTION", "OBJECTION"})
_SHOWS = frozenset({"ACCESS", "COPY"})
REQUESTED: Final = "REQUESTED"


class PersonalDataRequested(LedgerEvent):
    """个人信息请求. `breach_id` or `check_id` is the record it concerns; without one it concerns all of them."""

    TOPIC = "personal-data.requested.v1"
    ROLES = (Role.SUBJECT,)

    class Data(Payload):
        request_id: Ref
        subject_id: PersonRef
        right: Right
        breach_id: Ref | None = None
        check_id: Ref | None = None
        grounds: Annotated[Said, InSection("grounds")] | None = None

    def apply(self, request: DataRequest) -> None:
        data = self.data
        request.ref, request.subject, request.right = data.request_id, data.subject_id, data.right
        request.state = REQUESTED


class PersonalDataRequestAnswered(LedgerEvent):
    """个人信息请求答复, by the data-protection officer; a refusal says on which clauses and why (个人信息保护法 50).

    `discloses` are reports that were declined: nobody but the desk shows them to the person (DOMAIN §8). The ledger
    writes their pseudonyms.
    """

    TOPIC = "personal-data-request.answered.v1"
    ROLES = (Role.DPO,)
    DECISION = True
    ANSWERS = ("PersonalDataRequested",)

    class Data(Payload):
        request_id: Ref
        outcome: Outcome
        legal_basis: Annotated[list[Ref], Field(min_length=1, max_length=16)] | None = None
        discloses: Annotated[list[Ref], Field(min_length=1, max_length=50)] | None = None
        reasons: Reasons | None = None

    def apply(self, request: DataRequest) -> None:
        request.state = "ANSWERED"


class DataRequest(Conflicts, LedgerAggregate):
    """One request and its answer; whoever asks again makes a new one."""

    KIND = "data-request"

    ref: str  # the caller's id
    subject: str
    right: str
    state: str

    def start(self) -> None:
        self.start_conflicts()
        self.state = "NEW"

    def ask(self, data: PersonalDataRequested.Data) -> None:
        one = data.breach_id is None or data.check_id is None
        require(one, "one-case", "it concerns one record, or all of them", "check_id")
        said = data.right not in _ASKS_FOR_AN_ACT or data.grounds is not None
        require(said, "missing-field", "say what is asked for and why", "grounds")
        self.happen(PersonalDataRequested, data)

    def answer(self, data: PersonalDataRequestAnswered.Data) -> None:
        require(self.state == REQUESTED, "wrong-state", "the request was answered before")
        self.require_other(self.subject)
        self.require_another_hand("PersonalDataRequested", self.act.actor)
        kept = data.outcome != "GRANTED" or self.right != "RESTRICTION"
        require(kept, "nothing-restricts", "no act restricts a record: say what is done instead", "outcome")
        if data.outcome != "GRANTED":
            require(data.legal_basis is not None, "missing-field", "a refusal names its clauses", "legal_basis")
            require(data.reasons is not None, "missing-field", "a refusal gives its reasons", "reasons")
        shows = data.discloses is None or (self.right in _SHOWS and data.outcome != "REFUSED")
        require(shows, "nothing-to-disclose", "only an access or a copy that is granted shows anything", "discloses")
        self.happen(PersonalDataRequestAnswered, data.model_copy(update={"request_id": self.ref}))
