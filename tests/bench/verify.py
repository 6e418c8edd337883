"""Verification, quick and full, beside the two hashes per entry that it cannot do without.

The limit hashes the same entries from memory. Quick runs on lives of breaches, full on an imported ledger, where every
table has its rows and nothing is found. Full is shown whole, without the opening of sections (DESIGN §11), and in
parts; the parts are taken from another run, with a clock around each.
"""

from __future__ import annotations

import inspect
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


def _limit(states: list[bytes]) -> float:
    start, chain = time.perf_counter(), bytes(32)
    for state in states:
        chain = sha256(LINK + chain + sha256(b"\x00" + state).digest()).digest()
    return len(states) / (time.perf_counter() - start)


def _run(ledger: Ledger, act: Callable[[], Any]) -> float:
    start = time.perf_counter()
    report = act()
    took = time.perf_counter() - start
    if isinstance(report, fsck.Report) and (not report.ok or report.size != ledger.size):
        raise AssertionError(f"the verification found {report.findings[:3]}")
    return ledger.size / took


def _processes() -> bool:
    return "processes" in inspect.signature(fsck.verify).parameters


def _quick(ledger: Ledger, states: list[bytes]) -> dict[str, float]:
    verify: Any = fsck.verify
    found = {"limit": _limit(states), "quick": _run(ledger, lambda: verify(ledger, quick=True))}
    if _processes():
        found["two processes"] = _run(ledger, lambda: verify(ledger, quick=True, processes=2))
    found["limit"] = (found["limit"] + _limit(states)) / 2
    return found


def _parts(ledger: Ledger) -> dict[str, float]:
    """Microseconds an entry, by part."""
    spent: defaultdict[str, float] = defaultdict(float)
    with ExitStack() as stack:
        for name, kind, methods in PARTS:
            for method in methods:
                stack.enter_context(patch.object(kind, method, _clocked(getattr(kind, method), name, spent)))
        start = time.perf_counter()
        fsck.verify(ledger)
        whole = time.perf_counter() - start
    spent["reading the entries, and the rest"] = whole - sum(spent.values())
    start = time.perf_counter()
    compare(ledger, ledger.store.engine)
    spent["lists built again and compared"] = time.perf_counter() - start
    return {name: 1e6 * seconds / ledger.size for name, seconds in spent.items()}


def _clocked(method: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def clocked(*arguments: Any, **named: Any) -> Any:
        start = time.perf_counter()
        try:
            return method(*arguments, **named)
        finally:
            spent[name] += time.perf_counter() - start

    return clocked


def _full(ledger: Ledger, states: list[bytes]) -> tuple[dict[str, float], Mapping[str, float]]:
    limit = _limit(states)

    def everything() -> fsck.Report:
        report = fsck.verify(ledger)
        if compare(ledger, ledger.store.engine):
            raise AssertionError("the lists are not those of the log")
        return report

    whole, parts = _run(ledger, everything), _parts(ledger)
    without = 1e6 / (1e6 / whole - parts["sections opened"])
    found = {"limit": (limit + _limit(states)) / 2, "full": whole, "without sections": without}
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
        what = "`verify --quick` ÷ two hashes, two processes"
        if _processes():
            yield ratio(quick, what, side.name, "two processes", "limit", TWO)
        else:
            yield Figure(what, side.name, target=TWO, note="not measured: it has one process only so far")
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
    yield ratio(full, "full `verify` ÷ two hashes, sections apart", where, "without sections", "limit", FULL)
    yield ratio(full, "full `verify` ÷ two hashes, all of it", where, "full", "limit")
    for name in parts[0]:
        note = f"{number(100 * parts[0][name] / sum(parts[0].values()))} % of a run"
        yield Figure(f"full `verify`: {name}", where, tuple(spent[name] for spent in parts), "µs per entry", note=note)
    yield Figure("full `verify`: signatures", where, note="not measured: entries carry none so far")
