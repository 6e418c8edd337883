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


def check_entries(entries: Sequence[Logged], known: Iterable[Logged], parted: Iterable[Logged] = ()) -> list[Logged]:
    """The entries of a check and what took its consent away, where that reached the ledger after the request.

    `known` are entries about the person, withdrawals among them; `parted` comes from `parting`. One that counts from a
    day before the request withdraws the check on the request's own day.
    """
    request = entries[0]
    consent_id = request.data.get("consent_id")
    if consent_id is None:
        return list(entries)
    withdrawals = [
        entry
        for entry in known
        if entry.type == WITHDRAWAL
        and entry.data["consent_id"] == consent_id
        and (entry.index > request.index or entry.effective_on > request.effective_on)
    ]
    taken = (
        structs.replace(entry, effective_on=max(entry.effective_on, request.effective_on))
        for entry in (*withdrawals, *parted)
    )
    return [*entries, *taken]


def parting(source: Source, request: Logged, size: int) -> list[Logged]:
    """The undoing of a merge after which the consent of a check is another person's, as known at a size; none where
    both are one, or where no consent was asked for."""
    named = request.data.get("consent_id")
    if named is None or request.data.get("statutory_basis"):
        return []
    undone = [entry for entry in source.by_type(PARTING, size) if entry.index > request.index]
    if not undone:
        return []
    given = next((entry for entry in source.by_type(_GIVEN, size) if entry.data["consent_id"] == named), None)
    asked = source.stream(request.stream, size)[0]  # as it was written, whoever was merged since

    def one(at: int) -> bool:
        return given is not None and source.survivor(given.data["subject_id"], at) == source.survivor(
            asked.data["subject_id"], at
        )

    if not one(request.index) or one(size):
        return []
    return [entry for entry in undone if one(entry.index) and not one(entry.index + 1)][-1:]


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
