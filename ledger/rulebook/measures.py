"""What a measure may rest on, and what sets it off: the national basic list, statutes, and triggers (DOMAIN §3.3).

A RESTRICT measure has an effect of the list and a clause for it, of the list or of a statute; nothing local adds to
that (国办发〔2020〕49号). Where a statute orders it for all kinds of records that set the measure off, its force is
STATUTORY and stands through an appeal against the cause; whatever else a department does is DISCRETIONARY
(DOMAIN §1.3). The rows are `measure_bases.toml`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final

from ledger.rulebook.facts import RecordKind
from ledger.rulebook.parameters import Severity, Source
from ledger.rulebook.toml_table import Table

CODE: Final = "bad-measure-bases"
# An article, and one of its items: `26`, `26条`, `第26条`, `26(4)`, `第26条(4)`, `26（4）`.
_PLACE: Final = re.compile(r"(第)?([1-9][0-9]{0,3})(?(1)条|条?)(?:[(（]([1-9][0-9]?)[)）])?", re.ASCII)


class Kind(StrEnum):
    REWARD = "REWARD"
    RESTRICT = "RESTRICT"


class Force(StrEnum):
    STATUTORY = "STATUTORY"
    DISCRETIONARY = "DISCRETIONARY"


class Of(StrEnum):
    """What kind of record sets a measure off."""

    FINDING = "FINDING"
    COMMITMENT = "COMMITMENT"
    REPAIR = "REPAIR"


@dataclass(frozen=True, slots=True)
class Effect:
    """A kind of restriction of the national list."""

    code: str
    number: int
    name: str


@dataclass(frozen=True, slots=True)
class Statute:
    """An article of a statute that orders these effects itself, for records of these kinds.

    `items` are those of its items that do; empty for an article that has none.
    """

    name: str
    article: int
    items: tuple[int, ...]
    record_kinds: tuple[RecordKind, ...]
    effects: tuple[str, ...]
    source: Source

    def is_at(self, place: tuple[int, int | None]) -> bool:
        """Whether a place, article and item, is this one; an article without an item is every row of it."""
        article, item = place
        return article == self.article and (item is None or item in self.items)


@dataclass(frozen=True, slots=True)
class Trigger:
    """What sets a measure off; `record_kinds` and `least` are for findings alone."""

    code: str
    kind: Kind
    of: Of
    record_kinds: tuple[str, ...] = ()
    least: Severity | None = None

    def meets(self, record_kind: str, severity: str) -> bool:
        """Whether a finding of this kind (LOCAL: one of ours) and severity sets it off."""
        grave = self.least is None or Severity(severity).rank >= self.least.rank
        return record_kind in self.record_kinds and grave


@dataclass(frozen=True, slots=True)
class Basis:
    """What a measure rests on: its force, and whether no published text was found for it."""

    force: Force
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Bases:
    """The whole table."""

    list_name: str
    editions: tuple[str, ...]
    source: Source
    effects: Mapping[str, Effect]
    statutes: tuple[Statute, ...]
    triggers: Mapping[str, Trigger]

    def basis_of(self, kind: str, effect: str, clauses: Iterable[str], record_kinds: Collection[str]) -> Basis | None:
        """What a measure rests on by its clauses; None for a restriction that nothing allows. A reward needs no
        statute. `record_kinds` are those of its trigger: the statutes named must order it for all of them."""
        if kind == Kind.REWARD:
            return Basis(Force.DISCRETIONARY, demonstration=False)
        known, written = self.effects.get(effect), [clause.rpartition(" ") for clause in clauses]
        if known is None:
            return None
        places = [(name, found) for name, _, place in written if (found := _place(place)) is not None]
        ordering = [
            statute
            for name, place in places
            for statute in self.statutes
            if statute.name == name and effect in statute.effects and statute.is_at(place)
        ]
        if record_kinds and _covers(ordering, record_kinds):
            published = [statute for statute in ordering if statute.source is Source.PUBLISHED]
            return Basis(Force.STATUTORY, demonstration=not _covers(published, record_kinds))
        if any(name in self._list_names and place == str(known.number) for name, _, place in written):
            return Basis(Force.DISCRETIONARY, self.source is Source.DEMONSTRATION)
        return None

    @property
    def _list_names(self) -> frozenset[str]:
        return frozenset({self.list_name, *(f"{self.list_name}（{year}年版）" for year in self.editions)})


def _covers(statutes: Iterable[Statute], record_kinds: Collection[str]) -> bool:
    return set(record_kinds) <= {kind.value for statute in statutes for kind in statute.record_kinds}


def _place(place: str) -> tuple[int, int | None] | None:
    """Article and item of a place as a clause writes it; None for anything else."""
    match = _PLACE.fullmatch(place)
    return None if match is None else (int(match[2]), None if match[3] is None else int(match[3]))


def parse_bases(data: bytes) -> Bases:
    """The table from the bytes of its file; `Invalid` with code `bad-measure-bases` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    of_list = root.table("list")
    name, editions, source = of_list.text("name"), of_list.texts("editions"), of_list.word("source", Source)
    of_list.close()
    effects = [_effect(table) for table in root.tables("effect")]
    statutes = tuple(_statute(table) for table in root.tables("statute"))
    triggers = [_trigger(table) for table in root.tables("trigger")]
    root.close()
    by_code, by_trigger = {one.code: one for one in effects}, {one.code: one for one in triggers}
    if len(by_code) != len(effects) or len({one.number for one in effects}) != len(effects):
        raise root.refuse("effect", "each effect once, each number once")
    if len(by_trigger) != len(triggers):
        raise root.refuse("trigger", "each trigger once")
    if any(code not in by_code for statute in statutes for code in statute.effects):
        raise root.refuse("statute", "a statute names effects of the list")
    return Bases(name, editions, source, MappingProxyType(by_code), statutes, MappingProxyType(by_trigger))


def _effect(table: Table) -> Effect:
    effect = Effect(table.text("code"), table.integer("number", least=1), table.text("name"))
    table.close()
    return effect


def _statute(table: Table) -> Statute:
    name, article = table.text("name"), table.integer("article", least=1)
    items = table.integers("items", least=1, most=99) if table.has("items") else ()
    kinds = table.texts("record_kinds")
    if not set(kinds) <= set(RecordKind):
        raise table.refuse("record_kinds", f"some of {', '.join(RecordKind)}")
    effects, source = table.texts("effects"), table.word("source", Source)
    table.close()
    return Statute(name, article, items, tuple(map(RecordKind, kinds)), effects, source)


def _trigger(table: Table) -> Trigger:
    code, kind, of = table.text("code"), table.word("kind", Kind), table.word("of", Of)
    if (of is Of.FINDING) != (kind is Kind.RESTRICT):
        raise table.refuse("of", "a finding restricts, what was kept or put right rewards")
    kinds = table.texts("record_kinds") if of is Of.FINDING else ()
    least = table.word("least", Severity) if table.has("least") else None
    table.close()
    return Trigger(code, kind, of, kinds, least)


@cache
def shipped_bases() -> Bases:
    """The table that comes with the ledger."""
    return parse_bases((resources.files("ledger.rulebook") / "measure_bases.toml").read_bytes())
