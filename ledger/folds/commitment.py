"""What a commitment is on a day: the due day in force, kept or not, waived or not.

A commitment that is open when its unit ends is the successor's from that day on. OVERDUE begins on the day after the
due day in force. BROKEN is not a commitment's own doing: `ledger.folds.facts` says it while a finding that names the
commitment weighs something.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from ledger.folds.order import in_legal_order, until, with_corrections
from ledger.reading import Logged

REORGANISATION: Final = "UnitReorganised"
_ABSENT: Final = ""
_OPEN: Final = frozenset({"OPEN", "OVERDUE"})

TRANSITIONS: Final[Mapping[str, tuple[frozenset[str], str]]] = {
    "CommitmentMade": (frozenset({_ABSENT}), "OPEN"),
    "CommitmentImported": (frozenset({_ABSENT}), "IMPORTED"),
    "CommitmentAmended": (_OPEN, "OPEN"),
    "CommitmentOverdueFlagged": (_OPEN, "OPEN"),
    "CommitmentFulfilled": (_OPEN, "FULFILLED"),
    "CommitmentWaived": (_OPEN, "WAIVED"),
    "CommitmentAssessed": (frozenset({"IMPORTED"}), "IMPORTED"),
}


@dataclass(frozen=True, slots=True)
class Commitment:
    """A commitment on a day. `text_entry` is the entry whose section (or plain data) holds its words."""

    id: str
    uid: str
    stream: str
    promisor: str
    state: str
    made_on: date
    text_entry: int
    due_on: date | None = None
    kind: str | None = None
    weight: int = 0
    public: bool = False
    fulfilled_on: date | None = None
    waived_on: date | None = None
    amendments: int = 0
    source: str | None = None
    source_due: str | None = None
    events: tuple[int, ...] = ()
    weight_events: tuple[int, ...] = ()

    @property
    def open(self) -> bool:
        return self.state in _OPEN


def fold_commitment(entries: Sequence[Logged], on: date, reorganisations: Sequence[Logged] = ()) -> Commitment | None:
    """The commitment on a day, or None while none of its entries counts. `entries` are those known, of one stream;
    `reorganisations` those of units that are known."""
    commitment: Commitment | None = None
    for entry in until(in_legal_order([*with_corrections(entries), *reorganisations]), on):
        if entry.type == REORGANISATION:
            commitment = _moved(commitment, entry)
            continue
        rule = TRANSITIONS.get(entry.type)
        if rule is None:
            if commitment is not None:
                commitment = replace(commitment, events=(*commitment.events, entry.index))
            continue
        sources, target = rule
        if (commitment.state if commitment else _ABSENT) in sources:
            commitment = _taken(commitment, entry, target)
    if commitment is None or commitment.state != "OPEN" or commitment.due_on is None:
        return commitment
    return replace(commitment, state="OVERDUE") if on > commitment.due_on else commitment


def _moved(commitment: Commitment | None, entry: Logged) -> Commitment | None:
    """What is open on that day and was promised by a unit that ends with it is the successor's."""
    if commitment is None or not commitment.open or commitment.promisor not in set(entry.data["from"]):
        return commitment
    if commitment.promisor in entry.data["to"]:
        return commitment
    return replace(
        commitment,
        promisor=str(entry.data["successor_id"]),
        events=(*commitment.events, entry.index),
        weight_events=(*commitment.weight_events, entry.index),
    )


def _taken(commitment: Commitment | None, entry: Logged, target: str) -> Commitment:
    data, day = entry.data, entry.effective_on
    if commitment is None:
        commitment = _opened(entry, target)
    commitment = replace(commitment, state=target, events=(*commitment.events, entry.index))
    if entry.type == "CommitmentAmended":
        commitment = replace(
            commitment, due_on=date.fromisoformat(data["new_due_on"]), amendments=commitment.amendments + 1
        )
    elif entry.type == "CommitmentFulfilled":
        in_time = commitment.due_on is not None and day <= commitment.due_on
        commitment = replace(commitment, state="FULFILLED_ON_TIME" if in_time else "FULFILLED_LATE", fulfilled_on=day)
    elif entry.type == "CommitmentWaived":
        commitment = replace(commitment, waived_on=day)
    if entry.type in ("CommitmentMade", "CommitmentAmended", "CommitmentFulfilled", "CommitmentWaived"):
        commitment = replace(commitment, weight_events=(*commitment.weight_events, entry.index))
    return commitment


def _opened(entry: Logged, target: str) -> Commitment:
    data = entry.data
    due = data.get("due_on")
    return Commitment(
        id=data.get("commitment_id") or data["source_record"],
        uid=entry.uid,
        stream=entry.stream,
        promisor=data["promisor_id"],
        state=target,
        made_on=entry.effective_on,
        text_entry=entry.index,
        due_on=None if due is None else date.fromisoformat(due),
        kind=data.get("kind"),
        weight=data.get("weight", 0),
        public=bool(data.get("public", False)),
        source=data.get("source"),
        source_due=data.get("due"),
    )
