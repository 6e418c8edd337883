"""Whose sanctions HR is told to lift: those of its own people and those it imposed, of no other unit's."""

from __future__ import annotations

from pathlib import Path

from ledger.line import LineActor
from tests.support.http import house
from tests.support.scene import ABSENT, HR, a_scene


def test_hr_reads_the_sanctions_of_its_own_people_and_those_it_imposed(tmp_path: Path) -> None:
    """P1 has a post at U1, P2 at U2; HR of U1 imposed on P2, that of PERSONNEL on P1, and neither ran clean."""
    of_u1 = LineActor("hr-5", "HR", "U1")
    with a_scene(tmp_path) as scene:
        for on, kind in (("2025-02-01", "WARNING"), ("2025-06-01", "DEMERIT")):
            for person, by in (("P1", HR), ("P2", of_u1)):
                scene.impose(on, subject_id=person, kind=kind, until=ABSENT, by=by)
        scene.on_day("2025-09-01")
        with house(scene.ledger) as door:

            def people(unit: str) -> set[str]:
                found = door.caller(f"hr-of-{unit}", "HR", unit).get("/v1/deadlines").json()["deadlines"]
                assert {row["kind"] for row in found} <= {"LIFT_SANCTION"}
                return {door.ledger.caller_id(row["subject_uid"]) for row in found}

            assert {unit: people(unit) for unit in ("U1", "U2", "PERSONNEL", "CREDIT-OFFICE")} == {
                "U1": {"P1", "P2"}, "U2": {"P2"}, "PERSONNEL": {"P1"}, "CREDIT-OFFICE": set(),
            }  # fmt: skip
            of_p1 = f"/v1/subjects/{door.uid('subject', 'P1')}/deadlines"
            counts = {
                unit: len(door.caller("hr-3", "HR", unit).get(of_p1, purpose="PROMOTE").json()["deadlines"])
                for unit in ("U1", "U2")
            }
            assert (counts["U1"] > 0, counts["U2"]) == (True, 0)
            scene.reorganise("2025-09-01", ["U2"], ["CREDIT-OFFICE"])
            assert people("CREDIT-OFFICE") == {"P2"}
