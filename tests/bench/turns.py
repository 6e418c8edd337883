"""Measuring sides in turns: each works for a short slice, then the next, so that what disturbs one disturbs all.

An `Act` does a little work and says how much; `Lane` says by how many threads at once it is done. `in_turns` answers
the work a second of each lane, once files have grown and statements are prepared: a log that still grows is synced
more slowly.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

Act = Callable[[], int]  # does some work, returns how much

SLICES = 4


@dataclass(frozen=True, slots=True)
class Lane:
    """One side of a comparison."""

    act: Act
    threads: int = 1


def in_turns(lanes: Mapping[str, Lane], seconds: float) -> dict[str, float]:
    """The work a second of each lane, each measured for `seconds` in all after half of that to warm up."""
    with ExitStack() as stack:
        # One pool for all slices of a lane: what its threads opened stays open.
        pools = {
            name: stack.enter_context(ThreadPoolExecutor(lane.threads))
            for name, lane in lanes.items()
            if lane.threads > 1
        }
        for name, lane in lanes.items():
            _work(lane, seconds / 2, pools.get(name))
        done, spent = dict.fromkeys(lanes, 0), dict.fromkeys(lanes, 0.0)
        for _ in range(SLICES):
            for name, lane in lanes.items():
                work, took = _work(lane, seconds / SLICES, pools.get(name))
                done[name] += work
                spent[name] += took
    return {name: done[name] / spent[name] for name in lanes}


def _work(lane: Lane, seconds: float, pool: ThreadPoolExecutor | None) -> tuple[int, float]:
    start = time.perf_counter()
    stop = start + seconds
    if pool is None:
        done = _until(lane.act, stop)
    else:
        workers = [pool.submit(_until, lane.act, stop) for _ in range(lane.threads)]
        done = sum(worker.result() for worker in workers)
    return done, time.perf_counter() - start


def _until(act: Act, stop: float) -> int:
    done = 0
    while time.perf_counter() < stop:
        done += act()
    return done


def once(act: Act) -> float:
    """The work a second of an act that is done a single time."""
    start = time.perf_counter()
    return act() / (time.perf_counter() - start)
