"""The scratch index keeps the first value of a key and counts the others."""

from __future__ import annotations

from ledger.importing.scratch import Found, Scratch


def test_the_first_value_stays_and_the_others_are_counted() -> None:
    with Scratch() as scratch:
        key = scratch.digest("row", "breaches", "b1")

        assert scratch.put(key, "first") is None
        assert scratch.put(key, "second") == "first"
        assert scratch.get(key) == Found("first", 2)
        assert scratch.get(scratch.digest("row", "breaches", "b2")) is None


def test_texts_that_only_join_to_the_same_are_different_keys() -> None:
    with Scratch() as scratch:
        keys = {scratch.digest("a", "b|c"), scratch.digest("a|b", "c"), scratch.digest("a", ("b", "c"))}

        assert len(keys) == 3


def test_no_two_runs_have_the_same_keys() -> None:
    with Scratch() as one, Scratch() as other:
        assert one.digest("subject", "o1") != other.digest("subject", "o1")
