"""A ledger with a greatest age without witness: read-only while nobody outside looks, and the access log goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from api.serving import free_port
from ledger.application import Ledger
from ledger.log.note import format_vkey
from ledger.log.proof import parse_proof
from ledger.witness.policy import Level, parse_policy
from tests.support.http import LINES, House, house, opened, registration
from tests.support.witnesses import a_witness, served, witness_key

SUBJECTS = "/v1/subjects"
AGE_SECONDS = 3600


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with opened(f"sqlite:///{tmp_path / 'ledger.db'}", tmp_path, LINES) as made:
        yield made


def policy(folder: Path, url: str) -> Path:
    key = witness_key(1)
    text = f"witness W1 {format_vkey(key.name, key.public_key, key.kind)} {url}\nquorum W1\n"
    (folder / "policy").write_text(text, encoding="utf-8")
    return folder / "policy"


@contextmanager
def out_of_reach(ledger: Ledger, folder: Path, age: int | None = AGE_SECONDS) -> Iterator[House]:
    path = policy(folder, f"http://127.0.0.1:{free_port('127.0.0.1', 0)}")
    with house(ledger, witness_policy=path, max_unwitnessed_age=age) as door:
        yield door


@contextmanager
def within_reach(ledger: Ledger, folder: Path) -> Iterator[House]:
    keys = [key.vkey for key in ledger.publisher.keyring().all()]
    settings = {"max_unwitnessed_age": AGE_SECONDS, "checkpoint_interval_seconds": 0.1}
    with served(a_witness(folder, *keys)) as url, house(ledger, witness_policy=policy(folder, url), **settings) as door:
        yield door


def soon(holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_unseen_the_ledger_takes_no_command(ledger: Ledger, tmp_path: Path) -> None:
    with out_of_reach(ledger, tmp_path) as door:
        hr, before = door.caller("hr-1", "HR", "PERSONNEL"), ledger.size
        answer = hr.command(SUBJECTS, registration(1))

        assert (answer.status_code, answer.json()["code"]) == (503, "unwitnessed")
        assert answer.headers["Retry-After"]
        assert ledger.size == before


def test_unseen_it_is_read_and_looks_are_recorded(ledger: Ledger, tmp_path: Path) -> None:
    with out_of_reach(ledger, tmp_path) as door:
        looks = door.looks()
        answer = door.caller("auditor-1", "AUDITOR").get(f"/v1/subjects/{door.uid('subject', 'P1')}/integrity-file")

        assert answer.status_code == 200
        assert door.looks() == looks + 1


def test_without_a_greatest_age_it_takes_commands_unseen(ledger: Ledger, tmp_path: Path) -> None:
    """The control: the same ledger, the same witness out of reach."""
    with out_of_reach(ledger, tmp_path, age=None) as door:
        assert door.caller("hr-1", "HR", "PERSONNEL").command(SUBJECTS, registration(1)).status_code == 201


def test_seen_it_takes_commands_and_its_receipts_say_so(ledger: Ledger, tmp_path: Path) -> None:
    with within_reach(ledger, tmp_path) as door:
        hr = door.caller("hr-1", "HR", "PERSONNEL")
        soon(lambda: hr.command(SUBJECTS, registration(1)).status_code == 201)
        index = ledger.size - 1
        receipt = f"/v1/ledger/receipts/{index}?level=witnessed"
        soon(lambda: door.stranger().get(receipt).status_code == 200)
        proof = parse_proof(door.stranger().get(receipt).text)

    rules = parse_policy((tmp_path / "policy").read_text(encoding="utf-8"))
    assert rules.level(proof.checkpoint) is Level.WITNESSED


def test_a_request_answered_before_is_answered_again(ledger: Ledger, tmp_path: Path) -> None:
    with within_reach(ledger, tmp_path) as door:
        hr = door.caller("hr-1", "HR", "PERSONNEL")
        soon(lambda: ledger.witnessing is not None and ledger.witnessing.age() is not None)
        first = hr.command(SUBJECTS, registration(1), key="once")
        assert first.status_code == 201
    now = ledger.clock()
    ledger.clock = lambda: now.replace(year=now.year + 1)
    with out_of_reach(ledger, tmp_path) as door:
        hr = door.caller("hr-1", "HR", "PERSONNEL")
        assert hr.command(SUBJECTS, registration(1), key="once").json() == first.json()
        assert hr.command(SUBJECTS, registration(2)).status_code == 503
