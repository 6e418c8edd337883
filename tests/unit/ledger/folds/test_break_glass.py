"""An emergency look-up on a day, as known at each size: opened, then what its review found."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ledger.folds.break_glass import Glass, fold_glass
from tests.support.scene import HR, HR_2, Scene


def glass_on(scene: Scene, on: str, known: int | None = None) -> Glass | None:
    ledger = scene.ledger
    size = ledger.size if known is None else known
    return fold_glass(ledger.stream(f"glass/{ledger.uid('glass', 'G1')}", size), date.fromisoformat(on))


def read(scene: Scene, on: str, known: int | None = None) -> tuple[str, date | None] | None:
    glass = glass_on(scene, on, known)
    return None if glass is None else (glass.state, glass.reviewed_on)


@pytest.mark.parametrize("outcome", ["JUSTIFIED", "NOT_JUSTIFIED"])
def test_it_is_opened_until_its_review_says_what_it_found(scene: Scene, outcome: str) -> None:
    before = scene.ledger.size
    scene.open_glass("2025-04-01")
    opened = scene.ledger.size
    scene.review_glass("2025-04-02", outcome=outcome)

    assert [read(scene, on) for on in ("2025-03-31", "2025-04-01", "2025-04-02")] == [
        None,
        ("OPENED", None),
        (outcome, date(2025, 4, 2)),
    ]
    assert [read(scene, "2025-04-02", known) for known in (before, opened)] == [None, ("OPENED", None)]


def test_it_says_who_opened_whose_file_and_with_whom(scene: Scene) -> None:
    opened = scene.open_glass("2025-04-01").index
    reviewed = scene.review_glass("2025-04-02").index
    ledger, glass = scene.ledger, glass_on(scene, "2025-04-02")

    assert glass is not None
    assert glass.subject == ledger.uid("subject", "P1")
    assert (glass.opener, glass.approver) == (ledger.actor_uid(HR.id)[0], ledger.actor_uid(HR_2.id)[0])
    assert (glass.role, glass.reviewer, glass.ground, glass.minutes) == ("HR", "AUDITOR", "LIFE_OR_SAFETY", 30)
    assert glass.events == (opened, reviewed)


def test_it_holds_for_its_minutes_from_the_moment_it_was_recorded(scene: Scene) -> None:
    entry = next(iter(scene.ledger.logged(scene.open_glass("2025-04-01").index)))
    glass, second = glass_on(scene, "2025-04-01"), timedelta(seconds=1)

    assert glass is not None
    end = entry.recorded_at + timedelta(minutes=30)
    assert (glass.ends_at, glass.holds(end - second), glass.holds(end)) == (end, True, False)
