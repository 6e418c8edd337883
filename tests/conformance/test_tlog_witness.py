"""The examples of c2sp.org/tlog-witness and tlog-cosignature, and a log made elsewhere, followed by our witness."""

from __future__ import annotations

from pathlib import Path

import pytest

from ledger.log.cosignature import time_of, verify_cosignatures
from ledger.log.merkle import Tree, consistency_proof
from ledger.log.note import parse_note, parse_signature_lines, parse_vkey
from ledger.log.tiles import tile_path
from ledger.witness.request import AddCheckpoint, parse_add_checkpoint
from ledger.witness.witness import OldSizeMismatch, UnknownLog
from tests.support.shared import shared_path
from tests.support.witnesses import SignedLog, a_witness

TESSERA = shared_path("vectors", "tlog-tiles", "tessera-log")
TESSERA_KEY = parse_vkey(shared_path("vectors", "tlog-tiles", "tessera-log.vkey").read_text("utf-8").strip())
# The examples as the specifications print them.
BODY = """\
old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— example.com/behind-the-sofa opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=
"""  # noqa: E501
ANSWER = """\
— witness.example/w1 CMp+6LWBU0anHGH5aNDTJkH/gj79sG+T6+iP2ThYN5krrDJbR1HDnucjL39QsZTSvVjyQLrdk3DXDqI5G2HgLatVs0pWh6Up69HVOw==
— witness.example/w1 I7rEps0pvK2UqkS2gSpVUDhrhVtQV9lgF6pRrWAvjJHjyWpW7VcE3SiOlVlbQNt64vWhO+DlkL0+UfzuOBMh9ChdMkP1vi/lCAsmlw==
— witness.example/w2 AWui8Sk55XjYLOijihBjhqEH6nS1ndDymE0a+6idX7pLcnoB+dhnz0854aLZgrrKbYKA7nC3HNJhm/kWl7oJlqU3rXXvpysAdyP3wQ==
"""  # noqa: E501
COSIGNED = """\
example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==
"""  # noqa: E501


def tessera(old: int, new: int) -> AddCheckpoint:
    """A submission of a checkpoint that Tessera signed, with a proof from its own tiles."""
    data = (TESSERA / tile_path(0, 0, new)).read_bytes()
    tree = Tree(data[at : at + 32] for at in range(0, len(data), 32))
    proof = tuple(consistency_proof(tree.node, old, new)) if 0 < old < new else ()
    return AddCheckpoint.of(old, proof, parse_note((TESSERA / f"checkpoint.{new}").read_text("utf-8")))


def test_the_example_of_a_request_is_read_and_written_back() -> None:
    request = parse_add_checkpoint(BODY.encode())

    assert (request.old, request.checkpoint.size, len(request.proof)) == (20852014, 20852163, 4)
    assert request.checkpoint.origin == "example.com/behind-the-sofa"
    assert len(request.note.signatures) == 2
    assert request.format() == BODY


def test_the_example_of_an_answer_is_read_and_written_back() -> None:
    lines = parse_signature_lines(ANSWER)

    assert "".join(line.format() for line in lines) == ANSWER


def test_the_example_of_a_cosigned_checkpoint_states_its_time() -> None:
    note = parse_note(COSIGNED)

    assert note.format() == COSIGNED
    assert time_of(note.signatures[1].signature) == 1679315147


@pytest.mark.parametrize("step", [1, 2, 3, 5, 7])
def test_a_log_made_elsewhere_is_followed(tmp_path: Path, step: int) -> None:
    witness, old = a_witness(tmp_path, TESSERA_KEY), 0
    for size in range(1, 16, step):
        request = tessera(old, size)
        cosigned = request.note.with_signatures([witness.add(request)])
        assert list(verify_cosignatures(parse_note(cosigned.format()), [witness.key])) == [witness.name]
        old = size
    with pytest.raises(OldSizeMismatch):
        witness.add(tessera(0, 15))
    with pytest.raises(UnknownLog):
        witness.add(SignedLog(3).request(0, 3))


def test_an_empty_log_made_elsewhere_is_followed(tmp_path: Path) -> None:
    witness = a_witness(tmp_path, TESSERA_KEY)
    empty = AddCheckpoint.of(0, (), parse_note((TESSERA / "checkpoint.0").read_text("utf-8")))

    for request in (empty, tessera(0, 15)):
        witness.add(request)
    assert [kept.checkpoint.size for kept in witness.state.history(empty.checkpoint.origin)] == [0, 15]


def test_a_log_made_elsewhere_contradicts_itself_nowhere(tmp_path: Path) -> None:
    witness = a_witness(tmp_path, TESSERA_KEY)
    for size in range(1, 16):
        witness.add(tessera(max(0, size - 1), size))
    for size in range(1, 16):
        with pytest.raises(OldSizeMismatch):
            witness.add(AddCheckpoint.of(0, (), tessera(0, size).note))

    assert witness.state.evidence() == []
