"""The gate: many seal at once, one destroys alone, and neither overtakes the other."""

from __future__ import annotations

import threading
import time

from ledger.sealing import SealingGate


def test_many_seal_at_once() -> None:
    gate = SealingGate()
    with gate.sealing(), gate.sealing():
        pass


def test_destruction_waits_for_those_who_seal_and_holds_up_the_next() -> None:
    gate, told, sealing, free = SealingGate(), list[str](), threading.Event(), threading.Event()

    def first() -> None:
        with gate.sealing():
            sealing.set()
            free.wait()
            told.append("sealed")

    def destroy() -> None:
        with gate.closed():
            told.append("destroyed")

    def second() -> None:
        with gate.sealing():
            told.append("sealed again")

    threads = [threading.Thread(target=run) for run in (first, destroy, second)]
    threads[0].start()
    sealing.wait()
    threads[1].start()
    while not gate._closed:
        time.sleep(0.001)
    threads[2].start()
    time.sleep(0.02)
    assert told == []
    free.set()
    for thread in threads:
        thread.join()

    assert told == ["sealed", "destroyed", "sealed again"]


def test_a_failure_inside_opens_the_gate_again() -> None:
    gate = SealingGate()
    for hold in (gate.sealing, gate.closed):
        try:
            with hold():
                raise KeyError
        except KeyError:
            pass

    with gate.closed():
        pass
    with gate.sealing():
        pass
