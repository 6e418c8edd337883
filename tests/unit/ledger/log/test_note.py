"""Verifier keys: written and read in one form, and a key belongs to its name."""

from __future__ import annotations

from hashlib import sha256

import pytest

from ledger.log.note import BadVerifierKey, KeyType, VerifierKey, format_vkey, key_id, parse_vkey

KEY = bytes(range(32))
NAME = "localhost/demo"


def test_a_key_id_binds_name_type_and_key() -> None:
    assert key_id(NAME, KEY) == sha256(NAME.encode() + b"\n\x01" + KEY).hexdigest()[:8]
    assert (
        len({key_id(NAME, KEY), key_id("x", KEY), key_id(NAME, KEY, KeyType.COSIGNATURE), key_id(NAME, KEY[::-1])}) == 4
    )


@pytest.mark.parametrize("kind", list(KeyType))
def test_parsing_a_verifier_key_undoes_formatting_it(kind: KeyType) -> None:
    text = format_vkey(NAME, KEY, kind)

    assert parse_vkey(text) == VerifierKey(NAME, KEY, kind)
    assert parse_vkey(text).id == text.split("+")[1]


def test_a_key_under_another_name_is_refused() -> None:
    text = format_vkey(NAME, KEY)

    with pytest.raises(BadVerifierKey, match="does not belong"):
        parse_vkey(text.replace("localhost", "otherhost"))


def test_every_part_of_a_verifier_key_alone_is_refused() -> None:
    text = format_vkey(NAME, KEY)

    for start in range(len(text)):
        for stop in range(start, len(text) + (start > 0)):
            with pytest.raises(BadVerifierKey):
                parse_vkey(text[start:stop])


def test_every_changed_character_is_refused() -> None:
    text = format_vkey(NAME, KEY)

    for at, character in enumerate(text):
        for other in {"A", "B", "b", "0", "+", "=", "/", " ", "é", character.swapcase()} - {character}:
            with pytest.raises(BadVerifierKey):
                parse_vkey(text[:at] + other + text[at + 1 :])


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u3000b", "a\nb", "a\x00b", "a\ud800"])
def test_a_key_name_has_no_spaces_no_plus_and_no_control_characters(name: str) -> None:
    with pytest.raises(BadVerifierKey, match="key name"):
        format_vkey(name, KEY)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_public_key_has_32_bytes(length: int) -> None:
    with pytest.raises(BadVerifierKey, match="32 bytes"):
        format_vkey(NAME, bytes(length))
