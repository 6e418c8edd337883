"""Who stands for whom: registrations merged into one, and units that ended with their successors.

Nothing recorded is rewritten. A merge holds for whoever reads as known after it, on every day, until it is undone as
known later; whom an entry was written for stays in the entry. `history` shows a subject the entries of all its
registrations as its own, and a unit the open commitments of those it succeeded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Final

from msgspec.structs import replace

from ledger.catalogue import TYPES
from ledger.domain.delegation import DelegationGranted
from ledger.domain.merging import MergeUndone, SubjectsMerged
from ledger.domain.reorganisation import UnitReorganised
from ledger.domain.sections import references_of, written_names
from ledger.entries import Entries
from ledger.mapper import logged
from ledger.memory import Memory
from ledger.reading import Logged

MERGED, UNDONE, REORGANISED = SubjectsMerged.__name__, MergeUndone.__name__, UnitReorganised.__name__
RELATING: Final = (SubjectsMerged.TOPIC, MergeUndone.TOPIC, UnitReorganised.TOPIC)
_NEWEST: Final = "SELECT max(idx) FROM entries WHERE topic IN (?, ?, ?) AND idx < ?"
_NONE: Final = -1
_REMEMBERED: Final = 64
_ANY: Final = 1 << 62


@dataclass(frozen=True)
class Relations:
    """What merges and reorganisations known at some size say. All of it is about pseudonyms."""

    into: Mapping[str, str] = field(default_factory=dict)  # merged registration → the one it was merged into
    reorganised: tuple[Logged, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.into or self.reorganised)

    def survivor(self, uid: str) -> str:
        """The registration that stands for this one; itself where it was merged into none."""
        while uid in self.into:
            uid = self.into[uid]
        return uid

    def group(self, uid: str) -> tuple[str, ...]:
        """All registrations of the same person or unit, this one included."""
        if not self.into:
            return (uid,)
        survivor = self.survivor(uid)
        return (survivor, *sorted(other for other in self.into if self.survivor(other) == survivor))

    def same(self, one: str | None, other: str | None) -> bool:
        """Whether two pseudonyms are of one person or unit."""
        return one is not None and other is not None and self.survivor(one) == self.survivor(other)

    def ended_on(self, uid: str) -> date | None:
        """The first day on which a unit is no more; None for one that goes on."""
        entry = self._end_of(uid)
        return None if entry is None else entry.effective_on

    def _end_of(self, uid: str) -> Logged | None:
        """The reorganisation with which a unit ended, whichever of its registrations was named in it."""
        uid = self.survivor(uid)
        return next((entry for entry in self.reorganised if uid in map(self.survivor, ended(entry))), None)

    def has_ended(self, uid: str, on: date) -> bool:
        day = self.ended_on(uid)
        return day is not None and on >= day

    def successors(self, uid: str) -> list[str]:
        """Whose the open matters of a unit that ended were from then on, one after the other."""
        found: list[str] = []
        while (entry := self._end_of(uid)) is not None:
            uid = str(entry.data["successor_id"])
            if uid in found:  # no rule lets a circle close
                break
            found.append(uid)
        return found

    def successor(self, uid: str) -> str | None:
        """Whose the open matters of a unit that ended are now; None for one that goes on."""
        return next(reversed(self.successors(uid)), None)

    def predecessors(self, uid: str, *, ever: bool = False) -> tuple[str, ...]:
        """The units that ended and whose open matters are this one's now, or `ever` were."""
        units = sorted({unit for entry in self.reorganised for unit in ended(entry)})
        chains = {unit: self.successors(unit) for unit in units}
        return tuple(
            unit
            for unit, chain in chains.items()
            if any(self.same(one, uid) for one in (chain if ever else chain[-1:]))
        )

    def stands_for(self, *uids: str | None) -> frozenset[str]:
        """Everybody whom these stand for, themselves included."""
        found: set[str] = set()
        for uid in uids:
            if uid is not None:
                group = self.group(uid)
                found.update(group, *(self.group(unit) for one in group for unit in self.predecessors(one)))
        return frozenset(found)


def ended(entry: Logged) -> frozenset[str]:
    """The units that end with a reorganisation."""
    return frozenset(entry.data["from"]) - frozenset(entry.data["to"])


def relations_of(entries: Iterable[Logged]) -> Relations:
    """What these entries say, in log order; other types among them say nothing of it."""
    into: dict[str, str] = {}
    reorganised = []
    for entry in entries:
        if entry.type == MERGED:
            subject, survivor = str(entry.data["subject_id"]), str(entry.data["into_id"])
            if Relations(into).survivor(survivor) != subject:  # no rule lets a circle close, and no forged entry either
                into[subject] = survivor
        elif entry.type == UNDONE:
            into.pop(str(entry.data["subject_id"]), None)
        elif entry.type == REORGANISED:
            reorganised.append(entry)
    return Relations(into, tuple(reorganised))


def as_one(entries: Iterable[Logged], relations: Relations, subject: str) -> list[Logged]:
    """Entries as read about one subject: whatever they say of another registration of it, they say of this one, and of
    any other merged registration, of the one that stands for it. What says who was merged stays as it is."""
    if not relations.into:
        return list(entries)
    names = {uid: relations.survivor(uid) for uid in relations.into}
    names |= dict.fromkeys(relations.group(subject), subject)
    return [_renamed(entry, names) for entry in entries]


