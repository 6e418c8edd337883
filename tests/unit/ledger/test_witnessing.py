"""The ledger under witness: checkpoints gain cosignatures, and writing stops where nobody outside has looked lately."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ledger.errors import Group, Invalid, NotFound, Unavailable
from ledger.log.cosignature import cosign
from ledger.log.note import format_vkey, parse_note
from ledger.witness.policy import Level, Policy, decode_policy
from ledger.witnessing import Witnessing, read_policy
from tests.support.witnesses import SignedLog, a_key, a_witness, served, witness_key

LOG = SignedLog(40)
OTHER = SignedLog(40, seed=8)
START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Board:
    """Where the processes of a ledger keep the newest checkpoint that was witnessed, and the time they live in."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.now = START

    def clock(self) -> datetime:
        return self.now

    def kept(self) -> Iterator[str]:
        return reversed(self.notes)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def board() -> Board:
    return Board()


def policy_of(urls: dict[int, str], quorum: str = "group G 2 W1 W2 W3\nquorum G\n") -> Policy:
    lines = [f"log {LOG.vkey}\n"]
    for seed in (1, 2, 3):
        key = witness_key(seed)
        vkey = format_vkey(key.name, key.public_key, key.kind)
        lines.append(f"witness W{seed} {vkey} {urls.get(seed, '')}\n")
    return decode_policy("".join([*lines, quorum]).encode())


def under(board: Board, policy: Policy, max_age_seconds: int | None = None) -> Witnessing:
    return Witnessing(
        policy, kept=board.kept, keep=board.notes.append, max_age_seconds=max_age_seconds, clock=board.clock
    )


class Outside:
    """Three witnesses on loopback; one can be put out of reach."""

    def __init__(self, folder: Path, board: Board) -> None:
        self.urls: dict[int, str] = {}
        self._up: dict[int, ExitStack] = {}
        for seed in (1, 2, 3):
            witness = a_witness(folder, LOG.key, seed=seed, clock=board.clock)
            self._up[seed] = ExitStack()
            self.urls[seed] = self._up[seed].enter_context(served(witness))

    def end(self, seed: int) -> None:
        self._up.pop(seed, ExitStack()).close()


@pytest.fixture
def outside(tmp_path: Path, board: Board) -> Iterator[Outside]:
    made = Outside(tmp_path, board)
    yield made
    for seed in (1, 2, 3):
        made.end(seed)


def published(size: int) -> str:
    return LOG.note(size).format()


def test_a_checkpoint_gains_the_cosignatures_and_is_kept(board: Board, outside: Outside) -> None:
    ours = under(board, policy_of(outside.urls))
    assert ours.policy.level(LOG.note(9)) is Level.SIGNED
    note = ours.cosign(published(9), LOG.consistency)

    assert ours.policy.level(parse_note(note)) is Level.WITNESSED
    assert set(ours.policy.verify(parse_note(note))) >= {"W1", "W2"}
    assert board.notes == [note]
    assert ours.age() == 0


def test_below_the_quorum_it_is_not_witnessed_and_who_failed_is_told(board: Board, outside: Outside) -> None:
    outside.end(2)
    outside.end(3)
    ours = under(board, policy_of(outside.urls))
    note = ours.cosign(published(9), LOG.consistency)

    assert ours.policy.level(parse_note(note)) is Level.SIGNED
    assert len(parse_note(note).signatures) == 2
    assert board.notes == [note]
    assert ours.age() is None
    outside.end(1)
    ours.cosign(published(10), LOG.consistency)
    assert board.notes == [note]  # nothing gained, nothing kept
    assert {(one.witness, one.code) for one in ours.failures} == {(name, "no-answer") for name in ("W1", "W2", "W3")}


