"""A witness that asks: the checkpoint and the proof come from the log's own door, and nothing of it is believed."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from ledger.errors import Invalid, VerificationError
from ledger.log.cosignature import verify_cosignatures
from ledger.witness.exchange import NoAnswer
from ledger.witness.pull import CheckpointBehind, fetch, fetch_consistency, pull
from ledger.witness.witness import Equivocation, NotConsistent, NotSignedByLog, Witness
from tests.support.witnesses import SignedLog, a_server, a_witness, answering

LOG = SignedLog(30)
FORK = SignedLog(30, story="'", fork_at=6)
OTHER = SignedLog(30, origin=LOG.origin, seed=8)
Answers = Callable[[str, dict[str, list[str]]], tuple[int, bytes]]


class Door:
    """A ledger's door, answering a GET as it is told to."""

    def __init__(self) -> None:
        self.answers: Answers = lambda path, query: (404, b"")
        self.url = ""

    def reply(self, handler: BaseHTTPRequestHandler, _: bytes) -> None:
        parts = urlsplit(handler.path)
        status, body = self.answers(parts.path, parse_qs(parts.query))
        answering(status, body, Location="/elsewhere")(handler, b"")


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    with a_server(made.reply) as made.url:
        yield made


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return a_witness(tmp_path, LOG.key)


def shown(proof: list[bytes], old: int, new: int) -> bytes:
    return json.dumps({"from": old, "to": new, "proof": [b64encode(value).decode() for value in proof]}).encode()


def test_a_log_is_followed_from_visit_to_visit(witness: Witness) -> None:
    for size in (1, 9, 9, 30):
        note = pull(witness, LOG.note(size), LOG.consistency)
        assert list(verify_cosignatures(note, [witness.key])) == [witness.name]
        assert len(note.signatures) == 2
    assert [kept.checkpoint.size for kept in witness.state.history(LOG.origin)] == [1, 9, 30]


def test_a_log_that_shows_less_than_before_is_found_out(witness: Witness) -> None:
    pull(witness, LOG.note(9), LOG.consistency)
    with pytest.raises(CheckpointBehind):
        pull(witness, LOG.note(8), LOG.consistency)


def test_a_log_that_tells_another_story_is_found_out(witness: Witness) -> None:
    pull(witness, LOG.note(9), LOG.consistency)
    pull(witness, LOG.note(12), LOG.consistency)
    with pytest.raises(Equivocation):
        pull(witness, FORK.note(12), FORK.consistency)
    with pytest.raises(Equivocation):
        pull(witness, FORK.note(9), FORK.consistency)
    with pytest.raises(NotConsistent):
        pull(witness, FORK.note(20), FORK.consistency)
    with pytest.raises(NotSignedByLog):
        pull(witness, OTHER.note(20), OTHER.consistency)
    for evidence in witness.state.evidence():
        evidence.verify([LOG.key])
    assert len(witness.state.evidence()) == 2


def test_proofs_are_taken_from_a_ledger_s_door(door: Door, witness: Witness) -> None:
    asked: list[tuple[str, dict[str, list[str]]]] = []

    def answers(path: str, query: dict[str, list[str]]) -> tuple[int, bytes]:
        asked.append((path, query))
        return 200, shown(LOG.consistency(9, 30), 9, 30)

    door.answers = answers
    pull(witness, LOG.note(9), LOG.consistency)
    note = pull(witness, LOG.note(30), lambda old, new: fetch_consistency(door.url + "/", old, new))

    assert list(verify_cosignatures(note, [witness.key])) == [witness.name]
    assert asked == [("/v1/ledger/proofs/consistency", {"from": ["9"], "to": ["30"]})]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b"{}", b"null", b'{"from": 9, "to": 30}', b'{"from": 9, "to": 30, "proof": null}',
        b'{"from": 9, "to": 30, "proof": [1]}', b'{"from": 9, "to": 30, "proof": ["*"]}', shown([], 8, 30),
        shown([], 9, 29), b"\xff", b"[" * 30_000, b'{"from": 9, "to": 30, "proof": "\xe4\xb8\xad"}',
    ],
)  # fmt: skip
def test_what_is_no_proof_is_refused(door: Door, body: bytes) -> None:
    door.answers = lambda path, query: (200, body)
    with pytest.raises(VerificationError) as refused:
        fetch_consistency(door.url, 9, 30)
    assert refused.value.code == "bad-answer"


def test_a_proof_of_another_story_is_refused(door: Door, witness: Witness) -> None:
    door.answers = lambda path, query: (200, shown([bytes(31)], 9, 30))
    pull(witness, LOG.note(9), LOG.consistency)
    with pytest.raises(NotConsistent):
        pull(witness, LOG.note(30), lambda old, new: fetch_consistency(door.url, old, new))


@pytest.mark.parametrize("status", [301, 302, 404, 500])
def test_only_a_200_is_an_answer(door: Door, status: int) -> None:
    door.answers = lambda path, query: (status, b"") if path != "/elsewhere" else (200, b"redirected")
    with pytest.raises(VerificationError):
        fetch(door.url)


def test_an_answer_has_a_limit_and_an_address_a_form(door: Door) -> None:
    door.answers = lambda path, query: (200, b"x" * 65_536)
    assert len(fetch(door.url)) == 65_536
    door.answers = lambda path, query: (200, b"x" * 65_537)
    with pytest.raises(NoAnswer):
        fetch(door.url)
    with pytest.raises(Invalid):
        fetch("http://ledger.example/v1/ledger/checkpoint")
