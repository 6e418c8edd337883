"""What an entry changed: the state of its record before it and with it, folded on the entry's own day.

An entry whose record did not allow it that day, or that carries no state, changed nothing and says so by an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from ledger.folds.breach import Breach, fold_breach
from ledger.folds.break_glass import fold_glass
from ledger.folds.check import check_on
from ledger.folds.commitment import fold_commitment
from ledger.folds.consent import fold_consent
from ledger.folds.data_request import fold_data_request
from ledger.folds.facts import records_on
from ledger.folds.measure import fold_measure, measures_of
from ledger.reading import Logged
from projections.reader import Reader, timeline_if_any

if TYPE_CHECKING:
    from ledger.application import Ledger

States = Mapping[tuple[str, str], str]
_RECORD_IDS: Final = (
    "request_id", "breach_id", "commitment_id", "check_id", "consent_id", "assessment_id", "scheme_id", "rulebook_id",
    "measure_id", "glass_id",
)  # fmt: skip


class Changes:
    """Answers for one pass over the log; names of subjects are looked up once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.name: Callable[[str], str] = lru_cache(maxsize=4096)(ledger.caller_id)

    @staticmethod
    def record(logged: Logged) -> str | None:
        """The caller's id of the record an entry is about: a repair's beside its breach's."""
        data = logged.data
        found = next((str(data[name]) for name in _RECORD_IDS if data.get(name)), None)
        repair = data.get("repair_id")
        return f"{repair} ({found})" if repair and found else (str(repair) if repair else found)

    def of(self, logged: Logged) -> list[dict[str, Any]]:
        """Each record whose state the entry moved, with the state before (None where there was none) and after."""
        if logged.type == "PostAssigned":
            return [self._post(logged)]
        fold = _FOLDS.get(logged.kind)
        if fold is None:
            return []
        known = list(self._ledger.stream(logged.stream, logged.index + 1))
        read = partial(fold, self._ledger, on=logged.effective_on)
        before = read(known[:-1], size=logged.index) if len(known) > 1 else {}
        after = read(known, size=logged.index + 1)
        return [
            {"kind": kind, "id": record, "before": before.get((kind, record)), "after": state}
            for (kind, record), state in after.items()
            if before.get((kind, record)) != state
        ]

    def _post(self, logged: Logged) -> dict[str, Any]:
        """A post has no state; what changes is the unit."""
        posts = [
            entry for entry in self._ledger.stream(logged.stream, logged.index + 1) if entry.type == "PostAssigned"
        ]
        before = self.name(posts[-2].data["unit_id"]) if len(posts) > 1 else None
        return {
            "kind": "post",
            "id": self.name(logged.uid),
            "before": before,
            "after": self.name(logged.data["unit_id"]),
        }


def _breach(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    breach = fold_breach(entries, on)
    return {} if breach is None else {("breach", breach.id): breach.state, **_repairs(breach)}


def _repairs(breach: Breach) -> States:
    return {("repair", repair.id): repair.state for repair in breach.repairs}


def _commitment(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    commitment = fold_commitment(entries, on)
    return {} if commitment is None else {("commitment", commitment.id): commitment.state}


def _check(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    check = check_on(source, entries, size, on)
    if check is None:
        return {}
    states = {("check", check.id): check.state}
    states |= {("evaluation", check.id): check.outcome} if check.outcome else {}
    return states | ({("decision", check.id): check.decision} if check.decision else {})


def _consent(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    consent = fold_consent(entries, on)
    if consent is None:
        return {}
    return {("consent", consent.id): "VALID" if consent.holds(on) else "WITHDRAWN"}


def _data_request(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    request = fold_data_request(entries, on)
    return {} if request is None else {("data-request", request.id): request.state}


def _measure(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    measure = fold_measure(entries, on)
    return {} if measure is None else {("measure", measure.id): measure.state(on)}


def _application(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    """It has no id of its own: its measure's, beside that of the record it answers."""
    timeline = timeline_if_any(source, size, on)
    records = records_on(source, entries[0].data["subject_id"], on, size, timeline)
    applied = [one for one in measures_of(source, records, timeline, on, size) if one.uid == entries[0].uid]
    return {
        ("application", one.measure.id if one.record is None else f"{one.measure.id} ({one.record})"): one.state
        for one in applied
    }


def _glass(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    glass = fold_glass(entries, on)
    return {} if glass is None else {("glass", glass.id): glass.state}


def _assessment(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    states = {
        "AssessmentSchemeAdopted": "SCHEME",
        "AssessmentScored": "SCORED",
        "AssessmentPublished": "PUBLISHED",
        "AssessmentRestated": "RESTATED",
    }
    reached = [states[entry.type] for entry in entries if entry.type in states]
    data = entries[0].data
    record = str(data.get("assessment_id") or data.get("scheme_id"))
    return {("assessment", record): reached[-1]} if reached else {}


def _edition(source: Reader, entries: Sequence[Logged], on: date, size: int) -> States:
    """An activation changes from which day the edition is in force."""
    days = [entry.effective_on.isoformat() for entry in entries if entry.type == "RulebookActivated"]
    return {("edition", str(entries[0].data["rulebook_id"])): days[-1]} if days else {}


class _Fold(Protocol):
    def __call__(self, source: Reader, entries: Sequence[Logged], on: date, size: int) -> States: ...


_FOLDS: Final[Mapping[str, _Fold]] = {
    "breach": _breach,
    "commitment": _commitment,
    "check": _check,
    "consent": _consent,
    "data-request": _data_request,
    "measure": _measure,
    "application": _application,
    "glass": _glass,
    "scheme": _assessment,
    "assessment": _assessment,
    "rulebook": _edition,
}