def test_the_age_runs_from_the_moment_a_quorum_cosigned(board: Board, outside: Outside) -> None:
    ours = under(board, policy_of(outside.urls))
    ours.cosign(published(9), LOG.consistency)
    board.later(50)
    assert ours.age() == 50

    ours.cosign(published(9), LOG.consistency)  # nothing new, and seen again
    assert ours.age() == 0


def test_writing_stops_while_nobody_looks_and_goes_on_when_they_do(board: Board, outside: Outside) -> None:
    ours = under(board, policy_of(outside.urls), max_age_seconds=60)
    with pytest.raises(Unavailable) as refused:
        ours.check()
    assert (refused.value.code, refused.value.group) == ("unwitnessed", Group.UNAVAILABLE)

    ours.cosign(published(9), LOG.consistency)
    ours.check()
    outside.end(3)
    board.later(60)
    ours.check()
    board.later(1)
    with pytest.raises(Unavailable):
        ours.check()

    ours.cosign(published(10), LOG.consistency)  # two of three are enough
    ours.check()
    outside.end(2)
    board.later(61)
    ours.cosign(published(11), LOG.consistency)
    with pytest.raises(Unavailable):
        ours.check()


def test_without_a_greatest_age_writing_never_stops(board: Board) -> None:
    ours = under(board, policy_of({}))
    board.later(10**9)
    ours.check()


def test_a_process_that_only_looks_sees_what_another_kept(board: Board, outside: Outside) -> None:
    under(board, policy_of(outside.urls)).cosign(published(9), LOG.consistency)
    looking = under(board, policy_of({}), max_age_seconds=60)
    looking.check()
    assert looking.age() == 0

    board.later(61)
    with pytest.raises(Unavailable):
        looking.check()


def test_what_is_kept_is_believed_only_as_far_as_it_verifies(board: Board) -> None:
    at = int(START.timestamp())
    lines = [cosign(LOG.note(9).text, witness_key(seed).name, a_key(seed), at) for seed in (1, 2)]
    good = LOG.note(9).with_signatures(lines).format()
    moved = LOG.note(10).with_signatures(lines).format()
    of_another_log = OTHER.note(9).with_signatures(lines).format()
    alone = LOG.note(9).with_signatures(lines[:1]).format()
    unseen = LOG.note(11).format()
    for kept, believed in ((good, True), (moved, False), (of_another_log, False), (alone, False), ("nonsense", False)):
        board.notes = [kept, unseen]
        ours = under(board, policy_of({}), max_age_seconds=60)
        if believed:
            ours.check()
        else:
            with pytest.raises(Unavailable):
                ours.check()


def test_a_greatest_age_needs_a_quorum(board: Board) -> None:
    with pytest.raises(Invalid) as refused:
        under(board, policy_of({}, "quorum none\n"), max_age_seconds=60)
    assert refused.value.code == "no-quorum"


def test_without_a_quorum_checkpoints_stay_signed(board: Board, outside: Outside) -> None:
    ours = under(board, policy_of(outside.urls, "quorum none\n"))
    note = ours.cosign(published(9), LOG.consistency)

    assert ours.policy.level(parse_note(note)) is Level.SIGNED
    assert len(parse_note(note).signatures) == 4
    assert ours.age() is None


def test_a_policy_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "policy").write_text(f"log {LOG.vkey}\nquorum none\n", encoding="utf-8")

    assert [log.key for log in read_policy(tmp_path / "policy").logs] == [LOG.key]
    with pytest.raises(NotFound) as refused:
        read_policy(tmp_path / "none")
    assert refused.value.code == "no-witness-policy"


def test_an_older_checkpoint_that_was_kept_makes_nothing_older(board: Board, outside: Outside) -> None:
    ours = under(board, policy_of(outside.urls), max_age_seconds=60)
    older = ours.cosign(published(9), LOG.consistency)
    board.later(50)
    again = under(board, policy_of(outside.urls), max_age_seconds=60)
    again.cosign(published(10), LOG.consistency)
    board.notes = [older]

    assert again.age() == 0
