"""Receipts over HTTP: 202 until a checkpoint covers the entry, then a file that holds by itself; waiting has bounds."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from threading import BoundedSemaphore, Thread
from time import monotonic

import pytest
from httpx2 import Response

from api.routes import receipts
from api.routes.receipts import WAIT_SECONDS, wait_of
from ledger.errors import VerificationError
from ledger.key_events import end_key, rotate_signing_key
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import cosign
from ledger.log.merkle import Tree, inclusion_proof
from ledger.log.note import parse_note, sign_note
from ledger.log.proof import LogProof, parse_proof
from ledger.witness.policy import KnownWitness, Policy, WitnessGroup, format_policy
from tests.support.http import House, golden_house, registration
from tests.support.witnesses import a_key, witness_key
from tests.unit.api.http.test_statuses import assert_problem

FAR_AWAY = 60  # seconds between checkpoints: none comes by itself


@pytest.fixture
def slow(tmp_path: Path) -> Iterator[House]:
    """A door that signs when a test says so."""
    with golden_house(tmp_path, checkpoint_interval_seconds=FAR_AWAY) as made:
        yield made


def written(door: House, number: int) -> int:
    """One more entry; its index."""
    answer = door.caller("hr-1", "HR", "PERSONNEL").command("/v1/subjects", registration(number))
    assert answer.status_code == 201, answer.text
    return int(answer.json()["index"])


def asked(door: House, index: int | str, *, prefer: str | None = None, level: str | None = None) -> Response:
    query = {} if level is None else {"level": level}
    headers = {} if prefer is None else {"Prefer": prefer}
    return door.stranger().send("GET", f"/v1/ledger/receipts/{index}", params=query, headers=headers)


def held(door: House, answer: Response, index: int) -> Checkpoint:
    """The checkpoint of a receipt that holds for the entry's stored bytes."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["content-disposition"] == f'attachment; filename="{index}.tlog-proof"'
    receipt = parse_proof(answer.text)
    leaf = sha256(b"\x00" + door.ledger.store.entry(index).state).digest()
    assert (receipt.index, receipt.extra) == (index, leaf)
    keys = [key.vkey for key in door.ledger.publisher.keyring().all()]
    return receipt.verify(leaf, keys, origin=door.ledger.origin)


def test_every_entry_has_a_receipt_that_holds(door: House) -> None:
    for index in range(door.ledger.size):
        held(door, asked(door, index), index)


def test_until_a_checkpoint_covers_the_entry_the_answer_is_202(slow: House) -> None:
    covered = slow.ledger.size
    index = written(slow, 1)
    waiting = asked(slow, index)

    assert (waiting.status_code, waiting.headers["retry-after"]) == (202, "1")
    assert waiting.json() == {"index": index, "level": "signed", "size": index + 1, "covered": covered}
    assert waiting.headers["cache-control"] == "no-store"
    assert "preference-applied" not in waiting.headers

    slow.ledger.publish()
    assert held(slow, asked(slow, index), index).size == index + 1


def test_the_thread_in_the_background_makes_a_receipt_within_its_interval(tmp_path: Path) -> None:
    with golden_house(tmp_path, checkpoint_interval_seconds=0.5) as door:
        index = written(door, 1)
        began = monotonic()
        answer = asked(door, index, prefer="wait=10")

        assert held(door, answer, index).size >= index + 1
        assert answer.headers["preference-applied"] == "wait=10"
        assert monotonic() - began < 5


def test_a_receipt_stays_under_the_first_checkpoint_that_covers_its_entry(slow: House) -> None:
    index = written(slow, 1)
    slow.ledger.publish()
    first = asked(slow, index)
    written(slow, 2)
    slow.ledger.publish()
    again = asked(slow, index)

    assert again.text == first.text
    assert first.headers["cache-control"] == "no-cache"
    tag = {"If-None-Match": first.headers["etag"]}
    assert slow.stranger().send("GET", f"/v1/ledger/receipts/{index}", headers=tag).status_code == 304


def test_waiting_ends_when_it_said(slow: House) -> None:
    index = written(slow, 1)
    for wanted in (0, 1):
        began = monotonic()
        answer = asked(slow, index, prefer=f"wait={wanted}")

        assert (answer.status_code, answer.headers["preference-applied"]) == (202, f"wait={wanted}")
        assert wanted <= monotonic() - began < wanted + 2


