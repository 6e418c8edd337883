"""What an entry changed: the state of its record before it and with it, folded on the entry's own day.

An entry whose record did not allow it that day, or that carries no state, changed nothing and says so by an empty list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from ledger.folds.breach import Breach, fold_breach
from ledger.folds.check import fold_check
from ledger.folds.commitment import fold_commitment
from ledger.folds.consent import fold_consent
from ledger.folds.data_request import fold_data_request
from ledger.folds.measure import fold_measure
from ledger.reading import Logged

if TYPE_CHECKING:
    from ledger.application import Ledger

States = Mapping[tuple[str, str], str]
_RECORD_IDS: Final = (
    "request_id", "breach_id", "commitment_id", "check_id", "consent_id", "assessment_id", "scheme_id", "rulebook_id",
    "measure_id",
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
        before = fold(known[:-1], logged.effective_on) if len(known) > 1 else {}
        after = fold(known, logged.effective_on)
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


def _breach(entries: Sequence[Logged], on: date) -> States:
    breach = fold_breach(entries, on)
    return {} if breach is None else {("breach", breach.id): breach.state, **_repairs(breach)}


def _repairs(breach: Breach) -> States:
    return {("repair", repair.id): repair.state for repair in breach.repairs}


def _commitment(entries: Sequence[Logged], on: date) -> States:
    commitment = fold_commitment(entries, on)
    return {} if commitment is None else {("commitment", commitment.id): commitment.state}


def _check(entries: Sequence[Logged], on: date) -> States:
    check = fold_check(entries, on)
    if check is None:
        return {}
    states = {("check", check.id): check.state}
    states |= {("evaluation", check.id): check.outcome} if check.outcome else {}
    return states | ({("decision", check.id): check.decision} if check.decision else {})


def _consent(entries: Sequence[Logged], on: date) -> States:
    consent = fold_consent(entries, on)
    if consent is None:
        return {}
    return {("consent", consent.id): "VALID" if consent.holds(on) else "WITHDRAWN"}


def _data_request(entries: Sequence[Logged], on: date) -> States:
    request = fold_data_request(entries, on)
    return {} if request is None else {("data-request", request.id): request.state}


def _measure(entries: Sequence[Logged], on: date) -> States:
    measure = fold_measure(entries, on)
    return {} if measure is None else {("measure", measure.id): measure.state(on)}


def _application(entries: Sequence[Logged], on: date) -> States:
    """What its own entries say; what ends it beside them is read in its subject's file."""
    lifted = any(entry.type == "MeasureLifted" for entry in entries)
    return {("measure", str(entries[0].data["measure_id"])): "LIFTED" if lifted else "IN_FORCE"}


def _assessment(entries: Sequence[Logged], on: date) -> States:
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


def _edition(entries: Sequence[Logged], on: date) -> States:
    """An activation changes from which day the edition is in force."""
    days = [entry.effective_on.isoformat() for entry in entries if entry.type == "RulebookActivated"]
    return {("edition", str(entries[0].data["rulebook_id"])): days[-1]} if days else {}


_FOLDS: Final[Mapping[str, Callable[[Sequence[Logged], date], States]]] = {
    "breach": _breach,
    "commitment": _commitment,
    "check": _check,
    "consent": _consent,
    "data-request": _data_request,
    "measure": _measure,
    "application": _application,
    "scheme": _assessment,
    "assessment": _assessment,
    "rulebook": _edition,
}
