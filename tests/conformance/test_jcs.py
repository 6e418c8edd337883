"""The published RFC 8785 vectors. The ledger's profile refuses floats and free member names, and says which.

So each vector is tried three ways: the reference encoder, on which the property tests lean, must write it; the profile
must refuse it by code; and brought into the profile (plain names, whole numbers) it must come out as the reference.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from ledger.log.encoding import EncodingError, canonical, parse
from tests.support.shared import shared_path

JCS = shared_path("vectors", "jcs")
REFUSED_FOR = {
    "arrays.json": "bad-name",
    "french.json": "bad-name",
    "structures.json": "bad-name",
    "unicode.json": "bad-name",
    "values.json": "float-not-allowed",
    "weird.json": "bad-name",
}
EACH = pytest.mark.parametrize("source", sorted((JCS / "input").iterdir()), ids=lambda path: path.name)


def expected(source: Path) -> bytes:
    return (JCS / "output" / source.name).read_bytes()


def in_profile(value: Any) -> Any:
    """The value with plain names and whole numbers; every name and string is kept as a string."""
    if isinstance(value, dict):
        return {f"m{number}": [name, in_profile(value[name])] for number, name in enumerate(value)}
    if isinstance(value, list):
        return [in_profile(member) for member in value]
    return round(value) % 2**53 if isinstance(value, float) else value


@EACH
def test_the_reference_encoder_writes_the_published_output(source: Path) -> None:
    assert rfc8785.dumps(json.loads(source.read_bytes())) == expected(source)


@EACH
def test_the_profile_refuses_what_it_leaves_out_by_name(source: Path) -> None:
    for read in (lambda: canonical(json.loads(source.read_bytes())), lambda: parse(expected(source))):
        with pytest.raises(EncodingError) as caught:
            read()
        assert caught.value.code == REFUSED_FOR[source.name]


@EACH
def test_within_the_profile_it_is_written_as_published(source: Path) -> None:
    value = in_profile(json.loads(source.read_bytes()))

    data = canonical(value)

    assert data == rfc8785.dumps(value)
    assert parse(data) == value


@EACH
def test_strings_are_escaped_as_published(source: Path) -> None:
    published = expected(source)

    for name in names_of(json.loads(source.read_bytes())):
        assert canonical(name) + b":" in published


def names_of(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [*value, *(name for member in value.values() for name in names_of(member))]
    return [name for member in value for name in names_of(member)] if isinstance(value, list) else []
