"""The format `v: 0`, guarded: entries written down byte for byte in `tests/conformance/vectors-v0.json`.

The file was made with the reference encoder `rfc8785`, `hashlib` and the recursive definition of the tree, none of
this room's code. A test that fails here means that older entries no longer read the same: that needs a new `v`.
"""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger.log.chain import genesis, leaf_hash, link
from ledger.log.encoding import canonical
from ledger.log.entry import Entry, Signature, format_entry, parse_entry, signed_message
from ledger.log.merkle import Frontier, root_of
from ledger.log.note import format_vkey, parse_vkey

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).resolve().parents[3] / "conformance" / "vectors-v0.json").read_text("utf-8")
)
ENTRIES: list[dict[str, Any]] = VECTORS["entries"]
EACH = pytest.mark.parametrize("vector", ENTRIES, ids=[vector["name"] for vector in ENTRIES])


def signatures_of(vector: dict[str, Any]) -> tuple[Signature, ...]:
    return tuple(Signature(signed["key"], b64decode(signed["sig"])) for signed in vector["signatures"])


@EACH
def test_an_entry_is_written_as_ever(vector: dict[str, Any]) -> None:
    header = canonical(vector["header"], nfc=True)

    entry = format_entry(
        header, recorded_at=vector["recorded_at"], version=vector["version"], signatures=signatures_of(vector)
    )

    assert entry.hex() == vector["entry"]
    assert leaf_hash(entry).hex() == vector["leaf"]


@EACH
def test_an_entry_is_read_as_ever(vector: dict[str, Any]) -> None:
    assert parse_entry(bytes.fromhex(vector["entry"])) == Entry(
        vector["header"], vector["recorded_at"], vector["version"], signatures_of(vector)
    )


def test_chain_root_and_frontier_are_as_ever_after_each_entry() -> None:
    chain, frontier, leaves = genesis(VECTORS["origin"]), Frontier(), []
    assert chain.hex() == VECTORS["genesis"]

    for vector in ENTRIES:
        leaf = leaf_hash(bytes.fromhex(vector["entry"]))
        chain = link(chain, leaf)
        frontier.append(leaf)
        leaves.append(leaf)

        assert chain.hex() == vector["chain"], vector["name"]
        assert frontier.root().hex() == root_of(leaves).hex() == vector["root"], vector["name"]
        assert frontier.format().hex() == vector["frontier"], vector["name"]


def test_the_verifier_key_of_entry_0_is_written_as_ever() -> None:
    key = parse_vkey(VECTORS["operator_vkey"])

    assert key.name == VECTORS["origin"]
    assert ENTRIES[0]["header"]["data"]["keys"] == [format_vkey(key.name, key.public_key)]


def test_signatures_are_made_over_what_they_were_ever_made_over() -> None:
    signers = {key.id: key for key in map(parse_vkey, VECTORS["signers"])}
    signed = [vector for vector in ENTRIES if vector["signatures"]]
    assert signed

    for vector in signed:
        message = signed_message(VECTORS["origin"], canonical(vector["header"]))
        for signature in signatures_of(vector):
            Ed25519PublicKey.from_public_bytes(signers[signature.key].public_key).verify(signature.sig, message)
