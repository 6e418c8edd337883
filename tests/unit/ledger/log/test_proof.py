"""Proof files: read back as written, verified against an entry and keys one trusts, refused at every changed byte."""

from __future__ import annotations

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import VerificationError
from ledger.log.chain import leaf_hash
from ledger.log.checkpoint import BadCheckpoint, Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.cosignature import cosign, verify_cosignatures
from ledger.log.merkle import Tree, inclusion_proof
from ledger.log.note import BadNote, KeyType, VerifierKey, parse_note, sign_note
from ledger.log.proof import ENDING, BadProof, LogProof, parse_proof

ORIGIN = "localhost/proofs"
SIGNING = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEY = VerifierKey(ORIGIN, SIGNING.public_key().public_bytes_raw())
WITNESS = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
WITNESS_KEY = VerifierKey("witness.example/w1", WITNESS.public_key().public_bytes_raw(), KeyType.COSIGNATURE)


def proof_of(index: int, size: int, extra: bytes | None = None) -> tuple[bytes, LogProof]:
    """The leaf and the proof of one entry of a log of `size`."""
    leaves = [leaf_hash(b"entry %d" % number) for number in range(size)]
    tree = Tree(leaves)
    note = sign_note(Checkpoint(ORIGIN, size, tree.root()).format(), ORIGIN, SIGNING)
    return leaves[index], LogProof(index, tuple(inclusion_proof(tree.node, index, size)), note, extra)


@given(st.data(), st.integers(1, 300), st.none() | st.binary(max_size=40))
def test_a_proof_is_read_back_as_written_and_holds(data: st.DataObject, size: int, extra: bytes | None) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaf, proof = proof_of(index, size, extra)

    assert parse_proof(proof.format()) == proof
    assert proof.verify(leaf, [KEY], origin=ORIGIN).size == size


def test_a_proof_is_written_as_tlog_proof_says() -> None:
    _, proof = proof_of(0, 2, b"more")
    written = f"c2sp.org/tlog-proof@v1\nextra bW9yZQ==\nindex 0\n{b64encode(proof.hashes[0]).decode()}\n\n"

    assert proof.format() == written + proof.checkpoint.format()
    assert ENDING == ".tlog-proof"


def test_every_changed_byte_is_refused_with_a_verification_error() -> None:
    leaf, proof = proof_of(5, 13)
    written = proof.format().encode()

    for place in range(len(written)):
        for change in (written[place] ^ 0x01, written[place] ^ 0x20, 0x0A):
            changed = written[:place] + bytes([change]) + written[place + 1 :]
            if changed == written:
                continue
            try:
                text = changed.decode()
            except UnicodeDecodeError:
                continue  # a reader of text has refused it before
            with pytest.raises(VerificationError):
                parse_proof(text).verify(leaf, [KEY], origin=ORIGIN)


def test_another_entry_another_log_and_another_key_are_refused() -> None:
    leaf, proof = proof_of(5, 13)

    with pytest.raises(VerificationError):
        proof.verify(leaf_hash(b"entry 6"), [KEY])
    with pytest.raises(BadCheckpoint):
        proof.verify(leaf, [KEY], origin="localhost/another")
    with pytest.raises(BadNote):
        proof.verify(leaf, [VerifierKey(ORIGIN, WITNESS.public_key().public_bytes_raw())])
    with pytest.raises(BadNote):
        proof.verify(leaf, [VerifierKey("localhost/another", KEY.public_key)])


@pytest.mark.parametrize("text", ["", "\n", "c2sp.org/tlog-proof@v1\n", "c2sp.org/tlog-proof@v1\nindex 1\n"])
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(BadProof):
        parse_proof(text)


@pytest.mark.parametrize("count", [0, 1, 63])
def test_an_index_below_2_63_and_63_hashes_are_a_proof(count: int) -> None:
    proof = LogProof(2**63 - 1, (bytes(32),) * count, proof_of(0, 1)[1].checkpoint)

    assert parse_proof(proof.format()) == proof


@pytest.mark.parametrize("hashes", [(bytes(32),) * 64, (bytes(31),), (bytes(32), bytes(33))])
def test_more_hashes_and_other_lengths_are_not(hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(BadProof) as caught:
        parse_proof(LogProof(0, hashes, proof_of(0, 1)[1].checkpoint).format())
    assert caught.value.code == "bad-proof"


@pytest.mark.parametrize("index", ["01", "-1", "1.0", "\u00b2", "\u0661", "9" * 20, ""])
def test_an_index_is_a_plain_decimal(index: str) -> None:
    _, proof = proof_of(1, 2)

    with pytest.raises(BadProof):
        parse_proof(proof.format().replace("index 1", f"index {index}"))


@pytest.mark.parametrize("size", ["01", "-1", "+1", "1e3", str(2**63), "\u0661"])
def test_a_size_is_a_plain_decimal_below_2_63(size: str) -> None:
    with pytest.raises(BadCheckpoint):
        parse_checkpoint(f"{ORIGIN}\n{size}\n{'A' * 43}=\n")


def test_a_checkpoint_of_another_origin_is_not_this_log_s() -> None:
    note = sign_note(Checkpoint("localhost/another", 0, bytes(32)).format(), ORIGIN, SIGNING)

    with pytest.raises(BadNote):  # signed, but not under the name of its own origin
        open_checkpoint(note, [KEY])


def test_a_witness_states_when_it_saw_a_checkpoint() -> None:
    _, proof = proof_of(0, 4)
    line = cosign(proof.checkpoint.text, "witness.example/w1", WITNESS, 1_727_964_367)
    note = parse_note(proof.checkpoint.with_signatures([line]).format())

    assert verify_cosignatures(note, [WITNESS_KEY]) == {"witness.example/w1": 1_727_964_367}
    assert verify_cosignatures(proof.checkpoint, [WITNESS_KEY]) == {}
    other = sign_note(Checkpoint(ORIGIN, 5, bytes(32)).format(), ORIGIN, SIGNING).with_signatures([line])
    with pytest.raises(BadNote):
        verify_cosignatures(other, [WITNESS_KEY])
