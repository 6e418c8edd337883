"""No byte of an artefact can be changed unseen by `integrity verify`, nor does any change end in another exception.

The one exception is known and asserted: a cosignature line whose name or key id is changed is the line of a witness
nobody knows, so fewer have signed than were asked for, which is a gap (7).
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.conformance.make_corpus import CORPUS, EXPECTED
from tests.support.artefacts import Files, HandLog, a_key, section
from tests.support.verifiers import Given, by_ledger

WITNESS = "w.example/1"
KINDS = ("receipt", "checkpoint", "bundle", "export")


def small_log() -> Files:
    """A log with a document, a unit that signs, an act that it signed, and two sections."""
    log = HandLog()
    log.files.witnesses = {WITNESS: a_key(WITNESS)}
    log.files.documents = [b"edition"]
    log.introduce_actor(a_key("actor"), required=True)
    log.append("rulebook.activated.v1", {"digest": sha256(b"edition").hexdigest()}, stream="rulebook/1")
    log.act(a_key("actor"), sections=[section("summary", "承诺"), section("grounds", 1)])
    return log.files


def made(kind: str, files: Files) -> bytes:
    if kind == "receipt":
        return files.receipt(3)
    if kind == "bundle":
        return files.bundle([3])
    return files.export() if kind == "export" else files.checkpoint()


def mutated(data: bytes, places: range) -> Iterator[tuple[int, bytes]]:
    """Each of these bytes changed, by one bit and by all."""
    for at in places:
        for mask in (0x01, 0xFF):
            yield at, data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_can_be_changed_unseen(kind: str) -> None:
    files = small_log()
    data, given = made(kind, files), Given(files.vkeys, files.witness_vkeys, require_witnessed=True)
    at = data.index(f"— {WITNESS} ".encode()) + len("— ".encode())
    # Six base64 digits hold the four bytes of the key id.
    names_the_witness = {*range(at, at + len(WITNESS)), *range(at + len(WITNESS) + 1, at + len(WITNESS) + 7)}

    assert by_ledger(data, given).exit == 0
    for place, changed in mutated(data, range(len(data))):
        allowed = {6, 7} if place in names_the_witness else {6}
        assert by_ledger(changed, given).exit in allowed, (kind, place)


@pytest.mark.parametrize("name", ["receipt.tlog-proof", "checkpoint.checkpoint", "bundle.bundle.json", "export.jsonl"])
def test_no_byte_of_our_own_vectors_can_be_changed_unseen(name: str) -> None:
    data = (CORPUS / name).read_bytes()
    keys = trusted_keys(name)

    assert by_ledger(data, Given(keys)).exit == 0
    for place, changed in mutated(data, range(len(data))):
        assert by_ledger(changed, Given(keys)).exit == 6, (name, place)


def trusted_keys(name: str) -> list[str]:
    said = json.loads((CORPUS / EXPECTED).read_bytes())
    keys: list[str] = said[name]["given"]["keys"]
    return keys


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_cut_anywhere_is_never_taken_for_whole(kind: str) -> None:
    files = small_log()
    data, given = made(kind, files), Given(files.vkeys, files.witness_vkeys, require_witnessed=True)

    for length in range(len(data)):
        assert by_ledger(data[:length], given).exit in (6, 7), length


@pytest.mark.parametrize("kind", KINDS)
def test_noise_is_an_answer_and_no_exception(kind: str) -> None:
    files, chance = small_log(), random.Random(41)
    data = made(kind, files)

    for _ in range(300):
        spoilt = bytearray(data)
        for _ in range(chance.randrange(1, 40)):
            at = chance.randrange(len(spoilt))
            spoilt[at : at + chance.randrange(3)] = chance.randbytes(chance.randrange(3))
        if bytes(spoilt) != data:
            assert by_ledger(bytes(spoilt), Given(files.vkeys, files.witness_vkeys)).exit in (0, 6, 7)
