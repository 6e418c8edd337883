"""Timers change no figure: what a running ledger writes down says only what the days said already (DOMAIN §9)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from api.timers import Timers
from ledger.application import Ledger
from ledger.folds.eligibility import evaluate_check
from projections.deadlines import steps_of
from projections.integrity_file import integrity_file
from projections.runner import catch_up
from projections.unit_score import unit_score
from tests.support.scene import P1, Scene, a_scene

OPENED = date(2025, 2, 3)
OF_ENTRIES = frozenset({"events", "texts"})
DAYS = st.integers(0, 400)


def played(scene: Scene, promise: int, bar: int, answered: bool) -> None:
    """A promise of the unit and one of the person, a bar, and a case that was answered or not."""
    due = (OPENED + timedelta(days=promise)).isoformat()
    scene.promise(OPENED.isoformat(), due_on=due)
    mine = {"promisor_id": "P1", "commitment_id": "C2", "kind": "PERSONAL", "public": False, "due_on": due}
    scene.promise(OPENED.isoformat(), by=P1, **mine)
    scene.impose("2025-02-10", until=(date(2025, 2, 10) + timedelta(days=bar)).isoformat())
    scene.report()
    scene.notify()
    if answered:
        scene.reply()


def figures(ledger: Ledger, on: date, size: int) -> list[Any]:
    """What is read about the person and the unit on a day, less the numbers of entries."""
    person = str(ledger.uid("subject", "P1"))
    verdict = evaluate_check(
        ledger, person, purpose="RECRUIT", requester=None, consent_id=None, statutory_basis="x", as_of=on, size=size
    )
    read: list[Any] = [unit_score(ledger, "U1", as_of=on, as_known=size), verdict.outcome, len(verdict.hits)]
    for subject in ("P1", "U1"):
        file = integrity_file(ledger, subject, as_of=on, as_known=size)
        read += [file.get("balance"), file["breaches"], file["commitments"], file["repairs"]]
    read.append([(step.kind, step.uid, step.starts, step.due) for step in steps_of(ledger, on, size)])
    return [_plain(one) for one in read]


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items() if name not in (*OF_ENTRIES, "size", "as_known")}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value


@settings(max_examples=12, deadline=None)
@given(promise=DAYS, bar=DAYS, answered=st.booleans(), later=st.integers(30, 500), days=st.lists(DAYS, min_size=3))
def test_figures_are_equal_with_and_without_what_the_timers_wrote(
    promise: int, bar: int, answered: bool, later: int, days: list[int]
) -> None:
    with TemporaryDirectory() as folder, a_scene(Path(folder) / "scene") as scene:
        ledger = scene.ledger
        played(scene, promise, bar, answered)
        today = date(2025, 3, 3) + timedelta(days=later)
        scene.on_day(today.isoformat())
        without = ledger.size
        catch_up(ledger, ledger.store.engine)
        written = Timers(ledger, interval=60).run_once()
        catch_up(ledger, ledger.store.engine)
        again = Timers(ledger, interval=60).run_once()

        lapsed = not answered
        overdue = OPENED + timedelta(days=promise) < today
        ended = date(2025, 2, 10) + timedelta(days=bar) < today
        assert (written, again) == (lapsed + 2 * overdue + ended, 0)
        assert ledger.size == without + written
        for offset in (*days, later + 59, later + 60, later + 61):
            on = date(2025, 1, 1) + timedelta(days=offset)
            assert figures(ledger, on, without) == figures(ledger, on, ledger.size), on
