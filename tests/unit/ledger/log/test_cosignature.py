"""Cosignatures on a note: one line for each key, the newest."""

from __future__ import annotations

import pytest

from ledger.log.cosignature import cosign, renewed, time_of, verify_cosignatures
from ledger.log.note import BadNote, key_id
from tests.support.witnesses import SignedLog, a_key, witness_key

LOG = SignedLog(9)
TEXT = LOG.note(9).text


def test_a_newer_cosignature_takes_the_place_of_the_older_by_the_same_key() -> None:
    note = LOG.note(9)
    for time in range(1, 200):
        note = renewed(note, [cosign(TEXT, witness_key(seed).name, a_key(seed), time + seed) for seed in (1, 2)])

    assert len(note.signatures) == 3
    assert note.signatures[0] == LOG.note(9).signatures[0]
    keys = [witness_key(1), witness_key(2)]
    assert verify_cosignatures(note, keys) == {"witness.example/1": 200, "witness.example/2": 201}


def test_the_same_name_with_another_key_is_another_s() -> None:
    one, other = (cosign(TEXT, "witness.example/1", a_key(seed), 5) for seed in (1, 2))

    assert renewed(renewed(LOG.note(9), [one]), [other]).signatures == (*LOG.note(9).signatures, one, other)
    assert renewed(LOG.note(9), []) == LOG.note(9)


def test_a_cosignature_is_eight_bytes_of_time_and_a_signature_over_time_and_text() -> None:
    line = cosign(TEXT, "witness.example/1", a_key(1), 258)
    message = b"cosignature/v1\ntime 258\n" + TEXT.encode()

    assert line.signature == bytes([0, 0, 0, 0, 0, 0, 1, 2]) + a_key(1).sign(message)
    assert line.key_id == key_id("witness.example/1", a_key(1).public_key().public_bytes_raw(), witness_key(1).kind)


@pytest.mark.parametrize("time", [0, 1, 2**63 - 1])
def test_a_time_lies_below_2_63(time: int) -> None:
    line = cosign(TEXT, "witness.example/1", a_key(1), time)

    assert verify_cosignatures(renewed(LOG.note(9), [line]), [witness_key(1)]) == {"witness.example/1": time}


@pytest.mark.parametrize("signature", [(2**63).to_bytes(8, "big") + bytes(64), bytes(71), bytes(73), b""])
def test_other_bytes_are_no_cosignature(signature: bytes) -> None:
    with pytest.raises(BadNote) as caught:
        time_of(signature)
    assert caught.value.code == "bad-cosignature"
