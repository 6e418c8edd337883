"""The eligibility decisions of a period as an auditor takes them out: what was decided, by which rules, on what.

Every evaluation is made again from the entries, with the edition that was in force, and compared with what was
recorded: a difference is a finding. Persons, checks and records stand under the pseudonyms that the caller gives for
this purpose; entries are named by their index. No personal text is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from ledger.errors import LedgerError, NotFound
from ledger.folds.check import check_entries, consent_of, fold_check
from ledger.folds.eligibility import evaluate_check
from ledger.reading import Logged
from ledger.rulebook.eligibility import Verdict
from projections.clauses import edition_item, edition_of
from projections.difference import named_entry
from projections.reader import Reader

Pseudonym = Callable[[str], str]
"""The pseudonym that stands for an id of the ledger in what is handed out."""

DECISIONS: Final = ("EligibilityDecided", "EligibilityRedetermined")
REQUEST, EVALUATION = "EligibilityCheckRequested", "EligibilityEvaluated"
INCOMPLETE: Final = "INCOMPLETE"
_DEPARTURES: Final = (("BLOCK", "ELIGIBLE"), ("CLEAR", "NOT_ELIGIBLE"))
DIFFERS: Final = "decision-differs"
_MANIPULATION: Final = "manipulation"


@dataclass(frozen=True, slots=True)
class Decided:
    """One check that was decided: what goes out, the entries it rests on, and what was found about it."""

    item: dict[str, Any]
    subject: str
    entries: tuple[int, ...]
    findings: tuple[dict[str, Any], ...]


def decisions(
    reader: Reader, pseudonym: Pseudonym, *, size: int, first: date = date.min, last: date = date.max
) -> Iterator[Decided]:
    """The checks decided, or decided anew, from `first` to `last`, both included, in the order of their requests."""
    streams = {
        entry.stream
        for type_ in DECISIONS
        for entry in reader.by_type(type_, size)
        if first <= entry.effective_on <= last
    }
    known = [reader.stream(stream, size) for stream in streams]
    for entries in sorted(known, key=lambda entries: entries[0].index):
        yield _decided(reader, pseudonym, entries, size)


def _decided(reader: Reader, pseudonym: Pseudonym, entries: Sequence[Logged], size: int) -> Decided:
    request = entries[0]
    subject = str(request.data["subject_id"])
    whole = check_entries(reader, entries, size)
    check = fold_check(whole, date.max)
    evaluated = next((entry for entry in reversed(entries) if entry.type == EVALUATION), None)
    if check is None or evaluated is None:
        found = [_finding(request, "it was decided and never evaluated")]
        return Decided(_without_evaluation(pseudonym, request), subject, _indexes(whole), tuple(found))
    again, problem = _again(reader, request, evaluated)
    findings = [_finding(evaluated, what) for what in _differences(request, evaluated, again, problem)]
    findings += [_finding(entry, what) for entry in entries for what in _unfounded(evaluated, entry)]
    edition, activation = _edition(reader, evaluated)
    hits = [{"rule": hit.rule, "clause": hit.clause, "entries": list(hit.events)} for hit in check.hits]
    item = {
        "check": pseudonym(request.uid),
        "subject": pseudonym(subject),
        "purpose": check.purpose,
        "requester": None if check.requester is None else pseudonym(check.requester),
        "requested_on": check.requested_on.isoformat(),
        "statutory_basis": request.data.get("statutory_basis"),
        "consented": request.data.get("consent_id") is not None,
        "rulebook": edition,
        "as_of": evaluated.data["as_of"],
        "size": evaluated.data["as_known_seq"],
        "outcome": check.outcome,
        "hits": hits,
        "report": [pseudonym(record) for record in check.records],
        "decision": check.decision,
        "decided_on": None if check.decided_on is None else check.decided_on.isoformat(),
        "departs_from_rule": any(bool(entry.data.get("departs_from_rule")) for entry in entries),
        "state": check.state,
        "acts": [_act(pseudonym, entry) for entry in _in_log_order(whole)],
        "agrees": not findings,
    }
    rests_on = {*_indexes(whole), *(index for hit in check.hits for index in hit.events)}
    rests_on |= {*_consent(reader, request), *(() if activation is None else (activation,))}
    return Decided(item, subject, tuple(sorted(rests_on)), tuple(findings))


def _without_evaluation(pseudonym: Pseudonym, request: Logged) -> dict[str, Any]:
    return {"check": pseudonym(request.uid), "subject": pseudonym(str(request.data["subject_id"])), "agrees": False}


def _act(pseudonym: Pseudonym, entry: Logged) -> dict[str, Any]:
    """One step of a check: what was done, when, in which role and for which unit; a decision says which."""
    unit = entry.actor.get("unit")
    act = {
        **named_entry(entry),
        "role": entry.actor.get("role"),
        "unit": None if unit is None else pseudonym(unit),
    }
    return act | ({"decision": entry.data["decision"]} if entry.type in DECISIONS else {})


def _requester(reader: Reader, request: Logged) -> str | None:
    """The organ that asked, as the ledger knew it when it evaluated."""
    unit = request.data.get("requester") or request.actor.get("unit")
    return None if unit is None else reader.survivor(str(unit), request.index)


def _in_log_order(entries: Iterable[Logged]) -> list[Logged]:
    return sorted(entries, key=lambda entry: entry.index)


def _indexes(entries: Iterable[Logged]) -> tuple[int, ...]:
    return tuple(sorted({entry.index for entry in entries}))


def _consent(reader: Reader, request: Logged) -> tuple[int, ...]:
    """The entries of the consent that a request names, as they were known to it."""
    return tuple(entry.index for entry in consent_of(reader, request, request.index + 1) if entry.index < request.index)


def _edition(reader: Reader, evaluated: Logged) -> tuple[dict[str, Any], int | None]:
    """The edition that an evaluation names, with the digest of its file, and the entry that brought it into force."""
    named, size = str(evaluated.data["rulebook"]), int(evaluated.data["as_known_seq"])
    activated = [entry for entry in reader.by_type("RulebookActivated", size) if entry.data["rulebook_id"] == named]
    try:
        edition = edition_item(edition_of(reader.editions(size), named))
    except NotFound:
        edition = {"id": named, "digest": None}
    return edition, activated[-1].index if activated else None


# Made again.


def _again(reader: Reader, request: Logged, evaluated: Logged) -> tuple[Verdict | None, str | None]:
    """The verdict on what the request knew, or why there is none."""
    data = request.data
    try:
        return evaluate_check(
            reader,
            str(data["subject_id"]),
            purpose=str(data["purpose"]),
            requester=_requester(reader, request),
            consent_id=data.get("consent_id"),
            statutory_basis=data.get("statutory_basis"),
            as_of=request.effective_on,
            size=request.index,
        ), None
    except LedgerError as error:
        return None, error.code


def _differences(request: Logged, evaluated: Logged, again: Verdict | None, problem: str | None) -> Iterator[str]:
    """In what a recorded evaluation is not the one that its request asked for."""
    said = evaluated.data
    if (said["as_of"], said["as_known_seq"]) != (request.effective_on.isoformat(), request.index):
        yield "it does not stand on the day and the size of its request"
    if again is None:
        yield f"it cannot be made again: {problem}"
        return
    made = {
        "rulebook": again.edition,
        "outcome": again.outcome.value,
        "hits": [{"rule": hit.rule, "clause": hit.clause, "event_ids": list(hit.events)} for hit in again.hits],
        "records": list(again.records),
    }
    differing = [name for name, value in made.items() if said.get(name) != value]
    if differing:
        yield f"made again from the entries it differs: {', '.join(differing)}"


def _unfounded(evaluated: Logged, entry: Logged) -> Iterator[str]:
    """In what a decision does not go with the evaluation it stands on: what every command would have refused."""
    if entry.type != DECISIONS[0]:
        return
    outcome, decision = evaluated.data["outcome"], entry.data["decision"]
    if outcome == INCOMPLETE:
        yield "a check without a valid consent was decided"
    if (outcome, decision) in _DEPARTURES and not entry.data.get("departs_from_rule"):
        yield "it departs from the rule and does not say so"


def _finding(entry: Logged, what: str) -> dict[str, Any]:
    return {
        "grade": _MANIPULATION,
        "index": entry.index,
        "what": f"entry {entry.index}: {what}",
        "code": DIFFERS,
    }