@cache
def _references(type_: str) -> tuple[str, ...]:
    data = TYPES[type_].Data
    written = written_names(data)
    return tuple(written[name] for name in references_of(data))


def _renamed(entry: Logged, names: Mapping[str, str]) -> Logged:
    kind, _, uid = entry.stream.partition("/")
    stream = f"{kind}/{names.get(uid, uid)}" if kind == "subject" else entry.stream
    changed: dict[str, Any] = {}
    if entry.type not in (MERGED, UNDONE):
        for name in _references(entry.type):
            value = entry.data.get(name)
            if isinstance(value, str) and value in names:
                changed[name] = names[value]
        for name in ("from", "to") if entry.type == REORGANISED else ():
            changed[name] = [names.get(unit, unit) for unit in entry.data[name]]
        if entry.type == "RecordCorrected" and entry.data["field"] == "unit_at_time":
            value = entry.data.get("corrected_value")
            changed |= {"corrected_value": names[value]} if isinstance(value, str) and value in names else {}
    if not changed and stream == entry.stream:
        return entry
    return replace(entry, stream=stream, data={**entry.data, **changed})


def inherited(entries: Sequence[Logged]) -> list[Logged]:
    """Of the entries about a unit that ended, those a successor needs: its commitments, the cases that name one of
    them, and the reorganisations themselves."""
    named = {entry.stream for entry in entries if entry.kind == "breach" and entry.data.get("commitment_id")}
    return [
        entry for entry in entries if entry.kind == "commitment" or entry.type == REORGANISED or entry.stream in named
    ]


class Related(Entries):
    """Reads that know who stands for whom."""

    def prepare_relations(self) -> None:
        self.relations_known: Memory[int, Relations] = Memory(_REMEMBERED)
        self.delegations_known: Memory[int, Mapping[str, tuple[str, ...]]] = Memory(_REMEMBERED)

    def relations(self, size: int | None = None) -> Relations:
        """Who stands for whom as known at a size; without one, as this thread knows it now.

        While a transaction is open nobody else relates anybody, so its thread asks once (`forget_relations`).
        """
        now: Relations | None = getattr(self._own, "related", None)
        if size is None and now is not None:
            return now
        found = self._known_at(_ANY if size is None else size)
        if size is None and self.in_transaction:
            self._own.related = found
        return found

    def forget_relations(self) -> None:
        """Ask again: this thread's transaction, or a part of it, begins or ends, or has just related somebody."""
        self._own.related = None

    def _known_at(self, end: int) -> Relations:
        # What this thread holds back is written first only if it relates somebody: a bulk import reads nothing twice.
        about = None if getattr(self._own, "relating", False) else ()
        ((newest,),) = self.store.recorder.query(_NEWEST, (*RELATING, end), about=about)
        key = _NONE if newest is None else int(newest)
        known = self.relations_known.get(key)
        if known is None:
            rows = [row for topic in RELATING for row in self.store.by_topic(topic, key + 1)] if key != _NONE else []
            known = relations_of(sorted(map(logged, rows), key=lambda entry: entry.index))
            self.relations_known.put(key, known)
        return known

    def delegations_of(self, uid: str) -> tuple[str, ...]:
        """The delegations at whose one end somebody is, whether or not they are in force, as this thread knows them."""
        newest = self.store.newest_of_topic(DelegationGranted.TOPIC)
        if newest is None:
            return ()
        known = self.delegations_known.get(newest)
        if known is None:
            ends: dict[str, list[str]] = {}
            for entry in map(logged, self.store.by_topic(DelegationGranted.TOPIC)):
                for end in dict.fromkeys((str(entry.actor["id"]), str(entry.data["delegate_id"]))):
                    ends.setdefault(end, []).append(entry.uid)
            known = {end: tuple(uids) for end, uids in ends.items()}
            self.delegations_known.put(newest, known)
        return known.get(uid, ())

    def survivor(self, uid: str, size: int) -> str:
        """The registration that stands for this one, as known at a size."""
        return self.relations(size).survivor(uid)

    def registrations(self, uid: str, size: int) -> tuple[str, ...]:
        """All registrations of the same subject, this one included, as known at a size."""
        return self.relations(size).group(uid)

    def history(self, subject: str, size: int) -> list[Logged]:
        """The entries that may move this subject's file or figures, among the first `size`, as known at that size."""
        relations, read = self.relations(size), super().history
        if not relations:
            return read(subject, size)
        group = relations.group(subject)
        found = [entry for uid in group for entry in read(uid, size)]
        before = {unit for uid in group for unit in relations.predecessors(uid, ever=True)}
        for unit in sorted({uid for one in before for uid in relations.group(one)}):
            found += inherited(read(unit, size))
        known = {entry.index: entry for entry in found}
        for stream in _partial(known.values()):  # a case that was brought here late is read from its beginning
            known.update((entry.index, entry) for entry in self.stream(stream, size))
        return as_one((known[index] for index in sorted(known)), relations, subject)


def _partial(entries: Iterable[Logged]) -> list[str]:
    """The cases of which some entries are not among these."""
    versions: dict[str, list[int]] = {}
    for entry in entries:
        if entry.kind == "breach":
            versions.setdefault(entry.stream, []).append(entry.version)
    return [stream for stream, known in versions.items() if min(known) != 1 or max(known) != len(known)]
