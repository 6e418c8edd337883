"""Whatever becomes of a record, a measure that rests on it is in force exactly while the record lets it be.

Random lives of two records with a statutory and a discretionary measure on each, acts on any day, recorded late or not;
then every reading is held against the states of the records themselves. The file by subject equals a fold over the
whole log, replaying gives the same aggregates, and the store verifies.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.domain.base import LedgerAggregate
from ledger.errors import LedgerError
from ledger.folds import measure as fold
from ledger.folds.breach import STANDING
from ledger.folds.facts import reads, records_on
from ledger.folds.measure import Applied, measures_of
from projections.integrity_file import integrity_file
from projections.reader import timeline_if_any
from tests.property.test_subjects import Whole
from tests.support.scene import CREDIT, DOCUMENT, Scene, a_scene

LIST = ["全国失信惩戒措施基础清单（2024年版） 2"]
Step = Callable[[Scene, str, dict[str, Any]], Any]


def adopt(scene: Scene) -> None:
    for number, (trigger, clauses) in enumerate(
        [("FINDING", LIST), ("FINDING", LIST), ("LISTING", LIST), ("LISTING", ["公务员法 26(4)"])],
        start=1,
    ):
        scene.adopt_measure(measure_id=f"M{number}", trigger=trigger, legal_basis=clauses)


def steps(chance: random.Random) -> list[Step]:
    cause, numbers = chance.choice([("B1", "12"), ("B2", "34")])
    measure, organ = f"M{chance.choice(numbers)}", {} if cause == "B1" else {"by": CREDIT}
    repair = f"R{cause}"
    appeal = Scene.appeal if cause == "B1" else Scene.object_to
    outcome = chance.choice(["UPHELD", "UPHELD", "OVERTURNED"])
    often: list[Step] = [
        lambda s, on, m: s.apply_measure(on, measure_id=measure, cause_event=cause, **m),
        lambda s, on, m: appeal(s, on, **m),
        lambda s, on, m: s.decide_appeal(on, breach_id=cause, outcome=outcome, **m),
        lambda s, on, m: s.apply_for_repair(on, breach_id=cause, repair_id=repair, performed_on="2025-03-25", **m),
        lambda s, on, m: s.accept_repair(on, repair_id=repair, **m),
        lambda s, on, m: s.approve(on, repair_id=repair, **organ, **m),
        lambda s, on, m: s.revoke(on, repair_id=repair, **organ, **m),
    ]
    seldom: list[Step] = [
        lambda s, on, m: s.lift_measure(on, measure_id=measure, cause_event=cause, **m),
        lambda s, on, m: s.retire_measure(on, measure_id=measure, **m),
        lambda s, on, m: s.remove(on, **m),
        lambda s, on, m: s.void(on, breach_id=cause, **m),
    ]
    return seldom if chance.random() < 0.04 else often


def live(scene: Scene, chance: random.Random, acts: int) -> int:
    """A life of both records; how many acts were accepted."""
    adopt(scene)
    scene.found("MINOR")
    scene.take_over("2025-03-20", record_kind="SEVERE_LIST", severity="MINOR")
    today, accepted = date(2025, 3, 21), 0
    for _ in range(acts):
        today += timedelta(days=chance.choice([0, 0, 1, 1, 2]))
        on = max(today - timedelta(days=chance.choice([0, 0, 0, 2, 9])), date(2025, 3, 20))
        with suppress(LedgerError):
            chance.choice(steps(chance))(scene, on.isoformat(), {"recorded": today.isoformat(), "doc": DOCUMENT})
            accepted += 1
    return accepted


def expected(scene: Scene, applied: Applied, on: date, size: int) -> str | None:
    """IN_FORCE or SUSPENDED by the states of the records alone; None for what is over."""
    ledger, measure = scene.ledger, applied.measure
    timeline = timeline_if_any(ledger, size, on)
    records = records_on(ledger, applied.subject, on, size, timeline)
    lifted = any(
        entry.type == "MeasureLifted" and entry.effective_on <= on for entry in ledger.stream(applied.stream, size)
    )
    if lifted or measure.state(on) != "IN_FORCE":
        return None
    (cause,) = [reads(one, timeline, on) for one in records.breaches if one.uid == applied.cause_uid]
    if cause == "APPEALED":
        return "IN_FORCE" if measure.force == "STATUTORY" else "SUSPENDED"
    return "IN_FORCE" if cause in STANDING else None


def register(scene: Scene, on: date, size: int) -> list[Applied]:
    ledger = scene.ledger
    uid, timeline = ledger.uid("subject", "P1") or "", timeline_if_any(ledger, size, on)
    return measures_of(ledger, records_on(ledger, uid, on, size, timeline), timeline, on, size)


def mistakes(scene: Scene, chance: random.Random, moments: int) -> list[str]:
    found = []
    for _ in range(moments):
        on = date(2025, 3, 19) + timedelta(days=chance.randrange(140))
        size = chance.randrange(15, scene.ledger.size + 1)
        for one in register(scene, on, size):
            live = one.state if one.state in fold.NOT_ENDED else None
            if live != expected(scene, one, on, size):
                found.append(f"{one.measure.id} on {on}, size {size}: {one.state}")
            if live is None and (one.ended_on is None or not one.applied_on <= one.ended_on <= on):
                found.append(f"{one.measure.id} on {on}, size {size}: ended on {one.ended_on}")
    return found


@pytest.mark.parametrize(("lives", "acts"), [(6, 60), pytest.param(400, 200, marks=pytest.mark.nightly)])
def test_a_measure_is_in_force_exactly_while_its_cause_lets_it(tmp_path: Path, lives: int, acts: int) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, applications = random.Random(seed), 0
    for life in range(lives):
        with a_scene(tmp_path / f"{life}") as scene:
            live(scene, chance, acts)
            assert mistakes(scene, chance, 40) == []
            ledger, size = scene.ledger, scene.ledger.size
            applications += len(register(scene, date(2030, 1, 1), size))
            by_subject, whole = (
                integrity_file(reader, "P1", as_of=date(2025, 5, 1), as_known=size)
                for reader in (ledger, Whole(ledger))
            )
            assert by_subject == whole
            for entry in ledger.by_type("MeasureApplied", size):
                again: Any = LedgerAggregate.blank(entry.stream)
                for event in ledger.events.get(entry.stream):
                    again = event.mutate(again)  # type: ignore[attr-defined]
                last = ledger.stream(entry.stream, size)[-1]
                assert (again.subject, again.lifted) == (entry.data["subject_id"], last.type == "MeasureLifted")
    assert applications


def test_a_measure_that_forgets_its_cause_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fold, "_ends_of_finding", lambda *_: iter(()))
    with a_scene(tmp_path / "life", spoilt=True) as scene:
        live(scene, random.Random(1), 60)

        assert mistakes(scene, random.Random(1), 60), "nobody would notice"
