"""What an eligibility check is on a day: evaluated, noticed, decided, disputed, final, or withdrawn.

The evaluation is shown as it was made (DESIGN §8): outcome, hits and report are those of the last EligibilityEvaluated,
whatever the ledger learned since. A withdrawal of the consent that reaches the ledger after the request and counts
before the decision withdraws the check; so it is folded among the check's own entries, and so is the undoing of a merge
after which the consent is another person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

from msgspec import structs

from ledger.folds.consent import fold_consent
from ledger.folds.order import in_legal_order, until
from ledger.folds.source import Source
from ledger.reading import Logged

WITHDRAWAL: Final = "ConsentWithdrawn"
PARTING: Final = "MergeUndone"
REPORT: Final = "CreditReportAttached"
BESIDE: Final = frozenset({REPORT, "ConflictDeclared"})
_GIVEN: Final = "ConsentGiven"
_ABSENT: Final = ""
_UNDECIDED: Final = frozenset({"REQUESTED", "EVALUATED", "NOTICED", "RESPONDED", "LAPSED"})
_NOT_FINAL: Final = _UNDECIDED | {"DECIDED", "NOTIFIED", "DISPUTED", "REDETERMINED"}

# DOMAIN §4.3 as data: in which states of its day an entry of this type counts, and the state it leads to.
TRANSITIONS: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "EligibilityCheckRequested": (frozenset({_ABSENT}), "REQUESTED"),
    "EligibilityEvaluated": (frozenset({"REQUESTED", "EVALUATED"}), "EVALUATED"),
    "PreDecisionNoticeSent": (frozenset({"EVALUATED"}), "NOTICED"),
    "CandidateResponded": (frozenset({"NOTICED", "RESPONDED"}), "RESPONDED"),  # as a reply of a breach
    "EligibilityDecided": (_UNDECIDED - {"REQUESTED"}, "DECIDED"),
    "EligibilityNotified": (frozenset({"DECIDED"}), "NOTIFIED"),
    "EligibilityDisputed": (frozenset({"NOTIFIED"}), "DISPUTED"),
    "EligibilityRedetermined": (frozenset({"DISPUTED"}), "REDETERMINED"),
    "EligibilityFinalised": (frozenset({"NOTIFIED", "REDETERMINED"}), "FINAL"),
    "EligibilityWithdrawn": (_NOT_FINAL, "WITHDRAWN"),
    WITHDRAWAL: (_UNDECIDED, "WITHDRAWN"),
    PARTING: (_UNDECIDED, "WITHDRAWN"),
}


@dataclass(frozen=True, slots=True)
class Hit:
    """One rule that matched, with the entries of all the records it matched on."""

    rule: str
    clause: str
    events: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference item that was laid beside the check: a bank credit report, with the consent it was obtained with."""

    kind: str
    attached_on: date
    consent_id: str
    event: int


@dataclass(frozen=True, slots=True)
class Check:
    """A check on a day. `evaluated_on` and `evaluated_size` are the two moments its evaluation stands on."""

    id: str
    uid: str
    subject: str
    purpose: str
    requested_on: date
    requester: str | None
    consent_id: str | None
    post_ref: str | None
    state: str
    outcome: str | None = None
    rulebook: str | None = None
    evaluated_on: date | None = None
    evaluated_size: int | None = None
    hits: tuple[Hit, ...] = ()
    records: tuple[str, ...] = ()
    reply_due: date | None = None
    decision: str | None = None
    decided_on: date | None = None
    references: tuple[Reference, ...] = ()
    events: tuple[int, ...] = field(default=())


def check_on(
    source: Source, entries: Sequence[Logged], size: int, on: date, known: Iterable[Logged] | None = None
) -> Check | None:
    """The check on a day, as known at a size, or None before its request: the one way to read one. `known` spares a
    read: as for `check_entries`."""
    return fold_check(check_entries(source, entries, size, known), on)


def check_entries(
    source: Source, entries: Sequence[Logged], size: int, known: Iterable[Logged] | None = None
) -> list[Logged]:
    """The entries of a check and what took its consent away, where that reached the ledger after the request.

    What counts from a day before the request withdraws the check on the request's own day. `known` is the person's
    history at that size, where the caller has read it already.
    """
    request = entries[0]
    if request.data.get("consent_id") is None:
        return list(entries)
    asked, undone = _as_written(source, request, size), _undone(source, request, size)
    given = _rests_on(source, asked, undone, size, known)
    withdrawals = [
        entry
        for entry in given
        if entry.type == WITHDRAWAL and (entry.index > request.index or entry.effective_on > request.effective_on)
    ]
    taken = (
        structs.replace(entry, effective_on=max(entry.effective_on, request.effective_on))
        for entry in (*withdrawals, *_parting(source, given, asked, undone, size))
    )
    return [*entries, *taken]


def consent_of(source: Source, request: Logged, size: int) -> Sequence[Logged]:
    """The entries of the consent that a check rests on, as known at a size; none where it rests on none.

    It is the one that the evaluation took: given by whom the ledger took for this person at the request. An id alone
    does not tell, for it is one of its source system's own.
    """
    if request.data.get("consent_id") is None:
        return ()
    return _rests_on(source, _as_written(source, request, size), _undone(source, request, size), size, None)


