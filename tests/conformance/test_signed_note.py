"""The published verifier keys of C2SP signed-note."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.log.note import BadVerifierKey, format_vkey, parse_vkey
from tests.support.shared import shared_path

VECTORS: dict[str, Any] = json.loads(shared_path("vectors", "signed-note", "vectors.json").read_bytes())
VALID = [*VECTORS["vkey_valid"], *VECTORS["open"]]
TESSERA = shared_path("vectors", "tlog-tiles", "tessera-log.vkey").read_text("utf-8").strip()


@pytest.mark.parametrize("text", [*(vector["vkey"] for vector in VALID), TESSERA])
def test_a_published_verifier_key_is_read_and_written_back(text: str) -> None:
    key = parse_vkey(text)

    assert format_vkey(key.name, key.public_key, key.kind) == text


@pytest.mark.parametrize("vector", VECTORS["vkey_invalid"], ids=lambda vector: vector["name"])
def test_a_published_bad_verifier_key_is_refused(vector: dict[str, str]) -> None:
    with pytest.raises(BadVerifierKey):
        parse_vkey(vector["vkey"])


def test_every_proper_substring_of_a_published_key_is_refused() -> None:
    text = VECTORS["open"][0]["vkey"]

    for start in range(len(text)):
        for stop in range(start, len(text) + (start > 0)):
            with pytest.raises(BadVerifierKey):
                parse_vkey(text[start:stop])
