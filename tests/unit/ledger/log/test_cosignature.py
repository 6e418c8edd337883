"""Cosignatures on a note: one line for each key, the newest."""

from __future__ import annotations

from ledger.log.cosignature import cosign, renewed, verify_cosignatures
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
