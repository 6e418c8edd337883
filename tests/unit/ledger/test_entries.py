"""Moments: digits are a size, a day means its end, a time has its offset; nothing else is one, and no error strays."""

from __future__ import annotations

import pytest

from ledger.errors import Invalid
from tests.support.scene import Scene


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("9" * 5_000, "size-out-of-range"),
        ("0" * 5_000, "size-out-of-range"),
        ("99999999", "size-out-of-range"),
        ("0001-01-01T00:00:00+08:00", "bad-time"),
        ("9999-12-31T23:59:59-08:00", "bad-time"),
        ("2025-W01-1T00:00:00+00:00", "bad-time"),
        ("\ud800", "bad-time"),
        ("2025-02-30", "impossible-date"),
        ("2025-13-０1", "bad-date"),
    ],
    ids=["5000-nines", "5000-zeros", "too-large", "year-1", "year-10000", "week", "surrogate", "no-day", "full-width"],
)
def test_a_moment_that_is_none_has_its_code_and_field(scene: Scene, text: str, code: str) -> None:
    with pytest.raises(Invalid) as wrong:
        scene.ledger.resolve_as_known(text)

    assert (wrong.value.code, wrong.value.field) == (code, "as_known")


def test_a_moment_is_a_size(scene: Scene) -> None:
    size = scene.ledger.size
    scene.promise("2025-02-01")

    resolve = scene.ledger.resolve_as_known
    assert (resolve(None), resolve("0"), resolve(str(size)), resolve(f"00{size}")) == (size + 1, 0, size, size)
    assert (resolve("2025-01-31"), resolve("2025-02-01")) == (size, size + 1)
    assert (resolve("0001-01-01"), resolve("9999-12-31")) == (0, size + 1)
