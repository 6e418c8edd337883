"""Plain values at the door: all of a text is matched, and digits are ASCII."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from ledger.domain.values import Code, Day, DecimalText, Digest, PartialDay, Ref, Region, is_name, name_fault
from tests.support.scene import Scene


@pytest.mark.parametrize(
    ("kind", "good"),
    [
        (Code, "DUTY"),
        (Day, "2025-02-01"),
        (PartialDay, "2025-02"),
        (DecimalText, "-90.5"),
        (Region, "230800"),
        (Digest, "0" * 64),
    ],
    ids=["code", "day", "partial-day", "decimal", "region", "digest"],
)
def test_a_value_is_matched_to_its_end_and_has_ascii_digits(kind: Any, good: str) -> None:
    adapter = TypeAdapter(kind)
    assert adapter.validate_python(good) == good
    wide = good.translate(dict(zip(map(ord, "0123456789"), "０１２３４５６７８９", strict=True)))
    for wrong in {good + "\n", "\n" + good, good + " ", wide} - {good}:
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


@pytest.mark.parametrize("text", ["2025-13", "2025-02-30", "0000", "2025-2", ""])
def test_a_partial_day_is_one_of_the_calendar(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(PartialDay).validate_python(text)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("某某-1", None),
        ("x" * 200, None),
        ("", "empty"),
        ("x" * 201, "too-long"),
        (" ", "empty"),
        ("\u3000\u00a0", "empty"),
        ("\u3164", "empty"),
        ("某\u2800", "forbidden-character"),
        ("\uffa0 \u115f", "empty"),
        ("葛\U000e0100", None),  # a variant of a character, as names have them
        ("某 某", None),
        ("e\u0301", "not-nfc"),
        ("a\u202eb", "forbidden-character"),
        ("a\x00b", "forbidden-character"),
        ("\ud800", "lone-surrogate"),
    ],
    ids=ascii,
)
def test_a_name_has_one_fault_or_none(text: str, fault: str | None) -> None:
    assert name_fault(text) == fault
    assert is_name(text) is (fault is None)
    if fault is None:
        assert TypeAdapter(Ref).validate_python(text) == text


@pytest.mark.parametrize("name", [" ", "\u3000", "\u3164", "示范\u3164局"], ids=ascii)
def test_a_name_that_nobody_can_read_is_refused(scene: Scene, name: str) -> None:
    code = "forbidden-character" if "示范" in name else "empty"

    with scene.refused(code, "data.name"):
        scene.register_unit("2025-02-01", "U3", name=name)
    with scene.refused(code, "data.breach_id"):
        scene.report(breach_id=name)


def test_scores_regions_and_codes_that_only_look_right_are_refused(scene: Scene) -> None:
    scene.adopt_scheme()
    for scores in ({"daily": "90\n", "onsite": "80"}, {"daily": "90", "onsite": "８０"}):
        with scene.refused("bad-decimal"):
            scene.score(scores=scores)
    with scene.refused("bad-format", "data.region"):
        scene.register_unit("2025-02-01", "U3", region="２３０８００")
    with scene.refused("bad-code", "data.category"):
        scene.report(category="DUTY\n")
    with scene.refused("bad-code", "data.list_code"):
        scene.take_over("2025-03-20", list_code="X\n")
