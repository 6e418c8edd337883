"""Verifier keys and notes: written and read in one form; a key belongs to its name, a signature to its text."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.note import (
    MAX_SIGNATURES,
    BadNote,
    BadVerifierKey,
    KeyType,
    NoteSignature,
    SignedNote,
    VerifierKey,
    format_vkey,
    key_id,
    parse_note,
    parse_signature_lines,
    parse_vkey,
    sign_note,
    verify_ed25519,
    verify_note,
)

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


def test_the_base64_of_a_key_may_hold_a_plus_sign() -> None:
    text = format_vkey(NAME, b"\xfb\xef" * 16)

    assert text.count("+") > 2
    assert parse_vkey(text) == VerifierKey(NAME, b"\xfb\xef" * 16)


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
    with pytest.raises(BadVerifierKey, match="key name") as caught:
        format_vkey(name, KEY)
    assert caught.value.code == "bad-verifier-key"


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_public_key_has_32_bytes(length: int) -> None:
    with pytest.raises(BadVerifierKey, match="32 bytes"):
        format_vkey(NAME, bytes(length))


SIGNING = Ed25519PrivateKey.from_private_bytes(KEY)
PUBLIC = SIGNING.public_key().public_bytes_raw()
TRUSTED = VerifierKey(NAME, PUBLIC)
NOTE = sign_note("a text\n", NAME, SIGNING)
OTHERS = [NoteSignature("other", f"{number:08x}", b"x") for number in range(MAX_SIGNATURES)]


def test_a_note_is_a_text_an_empty_line_and_signature_lines() -> None:
    blob = b64encode(bytes.fromhex(key_id(NAME, PUBLIC)) + SIGNING.sign(b"a text\n")).decode()

    assert NOTE.format() == f"a text\n\n\u2014 {NAME} {blob}\n"
    assert parse_note(NOTE.format()) == NOTE
    assert verify_note(NOTE, [TRUSTED]) == [TRUSTED]


@pytest.mark.parametrize("text", ["", "\n", "no end", "a\x1f\n", "a\t\n", "a\r\n", "a\ud800\n", f"a{chr(0xDFFF)}\n"])
def test_what_is_signed_ends_in_a_line_feed_and_has_no_other_control_character(text: str) -> None:
    with pytest.raises(BadNote):
        sign_note(text, NAME, SIGNING)


def test_a_text_may_hold_empty_lines_and_the_characters_beside_those_refused() -> None:
    note = sign_note("a \n\nb\ud7ff\ue000\n", NAME, SIGNING)

    assert parse_note(note.format()) == note


@pytest.mark.parametrize(
    "text",
    [
        NOTE.format()[:-1],
        NOTE.format() + "\n",
        NOTE.text + "\n",
        NOTE.format().replace("\u2014", "-"),
        f"a text\n\n\u2014 {NAME}\n",
        f"a text\n\n\u2014 a+b {b64encode(bytes(68)).decode()}\n",
        f"a text\n\n\u2014 {NAME} {b64encode(bytes(4)).decode()}\n",
        f"a text\n\n\u2014 {NAME} AAAA!\n",
        f"a text\n\n\u2014 {NAME} AAAAAAB=\n",  # loose bits behind the last byte
        NOTE.format().replace("a text", "a\x07text"),
        SignedNote("a text\n", (*OTHERS, *NOTE.signatures)).format(),
    ],
)
def test_other_text_is_no_note(text: str) -> None:
    with pytest.raises(BadNote) as caught:
        parse_note(text)
    assert caught.value.code == "bad-note"


def test_a_note_has_a_hundred_signatures_at_most() -> None:
    assert MAX_SIGNATURES == 100
    note = NOTE.with_signatures(OTHERS[1:])

    assert parse_note(note.format()) == note
    assert verify_note(note, [TRUSTED]) == [TRUSTED]
    assert verify_note(SignedNote(note.text, note.signatures[::-1]), [TRUSTED]) == [TRUSTED]


def test_signature_lines_stand_alone_too() -> None:
    lines = NOTE.with_signatures(OTHERS[:1]).format().split("\n\n", 1)[1]

    assert parse_signature_lines(lines) == (*NOTE.signatures, OTHERS[0])


@pytest.mark.parametrize("line", ["\u2014 a AAAAAAA=", "\u2014 a AAAAAAA= ", "a AAAAAAA=\n", "\u2014 a AAA!AAAA=\n"])
def test_another_line_is_no_signature_line(line: str) -> None:
    assert parse_signature_lines("\u2014 a AAAAAAA=\n") == (NoteSignature("a", "00000000", b"\0"),)
    with pytest.raises(BadNote):
        parse_signature_lines(line)


def test_a_key_counts_once_and_only_under_its_name_and_kind() -> None:
    assert verify_note(SignedNote(NOTE.text, NOTE.signatures * 2), [TRUSTED]) == [TRUSTED]
    assert NOTE.with_signatures(NOTE.signatures) == NOTE
    for key in (VerifierKey("other", PUBLIC), VerifierKey(NAME, KEY), VerifierKey(NAME, PUBLIC, KeyType.COSIGNATURE)):
        with pytest.raises(BadNote, match="no trusted key"):
            verify_note(NOTE, [key])
    witness = VerifierKey(NAME, PUBLIC, KeyType.COSIGNATURE)
    with pytest.raises(BadNote, match="no trusted key"):  # a cosignature is over more than the text
        verify_note(SignedNote(NOTE.text, (NoteSignature(NAME, witness.id, NOTE.signatures[0].signature),)), [witness])


@pytest.mark.parametrize("signature", [bytes(64), b"short"])
def test_a_trusted_key_s_signature_that_does_not_hold_is_refused(signature: bytes) -> None:
    note = SignedNote(NOTE.text, (NoteSignature(NAME, TRUSTED.id, signature), *NOTE.signatures))

    with pytest.raises(BadNote) as caught:
        verify_note(note, [TRUSTED])
    assert caught.value.code == "bad-signature"
    with pytest.raises(BadNote) as caught:
        verify_ed25519(b"no key", bytes(64), b"a text\n")
    assert caught.value.code == "bad-signature"
