"""Checkpoints and proofs over HTTP: what was signed, as it was signed; proofs that hold; sizes that the log has."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from api.app import create_app
from api.settings import Settings
from ledger.application import Ledger
from ledger.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from ledger.log.merkle import Tree, verify_consistency, verify_inclusion
from ledger.log.note import parse_note, sign_note
from ledger.publisher import SentinelDiffers
from ledger.witness.pull import fetch_consistency
from tests.support.http import ADDRESS, LINES, UNLIMITED, House, golden_house, in_thread, opened, registration
from tests.support.witnesses import a_key
from tests.unit.api.http.test_statuses import assert_problem

CHECKPOINT, ACCESS = "/v1/ledger/checkpoint", "/v1/ledger/access/checkpoint"
INCLUSION, CONSISTENCY = "/v1/ledger/proofs/inclusion", "/v1/ledger/proofs/consistency"


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[House]:
    """A door that signs ten times a second."""
    with golden_house(tmp_path, checkpoint_interval_seconds=0.1) as made:
        yield made


def signed(door: House, answer: Response) -> Checkpoint:
    """The checkpoint of an answer, signed by the ledger's own key."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    keys = [key.vkey for key in door.ledger.publisher.keyring().all()]
    return open_checkpoint(answer.text, keys, origin=door.ledger.origin)


def written(door: House, number: int) -> int:
    """One more entry; its index."""
    answer = door.caller("hr-1", "HR", "PERSONNEL").command("/v1/subjects", registration(number))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["index"])


def tree_of(ledger: Ledger) -> Tree:
    return Tree(row.leaf for row in ledger.store.entries())


# Checkpoints.


def test_the_checkpoint_is_the_signed_head(door: House) -> None:
    checkpoint = signed(door, door.stranger().get(CHECKPOINT))
    head = door.ledger.store.head()

    assert (checkpoint.size, checkpoint.root) == (head.size, head.root)


def test_it_is_asked_for_anew_and_answered_with_304_while_it_is_the_same(quick: House) -> None:
    stranger = quick.stranger()
    first = stranger.get(CHECKPOINT)
    tag = first.headers["etag"]

    assert first.headers["cache-control"] == "no-cache"
    for known in (tag, f'W/{tag}, "other"'):
        same = stranger.send("GET", CHECKPOINT, headers={"If-None-Match": known})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    assert stranger.send("GET", CHECKPOINT, headers={"If-None-Match": '"other"'}).status_code == 200

    written(quick, 1)
    assert quick.app.state.wiring.publishing.wait_for(quick.ledger.size, 10) is not None
    newer = stranger.send("GET", CHECKPOINT, headers={"If-None-Match": tag})
    assert signed(quick, newer).size == quick.ledger.size
    assert newer.headers["etag"] != tag


def test_the_first_checkpoint_that_covers_a_size(own_door: House) -> None:
    stranger, publish = own_door.stranger(), own_door.ledger.publish
    opening = publish().checkpoint.size
    written(own_door, 1)
    second = publish().checkpoint.size
    written(own_door, 2)
    third = publish().checkpoint.size

    found = {size: signed(own_door, stranger.get(CHECKPOINT, size=size)).size for size in range(opening, third + 1)}
    assert found == {opening: opening, second: second, third: third}
    assert signed(own_door, stranger.get(CHECKPOINT, size=0)).size <= opening
    assert_problem(stranger.get(CHECKPOINT, size=third + 1), 404, "no-checkpoint")


def test_a_checkpoint_is_given_with_every_signature_it_has(own_door: House) -> None:
    note = parse_note(own_door.ledger.publish().note)
    twice = note.with_signatures([note.signatures[0].__class__("someone.else", "01020304", bytes(72))])
    own_door.ledger.publisher.checkpoints.keep(twice.format())

    assert own_door.stranger().get(CHECKPOINT).text == twice.format()


def test_a_checkpoint_that_nobody_of_the_ledger_signed_is_none(own_door: House) -> None:
    """Whoever writes to the database can put a note there, and nothing is served on its word."""
    size, origin = own_door.ledger.size + 1000, own_door.ledger.origin
    forged = sign_note(Checkpoint(origin, size, bytes(32)).format(), origin, a_key(9))
    own_door.ledger.store.recorder.write_beside(
        "INSERT INTO checkpoints (size, note) VALUES (?, ?)", (size, forged.format())
    )
    for path in (CHECKPOINT, f"{INCLUSION}?index=0", "/v1/ledger/tile/0/000.p/1"):
        assert_problem(own_door.stranger().get(path), 500, "bad-note")


def test_before_the_first_checkpoint_there_is_none(tmp_path: Path) -> None:
    with opened(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, LINES) as ledger:
        client = TestClient(create_app(ledger, Settings(rate_limit=UNLIMITED)), base_url=ADDRESS)  # not started
        ledger.store.recorder.write_beside("DELETE FROM checkpoints", ())
        for path in (CHECKPOINT, f"{INCLUSION}?index=0", f"{CONSISTENCY}?from=1"):
            assert_problem(client.get(path), 404, "no-checkpoint")
        assert client.get("/v1/ledger/tile/0/000.p/1").status_code == 404
        assert client.get("/v1/ledger/receipts/0").status_code == 202


