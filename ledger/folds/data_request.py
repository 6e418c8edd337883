"""What a request about personal data is on a day: which right, about which record, and how it was answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from ledger.folds.order import in_legal_order, until
from ledger.reading import Logged


@dataclass(frozen=True, slots=True)
class DataRequest:
    """A request on a day; `breach_id` or `check_id` is the one record it concerns. An answer that counts only later is
    not in it; `discloses` are the pseudonyms of declined reports that it shows."""

    id: str
    uid: str
    subject: str
    right: str
    requested_on: date
    breach_id: str | None = None
    check_id: str | None = None
    answered_on: date | None = None
    outcome: str | None = None
    legal_basis: tuple[str, ...] = ()
    discloses: tuple[str, ...] = ()
    events: tuple[int, ...] = ()

    @property
    def state(self) -> str:
        return "REQUESTED" if self.answered_on is None else "ANSWERED"


def fold_data_request(entries: Sequence[Logged], on: date) -> DataRequest | None:
    """The request on a day, or None while it is not made. `entries` are those known, of one stream."""
    request: DataRequest | None = None
    for entry in until(in_legal_order(entries), on):
        data = entry.data
        if entry.type == "PersonalDataRequested" and request is None:
            request = DataRequest(
                id=data["request_id"],
                uid=entry.uid,
                subject=data["subject_id"],
                right=data["right"],
                requested_on=entry.effective_on,
                breach_id=data.get("breach_id"),
                check_id=data.get("check_id"),
                events=(entry.index,),
            )
        elif entry.type == "PersonalDataRequestAnswered" and request is not None and request.answered_on is None:
            request = replace(
                request,
                answered_on=entry.effective_on,
                outcome=data["outcome"],
                legal_basis=tuple(data.get("legal_basis", ())),
                discloses=tuple(data.get("discloses", ())),
                events=(*request.events, entry.index),
            )
    return request
