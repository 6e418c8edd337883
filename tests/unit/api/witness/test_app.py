"""The witness over real HTTP: each status of tlog-witness, one winner where two histories race, nothing else open."""

from __future__ import annotations

import http.client
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from urllib.parse import urlsplit

import pytest

from ledger.log.cosignature import verify_cosignatures
from ledger.log.note import parse_signature_lines, sign_note
from ledger.witness.request import MAX_BODY_BYTES, AddCheckpoint
from ledger.witness.witness import Witness
from tests.support.witnesses import SignedLog, a_witness, served

LOG = SignedLog(30)
FORK = SignedLog(30, story="'", fork_at=6)
OTHER = SignedLog(30, origin="localhost/other", seed=8)
PATH = "/add-checkpoint"


@dataclass(frozen=True)
class Answer:
    status: int
    kind: str | None
    body: bytes


class At:
    """A witness that is served."""

    def __init__(self, url: str, witness: Witness) -> None:
        self.port, self.witness = urlsplit(url).port, witness

    def send(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)) as connection:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers["Content-Type"], answer.read())

    def add(self, request: AddCheckpoint) -> Answer:
        return self.send("POST", PATH, request.format().encode())


@pytest.fixture
def at(tmp_path: Path) -> Iterator[At]:
    witness = a_witness(tmp_path, LOG.key)
    with served(witness) as url:
        yield At(url, witness)


def test_200_and_the_cosignature(at: At) -> None:
    before = int(datetime.now(UTC).timestamp())
    answer = at.add(LOG.request(0, 9))
    lines = parse_signature_lines(answer.body.decode())
    times = verify_cosignatures(LOG.note(9).with_signatures(lines), [at.witness.key])

    assert answer.status == 200
    assert len(lines) == 1
    assert before <= times[at.witness.name] <= datetime.now(UTC).timestamp()


def test_200_for_the_same_checkpoint_again(at: At) -> None:
    assert [at.add(LOG.request(old, 9)).status for old in (0, 9, 9)] == [200, 200, 200]
    assert len(at.witness.state.history(LOG.origin)) == 1


@pytest.mark.parametrize("body", [b"", b"old 5\n", b"old 05\n\n", LOG.request(0, 5).format().encode()[:-1], b"\xff"])
def test_400_for_what_is_malformed(at: At, body: bytes) -> None:
    assert at.send("POST", PATH, body).status == 400


def test_400_for_an_old_size_beyond_the_checkpoint(at: At) -> None:
    assert at.add(AddCheckpoint.of(6, (), LOG.note(5))).status == 400


def test_403_without_a_signature_of_the_log(at: At) -> None:
    by_another = sign_note(LOG.note(5).text, LOG.origin, OTHER.signing)

    assert at.add(AddCheckpoint.of(0, (), by_another)).status == 403


def test_404_for_an_unknown_log(at: At) -> None:
    assert at.add(OTHER.request(0, 5)).status == 404


def test_409_and_the_size_for_another_old_size(at: At) -> None:
    assert at.add(LOG.request(3, 5)) == Answer(409, "text/x.tlog.size", b"0\n")
    at.add(LOG.request(0, 9))
    assert at.add(LOG.request(0, 12)) == Answer(409, "text/x.tlog.size", b"9\n")
    assert at.add(LOG.request(9, 12)).status == 200


def test_409_without_a_size_for_another_root(at: At) -> None:
    at.add(LOG.request(0, 9))
    answer = at.add(AddCheckpoint.of(9, (), FORK.note(9)))

    assert answer.status == 409
    assert answer.kind == "text/plain; charset=utf-8"
    (evidence,) = at.witness.state.evidence()
    evidence.verify([LOG.key])


def test_422_for_a_proof_that_does_not_hold(at: At) -> None:
    at.add(LOG.request(0, 9))

    assert at.add(FORK.request(9, 12)).status == 422
    assert at.add(AddCheckpoint.of(9, (), LOG.note(12))).status == 422


def test_422_for_a_proof_from_nothing(at: At) -> None:
    assert at.add(AddCheckpoint.of(0, (bytes(32),), LOG.note(12))).status == 422


def test_413_for_more_than_is_taken(at: At) -> None:
    assert at.send("POST", PATH, b"x" * (MAX_BODY_BYTES + 1)).status == 413
    assert at.send("POST", PATH, b"x" * MAX_BODY_BYTES).status == 400
    assert at.send("POST", PATH, None, {"Content-Length": "1" * 30}).status in (400, 413)


def test_503_while_the_clock_stands_behind(tmp_path: Path) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    a_witness(tmp_path, LOG.key, clock=lambda: now).add(LOG.request(0, 5))
    late = a_witness(tmp_path, LOG.key, clock=lambda: now - timedelta(minutes=1))
    with served(late) as url:
        assert At(url, late).add(LOG.request(5, 6)).status == 503


@pytest.mark.parametrize("path", ["/", "/docs", "/openapi.json", "/redoc", "/metrics", PATH + "/", "/checkpoint"])
def test_nothing_else_is_open(at: At, path: str) -> None:
    assert at.send("GET", path).status == 404


def test_the_address_is_for_posts(at: At) -> None:
    assert {at.send(method, PATH).status for method in ("GET", "PUT", "DELETE", "HEAD")} == {405}


def test_one_connection_may_be_used_again(at: At) -> None:
    with closing(http.client.HTTPConnection("127.0.0.1", at.port, timeout=60)) as connection:
        for old, size in ((0, 3), (3, 5), (5, 9)):
            connection.request("POST", PATH, LOG.request(old, size).format().encode())
            answer = connection.getresponse()
            assert (answer.status, answer.read()[:3]) == (200, "—".encode())


@pytest.mark.parametrize("old", [0, 5])
def test_of_two_histories_that_race_exactly_one_is_cosigned(at: At, old: int) -> None:
    """32 requests at once for two successors of one size: the check and the store are one step."""
    if old:
        at.add(LOG.request(0, old))
    requests = [(LOG, FORK)[number % 2].request(old, 20) for number in range(32)]
    ready = Barrier(len(requests))

    def send(request: AddCheckpoint) -> Answer:
        ready.wait()
        return at.add(request)

    with ThreadPoolExecutor(len(requests)) as threads:
        answers = list(threads.map(send, requests))
    won = [request for request, answer in zip(requests, answers, strict=True) if answer.status == 200]
    newest = at.witness.state.newest(LOG.origin)

    assert Counter(answer.status for answer in answers) == {200: 1, 409: 31}
    assert {answer.body for answer in answers if answer.status == 409} == {b"20\n"}
    assert newest is not None
    assert newest.note.format() == won[0].note.format()
    (evidence,) = at.witness.state.evidence()
    evidence.verify([LOG.key])


def test_a_log_that_grows_under_many_hands_never_goes_back(at: At) -> None:
    """Every size is submitted at once, each from every other: whatever the order, the history only grows."""

    def send(pair: tuple[int, int]) -> int:
        return at.add(LOG.request(*pair)).status

    pairs = [(old, new) for new in range(1, 25, 3) for old in range(0, new, 2)]
    with ThreadPoolExecutor(16) as threads:
        statuses = Counter(threads.map(send, pairs))
    sizes = [kept.checkpoint.size for kept in at.witness.state.history(LOG.origin)]

    assert set(statuses) <= {200, 409}
    assert statuses[200] == len(sizes) >= 1
    assert sizes == sorted(set(sizes))
