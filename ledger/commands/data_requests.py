"""Requests about personal data, and their answers by the data-protection desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ledger.commands.command import Change, Command, handles, require_subject
from ledger.domain.base import require
from ledger.domain.breach import Breach
from ledger.domain.data_request import DataRequest
from ledger.domain.eligibility import Check
from ledger.told import is_told_of

if TYPE_CHECKING:
    from ledger.application import Ledger

_DECLINED = "ReportDeclined"


@handles("PersonalDataRequested")
def ask(ledger: Ledger, command: Command) -> Change:
    data = command.data
    require_subject(ledger, command, data.subject_id)
    named = {
        f"{kind}_id": _named(ledger, command, kind, ref)
        for kind, ref in ((Breach.KIND, data.breach_id), (Check.KIND, data.check_id))
        if ref is not None
    }
    request = ledger.new(DataRequest)
    row = ledger.claim(DataRequest.KIND, data.request_id, request.uid, command.source)
    request.ask(data.model_copy(update=named))
    return Change(request, (data.subject_id,), data.subject_id, (row,))


@handles("PersonalDataRequestAnswered")
def answer(ledger: Ledger, command: Command) -> Change:
    data = command.data
    request = ledger.load(DataRequest, data.request_id, command.source)
    if data.discloses is not None:
        shown = [_declined(ledger, command, request.subject, ref) for ref in data.discloses]
        data = data.model_copy(update={"discloses": list(dict.fromkeys(shown))})
    request.answer(data)
    return Change(request, (request.subject,), request.subject)


def _named(ledger: Ledger, command: Command, kind: str, ref: str) -> str:
    """The record's id, however the line names it. Another's record, and a report the person was not told of, are as
    unknown as one that is not there."""
    entries = _record(ledger, command, kind, ref)
    own = bool(entries) and ledger.relations().same(entries[0].data["subject_id"], command.data.subject_id)
    told = own and (kind != Breach.KIND or is_told_of(ledger, str(entries[0].uid)))
    require(told, f"unknown-{kind}", "nothing of this id is known", f"data.{kind}_id")
    return str(entries[0].data[f"{kind}_id"])


def _declined(ledger: Ledger, command: Command, subject: str, ref: str) -> str:
    """The pseudonym of a report about the person that was declined: nothing else is the desk's to show. An id alone
    could come to mean another source's report."""
    entries = _record(ledger, command, Breach.KIND, ref)
    own = bool(entries) and ledger.relations().same(entries[0].data["subject_id"], subject)
    declined = own and any(entry.type == _DECLINED for entry in entries)
    require(declined, "not-declined", "no declined report about the person has this id", "data.discloses")
    return str(entries[0].uid)


def _record(ledger: Ledger, command: Command, kind: str, ref: str) -> list[Any]:
    uid = ledger.uid(kind, ref, command.source or None)
    return [] if uid is None else ledger.stream(f"{kind}/{uid}", ledger.size)
