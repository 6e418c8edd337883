"""Verification, quick and full, beside the two hashes per entry that it cannot do without.

The limit hashes the same entries from memory; ratios are by the clock, and by processor time beside it. Quick runs on
lives of breaches, full on an imported ledger, where every table has its rows and nothing is found. Full is shown whole,
without the opening of sections (DESIGN §11), and in parts; the parts are taken from another run, with the processor's
time taken around each.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from hashlib import sha256
from typing import Any
from unittest.mock import patch

from ledger import fsck
from ledger.application import Ledger
from ledger.fsck import columns, names, sections, spine, tables
from projections.rebuild import compare
from projections.runner import catch_up
from tests.bench.context import Context
from tests.bench.figures import Figure, Round, Target, number, ratio
from tests.bench.limits import LINK
from tests.bench.logs import breach_lives, imported

ENTRIES = 200_000
IMPORTED = 20_000
QUICK, FULL, TWO = Target(0.45), Target(0.12), Target(0.8)
SAMPLE = 20_000  # entries hashed for the limit

# The parts of a full verification, by what they promise; the rest is reading the entries' rows.
PARTS: tuple[tuple[str, type, tuple[str, ...]], ...] = (
    ("leaf, chain, root", spine.Spine, ("take", "finish")),
    ("canonical bytes, columns", columns.Columns, ("state",)),
    ("tiles", tables.Tiles, ("take", "finish")),
    ("subjects' rows", tables.Tables, ("subjects", "no_more_subjects")),
    ("streams, request keys", tables.Tables, ("streams", "requests")),
    ("database file", tables.Tables, ("file",)),
    ("documents", sections.Documents, ("start", "named")),
    ("sections opened", sections.Sections, ("open", "finish")),
    ("blind index", names.Names, ("take", "finish")),
)


def _states(ledger: Ledger) -> list[bytes]:
    return [state for state, _, _ in ledger.store.chained(0, SAMPLE)]


def _two_hashes(states: list[bytes]) -> None:
    chain = bytes(32)
    for state in states:
        chain = sha256(LINK + chain + sha256(b"\x00" + state).digest()).digest()


def _timed(name: str, entries: int, act: Callable[[], Any]) -> dict[str, float]:
    """Entries a second, by the clock and (`… cpu`) by the processor time of this process."""
    clock, processor = time.perf_counter(), time.process_time()
    report = act()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    if isinstance(report, fsck.Report) and (not report.ok or report.size != entries):
        raise AssertionError(f"the verification found {report.findings[:3]}")
    return {name: entries / clock, f"{name} cpu": entries / processor}


def _beside_limit(states: list[bytes], sides: Callable[[], dict[str, float]]) -> dict[str, float]:
    """The sides, and the limit as it was before and after them."""

    def limit() -> dict[str, float]:
        return _timed("limit", len(states), lambda: _two_hashes(states))

    before, found, after = limit(), sides(), limit()
    return found | {name: (before[name] + after[name]) / 2 for name in before}


def _quick(ledger: Ledger, states: list[bytes]) -> dict[str, float]:
    return _beside_limit(
        states,
        lambda: (
            _timed("quick", ledger.size, lambda: fsck.verify(ledger, quick=True))
            | _timed("two processes", ledger.size, lambda: fsck.verify(ledger, quick=True, jobs=2))
        ),
    )


def _parts(ledger: Ledger) -> dict[str, float]:
    """Microseconds of processor time an entry, by part."""
    spent: defaultdict[str, float] = defaultdict(float)
    with ExitStack() as stack:
        for name, kind, methods in PARTS:
            for method in methods:
                stack.enter_context(patch.object(kind, method, _clocked(getattr(kind, method), name, spent)))
        start = time.process_time()
        fsck.verify(ledger)
        whole = time.process_time() - start
    spent["reading the entries, and the rest"] = whole - sum(spent.values())
    start = time.process_time()
    compare(ledger, ledger.store.engine)
    spent["lists built again and compared"] = time.process_time() - start
    return {name: 1e6 * seconds / ledger.size for name, seconds in spent.items()}


def _clocked(method: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def clocked(*arguments: Any, **named: Any) -> Any:
        start = time.process_time()
        try:
            return method(*arguments, **named)
        finally:
            spent[name] += time.process_time() - start

    return clocked


def _full(ledger: Ledger, states: list[bytes]) -> tuple[dict[str, float], Mapping[str, float]]:

    def everything(jobs: int) -> fsck.Report:
        report = fsck.verify(ledger, jobs=jobs)
        if compare(ledger, ledger.store.engine):
            raise AssertionError("the lists are not those of the log")
        return report

    found = _beside_limit(
        states,
        lambda: (
            _timed("full", ledger.size, lambda: everything(1))
            | _timed("two processes", ledger.size, lambda: everything(2))
            | _timed("alone", ledger.size, lambda: fsck.verify(ledger))
            | _timed("alone, two processes", ledger.size, lambda: fsck.verify(ledger, jobs=2))
        ),
    )
    parts = _parts(ledger)
    for name, of in (("full", "full cpu"), ("full cpu", "full cpu"), ("alone", "alone cpu")):
        share = parts["sections opened"] * found[of] / 1e6
        found[f"{name} without sections"] = found[name] / (1 - min(share, 0.9))
    found["entries alone"] = 1e6 / (parts["leaf, chain, root"] + parts["canonical bytes, columns"])
    return found, parts


def bench(context: Context) -> Iterator[Figure]:
    """Quick, then full with its parts, on each database."""
    for side in context.sides():
        with breach_lives(side, ENTRIES) as ledger:
            states, quick = _states(ledger), list[Round]()
            for turn in range(context.rounds):
                context.tell(f"verify --quick, {side.name}: round {turn + 1} of {context.rounds}")
                quick.append(_quick(ledger, states))
        yield ratio(quick, "`verify --quick` ÷ two hashes, one process", side.name, "quick", "limit", QUICK)
        what = "`verify --quick` ÷ two hashes, one process, by processor time"
        yield ratio(quick, what, side.name, "quick cpu", "limit cpu")
        yield ratio(quick, "`verify --quick` ÷ two hashes, two processes", side.name, "two processes", "limit", TWO)
        yield from _full_figures(context, side)
    yield from context.missing(["`verify --quick` ÷ two hashes", "full `verify` ÷ two hashes"])


def _full_figures(context: Context, side: Any) -> Iterator[Figure]:
    full, parts = list[Round](), list[Mapping[str, float]]()
    with imported(side, IMPORTED) as ledger:
        catch_up(ledger, ledger.store.engine)
        states = _states(ledger)
        for turn in range(context.rounds):
            context.tell(f"full verify, {side.name}: round {turn + 1} of {context.rounds}")
            found, spent = _full(ledger, states)
            full.append(found)
            parts.append(spent)
    where = side.name
    hashes = "full `verify` ÷ two hashes"
    yield ratio(full, f"{hashes}, sections apart", where, "full without sections", "limit", FULL)
    what = f"{hashes}, sections apart, by processor time"
    yield ratio(full, what, where, "full cpu without sections", "limit cpu")
    yield ratio(full, f"{hashes}, sections and lists apart", where, "alone without sections", "limit")
    yield ratio(full, f"{hashes}, all of it", where, "full", "limit")
    yield ratio(full, f"{hashes}, all of it, two processes", where, "two processes", "limit")
    yield ratio(full, f"{hashes}, lists apart, two processes", where, "alone, two processes", "limit")
    for name in parts[0]:
        note = f"{number(100 * parts[0][name] / sum(parts[0].values()))} % of a run"
        yield Figure(f"full `verify`: {name}", where, tuple(spent[name] for spent in parts), "µs per entry", note=note)
    yield Figure("full `verify`: signatures", where, note="not measured: entries carry none so far")
