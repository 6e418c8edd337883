"""The judgement of a witness: what follows is cosigned, and each reason why not has its own error."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.errors import ClockBehind, Invalid, Refused, VerificationError
from ledger.log.checkpoint import Checkpoint
from ledger.log.cosignature import verify_cosignatures
from ledger.log.note import SignedNote, VerifierKey, parse_vkey, sign_note
from ledger.witness.request import AddCheckpoint
from ledger.witness.state import Evidence, State
from ledger.witness.witness import (
    MAX_CLOCK_SKEW_SECONDS,
    Equivocation,
    NotConsistent,
    NotSignedByLog,
    OldBeyondCheckpoint,
    OldSizeMismatch,
    UnknownLog,
    Witness,
)
from tests.support.witnesses import SignedLog, a_key, a_witness, witness_key

LOG = SignedLog(30)
FORK = SignedLog(30, story="'", fork_at=6)
OTHER = SignedLog(30, origin="localhost/other", seed=8)
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class SetClock:
    """A clock that stands where it is put."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def witness(tmp_path: Path, clock: SetClock) -> Witness:
    return a_witness(tmp_path, LOG.key, OTHER.key, clock=clock)


def size_of(witness: Witness, origin: str = LOG.origin) -> int:
    newest = witness.state.newest(origin)
    return 0 if newest is None else newest.checkpoint.size


def test_a_log_that_only_grows_is_cosigned_from_step_to_step(witness: Witness) -> None:
    old = 0
    for size in (1, 2, 7, 8, 8, 30):
        cosignature = witness.add(LOG.request(old, size))
        note = LOG.note(size).with_signatures([cosignature])
        assert verify_cosignatures(note, [witness.key]) == {witness.name: int(START.timestamp())}
        old = size

    assert [kept.checkpoint.size for kept in witness.state.history(LOG.origin)] == [1, 2, 7, 8, 30]
    assert size_of(witness, OTHER.origin) == 0


def test_the_note_is_kept_as_it_was_received(witness: Witness) -> None:
    (first,) = OTHER.note(5).signatures
    received = LOG.note(5).with_signatures([first])
    witness.add(AddCheckpoint.of(0, (), received))
    newest = witness.state.newest(LOG.origin)

    assert newest is not None
    assert newest.note.format() == received.format()
    assert newest.cosignature.startswith(f"— {witness.name} ")


def test_a_log_that_is_not_followed_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(UnknownLog):
        a_witness(tmp_path, OTHER.key).add(LOG.request(0, 5))


def test_a_checkpoint_that_the_log_has_not_signed_is_refused(witness: Witness) -> None:
    text = LOG.note(5).text
    by_another = sign_note(text, LOG.origin, OTHER.signing)
    spoilt = SignedNote(text, LOG.note(6).signatures)
    own_and_spoilt = LOG.note(5).with_signatures(LOG.note(6).signatures)
    for note in (by_another, spoilt, SignedNote(text, own_and_spoilt.signatures[::-1])):
        with pytest.raises(NotSignedByLog):
            witness.add(AddCheckpoint.of(0, (), note))
    assert size_of(witness) == 0


def test_an_old_size_beyond_the_checkpoint_is_malformed(witness: Witness) -> None:
    witness.add(LOG.request(0, 5))
    with pytest.raises(OldBeyondCheckpoint) as refused:
        witness.add(AddCheckpoint.of(5, (), LOG.note(4)))
    assert isinstance(refused.value, Invalid)


@pytest.mark.parametrize("old", [0, 3, 6])
def test_another_old_size_is_answered_with_the_right_one(witness: Witness, old: int) -> None:
    witness.add(LOG.request(0, 5))
    with pytest.raises(OldSizeMismatch) as refused:
        witness.add(LOG.request(old, 9))

    assert refused.value.size == 5
    assert size_of(witness) == 5
    assert witness.state.evidence() == []


def test_a_first_old_size_is_zero(witness: Witness) -> None:
    with pytest.raises(OldSizeMismatch) as refused:
        witness.add(LOG.request(3, 9))
    assert refused.value.size == 0


def test_what_does_not_follow_is_not_cosigned(witness: Witness) -> None:
    witness.add(LOG.request(0, 9))
    wrong = [
        FORK.request(9, 12),
        AddCheckpoint.of(9, LOG.request(9, 12).proof[:-1], LOG.note(12)),
        AddCheckpoint.of(9, (*LOG.request(9, 12).proof, bytes(32)), LOG.note(12)),
        AddCheckpoint.of(9, LOG.request(8, 12).proof, LOG.note(12)),
        AddCheckpoint.of(9, (), LOG.note(12)),
        AddCheckpoint.of(9, (bytes(32),), LOG.note(9)),
    ]
    for request in wrong:
        with pytest.raises(NotConsistent):
            witness.add(request)
    assert size_of(witness) == 9
    witness.add(LOG.request(9, 12))


def test_from_nothing_nothing_is_proven(witness: Witness) -> None:
    with pytest.raises(NotConsistent):
        witness.add(AddCheckpoint.of(0, (bytes(32),), LOG.note(4)))


