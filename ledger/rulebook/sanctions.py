"""Sanctions and their periods: what each kind lasts and blocks, and how several of one person run together.

A period of months begins with its first day and ends on the same day of its last month, that day included; where the
month has no such day, on its last (民法典 201-202). Of different kinds imposed together only the heaviest is carried
out. A new one during an old one runs for what remained of the old and its own period, never past `cap_months` from its
first day (行政机关公务员处分条例 10; 政务处分法 15). The numbers are `sanctions.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from itertools import groupby
from types import MappingProxyType
from typing import Final

from ledger.rulebook.parameters import Authority, Source
from ledger.rulebook.toml_table import Table
from ledger.rulebook.windows import add_months

CODE: Final = "bad-sanctions"
_A_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind. `rank` None: it runs by itself; `months` None: no period of its own."""

    id: str
    authority: Authority
    blocks: tuple[str, ...]
    months: int | None = None
    at_most: bool = False
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind, and how those with a rank run together."""

    merging: Authority
    cap_months: int
    of: Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Term:
    """The last day where a decision names none (None: for life), and the days between which one may be named."""

    default: date | None
    earliest: date | None = None
    latest: date | None = None


@dataclass(frozen=True, slots=True)
class Imposed:
    """A sanction as it was decided: both days included; `until` None is for life."""

    kind: str
    start: date
    until: date | None
    lifted_on: date | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """How it runs beside the others: its last day; the places of the one that absorbed it, and of those it extends."""

    until: date | None
    absorbed_by: int | None = None
    extends: tuple[int, ...] = ()


def parse_kinds(data: bytes) -> Kinds:
    """The kinds from the bytes of their file; `Invalid` with code `bad-sanctions` and the field otherwise."""
    root = Table.parse(data, code=CODE)
    merging = root.table("merging")
    authority, cap = _authority(merging), merging.integer("cap_months", least=1)
    merging.close()
    kinds = [_kind(table) for table in root.tables("kind")]
    root.close()
    by_id = {kind.id: kind for kind in kinds}
    ranks = [kind.rank for kind in kinds if kind.rank is not None]
    if len(by_id) != len(kinds) or len(set(ranks)) != len(ranks):
        raise root.refuse("kind", "each kind once, each rank once")
    return Kinds(authority, cap, MappingProxyType(by_id))


def _kind(table: Table) -> Kind:
    at_most = table.has("at_most") and table.boolean("at_most")
    months, rank = table.optional_integer("months", least=1), table.optional_integer("rank", least=1)
    kind = Kind(table.text("id"), _authority(table), table.texts("blocks"), months, at_most, rank)
    table.close()
    return kind


def _authority(table: Table) -> Authority:
    return Authority(table.text("clause"), table.optional_text("basis"), table.word("source", Source))


@cache
def shipped_kinds() -> Kinds:
    """The kinds that come with the ledger."""
    return parse_kinds((resources.files("ledger.rulebook") / "sanctions.toml").read_bytes())


def term_of(kind: str, start: date) -> Term:
    """What a decision may say of the last day: of kinds that merge, one period at least and the cap at most."""
    kinds = shipped_kinds()
    this = kinds.of[kind]
    if this.months is None:
        return Term(None)
    period = add_months(start, this.months)
    if this.rank is not None:
        return Term(period, period, add_months(start, kinds.cap_months))
    return Term(period, latest=period if this.at_most else None)


def run_together(imposed: Sequence[Imposed]) -> list[Running]:
    """How the sanctions of one person run, in the order given. One that was lifted leaves no remainder."""
    kinds = shipped_kinds()
    runs = [Running(one.until) for one in imposed]
    merging = [place for place, one in enumerate(imposed) if kinds.of[one.kind].rank is not None]
    before: list[int] = []
    for start, group in groupby(sorted(merging, key=lambda place: imposed[place].start), lambda at: imposed[at].start):
        together = list(group)
        heaviest = max(together, key=lambda place: _weight(kinds, imposed[place]))
        for place in together:
            if place != heaviest:
                runs[place] = Running(imposed[place].until, absorbed_by=heaviest)
        standing = [place for place in before if _served_until(imposed[place], runs[place]) >= start]
        until = imposed[heaviest].until
        if standing and until is not None:
            last = max(_served_until(imposed[place], runs[place]) for place in standing)
            capped = min(_moved(last, start, until), add_months(start, kinds.cap_months))
            runs[heaviest] = Running(capped, extends=tuple(standing))
        before.append(heaviest)
    return runs


def _weight(kinds: Kinds, one: Imposed) -> tuple[int, date]:
    """Of two of one kind imposed together the one that was given longer is carried out."""
    return kinds.of[one.kind].rank or 0, one.until or date.max


def _served_until(one: Imposed, running: Running) -> date:
    last = running.until or date.max
    return last if one.lifted_on is None else min(last, one.lifted_on - _A_DAY)


def _moved(last: date, start: date, until: date) -> date:
    """The end of a period from `start` to `until`, begun at `last` instead: months first, then the days over them."""
    months = (until.year - start.year) * 12 + until.month - start.month
    if add_months(start, months) > until:
        months -= 1
    rest = (until - add_months(start, months)).days
    end = add_months(last, months)
    return end + timedelta(days=min(rest, (date.max - end).days))
