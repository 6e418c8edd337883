"""Sanctions and their periods: what each kind lasts and blocks, and how several of one person run together.

A period of months begins with its first day and ends on the same day of its last month, that day included; where the
month has no such day, on its last (民法典 201-202). Of different kinds imposed together only the heaviest is carried
out; of several of one kind, between one period and their sum. A new one during an old one runs for what remained of the
old and its own period, never past `cap_months` from its first day (行政机关公务员处分条例 10; 政务处分法 15). A
decision may state the period so merged itself: what remained is not added a second time. The numbers are
`sanctions.toml`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
    """One kind. `rank` None: it runs by itself; `months` None: no period of its own.

    `begins_freely`: its decision names the first day; every other begins on the day of the decision.
    """

    id: str
    authority: Authority
    blocks: tuple[str, ...]
    months: int | None = None
    rank: int | None = None
    begins_freely: bool = False


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind, and how those with a rank run together."""

    merging: Authority
    cap_months: int
    of: Mapping[str, Kind]


@dataclass(frozen=True, slots=True)
class Term:
    """The last day where a decision names none (None: for life), and the days between which one may be named.

    `begins_freely`: whether the decision names its first day.
    """

    default: date | None
    earliest: date | None = None
    latest: date | None = None
    begins_freely: bool = False


@dataclass(frozen=True, slots=True)
class Imposed:
    """A sanction as it was decided: both days included; `until` None is for life.

    Of a kind that merges an `until` later than its own period is one that the decision itself merged.
    """

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
    freely = table.has("begins_freely") and table.boolean("begins_freely")
    months, rank = table.optional_integer("months", least=1), table.optional_integer("rank", least=1)
    if rank is not None and months is None:
        raise table.refuse("months", "a kind that merges has a period")
    kind = Kind(table.text("id"), _authority(table), table.texts("blocks"), months, rank, freely)
    table.close()
    return kind


def _authority(table: Table) -> Authority:
    return Authority(table.text("clause"), table.optional_text("basis"), table.word("source", Source))


@cache
def shipped_kinds() -> Kinds:
    """The kinds that come with the ledger."""
    return parse_kinds((resources.files("ledger.rulebook") / "sanctions.toml").read_bytes())


def term_of(kind: str, start: date, others: Sequence[Imposed] = ()) -> Term:
    """What a decision may say of the last day, beside the other sanctions of the person that are known.

    Of kinds that merge, one period at least. It may be longer only where the decision can be a merging: several of the
    kind that begin on one day (up to their sum), one that stands on the first day (with what remains of it), the cap at
    most. Of the rest with a period of their own, that period at most.
    """
    kinds = shipped_kinds()
    this = kinds.of[kind]
    if this.months is None:
        return Term(None, begins_freely=this.begins_freely)
    period = add_months(start, this.months)
    if this.rank is None:
        return Term(period, latest=period, begins_freely=this.begins_freely)
    then = [one if one.lifted_on is None or one.lifted_on <= start else replace(one, lifted_on=None) for one in others]
    together = sum(one.kind == kind and one.start == start and one.lifted_on is None for one in then)
    longest = add_months(start, this.months * (1 + together))
    last = _last_standing(then, start)
    if last is not None:  # two ways of adding a period to a remainder; at a month's end they differ by days
        longest = max(add_months(last, this.months * (1 + together)), _moved(longest, start, last))
    return Term(period, period, min(longest, add_months(start, kinds.cap_months)), this.begins_freely)


def _last_standing(imposed: Sequence[Imposed], start: date) -> date | None:
    """The last day of what was imposed before a day and stands on it, as it runs; None where nothing does."""
    before = [one for one in imposed if one.start < start and shipped_kinds().of[one.kind].rank is not None]
    runs = zip(before, run_together(before), strict=True)
    ends = [_served_until(one, run) for one, run in runs if run.absorbed_by is None]
    return max((last for last in ends if last >= start), default=None)


def run_together(imposed: Sequence[Imposed]) -> list[Running]:
    """How the sanctions of one person run, in the order given. One that was lifted leaves what was served of it.

    The new one runs for the longer of what its decision says and what remained of the old with its own period.
    """
    kinds = shipped_kinds()
    runs = [Running(one.until) for one in imposed]
    merging = [place for place, one in enumerate(imposed) if kinds.of[one.kind].rank is not None]
    before: list[int] = []
    for start, group in groupby(sorted(merging, key=lambda place: imposed[place].start), lambda at: imposed[at].start):
        together = list(group)
        heaviest = max(together, key=lambda place: (*_weight(kinds, imposed[place]), place))
        for place in together:
            if place != heaviest:
                runs[place] = Running(imposed[place].until, absorbed_by=heaviest)
        standing = [place for place in before if _served_until(imposed[place], runs[place]) >= start]
        months, until = kinds.of[imposed[heaviest].kind].months, imposed[heaviest].until
        if standing and until is not None and months is not None:
            last = max(_served_until(imposed[place], runs[place]) for place in standing)
            capped = min(add_months(last, months), add_months(start, kinds.cap_months))
            runs[heaviest] = Running(max(until, capped), extends=tuple(standing))
        before.append(heaviest)
    return runs


def _weight(kinds: Kinds, one: Imposed) -> tuple[int, date]:
    """Of several of one kind imposed together the one that was given longest is carried out, of equals the newest."""
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