def test_the_access_log_has_a_checkpoint_of_its_own(quick: House) -> None:
    origin = quick.ledger.access.origin
    before = parse_checkpoint(parse_note(quick.stranger().get(ACCESS).text).text)
    person = quick.uid("subject", "P1")
    assert quick.caller("auditor-1", "AUDITOR").get(f"/v1/subjects/{person}/integrity-file").status_code == 200
    quick.ledger.publish()
    answer = quick.stranger().get(ACCESS)
    keys = [key.vkey for key in quick.ledger.access.publisher.keyring().all()]
    after = open_checkpoint(answer.text, keys, origin=origin)

    assert after.origin == before.origin == f"{quick.ledger.origin}/access"
    assert after.size == quick.looks() == before.size + 1
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("size", ["-1", "x", "", "1e3", "0x1", "9" * 17, "9" * 4000, "１"])
def test_a_size_is_a_number_that_a_log_can_have(door: House, size: str) -> None:
    assert_problem(door.stranger().get(CHECKPOINT, size=size), 400, "malformed")
    assert_problem(door.stranger().get(INCLUSION, index=size), 400, "malformed")
    assert_problem(door.stranger().get(CONSISTENCY, **{"from": size}), 400, "malformed")


def test_nobody_signs_a_log_that_was_rewritten_and_readiness_says_so(
    quick: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    publishing = quick.app.state.wiring.publishing
    signed_before = quick.stranger().get(CHECKPOINT).text

    def differs(*_: Any) -> None:
        raise SentinelDiffers("the log does not follow from its checkpoint")

    monkeypatch.setattr(quick.ledger.publisher, "_follows", differs)
    index = written(quick, 1)
    assert publishing.wait_for(index + 1, 1) is None

    ready = quick.stranger().get("/readyz")
    assert (ready.status_code, ready.json()["checks"]["sentinel"]) == (503, "failing")
    assert quick.stranger().get(CHECKPOINT).text == signed_before
    assert quick.stranger().get(f"/v1/ledger/receipts/{index}").status_code == 202


# Proofs.


def test_every_entry_is_proven_at_the_newest_checkpoint(door: House) -> None:
    checkpoint = signed(door, door.stranger().get(CHECKPOINT))
    for row in door.ledger.store.entries():
        answer = door.stranger().get(INCLUSION, index=row.index).json()
        proof = [b64decode(one) for one in answer["proof"]]

        assert set(answer) == {"index", "size", "leaf", "proof"}
        assert (answer["index"], answer["size"], answer["leaf"]) == (row.index, checkpoint.size, row.leaf.hex())
        verify_inclusion(row.leaf, row.index, checkpoint.size, proof, checkpoint.root)


def test_every_size_of_the_log_is_proven(door: House) -> None:
    tree, stranger = tree_of(door.ledger), door.stranger()
    for size in range(1, tree.size + 1):
        index = size // 2
        answer = stranger.get(INCLUSION, index=index, size=size).json()
        proof = [b64decode(one) for one in answer["proof"]]
        verify_inclusion(tree.node(0, index), index, size, proof, tree.root(size))


def test_a_size_follows_from_every_one_before_it(door: House) -> None:
    tree, stranger = tree_of(door.ledger), door.stranger()
    for new in (tree.size, 32, 7):
        for old in range(1, new + 1):
            answer = stranger.get(CONSISTENCY, to=new, **{"from": old}).json()
            assert (answer["from"], answer["to"], set(answer)) == (old, new, {"from", "to", "proof"})
            proof = [b64decode(one) for one in answer["proof"]]
            verify_consistency(old, new, proof, tree.root(old), tree.root(new))


def test_a_proof_to_no_size_leads_to_the_newest_checkpoint(door: House) -> None:
    size = signed(door, door.stranger().get(CHECKPOINT)).size

    assert door.stranger().get(CONSISTENCY, **{"from": 3}).json()["to"] == size


def test_a_witness_reads_the_proof_as_it_is_given(door: House) -> None:
    tree = tree_of(door.ledger)
    with in_thread(create_app(door.ledger, Settings(rate_limit=UNLIMITED))) as at:
        for old in (1, 8, 25, tree.size):
            proof = fetch_consistency(f"http://127.0.0.1:{at.port}", old, tree.size)
            verify_consistency(old, tree.size, proof, tree.root(old), tree.root())


def refusals(size: int) -> dict[str, tuple[str, dict[str, int], str, str]]:
    """Path, parameters, code and field of what cannot be proven in a log of a size."""
    return {
        "size beyond": (INCLUSION, {"index": 0, "size": size + 1}, "size-out-of-range", "size"),
        "index at size": (INCLUSION, {"index": size, "size": size}, "out-of-range", "index"),
        "index beyond": (INCLUSION, {"index": 2**53 - 1}, "out-of-range", "index"),
        "no tree": (INCLUSION, {"index": 0, "size": 0}, "out-of-range", "index"),
        "to beyond": (CONSISTENCY, {"from": 1, "to": size + 1}, "size-out-of-range", "to"),
        "from beyond": (CONSISTENCY, {"from": size + 1}, "out-of-range", "from"),
        "backwards": (CONSISTENCY, {"from": 5, "to": 4}, "out-of-range", "from"),
        "from nothing": (CONSISTENCY, {"from": 0}, "malformed", "from"),
        "no index": (INCLUSION, {}, "malformed", "index"),
        "no from": (CONSISTENCY, {}, "malformed", "from"),
    }


@pytest.mark.parametrize("name", refusals(0))
def test_what_the_log_does_not_have_cannot_be_proven(door: House, name: str) -> None:
    path, query, code, field = refusals(door.ledger.size)[name]

    assert assert_problem(door.stranger().get(path, **query), 400, code)["field"] == field
