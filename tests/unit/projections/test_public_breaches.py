"""What is public of a unit is read from its own cases: those of its officials are not even folded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.folds import facts
from ledger.folds.breach import Breach, fold_breach
from ledger.folds.facts import records_on
from ledger.reading import Logged
from projections.public_breaches import public_breaches
from projections.reader import timeline_if_any
from tests.support.city import EVENING, City, a_city
from tests.support.scene import U1, Scene, a_scene


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    with a_city(tmp_path_factory.mktemp("city")) as made:
        yield made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """A finding about U1, and one about its official P1 that counts toward it."""
    with a_scene(tmp_path / "scene") as made:
        made.found()
        about = {"breach_id": "B9", "subject_id": "U1", "duty_related": False, "conduct_id": "of the unit"}
        made.report("2025-04-01", **about, proposed_severity="GENERAL")
        made.notify("2025-04-02", breach_id="B9", proposed_finding="GENERAL", reply_due="2025-04-30")
        made.reply("2025-04-08", breach_id="B9", by=U1)
        made.confirm("2025-04-10", breach_id="B9", severity="GENERAL", publicity=True)
        yield made


@pytest.fixture
def folded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The ids of the cases that were folded."""
    found: list[str] = []

    def spied(entries: Sequence[Logged], on: date, **how: Any) -> Breach | None:
        breach = fold_breach(entries, on, **how)
        found.append("nothing" if breach is None else breach.id)
        return breach

    monkeypatch.setattr(facts, "fold_breach", spied)
    return found


def test_no_case_of_an_official_is_folded(scene: Scene, folded: list[str]) -> None:
    ledger, on = scene.ledger, date(2025, 4, 11)
    unit = str(ledger.uid("subject", "U1"))
    whole = records_on(ledger, unit, on, ledger.size, timeline_if_any(ledger, ledger.size, on))
    assert [breach.id for breach in whole.breaches] == folded == ["B1", "B9"]
    folded.clear()

    answer = public_breaches(ledger, unit, as_of=on, as_known=ledger.size)

    assert [one["id"] for one in answer["breaches"]] == folded == ["B9"]


def test_of_registrations_that_were_merged_both_have_own_cases(scene: Scene, folded: list[str]) -> None:
    ledger, on = scene.ledger, date(2025, 4, 12)
    scene.merge("2025-04-12", "U1", "U2")

    answer = public_breaches(ledger, "U2", as_of=on, as_known=ledger.size)

    assert [one["id"] for one in answer["breaches"]] == folded == ["B9"]


def test_every_unit_s_own_cases_are_those_among_all_of_its_cases(city: City) -> None:
    ledger, on = city.ledger, EVENING.date()
    timeline, own_cases, others = timeline_if_any(ledger, ledger.size, on), 0, 0
    for row in city.rows("subjects", kind="UNIT"):
        whole = records_on(ledger, row["uid"], on, ledger.size, timeline)
        own = records_on(ledger, row["uid"], on, ledger.size, timeline, own=True)
        assert own.breaches == tuple(breach for breach in whole.breaches if breach.subject == row["uid"])
        assert own.entries == whole.entries
        own_cases, others = own_cases + len(own.breaches), others + len(whole.breaches) - len(own.breaches)
    assert own_cases > 0
    assert others > 0
