"""The published keys, notes, checkpoints and cosignatures of C2SP."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.checkpoint import open_checkpoint
from ledger.log.cosignature import time_of
from ledger.log.note import (
    BadNote,
    BadVerifierKey,
    format_vkey,
    parse_note,
    parse_signature_lines,
    parse_vkey,
    sign_note,
    verify_note,
)
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


@pytest.mark.parametrize("vector", VECTORS["open"], ids=lambda vector: vector["name"])
def test_a_published_note_is_read_verified_and_written_back(vector: dict[str, str]) -> None:
    key, note = parse_vkey(vector["vkey"]), parse_note(vector["note"])

    assert verify_note(note, [key]) == [key]
    assert note.text == vector["text"]
    assert note.format() == vector["note"]


def test_a_published_seed_makes_the_published_signature() -> None:
    (vector,) = [one for one in VECTORS["open"] if one.get("deterministic_sign")]
    seed = b64decode(vector["ed25519_seed_b64_with_type_byte"])[1:]

    name = parse_vkey(vector["vkey"]).name
    assert sign_note(vector["text"], name, Ed25519PrivateKey.from_private_bytes(seed)).format() == vector["note"]


@pytest.mark.parametrize("vector", VECTORS["open"], ids=lambda vector: vector["name"])
def test_every_changed_byte_of_a_published_note_is_refused(vector: dict[str, str]) -> None:
    key, written = parse_vkey(vector["vkey"]), vector["note"].encode()

    for place in range(len(written)):
        for change in (written[place] ^ 0x01, written[place] ^ 0x20, 0x0A, 0xFF):
            changed = written[:place] + bytes([change]) + written[place + 1 :]
            if changed == written:
                continue
            with pytest.raises((BadNote, UnicodeDecodeError)):
                verify_note(parse_note(changed.decode()), [key])


@pytest.mark.parametrize("size", range(16))
def test_the_checkpoints_of_a_log_made_elsewhere_are_read_and_written_back(size: int) -> None:
    written = shared_path("vectors", "tlog-tiles", "tessera-log", f"checkpoint.{size}").read_text("utf-8")
    checkpoint = open_checkpoint(written, [parse_vkey(TESSERA)], origin="example.com/log/testdata")

    assert checkpoint.size == size
    assert parse_note(written).format() == written
    assert checkpoint.format() == parse_note(written).text


@pytest.mark.parametrize("vector", VECTORS["cosignature_timestamp"], ids=lambda vector: vector["name"])
def test_a_published_cosignature_states_its_time(vector: dict[str, Any]) -> None:
    line = f"\u2014 remora.n621.de {vector['sig']}\n"
    if vector.get("want") == "error":
        with pytest.raises(BadNote):
            time_of(parse_signature_lines(line)[0].signature)
    else:
        assert time_of(parse_signature_lines(line)[0].signature) == vector["want_unix"]