def _as_written(source: Source, request: Logged, size: int) -> Logged:
    """A request under the name of whom it was written for, whoever was merged since."""
    return source.stream(request.stream, size)[0]


def _undone(source: Source, request: Logged, size: int) -> list[Logged]:
    return [entry for entry in source.by_type(PARTING, size) if entry.index > request.index]


def _rests_on(
    source: Source, asked: Logged, undone: Sequence[Logged], size: int, known: Iterable[Logged] | None
) -> Sequence[Logged]:
    if known is None or undone:  # whoever came apart since has a history of its own today
        known = source.history(asked.data["subject_id"], asked.index)
    streams = [
        entry.stream
        for entry in known
        if entry.type == _GIVEN and entry.data["consent_id"] == asked.data["consent_id"] and entry.index < asked.index
    ]
    opened = [source.stream(stream, size) for stream in streams]
    own = [given for given in opened if _one(source, given[0], asked, asked.index)]
    if len(own) > 1:  # one id of two source systems
        return next((given for given in own if _held(source, given, asked)), own[0])
    return own[0] if own else ()


def _one(source: Source, given: Logged, asked: Logged, at: int) -> bool:
    """Whether a consent is of the person whom a request is about, as known at a size."""
    return source.survivor(given.data["subject_id"], at) == source.survivor(asked.data["subject_id"], at)


def _held(source: Source, given: Sequence[Logged], asked: Logged) -> bool:
    """Whether a consent held for a request when it was made."""
    consent = fold_consent([entry for entry in given if entry.index < asked.index], asked.effective_on)
    requester = asked.data.get("requester") or asked.actor.get("unit")
    return (
        consent is not None
        and requester is not None
        and consent.purpose == asked.data["purpose"]
        and source.survivor(consent.recipient, asked.index) == source.survivor(requester, asked.index)
        and consent.holds(asked.effective_on)
    )


def _parting(
    source: Source, given: Sequence[Logged], asked: Logged, undone: Sequence[Logged], size: int
) -> list[Logged]:
    """The undoing of a merge after which the consent of a check is another person's, as known at a size; none where
    both are one, or where no consent was asked for."""
    if not given or not undone or asked.data.get("statutory_basis") or _one(source, given[0], asked, size):
        return []
    return [
        entry
        for entry in undone
        if _one(source, given[0], asked, entry.index) and not _one(source, given[0], asked, entry.index + 1)
    ][-1:]


def fold_check(entries: Sequence[Logged], on: date) -> Check | None:
    """The check on a day, or None before its request. `entries` come from `check_entries`."""
    check: Check | None = None
    for entry in until(in_legal_order(entries), on):
        rule = TRANSITIONS.get(entry.type)
        if rule is None:
            check = None if check is None else _beside(check, entry)
            continue
        sources, target = rule
        if _state_on(check, entry.effective_on) in sources:
            check = _taken(check, entry, target)
    if check is not None and check.state == "NOTICED" and _state_on(check, on) == "LAPSED":
        return replace(check, state="LAPSED")
    return check


def _beside(check: Check, entry: Logged) -> Check:
    """An entry that moves no state: who stepped back, and what was laid beside the check."""
    if entry.type not in BESIDE:
        return check
    check = replace(check, events=(*check.events, entry.index))
    if entry.type != REPORT:
        return check
    reference = Reference("CREDIT_REPORT", entry.effective_on, entry.data["consent_id"], entry.index)
    return replace(check, references=(*check.references, reference))


def _state_on(check: Check | None, day: date) -> str:
    if check is None:
        return _ABSENT
    if check.state == "NOTICED" and check.reply_due is not None and day > check.reply_due:
        return "LAPSED"
    return check.state


def _taken(check: Check | None, entry: Logged, target: str) -> Check:
    data, day = entry.data, entry.effective_on
    if check is None:
        check = Check(
            id=data["check_id"],
            uid=entry.uid,
            subject=data["subject_id"],
            purpose=data["purpose"],
            requested_on=day,
            requester=data.get("requester") or entry.actor.get("unit"),
            consent_id=data.get("consent_id"),
            post_ref=data.get("post_ref"),
            state=target,
        )
    check = replace(check, state=target, events=(*check.events, entry.index))
    if entry.type == "EligibilityEvaluated":
        return replace(
            check,
            outcome=data["outcome"],
            rulebook=data["rulebook"],
            evaluated_on=date.fromisoformat(data["as_of"]),
            evaluated_size=data["as_known_seq"],
            hits=tuple(_hit(hit) for hit in data["hits"]),
            records=tuple(data.get("records", ())),
        )
    if entry.type == "PreDecisionNoticeSent":
        return replace(check, reply_due=date.fromisoformat(data["reply_due"]))
    if entry.type in ("EligibilityDecided", "EligibilityRedetermined"):
        return replace(check, decision=data["decision"], decided_on=day)
    return check


def _hit(hit: Mapping[str, Any]) -> Hit:
    return Hit(hit["rule"], hit["clause"], tuple(hit["event_ids"]))
