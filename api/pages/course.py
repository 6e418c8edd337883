"""The course of a file: what happened, newest first, in the reader's words, with one line of consequence each.

Acts, not raw entries: an entry that only repeats another one (an evaluation beside its request) has no line.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from markupsafe import Markup

from api.pages.chips import Ref
from api.pages.marks import day
from api.pages.reading import Reading
from api.pages.recording import routes_of, said_by
from api.pages.records import title_of
from ledger.clock import day_of

Answer = Mapping[str, Any]

SHOWN: Final = 10
UNSAID: Final = frozenset({"EligibilityEvaluated", "RepairSyncConfirmed", "SourceStateObserved"})
# Tone and icon of a knot by what happened; everything else is information.
_KNOTS: Final[Mapping[str, tuple[str, str]]] = {
    "BreachReported": ("plain", "list"),
    "BreachNotified": ("wait", "bell"),
    "BreachReplied": ("info", "talk"),
    "BreachConfirmed": ("record", "stamp"),
    "AuthorityRecordImported": ("record", "stamp"),
    "AuthorityRecordRemoved": ("kept", "check"),
    "BreachDismissed": ("plain", "minus"),
    "BreachAppealed": ("dispute", "scale"),
    "AppealDecided": ("record", "stamp"),
    "RecordVoided": ("plain", "cross"),
    "RecordCorrected": ("info", "pen"),
    "SanctionImposed": ("record", "stamp"),
    "SanctionLifted": ("kept", "check"),
    "RepairApplied": ("info", "mend"),
    "RepairReturned": ("wait", "pen"),
    "RepairAccepted": ("info", "check"),
    "RepairApproved": ("kept", "mend"),
    "RepairRejected": ("plain", "minus"),
    "RepairRevoked": ("record", "cross"),
    "CommitmentMade": ("info", "promise"),
    "CommitmentFulfilled": ("kept", "promise"),
    "CommitmentWaived": ("plain", "minus"),
    "ConsentGiven": ("info", "key"),
    "ConsentWithdrawn": ("plain", "key"),
    "PreDecisionNoticeSent": ("wait", "hour"),
    "CandidateResponded": ("info", "talk"),
    "EligibilityDecided": ("info", "stamp"),
    "EligibilityDisputed": ("dispute", "scale"),
    "AssessmentPublished": ("info", "flag"),
    "SubjectRegistered": ("plain", "user"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One act: its day and entry in the margin, its title, what it means, and who recorded it for the subject."""

    on: str
    recorded_on: str | None
    ref: Ref
    tone: str
    icon: str
    title: Markup
    about: Markup | None
    by: Markup | None


def course_of(reading: Reading, file: Answer) -> list[Step]:
    """Every act of a file, newest first."""
    about = _names(reading, file)
    routes = {index: route for breach in file.get("breaches") or [] for index, route in routes_of(breach).items()}
    steps = [_step(reading, item, about, routes) for item in file.get("timeline") or [] if item["type"] not in UNSAID]
    return sorted(steps, key=lambda step: (step.on, step.ref.index), reverse=True)


def _names(reading: Reading, file: Answer) -> dict[int, Markup]:
    """What each entry is about, by its index."""
    words, names = reading.words, {}
    for breach in file.get("breaches") or []:
        names.update(dict.fromkeys(breach.get("events") or [], title_of(reading, breach)))
    for commitment in file.get("commitments") or []:
        text = reading.said(commitment.get("text") or commitment["id"])
        names.update(dict.fromkeys(commitment.get("events") or [], words("course.commitment", text=text)))
    for check in file.get("checks") or []:
        purpose = words.code("purpose", str(check["purpose"]))
        unit = reading.unit(check.get("requester")) or ""
        names.update(dict.fromkeys(check.get("events") or [], words("course.check", purpose=purpose, unit=unit)))
    for consent in file.get("consents") or []:
        purpose = words.code("purpose", str(consent["purpose"]))
        unit = reading.unit(consent.get("recipient")) or ""
        said = words("course.consent", purpose=purpose, unit=unit)
        names.update(dict.fromkeys(consent.get("events") or [], said))
    return names


def _step(reading: Reading, item: Answer, names: Mapping[int, Markup], routes: Mapping[int, str]) -> Step:
    index, kind = int(item["index"]), str(item["type"])
    entry = reading.entry(index)
    tone, icon = _KNOTS.get(kind, ("info", "file"))
    parts = [part for part in (names.get(index), _consequence(reading, kind, entry.logged.data)) if part]
    on, recorded = str(item["effective_on"]), day_of(entry.logged.recorded_at).isoformat()
    return Step(
        on=on,
        recorded_on=None if recorded == on else recorded,
        ref=entry.ref,
        tone=tone,
        icon=icon,
        title=reading.words.event(kind, routes.get(index)),
        about=_joined(reading, parts),
        by=said_by(reading, item["recorded_by"]) if item.get("recorded_by") else None,
    )


def _consequence(reading: Reading, kind: str, data: Mapping[str, Any]) -> Markup | None:
    """One line of what an act means, from its plain members."""
    words, key = reading.words, f"course.{kind}"
    if not words.has(key):
        return None
    days = {name: day(data.get(name)) for name in ("reply_due", "due_on", "until", "expires_on") if data.get(name)}
    codes = {
        name: words.code(group, str(data[name]))
        for name, group in (("severity", "severity"), ("outcome", "outcome"), ("decision", "decision"))
        if data.get(name)
    }
    try:
        return words(key, **days, **codes)
    except KeyError:
        return None  # the entry does not hold what the sentence speaks of


def _joined(reading: Reading, parts: Iterable[Markup]) -> Markup | None:
    found = list(parts)
    return (
        reading.words("text.sentence_pair", first=found[0], second=found[1])
        if len(found) == 2
        else next(iter(found), None)
    )
