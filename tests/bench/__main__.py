"""Runs the benches, one after the other, and shows one table: on this disk, then on one that is 2 ms slower.

Rows are shown as they are measured. A whole run also writes the table into `README.md` beside this file; `--write`
writes it anywhere. The exit status says whether everything ran, never how fast it was.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from importlib import import_module
from itertools import chain
from pathlib import Path

from tests.bench import host
from tests.bench.context import Bench, Context
from tests.bench.figures import HEADING, Figure, line, table
from tests.bench.slow_disk import MICROSECONDS, NoCompiler, measure

# In the order of the table; each is a module with `bench`.
BENCHES = ("limits", "recorder", "verify", "proofs", "projection", "imports", "http")
ON_SLOW_DISK = ("limits", "recorder", "projection")
SLOW = f"fsync + {MICROSECONDS // 1000} ms"
README = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- figures -->\n", "<!-- end of figures -->\n"


def main() -> int:
    """0 when every bench ran."""
    parser = argparse.ArgumentParser(prog="tests.bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--only", action="append", choices=BENCHES, help="one bench; may be given again")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.6, help="for each side in each round")
    parser.add_argument("--rows", type=int, default=200_000, help="of the large import")
    parser.add_argument("--fast-disk", action="store_true", help="leave out the run on the slower disk")
    parser.add_argument("--write", type=Path, help="also write the table to this file")
    parser.add_argument("--slow-child", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    names = tuple(name for name in BENCHES if options.only is None or name in options.only)
    with tempfile.TemporaryDirectory(prefix="ledger-bench-") as temporary:
        disk = SLOW if options.slow_child else ""
        with Context(Path(temporary), options.rounds, options.seconds, options.rows, disk, _tell) as context:
            if options.slow_child:
                figures = [figure.as_json() for figure in _run(names, context)]
                options.slow_child.write_text(json.dumps(figures))
                return 0
            slow = [name for name in names if name in ON_SLOW_DISK and not options.fast_disk]
            shown = _page(chain(_run(names, context), _slower(slow, context)), context, options.rounds)
    if options.write:
        options.write.write_text(shown, encoding="utf-8")
    if options.only is None and not options.fast_disk:
        _into_readme(shown)
    return 0


def _tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


def _run(names: tuple[str, ...], context: Context) -> Iterator[Figure]:
    modules: Mapping[str, object] = {name: import_module(f"tests.bench.{name}") for name in names}
    for module in modules.values():
        bench: Bench = getattr(module, "bench")  # noqa: B009 - a module's attribute, typed here
        yield from bench(context)


def _slower(names: list[str], context: Context) -> Iterator[Figure]:
    options = ["--rounds", str(context.rounds), "--seconds", str(context.seconds)]
    try:
        if names:
            with tempfile.TemporaryDirectory(prefix="ledger-bench-slow-") as folder:
                yield from measure(names, Path(folder), options)
    except NoCompiler as reason:
        yield Figure(f"everything on a disk with {SLOW}", note=f"not measured: {reason}")


def _page(figures: Iterable[Figure], context: Context, rounds: int) -> str:
    """The table, each row also printed as soon as it is there."""
    host_line, shown = host.describe(context), list[Figure]()
    print(f"{host_line}\n\n{HEADING}", flush=True)
    for figure in figures:
        print(line(figure), flush=True)
        shown.append(figure)
    told = f"{host_line}. Medians of {rounds}; {host.busy()} at the end."
    print(f"\n{told}", flush=True)
    return f"{told}\n\n{table(shown)}\n"


def _into_readme(shown: str) -> None:
    before, begin, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if begin and end:
        README.write_text(before + begin + shown + end + after, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
