"""What `replay` says that an entry changed, by the folds that every other answer is read with."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.cli.replay import entries
from api.text.catalogue import Text
from api.text.entries import show_entry
from api.text.language import Language
from api.text.page import Page
from tests.support.scene import Scene, a_scene


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with a_scene(tmp_path / "scene") as made:
        yield made


def changed(scene: Scene, *types: str) -> list[tuple[str, list[dict[str, Any]]]]:
    """What each entry of these types says, in log order."""
    told = entries(scene.ledger, scene.ledger.size)
    return [(entry["type"], entry["changed"]) for entry in told if entry["type"] in types]


def moved(kind: str, record: str, before: str | None, after: str) -> list[dict[str, Any]]:
    return [{"kind": kind, "id": record, "before": before, "after": after}]


def test_an_emergency_look_up_is_opened_and_reviewed(scene: Scene) -> None:
    scene.open_glass("2025-04-01")
    scene.review_glass("2025-04-02", outcome="NOT_JUSTIFIED")

    assert changed(scene, "BreakGlassOpened", "BreakGlassReviewed") == [
        ("BreakGlassOpened", moved("glass", "G1", None, "OPENED")),
        ("BreakGlassReviewed", moved("glass", "G1", "OPENED", "NOT_JUSTIFIED")),
    ]
    about = [entry["about"] for entry in entries(scene.ledger, scene.ledger.size) if "glass" in entry["stream"]]
    assert [names[0] for names in about] == ["G1", "G1"]


def test_what_is_applied_is_an_application_beside_its_measure(scene: Scene) -> None:
    scene.adopt_measure()
    scene.take_over("2025-04-15")
    scene.apply_measure("2025-04-20")
    scene.lift_measure("2025-05-01")

    assert changed(scene, "MeasureAdopted", "MeasureApplied", "MeasureLifted") == [
        ("MeasureAdopted", moved("measure", "M1", None, "IN_FORCE")),
        ("MeasureApplied", moved("application", "M1 (B2)", None, "IN_FORCE")),
        ("MeasureLifted", moved("application", "M1 (B2)", "IN_FORCE", "LIFTED")),
    ]


def test_the_page_says_their_states_in_words(scene: Scene) -> None:
    scene.adopt_measure()
    scene.take_over("2025-04-15")
    scene.apply_measure("2025-04-20")
    scene.open_glass("2025-05-01")
    scene.ask_desk("2025-05-02")
    out = io.StringIO()
    page = Page(Text(Language.ZH), out, width=400)
    for entry in entries(scene.ledger, scene.ledger.size):
        show_entry(page, entry)

    said = [line.strip() for line in out.getvalue().splitlines()]
    assert {"M1 (B2)  → 执行中", "G1  → 待复核", "Q1  → 待答复"} <= set(said)


def test_what_ended_with_its_cause_is_not_lifted_any_more(scene: Scene) -> None:
    """A removal that reaches the ledger later and counts from before: replay says no more than the file does."""
    scene.adopt_measure()
    scene.take_over("2025-04-15")
    scene.apply_measure("2025-04-20")
    scene.remove("2025-04-25")
    scene.lift_measure("2025-05-01")

    assert changed(scene, "MeasureLifted") == [("MeasureLifted", [])]


def test_a_decision_moves_its_check_and_says_what_was_decided(scene: Scene) -> None:
    scene.consent()
    scene.request_check()
    scene.decide("2025-09-12", "ELIGIBLE")

    assert changed(scene, "EligibilityCheckRequested", "EligibilityDecided")[1][1] == [
        {"kind": "check", "id": "K1", "before": "EVALUATED", "after": "DECIDED"},
        {"kind": "decision", "id": "K1", "before": None, "after": "ELIGIBLE"},
    ]
