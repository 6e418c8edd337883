"""A request is known by its key and its whole body, before and after a rotation of the index key."""

from __future__ import annotations

import pytest

from tests.support.keys import rotate_index_key
from tests.support.scene import Scene

KEY = ("tester", "request-1")


@pytest.fixture
def asked(scene: Scene) -> Scene:
    scene.promise("2025-02-01", request=KEY)
    return scene


def test_after_a_rotation_the_same_request_gets_the_same_acknowledgement(asked: Scene) -> None:
    size = asked.ledger.size
    rotate_index_key(asked.ledger.keys)

    assert asked.promise("2025-02-01", request=KEY).index == size - 1
    assert asked.ledger.size == size


def test_after_a_rotation_another_body_is_still_refused(asked: Scene) -> None:
    rotate_index_key(asked.ledger.keys)

    with asked.refused("request-key-reused"):
        asked.promise("2025-02-01", request=KEY, weight=2)


@pytest.mark.parametrize(
    ("data", "code", "field"),
    [
        ({"weight": 1.5}, "float-not-allowed", "data.weight"),
        ({"text": "\ud800"}, "lone-surrogate", "data.text"),
        ({"Name": 1}, "unknown-field", "data.Name"),
        ({"weight": 2**53}, "integer-out-of-range", None),
    ],
    ids=["fraction", "surrogate", "name", "too-large"],
)
def test_a_body_that_cannot_be_kept_is_refused_for_what_is_wrong_with_it(
    scene: Scene, data: dict[str, object], code: str, field: str | None
) -> None:
    with scene.refused(code, field):
        scene.promise("2025-02-01", request=KEY, **data)


def test_a_body_nested_too_deeply_is_refused(scene: Scene) -> None:
    deep: dict[str, object] = {}
    for _ in range(2_000):
        deep = {"a": deep}

    with scene.refused("too-deep"):
        scene.promise("2025-02-01", request=KEY, doc=deep)
