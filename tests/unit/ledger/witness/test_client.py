"""The ledger as client of real witnesses: who is down, slow or lying is told, and hinders nobody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from threading import Event

import pytest

from api.serving import free_port
from ledger.errors import Invalid
from ledger.log.cosignature import cosign
from ledger.witness.client import Asked, Witnesses
from ledger.witness.policy import KnownLog, KnownWitness, Policy, WitnessGroup
from ledger.witness.witness import Witness
from tests.support.witnesses import (
    SignedLog,
    a_key,
    a_server,
    a_witness,
    answering,
    served,
    served_all,
    witness_key,
)

LOG = SignedLog(40)
FORK = SignedLog(40, story="'", fork_at=6)


def policy_of(*urls: str | None, enough: int = 1) -> Policy:
    """The witnesses 1, 2, … at these addresses, of whom so many are asked for."""
    known = tuple(KnownWitness(f"W{seed}", witness_key(seed), url) for seed, url in enumerate(urls, start=1))
    group = WitnessGroup("G", enough, tuple(one.name for one in known))
    return Policy((KnownLog(LOG.key),), known, (group,), "G")


def ask(witnesses: Witnesses, size: int, log: SignedLog = LOG) -> Asked:
    return witnesses.ask(log.note(size), log.consistency)


def failures(asked: Asked) -> dict[str, str]:
    return {failure.witness: failure.code for failure in asked.failures}


@pytest.fixture
def three(tmp_path: Path) -> list[Witness]:
    return [a_witness(tmp_path, LOG.key, seed=seed) for seed in (1, 2, 3)]


@pytest.fixture
def urls(three: list[Witness]) -> Iterator[list[str]]:
    with served_all(three) as found:
        yield found


def test_every_witness_cosigns_from_step_to_step(three: list[Witness], urls: list[str]) -> None:
    policy = policy_of(*urls, enough=3)
    witnesses = Witnesses(policy)
    for size in (3, 9, 9, 40):
        asked = ask(witnesses, size)
        assert asked.failures == ()
        assert set(policy.verify(asked.note)) == {"W1", "W2", "W3"}

    assert [kept.checkpoint.size for kept in three[0].state.history(LOG.origin)] == [3, 9, 40]


def test_a_client_that_remembers_nothing_is_told_the_size_and_asks_once_more(urls: list[str]) -> None:
    ask(Witnesses(policy_of(*urls)), 9)
    proofs: list[tuple[int, int]] = []

    def consistency(old: int, new: int) -> list[bytes]:
        proofs.append((old, new))
        return LOG.consistency(old, new)

    asked = Witnesses(policy_of(*urls)).ask(LOG.note(12), consistency)

    assert asked.failures == ()
    assert proofs == [(9, 12)]  # made once for all three


def test_asking_again_replaces_the_older_cosignature(urls: list[str]) -> None:
    witnesses = Witnesses(policy_of(*urls))
    note = LOG.note(9)
    for _ in range(3):
        note = witnesses.ask(note, LOG.consistency).note

    assert len(note.signatures) == 4


def test_one_that_is_down_hinders_nobody(urls: list[str]) -> None:
    down = f"http://127.0.0.1:{free_port('127.0.0.1', 0)}"
    policy = policy_of(urls[0], down, urls[2], enough=2)
    asked = ask(Witnesses(policy), 9)

    assert set(policy.verify(asked.note)) == {"W1", "W3"}
    assert failures(asked) == {"W2": "no-answer"}


def made(seed: int, size: int, at: int) -> bytes:
    """The line of a witness as an answer."""
    return cosign(LOG.note(size).text, witness_key(seed).name, a_key(seed), at).format().encode()


@pytest.fixture(scope="module")
def honest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """The witnesses 1 and 3, for tests that ask them for one size only."""
    folder = tmp_path_factory.mktemp("honest")
    with served_all([a_witness(folder, LOG.key, seed=seed) for seed in (1, 3)]) as found:
        yield found


@pytest.mark.parametrize(
    ("status", "body", "kind", "code"),
    [
        (200, b"", "text/plain", "bad-answer"),
        (200, b"thank you\n", "text/plain", "bad-answer"),
        (200, b"\xff\n", "text/plain", "bad-answer"),
        (200, made(3, 9, 9), "text/plain", "bad-answer"),
        (200, made(2, 8, 9), "text/plain", "bad-signature"),
        (200, made(2, 9, 0), "text/plain", "bad-cosignature-time"),
        (200, made(2, 9, 1 << 40), "text/plain", "bad-cosignature-time"),
        (200, b"x" * 100_000, "text/plain", "answer-too-large"),
        (301, b"", "text/plain", "refused-by-witness"),
        (403, b"", "text/plain", "refused-by-witness"),
        (409, b"", "text/plain", "contradicted-by-witness"),
        (409, b"3\n", "text/plain", "contradicted-by-witness"),
        (409, b"03\n", "text/x.tlog.size", "contradicted-by-witness"),
        (409, b"0\n", "text/x.tlog.size", "contradicted-by-witness"),
        (409, b"5\n", "text/x.tlog.size", "refused-by-witness"),
        (409, b"10\n", "text/x.tlog.size", "witness-ahead"),
        (422, b"", "text/plain", "contradicted-by-witness"),
        (500, b"", "text/plain", "refused-by-witness"),
    ],
)
def test_one_that_lies_is_told_and_hinders_nobody(
    honest: list[str], status: int, body: bytes, kind: str, code: str
) -> None:
    with a_server(answering(status, body, kind, Location=f"{honest[1]}/add-checkpoint")) as liar:
        policy = policy_of(honest[0], liar, honest[1], enough=2)
        asked = ask(Witnesses(policy), 9)

    assert set(policy.verify(asked.note)) == {"W1", "W3"}
    assert failures(asked) == {"W2": code}


def test_a_liar_cannot_fill_the_note(honest: list[str]) -> None:
    lines = b"".join(made(2, 9, at) for at in range(1, 200))
    with a_server(answering(200, lines)) as liar:
        asked = ask(Witnesses(policy_of(honest[0], liar, honest[1])), 9)

    assert asked.failures == ()
    assert len(asked.note.signatures) == 4


def test_one_that_is_slow_costs_the_time_limit_and_no_more(urls: list[str]) -> None:
    over = Event()

    def never(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        over.wait(30)

    def drop_by_drop(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        with suppress(OSError):
            while not over.wait(0.05):
                handler.wfile.write(b"x")
                handler.wfile.flush()

    with a_server(never) as slow, a_server(drop_by_drop) as dripping:
        policy = policy_of(urls[0], slow, dripping, enough=1)
        witnesses = Witnesses(policy, timeout_seconds=1.0)
        started = time.monotonic()
        asked = ask(witnesses, 9)
        took = time.monotonic() - started

        assert set(policy.verify(asked.note)) == {"W1"}
        assert failures(asked) == {"W2": "no-answer", "W3": "no-answer"}
        assert took < 15
        # Their requests are over as well, drops or none: soon neither is called busy any more.
        while any(failure.detail.startswith("busy") for failure in ask(witnesses, 9).failures):
            assert time.monotonic() - started < 30
        over.set()


def test_once_it_is_enough_the_slow_are_not_waited_for(urls: list[str]) -> None:
    over = Event()

    def never(handler: BaseHTTPRequestHandler, _: bytes) -> None:
        over.wait(60)

    with a_server(never) as slow:
        policy = policy_of(urls[0], slow, urls[2], enough=2)
        witnesses = Witnesses(policy, timeout_seconds=60, grace_seconds=0.2)
        started = time.monotonic()
        asked = witnesses.ask(LOG.note(9), LOG.consistency, lambda note: len(policy.cosigned(note)) >= 2)

        assert set(policy.verify(asked.note)) == {"W1", "W3"}
        assert time.monotonic() - started < 30
        # While it is busy it is not asked again, and the others are.
        again = witnesses.ask(LOG.note(12), LOG.consistency, lambda note: len(policy.cosigned(note)) >= 2)
        assert set(policy.verify(again.note)) == {"W1", "W3"}
        assert failures(again) == {"W2": "no-answer"}
        over.set()


def test_a_witness_that_saw_another_history_says_so(three: list[Witness], urls: list[str]) -> None:
    three[1].add(FORK.request(0, 9))
    policy = policy_of(*urls, enough=2)
    witnesses = Witnesses(policy)
    for size in (9, 12):
        asked = ask(witnesses, size)
        assert set(policy.verify(asked.note)) == {"W1", "W3"}
        assert failures(asked) == {"W2": "contradicted-by-witness"}
    (evidence,) = three[1].state.evidence()
    evidence.verify([LOG.key])


def test_a_witness_that_saw_more_says_so(three: list[Witness], urls: list[str]) -> None:
    three[1].add(LOG.request(0, 30))

    assert failures(ask(Witnesses(policy_of(*urls)), 9)) == {"W2": "witness-ahead"}


def test_a_witness_that_lost_its_memory_is_served_again(tmp_path: Path, three: list[Witness]) -> None:
    with served(three[0]) as url:
        policy = policy_of(url)
        witnesses = Witnesses(policy)
        ask(witnesses, 9)
        (tmp_path / "again").mkdir()
        three[0].state = a_witness(tmp_path / "again", LOG.key).state
        asked = ask(witnesses, 12)

    assert set(policy.verify(asked.note)) == {"W1"}


def test_a_proof_that_cannot_be_made_is_a_failure(urls: list[str]) -> None:
    witnesses = Witnesses(policy_of(*urls))
    ask(witnesses, 9)

    def broken(old: int, new: int) -> list[bytes]:
        raise RuntimeError("no such tile")

    asked = witnesses.ask(LOG.note(12), broken)
    assert failures(asked) == {"W1": "unexpected", "W2": "unexpected", "W3": "unexpected"}
    assert asked.note == LOG.note(12)


def test_nobody_is_asked_without_an_address(urls: list[str]) -> None:
    policy = policy_of(None, urls[1])

    assert set(policy.verify(ask(Witnesses(policy), 9).note)) == {"W2"}


@pytest.mark.parametrize(
    "url",
    [
        "http://witness.example", "ftp://127.0.0.1", "file:///etc/passwd", "//127.0.0.1", "127.0.0.1:80", "http://",
        "http://127.0.0.1:0", "http://127.0.0.1:99999", "http://user@127.0.0.1", "https://a@witness.example",
        "http://127.0.0.1/#x", "http://127.0.0.1/a b", "http://[::1", "http://127.0.0.1.example", "https://例.example",
    ],
)  # fmt: skip
def test_an_address_is_https_or_loopback(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        Witnesses(policy_of(url))
    assert refused.value.code == "bad-witness-url"


@pytest.mark.parametrize(
    "url", ["https://witness.example/w1/", "http://[::1]:8100", "http://localhost", "http://127.0.0.2"]
)
def test_these_addresses_may_be_asked(url: str) -> None:
    Witnesses(policy_of(url))


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch, urls: list[str]) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    assert ask(Witnesses(policy_of(*urls)), 9).failures == ()
