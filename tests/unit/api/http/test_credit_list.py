"""The credit office's list of cases is its work, and holds no case that own HR does not see (DOMAIN §8)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from projections.runner import catch_up
from tests.support.http import house
from tests.support.scene import a_scene


def test_the_credit_office_lists_the_repairs_that_wait_for_it(tmp_path: Path) -> None:
    with a_scene(tmp_path / "scene") as scene:
        scene.found()
        scene.take_over("2025-03-20")
        scene.take_over("2025-03-20", breach_id="B3", record_kind="PENALTY", severity="GENERAL")
        scene.take_over("2025-03-20", breach_id="B4", record_kind="PENALTY", severity="GENERAL")
        scene.remove("2025-03-24", breach_id="B4")

        def listed(role: str = "CREDIT", **query: Any) -> list[tuple[str, str]]:
            catch_up(scene.ledger, scene.ledger.store.engine)
            with house(scene.ledger) as own:
                caller = own.caller("somebody", role, "CREDIT-OFFICE" if role == "CREDIT" else None)
                answer = caller.get("/v1/breaches", **query)
            assert answer.status_code == 200, answer.text
            return [(row["breach_id"], row["state"]) for row in answer.json()["items"]]

        assert listed() == []
        scene.apply_for_repair()
        assert listed() == listed(state="CONFIRMED") == [("B1", "CONFIRMED")]
        assert listed(state="REMOVED") == []
        scene.accept_repair()
        assert listed() == [("B1", "CONFIRMED")]
        scene.approve()
        assert listed() == listed(state="REPAIRED") == []
        every = [("B1", "REPAIRED"), ("B2", "CONFIRMED"), ("B3", "CONFIRMED"), ("B4", "REMOVED")]
        assert listed("AUDITOR") == every