def test_waiting_has_an_end_whatever_is_asked(slow: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "WAIT_SECONDS", 1)
    index, began = written(slow, 1), monotonic()
    answer = asked(slow, index, prefer="wait=999999")

    assert (answer.status_code, answer.headers["preference-applied"]) == (202, "wait=1")
    assert monotonic() - began < 4


def test_only_so_many_wait_and_whoever_finds_no_room_is_answered_at_once(
    slow: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A waiting caller holds a thread; the door must stay open for the others."""
    monkeypatch.setattr(receipts, "WAITING", BoundedSemaphore(1))
    index = written(slow, 1)
    first = Thread(target=lambda: asked(slow, index, prefer="wait=4"))
    first.start()
    deadline = monotonic() + 3
    while receipts.WAITING._value and monotonic() < deadline:
        pass
    began = monotonic()
    answer = asked(slow, index, prefer="wait=4")

    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers
    assert monotonic() - began < 1
    slow.app.state.wiring.publishing._publish()
    first.join()
    assert receipts.WAITING._value == 1, "there is room again"


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (["wait=10"], 10),
        (["wait=0"], 0),
        (["wait=007"], 7),
        (["wait=11"], 10),
        (["wait=999999999"], 10),
        (["respond-async, wait=3"], 3),
        (["respond-async", "wait=3"], 3),
        (["WAIT = 4"], 4),
        (['wait="5"'], 5),
        (["wait=2; note=x, wait=9"], 2),
        (["wait=x, wait=9"], None),
        (["wait"], None),
        (["wait=-1"], None),
        (["wait=1.5"], None),
        (["wait=1e1"], None),
        (["wait=9999999999"], None),
        (["wait=５"], None),
        (["await=3"], None),
        ([], None),
        ([""], None),
        ([",,;="], None),
    ],
)
def test_how_long_somebody_will_wait(prefer: list[str], seconds: int | None) -> None:
    assert WAIT_SECONDS == 10
    assert wait_of(prefer) == seconds


@pytest.mark.parametrize("index", ["-1", "x", "1.5", "0x1", "9" * 17, "9" * 4000, "１", "1%00", "%2e%2e/checkpoint"])
def test_an_index_that_no_log_has_is_absent(door: House, index: str) -> None:
    assert_problem(asked(door, index), 404, "not-found")


def test_beyond_the_head_there_is_nothing_to_wait_for(door: House) -> None:
    began = monotonic()
    for index in (door.ledger.size, 2**53 - 1):
        assert_problem(asked(door, index, prefer="wait=10"), 404, "no-entry")
    assert monotonic() - began < 2


def test_a_receipt_that_would_not_hold_is_not_handed_out(slow: House) -> None:
    """Somebody changed the stored note's root: the holder's verifier would refuse it, so the server does."""
    index = written(slow, 1)
    note = parse_note(slow.ledger.publish().note)
    forged = note.text.splitlines()
    forged[2] = "A" * 43 + "="
    text = "".join(f"{line}\n" for line in forged)
    slow.ledger.store.recorder.write_beside(
        "UPDATE checkpoints SET note = ? WHERE size = ?", (type(note)(text, note.signatures).format(), index + 1)
    )

    assert_problem(asked(slow, index), 500, "bad-signature")


def test_a_receipt_of_a_million_entries_is_small() -> None:
    size, witnesses = 1_000_000, 3
    tree = Tree(sha256(number.to_bytes(8, "big")).digest() for number in range(size))
    origin = "integrity.city.example/ledger"
    note = sign_note(Checkpoint(origin, size, tree.root()).format(), origin, a_key(0))
    for number in range(1, witnesses + 1):
        note = note.with_signatures([cosign(note.text, witness_key(number).name, a_key(number), 1_764_460_800)])
    for index in (0, 654_321, size - 1):
        receipt = LogProof(index, tuple(inclusion_proof(tree.node, index, size)), note, tree.node(0, index))
        assert len(receipt.format().encode()) < 2000


# Levels.


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[House]:
    """A door whose policy asks for both of two witnesses."""
    known = tuple(KnownWitness(f"w{number}", witness_key(number)) for number in (1, 2))
    policy = Policy((), known, (WitnessGroup("both", 2, ("w1", "w2")),), "both")
    (tmp_path / "witnesses.policy").write_text(format_policy(policy), encoding="utf-8")
    settings = {"witness_policy": tmp_path / "witnesses.policy", "checkpoint_interval_seconds": FAR_AWAY}
    with golden_house(tmp_path, **settings) as made:
        yield made


def cosigned(door: House, *witnesses: int) -> int:
    """Sign the log as it is and have these witnesses cosign it; its size."""
    note = parse_note(door.ledger.publish().note)
    lines = [cosign(note.text, witness_key(number).name, a_key(number), 1_764_460_800) for number in witnesses]
    door.ledger.publisher.checkpoints.keep(note.with_signatures(lines).format())
    return int(note.text.split("\n")[1])


def test_a_witnessed_receipt_is_under_a_checkpoint_that_the_quorum_cosigned(watched: House) -> None:
    index = written(watched, 1)
    cosigned(watched, 1)
    waiting = asked(watched, index, level="witnessed")
    assert (waiting.status_code, waiting.json()["level"], waiting.json()["covered"]) == (202, "witnessed", index + 1)
    held(watched, asked(watched, index), index)

    written(watched, 2)
    later = cosigned(watched, 1, 2)
    answer = asked(watched, index, level="witnessed")
    assert held(watched, answer, index).size == later
    assert len(parse_proof(answer.text).checkpoint.signatures) == 3
    assert held(watched, asked(watched, index), index).size == index + 1, "signed: the first that covers it"


def test_waiting_for_witnesses_ends_when_they_have_cosigned(watched: House) -> None:
    index = written(watched, 1)
    cosigned(watched)
    answers: list[Response] = []
    waiting = Thread(target=lambda: answers.append(asked(watched, index, level="witnessed", prefer="wait=10")))
    waiting.start()
    cosigned(watched, 1, 2)
    watched.app.state.wiring.publishing._publish()
    waiting.join()

    held(watched, answers[0], index)


def test_a_cosignature_that_does_not_hold_witnesses_nothing(watched: House) -> None:
    index = written(watched, 1)
    note = parse_note(watched.ledger.publish().note)
    other = cosign("another text\n", witness_key(1).name, a_key(1), 1_764_460_800)
    second = cosign(note.text, witness_key(2).name, a_key(2), 1_764_460_800)
    watched.ledger.publisher.checkpoints.keep(note.with_signatures([other, second]).format())

    assert asked(watched, index, level="witnessed").status_code == 202


def test_without_witnesses_no_receipt_will_be_witnessed(door: House) -> None:
    assert_problem(asked(door, 0, level="witnessed", prefer="wait=10"), 404, "not-witnessing")
    assert_problem(asked(door, 0, level="timestamped"), 400, "malformed")


# Commands.


def test_every_acknowledgement_says_where_its_receipt_will_be(own_door: House) -> None:
    hr = own_door.caller("hr-1", "HR", "PERSONNEL")
    answer = hr.command("/v1/subjects", registration(1), key="once")
    again = hr.command("/v1/subjects", registration(1), key="once")
    index = answer.json()["index"]

    assert set(answer.json()) == {"index", "size", "leaf", "recorded_at", "version", "uid"}
    assert answer.headers["link"] == again.headers["link"] == f'</v1/ledger/receipts/{index}>; rel="receipt"'
    held(own_door, asked(own_door, index, prefer="wait=10"), index)


def test_a_refused_command_has_no_receipt(door: House) -> None:
    answer = door.caller("hr-1", "HR", "PERSONNEL").command("/v1/subjects", {"subject_id": "N1"})

    assert answer.status_code == 400
    assert "link" not in answer.headers


def test_a_receipt_is_refused_for_another_entry(door: House) -> None:
    """The control: what `held` checks can fail."""
    receipt = parse_proof(asked(door, 3).text)
    keys = [key.vkey for key in door.ledger.publisher.keyring().all()]

    with pytest.raises(VerificationError):
        receipt.verify(door.ledger.store.entry(4).leaf, keys)


def test_after_a_revocation_receipts_are_given_anew_under_a_key_that_counts(slow: House) -> None:
    ledger, stranger = slow.ledger, slow.stranger()
    old = ledger.publisher.keyring().log_keys(ledger.size)[0].vkey.id
    since = ledger.publish().checkpoint.size
    index = written(slow, 1)
    ledger.publish()
    assert stranger.get(f"/v1/ledger/receipts/{index}").status_code == 200
    rotate_signing_key(ledger)
    end_key(ledger, old, revoked_since=since)

    answer = stranger.get(f"/v1/ledger/receipts/{index}")
    assert answer.status_code == 200
    keys = [key.vkey for key in ledger.publisher.keyring().log_keys(ledger.size)]
    assert parse_proof(answer.text).verify(ledger.store.entry(index).leaf, keys).size > index
    assert stranger.get("/v1/ledger/checkpoint", size=index + 1).status_code == 200
