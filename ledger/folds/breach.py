"""What a breach is on a day: its report, notice, finding, appeals, repairs, removal and voiding in one record.

`fold_breach` reads the entries of one breach known at some size and answers for one day. Entries count in the order of
the days they take effect; one that the state of that day does not allow changes nothing. An overturning and a voiding
reach back: as known after them the finding is void on every day from its own day on, so a voiding has no day of its
own. Two things depend on dates alone and need no entry: LAPSED after `reply_due`, and EXPIRED, which asks the rulebook
through `over`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from ledger.clock import day_of
from ledger.folds.order import CORRECTION, in_legal_order, until, with_corrections
from ledger.folds.repair import Repair, RepairFold
from ledger.reading import Logged

STANDING: Final = frozenset({"CONFIRMED", "UPHELD", "VARIED"})
IN_FORCE: Final = STANDING | {"APPEALED"}  # a listing is active in these (DOMAIN §4.3)
FOUND: Final = IN_FORCE | {"REPAIRED", "REMOVED", "EXPIRED", "OVERTURNED"}
UNHEARD: Final = frozenset({"REPORTED", "DECLINED"})
HEARING: Final = frozenset({"NOTIFIED", "REPLIED", "LAPSED"})
VOIDING: Final = "RecordVoided"
LOCAL: Final = "LOCAL"  # the record kind of a finding made in this ledger

_ABSENT: Final = ""

# DOMAIN §4.3 as data: in which states of its day an entry of this type counts, and the state it leads to. The outcome
# of an appeal names its own state; types that move no state of the breach lead to None.
TRANSITIONS: Final[Mapping[str, tuple[frozenset[str], str | None]]] = {
    "BreachReported": (frozenset({_ABSENT}), "REPORTED"),
    "AuthorityRecordImported": (frozenset({_ABSENT}), "CONFIRMED"),
    "ReportDeclined": (frozenset({"REPORTED"}), "DECLINED"),
    "BreachNotified": (frozenset({"REPORTED"}) | HEARING, "NOTIFIED"),
    "BreachReplied": (frozenset({"NOTIFIED", "REPLIED"}), "REPLIED"),  # again where another had recorded the first
    "ReplyLapsed": (frozenset({"LAPSED"}), "LAPSED"),
    "BreachConfirmed": (frozenset({"REPLIED", "LAPSED"}), "CONFIRMED"),
    "BreachDismissed": (frozenset({"REPLIED", "LAPSED"}), "DISMISSED"),
    "BreachAppealed": (STANDING, "APPEALED"),
    "AppealDecided": (frozenset({"APPEALED"}), None),
    "AuthorityRecordRemoved": (IN_FORCE | {"EXPIRED", "REPAIRED"}, "REMOVED"),
    "RepairApplied": (STANDING, None),
    "RepairReturned": (IN_FORCE | {"EXPIRED"}, None),
    "RepairAccepted": (IN_FORCE | {"EXPIRED"}, None),
    "RepairPublicised": (IN_FORCE | {"EXPIRED"}, None),
    "RepairApproved": (STANDING, "REPAIRED"),
    "RepairRejected": (IN_FORCE | {"EXPIRED"}, None),
    "RepairRevoked": (frozenset({"REPAIRED"}), "CONFIRMED"),
}


@dataclass(frozen=True, slots=True)
class Appeal:
    """One appeal: its route, the day it was filed, and what became of it.

    `on_paper`: a clerk filed it for the subject, who keeps the remedies of their own hand.
    """

    route: str
    filed_on: date
    events: tuple[int, ...]
    decided_on: date | None = None
    outcome: str | None = None
    on_paper: bool = False


@dataclass(frozen=True, slots=True)
class Breach:
    """A breach on a day. `state` is what its entries and `reply_due` say; EXPIRED is left to the rulebook.

    `events` are all its entries that count that day; `weight_events` those that its weight rests on: the finding and
    what moved its state since. `void_by` is the entry that overturned or voided it, as known.
    """

    id: str
    uid: str
    stream: str
    subject: str
    record_kind: str
    opened_on: date
    state: str = _ABSENT
    list_code: str | None = None
    category: str | None = None
    proposed_severity: str | None = None
    severity: str | None = None
    decision_on: date | None = None
    found_on: date | None = None
    recorded_on: date | None = None  # the day (+08:00) on which the ledger recorded a finding of ours
    ends_on: date | None = None
    reply_due: date | None = None
    occurred_on: str | None = None
    duty_related: bool = False
    unit_at_time: str | None = None
    commitment_id: str | None = None
    publicity: bool | None = None
    void_by: int | None = None
    events: tuple[int, ...] = ()
    weight_events: tuple[int, ...] = ()
    appeals: tuple[Appeal, ...] = ()
    repairs: tuple[Repair, ...] = ()
    reopened: tuple[int, date] | None = None  # the correction that made it weigh more: the remedies began anew

    @property
    def found(self) -> bool:
        """A finding was made by that day, whatever became of it."""
        return self.decision_on is not None

    @property
    def imported(self) -> bool:
        return self.record_kind != LOCAL


Over = Callable[[Breach, date], bool]
"""Whether a finding that otherwise stands reads EXPIRED on a day."""


def never_over(_: Breach, __: date) -> bool:
    """For readers without an edition: no window ends."""
    return False


def fold_breach(entries: Sequence[Logged], on: date, *, over: Over = never_over) -> Breach | None:
    """The breach on a day, or None while none of its entries counts. `entries` are those known, of one stream."""
    ordered = in_legal_order(with_corrections(entries))
    whole = _fold(ordered, over)
    if whole is None:
        return None
    counting = until(ordered, on)
    breach = whole if len(counting) == len(ordered) else _fold(counting, over)
    if breach is None:
        return None
    reaching_back = [entry.index for entry in ordered if entry.type == CORRECTION]
    if whole.found_on is not None and on >= whole.found_on:
        void_by = _void_by(ordered, whole)
        if void_by is not None:
            reaching_back.append(void_by)
            breach = replace(breach, state="OVERTURNED", void_by=void_by)
    elif _unanswered(breach, on):
        breach = replace(breach, state="LAPSED")
    return _resting_also_on(replace(breach, reopened=_reopened(entries, on)), reaching_back)


def _reopened(entries: Sequence[Logged], on: date) -> tuple[int, date] | None:
    """The newest correction by a day that lets a record count as duty-related where it did not, and its own day."""
    counts, found = bool(entries[0].data.get("duty_related")), None
    for entry in entries:
        if entry.type == CORRECTION and entry.data["field"] == "duty_related":
            value = bool(entry.data.get("corrected_value"))
            if value and not counts and entry.effective_on <= on:
                found = entry.index, entry.effective_on
            counts = value
    return found


def _resting_also_on(breach: Breach, reaching_back: Sequence[int]) -> Breach:
    """The breach with the entries that moved it from a later day among its own."""
    if not reaching_back:
        return breach
    weight_events = sorted({*breach.weight_events, *reaching_back}) if breach.found else ()
    return replace(breach, events=tuple(sorted({*breach.events, *reaching_back})), weight_events=tuple(weight_events))


def _void_by(ordered: Sequence[Logged], whole: Breach) -> int | None:
    """The entry that undid the finding: the voiding, or the decision of the appeal that overturned it."""
    if whole.state == "OVERTURNED":
        return whole.weight_events[-1]
    return next((entry.index for entry in ordered if entry.type == VOIDING), None)


def _unanswered(breach: Breach, on: date) -> bool:
    return breach.state == "NOTIFIED" and breach.reply_due is not None and on > breach.reply_due


def _fold(ordered: Sequence[Logged], over: Over) -> Breach | None:
    fold = _Fold(over)
    for entry in ordered:
        fold.take(entry)
    return fold.result()


@dataclass(slots=True)
class _Fold:
    over: Over
    breach: Breach | None = None
    events: list[int] = field(default_factory=list)
    weight_events: list[int] = field(default_factory=list)
    appeals: list[Appeal] = field(default_factory=list)
    repairs: RepairFold = field(default_factory=RepairFold)

    def result(self) -> Breach | None:
        if self.breach is None:
            return None
        return replace(
            self.breach,
            events=tuple(self.events),
            weight_events=tuple(self.weight_events),
            appeals=tuple(self.appeals),
            repairs=self.repairs.result(self.breach.id),
        )

    def state_on(self, entry: Logged) -> str:
        """The state that an entry meets on its day. A decision meets the appeal even where max has passed since."""
        breach = self.breach
        if breach is None:
            return _ABSENT
        day = entry.effective_on
        if _unanswered(breach, day):
            return "LAPSED"
        if breach.state in IN_FORCE and entry.type != "AppealDecided" and self.over(breach, day):
            return "EXPIRED"
        return breach.state

    def take(self, entry: Logged) -> None:
        rule = TRANSITIONS.get(entry.type)
        if rule is not None:
            sources, target = rule
            if self.state_on(entry) not in sources or not self.repairs.take(entry):
                return
            self.move(entry, target)
        elif self.breach is None:
            return
        else:
            self.repairs.take(entry)
        self.events.append(entry.index)

    def move(self, entry: Logged, target: str | None) -> None:
        data, day = entry.data, entry.effective_on
        if self.breach is None:
            self.breach = _opened(entry)
        breach = self.breach
        if entry.type == "BreachNotified":
            breach = replace(breach, reply_due=_day(data["reply_due"]), proposed_severity=data["proposed_finding"])
        elif entry.type == "BreachConfirmed":
            breach = replace(
                breach,
                severity=data["severity"],
                decision_on=_day(data["decision_on"]),
                found_on=day,
                recorded_on=day_of(entry.recorded_at),
                publicity=data.get("publicity"),
            )
        elif entry.type == "BreachAppealed":
            on_paper = data.get("on_behalf_of") is not None
            self.appeals.append(Appeal(data["route"], day, (entry.index,), on_paper=on_paper))
        elif entry.type == "AppealDecided":
            target = data["outcome"]
            breach = replace(breach, severity=data.get("new_severity") or breach.severity)
            filed = self.appeals[-1]
            self.appeals[-1] = replace(filed, events=(*filed.events, entry.index), decided_on=day, outcome=target)
        if target is not None:
            breach = replace(breach, state=target)
            if breach.found:
                self.weight_events.append(entry.index)
        self.breach = breach


def _opened(entry: Logged) -> Breach:
    data = entry.data
    imported = entry.type == "AuthorityRecordImported"
    return Breach(
        id=data["breach_id"],
        uid=entry.uid,
        stream=entry.stream,
        subject=data["subject_id"],
        record_kind=data["record_kind"] if imported else LOCAL,
        opened_on=entry.effective_on,
        list_code=data.get("list_code"),
        category=data.get("category"),
        proposed_severity=data.get("proposed_severity"),
        severity=data.get("severity"),
        decision_on=_day(data["decision_on"]) if imported else None,
        found_on=entry.effective_on if imported else None,
        ends_on=_optional_day(data.get("ends_on")),
        occurred_on=data.get("occurred_on"),
        duty_related=bool(data.get("duty_related", False)),
        unit_at_time=data.get("unit_at_time"),
        commitment_id=data.get("commitment_id"),
        publicity=data.get("publicity"),
    )


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _optional_day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