def test_an_empty_log_has_the_empty_root(witness: Witness) -> None:
    lie = sign_note(Checkpoint(LOG.origin, 0, bytes(32)).format(), LOG.origin, LOG.signing)
    with pytest.raises(NotConsistent):
        witness.add(AddCheckpoint.of(0, (), lie))

    witness.add(AddCheckpoint.of(0, (), LOG.note(0)))
    witness.add(LOG.request(0, 4))
    assert [kept.checkpoint.size for kept in witness.state.history(LOG.origin)] == [0, 4]


def test_two_roots_for_one_size_are_kept_and_prove_it(witness: Witness) -> None:
    witness.add(LOG.request(0, 9))
    with pytest.raises(Equivocation):
        witness.add(AddCheckpoint.of(9, (), FORK.note(9)))
    (evidence,) = witness.state.evidence()

    assert (evidence.first.format(), evidence.second.format()) == (LOG.note(9).format(), FORK.note(9).format())
    evidence.verify([LOG.key])
    assert size_of(witness) == 9


def test_a_contradiction_is_kept_whatever_the_answer(witness: Witness) -> None:
    witness.add(LOG.request(0, 9))
    witness.add(LOG.request(9, 20))
    with pytest.raises(OldSizeMismatch) as refused:
        witness.add(AddCheckpoint.of(0, (), FORK.note(9)))
    (evidence,) = witness.state.evidence()

    assert refused.value.contradicted
    evidence.verify([LOG.key])


def test_one_contradiction_is_kept_once_and_a_story_without_any_not_at_all(witness: Witness) -> None:
    witness.add(LOG.request(0, 9))
    for _ in range(3):
        with pytest.raises(Equivocation):
            witness.add(AddCheckpoint.of(9, (), FORK.note(9)))
    with pytest.raises(OldSizeMismatch):
        witness.add(FORK.request(0, 4))  # both stories begin so

    assert len(witness.state.evidence()) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (LOG.note(9), LOG.note(9)),
        (LOG.note(9), FORK.note(10)),
        (LOG.note(9), sign_note(FORK.note(9).text, LOG.origin, OTHER.signing)),
        (LOG.note(9), OTHER.note(9)),
    ],
)
def test_what_proves_nothing_is_no_evidence(first: SignedNote, second: SignedNote) -> None:
    Evidence(LOG.note(9), FORK.note(9)).verify([LOG.key, OTHER.key])
    with pytest.raises(VerificationError):
        Evidence(first, second).verify([LOG.key, OTHER.key])


def test_a_later_time_never_denies_an_earlier(witness: Witness, clock: SetClock) -> None:
    witness.add(LOG.request(0, 5))
    clock.now = START - timedelta(seconds=MAX_CLOCK_SKEW_SECONDS)
    note = LOG.note(6).with_signatures([witness.add(LOG.request(5, 6))])
    assert verify_cosignatures(note, [witness.key]) == {witness.name: int(START.timestamp())}

    clock.now = START - timedelta(seconds=MAX_CLOCK_SKEW_SECONDS + 1)
    with pytest.raises(ClockBehind):
        witness.add(LOG.request(6, 7))
    assert size_of(witness) == 6

    clock.now = START + timedelta(seconds=60)
    again = LOG.note(6).with_signatures([witness.add(LOG.request(6, 6))])
    assert verify_cosignatures(again, [witness.key]) == {witness.name: int(START.timestamp()) + 60}
    assert witness.state.evidence() == []  # the same checkpoint again is no second story


def test_a_restart_keeps_everything(tmp_path: Path, witness: Witness) -> None:
    witness.add(LOG.request(0, 9))
    with pytest.raises(Equivocation):
        witness.add(AddCheckpoint.of(9, (), FORK.note(9)))
    again = a_witness(tmp_path, LOG.key)

    assert size_of(again) == 9
    assert again.state.evidence() == witness.state.evidence()
    with pytest.raises(OldSizeMismatch):
        again.add(LOG.request(0, 9))
    with pytest.raises(NotConsistent):
        again.add(FORK.request(9, 12))
    again.add(LOG.request(9, 12))
    assert size_of(again) == 12


def test_a_log_may_have_several_keys(tmp_path: Path) -> None:
    next_key = VerifierKey(LOG.origin, OTHER.key.public_key)
    witness = a_witness(tmp_path, LOG.key, next_key)
    witness.add(LOG.request(0, 5))
    by_the_next = sign_note(LOG.note(9).text, LOG.origin, OTHER.signing)

    witness.add(AddCheckpoint.of(5, LOG.request(5, 9).proof, by_the_next))
    assert size_of(witness) == 9


def test_another_key_is_not_this_witness_s(tmp_path: Path) -> None:
    state = State.create(tmp_path / "state", witness_key(1))
    with pytest.raises(Refused) as refused:
        Witness(state, a_key(2), [LOG.key])
    assert refused.value.code == "wrong-witness-key"


def test_a_witness_s_key_is_no_log_s(tmp_path: Path) -> None:
    with pytest.raises(Invalid) as refused:
        a_witness(tmp_path, witness_key(2))
    assert (refused.value.code, refused.value.field) == ("bad-verifier-key", "log")
    assert parse_vkey(LOG.vkey) == LOG.key
