"""Notices: the entries that somebody is to be told of, worked out from the log; nothing else says that there is one.

A notice is an entry of one of `TOLD` about somebody, or an act that was recorded on their behalf from the signed paper
(`MAY_BE_TOLD` are the types of both). Whom a report is about is told of nothing in its case before the
notice of breach (DOMAIN §8). What is unread is what came in since the subject last looked at the own file, and the
access log knows when that was.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger.catalogue import TYPES
from ledger.domain.access import Scope
from ledger.domain.values import Role
from ledger.reading import Logged
from projections.on_behalf import recorded_for
from projections.reader import Reader

TOLD: Final = frozenset(
    {
        "BreachNotified", "ReplyLapsed", "BreachConfirmed", "BreachDismissed", "ClearanceNoticePublished",
        "AuthorityRecordImported", "AuthorityRecordRemoved", "AppealDecided", "RecordCorrected", "RecordVoided",
        "RepairReturned", "RepairAccepted", "RepairPublicised", "RepairApproved", "RepairRejected", "RepairRevoked",
        "SanctionImposed", "SanctionLifted", "CommitmentOverdueFlagged", "PreDecisionNoticeSent", "EligibilityNotified",
        "MeasureApplied", "MeasureLifted",
        "EligibilityRedetermined", "EligibilityFinalised", "AssessmentScored", "AssessmentPublished",
        "AssessmentRestated", "PersonalDataRequestAnswered", "BreakGlassOpened", "BreakGlassReviewed",
    }
)  # fmt: skip
MAY_BE_TOLD: Final = TOLD | {name for name, event in TYPES.items() if Role.SUBJECT in event.ROLES}
_WHOM: Final = ("subject_id", "promisor_id", "unit_id")
OWN: Final = "OWN"


@dataclass(frozen=True, slots=True)
class Notice:
    """An entry that its subject is told of: ids only. `subject` is a pseudonym, `stream` leads to the record."""

    index: int
    type: str
    topic: str
    stream: str
    subject: str
    on: date


def notice_of(reader: Reader, entry: Logged) -> Notice | None:
    """The notice that an entry is; None where nobody is told of it."""
    return _in_stream(entry, reader.stream(entry.stream, entry.index + 1)) if _is_notice(entry) else None


def _is_notice(entry: Logged) -> bool:
    return entry.type in TOLD or recorded_for(entry) is not None


def _in_stream(entry: Logged, entries: Sequence[Logged]) -> Notice | None:
    """`entries` are those of its stream up to it."""
    opening = entries[0]
    told = opening.type != "BreachReported" or any(one.type == "BreachNotified" for one in entries)
    if not told:
        return None
    about = next((str(opening.data[name]) for name in _WHOM if opening.data.get(name) is not None), opening.uid)
    whom = recorded_for(entry) or about
    return Notice(entry.index, entry.type, entry.topic, entry.stream, whom, entry.effective_on)


def notices_of(reader: Reader, subject: str, size: int) -> list[Notice]:
    """The notices to a subject (a pseudonym) among the first `size` entries, newest first."""
    streams: dict[str, list[Logged]] = {}
    found: list[Notice] = []
    registrations = reader.registrations(subject, size)
    for entry in reader.history(subject, size):
        known = streams.setdefault(entry.stream, [])
        known.append(entry)
        notice = _in_stream(entry, known) if _is_notice(entry) else None
        if notice is not None and notice.subject in registrations:
            found.append(notice)
    return found[::-1]


def seen_by(looks: Iterable[Logged], registrations: Collection[str]) -> int:
    """How much of the ledger a subject had before it when it last looked at its own file, under whichever of its
    registrations; 0 where it never did."""
    own = (look for look in looks if look.purpose == OWN and _by(look, registrations) and _of_file(look))
    return max((int(look.data.get("as_known") or 0) for look in own), default=0)


def _by(look: Logged, registrations: Collection[str]) -> bool:
    return look.actor["id"] in registrations or look.actor.get("unit") in registrations


def _of_file(look: Logged) -> bool:
    scope: Any = look.data["scope"]
    return Scope.FILE in scope
