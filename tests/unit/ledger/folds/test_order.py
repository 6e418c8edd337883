"""What a correction makes of the entries before it, in a real ledger, where what is null is left out (DESIGN §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest

from ledger.folds.facts import records_on
from ledger.folds.order import with_corrections
from tests.support.scene import Scene

AFTER = date(2025, 5, 1)
NULLABLE = {"ends_on": "B2", "list_code": "B2", "unit_at_time": "B1", "category": "B1"}


def corrected(scene: Scene, field: str) -> None:
    """A record that holds the member, and a correction that leaves it out."""
    scene.found()
    scene.take_over("2025-03-20", ends_on="2025-12-31", list_code="TAX")
    opening = "BreachReported" if NULLABLE[field] == "B1" else "AuthorityRecordImported"
    scene.correct("2025-04-01", field, None, breach_id=NULLABLE[field], target_event=opening)


@pytest.mark.parametrize("field", NULLABLE)
def test_a_member_corrected_to_nothing_is_absent_from_the_start(scene: Scene, field: str) -> None:
    corrected(scene, field)
    person, size = scene.ledger.uid("subject", "P1") or "", scene.ledger.size
    assert "corrected_value" not in scene.newest().data

    for known, absent in ((size - 1, False), (size, True)):
        records = records_on(scene.ledger, person, AFTER, known, scene.ledger.editions(known))
        (breach,) = [one for one in records.breaches if one.id == NULLABLE[field]]
        assert (getattr(breach, field) is None) is absent


@pytest.mark.parametrize("field", NULLABLE)
def test_a_ledger_with_such_a_correction_goes_on(scene: Scene, field: str) -> None:
    corrected(scene, field)
    scene.consent("2025-05-02")

    scene.request_check("2025-05-02")

    assert scene.state("check", "K1").state == "EVALUATED"
    assert getattr(scene.state("breach", NULLABLE[field]), field, None) is None


@dataclass(frozen=True)
class Other:
    """Another correction of the same member."""

    value: Any
    read: Any


@pytest.mark.parametrize("other", [Other("2025-10-31", "2025-10-31"), Other(None, None)], ids=["a-day", "nothing"])
def test_the_last_correction_of_a_member_holds(scene: Scene, other: Other) -> None:
    corrected(scene, "ends_on")
    named = {"breach_id": "B2", "target_event": "AuthorityRecordImported"}
    scene.correct("2025-04-02", "ends_on", other.value, **named)

    stream = f"breach/{scene.ledger.uid('breach', 'B2')}"
    assert with_corrections(scene.ledger.stream(stream, scene.ledger.size))[0].data["ends_on"] == other.read
