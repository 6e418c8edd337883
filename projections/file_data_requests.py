"""Requests about personal data in a person's file: for the person, the data-protection desk and the auditor alone.

Each says which right was used about which record, by when the desk answers, what it answered and why, and where one
goes who disagrees (个人信息保护法 44-50).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from ledger.folds.data_request import DataRequest, fold_data_request
from ledger.rulebook.remedies import RecordOf, remedies_for
from projections.deadline_steps import remedy_period
from projections.eligibility import recorded_later
from projections.file_view import FileView, iso
from projections.on_behalf import on_behalf_in
from projections.recourse import recourse_for
from projections.visibility import SEES_DATA_REQUESTS

STREAM: Final = "data-request/"
ROUTE: Final = "DATA_REQUEST"


def data_request_items(view: FileView) -> list[dict[str, Any]]:
    """The requests of a person, in the order they came in."""
    return [_item(view, request) for request in _requests(view)]


def disclosed(view: FileView) -> frozenset[str]:
    """The pseudonyms of the declined reports that the desk has shown to the person by the day."""
    return frozenset(one for request in _requests(view) for one in request.discloses)


def request_streams(view: FileView) -> set[str]:
    """The streams of a person's requests."""
    return {f"{STREAM}{request.uid}" for request in _requests(view)}


def _requests(view: FileView) -> Iterator[DataRequest]:
    for stream, entries in view.records.entries.items():
        request = fold_data_request(entries, view.on) if stream.startswith(STREAM) else None
        if request is not None and request.subject == view.records.subject:
            yield request


def _item(view: FileView, request: DataRequest) -> dict[str, Any]:
    row = remedies_for(RecordOf.PERSONAL_DATA)
    step = row.step(ROUTE)
    edition = None if view.timeline is None else view.timeline.on(view.on)
    last, basis = remedy_period(view.timeline, row, step.decide, step.demonstration, request.requested_on)
    texts = view.texts(request.events, readers=SEES_DATA_REQUESTS)
    return {
        "id": request.id,
        "uid": request.uid,
        "right": request.right,
        "breach": request.breach_id,
        "check": request.check_id,
        "state": request.state,
        "requested_on": iso(request.requested_on),
        **recorded_later(view.by_index[request.events[0]]),
        "answer_by": iso(last),
        "answered_on": iso(request.answered_on),
        "answer": request.outcome,
        "legal_basis": list(request.legal_basis),
        "discloses": [breach.id for breach in view.records.breaches if breach.uid in request.discloses],
        "recourse": recourse_for(RecordOf.PERSONAL_DATA, edition, {}),
        "demonstration": basis is not None and basis.authority.demonstration,
        **({"provisional": True} if basis is not None and basis.provisional else {}),
        **on_behalf_in(view, request.events),
        "events": list(request.events),
        "grounds": _said(texts, "grounds"),
        "reasons": _said(texts, "reasons"),
        "texts": texts,
    }


def _said(texts: Iterable[Mapping[str, Any]], section: str) -> str | None:
    """What a section says; None where nothing was said, or it was destroyed."""
    found = next((text["sections"][section] for text in texts if section in text["sections"]), None)
    return str(found[section]) if isinstance(found, Mapping) else None
